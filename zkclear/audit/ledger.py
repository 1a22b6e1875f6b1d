"""Where the tokens are: what a batch must credit, what waits in the queue, and whether the vault holds all of it."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from zkclear.audit.books import Books
from zkclear.audit.calldata import SettleCall
from zkclear.audit.inputs import Credit, Queued, Settled
from zkclear.rules.actions import WITHDRAW
from zkclear.rules.batch import Batch, Outcome, OutcomeCode, Request, RequestKind
from zkclear.rules.num import div_ceil
from zkclear.rules.reject import Rejected
from zkclear.rules.state import State
from zkclear.rules.units import INSURANCE, PPM, AccountId, Quote
from zkclear.rules.words import parse_request

BOND_RETURNED = (OutcomeCode.EXECUTED, OutcomeCode.NOTHING_TO_DO)
"""Outcomes after which a keeper gets its bond back; after the others it is queued as a deposit to account 0."""


def _takeovers(batch: Batch) -> list[tuple[Request, Outcome]]:
    pairs = zip(batch.requests, batch.outcomes, strict=True)
    return [(request, outcome) for request, outcome in pairs if request.kind is RequestKind.LIQUIDATE]


def expected_credits(batch: Batch, call: SettleCall, state: State, *, bond: int) -> Sequence[Credit]:
    """
    What a batch pays to whom: forced withdrawals to the owner, signed ones to the recipient that was signed, bonds that
    go back to the taker's owner.

    Payments of 0 credit nothing.
    """

    def owner(account: AccountId) -> bytes:
        return state.accounts[account].owner.to_bytes(20, "big")

    forced = [
        (owner(request.account), request.account, outcome.amount)
        for request, outcome in zip(batch.requests, batch.outcomes, strict=True)
        if request.kind is RequestKind.WITHDRAW
    ]
    returned = [
        (owner(request.taker), request.taker, bond)
        for request, outcome in _takeovers(batch)
        if outcome.code in BOND_RETURNED
    ]
    signed = [
        (signed.recipient, entry.account, entry.amount)
        for entry, signed in zip(batch.entries, call.entries, strict=True)
        if entry.action == WITHDRAW
    ]
    return [
        Credit(recipient, account, batch.number, amount)
        for recipient, account, amount in (*forced, *returned, *signed)
        if amount
    ]


@dataclass(frozen=True, slots=True)
class BondVerdict:
    """Whether the bonds of a batch went where its outcomes say; `kept` are e6 that were queued for account 0."""

    passed: bool
    evidence: str
    kept: int


def check_bonds(batch: Batch, settled: Settled, *, bond: int) -> BondVerdict:
    """The settlement queued one deposit of the bond to account 0 for each lost bond, and nothing else."""
    takeovers = _takeovers(batch)
    lost = sum(outcome.code not in BOND_RETURNED for _, outcome in takeovers)
    deposit = Request(RequestKind.DEPOSIT, INSURANCE, amount=Quote(bond))
    found = [_request(queued) for queued in settled.queued]
    numbers = ", ".join(str(queued.number) for queued in settled.queued) or "none"
    evidence = (
        f"{len(takeovers)} bonds of {bond} e6: {len(takeovers) - lost} go back, {lost} to account 0; "
        f"deposits that the settlement queued: {numbers}"
    )
    kept = sum(each.amount for each in found if each is not None)
    return BondVerdict(found == [deposit] * lost, evidence, kept)


def _request(queued: Queued) -> Request | None:
    try:
        return parse_request(queued.payload)
    except Rejected:
        return None  # of no kind: the batch that consumes it fails by its number


class QueueMoney:
    """The tokens that came with requests: deposits and bonds, added up by number; `takeovers` are the LIQUIDATEs."""

    def __init__(self, *, bond: int) -> None:
        self.takeovers: set[int] = set()
        self._bond = bond
        self._deposits = _Sums()
        self._bonds = _Sums()

    def add(self, queued: Iterable[Queued]) -> None:
        """Counts what was queued since."""
        deposits, bonds = {}, {}
        for each in queued:
            request = _request(each)
            if request is not None and request.kind is RequestKind.LIQUIDATE:
                bonds[each.number] = self._bond
            elif request is not None and request.kind is RequestKind.DEPOSIT:
                deposits[each.number] = int(request.amount)
        self.takeovers |= bonds.keys()
        self._deposits.add(deposits)
        self._bonds.add(bonds)

    def deposits(self, first: int, end: int) -> int:
        """All deposits among requests `first` to `end - 1`, e6."""
        return self._deposits.between(first, end)

    def bonds(self, first: int, end: int) -> int:
        """All bonds among requests `first` to `end - 1`, e6."""
        return self._bonds.between(first, end)

    def fork(self) -> "QueueMoney":
        """The same, which counts on its own."""
        twin = QueueMoney(bond=self._bond)
        twin.takeovers = set(self.takeovers)
        twin._deposits, twin._bonds = self._deposits.fork(), self._bonds.fork()
        return twin


class _Sums:
    """Amounts by number, and what a range of numbers adds up to."""

    def __init__(self) -> None:
        self._amounts: dict[int, int] = {}
        self._numbers: list[int] = []
        self._totals = [0]

    def add(self, amounts: Mapping[int, int]) -> None:
        """A number that is there already gets its new amount."""
        if amounts:
            self._amounts.update(amounts)
            self._numbers = sorted(self._amounts)
            self._totals = list(accumulate((self._amounts[each] for each in self._numbers), initial=0))

    def between(self, first: int, end: int) -> int:
        start, stop = bisect_left(self._numbers, first), bisect_left(self._numbers, end)
        return self._totals[max(start, stop)] - self._totals[start]

    def fork(self) -> "_Sums":
        twin = _Sums()
        # The lists are replaced as a whole and never changed, so that both may have them.
        twin._amounts, twin._numbers, twin._totals = dict(self._amounts), self._numbers, self._totals
        return twin


@dataclass(frozen=True, slots=True)
class Holdings:
    """Who is owed what by the vault, e6: `unsettled` is funding that the accounts' roundings have not paid yet."""

    claims: int
    deposits: int
    bonds: int
    accounts: int
    unsettled: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.claims + self.deposits + self.bonds + self.accounts + self.unsettled

    def __str__(self) -> str:
        return (
            f"{self.claims} claims + {self.deposits} queued deposits + {self.bonds} bonds + {self.accounts} in accounts "
            f"+ {self.unsettled} rounded off = {self.total}"
        )


def holdings(sums: Books, *, claims: int, deposits: int, bonds: int) -> Holdings:
    """
    What the vault owes with these sums of all accounts, their pending funding included.

    Rounds: what all roundings together left over, up: a vault that is short by a unit is short.
    """
    return Holdings(claims, deposits, bonds, sums.liability, div_ceil(sums.exact, PPM) - sums.liability)


class Ledger:
    """The money of all batches so far."""

    def __init__(self, queue: QueueMoney) -> None:
        self._queue = queue
        self.credited = 0
        self.kept = 0
        self._gaps = (0, 0)

    def fork(self, queue: QueueMoney) -> "Ledger":
        """The same over another queue, which counts on its own."""
        twin = Ledger(queue)
        twin.credited, twin.kept, twin._gaps = self.credited, self.kept, self._gaps
        return twin

    def take(self, settled: Settled, *, kept: int) -> None:
        """Counts what a batch credited and which bonds it kept."""
        self.credited += sum(credit.amount for credit in settled.credits)
        self.kept += kept

    def check(self, settled: Settled, sums: Books) -> tuple[bool, str]:
        """
        Whether the vault held everything after a batch, to the unit.

        What is owed equals what came in less what was paid out, and no token of it is missing. More tokens than that are
        a gift: anyone may send some. A gap that an earlier batch left is told, and is that batch's failure, not this one's.
        """
        vault, end = settled.vault, settled.requests_end
        owed = holdings(
            sums,
            claims=self.credited + vault.fees - vault.claimed,
            deposits=self._queue.deposits(end, vault.queue_length),
            bonds=self._queue.bonds(end, vault.queue_length),
        )
        came_in = (
            self._queue.deposits(0, vault.queue_length)
            - self.kept
            + self._queue.bonds(0, vault.queue_length)
            + vault.fees
            - vault.claimed
        )
        gaps = (owed.total - came_in, max(came_in - vault.tokens, 0))
        same, self._gaps = gaps == self._gaps, gaps
        evidence = f"{vault.tokens} e6 in the vault; {owed}; surplus {vault.tokens - owed.total} e6"
        if gaps != (0, 0):
            evidence += f"; {came_in} e6 came in and were not paid out" + (
                "; no worse than before" if same else ""
            )
        return same, evidence
