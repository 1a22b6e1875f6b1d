"""Logs of every process: JSON lines on stderr, or a console's lines for people."""

import logging
import sys

import structlog

from sequencer.config import LogSettings


def configure_logs(settings: LogSettings) -> None:
    """Sets structlog up for this process."""
    last = (
        structlog.processors.JSONRenderer() if settings.format == "json" else structlog.dev.ConsoleRenderer()
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
