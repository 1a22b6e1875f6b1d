"""
Write `zkclear/audit/verifier_template.hex`: gnark's exported verifier with a marker for each constant of the key, compiled.

    tools/verifier_template.py VERIFIER.sol [--check]

Any contract that `zkclear-circuits export-solidity` wrote will do: the markers replace what tells two of them apart. Compiler and
settings are those with which `prover/settlement` deploys. `--check` writes nothing and fails if the committed file differs.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from prover.settlement.artifacts import COMPILER_SETTINGS, SOLC  # noqa: E402 - the path comes first
from zkclear.audit.verifier_code import CONSTANTS, marker  # noqa: E402 - as above

TARGET = ROOT / "zkclear" / "audit" / "verifier_template.hex"


def marked(source: str) -> str:
    """The source with every constant of the key replaced by its marker."""
    for name in CONSTANTS:
        source, count = re.subn(rf"(constant {name} =) \d+;", rf"\1 {marker(name)};", source)
        if count != 1:
            raise ValueError(
                f"the source declares {name} {count} times; is it gnark's verifier with one commitment?"
            )
    return source


def compiled(source: str) -> bytes:
    """The runtime code, compiled as a deployment does it."""
    settings = COMPILER_SETTINGS | {"outputSelection": {"*": {"*": ["evm.deployedBytecode.object"]}}}
    sources = {"Verifier.sol": {"content": source}}
    question = json.dumps({"language": "Solidity", "sources": sources, "settings": settings})
    command = [str(SOLC), "--standard-json"]
    answer = subprocess.run(command, input=question, capture_output=True, text=True, check=True)
    output = json.loads(answer.stdout)
    if "contracts" not in output:
        raise ValueError("; ".join(error["formattedMessage"] for error in output["errors"]))
    (contract,) = output["contracts"]["Verifier.sol"].values()
    return bytes.fromhex(contract["evm"]["deployedBytecode"]["object"])


def template_text(source: str) -> str:
    """The file's content: hex, 64 bytes a line."""
    text = compiled(marked(source)).hex()
    return "".join(f"{text[start : start + 128]}\n" for start in range(0, len(text), 128))


def main(arguments: list[str]) -> int:
    """Write the file, or compare it; 1 means that the committed file is out of date."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", type=Path, help="an exported verifier")
    parser.add_argument("--check", action="store_true", help="compare only")
    options = parser.parse_args(arguments)
    text = template_text(options.source.read_text(encoding="utf-8"))
    if TARGET.is_file() and TARGET.read_text(encoding="ascii") == text:
        return 0
    if not options.check:
        TARGET.write_text(text, encoding="ascii")
    print(f"{'out of date' if options.check else 'written'}: {TARGET.name}")
    return 1 if options.check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
