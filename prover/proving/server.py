"""`ProverService`: what workers call. Every answer about a proof comes after its verification."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import grpc

from prover.proving.jobs import Job, JobQueue, JobState, LeaseLostError, NotFailedError
from prover.proving.keys import CircuitKeys
from prover.proving.refusals import Refusal, abort, invalid_field, lease_lost, proof_invalid, wrong_circuit
from zkclear.v1 import batch_pb2, prover_pb2, prover_pb2_grpc

LEASE_WAIT_MS = 30_000
"""How long LeaseJob waits for work, as the .proto promises."""
CHUNK_BYTES = 1 << 20
PROOF_BYTES = 384
PAGE_DEFAULT = 100
PAGE_MOST = 1_000
NAME_BOUND = 200
SHAPES_BOUND = 16
REASON_BOUND = 2_000
"""Names, lists and reasons of workers are shown and kept, so they are bounded."""

Call = TypeVar("Call", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Desk:
    """What the service needs from its owner."""

    queue: JobQueue
    keys: Mapping[str, CircuitKeys]
    witness: Callable[[int], bytes]
    verify: Callable[[Job, bytes], bool]
    accept: Callable[[Job, batch_pb2.Proof, int], None]
    """Keeps a verified proof for good; called before the worker gets its OK."""


def _answering(call: Call) -> Call:
    """Turns a refusal into the call's status; anything else is a fault and stays one."""

    @wraps(call)
    def answered(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return call(self, request, context)
        except LeaseLostError as cause:
            abort(context, lease_lost(getattr(request, "job_id", ""), str(cause)))
        except Refusal as refusal:
            abort(context, refusal)

    return answered  # type: ignore[return-value]


class ProverServicer(prover_pb2_grpc.ProverServiceServicer):
    """One method a call of the .proto; the rules of leasing live in `JobQueue`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @_answering
    def RegisterWorker(self, request, context):  # noqa: ANN001, ANN201, ARG002, N802 - gRPC's names
        """Makes a worker known, if it holds our circuits."""
        if not 0 < len(request.name) <= NAME_BOUND:
            raise invalid_field("name", f"1 to {NAME_BOUND} characters", f"{len(request.name)} long")
        if not 0 < len(request.shapes) <= SHAPES_BOUND:
            raise invalid_field("shapes", f"1 to {SHAPES_BOUND} shapes", str(len(request.shapes)))
        circuits = {shape.shape: bytes(shape.constraint_system_hash) for shape in request.shapes}
        for shape, circuit in circuits.items():
            self._require_ours(shape, circuit)
        worker = self._desk.queue.register(request.name, circuits)
        lease_s = self._desk.queue.lease_ms // 1000
        return prover_pb2.RegisterWorkerResponse(worker_id=worker.id, lease_s=lease_s)

    def _require_ours(self, shape: str, circuit: bytes) -> None:
        """A shape that this deployment does not use is no harm; a known one with another circuit is."""
        keys = self._desk.keys.get(shape)
        if keys is not None and keys.constraint_system_hash != circuit:
            raise wrong_circuit(
                f"the worker's constraint system of shape {shape} is {circuit.hex()}, the prover's is "
                f"{keys.constraint_system_hash.hex()}; use the same build of zkclear-circuits for both"
            )

    @_answering
    def LeaseJob(self, request, context):  # noqa: ANN001, ANN201, N802 - gRPC's names
        """The next job, or none after a while."""
        job = self._desk.queue.lease(request.worker_id, wait_ms=LEASE_WAIT_MS)
        if job is None:
            return prover_pb2.LeaseJobResponse()
        if not context.is_active():  # the worker went away while it waited
            self._desk.queue.fail(
                request.worker_id, job.id, f"worker {job.worker} left before it got the job"
            )
            return prover_pb2.LeaseJobResponse()
        return prover_pb2.LeaseJobResponse(job_id=job.id, batch=job.batch, shape=job.shape)

    @_answering
    def RenewLease(self, request, context):  # noqa: ANN001, ANN201, ARG002, N802 - gRPC's names
        """Keeps a lease."""
        self._desk.queue.renew(request.worker_id, request.job_id)
        return prover_pb2.RenewLeaseResponse()

    def FetchWitness(self, request, context) -> Iterator[prover_pb2.FetchWitnessResponse]:  # noqa: ANN001, N802 - gRPC's names
        """The witness of a leased job in pieces."""
        yield from self._pieces(self._witness(request, context))

    @_answering
    def _witness(self, request, context) -> bytes:  # noqa: ANN001, ARG002 - as the calls above
        job = self._desk.queue.holder(request.worker_id, request.job_id)
        return self._desk.witness(job.batch)

    def _pieces(self, witness: bytes) -> Iterator[prover_pb2.FetchWitnessResponse]:
        digest = hashlib.sha256(witness).digest()
        starts = range(0, len(witness), CHUNK_BYTES) or range(1)
        for start in starts:
            last = start + CHUNK_BYTES >= len(witness)
            yield prover_pb2.FetchWitnessResponse(
                chunk=witness[start : start + CHUNK_BYTES], sha256=digest if last else b""
            )

    @_answering
    def SubmitProof(self, request, context):  # noqa: ANN001, ANN201, ARG002, N802 - gRPC's names
        """
        Verifies, keeps, and only then says OK.

        A valid proof is taken from any registered worker, also after its lease ended: it is no less true. One for a
        finished job changes nothing.
        """
        job = self._desk.queue.job(request.job_id)
        if job.state is JobState.DONE:
            return prover_pb2.SubmitProofResponse()
        if refusal := self._judge(job, request.proof):
            self._desk.queue.reject(request.worker_id, request.job_id, refusal.text)
            raise refusal
        proof = self._as_kept(job, request.proof)
        self._desk.accept(job, proof, request.prove_us)
        self._desk.queue.complete(job.id)
        return prover_pb2.SubmitProofResponse()

    def _judge(self, job: Job, proof: batch_pb2.Proof) -> Refusal | None:
        """Why the proof is not the one wanted, cheap reasons first; None if it is."""
        keys = self._desk.keys[job.shape]
        if proof.shape != job.shape or proof.verifying_key_hash != keys.verifying_key_hash:
            return wrong_circuit(
                f"the proof is for shape {proof.shape!r} and verifying key {proof.verifying_key_hash.hex()}, "
                f"the job for {job.shape!r} and {keys.verifying_key_hash.hex()}",
                job=job.id,
            )
        if len(proof.proof) != PROOF_BYTES:
            return proof_invalid(job.id, f"a proof has {PROOF_BYTES} bytes, this one {len(proof.proof)}")
        given = [int.from_bytes(part, "big") for part in (proof.h, proof.r, proof.y)]
        wanted = [job.inputs.h, job.inputs.r, job.inputs.y]
        for name, have, want in zip("hry", given, wanted, strict=True):
            if have != want:
                return proof_invalid(
                    job.id, f"public input {name} is {have}, that of batch {job.batch} is {want}"
                )
        if not self._desk.verify(job, bytes(proof.proof)):
            return proof_invalid(job.id, f"the proof does not verify for batch {job.batch}")
        return None

    def _as_kept(self, job: Job, proof: batch_pb2.Proof) -> batch_pb2.Proof:
        """The proof with the inputs in 32 bytes each, as computed here."""
        return batch_pb2.Proof(
            proof=proof.proof,
            h=job.inputs.h.to_bytes(32, "big"),
            r=job.inputs.r.to_bytes(32, "big"),
            y=job.inputs.y.to_bytes(32, "big"),
            shape=job.shape,
            verifying_key_hash=proof.verifying_key_hash,
        )

    @_answering
    def FailJob(self, request, context):  # noqa: ANN001, ANN201, ARG002, N802 - gRPC's names
        """The job goes back, or fails for good."""
        self._desk.queue.fail(
            request.worker_id, request.job_id, request.reason[:REASON_BOUND] or "no reason given"
        )
        return prover_pb2.FailJobResponse()

    @_answering
    def ListJobs(self, request, context):  # noqa: ANN001, ANN201, ARG002, N802 - gRPC's names
        """A page of jobs by batch number."""
        if request.page_size > PAGE_MOST:
            raise invalid_field("page_size", f"at most {PAGE_MOST}", str(request.page_size))
        size = request.page_size or PAGE_DEFAULT
        page = self._desk.queue.jobs(after=request.page_token, limit=size + 1)
        more = page[size - 1].id if len(page) > size else ""
        return prover_pb2.ListJobsResponse(
            jobs=[_as_message(job) for job in page[:size]], next_page_token=more
        )

    @_answering
    def RetryJob(self, request, context):  # noqa: ANN001, ANN201, ARG002, N802 - gRPC's names
        """A failed job gets all its attempts again."""
        try:
            self._desk.queue.retry(request.job_id)
        except NotFailedError as cause:
            raise invalid_field("job_id", "a failed job", str(cause)) from cause
        return prover_pb2.RetryJobResponse()


def _as_message(job: Job) -> prover_pb2.Job:
    return prover_pb2.Job(
        job_id=job.id,
        batch=job.batch,
        shape=job.shape,
        state=job.state.value,
        attempts=job.attempts,
        worker=job.worker,
        failure=job.failure,
    )
