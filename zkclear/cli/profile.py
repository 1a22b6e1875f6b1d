"""
Where the exchange and the chain are: option, then environment, then the profile and the sections of the configuration file.

The file is `zkclear.toml`, the one that sequencer and prover read: `[client] target`, `[gateway] listen`, `[chain] rpc_urls, id,
contract`. A profile is a section `[networks.NAME]` with `target`, `rpc_url`, `contract`, `chain_id`; it may stand in a file of its own.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEFAULT_FILE = Path("zkclear.toml")
DEFAULT_TARGET = "127.0.0.1:50051"
DEFAULT_RPC_URL = "http://127.0.0.1:8545"
PROFILE_KEYS = {"target", "rpc_url", "contract", "chain_id"}


class BadConfiguration(Exception):  # noqa: N818 - told to a person, with what would be right
    """Configuration or keys are missing, unknown or unsafe."""


@dataclass(frozen=True, slots=True)
class Profile:
    """Where things are; `contract` and `chain_id` are None where nobody said."""

    target: str
    rpc_url: str
    contract: str | None
    chain_id: int | None
    config: Path | None


def load(
    *,
    network: str | None,
    config: Path | None,
    target: str | None,
    rpc_url: str | None,
    contract: str | None,
) -> Profile:
    """The profile of one command; options win."""
    path = config or Path(os.environ.get("ZKCLEAR_CONFIG", DEFAULT_FILE))
    tables = _read(path, required=config is not None or "ZKCLEAR_CONFIG" in os.environ)
    named = _named(tables, network, path)
    chain = _table(tables, "chain")
    urls = chain.get("rpc_urls") or [None]
    chain_id = _environment("CHAIN__ID") or named.get("chain_id") or chain.get("id")
    return Profile(
        target=_first(
            target,
            _environment("CLIENT__TARGET"),
            named.get("target"),
            _table(tables, "client").get("target"),
            _table(tables, "gateway").get("listen"),
            DEFAULT_TARGET,
        ),
        rpc_url=_first(rpc_url, _first_url(), named.get("rpc_url"), urls[0], DEFAULT_RPC_URL),
        contract=contract
        or _environment("CHAIN__CONTRACT")
        or named.get("contract")
        or chain.get("contract"),
        chain_id=None if chain_id is None else int(chain_id),
        config=path if path.is_file() else None,
    )


def _first(*values: Any) -> str:
    return str(next(value for value in values if value))


def _environment(name: str) -> str | None:
    return os.environ.get(f"ZKCLEAR_{name}")


def _first_url() -> str | None:
    """The first node of `ZKCLEAR_CHAIN__RPC_URLS`, a JSON list as the other programs read it."""
    text = _environment("CHAIN__RPC_URLS")
    if text is None:
        return None
    try:
        urls = json.loads(text)
    except ValueError as error:
        raise BadConfiguration(
            f'ZKCLEAR_CHAIN__RPC_URLS is no JSON list such as ["http://127.0.0.1:8545"]: {error}'
        ) from error
    if not isinstance(urls, list) or not urls:
        raise BadConfiguration('ZKCLEAR_CHAIN__RPC_URLS is no JSON list such as ["http://127.0.0.1:8545"]')
    return str(urls[0])


def _read(path: Path, *, required: bool) -> Mapping[str, Any]:
    if not path.is_file():
        if required:
            raise BadConfiguration(f"the configuration file {path} does not exist")
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"{path} is no readable TOML file: {error}") from error


def _table(tables: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = tables.get(name, {})
    return table if isinstance(table, Mapping) else {}


def _named(tables: Mapping[str, Any], network: str | None, path: Path) -> Mapping[str, Any]:
    if network is None:
        return {}
    known = _table(tables, "networks")
    if network not in known:
        names = ", ".join(sorted(known)) or "none"
        raise BadConfiguration(f"{path} has no section [networks.{network}]; it has {names}")
    profile = _table(known, network)
    unknown = sorted(set(profile) - PROFILE_KEYS)
    if unknown:
        raise BadConfiguration(
            f"[networks.{network}] in {path}: unknown key {unknown[0]!r}; known are {', '.join(sorted(PROFILE_KEYS))}"
        )
    return profile
