"""
The open batch. Invariant: whatever it holds right now could be sealed, and the rule book would accept it.

Home of the rules: `zkclear/rules/transition.py`. `seal` asks it, and stops the sequencer if the two disagree.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sequencer.batching.prices import Prices
from sequencer.batching.requests import QueuedRequest
from sequencer.batching.rows import Row, open_row
from zkclear.rules.batch import Batch, Entry, Fill
from zkclear.rules.shapes import Shape
from zkclear.rules.state import Market, State
from zkclear.rules.transition import (
    Clearing,
    Opening,
    advance_markets,
    clear,
    open_accounts,
    resolve_requests,
)
from zkclear.rules.units import FEES, INSURANCE, AccountId, Lots, Quote, Seconds


@dataclass(slots=True)
class SignedEntry:
    """One entry with its signature, and how much of it traded in this batch. `recipient` belongs to a WITHDRAW."""

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
        self, state: State, prices: Prices, *, requests: Sequence[QueuedRequest], shapes: Sequence[Shape]
    ) -> None:
        self.state = state
        self.prices = prices
        self.shapes = shapes
        self.largest = shapes[-1]
        self.number = state.number + 1
        self.requests = tuple(requests)
        self.entries: dict[tuple[int, int], SignedEntry] = {}
        self.fills: list[tuple[SignedEntry, SignedEntry, int]] = []
        self.named: set[int] = {INSURANCE, FEES, *(queued.request.account for queued in requests)}
        head = self._rules_batch((), ())
        self.markets: tuple[Market, ...] = advance_markets(
            state, head, elapsed=Seconds(prices.timestamp - state.timestamp)
        )
        openings = open_accounts(state, head, self.markets)
        self.outcomes = resolve_requests(head, openings, self.markets)
        self._rows: dict[int, Row] = {}
        self._open_named(openings)
        self.open_interest = [int(market.open_interest) for market in self.markets]
        self.open_interest_limits = [
            max(market.open_interest, market.config.max_open_interest) for market in self.markets
        ]

    def _open_named(self, openings: dict[AccountId, Opening]) -> None:
        forced = dict.fromkeys(openings, 0)
        for queued, outcome in zip(self.requests, self.outcomes, strict=True):
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

    def row(self, account: int) -> Row | None:
        """The account as it stands in this batch, or None if it was never opened. Looking does not name it."""
        row = self._rows.get(account)
        if row is None:
            stored = self.state.accounts.get(AccountId(account))
            if stored is None:
                return None
            row = self._rows[account] = open_row(AccountId(account), stored, self.markets)
        return row

    def has_room(self, *, entries: int, fills: int, accounts: int) -> bool:
        """Whether that much more fits into the largest shape."""
        return self.largest.fits(
            orders=len(self.entries) + entries,
            fills=len(self.fills) + fills,
            accounts=len(self.named) + accounts,
            requests=len(self.requests),
        )

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
        return held

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
            funding_steps=(0,) * len(self.prices.marks),
            entries=tuple(entries),
            fills=tuple(fills),
            requests=tuple(queued.request for queued in self.requests),
        )

    def seal(self) -> Sealing:
        """The sealed batch and the state after it, which must be the one that the rows show."""
        signed = tuple(self.entries[key] for key in sorted(self.entries))
        index = {id(entry): position for position, entry in enumerate(signed)}
        fills = (Fill(index[id(maker)], index[id(taker)], Lots(lots)) for maker, taker, lots in self.fills)
        open_ended = self._rules_batch((entry.entry for entry in signed), fills)
        batch = Batch(
            **{name: getattr(open_ended, name) for name in Batch.__slots__ if name != "outcomes"},
            outcomes=self.outcomes,
        )
        clearing = clear(self.state, batch)
        self._compare(clearing)
        counts = {
            "orders": len(batch.entries),
            "fills": len(batch.fills),
            "accounts": len(clearing.openings),
            "requests": len(batch.requests),
        }
        shape = next(shape for shape in self.shapes if shape.fits(**counts))
        return Sealing(batch=batch, entries=signed, prices=self.prices, clearing=clearing, shape=shape)

    def _compare(self, clearing: Clearing) -> None:
        """Engine and rule book must agree to the last unit, or nothing leaves this process."""
        assert set(clearing.closings) == self.named, "the batch names other accounts than its entries do"
        for account, closing in clearing.closings.items():
            row = self._rows[account]
            # Only the batch's end credits funding dust, to account 0.
            if account != INSURANCE:
                assert row.collateral == closing.collateral, f"collateral of account {account} differs"
            sizes = [position.size for position in closing.positions]
            assert row.sizes == sizes, f"positions of account {account} differ"
        after = [market.open_interest for market in clearing.state.markets]
        assert self.open_interest == after, "open interest differs"
