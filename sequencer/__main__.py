"""`python -m sequencer --config zkclear.toml`: takes orders until told to stop."""

import argparse
import sys
from pathlib import Path

from sequencer.child import EXIT_CONFIGURATION
from sequencer.config import load_configuration
from sequencer.feeds.settlement import ChainError
from sequencer.supervisor import supervise
from zkclear.service.configuration import ConfigurationError
from zkclear.service.logs import configure_logs

EXIT_UNREACHABLE = 4


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 after a wanted stop, else 1, 4 (chain not reachable) or 6 (configuration or keys)."""
    parser = argparse.ArgumentParser(prog="sequencer", description=__doc__)
    parser.add_argument(
        "--config", type=Path, help="zkclear.toml; every key may also be ZKCLEAR_SECTION__KEY"
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="wins over file and environment",
    )
    parser.add_argument("--ready-file", type=Path, help="written once orders can be sent: ports as JSON")
    options = parser.parse_args(arguments)
    try:
        configuration = load_configuration(options.config, options.set)
        configure_logs(configuration.log)
        return supervise(configuration, ready_file=options.ready_file)
    except ConfigurationError as cause:
        sys.stderr.write(f"sequencer: {cause}\n")
        return EXIT_CONFIGURATION
    except ChainError as cause:
        sys.stderr.write(f"sequencer: {cause}\n")
        return EXIT_UNREACHABLE


if __name__ == "__main__":
    sys.exit(main())
