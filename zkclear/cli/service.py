"""Commands that run until they are stopped: JSON lines for machines, and a clean end at SIGTERM."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from zkclear.cli.frame import Frame


def log_to_stderr(frame: Frame) -> None:
    """JSON lines on standard error; on a terminal, lines for people. `-v` says more."""
    for_people = frame.err.is_terminal and not frame.as_json
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer() if for_people else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("debug" if frame.verbose else "info"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
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
