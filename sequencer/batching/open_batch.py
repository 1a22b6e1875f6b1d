"""
The open batch. Invariant: whatever it holds right now could be sealed, and the rule book would accept it.

Home of the rules: `zkclear/rules/transition.py`. `seal` asks it, and stops the sequencer if the two disagree.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sequencer.batching.prices import Prices
from sequencer.batching.requests import QueuedRequest
from sequencer.batching.rows import Row, open_row
from zkclear.rules import actions
from zkclear.rules.batch import Batch, Entry, Fill, RequestKind
from zkclear.rules.num import div_floor
from zkclear.rules.opening import Opening, advance_markets, open_accounts, resolve_requests
from zkclear.rules.reject import Rejected
from zkclear.rules.risks import RiskKind, count_risks
from zkclear.rules.shapes import Shape
from zkclear.rules.state import Market, State
from zkclear.rules.transition import Clearing, clear
from zkclear.rules.units import INSURANCE, PPM, SLOTS, AccountId, Lots, Quote, Seconds

WEIGHED = frozenset({RequestKind.CLOSE, RequestKind.LIQUIDATE, RequestKind.MARKET})
"""Requests that several together may make a batch invalid: the rule book is asked before the batch takes orders."""

PAYMENTS = 256
"""
Signed withdrawals that a batch takes: each may give somebody a first claim, 30,000 gas, and a transaction has 2^24. With as many
other orders, and a refused takeover in every risk row, the largest shape stays below 15 M (`contracts/snapshots/settle.json`).
"""


@dataclass(slots=True)
class SignedEntry:
    """
    One entry with its signature, and how much of it traded in this batch.

    `recipient` belongs to a WITHDRAW; a risk entry has no signature.
    """

    entry: Entry
    signature: bytes
    recipient: bytes = b""
    filled: int = 0


@dataclass(frozen=True, slots=True)
class Sealing:
    """A sealed batch: what the rules see, the signatures beside its entries, and what the rules made of it."""

    batch: Batch
    entries: tuple[SignedEntry, ...]
    prices: Prices
    clearing: Clearing
    shape: Shape


class OpenBatch:
    """One clearing cycle in the making, at one price vector."""

    def __init__(
        self,
        state: State,
        prices: Prices,
        *,
        requests: Sequence[QueuedRequest],
        shapes: Sequence[Shape],
        funding_steps: Sequence[int],
    ) -> None:
        self.state = state
        self.prices = prices
        self.funding_steps = tuple(funding_steps)
        self.shapes = shapes
        self.largest = shapes[-1]
        self.number = state.number + 1
        self.requests = tuple(requests)
        self.entries: dict[tuple[int, int], SignedEntry] = {}
        self._payments = 0
        self.fills: list[tuple[SignedEntry, SignedEntry, int]] = []
        head = self._rules_batch((), ())
        self.markets: tuple[Market, ...] = advance_markets(
            state, head, elapsed=Seconds(prices.timestamp - state.timestamp)
        )
        openings = open_accounts(state, head, self.markets)
        self.named: set[int] = set(openings)
        self.openings = openings
        self.outcomes = resolve_requests(head, openings, self.markets)
        self.risks = count_risks(head)
        self.moved: set[int] = set()
        self._rows: dict[int, Row] = {}
        self._open_named(openings)
        self.open_interest = [int(market.open_interest) for market in self.markets]
        self.open_interest_limits = [
            max(market.open_interest, market.config.max_open_interest) for market in self.markets
        ]
        if any(queued.request.kind in WEIGHED for queued in self.requests):
            self._adopt(clear(state, self._candidate(self._sorted(()))))

    def _open_named(self, openings: dict[AccountId, Opening]) -> None:
        forced = dict.fromkeys(openings, 0)
        for queued, outcome in zip(self.requests, self.outcomes, strict=True):
            if queued.request.kind is RequestKind.WITHDRAW:
                forced[queued.request.account] += outcome.amount
        for account, opening in openings.items():
            self._rows[account] = Row(
                account, opening.account, stored=opening.stored, forced=Quote(forced[account])
            )

    @property
    def timestamp(self) -> int:
        """The batch's timestamp, Unix seconds."""
        return self.prices.timestamp

    @property
    def is_empty(self) -> bool:
        """Whether sealing it would settle nothing."""
        return not self.requests and not self.entries

    @property
    def changes_markets(self) -> bool:
        """Whether a request of it lists a market or changes its rules."""
        return any(queued.request.kind is RequestKind.MARKET for queued in self.requests)

    def takeover(self, account: int) -> tuple[int, int] | None:
        """Market and lots of the takeover of an account that a request of this batch executed, or None."""
        for queued, outcome in zip(self.requests, self.outcomes, strict=True):
            request = queued.request
            if request.kind is RequestKind.LIQUIDATE and request.account == account and outcome.amount:
                return int(request.market), int(outcome.amount)
        return None

    def row(self, account: int) -> Row | None:
        """The account as it stands in this batch, or None if it was never opened. Looking does not name it."""
        row = self._rows.get(account)
        if row is None:
            stored = self.state.accounts.get(AccountId(account))
            if stored is None:
                return None
            row = self._rows[account] = open_row(AccountId(account), stored, self.markets)
        return row

    def has_room(self, *, entries: int, fills: int, accounts: int, risks: int = 0) -> bool:
        """Whether that much more fits into the largest shape."""
        return self.largest.fits(
            orders=len(self.entries) + entries,
            fills=len(self.fills) + fills,
            accounts=len(self.named) + accounts,
            requests=len(self.requests),
            risks=self.risks + risks,
        )

    @property
    def has_room_for_payment(self) -> bool:
        """Whether one more withdrawal can be paid in the transaction that settles the batch."""
        return self._payments < PAYMENTS

    def holds_other(self, account: int, slot: int, nonce: int) -> bool:
        """Whether the slot is taken in this batch by an entry with another nonce: a batch has one a slot."""
        held = self.entries.get((account, slot))
        return held is not None and held.entry.nonce != nonce

    def add(self, signed: SignedEntry) -> SignedEntry:
        """Takes an entry in, or gives the one that is there already."""
        entry = signed.entry
        held = self.entries.setdefault(entry.position, signed)
        assert held.entry.nonce == entry.nonce, "one entry a slot and batch"
        self.named.add(entry.account)
        self._payments += held is signed and entry.action == actions.WITHDRAW
        return held

    def free_slot(self, account: int, *, others: Iterable[int] = ()) -> int:
        """A place for a risk entry: the highest slot without an entry in this batch and not in `others`."""
        taken = {slot for holder, slot in self.entries if holder == account} | set(others)
        return next(slot for slot in reversed(range(SLOTS)) if slot not in taken)

    def add_risks(self, entries: Sequence[Entry]) -> bool:
        """
        Takes risk entries that move lots at the mark in, all or none: only if they fit and the rule book accepts the batch.

        The rows take over what the rule book makes of it.
        """
        added = tuple(SignedEntry(entry, b"") for entry in entries)
        named = {entry.account for entry in entries}
        named |= {entry.subject for entry in entries if entry.action == actions.DELEVERAGE}
        if not self.has_room(entries=len(added), fills=0, accounts=len(named - self.named), risks=len(added)):
            return False
        try:
            clearing = clear(self.state, self._candidate(self._sorted(added)))
        except Rejected:
            return False
        for signed in added:
            self.add(signed)
        self.named |= named
        self.risks += len(added)
        self._adopt(clearing)
        return True

    def add_liquidation(self, signed: SignedEntry) -> SignedEntry:
        """Takes a liquidation in the book in, when it fills for the first time."""
        self.risks += 1
        return self.add(signed)

    def _adopt(self, clearing: Clearing) -> None:
        """The rows as the rule book leaves them, and no other fills for those whom a risk operation moved."""
        credit = self._dust_credit(clearing)
        for account, closing in clearing.closings.items():
            row = self.row(account)
            assert row is not None, "what was opened exists"
            row.adopt(closing, credit=credit if account == INSURANCE else 0)
        self.open_interest = [int(market.open_interest) for market in clearing.state.markets]
        for risk in clearing.risks:
            if risk.executed:
                self.lock(risk.subject)
            if risk.executed and risk.kind is not RiskKind.BOOK:
                self.lock(risk.counterparty)

    def lock(self, account: int) -> None:
        """Keeps the account's orders from filling here: a risk operation of this batch moved it."""
        self.moved.add(account)
        self._rows[account].is_locked = True

    def mark_liquidatable(self, accounts: Iterable[int]) -> None:
        """Keeps their orders from filling here: their equity is below their maintenance margin."""
        for account in accounts:
            row = self.row(account)
            assert row is not None, "who is valued exists"
            row.is_liquidatable = row.is_locked = True

    def _dust_credit(self, clearing: Clearing) -> int:
        """What account 0 gets at the batch's end for what the rounding of funding left."""
        dust = self.state.funding_dust + sum(opening.dust for opening in clearing.openings.values())
        return div_floor(dust, PPM)

    def add_fill(self, maker: SignedEntry, taker: SignedEntry, lots: int) -> None:
        """Records a fill between two entries of the batch. The rows are the caller's business."""
        maker.filled += lots
        taker.filled += lots
        self.fills.append((maker, taker, lots))

    def _rules_batch(self, entries: Iterable[Entry], fills: Iterable[Fill]) -> Batch:
        return Batch(
            number=self.state.number + 1,
            timestamp=self.prices.timestamp,
            first_request=self.state.next_request,
            marks=self.prices.marks,
            funding_steps=self.funding_steps,
            entries=tuple(entries),
            fills=tuple(fills),
            requests=tuple(queued.request for queued in self.requests),
        )

    def _sorted(self, added: Iterable[SignedEntry]) -> tuple[SignedEntry, ...]:
        """The entries and `added` ones in the batch's order."""
        return tuple(sorted((*self.entries.values(), *added), key=lambda signed: signed.entry.position))

    def _candidate(self, signed: Sequence[SignedEntry]) -> Batch:
        """The batch as it would be sealed now with these entries, in their order."""
        index = {id(entry): position for position, entry in enumerate(signed)}
        fills = (Fill(index[id(maker)], index[id(taker)], Lots(lots)) for maker, taker, lots in self.fills)
        return replace(self._rules_batch((entry.entry for entry in signed), fills), outcomes=self.outcomes)

    def seal(self) -> Sealing:
        """The sealed batch and the state after it, which must be the one that the rows show."""
        signed = self._sorted(())
        batch = self._candidate(signed)
        clearing = clear(self.state, batch)
        self._compare(clearing)
        counts = {
            "orders": len(batch.entries),
            "fills": len(batch.fills),
            "accounts": len(clearing.openings),
            "requests": len(batch.requests),
            "risks": count_risks(batch),
        }
        shape = next(shape for shape in self.shapes if shape.fits(**counts))
        return Sealing(batch=batch, entries=signed, prices=self.prices, clearing=clearing, shape=shape)

    def _compare(self, clearing: Clearing) -> None:
        """Engine and rule book must agree to the last unit, or nothing leaves this process."""
        assert set(clearing.closings) == self.named, "the batch names other accounts than its entries do"
        credit = self._dust_credit(clearing)
        for account, closing in clearing.closings.items():
            row = self._rows[account]
            collateral = row.collateral + (credit if account == INSURANCE else 0)
            assert collateral == closing.collateral, f"collateral of account {account} differs"
            sizes = [position.size for position in closing.positions]
            assert row.sizes == sizes, f"positions of account {account} differ"
        after = [market.open_interest for market in clearing.state.markets]
        assert self.open_interest == after, "open interest differs"
