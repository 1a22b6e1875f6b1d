"""What the sequencer is told: PROVED and SETTLED until it has confirmed them, FAILED once."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field

import grpc
import structlog

from prover.settlement.intents import IntentStore
from prover.store import BatchStore
from zkclear.v1 import batch_pb2, batch_pb2_grpc

CALL_LIMIT_S = 10
AT_ONCE = 200
"""More batches than can be under way: the sequencer stops at batching.max_unproved (64)."""
FAILURES_BOUND = 1_000

log = structlog.get_logger("prover.reports")


@dataclass(slots=True)
class Reporter:
    """Compares what the stores know with what the sequencer has confirmed, and tells the difference."""

    store: BatchStore
    intents: IntentStore
    stub: batch_pb2_grpc.BatchServiceStub
    circuit_id: bytes
    pause_s: int = 1
    _news: threading.Event = field(default_factory=threading.Event)
    _failures: queue.Queue[tuple[int, str]] = field(default_factory=lambda: queue.Queue(FAILURES_BOUND))
    _silent: bool = False

    def wake(self) -> None:
        """There is news."""
        self._news.set()

    def failed(self, number: int, text: str) -> None:
        """A batch was given up."""
        try:
            self._failures.put_nowait((number, text))
        except queue.Full:
            log.error("too many failures to report", batch=number, cause=text)  # noqa: TRY400 - the queue's trace says nothing
        self.wake()

    def run(self, stop: threading.Event) -> None:
        """Reports until told to stop; a sequencer that is away hears everything when it is back."""
        while not stop.is_set():
            self._news.wait(self.pause_s)
            self._news.clear()
            try:
                self.tell_all()
                self._silent = False
            except grpc.RpcError as cause:
                if not self._silent:
                    log.warning("the sequencer takes no reports", answer=answer(cause))
                self._silent = True

    def tell_all(self) -> None:
        """Everything that the sequencer has not confirmed yet, oldest batch first."""
        for number in self.store.unreported(batch_pb2.BATCH_STATUS_SETTLED, limit=AT_ONCE):
            self._tell(number)
        while not self._failures.empty():
            number, text = self._failures.queue[0]
            status = batch_pb2.BATCH_STATUS_FAILED
            self._send(batch_pb2.ReportProgressRequest(number=number, status=status, failure=text))
            self._failures.get_nowait()

    def _tell(self, number: int) -> None:
        known = self.store.reported(number)
        proved = self.store.proved(number)
        if proved is not None and known < batch_pb2.BATCH_STATUS_PROVED:
            proof = batch_pb2.Proof()
            proof.CopyFrom(proved.proof)
            proof.circuit_id = self.circuit_id
            self._send(
                batch_pb2.ReportProgressRequest(
                    number=number,
                    status=batch_pb2.BATCH_STATUS_PROVED,
                    proof=proof,
                    old_root=proved.old_root.to_bytes(32, "big"),
                    new_root=proved.new_root.to_bytes(32, "big"),
                    witness_us=proved.witness_us,
                    prove_us=proved.prove_us,
                )
            )
            self.store.keep_reported(number, batch_pb2.BATCH_STATUS_PROVED)
        landed = self.intents.settled(number)
        if landed is not None:
            self._send(
                batch_pb2.ReportProgressRequest(
                    number=number,
                    status=batch_pb2.BATCH_STATUS_SETTLED,
                    transaction_hash=landed.transaction_hash,
                    gas_used=landed.gas_used,
                )
            )
            self.store.keep_reported(number, batch_pb2.BATCH_STATUS_SETTLED)

    def _send(self, request: batch_pb2.ReportProgressRequest) -> None:
        self.stub.ReportProgress(request, timeout=CALL_LIMIT_S)


def answer(cause: grpc.RpcError) -> str:
    """Code and text of a failed call."""
    return f"{cause.code()}: {cause.details()}" if isinstance(cause, grpc.Call) else str(cause)
