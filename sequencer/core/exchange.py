"""
Everything that the core knows, and how batches open and seal.

Every batch begins with its L1 requests and with what is to be done about accounts at risk (`risk_desk.py`).

When a batch seals: at a price tick that moves a mark, when the next fill or entry does not fit, when L1 requests wait (a
batch takes them only while it has no entry), when those were in the way of a liquidation, by age, and on the operator's
wish. An empty batch is never sealed. Requests wait while the prices are old or known to be wrong, and nothing at all enters a
batch that the contract might not take any more.
"""

import heapq
from collections import deque
from dataclasses import dataclass

from sequencer.batching.open_batch import OpenBatch
from sequencer.batching.prices import Prices, Report, agree, may_follow
from sequencer.batching.requests import QueuedRequest, takeable
from sequencer.core.batches import SealedBatches
from sequencer.core.funding import Funding
from sequencer.core.genesis import Genesis
from sequencer.core.liquidations import LiquidationRecord, liquidations_of
from sequencer.core.markets import Markets
from sequencer.core.receipts import Receipts
from sequencer.core.risk_desk import RiskDesk
from sequencer.core.settings import MICROSECONDS, Settings
from sequencer.matching.engine import Engine
from sequencer.matching.orders import LiveOrder
from sequencer.risk.health import HealthBoard
from sequencer.risk.margin import Valuation
from zkclear.rules.batch import Outcome, RequestKind
from zkclear.rules.reject import Rejected
from zkclear.rules.shapes import Shape, shape_by_name
from zkclear.rules.state import State
from zkclear.rules.units import AccountId
from zkclear.v1 import order_pb2

CARRY_S = 900
"""
How old the prices of a batch may be that still takes anything in: a quarter of the hour (`maxLag`) for which the contract
takes it, so that proof and settlement have the rest. A batch that comes too late would be the last one for ever.
"""


@dataclass(slots=True)
class RequestRecord:
    """An L1 request and what became of it: quote paid, lots executed; batch 0: it still waits."""

    queued: QueuedRequest
    batch: int = 0
    outcome: int = 0
    paid: int = 0
    executed: int = 0


@dataclass(slots=True)
class Instruction:
    """A cancel or withdrawal that was sequenced: its receipt, what it ended, and the batch that carries it (0: none)."""

    sequence: int
    refused: bool = False
    ended: tuple[LiveOrder, ...] = ()
    batch: int = 0


class Exchange:
    """The state of the core. Handlers change it; nothing in it reads a clock: `now_us` comes with each command."""

    def __init__(self, genesis: Genesis, private_key: int) -> None:
        self.genesis = genesis
        self.markets = Markets(genesis)
        self.settings = Settings()
        self.now_us = 0
        self.answered = 0  # receipts given before the command at hand
        self.paused = False
        self.state: State = genesis.state()
        self.engine = Engine(len(self.markets))
        self.receipts = Receipts(genesis.domain, private_key)
        self.sealed = SealedBatches()
        self.funding = Funding()
        self.board = HealthBoard()
        self.liquidations: list[LiquidationRecord] = []
        self.orders: dict[bytes, LiveOrder] = {}
        self.instructions: dict[bytes, Instruction] = {}
        self.latest: dict[int, Report] = {}
        self.agreed: Prices | None = None
        self.price_gap = False
        self.batch: OpenBatch | None = None
        self.valuation: Valuation | None = None
        self.content_since_us = 0
        self.desk = RiskDesk()
        self.queue: deque[QueuedRequest] = deque()
        self.queued_names: dict[int, str] = {}  # of MARKET requests, by number
        self.requests: list[RequestRecord] = []
        self.requests_of: dict[int, list[RequestRecord]] = {}
        self.accounts_of: dict[int, dict[int, None]] = {genesis.fee_recipient: {1: None}}
        self._deadlines: list[tuple[int, int, LiveOrder]] = []
        self._watched = 0

    @property
    def listed(self) -> int:
        """How many markets are listed."""
        return len(self.markets)

    @property
    def now_s(self) -> int:
        """Time of the command at hand, Unix seconds."""
        return self.now_us // MICROSECONDS

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """The shapes that are sealed, smallest first: those of the contract up to the configured one."""
        largest = shape_by_name(self.settings.max_shape).orders
        listed = tuple(sorted(self.genesis.shapes, key=lambda shape: shape.orders))
        return tuple(shape for shape in listed if shape.orders <= largest) or listed[:1]

    # Prices.

    def take_report(self, report: Report) -> bool:
        """Takes an oracle's report and moves the marks if a quorum agrees; False if it is not newer than the last."""
        before = self.latest.get(report.signer)
        if before is not None and before.time >= report.time:
            return False
        self.latest[report.signer] = report
        agreed = agree(self.latest.values(), self.markets.panel)
        if agreed is not None:
            self.agreed = agreed
            self._tick(agreed)
            if self.agreed is agreed:  # else a market was listed, and no price of it is known
                self._sample_premium(agreed)
        return True

    def _sample_premium(self, prices: Prices) -> None:
        self.funding.sample(
            self.state,
            self.engine.books,
            prices.marks,
            second=self.now_s,
            notional=self.settings.impact_notional_e6,
            is_trading=not self.waiting,
        )

    def _tick(self, prices: Prices) -> None:
        batch = self.batch
        if batch is None or batch.is_empty:
            self.price_gap = not self._may_follow_state(prices)
            if not self.price_gap:
                self._open(prices)
                self._drain()
        elif prices.marks != batch.prices.marks:
            self.seal()
            self._drain()
        else:
            self.price_gap = False
            self.take_waiting_requests()

    def _may_follow_state(self, prices: Prices) -> bool:
        marks = [market.mark for market in self.state.markets[: self.listed]]
        return may_follow(prices, self.markets.panel, marks=marks, timestamp=self.state.timestamp)

    # Batches.

    @property
    def may_carry(self) -> bool:
        """Whether something may enter the open batch: its prices are young enough for the contract."""
        return self.batch is not None and self.batch.timestamp + CARRY_S >= self.now_s

    def _takes_requests(self, prices: Prices) -> bool:
        """Whether a batch at these prices takes requests: nobody is paid, closed or taken over at a mark of long ago."""
        return not self.price_gap and self._is_fresh(prices)

    def _is_fresh(self, prices: Prices) -> bool:
        """Whether these prices are those of now, as far as the operator's configuration and the contract go."""
        return prices.timestamp + min(self.settings.stale_after_s, CARRY_S) >= self.now_s

    def _open(self, prices: Prices) -> None:
        """Begins a batch on top of the last sealed state, or again if the open one holds no entry yet."""
        batch = self.batch = self._begin(prices)
        self.valuation = Valuation(batch.markets, listed=self.listed)
        for queued, outcome in zip(batch.requests, batch.outcomes, strict=True):
            self._note_outcome(queued, outcome)
        self.expire()
        self._liquidate(batch, self.valuation)
        self.note_content()

    def _begin(self, prices: Prices) -> OpenBatch:
        """A new batch with the longest prefix of the queue that can be proved; one request alone always can."""
        taken = takeable(self.queue, self.shapes[-1]) if self._takes_requests(prices) else ()
        while True:
            try:
                return OpenBatch(
                    self.state,
                    prices,
                    requests=taken,
                    shapes=self.shapes,
                    funding_steps=self.funding.steps(self.state, prices, second=self.now_s),
                )
            except Rejected:
                if len(taken) <= 1:
                    raise
                taken = taken[:-1]

    def _note_outcome(self, queued: QueuedRequest, outcome: Outcome) -> None:
        """What a request that the open batch takes comes to."""
        request, record = queued.request, self.requests[queued.number]
        record.batch, record.outcome = self.state.number + 1, outcome.code
        if request.kind is RequestKind.WITHDRAW:
            record.paid = outcome.amount
        elif request.kind in (RequestKind.CLOSE, RequestKind.LIQUIDATE):
            record.executed = outcome.amount
        elif request.kind is RequestKind.OPEN:
            self.accounts_of.setdefault(request.address, {})[request.account] = None
        elif request.kind is RequestKind.AGENT:
            self._drop_unsigned(request.account)

    def _liquidate(self, batch: OpenBatch, valuation: Valuation) -> None:
        """Ends what liquidatable accounts have on the book, and liquidates them if the prices are those of now."""
        self.desk.watch(batch, self.engine, valuation, now_us=self.now_us)
        if not self.paused and self.waiting != "ORACLE_STALE":
            grace_us = self.settings.keeper_grace_s * MICROSECONDS
            self.desk.act(batch, self.engine, valuation, grace_us=grace_us, now_us=self.now_us)

    def seal(self) -> int:
        """Seals the open batch and begins the next; gives its number, or 0 if it was empty."""
        batch = self.batch
        if batch is None or batch.is_empty:
            return 0
        sealing = batch.seal()
        self.sealed.add(sealing, ticks_e8=self.markets.panel.ticks_e8, time_us=self.now_us)
        self.funding.record(self.state, sealing)
        self.liquidations.extend(liquidations_of(sealing))
        self.state = sealing.clearing.state
        self.desk.note_sealed(sealing.clearing.closings)
        for _ in batch.requests:
            self.queue.popleft()
        self.content_since_us = 0
        if self._change_markets(batch):
            return sealing.batch.number
        self.price_gap = self.agreed is None or not self._may_follow_state(self.agreed)
        # While the agreed prices are too far away, what is open goes on settling at the last ones, and trading stops.
        self._open(batch.prices if self.price_gap or self.agreed is None else self.agreed)
        return sealing.batch.number

    def _change_markets(self, batch: OpenBatch) -> bool:
        """What the sealed batch changed at its end; whether it listed a market: then all waits for prices of it, too."""
        is_listing = False
        for queued in batch.requests:
            request = queued.request
            if request.kind is RequestKind.MARKET:
                assert request.config is not None, "the feed tells a MARKET with its configuration"
                if request.market < self.listed:
                    self.markets.change(request.market, request.config)
                else:
                    self.markets.list(self.queued_names[queued.number], request.config)
                    self.engine.list_market()
                    is_listing = True
        if is_listing:
            self.latest.clear()
            self.agreed = self.batch = self.valuation = None
        return is_listing

    def take_waiting_requests(self) -> None:
        """Lets every waiting request into a batch, if there are prices for them."""
        if self.batch is None or not self._takes_requests(self.batch.prices):
            return
        if not self.batch.entries:
            self._open(self.batch.prices)
        self._drain()

    def _drain(self) -> None:
        """
        Seals until no request waits outside the open batch that may enter it; each sealed one has taken at least one.

        A batch that changes markets is sealed at once, so that no order ever meets two sets of rules; and one whose requests
        were in the way of a liquidation, so that it happens now.
        """
        while self.batch is not None and (
            self.batch.changes_markets
            or self.desk.is_held_up
            or (len(self.queue) > len(self.batch.requests) and self._takes_requests(self.batch.prices))
        ):
            self.seal()

    def note_content(self) -> None:
        """Starts the clock of a batch that is not empty any more."""
        if self.content_since_us == 0 and self.batch is not None and not self.batch.is_empty:
            self.content_since_us = self.now_us

    # Time.

    def is_due(self, now_us: int) -> bool:
        """Whether a tick of the clock would change anything."""
        old = self.content_since_us and now_us - self.content_since_us >= self.settings.max_age_us
        return bool(old) or bool(self._deadlines and self._deadlines[0][0] < now_us // MICROSECONDS)

    def tick(self) -> None:
        """Does what is due."""
        self.expire()
        if self.content_since_us and self.now_us - self.content_since_us >= self.settings.max_age_us:
            self.seal()
            self._drain()

    def watch(self, order: LiveOrder) -> None:
        """Ends a resting order in time: at its expiry, or when its agent may no longer sign."""
        self._watched += 1  # breaks ties: an order may be watched again when its agent changes
        heapq.heappush(self._deadlines, (self._deadline(order), self._watched, order))

    def _deadline(self, order: LiveOrder) -> int:
        rows = self.state.accounts.get if self.batch is None else self.batch.row
        row = rows(AccountId(order.account))
        assert row is not None, "an order's account exists"
        return order.expiry if order.signer == row.owner else min(order.expiry, row.agent_until)

    def expire(self) -> None:
        """Takes every order off that no batch from now on could fill."""
        time = self.now_s if self.batch is None else max(self.now_s, self.batch.timestamp)
        while self._deadlines and self._deadlines[0][0] < time:
            order = heapq.heappop(self._deadlines)[2]
            if not order.is_live:
                continue
            if order.expiry < time:
                self.engine.drop(order, order_pb2.CANCEL_REASON_EXPIRED)
            elif self._deadline(order) < time:
                self.engine.drop(order, order_pb2.CANCEL_REASON_SIGNER)
            else:  # the agent was given more time
                self.watch(order)

    def _drop_unsigned(self, account: int) -> None:
        """After a change of agent: ends what neither owner nor the new agent signed."""
        orders = self.engine.accounts.get(account)
        assert self.batch is not None, "requests are taken by a batch"
        row = self.batch.row(account)
        assert row is not None, "the contract queues requests of existing accounts only"
        for order in [] if orders is None else list(orders.live.values()):
            if not row.may_sign(order.signer, timestamp=self.batch.timestamp):
                self.engine.drop(order, order_pb2.CANCEL_REASON_SIGNER)
            elif order.signer != row.owner:
                self.watch(order)  # the agent may have less time than before

    @property
    def waiting(self) -> str:
        """The reason for which no orders are taken now, or nothing."""
        if self.agreed is None or self.batch is None or self.price_gap:
            return "ORACLE_STALE"
        if not self._is_fresh(self.agreed):
            return "ORACLE_STALE"
        if self.paused or len(self.sealed) - self.sealed.proved >= self.settings.max_unproved:
            return "SEQUENCER_PAUSED"
        return ""
