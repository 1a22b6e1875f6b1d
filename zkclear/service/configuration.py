"""
Configuration: option, then `ZKCLEAR_SECTION__KEY`, then `zkclear.toml`, then the default.

One file serves all programs; sections of the others are left to them, an unknown section or key is an error.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

SECTIONS = (
    *("chain", "tls", "log", "metrics"),
    *("gateway", "matching", "stream", "oracle", "funding", "risk", "batching", "journal", "sequencer"),
    *("prover", "settlement", "keeper", "client", "networks"),
)
"""Of all programs: one that is none of these is misspelt."""
PREFIX = "ZKCLEAR_"
PLAIN_VALUE = re.compile(r"^(true|false|-?[0-9]+|\[.*\]|\".*\")$")


class ConfigurationError(Exception):
    """Configuration or keys are unknown, missing or impossible; the text says what would be right."""


class Section(BaseModel):
    """Named values, and no others. A program's configuration is a section of sections."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Settings = TypeVar("Settings", bound=Section)


def load(model: type[Settings], path: Path | None, options: Sequence[str] = ()) -> Settings:
    """
    The settings of a file, the environment and `section.key=value` options.

    Raises ConfigurationError with one sentence a fault.
    """
    tables = _file(path)
    for name, text in os.environ.items():
        section, separator, key = name.removeprefix(PREFIX).lower().partition("__")
        if name.startswith(PREFIX) and separator:
            _put(tables, section, key, text)
    for option in options:
        name, separator, text = option.partition("=")
        section, dot, key = name.partition(".")
        if not (separator and dot):
            raise ConfigurationError(f"--set {option}: write section.key=value")
        _put(tables, section, key, text)
    own = {
        name: table for name, table in tables.items() if name in model.model_fields or name not in SECTIONS
    }
    try:
        return model(**own)
    except ValidationError as cause:
        raise ConfigurationError("; ".join(_sentence(model, fault) for fault in cause.errors())) from cause


def _file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        raise ConfigurationError(f"the configuration {path} cannot be read: {cause}") from cause


def _put(tables: dict[str, Any], section: str, key: str, text: str) -> None:
    """Replaces a value; what is no section is left to be refused."""
    table = tables.setdefault(section, {})
    if isinstance(table, dict):
        table[key] = _value(text)


def _value(text: str) -> Any:
    """A whole number, true, false, a list or a quoted string as TOML reads it; all else (0x.., paths) as it stands."""
    if not PLAIN_VALUE.match(text):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _sentence(model: type[Section], fault: ErrorDetails) -> str:
    """What is wrong, with the nearest known name: a misspelt one must not be ignored."""
    place = tuple(map(str, fault["loc"]))
    name = ".".join(place)
    if fault["type"] == "extra_forbidden" and len(place) == 1:
        return _unknown(f"section [{name}]", name, SECTIONS)
    if fault["type"] == "extra_forbidden":
        section = model.model_fields[place[0]].annotation
        assert isinstance(section, type)
        assert issubclass(section, Section)
        return _unknown(name, place[1], section.model_fields)
    if fault["type"] == "model_type":
        return f"{name} must be a section: [{name}]"
    said = fault["msg"].removeprefix("Value error, ")
    return f"{name}: {said}" if name else said


def _unknown(what: str, name: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
    return f"{what} is unknown{hint}"
