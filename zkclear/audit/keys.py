"""The verifying keys of a deployment, taken out of the verifiers' code, and compared with keys of one's own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from zkclear.audit.inputs import ShapeInfo
from zkclear.audit.report import Report
from zkclear.audit.verifier_code import ForeignCode, verifying_key
from zkclear.crypto.groth16 import VerifyingKey, parse_verifying_key
from zkclear.crypto.key_lint import lint

FILE_NAME = "verifying_key.json"


def key_of_code(code: bytes) -> VerifyingKey:
    """The verifying key of a deployed verifier, linted; ForeignCode says why it is none."""
    key = verifying_key(code)
    faults = [f"{each.name}: {each.evidence}" for each in lint(key) if not each.passed]
    if faults:
        raise ForeignCode("its key is unsafe: " + "; ".join(faults))
    return key


def check(report: Report, shapes: Sequence[ShapeInfo]) -> dict[int, VerifyingKey]:
    """The usable keys by shape; a shape whose verifier is foreign has none, so no proof of it can pass."""
    keys = {}
    for index, shape in enumerate(shapes):
        where = f"shape {index} ({shape.entries} entries), verifier 0x{shape.verifier.hex()}"
        try:
            keys[index] = key_of_code(shape.code)
        except ForeignCode as error:
            report.add("verifying key", False, f"{where}: {error}")
            continue
        report.add(
            "verifying key",
            True,
            f"{where}: gnark's verifier, {len(shape.code)} bytes; its key passes the lint",
        )
    return keys


def local_keys(folder: Path) -> dict[str, VerifyingKey]:
    """Every key that `zkclear-circuits setup` left below a folder, by the path of its file."""
    return {
        str(path): parse_verifying_key(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob(FILE_NAME))
    }


def compare(report: Report, deployed: Mapping[int, VerifyingKey], local: Mapping[str, VerifyingKey]) -> None:
    """Whether each deployed key is one that was made here, from circuits that were compiled here."""
    for index, key in deployed.items():
        same = [path for path, ours in local.items() if replace(ours, shape="", hash="") == key]
        report.add(
            "local key",
            bool(same),
            f"shape {index}: equal to {same[0]}"
            if same
            else f"shape {index}: none of {len(local)} local keys is equal to it",
        )
