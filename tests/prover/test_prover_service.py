"""`ProverService` over the wire, with real proofs: nothing that does not verify is ever kept."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from prover.proving.jobs import Job, JobQueue, JobState
from prover.proving.server import CHUNK_BYTES, Desk, ProverServicer
from zkclear.crypto.groth16 import verify, verifying_key
from zkclear.v1 import prover_pb2, prover_pb2_grpc

LEASE_MS = 60_000


@dataclass
class Service:
    """The service, a client, and what was kept."""

    stub: prover_pb2_grpc.ProverServiceStub
    queue: JobQueue
    job: Job
    clock: list
    circuit: bytes
    kept: list = field(default_factory=list)
    failed: list = field(default_factory=list)

    def register(self, name="worker", circuit=None, shape="tiny"):
        shapes = [prover_pb2.WorkerShape(shape=shape, constraint_system_hash=circuit or self.circuit)]
        return self.stub.RegisterWorker(prover_pb2.RegisterWorkerRequest(name=name, shapes=shapes)).worker_id

    def lease(self, worker):
        return self.stub.LeaseJob(prover_pb2.LeaseJobRequest(worker_id=worker))

    def submit(self, worker, proof, job_id=None):
        request = prover_pb2.SubmitProofRequest(
            worker_id=worker, job_id=job_id or self.job.id, proof=proof, prove_us=7
        )
        return self.stub.SubmitProof(request)

    def state(self):
        return self.queue.job(self.job.id)


@pytest.fixture
def service(tiny_keys, proved_witness):
    clock, kept, failed = [0], [], []
    queue = JobQueue(clock_ms=lambda: clock[0], lease_ms=LEASE_MS, max_attempts=3, on_failed=failed.append)
    job = Job(1, "tiny", tiny_keys.constraint_system_hash, proved_witness.inputs)
    queue.add(job)
    key = verifying_key(tiny_keys.verifying_key)
    desk = Desk(
        queue=queue,
        keys={"tiny": tiny_keys},
        witness=lambda _: proved_witness.witness,
        verify=lambda job, proof: verify(key, proof, [job.inputs.h, job.inputs.r, job.inputs.y]),
        accept=lambda *proof: kept.append(proof),
    )
    server = grpc.server(ThreadPoolExecutor(4))
    prover_pb2_grpc.add_ProverServiceServicer_to_server(ProverServicer(desk), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = prover_pb2_grpc.ProverServiceStub(channel)
        yield Service(stub, queue, job, clock, tiny_keys.constraint_system_hash, kept, failed)
    queue.close()
    server.stop(0).wait()


def refusal(call, *arguments):
    """Code, reason and text of a refused call."""
    with pytest.raises(grpc.RpcError) as refused:
        call(*arguments)
    status = rpc_status.from_call(refused.value)
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert info.domain == "zkclear"
    return refused.value.code().name, info.reason, status.message


def test_c11_a_right_proof_is_kept_with_our_inputs_and_ends_the_job(service, proved_witness):
    worker = service.register()
    leased = service.lease(worker)
    assert (leased.batch, leased.shape) == (1, "tiny")
    service.submit(worker, proved_witness.proof)
    ((job, proof, prove_us),) = service.kept
    assert (job.batch, prove_us) == (1, 7)
    assert (proof.proof, proof.h) == (proved_witness.proof.proof, proved_witness.proof.h)
    assert service.state().state is JobState.DONE


@pytest.mark.parametrize("word", range(12))
def test_c11_a_proof_with_one_changed_word_is_refused_and_never_kept(service, proved_witness, word):
    worker = service.register()
    service.lease(worker)
    changed = bytearray(proved_witness.proof.proof)
    changed[32 * word + 31] ^= 1
    proof = type(proved_witness.proof)()
    proof.CopyFrom(proved_witness.proof)
    proof.proof = bytes(changed)
    assert refusal(service.submit, worker, proof)[:2] == ("INVALID_ARGUMENT", "PROOF_INVALID")
    assert service.kept == []
    assert (service.state().state, service.state().attempts) == (JobState.QUEUED, 1)


@pytest.mark.parametrize("name", ["h", "r", "y"])
def test_c1_public_inputs_are_ours_never_the_workers(service, proved_witness, name):
    """A valid proof of something else says nothing about this batch."""
    worker = service.register()
    service.lease(worker)
    proof = type(proved_witness.proof)()
    proof.CopyFrom(proved_witness.proof)
    setattr(proof, name, (1).to_bytes(32, "big"))
    code, reason, text = refusal(service.submit, worker, proof)
    assert (code, reason) == ("INVALID_ARGUMENT", "PROOF_INVALID")
    assert f"public input {name} is 1, that of batch 1 is" in text
    assert service.kept == []


def test_a_proof_under_another_key_or_shape_is_of_the_wrong_circuit(service, proved_witness):
    worker = service.register()
    for change in ({"verifying_key_hash": bytes(32)}, {"shape": "small"}):
        service.lease(worker)
        proof = type(proved_witness.proof)()
        proof.CopyFrom(proved_witness.proof)
        for name, value in change.items():
            setattr(proof, name, value)
        assert refusal(service.submit, worker, proof)[:2] == ("INVALID_ARGUMENT", "WRONG_CIRCUIT")
    assert service.kept == []


def test_a_late_duplicate_is_harmless(service, proved_witness):
    first, second = service.register("first"), service.register("second")
    service.lease(first)
    service.clock[0] += LEASE_MS
    service.lease(second)
    service.submit(second, proved_witness.proof)
    service.submit(first, proved_witness.proof)
    assert len(service.kept) == 1


def test_a_right_proof_after_the_lease_is_as_good(service, proved_witness):
    worker = service.register()
    service.lease(worker)
    service.clock[0] += LEASE_MS
    service.submit(worker, proved_witness.proof)
    assert len(service.kept) == 1


def test_a_wrong_proof_from_a_stranger_does_not_cost_the_holder_its_lease(service, proved_witness):
    holder, stranger = service.register("holder"), service.register("stranger")
    leased = service.lease(holder)
    proof = type(proved_witness.proof)()
    proof.CopyFrom(proved_witness.proof)
    proof.proof = bytes(384)
    assert refusal(service.submit, stranger, proof)[1] == "PROOF_INVALID"
    assert service.queue.census().rejected == 1
    service.stub.RenewLease(prover_pb2.RenewLeaseRequest(worker_id=holder, job_id=leased.job_id))


def test_a_worker_with_another_constraint_system_is_refused_with_both_hashes(service):
    code, reason, text = refusal(service.register, "other", bytes(32))
    assert (code, reason) == ("INVALID_ARGUMENT", "WRONG_CIRCUIT")
    assert bytes(32).hex() in text
    assert service.circuit.hex() in text


def test_a_worker_with_more_shapes_than_the_contract_is_welcome(service):
    assert service.register("rich", bytes(32), shape="large")


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (prover_pb2.RegisterWorkerRequest(), "name"),
        (prover_pb2.RegisterWorkerRequest(name="x" * 201), "name"),
        (prover_pb2.RegisterWorkerRequest(name="x"), "shapes"),
    ],
)
def test_a_registration_that_says_nothing_is_refused(service, request_, field):
    code, reason, text = refusal(service.stub.RegisterWorker, request_)
    assert (code, reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert text.startswith(f"{field} must be")


def test_the_witness_comes_in_pieces_with_its_hash_on_the_last(service, proved_witness, monkeypatch):
    size = 1_000
    monkeypatch.setattr("prover.proving.server.CHUNK_BYTES", size)
    assert size < len(proved_witness.witness) < CHUNK_BYTES
    worker = service.register()
    leased = service.lease(worker)
    request = prover_pb2.FetchWitnessRequest(worker_id=worker, job_id=leased.job_id)
    *first, last = service.stub.FetchWitness(request)
    assert b"".join(piece.chunk for piece in (*first, last)) == proved_witness.witness
    assert last.sha256 == hashlib.sha256(proved_witness.witness).digest()
    assert [piece.sha256 for piece in first] == [b""] * (len(proved_witness.witness) // size)


def test_a_witness_is_for_the_holder_of_the_lease_only(service):
    holder, stranger = service.register("holder"), service.register("stranger")
    job_id = service.lease(holder).job_id
    request = prover_pb2.FetchWitnessRequest(worker_id=stranger, job_id=job_id)
    assert refusal(lambda: list(service.stub.FetchWitness(request)))[:2] == ("ABORTED", "LEASE_LOST")


def test_a_lost_lease_cannot_be_renewed(service):
    worker = service.register()
    job_id = service.lease(worker).job_id
    service.clock[0] += LEASE_MS
    request = prover_pb2.RenewLeaseRequest(worker_id=worker, job_id=job_id)
    assert refusal(service.stub.RenewLease, request)[:2] == ("ABORTED", "LEASE_LOST")


def test_a_job_that_fails_three_times_is_listed_and_can_be_retried(service):
    worker = service.register()
    for _ in range(3):
        job_id = service.lease(worker).job_id
        request = prover_pb2.FailJobRequest(worker_id=worker, job_id=job_id, reason="out of memory")
        service.stub.FailJob(request)
    (listed,) = service.stub.ListJobs(prover_pb2.ListJobsRequest()).jobs
    assert (listed.state, listed.attempts, listed.failure, listed.worker) == (
        prover_pb2.JOB_STATE_FAILED,
        3,
        "out of memory",
        "worker",
    )
    assert len(service.failed) == 1
    service.stub.RetryJob(prover_pb2.RetryJobRequest(job_id=listed.job_id))
    assert service.lease(worker).job_id == listed.job_id
    code, reason, _ = refusal(service.stub.RetryJob, prover_pb2.RetryJobRequest(job_id=listed.job_id))
    assert (code, reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")


def test_jobs_are_listed_in_pages(service):
    for batch in range(2, 6):
        service.queue.add(Job(batch, "tiny", service.circuit, service.job.inputs))
    found, token = [], ""
    while True:
        page = service.stub.ListJobs(prover_pb2.ListJobsRequest(page_size=2, page_token=token))
        found += [job.batch for job in page.jobs]
        token = page.next_page_token
        if not token:
            break
    assert found == [1, 2, 3, 4, 5]
    too_many = prover_pb2.ListJobsRequest(page_size=1_001)
    assert refusal(service.stub.ListJobs, too_many)[1] == "INVALID_FIELD"


def test_an_unknown_job_is_no_ones(service, proved_witness):
    worker = service.register()
    assert refusal(service.submit, worker, proved_witness.proof, "99-tiny")[:2] == ("ABORTED", "LEASE_LOST")
