"""
The whole audit: genesis, keys, every batch, every proof, and the vault.

Nothing is asked of the operator. `audit(inputs)` is a pure function of what the chain says.
"""

from collections.abc import Collection
from dataclasses import dataclass

from zkclear.audit import keys, proofs
from zkclear.audit.batches import AuditedBatch, ProofJob
from zkclear.audit.follower import begin
from zkclear.audit.inputs import Inputs, Listing
from zkclear.audit.liquidations import Liquidation
from zkclear.audit.progress import Progress, silent
from zkclear.audit.report import Report
from zkclear.crypto.groth16 import VerifyingKey
from zkclear.rules.state import State


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
    follower = begin(report, inputs)
    if follower is None:
        markets = inputs.deployment.markets
        return Audit(report, batches=(), state=None, markets=markets, liquidations=(), keys={}, jobs=())
    verifying_keys = keys.check(report, inputs.deployment.shapes)
    follower.take(inputs, progress=progress)
    auditor = follower.auditor
    jobs = [job for job in auditor.jobs if proved is None or job.batch in proved]
    report.extend(proofs.verify(jobs, verifying_keys, processes=processes, progress=progress))
    follower.conclude(inputs)
    return Audit(
        report,
        tuple(auditor.batches),
        follower.state,
        markets=follower.markets,
        liquidations=tuple(auditor.replay.liquidations),
        keys=verifying_keys,
        jobs=tuple(auditor.jobs),
    )
