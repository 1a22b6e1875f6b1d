"""A sequencer for the prover's tests: gives sealed batches, and remembers what it was told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest

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
                if not self._changed.wait_for(lambda: len(self._batches) > place, timeout=1):
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
