"""`zkclear sequencer run` and `zkclear prover run`: the two programs, each a process of its own that takes this one's place."""

import importlib.util
import os
import sys

import typer

from zkclear.cli.frame import Frame, command
from zkclear.cli.profile import BadConfiguration

sequencer = typer.Typer(no_args_is_help=True, help="The matching core and its services.")
prover = typer.Typer(no_args_is_help=True, help="Witnesses, proofs and their settlement.")


def _become(module: str, frame: Frame) -> None:
    """Replaces this process, so that signals and exit codes are the program's own."""
    if importlib.util.find_spec(module) is None:
        raise BadConfiguration(f"the {module} is not installed beside this command")
    arguments = [sys.executable, "-m", module]
    if frame.profile.config is not None:
        arguments += ["--config", str(frame.profile.config)]
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, arguments)  # noqa: S606 - our own interpreter with fixed arguments


@command(sequencer, "run")
def run_sequencer(frame: Frame) -> None:
    """Run the sequencer in this terminal, until it is interrupted."""
    _become("sequencer", frame)


@command(prover, "run")
def run_prover(frame: Frame) -> None:
    """Run the prover in this terminal, until it is interrupted."""
    _become("prover", frame)
