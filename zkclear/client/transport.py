"""
Calls over gRPC: deadlines, retries, and errors as exceptions of `errors.py`.

Reads, and whatever is idempotent by its digest, are tried again when nobody answered; a refusal never is.
"""

import secrets
import time
from collections.abc import Callable
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from zkclear.client.errors import (
    BadRequest,
    BaseError,
    DDoSProtection,
    ExchangeError,
    ExchangeNotAvailable,
    NetworkError,
    RequestTimeout,
    from_reason,
)
from zkclear.v1 import receipt_pb2

DEADLINE_S = 5
RETRIES = 3
MAX_MESSAGE_BYTES = 4 * 1024 * 1024
BACKOFF_MS = 100
LONGEST_WAIT_MS = 5_000

_OPTIONS = (
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
)
_CODES: dict[grpc.StatusCode, type[BaseError]] = {
    grpc.StatusCode.DEADLINE_EXCEEDED: RequestTimeout,
    grpc.StatusCode.UNAVAILABLE: NetworkError,
    grpc.StatusCode.RESOURCE_EXHAUSTED: DDoSProtection,
    grpc.StatusCode.CANCELLED: NetworkError,
    grpc.StatusCode.INVALID_ARGUMENT: BadRequest,
    grpc.StatusCode.UNIMPLEMENTED: BadRequest,
}


def error_of_status(status: Any) -> BaseError | None:
    """The exception of a `google.rpc.Status` that carries one of our reasons; with its receipt, if it was sequenced."""
    error: BaseError | None = None
    receipt, retry_ms = None, 0
    for detail in status.details:
        if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
            info = error_details_pb2.ErrorInfo()
            detail.Unpack(info)
            error = from_reason(info.reason, status.message, dict(info.metadata))
        elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
            retry = error_details_pb2.RetryInfo()
            detail.Unpack(retry)
            retry_ms = retry.retry_delay.ToMilliseconds()
        elif detail.Is(receipt_pb2.Receipt.DESCRIPTOR):
            receipt = receipt_pb2.Receipt()
            detail.Unpack(receipt)
    if error is not None:
        error.receipt = receipt  # type: ignore[attr-defined]
        error.retry_ms = retry_ms  # type: ignore[attr-defined]
    return error


def error_of_call(failure: Any, *, target: str) -> BaseError:
    """The exception of a call that failed."""
    status = rpc_status.from_call(failure)
    known = error_of_status(status) if status is not None else None
    if known is not None:
        return known
    code, details = failure.code(), failure.details() or ""
    kind = _CODES.get(code, ExchangeError)
    where = (
        f"{target} is not reachable"
        if code is grpc.StatusCode.UNAVAILABLE
        else f"{target} answered {code.name}"
    )
    return kind(f"{where}: {details}", reason=code.name)


class Transport:
    """One channel to an exchange. It connects with the first call."""

    def __init__(
        self,
        target: str,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        deadline_s: int = DEADLINE_S,
        retries: int = RETRIES,
    ) -> None:
        self.target = target
        self.deadline_s = deadline_s
        self.retries = retries
        self.channel = (
            grpc.insecure_channel(target, options=_OPTIONS)
            if credentials is None
            else grpc.secure_channel(target, credentials, options=_OPTIONS)
        )

    def call(
        self, method: Callable[..., Any], request: Message, *, metadata: tuple[tuple[str, bytes], ...] = ()
    ) -> Any:
        """
        The answer of a method that may be repeated: every read, and everything that is idempotent by its digest.

        Raises what `errors.py` has for the refusal, or a NetworkError after the last try.
        """
        identified = (("x-request-id", secrets.token_hex(8)), *metadata)
        for attempt in range(self.retries + 1):
            try:
                return method(request, timeout=self.deadline_s, metadata=identified)
            except grpc.RpcError as failure:
                error = error_of_call(failure, target=self.target)
                if attempt == self.retries or not may_be_retried(error):
                    raise error from failure
                time.sleep(wait_ms(error, attempt) / 1_000)
        raise AssertionError("the last attempt returns or raises")

    def close(self) -> None:
        """Ends the connection."""
        self.channel.close()


def may_be_retried(error: BaseError) -> bool:
    """Nobody answered, or the answer was to come back later; a nonce or an order has to be signed anew instead."""
    return type(error) in (NetworkError, RequestTimeout, DDoSProtection, ExchangeNotAvailable) and (
        error.reason not in ("EXCHANGE_FROZEN", "CANCELLED")
    )


def wait_ms(error: BaseError, attempt: int) -> int:
    """As long as the answer says, else twice as long each time, in both cases with a bound."""
    asked: int = getattr(error, "retry_ms", 0)
    return min(asked or BACKOFF_MS << attempt, LONGEST_WAIT_MS)
