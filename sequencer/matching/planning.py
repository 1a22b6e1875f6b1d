"""
What an order would do to the book and to the open batch, found out without touching either.

A plan is a list of steps: fills, and makers that must leave because their fill may not happen. Each fill is checked as
the proof will check it: closing rule of both accounts, position and open interest bounds, what reduce-only orders of the
batch allow, and the room that is left. So whatever is committed keeps the open batch valid. An account that a risk operation
of the batch moved fills in the next one.
Home of the rules: `zkclear/rules/orders.py`, `fills.py`, `closing.py`.
"""

from dataclasses import dataclass, field

from sequencer.batching.open_batch import OpenBatch
from sequencer.batching.rows import Row
from sequencer.matching.book import Book
from sequencer.matching.orders import LiveOrder
from sequencer.risk.closing import in_bounds, may_close
from sequencer.risk.margin import Valuation
from zkclear.rules.fills import fee
from zkclear.rules.orders import did_not_grow
from zkclear.rules.units import INSURANCE, Lots, Ppm, Quote
from zkclear.v1 import order_pb2
from zkclear.v1.order_pb2 import CancelReason

GOES_ON = order_pb2.CANCEL_REASON_UNSPECIFIED


@dataclass(frozen=True, slots=True)
class Step:
    """A fill of `lots` with the maker; or, with 0 lots, the maker's end for `reason`."""

    maker: LiveOrder
    lots: int
    reason: CancelReason = GOES_ON


class Trial:
    """An account as it would stand after the plan."""

    __slots__ = ("collateral", "reduce_only", "row", "sizes")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.collateral = row.collateral
        self.sizes = list(row.sizes)
        self.reduce_only = set(row.reduce_only)


@dataclass(slots=True)
class Plan:
    """`ends` says why the taker may not go on; `is_cut` that the batch must be sealed before it can."""

    remaining: int
    steps: list[Step] = field(default_factory=list)
    trials: dict[int, Trial] = field(default_factory=dict)
    fees: int = 0
    open_interest: int = 0
    ends: CancelReason = GOES_ON
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of a possible fill: the account and what it would have."""

    order: LiveOrder
    trial: Trial
    collateral: int
    size: int


class Planner:
    """Plans one order against one book and batch. `leaving` is the order that it replaces: it meets nobody any more."""

    def __init__(
        self,
        book: Book,
        batch: OpenBatch,
        valuation: Valuation,
        *,
        taker: LiveOrder,
        self_trade: int,
        leaving: LiveOrder | None = None,
    ) -> None:
        self._book = book
        self._batch = batch
        self._valuation = valuation
        self._taker = taker
        self._self_trade = self_trade
        self._leaving = leaving
        self._is_locked = False
        self._new_entries: set[tuple[int, int]] = set()
        self._new_accounts: set[int] = set()
        self._fills = 0

    def run(self) -> Plan:
        """Walks the book in priority until the order is filled, may not go on, or finds nobody."""
        taker = self._taker
        plan = Plan(remaining=taker.remaining, open_interest=self._batch.open_interest[taker.market])
        row = self._batch.row(taker.account)
        assert row is not None, "an order's account exists"
        self._is_locked = row.is_locked and not taker.is_liquidation
        for maker in self._book.counterparts(sell=taker.sell, limit=taker.limit):
            if plan.remaining == 0 or plan.ends or plan.is_cut:
                break
            if maker is not self._leaving:
                self._meet(maker, plan)
        return plan

    def _trial(self, plan: Plan, account: int) -> Trial:
        trial = plan.trials.get(account)
        if trial is None:
            row = self._batch.row(account)
            assert row is not None, "an order's account exists"
            trial = plan.trials[account] = Trial(row)
        return trial

    def _meet(self, maker: LiveOrder, plan: Plan) -> None:
        """One counterpart: a fill, its end, or the taker's."""
        taker = self._taker
        if maker.owner == taker.owner:
            self._same_owner(maker, plan)
            return
        row = self._trial(plan, maker.account).row
        if maker.expiry < self._batch.timestamp:
            plan.steps.append(Step(maker, 0, order_pb2.CANCEL_REASON_EXPIRED))
            return
        if not row.may_sign(maker.signer, timestamp=self._batch.timestamp):
            plan.steps.append(Step(maker, 0, order_pb2.CANCEL_REASON_SIGNER))
            return
        if self._is_locked or row.is_locked:
            plan.is_cut = True
            return
        lots = min(plan.remaining, maker.remaining)
        for order in (maker, taker):
            if order.reduce_only:
                size = self._trial(plan, order.account).sizes[order.market]
                lots = min(lots, size if order.sell else -size)
                if lots <= 0:
                    self._end(plan, order, order_pb2.CANCEL_REASON_REDUCE_ONLY)
                    return
        sides = self._sides(maker, lots, plan)
        if self._is_cut(sides):
            plan.is_cut = True
            return
        for side in sides:
            reason = self._fault(side)
            if reason:
                self._end(plan, side.order, reason)
                return
        change = sum(max(side.size, 0) - max(side.trial.sizes[taker.market], 0) for side in sides)
        if plan.open_interest + change > self._batch.open_interest_limits[taker.market]:
            plan.ends = order_pb2.CANCEL_REASON_LIMIT
            return
        plan.open_interest += change
        self._take(plan, maker, lots, sides)

    def _same_owner(self, maker: LiveOrder, plan: Plan) -> None:
        if self._self_trade != order_pb2.SELF_TRADE_CANCEL_TAKER:
            plan.steps.append(Step(maker, 0, order_pb2.CANCEL_REASON_SELF_TRADE))
        if self._self_trade in (order_pb2.SELF_TRADE_CANCEL_TAKER, order_pb2.SELF_TRADE_CANCEL_BOTH):
            plan.ends = order_pb2.CANCEL_REASON_SELF_TRADE

    def _end(self, plan: Plan, order: LiveOrder, reason: CancelReason) -> None:
        if order is self._taker:
            plan.ends = reason
        else:
            plan.steps.append(Step(order, 0, reason))

    def _sides(self, maker: LiveOrder, lots: int, plan: Plan) -> tuple[_Side, _Side]:
        """Both accounts after a fill; home: `fills.legs`."""
        market = maker.market
        cost = lots * maker.limit * self._valuation.per_tick[market]
        maker_fee, taker_fee = (fee(Quote(cost), Ppm(rate)) for rate in self._valuation.fees[market])
        if self._taker.account == INSURANCE:  # it gets the fees of its own liquidations
            taker_fee = Quote(-maker_fee)
        sides = []
        for order, paid in ((maker, maker_fee), (self._taker, taker_fee)):
            trial = self._trial(plan, order.account)
            cash = (cost if order.sell else -cost) - paid
            size = trial.sizes[market] + (-lots if order.sell else lots)
            sides.append(_Side(order, trial, trial.collateral + cash, size))
        return sides[0], sides[1]

    def _is_cut(self, sides: tuple[_Side, _Side]) -> bool:
        """Whether this fill belongs into the next batch: no room, the slot is taken, or reduce-only forbids it here."""
        entries, accounts = len(self._new_entries), len(self._new_accounts)
        for side in sides:
            order, batch = side.order, self._batch
            position = (order.account, order.slot)
            if batch.holds_other(order.account, order.slot, order.nonce):
                return True
            entries += position not in batch.entries and position not in self._new_entries
            accounts += order.account not in batch.named and order.account not in self._new_accounts
            if order.reduce_only or order.market in side.trial.reduce_only:
                before = side.trial.row.opening_sizes[order.market]
                if not did_not_grow(Lots(before), Lots(side.size)):
                    return True
        return not self._batch.has_room(entries=entries, fills=self._fills + 1, accounts=accounts)

    def _fault(self, side: _Side) -> CancelReason:
        """Why the account may not take this fill, or GOES_ON."""
        row, market = side.trial.row, side.order.market
        if not in_bounds(row, side.collateral, side.size, market, self._valuation):
            return order_pb2.CANCEL_REASON_LIMIT
        sizes = list(side.trial.sizes)
        sizes[market] = side.size
        if not may_close(row, side.collateral, sizes, self._valuation):
            return order_pb2.CANCEL_REASON_MARGIN
        return GOES_ON

    def _take(self, plan: Plan, maker: LiveOrder, lots: int, sides: tuple[_Side, _Side]) -> None:
        paid = 0
        for side in sides:
            order, trial = side.order, side.trial
            paid += side.collateral - trial.collateral
            trial.collateral = side.collateral
            trial.sizes[order.market] = side.size
            if order.reduce_only:
                trial.reduce_only.add(order.market)
            self._new_entries.add((order.account, order.slot))
            self._new_accounts.add(order.account)
        self._new_entries -= self._batch.entries.keys()
        self._new_accounts -= self._batch.named
        plan.fees -= paid  # what both sides lost together is the fees
        plan.remaining -= lots
        plan.steps.append(Step(maker, lots))
        self._fills += 1
