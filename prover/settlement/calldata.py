"""The arguments of `settle`, byte for byte as `docs/encoding.md` has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prover.proving.records import ProvedBatch
from zkclear.rules import actions
from zkclear.rules.words import ENTRY_WIDTHS, FILL_BYTES, OUTCOME_BYTES, unpack
from zkclear.v1.batch_pb2 import SealedEntry
from zkclear.v1.witness_pb2 import WitnessFill

WORD_BYTES = 32
SIGNATURE_BYTES = 64
ADDRESS_BYTES = 20
PROOF_BYTES = 384
ACTION_FIELD = 2


@dataclass(frozen=True, slots=True)
class SettleArguments:
    """What `settle` is called with; `header` in the order of its Solidity struct."""

    header: tuple[int, int, int, int, int, int, int, int, int, tuple[int, ...]]
    reports: bytes
    entries: bytes
    fills: bytes
    outcomes: bytes
    proof: bytes

    def as_list(self) -> list[object]:
        """In the order of the function's arguments."""
        return [self.header, self.reports, self.entries, self.fills, self.outcomes, self.proof]


def settle_arguments(batch: ProvedBatch, *, shape_index: int) -> SettleArguments:
    """The arguments for a proved batch; `shape_index` is the shape's place in the contract's list."""
    sealed = batch.sealed
    header = (
        sealed.number,
        sealed.timestamp_s,
        shape_index,
        len(sealed.entries),
        len(sealed.fills),
        len(sealed.requests),
        batch.old_root,
        batch.new_root,
        int.from_bytes(batch.proof.h, "big"),
        tuple(sealed.funding_steps),
    )
    return SettleArguments(
        header=header,
        reports=bytes(sealed.reports),
        entries=b"".join(_entry(index, entry) for index, entry in enumerate(sealed.entries)),
        fills=fills_bytes(sealed.fills),
        outcomes=b"".join(
            request.outcome.to_bytes(1, "big") + request.amount.to_bytes(OUTCOME_BYTES - 1, "big")
            for request in sealed.requests
        ),
        proof=_exact(bytes(batch.proof.proof), PROOF_BYTES, "proof"),
    )


def fills_bytes(fills: Sequence[WitnessFill]) -> bytes:
    """Ten bytes a fill: maker 2, taker 2, lots 6."""
    lots_bytes = FILL_BYTES - 4
    return b"".join(
        fill.maker.to_bytes(2, "big") + fill.taker.to_bytes(2, "big") + fill.lots.to_bytes(lots_bytes, "big")
        for fill in fills
    )


def _entry(index: int, entry: SealedEntry) -> bytes:
    """Word and signature; a WITHDRAW, and nothing else, is followed by its recipient; a risk entry is its word alone."""
    word = _exact(bytes(entry.word), WORD_BYTES, f"word of entry {index}")
    action = unpack(int.from_bytes(word, "big"), *ENTRY_WIDTHS)[ACTION_FIELD]
    signed = 0 if actions.is_risk(action) else SIGNATURE_BYTES
    signature = _exact(bytes(entry.signature), signed, f"signature of entry {index}")
    expected = ADDRESS_BYTES if action == actions.WITHDRAW else 0
    return word + signature + _exact(bytes(entry.recipient), expected, f"recipient of entry {index}")


def _exact(value: bytes, length: int, name: str) -> bytes:
    if len(value) != length:
        raise ValueError(f"the {name} must have {length} bytes, not {len(value)}")
    return value
