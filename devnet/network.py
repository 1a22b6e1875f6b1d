"""
A zkclear network on this machine: Anvil, the contracts, the sequencer and the prover with one worker.

The processes are the real ones, started as an operator would start them, from one configuration file.
Development signer 0 deploys and takes the fees (account 1); signer n owns account n + 1; signer 9 pays for settling.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from devnet.processes import free_port, python_module, wait_serving
from prover.proving.keys import CircuitKeys, load_keys
from prover.settlement.anvil import anvil, development_account
from prover.settlement.deploy import Deployment, deploy
from zkclear.crypto.keccak import keccak256
from zkclear.crypto.signatures import ORDER, address_of

ORACLES = 3
QUORUM = 2
DEPLOYER = 0
SETTLER = 9
FINALITY_BLOCKS = 2
FUNDED_ACCOUNTS = 20
Progress = Callable[[str], None]


def oracle_keys() -> tuple[int, ...]:
    """The oracle signers' private keys, by address; the same in every run, and worth nothing anywhere else."""
    seeds = (keccak256(f"zkclear development oracle {index}".encode()) for index in range(ORACLES))
    keys = (int.from_bytes(seed, "big") % (ORDER - 1) + 1 for seed in seeds)
    return tuple(sorted(keys, key=address_of))


@dataclass(frozen=True, slots=True)
class Network:
    """A running network; addresses are host:port."""

    folder: Path
    config: Path
    rpc_url: str
    deployment: Deployment
    public: str
    internal: str
    prover: str
    oracles: tuple[int, ...] = field(default_factory=oracle_keys)


def silent(_: str) -> None:
    """Says nothing: for tests."""


@contextmanager
def network(
    folder: Path,
    *,
    shapes: Sequence[str],
    max_age_ms: int = 4_000,
    block_time_s: int = 1,
    progress: Progress = silent,
) -> Iterator[Network]:
    """
    Starts everything in `folder` (logs, journal, prover data) and ends it with the context.

    `shapes` are listed in the contract, smallest first; their keys are made on the first run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keys = _keys(shapes, progress)
    with ExitStack() as stack:
        progress("starting a local chain")
        chain = stack.enter_context(anvil(block_time_s=block_time_s, accounts=FUNDED_ACCOUNTS))
        progress("deploying token, verifiers and Settlement")
        deployment = deploy(
            rpc_url=chain.rpc_url,
            deployer_key=development_account(DEPLOYER).key,
            keys=keys,
            oracle_signers=[f"0x{address_of(key):040x}" for key in oracle_keys()],
            oracle_quorum=QUORUM,
            fee_recipient=development_account(DEPLOYER).address,
        )
        ports = tuple(f"127.0.0.1:{free_port()}" for _ in range(4))
        config = _write_config(folder, chain.rpc_url, deployment, ports, max_shape=shapes[-1], age=max_age_ms)
        running = Network(folder, config, chain.rpc_url, deployment, ports[0], ports[1], ports[2])
        starting = []
        for module, target in (("sequencer", running.public), ("prover", running.prover)):
            progress(f"starting the {module}")
            log = folder / f"{module}.log"
            process = stack.enter_context(python_module(module, "--config", str(config), log=log))
            starting.append((process, target, log))
        for process, target, log in starting:
            wait_serving(process, target, log=log)
        yield running


def _keys(shapes: Sequence[str], progress: Progress) -> list[CircuitKeys]:
    keys = []
    for shape in shapes:
        progress(f"proving keys of shape {shape} (made once, then cached)")
        keys.append(load_keys(shape))
    return keys


def _write_config(
    folder: Path, rpc_url: str, deployment: Deployment, ports: Sequence[str], *, max_shape: str, age: int
) -> Path:
    """One file for both programs; the key files hold keys of the development mnemonic."""
    settler, receipts = folder / "settlement.key", folder / "sequencer.key"
    settler.write_text(f"0x{development_account(SETTLER).key.hex().removeprefix('0x')}\n")
    receipts.write_text("0x" + keccak256(b"zkclear development sequencer").hex() + "\n")
    for path in (settler, receipts):
        path.chmod(0o600)
    public, internal, prover, metrics = ports
    tables: dict[str, dict[str, Any]] = {
        "chain": {
            "rpc_urls": [rpc_url],
            "id": deployment.chain_id,
            "contract": deployment.settlement,
            "start_block": deployment.block,
            "finality": FINALITY_BLOCKS,
            "poll_ms": 200,
        },
        "gateway": {"listen": public, "internal_listen": internal},
        "batching": {"max_age_ms": age, "max_shape": max_shape},
        "journal": {"path": str(folder / "journal")},
        "sequencer": {"key_file": str(receipts)},
        "prover": {
            "listen": prover,
            "sequencer": internal,
            "data_path": str(folder / "prover"),
            "metrics_listen": "127.0.0.1:0",
        },
        "settlement": {"key_file": str(settler)},
        "metrics": {"listen": metrics},
    }
    path = folder / "zkclear.toml"
    for section, table in tables.items():
        add_section(path, section, table)
    return path


def add_section(path: Path, section: str, table: Mapping[str, Any]) -> None:
    """Writes one more section to a configuration file. A JSON scalar or list of scalars is also TOML."""
    with path.open("a", encoding="utf-8") as file:
        file.write(f"[{section}]\n")
        file.writelines(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        file.write("\n")
