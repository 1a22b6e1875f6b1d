"""
The checks of one batch, in the order in which one depends on the other, and the state that they lead to.

A batch that cannot be read or replayed ends the replay: later batches start from a state that nobody knows. Their calldata,
signatures, binding and proofs are checked all the same.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from zkclear.audit import books, rebuild
from zkclear.audit.calldata import Malformed, SettleCall, decode_call
from zkclear.audit.context import Context, address_text, as_address
from zkclear.audit.inputs import Credit, Settled
from zkclear.audit.rebuild import Forged, Signed
from zkclear.audit.report import Report
from zkclear.crypto.bind import Binding
from zkclear.crypto.state_tree import StateTree
from zkclear.rules.actions import WITHDRAW
from zkclear.rules.batch import Batch, RequestKind
from zkclear.rules.reject import Rejected
from zkclear.rules.state import State
from zkclear.rules.transition import clear
from zkclear.rules.units import Seconds, Ticks
from zkclear.rules.words import parse_request


@dataclass(frozen=True, slots=True)
class ProofJob:
    """A proof that is still to be verified, with the public inputs that were rebuilt for it."""

    batch: int
    shape: int
    proof: bytes
    inputs: Binding


@dataclass(frozen=True, slots=True)
class AuditedBatch:
    """A batch that could be read: what an order or a receipt is looked up in."""

    settled: Settled
    batch: Batch
    digests: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class _Link:
    """Where the last batch left the chain, as its calldata says."""

    number: int
    root: int
    timestamp: Seconds
    requests_end: int
    marks: tuple[Ticks, ...]


def expected_credits(batch: Batch, call: SettleCall, state: State) -> Sequence[Credit]:
    """
    What a batch pays to whom: forced withdrawals to the owner, signed ones to the recipient that was signed.

    Payments of 0 credit nothing.
    """
    forced = [
        (state.accounts[request.account].owner.to_bytes(20, "big"), request.account, outcome.amount)
        for request, outcome in zip(batch.requests, batch.outcomes, strict=True)
        if request.kind is RequestKind.WITHDRAW
    ]
    signed = [
        (signed.recipient, entry.account, entry.amount)
        for entry, signed in zip(batch.entries, call.entries, strict=True)
        if entry.action == WITHDRAW
    ]
    return [
        Credit(recipient, account, batch.number, amount)
        for recipient, account, amount in (*forced, *signed)
        if amount
    ]


class BatchAuditor:
    """Takes the batches of a deployment one after the other."""

    def __init__(self, context: Context, report: Report) -> None:
        self.context = context
        self.report = report
        self.tree: StateTree | None = StateTree(context.first_state)
        self.jobs: list[ProofJob] = []
        self.batches: list[AuditedBatch] = []
        self.paid_in = 0
        self.paid_out = 0
        state = context.first_state
        self._last = _Link(
            0, self.tree.root, state.timestamp, 0, tuple(market.mark for market in state.markets)
        )

    @property
    def state(self) -> State | None:
        """The state after the last batch; None once the replay has failed."""
        return None if self.tree is None else self.tree.state

    def deposits(self) -> dict[int, int]:
        """The amount of every deposit that was ever queued, by request number."""
        found: dict[int, int] = {}
        for number, payload in self.context.requests.items():
            try:
                request = parse_request(payload)
            except Rejected:
                continue  # no deposit; the batch that consumes it fails by its number
            if request.kind is RequestKind.DEPOSIT:
                found[number] = request.amount
        return found

    def take(self, settled: Settled) -> None:
        """Every check of one batch but its proof, which `jobs` collects."""
        call = self._read(settled)
        if call is None:
            self._lose(settled)
            return
        rebuilt = self._rebuild(settled, call)
        if rebuilt is None:
            self._lose(settled)
            return
        batch, signed = rebuilt
        self.batches.append(AuditedBatch(settled, batch, signed.digests))
        self._bind(settled, call, batch)
        self._replay(settled, batch, call)
        self._check_credits(settled, call, batch)
        self._last = _Link(
            settled.number,
            call.header.new_root,
            batch.timestamp,
            batch.first_request + len(batch.requests),
            batch.marks,
        )

    def _read(self, settled: Settled) -> SettleCall | None:
        """The calldata, if it is a direct call in canonical form that continues the chain as its event says."""
        number, deployment = settled.number, self.context.deployment
        if settled.to != deployment.contract:
            self.report.add(
                "calldata",
                False,
                f"transaction 0x{settled.transaction.hex()} calls {address_text(as_address(settled.to))}, which "
                "called settle: only direct calls can be audited from calldata",
                batch=number,
            )
            return None
        try:
            call = decode_call(settled.calldata)
        except Malformed as error:
            self.report.add("calldata", False, str(error), batch=number)
            return None
        header = call.header
        self.report.add(
            "calldata",
            True,
            f"{len(settled.calldata)} bytes: {header.entries} entries, {header.fills} fills, "
            f"{header.requests} requests; transaction 0x{settled.transaction.hex()}",
            batch=number,
        )
        self._check_event(settled, call)
        return call

    def _check_event(self, settled: Settled, call: SettleCall) -> None:
        header, last = call.header, self._last
        expected = {
            "number": (last.number + 1, header.number, settled.number),
            "old root": (last.root, header.old_root),
            "new root": (header.new_root, settled.new_root),
            "shape": (header.shape, settled.shape),
            "timestamp": (header.timestamp, settled.timestamp),
            "entries": (header.entries, settled.entries),
            "fills": (header.fills, settled.fills),
            "requests end": (last.requests_end + header.requests, settled.requests_end),
            "markets": (len(self.context.listings), len(header.funding_steps)),
        }
        wrong = [f"{name} {values}" for name, values in expected.items() if len(set(values)) > 1]
        limits, late = self.context.deployment.limits, settled.block_time - header.timestamp
        if not -limits.max_lead <= late <= limits.max_lag:
            wrong.append(f"timestamp {header.timestamp} is {late} s before its block's")
        self.report.add(
            "chain",
            not wrong,
            "; ".join(wrong)
            or f"follows batch {last.number}, root {header.old_root:#x} to {header.new_root:#x}",
            batch=settled.number,
        )

    def _rebuild(self, settled: Settled, call: SettleCall) -> tuple[Batch, Signed] | None:
        """The batch of the rule book, or None and a failed check that says what is forged."""
        number, name = settled.number, "requests"
        try:
            consumed = rebuild.requests(call.header, self.context, first=self._last.requests_end)
            self._check_outcomes(settled, call)
            name = "prices"
            marks = rebuild.marks(
                call, self.context, previous=self._last.marks, timestamp=self._last.timestamp
            )
            self.report.add(
                name,
                True,
                f"{len(call.reports)} reports, quorum {self.context.deployment.oracle_quorum}; "
                f"marks in ticks {', '.join(map(str, marks))}",
                batch=number,
            )
            name = "signatures"
            signed = rebuild.sign_offs(call, self.context)
        except Forged as error:
            self.report.add(name, False, str(error), batch=number)
            return None
        signers = len({entry.signer for entry in signed.entries})
        self.report.add(
            name, True, f"{len(signed.entries)} entries by {signers} signers, digests rebuilt", batch=number
        )
        batch = rebuild.assemble(
            call,
            first_request=self._last.requests_end,
            marks=marks,
            entries=signed.entries,
            requests=consumed,
        )
        return batch, signed

    def _check_outcomes(self, settled: Settled, call: SettleCall) -> None:
        """The RequestResolved events say what the calldata says."""
        first = self._last.requests_end
        claimed = [
            (first + index, outcome.code, outcome.amount) for index, outcome in enumerate(call.outcomes)
        ]
        emitted = [(event.request, event.outcome, event.amount) for event in settled.resolved]
        self.report.add(
            "requests",
            claimed == emitted,
            f"requests {first}..{first + len(claimed) - 1} with their outcomes"
            if claimed and claimed == emitted
            else ("none consumed" if claimed == emitted else f"calldata {claimed}, events {emitted}"),
            batch=settled.number,
        )

    def _bind(self, settled: Settled, call: SettleCall, batch: Batch) -> None:
        try:
            inputs = rebuild.binding(batch, call.header, self.context)
        except Forged as error:
            self.report.add("binding", False, str(error), batch=settled.number)
            return
        self.report.add(
            "binding", True, f"h {inputs.h:#x}, r {inputs.r:#x}, y {inputs.y:#x}", batch=settled.number
        )
        self.jobs.append(ProofJob(settled.number, call.header.shape, call.proof, inputs))

    def _replay(self, settled: Settled, batch: Batch, call: SettleCall) -> None:
        if self.tree is None:
            return
        try:
            cleared = clear(self.tree.state, batch)
        except Rejected as error:
            self._stop(settled.number, f"the rules refuse the batch: {error}")
            return
        root = self.tree.apply(cleared.state, cleared.openings.keys())
        roots = {"header": call.header.new_root, "event": settled.new_root}
        wrong = [f"the {name} says {value:#x}" for name, value in roots.items() if value != root]
        self.report.add(
            "replay",
            not wrong,
            f"{len(cleared.openings)} accounts, root {root:#x}" + "".join(f"; {each}" for each in wrong),
            batch=settled.number,
        )
        self._check_books(settled, call, batch)

    def _check_books(self, settled: Settled, call: SettleCall, batch: Batch) -> None:
        assert self.tree is not None, "books follow a replay"
        state = self.tree.state
        self.paid_in += sum(
            request.amount for request in batch.requests if request.kind is RequestKind.DEPOSIT
        )
        self.paid_out += sum(credit.amount for credit in expected_credits(batch, call, state))
        wrong = books.disagreements(state, paid_in=self.paid_in, paid_out=self.paid_out)
        liability = books.books(state).liability
        self.report.add(
            "books",
            not wrong,
            "; ".join(wrong) or f"accounts hold {liability} e6; every market's positions sum to 0",
            batch=settled.number,
        )

    def _check_credits(self, settled: Settled, call: SettleCall, batch: Batch) -> None:
        if self.tree is None:
            return
        state = self.tree.state
        expected = Counter(expected_credits(batch, call, state))
        wrong = [
            f"{verb} {credit.amount} e6 of account {credit.account} to 0x{credit.recipient.hex()}"
            for verb, missing in (
                ("not credited:", expected - Counter(settled.credits)),
                ("credited without cause:", Counter(settled.credits) - expected),
            )
            for credit in missing
        ]
        total = sum(credit.amount for credit in settled.credits)
        self.report.add(
            "credits",
            not wrong,
            "; ".join(wrong) or f"{len(settled.credits)} credits, {total} e6",
            batch=settled.number,
        )

    def _lose(self, settled: Settled) -> None:
        """The batch cannot be read: what follows it is judged from what its event says."""
        self._last = replace(
            self._last,
            number=settled.number,
            root=settled.new_root,
            timestamp=Seconds(settled.timestamp),
            requests_end=settled.requests_end,
            marks=(Ticks(0),) * len(self._last.marks),
        )
        self._stop(settled.number, "cannot be replayed, since it cannot be rebuilt")

    def _stop(self, number: int, why: str) -> None:
        if self.tree is None:
            return
        self.tree = None
        self.report.add("replay", False, f"{why}; later batches are not replayed", batch=number)
