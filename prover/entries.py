"""The signatures of a sealed batch, checked before a proof is spent on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zkclear.crypto.eip712 import Domain
from zkclear.crypto.entry import Listing, entry_digest
from zkclear.crypto.signatures import recover
from zkclear.rules.batch import Batch
from zkclear.v1.batch_pb2 import SealedBatch


@dataclass(frozen=True, slots=True)
class SigningContext:
    """What a digest depends on besides the entry."""

    domain: Domain
    listings: Sequence[Listing]
    asset: str


def require_signers(sealed: SealedBatch, batch: Batch, context: SigningContext) -> None:
    """
    Refuses a batch whose named signers are not those of its signatures: the contract recovers them itself, so such a
    batch could be proved, but never settled. Raises ValueError.
    """
    for index, (row, entry) in enumerate(zip(sealed.entries, batch.entries, strict=True)):
        recipient = int.from_bytes(row.recipient, "big") if row.recipient else None
        digest = entry_digest(
            context.domain, entry, listings=context.listings, asset=context.asset, recipient=recipient
        )
        signer = recover(digest, bytes(row.signature))
        if signer != entry.signer or signer == 0:
            raise ValueError(
                f"entry {index} of batch {sealed.number} was signed by {signer:#042x}, not by {entry.signer:#042x}"
            )
