"""
The risk operations that an operator chooses, on the rule book alone, in the sequencer's order.

Absorption where the fund stays healthy, else deleveraging by the published ranking; keepers take over what is not deep.
Whatever is chosen is a batch that `clear` accepts, so the choice can be wasteful and never wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from tests.vectors.crash import absorb, deleverage, liquidate
from tests.vectors.scenario import Exchange, owner_of
from zkclear.rules import actions
from zkclear.rules.batch import Batch, Entry, Fill, Request, RequestKind
from zkclear.rules.deleveraging import deleveraging_plan
from zkclear.rules.funding import settle_account
from zkclear.rules.liquidation import Holding, Standing, hold, is_deep, stand
from zkclear.rules.reject import Rejected
from zkclear.rules.risks import RiskKind
from zkclear.rules.state import Market, State
from zkclear.rules.transition import Clearing, clear
from zkclear.rules.units import INSURANCE, PPM, AccountId, Seconds, Ticks

MOVE_PPM, MOVE_PPM_PER_SECOND = 50_000, 1_000
"""The contract's defaults: a mark moves at most 5 % and 0.1 % a second from one batch to the next."""


@dataclass
class Tally:
    """What risk operations moved so far: lots by kind."""

    lots: dict[RiskKind, int] = field(default_factory=dict)

    def count(self, cleared: Clearing) -> None:
        """Takes in a batch."""
        for row in cleared.risks:
            if row.executed:
                self.lots[row.kind] = self.lots.get(row.kind, 0) + int(row.lots)


class Desk(Exchange):
    """An exchange that liquidates at every new price; `keepers` are accounts that ask for takeovers."""

    keepers: tuple[int, ...] = ()

    def __init__(self, *args: Any, **fields: Any) -> None:
        super().__init__(*args, **fields)
        self.tally = Tally()
        self._nonce = 1_024

    def rows(self) -> tuple[Market, ...]:
        """The markets at the marks of the next batch."""
        listed = len(self.marks)
        rows = zip(self.state.markets[:listed], self.marks, strict=True)
        return tuple(replace(m, mark=mark) for m, mark in rows) + self.state.markets[listed:]

    def standings(self) -> dict[AccountId, Standing]:
        """Every account at the marks of the next batch, at a funding step of 0."""
        rows = self.rows()
        return {
            key: stand(settle_account(each, rows).account, rows) for key, each in self.state.accounts.items()
        }

    def equity(self, account: int) -> int:
        """What an account is worth at the next marks."""
        return self.standings()[AccountId(account)].equity

    def settle(self, **fields: Any) -> State:
        """Apply the next batch, and count what it liquidates."""
        batch = self.draft(**fields)
        cleared = clear(self.state, batch)
        self.tally.count(cleared)
        self.history.append((self.state, batch))
        self.state = cleared.state
        return cleared.state

    def accepts(self, **fields: Any) -> bool:
        """Whether this would be a batch."""
        try:
            clear(self.state, self.draft(**fields))
        except Rejected:
            return False
        return True

    def move(self, market: int, price: int, *, elapsed: int) -> None:
        """The mark of a market follows a price as far as the contract lets it in `elapsed` seconds."""
        last = self.marks[market]
        most = last * (MOVE_PPM + MOVE_PPM_PER_SECOND * elapsed) // PPM
        mark = min(max(price, last - most, 1), last + most)
        self.marks = (*self.marks[:market], Ticks(mark), *self.marks[market + 1 :])

    def trade(self, buyer: int, seller: int, lots: int, *, market: int, price: int | None = None) -> None:
        """One trade between two accounts, at the mark unless told."""
        self._nonce += 1_024
        terms = {"lots": lots, "limit": price or self.marks[market], "nonce": self._nonce, "market": market}
        entries = sorted(
            (
                self.order(buyer, 0x40, signer=owner_of(buyer), **terms),
                self.order(seller, 0x41, signer=owner_of(seller), **terms),
            ),
            key=lambda entry: entry.position,
        )
        self.settle(entries=tuple(entries), fills=(Fill(0, 1, lots),))

    def withdraw(self, *accounts: int) -> int:
        """Each account takes out by L1 request all that it may; the sum."""
        asked = tuple(Request(RequestKind.WITHDRAW, AccountId(account), amount=2**61) for account in accounts)
        self.settle(requests=asked)
        return sum(outcome.amount for outcome in self.history[-1][1].outcomes)

    def liquidate(self, *, elapsed: int = 4) -> Batch:
        """The next batch at the marks as they are: takeovers that keepers ask for, then what the operator does."""
        time = Seconds(self.state.timestamp + elapsed)
        requests = self._takeovers(time)
        entries: tuple[Entry, ...] = ()
        taken = {request.account for request in requests}
        standings = self.standings()
        for account in _worst_first(standings):
            if account not in taken and account != INSURANCE:
                entries = self._handle(account, standings, entries, timestamp=time, requests=requests)
        if standings[INSURANCE].equity < 0:
            more = self._deleverage(INSURANCE, standings, entries)
            entries = self._kept(entries, more, timestamp=time, requests=requests)
        self.settle(entries=entries, requests=requests, timestamp=time)
        return self.history[-1][1]

    def _takeovers(self, time: Seconds) -> tuple[Request, ...]:
        """One takeover a keeper and batch: of the worst account that is not bankrupt, in its largest market."""
        requests: tuple[Request, ...] = ()
        rows, standings = self.rows(), self.standings()
        waiting = [
            account
            for account in _worst_first(standings)
            if standings[account].equity >= 0 and account not in (INSURANCE, *self.keepers)
        ]
        for keeper, account in zip(self.keepers, waiting, strict=False):
            held = _holdings(standings[account], rows)
            asked = (
                *requests,
                *(liquidate(account, keeper, market=holding.index) for holding in held[:1]),
            )
            if self.accepts(requests=asked, timestamp=time):
                requests = asked
        return requests

    def _handle(
        self,
        account: AccountId,
        standings: dict[AccountId, Standing],
        entries: tuple[Entry, ...],
        **fields: Any,
    ) -> tuple[Entry, ...]:
        """Absorption of all that is deep, or of what the fund can carry of it; else deleveraging of a hole."""
        rows = self.rows()
        before = entries
        for holding in _holdings(standings[account], rows):
            if is_deep(holding):
                wanted = (absorb(account, market=holding.index, nonce=_free(account, entries)),)
                entries = self._kept(entries, wanted, **fields)
        if entries == before and standings[account].equity < 0:
            entries = self._kept(entries, self._deleverage(account, standings, entries), **fields)
        return entries

    def _deleverage(
        self, account: AccountId, standings: dict[AccountId, Standing], entries: tuple[Entry, ...]
    ) -> tuple[Entry, ...]:
        rows = self.rows()
        added: list[Entry] = []
        for holding in _holdings(standings[account], rows):
            plan = deleveraging_plan(holding, account, standings, rows)
            for rank, (other, lots) in enumerate(plan):
                nonce = _free(other, (*entries, *added))
                added.append(deleverage(other, account, int(lots), rank, market=holding.index, nonce=nonce))
        return tuple(added)

    def _kept(self, entries: tuple[Entry, ...], more: tuple[Entry, ...], **fields: Any) -> tuple[Entry, ...]:
        """The entries with more of them, if that is a batch."""
        both = (*entries, *more)
        return both if more and self.accepts(entries=both, **fields) else entries


def _worst_first(standings: dict[AccountId, Standing]) -> list[AccountId]:
    """The liquidatable accounts that have something to liquidate, by equity over maintenance."""
    found = [key for key, each in standings.items() if each.is_liquidatable and each.maintenance]
    return sorted(found, key=lambda key: (Fraction(standings[key].equity, standings[key].maintenance), key))


def _holdings(standing: Standing, rows: tuple[Market, ...]) -> list[Holding]:
    return [
        hold(standing, index, rows)
        for index, position in enumerate(standing.account.positions)
        if position.size
    ]


def _free(account: int, entries: Sequence[Entry]) -> int:
    """The first nonce whose slot no risk entry of the account has yet."""
    used = {entry.slot for entry in entries if entry.account == account and actions.is_risk(entry.action)}
    return next(slot for slot in range(1_024) if slot not in used)
