"""Compiled contracts: what `forge build` left, and verifiers compiled here from the key cache."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from prover.proving.keys import ROOT, CircuitKeys

CONTRACTS = ROOT / "contracts"
VERIFIERS = ROOT / "build" / "verifiers"
SOLC = CONTRACTS / "tools" / "solc"
COMPILE_LIMIT_S = 300
"""A verifier takes a few seconds; a loaded machine gets more."""

COMPILER_SETTINGS = {
    "evmVersion": "osaka",
    "optimizer": {"enabled": True, "runs": 1_000_000},
    "metadata": {"bytecodeHash": "none"},
    "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object", "evm.bytecode.linkReferences"]}},
}
"""Fixed here and apart from foundry.toml: the same source gives the same code, hence the same circuit id, everywhere."""


class ArtifactError(Exception):
    """A contract is not compiled or does not compile; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A compiled contract. `links` are the places (file, library, byte offsets) that still need an address."""

    name: str
    abi: list[dict[str, Any]]
    bytecode: str
    links: Mapping[str, Mapping[str, list[dict[str, int]]]]


@cache
def contract_abi(name: str) -> list[dict[str, Any]]:
    """The committed ABI of `Settlement` or `DevToken`."""
    abi: list[dict[str, Any]] = json.loads((CONTRACTS / "abi" / f"{name}.json").read_text(encoding="utf-8"))
    return abi


def forge_artifact(name: str, *, source: str | None = None) -> Artifact:
    """A contract of ours as `forge build` left it; `source` is its file if it is not called like the contract."""
    path = CONTRACTS / "out" / (source or f"{name}.sol") / f"{name}.json"
    if not path.is_file():
        raise ArtifactError(f"{name} is not compiled ({path.relative_to(ROOT)} is missing); run `make build`")
    compiled = json.loads(path.read_text(encoding="utf-8"))
    bytecode = compiled["bytecode"]
    return Artifact(
        name=name,
        abi=compiled["abi"],
        bytecode=bytecode["object"].removeprefix("0x"),
        links=bytecode.get("linkReferences", {}),
    )


def verifier_artifact(keys: CircuitKeys) -> Artifact:
    """The verifier of a shape, compiled once for each content of source and settings."""
    source = keys.verifier_source.read_text(encoding="utf-8")
    request = {
        "language": "Solidity",
        "sources": {f"{keys.verifier_name}.sol": {"content": source}},
        "settings": COMPILER_SETTINGS,
    }
    text = json.dumps(request, sort_keys=True)
    solc_version = json.loads((CONTRACTS / "package.json").read_text(encoding="utf-8"))["devDependencies"][
        "solc"
    ]
    digest = hashlib.sha256(f"{solc_version}\n{text}".encode()).hexdigest()
    cached = VERIFIERS / f"{keys.verifier_name}-{digest[:32]}.json"
    if not cached.is_file():
        _write_atomic(cached, _compile(text, keys.verifier_name))
    compiled = json.loads(cached.read_text(encoding="utf-8"))
    return Artifact(
        name=keys.verifier_name, abi=compiled["abi"], bytecode=compiled["evm"]["bytecode"]["object"], links={}
    )


def _compile(request: str, name: str) -> str:
    """The compiler's JSON for one contract."""
    done = subprocess.run(  # noqa: S603 - our pinned wrapper; the input is data
        [str(SOLC), "--standard-json"],
        check=False,
        input=request,
        capture_output=True,
        text=True,
        timeout=COMPILE_LIMIT_S,
    )
    if done.returncode != 0:
        raise ArtifactError(f"solc ended with {done.returncode}: {done.stderr[-500:]}; run `make setup`")
    output = json.loads(done.stdout)
    errors = [entry["formattedMessage"] for entry in output.get("errors", []) if entry["severity"] == "error"]
    if errors:
        raise ArtifactError(f"{name} does not compile: {errors[0]}")
    return json.dumps(output["contracts"][f"{name}.sol"][name])


def _write_atomic(path: Path, text: str) -> None:
    """A reader sees the whole file or none: two deployments may compile at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(temporary).replace(path)
