"""Gas of `settle` on a real chain: real signatures, real proofs, whole transactions, and what they consist of."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from web3 import Web3
from web3.types import TxParams

from prover.proving.keys import load_keys
from prover.proving.records import ProvedBatch
from prover.settlement.anvil import development_account
from prover.settlement.calldata import settle_arguments
from prover.settlement.chain import Chain
from tests.chain import SETTLER, Venue, deployed
from tests.circuit import run
from zkclear.crypto.state_tree import StateTree
from zkclear.rules.batch import Fill
from zkclear.rules.shapes import Shape, shape_by_name
from zkclear.v1.batch_pb2 import Proof, SealedBatch, SealedEntry

INTRINSIC = 21_000
ZERO_BYTE, OTHER_BYTE = 4, 16
DEPOSIT_E6 = 10**12
TICKS = 30_000
TRADERS = 8
"""Accounts that trade: as many as the requests of one `small` batch can open."""


@dataclass(frozen=True, slots=True)
class Settled:
    """One settlement: what it held, its gas, and the parts of it."""

    what: str
    shape: str
    orders: int
    fills: int
    requests: int
    gas: int
    calldata: int
    verifier: int

    @property
    def rest(self) -> int:
        """Digests and recoveries, words, binding, storage, events."""
        return self.gas - INTRINSIC - self.calldata - self.verifier


class Yard:
    """A deployment on which batches are sealed, proved and settled one after the other."""

    def __init__(self, venue: Venue, shapes: Sequence[str]) -> None:
        self._venue = venue
        self._chain = Chain(
            (venue.rpc_url,), chain_id=venue.deployment.chain_id, contract=venue.deployment.settlement
        )
        self._shapes = list(shapes)
        self._sender = development_account(SETTLER).address

    def settle(self, what: str, tree: StateTree, sealed: SealedBatch) -> Settled:
        """Proves and settles a sealed batch that starts from `tree`."""
        proved = self._proved(tree, sealed)
        arguments = settle_arguments(proved, shape_index=self._shapes.index(sealed.shape))
        data = self._chain.settle_data(arguments.as_list())
        receipt = self._send(self._chain.address, data)
        return Settled(
            what=what,
            shape=sealed.shape,
            orders=len(sealed.entries),
            fills=len(sealed.fills),
            requests=len(sealed.requests),
            gas=receipt,
            calldata=calldata_gas(data),
            verifier=self._verifier_gas(sealed.shape, proved.proof),
        )

    def _proved(self, tree: StateTree, sealed: SealedBatch) -> ProvedBatch:
        built = self._venue.built(sealed, before=tree)
        with tempfile.TemporaryDirectory() as folder:
            witness, out = Path(folder) / "witness", Path(folder) / "proof.json"
            witness.write_bytes(built.witness.SerializeToString())
            run("prove", "--shape", sealed.shape, "--witness", witness, "--out", out).check_returncode()
            fields = json.loads(out.read_text())
        names = ("proof", "h", "r", "y")
        proof = Proof(shape=sealed.shape, **{name: bytes.fromhex(fields[name][2:]) for name in names})
        return ProvedBatch(sealed, proof, old_root=tree.root, new_root=built.tree.root)

    def _send(self, to: str, data: bytes) -> int:
        node = self._chain.node
        call: TxParams = {
            "from": self._sender,
            "to": Web3.to_checksum_address(to),
            "data": data,
            "gas": 2**24,
        }  # type: ignore[typeddict-item]
        receipt = node.eth.wait_for_transaction_receipt(node.eth.send_transaction(call))
        if receipt["status"] != 1:
            raise RuntimeError("a settlement of the benchmark reverted")
        return int(receipt["gasUsed"])

    def _verifier_gas(self, shape: str, proof: Proof) -> int:
        """Execution of the verifier alone: a transaction to it, less its intrinsic gas."""
        address = dict(self._venue.deployment.verifiers)[shape]
        abi = [
            {
                "type": "function",
                "name": "verifyProof",
                "stateMutability": "view",
                "inputs": [{"name": "proof", "type": "bytes"}, {"name": "input", "type": "uint256[3]"}],
                "outputs": [],
            }
        ]
        verifier = self._chain.node.eth.contract(address=Web3.to_checksum_address(address), abi=abi)
        inputs = [int.from_bytes(each, "big") for each in (proof.h, proof.r, proof.y)]
        data = bytes.fromhex(verifier.encode_abi("verifyProof", args=[proof.proof, inputs])[2:])
        return self._send(address, data) - INTRINSIC - calldata_gas(data)


def calldata_gas(data: bytes) -> int:
    """4 gas a zero byte, 16 any other."""
    return sum(OTHER_BYTE if byte else ZERO_BYTE for byte in data)


def _orders(venue: Venue, accounts: Sequence[int], shape: Shape) -> tuple[list[SealedEntry], list[Fill]]:
    """As many signed orders and fills as the shape holds; buyers and sellers alternate."""
    rows = []
    for row in range(shape.orders):
        account = accounts[row % len(accounts)]
        action = "BUY GTC" if account % 2 == 0 else "SELL GTC"
        rows.append((account, venue.order(account, action, 1_000, TICKS, nonce=1_024 + row)))
    rows.sort(key=lambda pair: pair[0])  # nonces of one account rise already
    buys = [index for index, (account, _) in enumerate(rows) if account % 2 == 0]
    sells = [index for index, (account, _) in enumerate(rows) if account % 2 == 1]
    fills = [
        Fill(buys[row % len(buys)], sells[(row + row // len(buys)) % len(sells)], 1)
        for row in range(shape.fills)
    ]
    return [entry for _, entry in rows], fills


def measure(shape_names: Sequence[str]) -> list[Settled]:
    """For each shape: its requests full, its orders and fills full, and nothing at all."""
    found = []
    keys = [load_keys(name) for name in shape_names]
    with deployed(keys=keys) as (rpc_url, deployment):
        venue = Venue(rpc_url, deployment)
        yard = Yard(venue, shape_names)
        for name in shape_names:
            shape = shape_by_name(name)
            count = min(TRADERS, shape.requests // 2, shape.accounts - 2)
            accounts = [venue.open(DEPOSIT_E6) for _ in range(count)]
            for what in ("requests full", "orders and fills full", "empty"):
                entries, fills = _orders(venue, accounts, shape) if what.startswith("orders") else ([], [])
                before = venue.tree
                sealed = venue.seal(entries=entries, fills=fills, shape=name)
                found.append(yard.settle(what, before, sealed))
    return found
