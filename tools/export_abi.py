"""
Write `contracts/abi/*.json` from forge's output: the ABI that the Python side reads, committed beside the contracts.

Run `forge build` in `contracts` first. `--check` writes nothing and fails if a committed file differs.
"""

import argparse
import json
import sys
from pathlib import Path

CONTRACTS = Path(__file__).resolve().parents[1] / "contracts"
EXPORTED = ("Settlement", "DevToken")


def artifact_path(name: str) -> Path:
    """Where forge puts the artifact of a contract that has its own file."""
    return CONTRACTS / "out" / f"{name}.sol" / f"{name}.json"


def abi_text(name: str) -> str:
    """The ABI of a built contract, one entry a line: short, and readable as a diff."""
    path = artifact_path(name)
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: run `forge build` in {CONTRACTS} first")
    entries = json.loads(path.read_text(encoding="utf-8"))["abi"]
    lines = ",\n  ".join(json.dumps(entry, separators=(", ", ": ")) for entry in entries)
    return f"[\n  {lines}\n]\n"


def main(arguments: list[str]) -> int:
    """Write the files, or compare them; 1 means that a committed file is out of date."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare only")
    check: bool = parser.parse_args(arguments).check
    stale = []
    for name in EXPORTED:
        target = CONTRACTS / "abi" / f"{name}.json"
        text = abi_text(name)
        if target.is_file() and target.read_text(encoding="utf-8") == text:
            continue
        stale.append(target.name)
        if not check:
            target.parent.mkdir(exist_ok=True)
            target.write_text(text, encoding="utf-8")
    if stale:
        print(f"{'out of date' if check else 'written'}: {', '.join(stale)}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except FileNotFoundError as error:
        sys.exit(str(error))
