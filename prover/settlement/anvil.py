"""A development chain: one Anvil on a free port, and its well-known keys."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from eth_account import Account
from eth_account.signers.local import LocalAccount

from zkclear.service.sections import DEVELOPMENT_CHAIN_ID

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
DEVELOPMENT_MNEMONIC = "test test test test test test test test test test test junk"
START_LIMIT_S = 20
"""Anvil listens within a second; a machine under load gets more."""
STOP_LIMIT_S = 5
LISTENING = re.compile(rb"Listening on ([0-9.]+:[0-9]+)")


@dataclass(frozen=True, slots=True)
class AnvilChain:
    """A running development chain."""

    rpc_url: str
    process_id: int


def development_account(index: int) -> LocalAccount:
    """Key `index` of Anvil's mnemonic; the first ten are funded at genesis. Never worth anything elsewhere."""
    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(
        DEVELOPMENT_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}"
    )
    return account


def anvil_program() -> Path:
    """The native binary of the npm package: stopping it by its own id leaves no child behind."""
    found = sorted(CONTRACTS.glob("node_modules/@foundry-rs/anvil-*/bin/anvil"))
    if not found:
        raise FileNotFoundError("anvil is not installed in contracts/node_modules; run `make setup`")
    return found[0]


def _command(
    *, block_time_s: int | None, mining: bool, timestamp_s: int | None, port: int, accounts: int
) -> list[str]:
    command = [
        str(anvil_program()),
        *("--port", str(port), "--chain-id", str(DEVELOPMENT_CHAIN_ID), "--accounts", str(accounts)),
        # The rules of the main network: since Osaka a transaction has at most 2^24 gas.
        *("--hardfork", "osaka", "--enable-tx-gas-limit"),
    ]
    if block_time_s is not None:
        command += ["--block-time", str(block_time_s)]
    if not mining:
        command.append("--no-mining")
    if timestamp_s is not None:
        command += ["--timestamp", str(timestamp_s)]
    return command


@contextmanager
def anvil(
    *,
    block_time_s: int | None = None,
    mining: bool = True,
    timestamp_s: int | None = None,
    port: int = 0,
    accounts: int = 10,
) -> Iterator[AnvilChain]:
    """
    A chain that lives as long as the context. Blocks come with each transaction, or every `block_time_s`, or
    (`mining=False`) only when asked for by `evm_mine`. Port 0 takes a free one.
    """
    command = _command(
        block_time_s=block_time_s, mining=mining, timestamp_s=timestamp_s, port=port, accounts=accounts
    )
    # A group of its own: Ctrl-C in a terminal must not take the chain away before its users have ended.
    process = subprocess.Popen(  # noqa: S603 - our own pinned binary with arguments from here
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )
    assert process.stdout is not None
    drain = threading.Thread(target=_drain, args=(process.stdout,), daemon=True)
    try:
        address = _listening(process, process.stdout)
        drain.start()
        yield AnvilChain(rpc_url=f"http://{address}", process_id=process.pid)
    finally:
        _stop(process)
        if drain.ident is not None:
            drain.join()
        process.stdout.close()


def _listening(process: subprocess.Popen[bytes], output: IO[bytes]) -> str:
    """The address that Anvil announces; everything it says before is read on the way."""
    said = b""
    deadline = time.monotonic() + START_LIMIT_S
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while time.monotonic() < deadline:
            if not selector.select(timeout=1):
                continue
            piece = os.read(output.fileno(), 65536)
            said += piece
            if match := LISTENING.search(said):
                return match.group(1).decode()
            if not piece:
                break
    raise RuntimeError(
        f"anvil did not start (exit status {process.poll()}): {said.decode(errors='replace')[-500:]}"
    )


def _drain(output: IO[bytes]) -> None:
    """Anvil logs every call; a pipe that nobody empties would stop it after 64 KiB."""
    while os.read(output.fileno(), 65536):
        pass


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
