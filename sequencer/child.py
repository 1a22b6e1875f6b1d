"""What runs in each process that the supervisor starts. Light, because every process imports it: the rest is by name."""

import sys
from importlib import import_module
from typing import Any

from sequencer.config import Configuration
from sequencer.journal.journal import JournalError
from zkclear.service.configuration import ConfigurationError
from zkclear.service.logs import configure_logs

EXIT_CONFIGURATION = 6
"""The exit status for a configuration, key or journal that cannot be used."""


def run_child(module: str, function: str, configuration: Configuration, *arguments: Any) -> None:
    """Calls a function of a module; a refusal to start is one sentence and an exit status."""
    configure_logs(configuration.log)
    try:
        getattr(import_module(module), function)(configuration, *arguments)
    except (ConfigurationError, JournalError) as cause:
        sys.stderr.write(f"sequencer: {cause}\n")
        sys.exit(EXIT_CONFIGURATION)
