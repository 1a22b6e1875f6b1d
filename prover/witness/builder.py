"""
The witness of a batch: each row with its path in the tree as it stands when the circuit replaces that row.

Circuit reader: `circuits/batch/assign.go`. Wire format: `proto/zkclear/v1/witness.proto`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from prover.witness.markets import market_rows
from prover.witness.risks import change_rows, risk_rows
from zkclear.crypto.sparse_tree import SparseTree
from zkclear.crypto.state_tree import StateTree
from zkclear.crypto.tree import account_leaf, slot_leaf
from zkclear.rules.batch import Batch, RequestKind
from zkclear.rules.closing import ClosingClass
from zkclear.rules.risks import count_risks
from zkclear.rules.shapes import Shape
from zkclear.rules.state import Account
from zkclear.rules.transition import Clearing, clear
from zkclear.rules.units import AccountId
from zkclear.rules.words import batch_words, entry_word, request_word
from zkclear.v1 import witness_pb2 as pb

NONE = -1
"""An index of the witness that points nowhere."""
CLASSES = {
    ClosingClass.UNCHANGED: pb.CLOSING_CLASS_UNCHANGED,
    ClosingClass.HEALTHY: pb.CLOSING_CLASS_HEALTHY,
    ClosingClass.REDUCED: pb.CLOSING_CLASS_REDUCED,
}


@dataclass(frozen=True, slots=True)
class Built:
    """
    A witness, and the version of the tree that the batch leads to.

    `words` is the vector that contract and proof agree on. The tree that the batch started from is unchanged:
    whoever keeps it can go back to it.
    """

    witness: pb.Witness
    clearing: Clearing
    tree: StateTree
    words: tuple[int, ...]


def build_witness(tree: StateTree, batch: Batch, *, shape: Shape, domain: int) -> Built:
    """
    Apply `batch` to the state of `tree` by the rules, and write down what the circuit needs to see the same.

    Raises `Rejected` if the rules refuse the batch, ValueError if it does not fit the shape.
    """
    clearing = clear(tree.state, batch)
    _require_fit(batch, clearing, shape)
    after = tree.fork()
    after.apply(clearing.state, clearing.openings)
    entries, slot_trees = _entry_rows(tree, batch, clearing)
    accounts, accounts_root = _account_rows(tree, batch, clearing, slot_trees)
    assert accounts_root == after.accounts.root, "row by row and all at once, the tree is the same"
    words = batch_words(batch, shape, domain=domain, old_root=tree.root, new_root=after.root)
    witness = pb.Witness(
        shape=shape.name,
        domain=element(domain),
        number=batch.number,
        timestamp_s=batch.timestamp,
        first_request=batch.first_request,
        old_root=element(tree.root),
        new_root=element(after.root),
        old_timestamp_s=tree.state.timestamp,
        old_funding_dust=tree.state.funding_dust,
        markets=market_rows(tree.state, batch),
        accounts=accounts,
        entries=entries,
        fills=[pb.WitnessFill(maker=fill.maker, taker=fill.taker, lots=fill.lots) for fill in batch.fills],
        requests=_request_rows(batch, clearing),
        risks=risk_rows(clearing, _rows(clearing)),
        market_changes=change_rows(batch),
    )
    return Built(witness=witness, clearing=clearing, tree=after, words=tuple(words))


def element(value: int) -> bytes:
    """A field element or word: 32 bytes, big endian."""
    return value.to_bytes(32, "big")


def address(value: int) -> bytes:
    """An address: 20 bytes."""
    return value.to_bytes(20, "big")


def _require_fit(batch: Batch, clearing: Clearing, shape: Shape) -> None:
    given = {
        "orders": len(batch.entries),
        "fills": len(batch.fills),
        "accounts": len(clearing.openings),
        "requests": len(batch.requests),
        "risks": count_risks(batch),
    }
    if not shape.fits(**given):
        rows = ", ".join(f"{count} of {getattr(shape, name)} {name}" for name, count in given.items())
        raise ValueError(f"batch {batch.number} does not fit shape {shape.name}: {rows}")
    markets = len(clearing.markets)
    if markets != shape.markets:
        raise ValueError(f"shape {shape.name} has {shape.markets} market rows, the state has {markets}")


def _rows(clearing: Clearing) -> dict[AccountId, int]:
    """Row of each opened account; ids increase, so rows 0 and 1 are accounts 0 and 1."""
    return {account: row for row, account in enumerate(sorted(clearing.openings))}


def _entry_rows(
    tree: StateTree, batch: Batch, clearing: Clearing
) -> tuple[list[pb.WitnessEntry], dict[AccountId, SparseTree]]:
    """Entries with their slot paths, each after the entries before it; and the slot trees that result."""
    rows = _rows(clearing)
    slot_trees: dict[AccountId, SparseTree] = {}
    out = []
    for entry in batch.entries:
        slots = slot_trees.setdefault(entry.account, tree.slots(entry.account))
        stored = clearing.openings[entry.account].stored.slot(entry.slot)
        out.append(
            pb.WitnessEntry(
                word=element(entry_word(entry)),
                signer=address(entry.signer),
                account_row=rows[entry.account],
                stored_nonce=stored.nonce,
                stored_filled=stored.filled,
                siblings=_path(slots, entry.slot),
            )
        )
        slots.set(entry.slot, slot_leaf(clearing.closings[entry.account].slot(entry.slot)))
    return out, slot_trees


def _account_rows(
    tree: StateTree, batch: Batch, clearing: Clearing, slot_trees: dict[AccountId, SparseTree]
) -> tuple[list[pb.WitnessAccount], int]:
    """Opened accounts with their paths, each after the accounts before it; and the root that results."""
    accounts = tree.accounts.fork()
    out = []
    for number in sorted(clearing.openings):
        opening = clearing.openings[number]
        old_slots = tree.slots(number).root
        new_slots = slot_trees[number].root if number in slot_trees else old_slots
        row = _stored_row(opening.stored, listed=tree.state.listed)
        row.id = number
        row.is_new = opening.is_new
        row.slots_root = element(old_slots)
        row.new_slots_root = element(new_slots)
        row.siblings.extend(_path(accounts, number))
        row.closing = CLASSES[clearing.classes[number]]
        _point_to_rows(row, batch, number)
        out.append(row)
        accounts.set(number, account_leaf(clearing.closings[number], slots=new_slots))
    return out, accounts.root


def _stored_row(account: Account, *, listed: int) -> pb.WitnessAccount:
    """What the stored leaf holds; positions in unlisted markets do not travel, they are zero."""
    return pb.WitnessAccount(
        owner=address(account.owner),
        agent=address(account.agent),
        agent_until_s=account.agent_until,
        collateral=account.collateral,
        sizes=[position.size for position in account.positions[:listed]],
        funding_indexes=[position.funding_index for position in account.positions[:listed]],
    )


def _point_to_rows(row: pb.WitnessAccount, batch: Batch, account: AccountId) -> None:
    """Point to the account's last entry and to its request of each kind; of several deposits, to the last."""
    row.last_entry = _last([entry.account == account for entry in batch.entries])
    row.open_request = _last(_asks(batch, account, RequestKind.OPEN))
    row.deposit_request = _last(_asks(batch, account, RequestKind.DEPOSIT))
    row.agent_request = _last(_asks(batch, account, RequestKind.AGENT))
    row.withdraw_request = _last(_asks(batch, account, RequestKind.WITHDRAW))


def _asks(batch: Batch, account: AccountId, kind: RequestKind) -> list[bool]:
    return [request.account == account and request.kind is kind for request in batch.requests]


def _last(marks: Sequence[bool]) -> int:
    """Index of the last mark, or NONE."""
    return max((index for index, mark in enumerate(marks) if mark), default=NONE)


def _request_rows(batch: Batch, clearing: Clearing) -> list[pb.WitnessRequest]:
    rows = _rows(clearing)
    return [
        pb.WitnessRequest(
            payload=element(request_word(request)),
            outcome=outcome.code,
            amount=outcome.amount,
            account_row=rows[request.account],
        )
        for request, outcome in zip(batch.requests, clearing.outcomes, strict=True)
    ]


def _path(tree: SparseTree, index: int) -> list[bytes]:
    return [element(sibling) for sibling in tree.path(index)]
