"""The real circuit, asked through `zkclear-circuits`: is there a proof for this witness?"""

import subprocess
import tempfile
from enum import Enum
from pathlib import Path

from prover.proving.keys import circuits_program
from zkclear.v1 import witness_pb2 as pb


class Verdict(Enum):
    """The exit statuses of `zkclear-circuits check` that are verdicts on a witness."""

    PROVABLE = 0
    UNSATISFIED = 3
    """A constraint does not hold: no proof exists."""
    UNSOLVABLE = 4
    """A hint refused its inputs: an honest prover finds no proof."""


def run(command: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command of `zkclear-circuits` to its end."""
    return subprocess.run(
        [circuits_program(), command, *arguments], check=False, capture_output=True, text=True, timeout=600
    )


def check(witness: pb.Witness) -> tuple[Verdict, str]:
    """The circuit's verdict on a witness, and what it said; a witness that cannot even be read fails the test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "witness.bin"
        path.write_bytes(witness.SerializeToString())
        done = run("check", "--shape", witness.shape, "--witness", path)
    said = (done.stdout + done.stderr).strip()
    assert done.returncode in {verdict.value for verdict in Verdict}, f"no verdict: {said}"
    return Verdict(done.returncode), said
