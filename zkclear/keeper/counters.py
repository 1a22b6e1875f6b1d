"""What Prometheus sees of a keeper; amounts are in quote, 10^-6 tokens."""

from prometheus_client import CollectorRegistry, Counter, Gauge


class Counters:
    """The metrics of one keeper process."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        self.at_risk = self._gauge("accounts_at_risk", "Accounts below the health bound.")
        self.fund = self._gauge("insurance_fund_quote", "Equity of the insurance account.")
        self.pending = self._gauge("keeper_request_pending", "1 while a request of this keeper waits.")
        self.liquidations = self._counter("liquidations", "Resolved requests of this keeper.", "outcome")
        self.bids = self._counter("keeper_bids", "Bids by what became of the call.", "result")
        self.outcompeted = self._counter("keeper_outcompeted", "Somebody else was faster.")
        self.gain = self._counter("keeper_gain_quote", "Shares of discounts, as expected when bid for.")
        self.bonds_lost = self._counter("keeper_bonds_lost_quote", "Bonds that went to the insurance fund.")
        self.failures = self._counter("keeper_rounds_failed", "Rounds without an answer.", "reason")
        build = Gauge("zkclear_build_info", "Always 1.", ("version",), registry=self.registry)
        build.labels(version).set(1)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"zkclear_{name}", text, registry=self.registry)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"zkclear_{name}", text, labels, registry=self.registry)
