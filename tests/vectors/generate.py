"""
Writes tests/vectors/*.json: one golden file for each module in tests/vectors/cases.

A module there has `MODULE` (the file's stem), `NOTES` (flag -> why such a case exists), optionally `CLAIMS`
(design claims that it covers), and `cases()`, which yields dicts with `call`, `in`, and either `out` or `reject`;
`flags` names the notes that apply. Integers become decimal strings and bytes 0x-hex; a case must not be random:
the same code gives the same file. With `--check` nothing is written, and a file that would change is named.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

from jsonschema import Draft202012Validator

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GENERATOR = "tests/vectors/generate.py"
sys.path.insert(0, str(ROOT))  # case modules share tests.vectors.drawer and the rule book


class VectorError(Exception):
    """One sentence: which vector is wrong and what it should be."""


def encode(value: object) -> object:
    """`value` as the vectors write it; records and floats are refused, for three languages must read it."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Enum):
        return encode(value.value)
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, bytes | bytearray):
        return "0x" + value.hex()
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [encode(item) for item in value]
    raise VectorError(
        f"a vector cannot hold {type(value).__name__}: {value!r}; use int, bytes, str, bool, list or dict"
    )


def load(path: Path) -> ModuleType:
    """The case module at `path`."""
    spec = importlib.util.spec_from_file_location(f"vector_cases_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise VectorError(f"{path} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def document(module: ModuleType) -> dict[str, Any]:
    """The golden file of one case module, as a dict that fits schema.json."""
    notes = dict(module.NOTES)
    cases = []
    for number, case in enumerate(module.cases(), start=1):
        flags = list(case.get("flags", ()))
        unknown = [flag for flag in flags if flag not in notes]
        if unknown:
            raise VectorError(f"{module.MODULE} case {number} has flags without a note: {unknown}")
        row: dict[str, Any] = {
            "id": number,
            "call": case["call"],
            "flags": flags,
            "in": encode(case["in"]),
        }
        row.update({key: encode(case[key]) for key in ("out", "reject") if key in case})
        cases.append(row)
    return {
        "module": module.MODULE,
        "claims": list(getattr(module, "CLAIMS", ())),
        "generator": GENERATOR,
        "count": len(cases),
        "notes": notes,
        "cases": cases,
    }


def render(content: dict[str, Any]) -> str:
    """The file's text: one case a line, so that a diff shows which case moved."""
    head = {key: value for key, value in content.items() if key != "cases"}
    lines = [f" {json.dumps(key)}: {json.dumps(value)}," for key, value in head.items()]
    rows = ",\n".join("  " + json.dumps(case) for case in content["cases"])
    return "{\n" + "\n".join(lines) + '\n "cases": [\n' + rows + "\n ]\n}\n"


def build(names: Sequence[str]) -> dict[Path, str]:
    """Path and text of each golden file that is asked for (all of them if none is named)."""
    schema = Draft202012Validator(json.loads((HERE / "schema.json").read_text()))
    found = {path.stem: path for path in sorted((HERE / "cases").glob("[a-z]*.py"))}
    unknown = sorted(set(names) - set(found))
    if unknown:
        raise VectorError(f"no case module {', '.join(unknown)}; there are: {', '.join(found)}")
    texts = {}
    for stem in names or found:
        content = document(load(found[stem]))
        error = next(schema.iter_errors(content), None)
        if error is not None:
            raise VectorError(f"{stem}: {error.json_path}: {error.message}")
        texts[HERE / f"{content['module']}.json"] = render(content)
    return texts


def main() -> int:
    """Writes or checks the files; 0 if all is well."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").strip().splitlines()[0])
    parser.add_argument("modules", nargs="*", help="case modules (default: all)")
    parser.add_argument("--check", action="store_true", help="write nothing, report what would change")
    options = parser.parse_args()
    try:
        texts = build(options.modules)
    except VectorError as error:
        sys.stderr.write(f"vectors: {error}\n")
        return 1
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text() != text]
    for path in stale:
        name = path.relative_to(ROOT)
        if options.check:
            sys.stderr.write(f"vectors: {name} is not what its cases give; run `make vectors`\n")
        else:
            path.write_text(texts[path])
            sys.stdout.write(f"vectors: wrote {name}\n")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
