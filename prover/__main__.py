"""`python -m prover --config zkclear.toml`: proves and settles until told to stop."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from prover.config import load_settings
from prover.line import BadBatchError
from prover.proving.keys import KeysError
from prover.service import ProverProcess
from prover.settlement.artifacts import ArtifactError
from prover.settlement.errors import SettlementError, UnsafeKeysError
from prover.store import StoreError
from zkclear.service.configuration import ConfigurationError
from zkclear.service.logs import configure_logs

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
        configure_logs(settings.log)
        process = ProverProcess(settings)
    except (ConfigurationError, KeysError, ArtifactError, UnsafeKeysError) as cause:
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


if __name__ == "__main__":
    sys.exit(main())
