"""Logs of every program: JSON lines on standard error, or a console's lines for people."""

import sys

import structlog

from zkclear.service.sections import LogSettings


def configure_logs(settings: LogSettings) -> None:
    """Sets structlog up for this process; nothing below the level is said."""
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
        wrapper_class=structlog.make_filtering_bound_logger(settings.level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
