"""
The replay: every batch by the rule book, and what must hold of the state that it leads to.

The first batch that the rules refuse ends it: nobody knows the state after that.
"""

from collections import Counter
from collections.abc import Sequence
from copy import copy

from zkclear.audit import books, deleveraging
from zkclear.audit.calldata import SettleCall
from zkclear.audit.context import Context
from zkclear.audit.inputs import Listing, Settled
from zkclear.audit.ledger import Ledger, QueueMoney, check_bonds, expected_credits
from zkclear.audit.liquidations import NAMES, Liquidation, liquidations, waiting_takeovers
from zkclear.audit.report import Report
from zkclear.crypto.state_tree import StateTree
from zkclear.rules.batch import Batch, Outcome, OutcomeCode, RequestKind
from zkclear.rules.funding import step_limit
from zkclear.rules.opening import advance_markets, open_accounts, resolve_requests
from zkclear.rules.reject import Rejected
from zkclear.rules.state import State
from zkclear.rules.transition import Clearing, clear
from zkclear.rules.units import Seconds
from zkclear.rules.words import parse_request


def outcome_text(outcome: Outcome) -> str:
    """An outcome as people read it; a code that no rule gives stays a number."""
    named = outcome.code in tuple(OutcomeCode)
    code = OutcomeCode(outcome.code).name if named else str(outcome.code)
    return f"{code} {outcome.amount}"


class Replay:
    """The state that the batches lead to; `tree` is None once a batch could not be replayed."""

    def __init__(self, context: Context, report: Report) -> None:
        self.context = context
        self.report = report
        self.tree: StateTree | None = StateTree(context.first_state)
        self.queue = QueueMoney(bond=context.deployment.bond)
        self.liquidations: list[Liquidation] = []
        self.ledger = Ledger(self.queue)
        self._paid_in = 0
        self._paid_out = 0

    def fork(self, context: Context, report: Report) -> "Replay":
        """The same state, from which the replay goes on on its own; the liquidations so far stay behind."""
        twin = copy(self)
        twin.context, twin.report, twin.liquidations = context, report, []
        twin.tree = None if self.tree is None else self.tree.fork()
        twin.queue = self.queue.fork()
        twin.ledger = self.ledger.fork(twin.queue)
        return twin

    @property
    def state(self) -> State | None:
        """The state after the last batch; None once the replay has failed."""
        return None if self.tree is None else self.tree.state

    def take(self, settled: Settled, call: SettleCall, batch: Batch, markets: Sequence[Listing]) -> None:
        """Applies a batch to the state and checks what it led to; `markets` are those listed before it."""
        if self.tree is None:
            return
        before = self.tree.state
        self._check_funding(settled, batch, before, markets)
        self._check_outcomes(settled, batch, before)
        try:
            cleared = clear(before, batch)
        except Rejected as error:
            self.stop(settled.number, f"the rules refuse the batch: {error}")
            return
        root = self.tree.apply(cleared.state, cleared.openings.keys())
        roots = {"header": call.header.new_root, "event": settled.new_root}
        wrong = [f"the {name} says {value:#x}" for name, value in roots.items() if value != root]
        self._add(
            settled,
            "replay",
            not wrong,
            f"{len(cleared.openings)} accounts, root {root:#x}" + "".join(f"; {each}" for each in wrong),
        )
        verdict = deleveraging.check(before, batch, cleared)
        if verdict is not None:
            self._add(settled, "deleveraging", *verdict)
        self._note_liquidations(settled, batch, cleared)
        sums = books.books(cleared.state)  # over all accounts, so once a batch
        self._check_books(settled, call, batch, cleared.state, sums)
        self._check_money(settled, call, batch, cleared.state, sums)

    def stop(self, number: int, why: str) -> None:
        """Ends the replay at a batch, once."""
        if self.tree is None:
            return
        self.tree = None
        self.report.add("replay", False, f"{why}; later batches are not replayed", batch=number)

    def _add(self, settled: Settled, name: str, passed: bool, evidence: str) -> None:  # noqa: FBT001 - as `Report.add`
        self.report.add(name, passed, evidence, batch=settled.number)

    def _check_funding(
        self, settled: Settled, batch: Batch, before: State, markets: Sequence[Listing]
    ) -> None:
        """Each step against the most that the market's rate allows for the time; what the premium was, no proof shows."""
        elapsed = Seconds(batch.timestamp - before.timestamp)
        rows = zip(markets, before.markets, batch.marks, batch.funding_steps, strict=False)
        steps = [
            (listing.name, step, step_limit(market.config, mark=mark, elapsed=elapsed))
            for listing, market, mark, step in rows
        ]
        self._add(
            settled,
            "funding",
            all(abs(step) <= limit for _, step, limit in steps),
            f"in {elapsed} s: "
            + ", ".join(f"{name} {step} of at most {limit} e-6 a lot" for name, step, limit in steps),
        )

    def _check_outcomes(self, settled: Settled, batch: Batch, before: State) -> None:
        """Each outcome against the one that the rules give, by name; a batch that cannot be opened fails its replay."""
        if not batch.requests:
            return
        try:
            markets = advance_markets(before, batch, elapsed=Seconds(batch.timestamp - before.timestamp))
            expected = resolve_requests(batch, open_accounts(before, batch, markets), markets)
        except Rejected:
            return
        rows = list(zip(batch.requests, batch.outcomes, expected, strict=True))
        wrong = [
            f"request {batch.first_request + index}, {request.kind.name} of account {request.account}: "
            f"{outcome_text(given)}, the rules give {outcome_text(right)}"
            for index, (request, given, right) in enumerate(rows)
            if given != right
        ]
        said = ", ".join(f"{request.kind.name} {outcome_text(right)}" for request, _, right in rows)
        self._add(settled, "outcomes", not wrong, "; ".join(wrong) or said)

    def _note_liquidations(self, settled: Settled, batch: Batch, cleared: Clearing) -> None:
        """Evidence only: the rules judged every one of them in the replay."""
        made = liquidations(batch, cleared)
        if not made:
            return
        self.liquidations += made
        said = [
            f"account {each.account} {NAMES[each.kind]}, market {each.market}, {each.size} lots, "
            f"discount {each.discount} e6"
            for each in made
        ]
        asked = [
            (number, parse_request(self.context.requests[number]))
            for number in sorted(self.queue.takeovers)
            if settled.requests_end <= number < settled.vault.queue_length
        ]
        said += [
            f"request {number}, a takeover of account {each.account}, waited when this settled"
            for number, each in waiting_takeovers(made, asked)
        ]
        self._add(settled, "liquidations", True, "; ".join(said))

    def _check_books(
        self, settled: Settled, call: SettleCall, batch: Batch, state: State, sums: books.Books
    ) -> None:
        self._paid_in += sum(
            request.amount for request in batch.requests if request.kind is RequestKind.DEPOSIT
        )
        # A bond never was in an account, so its way back pays nothing out of one.
        self._paid_out += sum(credit.amount for credit in expected_credits(batch, call, state, bond=0))
        wrong = books.disagreements(state, sums, paid_in=self._paid_in, paid_out=self._paid_out)
        self._add(
            settled,
            "books",
            not wrong,
            "; ".join(wrong) or f"accounts hold {sums.liability} e6; every market's positions sum to 0",
        )

    def _check_money(
        self, settled: Settled, call: SettleCall, batch: Batch, state: State, sums: books.Books
    ) -> None:
        """What the contract did with tokens, against what the batch says: credits, bonds, and the vault after it."""
        bond = self.context.deployment.bond
        expected = Counter(expected_credits(batch, call, state, bond=bond))
        wrong = [
            f"{verb} {credit.amount} e6 of account {credit.account} to 0x{credit.recipient.hex()}"
            for verb, missing in (
                ("not credited:", expected - Counter(settled.credits)),
                ("credited without cause:", Counter(settled.credits) - expected),
            )
            for credit in missing
        ]
        total = sum(credit.amount for credit in settled.credits)
        self._add(
            settled, "credits", not wrong, "; ".join(wrong) or f"{len(settled.credits)} credits, {total} e6"
        )
        bonds = check_bonds(batch, settled, bond=bond)
        if not bonds.passed or any(request.kind is RequestKind.LIQUIDATE for request in batch.requests):
            self._add(settled, "bonds", bonds.passed, bonds.evidence)
        self.ledger.take(settled, kept=bonds.kept)
        self._add(settled, "reserves", *self.ledger.check(settled, sums))
