"""
What the sequencer does about accounts below their maintenance margin, at the opening of every batch, before any order.

Keepers come first: an account that is not deep is left to them for a while. Then, one operation an account and batch: the
book; absorption by the insurance account; deleveraging of the other side. What a keeper's takeover or another operation
of this batch moved already waits for the next one. Where L1 requests were in the way, the next one comes at once: a
request for a single lot shields nobody. Rules: `docs/liquidation.md`, `zkclear/rules/liquidation.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from sequencer.batching.open_batch import OpenBatch
from sequencer.matching.engine import Engine
from sequencer.matching.orders import LiveOrder
from sequencer.matching.planning import Plan, Planner
from sequencer.risk.liquidation import book_terms, liquidatable_accounts
from sequencer.risk.margin import Valuation
from zkclear.rules import actions
from zkclear.rules.batch import Entry
from zkclear.rules.deleveraging import deleveraging_plan
from zkclear.rules.funding import settle_account
from zkclear.rules.liquidation import (
    Holding,
    Standing,
    hold,
    is_deep,
    maintenance_of,
    stand,
    takeover_lots,
)
from zkclear.rules.num import div_ceil
from zkclear.rules.state import MarketConfig
from zkclear.rules.units import (
    INSURANCE,
    PPM,
    SECONDS_BOUND,
    SIZE_BOUND,
    AccountId,
    Address,
    Lots,
    Seconds,
    Ticks,
)
from zkclear.v1 import order_pb2


@dataclass(slots=True)
class RiskDesk:
    """
    `since` has every account that was liquidatable at the newest opening, and from when on, Unix microseconds.

    While marks, funding indexes and rules stay as they were, only accounts that a batch `moved` since then, and those that
    the new one names, can have changed sides: a busy batch is followed by the next without a look at everybody.

    `is_held_up`: the batch took requests, and somebody's turn had come with whom it could not deal. It must seal at once.
    """

    since: dict[AccountId, int] = field(default_factory=dict)
    is_held_up: bool = False
    _terms: list[tuple[int, int, MarketConfig]] = field(default_factory=list)
    _moved: set[AccountId] = field(default_factory=set)

    def note_sealed(self, accounts: Iterable[AccountId]) -> None:
        """These accounts changed since the last opening."""
        self._moved.update(accounts)

    def watch(self, batch: OpenBatch, engine: Engine, valuation: Valuation, *, now_us: int) -> None:
        """Finds the liquidatable accounts of a batch that opens, and ends their orders."""
        openings = {account: opening.account for account, opening in batch.openings.items()}
        terms = [(int(each.mark), int(each.funding_index), each.config) for each in batch.markets]
        stored = batch.state.accounts
        # An account that this batch names may have been named by the one that it replaces: it is kept for the next look.
        looked_at = (
            stored.keys() if terms != self._terms else self._moved | (self.since.keys() & stored.keys())
        )
        found = liquidatable_accounts(looked_at, stored, openings, markets=batch.markets, valuation=valuation)
        self._terms, self._moved = terms, set(openings) & stored.keys()
        self.since = {account: self.since.get(account, now_us) for account in found}
        self.is_held_up = False
        batch.mark_liquidatable(found)
        for account in found:
            orders = engine.accounts.get(account)
            for order in [] if orders is None else list(orders.live.values()):
                engine.drop(order, order_pb2.CANCEL_REASON_LIQUIDATED)

    def act(
        self, batch: OpenBatch, engine: Engine, valuation: Valuation, *, grace_us: int, now_us: int
    ) -> None:
        """Liquidates whom no keeper took in time, the worst first, then sells what the insurance account holds."""
        opening = _Opening(batch, engine, valuation, now_us)
        due = [
            case
            for case in (_Case(opening, account) for account in self.since if account != INSURANCE)
            if case.has_positions and (case.is_deep or now_us - self.since[case.account] >= grace_us)
        ]
        done = [case.take_turn() for case in sorted(due, key=lambda case: case.priority)]
        fund = _Case(opening, INSURANCE)
        if INSURANCE in batch.moved:
            done.append(not fund.finds_buyers())
        elif not fund.sell() and fund.standing.equity < 0:
            fund.deleverage()
        self.is_held_up = bool(batch.requests) and not all(done)


class _Opening:
    """A batch that opens and what its orders would meet."""

    def __init__(self, batch: OpenBatch, engine: Engine, valuation: Valuation, now_us: int) -> None:
        self.batch = batch
        self.engine = engine
        self.valuation = valuation
        self.now_us = now_us

    @cached_property
    def standings(self) -> dict[AccountId, Standing]:
        """Every account with a position, and account 0, as a deleverage ranks them; made once, and only if there is one."""
        opened = {account: opening.account for account, opening in self.batch.openings.items()}
        found = {}
        for account, stored in {**self.batch.state.accounts, **opened}.items():
            if account == INSURANCE or any(position.size for position in stored.positions):
                leaf = opened.get(account) or settle_account(stored, self.batch.markets).account
                found[account] = stand(leaf, self.batch.markets)
        return found


@dataclass(frozen=True, slots=True)
class _Offer:
    """A liquidation in the book, and what it would do there."""

    order: LiveOrder
    plan: Plan

    @property
    def filled(self) -> int:
        """Lots that the book would take."""
        return self.order.lots - self.plan.remaining


class _Case:
    """One account and what can be done with its positions in this batch."""

    def __init__(self, opening: _Opening, account: AccountId) -> None:
        batch = opening.batch
        self.account = account
        self._opening = opening
        self._batch = batch
        row = batch.row(account)
        assert row is not None, "who is liquidatable exists"
        self._owner = row.owner
        self.standing = stand(row.opening, batch.markets)
        self._holdings = _holdings(self.standing, batch)

    @property
    def priority(self) -> tuple[Fraction, int]:
        """Equity a maintenance, lowest first; of an account with positions."""
        return Fraction(self.standing.equity, self.standing.maintenance), self.account

    @property
    def has_positions(self) -> bool:
        """Whether there is anything to do: an account that owes and holds nothing is liquidatable, too."""
        return bool(self._holdings)

    @property
    def is_deep(self) -> bool:
        """Whether all of some position may go at once."""
        return any(is_deep(holding) for holding in self._holdings)

    def take_turn(self) -> bool:
        """Does one operation if nothing moved the account yet and there is room; whether this batch did what one may do."""
        batch = self._batch
        if self.account in batch.moved:
            return self._is_taken_over()
        return batch.has_room(entries=1, fills=0, accounts=0, risks=1) and self._liquidate()

    def _is_taken_over(self) -> bool:
        """Whether a keeper left nothing to do here: no position of a deep account, else all that it may of the largest."""
        taken = self._batch.takeover(self.account)
        if taken is None:
            return False
        market, lots = taken
        largest = self._holdings[0]
        if self.is_deep:
            return len(self._holdings) == 1 and lots == largest.lots
        return market == largest.index and lots == takeover_lots(largest, Lots(SIZE_BOUND - 1))

    def _liquidate(self) -> bool:
        """
        The first of book, absorption and deleveraging that can be done; else what little the book takes, which is not enough.

        At first the book must take at least what it may take of a shallow account: else bids of a lot each would keep a deep
        account from the insurance account for as long as somebody likes.
        """
        if self.sell(enough=True) or self._absorb() or (self.standing.equity < 0 and self.deleverage()):
            return True
        self.sell()
        return False

    def finds_buyers(self) -> bool:
        """Whether the book would take anything, here or in the next batch."""
        offers = (self._offer(holding) for holding in self._holdings)
        return any(offer is not None and (offer.filled or offer.plan.is_cut) for offer in offers)

    def sell(self, *, enough: bool = False) -> bool:
        """Closes what the book takes, in the first market where anything fills; the largest requirement comes first."""
        return any(self._sell_one(holding, enough=enough) for holding in self._holdings)

    def _sell_one(self, holding: Holding, *, enough: bool) -> bool:
        offer = self._offer(holding)
        least = div_ceil(holding.lots * holding.market.config.close_factor, PPM) if enough else 1
        if offer is None or offer.filled < max(1, least):
            return False
        self._opening.engine.commit(offer.plan, offer.order, self._batch, time_us=self._opening.now_us)
        self._batch.lock(self.account)
        return True

    def _offer(self, holding: Holding) -> _Offer | None:
        """What the book would take of a position, if there are legal terms and room."""
        batch, market = self._batch, holding.index
        terms = book_terms(holding, account=self.account)
        if terms is None or not batch.has_room(entries=1, fills=1, accounts=1, risks=1):
            return None
        order = self._liquidation(market, *terms, sell=holding.direction > 0)
        plan = Planner(
            self._opening.engine.books[market],
            batch,
            self._opening.valuation,
            taker=order,
            self_trade=order_pb2.SELF_TRADE_CANCEL_MAKER,
        ).run()
        return _Offer(order, plan)

    def _liquidation(self, market: int, lots: int, limit: int, *, sell: bool) -> LiveOrder:
        return LiveOrder(
            digest=b"",
            account=self.account,
            owner=self._owner,
            market=market,
            action=actions.LIQUIDATION_SELL if sell else actions.LIQUIDATION_BUY,
            lots=lots,
            limit=limit,
            expiry=SECONDS_BOUND - 1,
            nonce=self._batch.free_slot(self.account),
            signer=0,
            signature=b"",
        )

    def _absorb(self) -> bool:
        """Gives the insurance account every position that may go at once; or as many of them as it can carry."""
        deep = [holding for holding in self._holdings if is_deep(holding)]
        if not deep:
            return False
        if self._batch.add_risks(self._absorptions(deep)):
            return True
        carried: list[Entry] = []
        for holding in deep:
            entry = self._absorptions([holding], beside=carried)
            if self._batch.add_risks(entry):
                carried += entry
        return bool(carried)

    def _absorptions(self, holdings: list[Holding], *, beside: list[Entry] | None = None) -> list[Entry]:
        entries: list[Entry] = []
        for holding in holdings:
            slots = [entry.slot for entry in (*entries, *(beside or ()))]
            nonce = self._batch.free_slot(self.account, others=slots)
            entries.append(_risk_entry(self.account, holding.index, actions.ABSORB, nonce=nonce))
        return entries

    def deleverage(self) -> bool:
        """Closes every position that the insurance account cannot carry against the other side, in ranking order."""
        return sum(self._deleverage_one(holding) for holding in self._holdings) > 0

    def _deleverage_one(self, holding: Holding) -> bool:
        batch = self._batch
        rows = deleveraging_plan(holding, self.account, self._opening.standings, batch.markets)
        # A beginning of the plan is legal: what does not fit goes on in the next batch, ranked anew.
        while rows and not batch.has_room(
            entries=len(rows),
            fills=0,
            accounts=len({self.account, *(account for account, _ in rows)} - batch.named),
            risks=len(rows),
        ):
            rows.pop()
        return bool(rows) and batch.add_risks(
            [
                _risk_entry(
                    account,
                    holding.index,
                    actions.DELEVERAGE,
                    nonce=batch.free_slot(account),
                    lots=lots,
                    rank=rank,
                    subject=self.account,
                )
                for rank, (account, lots) in enumerate(rows)
            ]
        )


def _holdings(standing: Standing, batch: OpenBatch) -> list[Holding]:
    """The account's positions, the largest maintenance requirement first."""
    held = [
        hold(standing, index, batch.markets)
        for index, position in enumerate(standing.account.positions)
        if position.size
    ]
    return sorted(held, key=lambda holding: (-maintenance_of(holding, holding.lots), holding.index))


def _risk_entry(
    account: AccountId,
    market: int,
    action: int,
    *,
    nonce: int,
    lots: int = 0,
    rank: int = 0,
    subject: int = 0,
) -> Entry:
    return Entry(
        account=account,
        market=market,
        action=action,
        lots=Lots(lots),
        limit=Ticks(rank),
        expiry=Seconds(SECONDS_BOUND - 1),
        nonce=nonce,
        signer=Address(0),
        trigger=Ticks(subject),
    )
