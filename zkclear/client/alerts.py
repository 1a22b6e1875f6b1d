"""
Margin alerts: a stream that connects again by itself.

Each connection begins with a snapshot, so that whoever applies the alerts in order is right again after a gap.
"""

import threading
import time
from collections.abc import Callable
from typing import Any, Self

import grpc

from zkclear.client.errors import BaseError, NetworkError
from zkclear.client.risk import MarginAlert
from zkclear.client.transport import error_of_call, may_be_retried, wait_ms
from zkclear.v1 import liquidation_pb2

SILENCE_S = 15
"""A server sends at least a heartbeat a second; after this long without one the connection is taken for dead."""
PATIENCE_S = 60
"""How long a connection is tried for before the caller is told."""
DOUBLINGS = 6
"""The wait between two tries stops growing after so many."""


class MarginAlerts:
    """An iterator of `MarginAlert`; heartbeats come as alerts in which nothing changed. `close` ends it from any thread."""

    def __init__(
        self,
        method: Callable[..., Any],
        request: liquidation_pb2.StreamMarginAlertsRequest,
        *,
        target: str,
        patience_s: int = PATIENCE_S,
        silence_s: int = SILENCE_S,
    ) -> None:
        self._method = method
        self._request = request
        self._target = target
        self._patience_s = patience_s
        self._silence_s = silence_s
        self._call: Any = None
        self._closed = threading.Event()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> MarginAlert:
        """The next alert; raises what `errors.py` has for a refusal, or a NetworkError when patience ends."""
        deadline, attempt = time.monotonic() + self._patience_s, 0
        while not self._closed.is_set():
            try:
                return MarginAlert.of(self._read())
            except StopIteration:
                error: BaseError = NetworkError(f"{self._target} ended the stream", reason="UNAVAILABLE")
            except grpc.RpcError as failure:
                error = error_of_call(failure, target=self._target)
                silent = failure.code() is grpc.StatusCode.CANCELLED  # by the watch below
                if not (silent or may_be_retried(error)):
                    raise error from failure
            self._call = None
            if time.monotonic() >= deadline:
                raise error
            self._closed.wait(wait_ms(error, min(attempt, DOUBLINGS)) / 1_000)
            attempt += 1
        raise StopIteration

    def close(self) -> None:
        """Ends the stream; a reader that waits stops."""
        self._closed.set()
        if self._call is not None:
            self._call.cancel()

    def _read(self) -> Any:
        """One message, within the time in which at least a heartbeat must come."""
        if self._call is None:
            self._call = self._method(self._request)
        watch = threading.Timer(self._silence_s, self._call.cancel)
        watch.daemon = True
        watch.start()
        try:
            return next(self._call)
        finally:
            watch.cancel()
