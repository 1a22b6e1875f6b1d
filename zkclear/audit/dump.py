"""Audit inputs as one JSON file: integers as decimal strings, bytes as 0x-hex; the field names are those of `inputs.py`."""

import json
import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import GenericAlias
from typing import Any, NewType, get_args, get_type_hints

from zkclear.audit.inputs import Inputs

FORMAT = "zkclear-audit-inputs-2"
_HEX = re.compile(r"0x([0-9a-fA-F]{2})*")
_INTEGER = re.compile(r"-?[0-9]{1,80}")


class BadInput(Exception):  # noqa: N818 - a verdict about a file, told to a person
    """The inputs cannot be read; the message says which field and what it should be."""


def to_plain(value: Any) -> Any:
    """A record as JSON has it."""
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return value if isinstance(value, str) else str(value)


def from_plain(kind: Any, value: Any, *, path: str) -> Any:
    """The inverse of `to_plain`; `path` names the field in a refusal."""
    if isinstance(kind, NewType):
        kind = kind.__supertype__
    if isinstance(kind, GenericAlias):
        (item, _) = get_args(kind)
        if not isinstance(value, list):
            raise BadInput(f"{path}: a list is needed, not {type(value).__name__}")
        return tuple(from_plain(item, each, path=f"{path}[{index}]") for index, each in enumerate(value))
    if is_dataclass(kind):
        return _record(kind, value, path=path)
    return _scalar(kind, value, path=path)


def _scalar(kind: Any, value: Any, *, path: str) -> Any:
    if not isinstance(value, str):
        raise BadInput(f"{path}: a string is needed, not {type(value).__name__}")
    if kind is str:
        return value
    if kind is bytes:
        if _HEX.fullmatch(value) is None:
            raise BadInput(f"{path}: 0x and pairs of hex digits are needed")
        return bytes.fromhex(value[2:])
    if _INTEGER.fullmatch(value) is None:
        raise BadInput(f"{path}: a decimal integer is needed, not {value[:40]!r}")
    return int(value)


def _record(kind: Any, value: Any, *, path: str) -> Any:
    hints = get_type_hints(kind)
    names = [field.name for field in fields(kind)]
    if not isinstance(value, dict) or sorted(value) != sorted(names):
        given = sorted(value) if isinstance(value, dict) else type(value).__name__
        raise BadInput(f"{path}: an object with the fields {sorted(names)} is needed, not {given}")
    return kind(**{name: from_plain(hints[name], value[name], path=f"{path}.{name}") for name in names})


def write(inputs: Inputs, path: Path) -> None:
    """Writes the inputs of an audit, so that it can be repeated without a chain."""
    path.write_text(
        json.dumps({"format": FORMAT, "inputs": to_plain(inputs)}, indent=1) + "\n", encoding="utf-8"
    )


def read(path: Path) -> Inputs:
    """Reads what `write` wrote."""
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise BadInput(f"{path}: not a readable JSON file: {error}") from error
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise BadInput(f"{path}: not a file of format {FORMAT}; `zkclear verify --dump FILE` writes one")
    inputs: Inputs = from_plain(Inputs, plain.get("inputs"), path="inputs")
    return inputs
