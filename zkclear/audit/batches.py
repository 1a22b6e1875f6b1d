"""
What one batch is, from its calldata and events, in the order in which one check depends on the other.

A batch that cannot be read or replayed ends the replay: later batches start from a state that nobody knows. Their calldata,
signatures, binding and proofs are checked all the same.
"""

from copy import copy
from dataclasses import dataclass

from zkclear.audit import rebuild
from zkclear.audit.calldata import Malformed, SettleCall, decode_call
from zkclear.audit.context import Context, address_text, as_address, listed_after, listings_by
from zkclear.audit.inputs import Listed, Listing, Settled
from zkclear.audit.rebuild import Forged, Signed
from zkclear.audit.replay import Replay, outcome_text
from zkclear.audit.report import Report
from zkclear.crypto.bind import Binding
from zkclear.rules import actions
from zkclear.rules.batch import Batch, Outcome
from zkclear.rules.units import Quote, Seconds, Ticks


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
    markets: tuple[Listing, ...]


class BatchAuditor:
    """Takes the batches of a deployment one after the other."""

    def __init__(self, context: Context, report: Report) -> None:
        self.context = context
        self.report = report
        self.replay = Replay(context, report)
        self.jobs: list[ProofJob] = []
        self.batches: list[AuditedBatch] = []
        assert self.replay.tree is not None, "no batch was taken yet"
        state = context.first_state
        self._last = _Link(
            0,
            self.replay.tree.root,
            state.timestamp,
            0,
            tuple(market.mark for market in state.markets[: state.listed]),
            context.deployment.markets,
        )

    def fork(self, report: Report) -> "BatchAuditor":
        """The same place in the chain, from which another history may go on; batches and proofs so far stay behind."""
        twin = copy(self)
        twin.context, twin.report = self.context.fork(), report
        twin.replay = self.replay.fork(twin.context, report)
        twin.jobs, twin.batches = [], []
        return twin

    @property
    def markets(self) -> tuple[Listing, ...]:
        """The markets that are listed after the last batch."""
        return self._last.markets

    def take(self, settled: Settled) -> None:
        """Every check of one batch but its proof, which `jobs` collects."""
        call = self._read(settled)
        changes = self._check_listings(settled)
        rebuilt = None if call is None else self._rebuild(settled, call)
        if call is None or rebuilt is None:
            self._lose(settled, changes)
            return
        batch, signed = rebuilt
        self.batches.append(AuditedBatch(settled, batch, signed.digests))
        self._bind(settled, call, batch)
        self.replay.take(settled, call, batch, self.markets)
        self._last = _Link(
            settled.number,
            call.header.new_root,
            batch.timestamp,
            batch.first_request + len(batch.requests),
            batch.marks,
            listed_after(self.markets, changes),
        )

    def _check_listings(self, settled: Settled) -> tuple[Listed, ...]:
        """What the batch's requests list or change, which its MarketListed events repeat."""
        changes = listings_by(self.context, self._last.requests_end, settled.requests_end)
        if changes or settled.listed:
            said = ", ".join(f"market {each.market} {each.listing.name}" for each in changes)
            evidence = f"listed or changed at the end of the batch: {said}"
            if changes != settled.listed:
                evidence = f"the queue says {changes}, the events say {settled.listed}"
            self.report.add("markets", changes == settled.listed, evidence, batch=settled.number)
        return changes

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
            "markets": (len(self.markets), len(header.funding_steps)),
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
            self._check_events(settled, call)
            name = "prices"
            marks = rebuild.marks(
                call,
                self.context,
                self.markets,
                previous=self._last.marks,
                timestamp=self._last.timestamp,
            )
            self.report.add(
                name,
                True,
                f"{len(call.reports)} reports, quorum {self.context.deployment.oracle_quorum}; "
                f"marks in ticks {', '.join(map(str, marks))}",
                batch=number,
            )
            name = "signatures"
            signed = rebuild.sign_offs(call, self.context, self.markets)
        except Forged as error:
            self.report.add(name, False, str(error), batch=number)
            return None
        own = sum(actions.is_risk(entry.action) for entry in signed.entries)
        signers = len({entry.signer for entry in signed.entries if not actions.is_risk(entry.action)})
        self.report.add(
            name,
            True,
            f"{len(signed.entries) - own} entries by {signers} signers, digests rebuilt"
            + (f"; {own} risk entries, which nobody signs" if own else ""),
            batch=number,
        )
        batch = rebuild.assemble(
            call,
            first_request=self._last.requests_end,
            marks=marks,
            entries=signed.entries,
            requests=consumed,
        )
        return batch, signed

    def _check_events(self, settled: Settled, call: SettleCall) -> None:
        """The RequestResolved events say what the calldata says."""
        first = self._last.requests_end
        claimed = dict(enumerate(call.outcomes, first))
        emitted = [(event.request, Outcome(event.outcome, Quote(event.amount))) for event in settled.resolved]
        same = list(claimed.items()) == emitted
        if same and claimed:
            evidence = f"requests {first}..{first + len(claimed) - 1}, whose events say the same outcomes"
        elif same:
            evidence = "none consumed"
        else:
            said = [f"{number} {outcome_text(outcome)}" for number, outcome in claimed.items()]
            told = [f"{number} {outcome_text(outcome)}" for number, outcome in emitted]
            evidence = f"calldata {said}, events {told}"
        self.report.add("requests", same, evidence, batch=settled.number)

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

    def _lose(self, settled: Settled, changes: tuple[Listed, ...]) -> None:
        """The batch cannot be read: what follows it is judged from what its events say."""
        self._last = _Link(
            settled.number,
            settled.new_root,
            Seconds(settled.timestamp),
            settled.requests_end,
            (Ticks(0),) * len(self._last.marks),
            listed_after(self.markets, changes),
        )
        self.replay.stop(settled.number, "cannot be replayed, since it cannot be rebuilt")
