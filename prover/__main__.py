"""`python -m prover --config zkclear.toml`: proves and settles until told to stop."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path

import structlog

from prover.config import ConfigurationError, LogSettings, load_settings
from prover.line import BadBatchError
from prover.proving.keys import KeysError
from prover.service import ProverProcess
from prover.settlement.artifacts import ArtifactError
from prover.settlement.errors import SettlementError, UnsafeKeysError
from prover.settlement.key import KeyFileError
from prover.store import StoreError

EXIT_FAILED = 1
EXIT_UNREACHABLE = 4
EXIT_CONFIGURATION = 6


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 after a wanted stop, else 1, 4 (chain not reachable) or 6 (configuration or keys)."""
    parser = argparse.ArgumentParser(prog="prover", description=__doc__)
    parser.add_argument(
        "--config", type=Path, help="zkclear.toml; every key may also be ZKCLEAR_SECTION__KEY"
    )
    options = parser.parse_args(arguments)
    try:
        settings = load_settings(options.config)
        _configure_log(settings.log)
        process = ProverProcess(settings)
    except (ConfigurationError, KeysError, KeyFileError, ArtifactError, UnsafeKeysError) as cause:
        return _say(cause, EXIT_CONFIGURATION)
    except OSError as cause:
        return _say(cause, EXIT_UNREACHABLE)
    except (SettlementError, StoreError, BadBatchError) as cause:
        return _say(cause, EXIT_FAILED)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.request_stop())
    process.start()
    try:
        process.wait()
    except (SettlementError, StoreError) as cause:
        return _say(cause, EXIT_FAILED)
    finally:
        process.stop()
    return 0


def _say(cause: Exception, status: int) -> int:
    sys.stderr.write(f"prover: {cause}\n")
    return status


def _configure_log(settings: LogSettings) -> None:
    """JSON lines or a console's lines on stderr."""
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


if __name__ == "__main__":
    sys.exit(main())
