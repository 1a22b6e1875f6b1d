"""Refusals on the wire: a `google.rpc.Status` with the reason of `proto/errors.yaml`."""

from collections.abc import Mapping

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from zkclear.v1 import errors_pb2

DOMAIN = "zkclear"

_CODES = {
    errors_pb2.REASON_LEASE_LOST: code_pb2.ABORTED,
    errors_pb2.REASON_PROOF_INVALID: code_pb2.INVALID_ARGUMENT,
    errors_pb2.REASON_WRONG_CIRCUIT: code_pb2.INVALID_ARGUMENT,
    errors_pb2.REASON_INVALID_FIELD: code_pb2.INVALID_ARGUMENT,
}
"""The reasons of this service, with the codes that errors.yaml gives them."""


class Refusal(Exception):  # noqa: N818 - a refusal is an answer
    """Why a call is refused."""

    def __init__(self, reason: int, text: str, metadata: Mapping[str, str]) -> None:
        super().__init__(text)
        self.reason = reason
        self.text = text
        self.metadata = dict(metadata)

    def status(self) -> status_pb2.Status:
        """The refusal as it travels."""
        name = errors_pb2.Reason.Name(self.reason).removeprefix("REASON_")
        detail = any_pb2.Any()
        detail.Pack(error_details_pb2.ErrorInfo(reason=name, domain=DOMAIN, metadata=self.metadata))
        return status_pb2.Status(code=_CODES[self.reason], message=self.text, details=[detail])


def abort(context: grpc.ServicerContext, refusal: Refusal) -> None:
    """Ends the call with the refusal; does not return."""
    context.abort_with_status(rpc_status.to_status(refusal.status()))


def invalid_field(field: str, allowed: str, given: str) -> Refusal:
    """A field is missing, malformed or out of its range."""
    return Refusal(
        errors_pb2.REASON_INVALID_FIELD,
        f"{field} must be {allowed}, but is {given}",
        {"field": field, "allowed": allowed},
    )


def lease_lost(job: str, text: str) -> Refusal:
    """The job is not (any more) this worker's."""
    return Refusal(errors_pb2.REASON_LEASE_LOST, text, {"job": job})


def wrong_circuit(text: str, *, job: str = "") -> Refusal:
    """The worker's key or constraint system is of another circuit."""
    return Refusal(errors_pb2.REASON_WRONG_CIRCUIT, text, {"job": job} if job else {})


def proof_invalid(job: str, text: str) -> Refusal:
    """The proof does not verify."""
    return Refusal(errors_pb2.REASON_PROOF_INVALID, text, {"job": job})
