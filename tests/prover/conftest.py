"""A sequencer for the prover's tests: gives sealed batches, and remembers what it was told."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import grpc
import pytest

from prover.proving.jobs import Inputs
from prover.proving.keys import load_keys
from tests.circuit import run
from tests.scenario import Venue
from zkclear.crypto.bind import bind_batch
from zkclear.rules.shapes import TINY
from zkclear.v1 import batch_pb2, batch_pb2_grpc


class SealingDesk(batch_pb2_grpc.BatchServiceServicer):
    """`BatchService` over a list of batches that a test appends to."""

    def __init__(self) -> None:
        self.address = ""
        self.asked_from: list[int] = []
        self.progress: list[batch_pb2.ReportProgressRequest] = []
        self._batches: list[batch_pb2.SealedBatch] = []
        self._changed = threading.Condition()

    def give(self, batch: batch_pb2.SealedBatch) -> None:
        with self._changed:
            self._batches.append(batch)
            self._changed.notify_all()

    def wait_for(self, number: int, status: int, *, limit_s: int) -> batch_pb2.ReportProgressRequest:
        """The report that batch `number` came to `status`."""

        def found() -> batch_pb2.ReportProgressRequest | None:
            return next(
                (each for each in self.progress if (each.number, each.status) == (number, status)), None
            )

        with self._changed:
            assert self._changed.wait_for(found, timeout=limit_s), (
                f"no report in {limit_s} s: {self.progress}"
            )
            return found()

    def StreamSealedBatches(self, request, context) -> Iterator[batch_pb2.StreamSealedBatchesResponse]:  # noqa: N802
        self.asked_from.append(request.from_number)
        place = request.from_number - 1
        while context.is_active():
            with self._changed:
                if len(self._batches) <= place:
                    self._changed.wait(timeout=1)
                    continue
                batch = self._batches[place]
            place += 1
            yield batch_pb2.StreamSealedBatchesResponse(batch=batch)

    def ReportProgress(self, request, context):  # noqa: ARG002, N802
        with self._changed:
            self.progress.append(request)
            self._changed.notify_all()
        return batch_pb2.ReportProgressResponse()


@contextmanager
def sealing() -> Iterator[SealingDesk]:
    desk = SealingDesk()
    server = grpc.server(ThreadPoolExecutor(8))
    batch_pb2_grpc.add_BatchServiceServicer_to_server(desk, server)
    desk.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield desk
    finally:
        server.stop(0).wait()


@pytest.fixture
def sequencer() -> Iterator[SealingDesk]:
    with sealing() as desk:
        yield desk


@pytest.fixture(scope="session")
def tiny_keys():
    """The development keys of shape tiny; made now if there are none, which takes a minute."""
    return load_keys("tiny")


@dataclass(frozen=True)
class ProvedWitness:
    """A witness with a real proof for it."""

    witness: bytes
    inputs: Inputs
    proof: batch_pb2.Proof


@pytest.fixture(scope="session")
def prove(tiny_keys, tmp_path_factory) -> Callable[[bytes], batch_pb2.Proof]:
    """Makes a real proof of a witness of shape tiny."""

    def made(witness: bytes) -> batch_pb2.Proof:
        folder = tmp_path_factory.mktemp("proof")
        (folder / "witness.bin").write_bytes(witness)
        arguments = ("--shape", "tiny", "--witness", folder / "witness.bin", "--out", folder / "proof.json")
        done = run("prove", *arguments)
        assert done.returncode == 0, done.stderr
        fields = json.loads((folder / "proof.json").read_text())
        shape = fields.pop("shape")
        return batch_pb2.Proof(
            shape=shape, **{name: bytes.fromhex(value[2:]) for name, value in fields.items()}
        )

    return made


@pytest.fixture(scope="session")
def proved_witness(prove):
    """One real proof, shared: two accounts open and deposit."""
    venue = Venue()
    built = venue.build(requests=venue.opening(2, 3))
    witness = built.witness.SerializeToString()
    inputs = bind_batch(built.words, TINY)
    return ProvedWitness(witness, Inputs(h=inputs.h, r=inputs.r, y=inputs.y), prove(witness))
