"""What Prometheus sees of the core. Durations are counted in integers and shown in seconds by the library."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from sequencer.core.commands import Command, SubmitOrder
from sequencer.core.exchange import Exchange
from sequencer.core.machine import Answer
from sequencer.core.settings import MICROSECONDS
from zkclear.rules.batch import OutcomeCode, RequestKind
from zkclear.rules.units import INSURANCE
from zkclear.v1 import batch_pb2, order_pb2

NANOSECONDS = 1_000_000_000


class Counters:
    """The metrics of one core process."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        self._orders = Counter(
            "zkclear_orders",
            "Orders by what became of them.",
            ("market", "result", "reason"),
            registry=self.registry,
        )
        self._flush = Histogram(
            "zkclear_journal_flush_seconds",
            "Time until a group of commands is on the disk.",
            registry=self.registry,
            buckets=[step / 10_000 for step in (1, 2, 5, 10, 20, 50, 100, 500, 1000, 10_000)],
        )
        self._sequence = self._gauge("sequence", "Newest receipt.")
        self._levels = self._gauge("book_levels", "Price levels, both sides.", "market")
        self._age = self._gauge("batch_age_seconds", "Age of the open batch's content.", "stage")
        self._entries = self._gauge("batch_orders", "Entries of the newest sealed batch.")
        self._fills = self._gauge("batch_fills", "Fills of the newest sealed batch.")
        self._accounts = self._gauge("batch_accounts", "Accounts of the newest sealed batch.")
        self._batches = self._gauge("batches", "Newest batch by how far it has come.", "stage")
        self._requests = self._gauge("requests_pending", "L1 requests that no settled batch took.")
        self._funding = self._gauge("funding_rate_ppm", "Funding rate an hour, of the mark.", "market")
        self._liquidations = Counter(
            "zkclear_liquidations",
            "Positions taken in sealed batches, by how; and takeovers and closes that were asked for in vain, by why.",
            ("outcome",),
            registry=self.registry,
        )
        self._counted = (0, 0)  # of the liquidations and of the requests
        self._at_risk = self._gauge("accounts_at_risk", "Accounts below their maintenance margin.")
        self._fund = self._gauge("insurance_fund_quote", "Equity of account 0 at the marks, 10^-6 tokens.")
        self._oracle = self._gauge(
            "oracle_age_seconds", "Age of the newest price that a quorum had an opinion on.", "market"
        )
        self._priced_s: dict[str, int] = {}
        self._lag = self._gauge("l1_head_lag_blocks", "Blocks between the newest and the final one.")
        self._gauge("build_info", "Always 1.", "version").labels(version).set(1)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"zkclear_{name}", text, labels, registry=self.registry)

    def count(self, exchange: Exchange, command: Command, answer: Answer) -> None:
        """Counts an answered order."""
        if not isinstance(command, SubmitOrder):
            return
        market = exchange.markets.names[command.market]
        if answer.refusal is not None:
            self._orders.labels(market, "refused", answer.refusal.reason).inc()
        elif answer.is_kept:
            order = exchange.orders[command.digest]
            result = order_pb2.OrderStatus.Name(order.status).removeprefix("ORDER_STATUS_").lower()
            self._orders.labels(market, result, "").inc()

    def flushed(self, nanoseconds: int) -> None:
        """Notes how long a group commit took."""
        self._flush.observe(nanoseconds / NANOSECONDS)

    def show(self, exchange: Exchange, *, lag_blocks: int, now_us: int) -> None:
        """Sets what follows from the state."""
        self._sequence.set(len(exchange.receipts))
        for name, book in zip(exchange.markets.names, exchange.engine.books, strict=True):
            self._levels.labels(name).set(book.depth(sell=False) + book.depth(sell=True))
        since = exchange.content_since_us
        self._age.labels("open").set((now_us - since) / MICROSECONDS if since else 0)
        sealed = exchange.sealed
        for stage, number in (
            ("sealed", len(sealed)),
            ("proved", sealed.proved),
            ("settled", sealed.settled),
        ):
            self._batches.labels(stage).set(number)
        newest = sealed.get(len(sealed))
        if newest is not None:
            self._entries.set(newest.summary.orders)
            self._fills.set(newest.summary.fills)
            self._accounts.set(newest.summary.accounts)
        self._requests.set(
            sum(
                record.batch == 0 or _status(exchange, record.batch) != batch_pb2.BATCH_STATUS_SETTLED
                for record in exchange.requests[-1000:]  # older ones are settled, or a batch failed loudly
            )
        )
        for index, name in enumerate(exchange.markets.names):
            self._funding.labels(name).set(
                exchange.funding.rate(exchange.state, index, second=exchange.now_s)
            )
        self._count_liquidations(exchange)
        self._at_risk.set(len(exchange.desk.since))
        if exchange.batch is not None and exchange.valuation is not None:
            fund = exchange.batch.row(INSURANCE)
            assert fund is not None, "account 0 is in every state"
            self._fund.set(exchange.valuation.equity(fund.collateral, fund.sizes))
        self._show_oracle(exchange, now_us=now_us)
        self._lag.set(lag_blocks)

    def _show_oracle(self, exchange: Exchange, *, now_us: int) -> None:
        """By market: prices are agreed for all or for none, and the oldest one is what they wait for."""
        quorum = exchange.markets.panel.quorum
        for market, name in enumerate(exchange.markets.names):
            opinions = (report.time for report in exchange.latest.values() if report.prices[market] != 0)
            newest = sorted(opinions, reverse=True)[:quorum]
            if len(newest) == quorum:
                self._priced_s[name] = max(newest[-1], self._priced_s.get(name, 0))
            if name in self._priced_s:
                self._oracle.labels(name).set((now_us - self._priced_s[name] * MICROSECONDS) / MICROSECONDS)

    def _count_liquidations(self, exchange: Exchange) -> None:
        """Counts what was sealed since the last look."""
        taken, requests = self._counted
        for record in exchange.liquidations[taken:]:
            self._liquidations.labels(record.kind.name.lower()).inc()
        consumed = exchange.state.next_request
        for asked in exchange.requests[requests:consumed]:
            if asked.queued.request.kind in (RequestKind.CLOSE, RequestKind.LIQUIDATE) and not asked.executed:
                self._liquidations.labels(OutcomeCode(asked.outcome).name.lower()).inc()
        self._counted = (len(exchange.liquidations), consumed)


def _status(exchange: Exchange, number: int) -> batch_pb2.BatchStatus:
    record = exchange.sealed.get(number)
    return batch_pb2.BATCH_STATUS_UNSPECIFIED if record is None else record.summary.status
