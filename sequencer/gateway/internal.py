"""The internal services: batches for the prover, switches for the operator."""

import threading
from collections.abc import Iterator

import grpc
from google.protobuf.message import Message

from sequencer.core.commands import Pause, Progress, Seal
from sequencer.gateway.fields import invalid
from sequencer.link import Link
from zkclear.v1 import admin_pb2, batch_pb2

WAIT_S = 1
"""How often a silent stream looks whether its reader is still there."""


class BatchService:
    """Sealed batches out, their progress in."""

    def __init__(self, link: Link, stop: threading.Event) -> None:
        self._link = link
        self._stop = stop

    def StreamSealedBatches(  # noqa: N802 - the name in the proto
        self, request: batch_pb2.StreamSealedBatchesRequest, context: grpc.ServicerContext
    ) -> Iterator[batch_pb2.StreamSealedBatchesResponse]:
        """Every sealed batch from a number on, and each new one when it is sealed."""
        number = max(1, request.from_number)
        while context.is_active() and not self._stop.is_set():
            if not self._link.wait_for_sealed(number, timeout_s=WAIT_S):
                continue
            body = self._link.ask("sealed", number.to_bytes(8, "big"))
            if body:
                yield batch_pb2.StreamSealedBatchesResponse(batch=batch_pb2.SealedBatch.FromString(body))
                number += 1

    def ReportProgress(  # noqa: N802
        self,
        request: batch_pb2.ReportProgressRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> bytes:
        """How far a batch has come."""
        if request.status == batch_pb2.BATCH_STATUS_PROVED and not request.HasField("proof"):
            raise invalid("proof", "the proof, with PROVED")
        return self._link.do_one(Progress(request.SerializeToString(deterministic=True)))


class AdminService:
    """The operator's switches."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def GetStatus(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """How the sequencer is."""
        return self._link.ask("GetStatus")

    def SealBatch(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """Seals now."""
        return self._link.do_one(Seal())

    def PauseMatching(  # noqa: N802
        self,
        request: Message,  # noqa: ARG002
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> Message:
        """Stops taking orders."""
        self._link.do_one(Pause(paused=True))
        return admin_pb2.PauseMatchingResponse()

    def ResumeMatching(  # noqa: N802
        self,
        request: Message,  # noqa: ARG002
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> Message:
        """Takes orders again."""
        self._link.do_one(Pause(paused=False))
        return admin_pb2.ResumeMatchingResponse()
