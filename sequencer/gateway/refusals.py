"""A refusal as gRPC carries it: `google.rpc.Status` with ErrorInfo, and BadRequest, RetryInfo or the Receipt beside it."""

from google.protobuf import any_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from sequencer.core.refusals import Refused
from sequencer.gateway.reasons import REASONS
from zkclear.v1 import receipt_pb2

DOMAIN = "zkclear"
RETRY_AFTER_S = 1
"""An order of what it takes until fresh prices or the next batch change the answer."""


def _any(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed


def _detail(kind: str, refusal: Refused, text: str) -> Message:
    if kind == "RetryInfo":
        return error_details_pb2.RetryInfo(retry_delay=Duration(seconds=RETRY_AFTER_S))
    allowed = refusal.metadata.get("allowed")
    violation = error_details_pb2.BadRequest.FieldViolation(
        field=refusal.metadata.get("field", ""),
        description=text if allowed is None else f"{text} Allowed: {allowed}.",
    )
    return error_details_pb2.BadRequest(field_violations=[violation])


def status_of(refusal: Refused) -> status_pb2.Status:
    """What goes over the wire."""
    code, detail, text = REASONS[refusal.reason]
    details = [
        _any(error_details_pb2.ErrorInfo(reason=refusal.reason, domain=DOMAIN, metadata=refusal.metadata))
    ]
    if detail:
        details.append(_any(_detail(detail, refusal, text)))
    if refusal.receipt:
        details.append(_any(receipt_pb2.Receipt.FromString(refusal.receipt)))
    numbers = ", ".join(f"{name}={value}" for name, value in refusal.metadata.items())
    message = f"{text} ({numbers})" if numbers else text
    return status_pb2.Status(code=code_pb2.Code.Value(code), message=message, details=details)
