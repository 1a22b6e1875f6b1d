"""
The whole audit: genesis, keys, every batch, every proof, and the vault.

Nothing is asked of the operator. `audit(inputs)` is a pure function of what the chain says.
"""

from collections.abc import Collection
from dataclasses import dataclass

from zkclear.audit import keys, proofs
from zkclear.audit.batches import AuditedBatch, BatchAuditor, ProofJob
from zkclear.audit.calldata import Malformed, decode_call
from zkclear.audit.context import as_address, prepare
from zkclear.audit.inputs import Deployment, Inputs, Listing
from zkclear.audit.ledger import holdings
from zkclear.audit.liquidations import Liquidation
from zkclear.audit.progress import Progress, silent
from zkclear.audit.report import Report
from zkclear.crypto.bind import circuit_id, domain_word
from zkclear.crypto.groth16 import VerifyingKey
from zkclear.crypto.keccak import keccak256
from zkclear.rules.markets import check_config
from zkclear.rules.reject import Rejected
from zkclear.rules.shapes import MARKETS
from zkclear.rules.state import State
from zkclear.rules.units import QUOTE_BOUND

ROWS_BOUND = 2**16
WORD_BOUND = 2**256


@dataclass(frozen=True, slots=True)
class Audit:
    """
    What an audit found: the verdict, the batches that could be read, and the state after the last one.

    `markets` are those listed after it, `liquidations` those of all batches that were replayed. `jobs` are all proofs
    with their rebuilt inputs, `keys` the keys to verify them with, by shape.
    """

    report: Report
    batches: tuple[AuditedBatch, ...]
    state: State | None
    markets: tuple[Listing, ...]
    liquidations: tuple[Liquidation, ...]
    keys: dict[int, VerifyingKey]
    jobs: tuple[ProofJob, ...]


def audit(
    inputs: Inputs,
    *,
    proved: Collection[int] | None = None,
    processes: int = 1,
    progress: Progress = silent,
) -> Audit:
    """
    Audits a deployment from its first block on.

    `proved` restricts the verification of proofs, the slowest part, to some batches; every other check is made for all.
    """
    report = Report()
    auditor = _begin(report, inputs)
    if auditor is None:
        markets = inputs.deployment.markets
        return Audit(report, batches=(), state=None, markets=markets, liquidations=(), keys={}, jobs=())
    _check_deployment(report, inputs.deployment)
    _check_genesis(report, inputs, auditor)
    verifying_keys = keys.check(report, inputs.deployment.shapes)
    for done, settled in enumerate(inputs.batches):
        progress("batches replayed", done, len(inputs.batches))
        auditor.take(settled)
    progress("batches replayed", len(inputs.batches), len(inputs.batches))
    jobs = [job for job in auditor.jobs if proved is None or job.batch in proved]
    report.extend(proofs.verify(jobs, verifying_keys, processes=processes, progress=progress))
    _check_totals(report, inputs, auditor)
    _check_vault(report, inputs, auditor)
    return Audit(
        report,
        tuple(auditor.batches),
        auditor.replay.state,
        markets=auditor.markets,
        liquidations=tuple(auditor.replay.liquidations),
        keys=verifying_keys,
        jobs=tuple(auditor.jobs),
    )


def _begin(report: Report, inputs: Inputs) -> BatchAuditor | None:
    """The auditor at the first root; None if the deployment is none that the contract could have made."""
    try:
        _require_possible(inputs.deployment)
        return BatchAuditor(prepare(inputs), report)
    except (Rejected, ValueError) as error:
        report.add("deployment", False, f"no contract of ours was deployed like this: {error}")
        return None


def _require_possible(deployment: Deployment) -> None:
    """Refuses numbers that the contract's types or its constructor do not allow, before anything is made from them."""
    if not 0 < len(deployment.markets) <= MARKETS:
        raise ValueError(f"{len(deployment.markets)} markets, where 1 to {MARKETS} are possible")
    for market in deployment.markets:
        check_config(market.config)
    for index, shape in enumerate(deployment.shapes):
        if any(not 0 < count < ROWS_BOUND for count in (shape.entries, shape.fills, shape.requests)):
            raise ValueError(f"shape {index} has an impossible capacity")
    addresses = (deployment.contract, deployment.fee_recipient, *deployment.oracle_signers)
    if len(deployment.circuit_id) != 32 or any(len(each) != 20 for each in addresses):
        raise ValueError("the circuit id has not 32 bytes, or an address not 20")
    if not 0 <= deployment.bond < QUOTE_BOUND:
        raise ValueError(f"a bond of {deployment.bond} e6 is no amount")
    if not 0 < deployment.chain_id < WORD_BOUND or not 0 <= deployment.domain_word < WORD_BOUND:
        raise ValueError("the chain id or the domain word is no word of the EVM")


def _check_deployment(report: Report, deployment: Deployment) -> None:
    """The names that every proof is bound to."""
    named = circuit_id([keccak256(shape.code) for shape in deployment.shapes])
    report.add(
        "circuit id",
        named == deployment.circuit_id,
        f"hash of {len(deployment.shapes)} verifiers' code: 0x{named.hex()}"
        if named == deployment.circuit_id
        else f"the verifiers' code gives 0x{named.hex()}, the contract says 0x{deployment.circuit_id.hex()}",
    )
    word = domain_word(
        chain_id=deployment.chain_id,
        contract=as_address(deployment.contract),
        circuit_id=deployment.circuit_id,
    )
    report.add(
        "domain",
        word == deployment.domain_word,
        f"chain {deployment.chain_id}, contract 0x{deployment.contract.hex()}: {word:#x}"
        if word == deployment.domain_word
        else f"computed {word:#x}, the contract says {deployment.domain_word:#x}",
    )


def _first_root(inputs: Inputs) -> int | None:
    """The root that the first batch started from, which `settle` compared with the constructor's; None if unreadable."""
    if not inputs.batches:
        return inputs.totals.state_root
    try:
        return decode_call(inputs.batches[0].calldata).header.old_root
    except Malformed:
        return None


def _check_genesis(report: Report, inputs: Inputs, auditor: BatchAuditor) -> None:
    """The first root, from the markets, the fee recipient and the time of deployment: no state was smuggled in."""
    assert auditor.replay.tree is not None, "no batch was taken yet"
    computed, found = auditor.replay.tree.root, _first_root(inputs)
    evidence = (
        f"{len(inputs.deployment.markets)} markets, time {inputs.deployment.genesis_timestamp}: {computed:#x}"
    )
    if found is None:
        evidence += "; the first batch cannot be read"
    elif found != computed:
        evidence += f", but the chain starts from {found:#x}"
    report.add("genesis", computed == found, evidence)


def _check_totals(report: Report, inputs: Inputs, auditor: BatchAuditor) -> None:
    """The contract's own books, against the last batch."""
    totals = inputs.totals
    numbers = [settled.number for settled in inputs.batches]
    complete = len(numbers) == totals.batch_number and numbers == list(range(1, len(numbers) + 1))
    report.add(
        "batches",
        complete,
        f"{totals.batch_number} batches settled by block {totals.block}"
        if complete
        else f"the contract counts {totals.batch_number}, the events are {numbers}",
    )
    queued = [request.number for request in inputs.requests]
    whole = len(queued) == totals.queue_length and queued == list(range(len(queued)))
    report.add(
        "queue",
        whole,
        f"{totals.queue_length} requests were queued, {totals.queue_head} consumed"
        if whole
        else f"the contract counts {totals.queue_length} requests, the events are {queued}",
    )
    tree = auditor.replay.tree
    if tree is None:
        return
    state, last = tree.state, totals.batch_number or None
    markets = tuple(
        Listing(listing.name, market.config)
        for listing, market in zip(auditor.markets, state.markets[: state.listed], strict=False)
    )
    pairs: dict[str, tuple[object, object]] = {
        "state root": (tree.root, totals.state_root),
        "timestamp": (state.timestamp, totals.last_timestamp),
        "queue head": (state.next_request, totals.queue_head),
        "marks": (tuple(market.mark for market in state.markets[: state.listed]), totals.marks),
        "markets": (markets, totals.markets),
    }
    wrong = [
        f"{name}: computed {ours}, contract {theirs}"
        for name, (ours, theirs) in pairs.items()
        if ours != theirs
    ]
    report.add(
        "final state",
        not wrong,
        "; ".join(wrong)
        or f"replaying gives stateRoot() {tree.root:#x} and the rules of {state.listed} markets",
        batch=last,
    )


def _check_vault(report: Report, inputs: Inputs, auditor: BatchAuditor) -> None:
    """Claims and queued money are what the events add up to, and the tokens cover them and every account (I-2)."""
    totals, queue = inputs.totals, auditor.replay.queue
    credited = sum(credit.amount for settled in inputs.batches for credit in settled.credits)
    fees = sum(credit.amount for credit in inputs.fee_credits)
    claims = credited + fees - inputs.claimed
    report.add(
        "claims",
        claims == totals.total_claims,
        f"{credited} e6 credited by batches + {fees} e6 fees - {inputs.claimed} e6 claimed = {claims} e6"
        + ("" if claims == totals.total_claims else f", but the contract owes {totals.total_claims} e6"),
    )
    waiting = (totals.queue_head, totals.queue_length)
    for name, computed, stated in (
        ("queued deposits", queue.deposits(*waiting), totals.queued_deposits),
        ("queued bonds", queue.bonds(*waiting), totals.queued_bonds),
    ):
        report.add(
            name,
            computed == stated,
            f"{computed} e6 wait in requests {totals.queue_head}..{totals.queue_length}"
            + ("" if computed == stated else f", the contract says {stated} e6"),
        )
    if auditor.replay.state is None:
        return
    owed = holdings(
        auditor.replay.state,
        claims=totals.total_claims,
        deposits=totals.queued_deposits,
        bonds=totals.queued_bonds,
    )
    report.add(
        "reserves",
        totals.token_balance >= owed.total,
        f"{totals.token_balance} e6 in the vault; {owed}; surplus {totals.token_balance - owed.total} e6",
    )
