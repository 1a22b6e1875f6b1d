"""Commands that run until they are stopped: JSON lines for machines, and a clean end at SIGTERM."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from zkclear.cli.frame import Frame
from zkclear.service.logs import configure_logs
from zkclear.service.sections import LogSettings


def log_to_stderr(frame: Frame) -> None:
    """JSON lines on standard error; on a terminal, lines for people. `-v` says more."""
    for_people = frame.err.is_terminal and not frame.as_json
    configure_logs(
        LogSettings(level="debug" if frame.verbose else "info", format="console" if for_people else "json")
    )


@contextmanager
def until_stopped() -> Iterator[threading.Event]:
    """An event that SIGTERM sets; the handler before comes back at the end."""
    stop = threading.Event()

    def end(_number: int, _frame: Any) -> None:
        stop.set()

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, before)
