"""The keys of a shape: where they lie, which circuit they belong to, and what a verifier needs of them."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = "zkclear-circuits"
ROOT = Path(__file__).resolve().parents[2]
HASH_BYTES = 32


class KeysError(Exception):
    """Keys are missing, damaged or of another circuit; the text says what to do."""


@dataclass(frozen=True, slots=True)
class CircuitKeys:
    """Public facts about the keys of one shape; the proving key itself is read by workers only."""

    shape: str
    folder: Path
    constraint_system_hash: bytes
    verifying_key_hash: bytes
    development: bool
    verifying_key: dict[str, Any]

    @property
    def verifier_source(self) -> Path:
        """The Solidity verifier that gnark exported."""
        return self.folder / f"{self.verifier_name}.sol"

    @property
    def verifier_name(self) -> str:
        """The contract's name in that source."""
        return f"Verifier{self.shape.capitalize()}"


def circuits_program(path: Path | None = None) -> Path:
    """The `zkclear-circuits` binary: the given one, that of this checkout, or the first on the PATH."""
    found = shutil.which(PROGRAM)
    places = [path] if path else [ROOT / "build" / "bin" / PROGRAM, *([Path(found)] if found else [])]
    for place in places:
        if place.is_file():
            return place
    raise KeysError(f"{PROGRAM} is not at {' or '.join(map(str, places))}; build it with `make build`")


def load_keys(shape: str, *, keys_path: Path | None = None, program: Path | None = None) -> CircuitKeys:
    """
    The keys of a shape for the circuit that the program holds; development keys are made if there are none.

    The program names the folder: the cache may hold keys of older circuits too, and only it knows its own.
    """
    command = [str(circuits_program(program)), "setup", "--shape", shape]
    if keys_path is not None:
        command += ["--keys", str(keys_path)]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own program; progress goes to stderr
    if done.returncode != 0:
        raise KeysError(f"the keys of shape {shape} cannot be had: {PROGRAM} ended with {done.returncode}")
    name, _, folder = done.stdout.strip().split("\t")
    return read_keys(name, Path(folder))


def read_keys(shape: str, folder: Path) -> CircuitKeys:
    """The keys in a folder. Raises KeysError if its manifest is damaged or speaks of another shape."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        verifying_key = json.loads((folder / "verifying_key.json").read_text(encoding="utf-8"))
        keys = CircuitKeys(
            shape=str(manifest["shape"]),
            folder=folder,
            constraint_system_hash=bytes.fromhex(manifest["constraint_system_sha256"]),
            verifying_key_hash=bytes.fromhex(manifest["verifying_key_hash"].removeprefix("0x")),
            development=bool(manifest["development"]),
            verifying_key=verifying_key,
        )
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise KeysError(
            f"the key folder {folder} is damaged ({cause}); delete it and run `make keys`"
        ) from cause
    if keys.shape != shape or verifying_key.get("hash") != f"0x{keys.verifying_key_hash.hex()}":
        raise KeysError(
            f"the key folder {folder} is for shape {keys.shape}, not {shape}, or mixes two keys; delete it"
        )
    return keys
