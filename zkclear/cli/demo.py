"""`zkclear demo`: everything once on a chain of its own. It runs as a process, since the exchange is not imported here."""

import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from zkclear.cli.frame import Frame, command
from zkclear.cli.profile import BadConfiguration

Folder = Annotated[
    Path | None, typer.Option("--folder", help="Keep logs, journal and prover data in this folder.")
]


def register(app: typer.Typer) -> None:
    """Adds the command to the top level."""

    @command(app, "demo")
    def demo(frame: Frame, folder: Folder = None) -> None:
        """Trade on a local chain with real proofs, settle, withdraw, audit; everything that is started is stopped."""
        if importlib.util.find_spec("devnet") is None:
            raise BadConfiguration("the development network is not installed beside this command")
        arguments = [sys.executable, "-m", "devnet"]
        if folder is not None:
            arguments += ["--folder", str(folder)]
        if frame.as_json:
            arguments.append("--json")
        os.execv(sys.executable, arguments)  # noqa: S606 - our own interpreter with fixed arguments
