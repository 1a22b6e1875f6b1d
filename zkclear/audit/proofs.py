"""Verifies the proofs of batches, several at a time where there are several cores."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

from zkclear.audit.batches import ProofJob
from zkclear.audit.progress import Progress
from zkclear.audit.report import Check
from zkclear.crypto.groth16 import ProofRejected, Verifier, VerifyingKey


@cache
def _verifier(key: VerifyingKey) -> Verifier:
    """A key's points are checked once a process."""
    return Verifier(key)


def verify_one(job: ProofJob, key: VerifyingKey | None) -> Check:
    """The verdict on one proof."""
    if key is None:
        return Check("proof", job.batch, f"shape {job.shape} has no usable verifying key", passed=False)
    inputs = job.inputs
    try:
        _verifier(key).check(job.proof, (inputs.h, inputs.r, inputs.y))
    except ProofRejected as error:
        return Check("proof", job.batch, str(error), passed=False)
    return Check(
        "proof", job.batch, f"Groth16 over BN254 holds for h, r, y under shape {job.shape}", passed=True
    )


def verify(
    jobs: Sequence[ProofJob],
    keys: Mapping[int, VerifyingKey],
    *,
    processes: int,
    progress: Progress,
) -> Iterator[Check]:
    """The verdict on every proof, in the order of the batches."""
    work = [(job, keys.get(job.shape)) for job in jobs]
    progress("proofs verified", 0, len(work))
    if processes <= 1 or len(work) <= 1:
        for done, (job, key) in enumerate(work, start=1):
            yield verify_one(job, key)
            progress("proofs verified", done, len(work))
        return
    # Spawned, because a fork would copy whatever threads and connections the caller has.
    with ProcessPoolExecutor(min(processes, len(work)), mp_context=get_context("spawn")) as pool:
        for done, check in enumerate(pool.map(verify_one, *zip(*work, strict=True)), start=1):
            yield check
            progress("proofs verified", done, len(work))
