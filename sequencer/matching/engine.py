"""
The books of all markets, and the commitment of plans to them and to the open batch.

Fast twin of `zkclear/rules/orders.py` and `zkclear/rules/fills.py`; a sealed batch is checked against both.
"""

from collections import deque
from dataclasses import dataclass

from sequencer.batching.open_batch import OpenBatch, SignedEntry
from sequencer.matching.book import Book
from sequencer.matching.orders import AccountOrders, LiveOrder
from sequencer.matching.planning import Plan
from zkclear.rules.units import FEES, INSURANCE
from zkclear.v1.order_pb2 import CancelReason

TRADES_KEPT = 10_000
"""Newest trades that a market lists; older ones are in the batches."""


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade; `price` in ticks."""

    number: int
    price: int
    lots: int
    taker_sells: bool
    time_us: int
    batch: int


class Engine:
    """Everything that rests, by market and by account."""

    def __init__(self, markets: int) -> None:
        self.books = [Book() for _ in range(markets)]
        self.accounts: dict[int, AccountOrders] = {}
        self.trades: list[deque[Trade]] = [deque(maxlen=TRADES_KEPT) for _ in range(markets)]
        self.trade_count = 0
        self.resting = 0
        self._markets = markets

    def list_market(self) -> None:
        """Begins the book of one market more."""
        self.books.append(Book())
        self.trades.append(deque(maxlen=TRADES_KEPT))
        self._markets += 1
        for orders in self.accounts.values():
            orders.exposure.list_market()

    def orders_of(self, account: int) -> AccountOrders:
        """What is kept of an account's orders."""
        found = self.accounts.get(account)
        if found is None:
            found = self.accounts[account] = AccountOrders(self._markets)
        return found

    def rest(self, order: LiveOrder) -> None:
        """Puts an order onto its book."""
        self.books[order.market].add(order)
        self._enter(order)

    def take_place(self, old: LiveOrder, new: LiveOrder, reason: CancelReason) -> None:
        """Puts `new` where `old` rests, which ends."""
        self.books[old.market].replace(old, new)
        self._leave(old)
        self._enter(new)
        old.end(reason)

    def drop(self, order: LiveOrder, reason: CancelReason) -> None:
        """Ends a resting order."""
        self.books[order.market].remove(order)
        self._leave(order)
        order.end(reason)

    def _enter(self, order: LiveOrder) -> None:
        orders = self.orders_of(order.account)
        orders.live[order.digest] = order
        self.resting += 1
        self.expose(order, order.remaining)

    def _leave(self, order: LiveOrder) -> None:
        del self.accounts[order.account].live[order.digest]
        self.resting -= 1
        self.expose(order, -order.remaining)

    def expose(self, order: LiveOrder, lots: int) -> None:
        """Adds lots of an order to what its account may have to carry; a reduce-only order adds nothing."""
        if not order.reduce_only:
            exposure = self.accounts[order.account].exposure
            exposure.add(order.market, sell=order.sell, lots=lots, limit=order.limit)

    def commit(self, plan: Plan, taker: LiveOrder, batch: OpenBatch, *, time_us: int) -> None:
        """Carries a plan out."""
        for step in plan.steps:
            if step.lots:
                self._fill(step.maker, taker, step.lots, batch, time_us=time_us)
            else:
                self.drop(step.maker, step.reason)
        for trial in plan.trials.values():
            trial.row.collateral = trial.collateral
            trial.row.sizes = trial.sizes
            trial.row.reduce_only = trial.reduce_only
        if plan.fees:
            fees = batch.row(INSURANCE if taker.is_liquidation else FEES)
            assert fees is not None, "accounts 0 and 1 are in every state"
            fees.collateral += plan.fees
        batch.open_interest[taker.market] = plan.open_interest

    def _fill(self, maker: LiveOrder, taker: LiveOrder, lots: int, batch: OpenBatch, *, time_us: int) -> None:
        book = self.books[maker.market]
        book.reduce(maker, lots)
        self.expose(maker, -lots)
        for order in (maker, taker):
            order.record_fill(lots, maker.limit, batch.number)
        batch.add_fill(_entry(maker, batch), _entry(taker, batch), lots)
        if maker.remaining == 0:
            book.remove(maker)
            del self.accounts[maker.account].live[maker.digest]
            self.resting -= 1
        self.trade_count += 1
        self.trades[maker.market].append(
            Trade(self.trade_count, maker.limit, lots, taker.sell, time_us, batch.number)
        )


def _entry(order: LiveOrder, batch: OpenBatch) -> SignedEntry:
    """The order's entry in the batch; made at its first fill there."""
    held = batch.entries.get((order.account, order.slot))
    if held is not None:
        return held
    return (batch.add_liquidation if order.is_liquidation else batch.add)(order.signed_entry())
