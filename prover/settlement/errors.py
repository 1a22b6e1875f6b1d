"""What a reverting contract says, as a sentence with its values."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from eth_abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils import keccak
from web3.exceptions import ContractLogicError

from prover.settlement.artifacts import contract_abi

SELECTOR_BYTES = 4
BUILT_IN = {
    "Error": ("Error(string)", ("string",), ("message",)),
    "Panic": ("Panic(uint256)", ("uint256",), ("code",)),
}
"""What Solidity itself reverts with."""
OF_VERIFIERS = ("PublicInputNotInField", "ProofInvalid", "CommitmentInvalid")
"""What gnark's verifiers revert with, without values."""


class SettlementError(Exception):
    """The chain does not do what was asked; the text says why."""


class ContractError(SettlementError):
    """The contract reverted: the name of its custom error and the values that disagree."""

    def __init__(self, name: str, values: Mapping[str, Any], *, doing: str) -> None:
        self.name = name
        self.values = dict(values)
        said = ", ".join(f"{key} {value}" for key, value in self.values.items())
        super().__init__(f"{doing} reverts with {name}({said})")


class UnsafeKeysError(SettlementError):
    """Keys that must not be used here."""


class ChainMismatchError(SettlementError):
    """The chain is another one, or holds another history, than the prover's own records."""


@cache
def _known() -> dict[bytes, tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Selector -> name, types and names of the values."""
    known = {}
    for name, (signature, types, names) in BUILT_IN.items():
        known[keccak(text=signature)[:SELECTOR_BYTES]] = (name, types, names)
    for name in OF_VERIFIERS:
        known[keccak(text=f"{name}()")[:SELECTOR_BYTES]] = (name, (), ())
    for contract in ("Settlement", "DevToken"):
        for entry in contract_abi(contract):
            if entry["type"] == "error":
                types = tuple(value["type"] for value in entry["inputs"])
                names = tuple(value["name"] for value in entry["inputs"])
                selector = keccak(text=f"{entry['name']}({','.join(types)})")[:SELECTOR_BYTES]
                known[selector] = (entry["name"], types, names)
    return known


def decode_revert(data: bytes, *, doing: str) -> ContractError:
    """The custom error in revert data; an unknown one keeps its bytes."""
    found = _known().get(data[:SELECTOR_BYTES])
    if found is not None:
        name, types, names = found
        try:
            values = decode(types, data[SELECTOR_BYTES:])
        except DecodingError:
            found = None
        else:
            return ContractError(name, dict(zip(names, values, strict=True)), doing=doing)
    text = f"0x{data.hex()}" if data else "no reason, as when gas runs out or a verifier refuses"
    return ContractError("unknown error", {"data": text}, doing=doing)


def contract_error(cause: ContractLogicError, *, doing: str) -> ContractError:
    """The error behind what web3 raises."""
    data = cause.data
    if isinstance(data, Mapping):
        data = data.get("data", "")
    text = data if isinstance(data, str) else ""
    return decode_revert(
        bytes.fromhex(text.removeprefix("0x")) if text.startswith("0x") else b"", doing=doing
    )
