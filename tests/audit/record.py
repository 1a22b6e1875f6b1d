"""
Writes `recorded.json`: the audit inputs of a day on a local chain, with real proofs of shape tiny.

    python tests/audit/record.py

What happens in it is in `day.py`. Needed again when the verifier's compiler settings, the words, the rules or the events
change: the recording is then that of another system. A development set-up of shape tiny is made if there is none.
"""

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from prover.proving.keys import load_keys  # noqa: E402 - the path comes first
from tests.audit.day import Day  # noqa: E402 - as above
from tests.chain import deployed  # noqa: E402 - as above
from tests.circuit import run  # noqa: E402 - as above
from tests.risk_chain import RiskVenue  # noqa: E402 - as above
from zkclear.audit import dump  # noqa: E402 - as above
from zkclear.audit.source import ChainSource  # noqa: E402 - as above

TARGET = Path(__file__).with_name("recorded.json")


def prove(witness: bytes) -> bytes:
    """A real proof of a witness of shape tiny."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "witness.bin").write_bytes(witness)
        arguments = ("--shape", "tiny", "--witness", folder / "witness.bin", "--out", folder / "proof.json")
        done = run("prove", *arguments)
        if done.returncode:
            raise RuntimeError(f"no proof: {done.stderr}")
        sys.stdout.write("proved\n")
        return bytes.fromhex(json.loads((folder / "proof.json").read_text())["proof"].removeprefix("0x"))


def main() -> None:
    """Plays the day, and writes what an auditor sees."""
    with deployed(keys=[load_keys("tiny")]) as (rpc_url, made):
        Day(RiskVenue(rpc_url, made), prove=prove).play()
        dump.write(ChainSource(rpc_url, made.settlement).collect(), TARGET)
    sys.stdout.write(f"written: {TARGET}\n")


if __name__ == "__main__":
    main()
