"""The function behind each `call` of the crypto vectors, on plain values: one table for the generator and for pytest."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.vectors import records
from tests.vectors.records import Plain
from zkclear.crypto import bind, eip712, poseidon2, signatures, sparse_tree, tree
from zkclear.crypto.entry import Listing, entry_digest
from zkclear.crypto.groth16 import ProofRejected, Verifier, verifying_key
from zkclear.rules.batch import Entry
from zkclear.rules.reject import Rejected
from zkclear.rules.state import Slot

MALFORMED = "MALFORMED"
"""The one reason of a value that no honest program makes (ValueError)."""


def decode(value: Any) -> Any:
    """A vector's value as Python has it: decimal strings as int, 0x-hex as bytes."""
    if isinstance(value, str):
        if value.startswith("0x"):
            return bytes.fromhex(value[2:])
        return int(value) if value.removeprefix("-").isdecimal() else value
    if isinstance(value, Mapping):
        return {key: decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [decode(item) for item in value]
    return value


def _slots(rows: list[list[int]]) -> dict[int, Slot]:
    return {number: Slot(nonce, filled) for number, nonce, filled in rows}


def _empty_root(plain: Plain) -> int:
    return sparse_tree.SparseTree(plain["depth"], empty_leaf=plain["leaf"]).root


def _tree(plain: Plain) -> Plain:
    """Root and one path of a tree with some leaves set."""
    built = sparse_tree.SparseTree(plain["depth"], empty_leaf=plain["empty_leaf"])
    built.update(dict(plain["leaves"]))
    return {"root": built.root, "path": list(built.path(plain["index"]))}


def _bind(plain: Plain) -> Plain:
    binding = bind.bind(plain["words"])
    return {"h": binding.h, "r": binding.r, "y": binding.y}


def _domain(plain: Plain) -> eip712.Domain:
    return eip712.Domain(plain["chain_id"], plain["contract"])


def _typed(digest: Callable[..., bytes]) -> Callable[[Plain], bytes]:
    def call(plain: Plain) -> bytes:
        fields = {key: value for key, value in plain.items() if key not in ("chain_id", "contract")}
        return digest(_domain(plain), **fields)

    return call


def _entry(plain: Plain) -> bytes:
    return entry_digest(
        _domain(plain),
        Entry(**plain["entry"]),
        listings=[Listing(*row) for row in plain["listings"]],
        asset=plain["asset"],
        recipient=plain["recipient"],
    )


@cache
def verifier(name: str) -> Verifier:
    """The verifier under the key of a sample of tests/vectors/groth16."""
    sample = json.loads((Path(__file__).parent / "groth16" / f"{name}.json").read_text())
    return Verifier(verifying_key(sample["verifying_key"]))


def _verify(plain: Plain) -> bool:
    verifier(plain["key"]).check(plain["proof"], plain["inputs"])
    return True


CALLS: dict[str, Callable[[Plain], Any]] = {
    "permute": lambda v: list(poseidon2.permute(v["state"])),
    "compress": lambda v: poseidon2.compress(*v["children"]),
    "sponge": lambda v: poseidon2.sponge(v["tag"], v["elements"]),
    "slot_leaf": lambda v: tree.slot_leaf(Slot(v["nonce"], v["filled"])),
    "slots_root": lambda v: tree.slots_root(_slots(v["slots"])),
    "account_leaf": lambda v: tree.account_leaf(records.account_from_plain(v["account"])),
    "market_config_hash": lambda v: tree.market_config_hash(records.config_from_plain(v["config"])),
    "market_live_word": lambda v: tree.market_live_word(records.market_from_plain(v["market"])),
    "state_root": lambda v: tree.state_root(
        records.state_from_plain(v["state"]), account_depth=v["account_depth"]
    ),
    "empty_root": _empty_root,
    "sparse_tree": _tree,
    "root_from_path": lambda v: sparse_tree.root_from_path(
        v["leaf"], v["index"], v["siblings"], depth=v["depth"]
    ),
    "words_hash": lambda v: bind.words_hash(v["words"]),
    "challenge": lambda v: bind.challenge(v["words"], v["h"]),
    "horner": lambda v: bind.horner(v["words"], v["r"]),
    "bind": _bind,
    "circuit_id": lambda v: bind.circuit_id(v["code_hashes"]),
    "domain_word": lambda v: bind.domain_word(
        chain_id=v["chain_id"], contract=v["contract"], circuit_id=v["circuit_id"]
    ),
    "domain_separator": lambda v: _domain(v).separator,
    "order": _typed(eip712.order_digest),
    "stop_order": _typed(eip712.stop_order_digest),
    "cancel_order": _typed(eip712.cancel_order_digest),
    "cancel_all": _typed(eip712.cancel_all_digest),
    "schedule_cancel": _typed(eip712.schedule_cancel_digest),
    "withdraw": _typed(eip712.withdraw_digest),
    "transfer": _typed(eip712.transfer_digest),
    "authorize_agent": _typed(eip712.authorize_agent_digest),
    "revoke_agent": _typed(eip712.revoke_agent_digest),
    "read_access": _typed(eip712.read_access_digest),
    "price_report": _typed(eip712.price_report_digest),
    "receipt": _typed(eip712.receipt_digest),
    "entry_digest": _entry,
    "sign": lambda v: signatures.sign(v["digest"], v["private_key"]),
    "verify": _verify,
    "recover": lambda v: signatures.recover(v["digest"], v["signature"]),
}


def case(call: str, *flags: str, **inputs: Any) -> dict[str, Any]:
    """One case: the answer to these inputs, or the reason of the refusal."""
    row: dict[str, Any] = {"call": call, "flags": list(flags), "in": inputs}
    try:
        row["out"] = CALLS[call](inputs)
    except Rejected as refusal:
        row["reject"] = str(refusal.reason)
    except ProofRejected as refusal:
        row["reject"] = str(refusal.fault)
    except (ValueError, IndexError):
        row["reject"] = MALFORMED
    return row
