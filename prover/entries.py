"""The signatures of a sealed batch, checked before a proof is spent on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from zkclear.crypto.eip712 import Domain
from zkclear.crypto.entry import Listing, entry_digest
from zkclear.crypto.signatures import recover
from zkclear.rules import actions
from zkclear.rules.batch import Batch
from zkclear.v1.batch_pb2 import SealedBatch


@dataclass(frozen=True, slots=True)
class SigningContext:
    """What a digest depends on besides the entry."""

    domain: Domain
    listings: Sequence[Listing]
    asset: str

    def with_listing(self, market: int, new: Listing) -> SigningContext:
        """Once market `market` has its rules: a new market has a digest from then on, that of an old one stays."""
        assert market <= len(self.listings), "the rules refused a gap between markets"
        return self if market < len(self.listings) else replace(self, listings=(*self.listings, new))


def require_signers(sealed: SealedBatch, batch: Batch, context: SigningContext) -> None:
    """
    Refuses a batch whose named signers are not those of its signatures: the contract recovers them itself, so such a
    batch could be proved, but never settled. A risk entry has no signature, and nothing else is without one.
    Raises ValueError.
    """
    for index, (row, entry) in enumerate(zip(sealed.entries, batch.entries, strict=True)):
        if actions.is_risk(entry.action):
            if row.signature or row.recipient or entry.signer != 0:
                raise ValueError(
                    f"entry {index} of batch {sealed.number} is a risk entry, which nobody signs, "
                    "but it has a signature, a signer or a recipient"
                )
            continue
        recipient = int.from_bytes(row.recipient, "big") if row.recipient else None
        digest = entry_digest(
            context.domain, entry, listings=context.listings, asset=context.asset, recipient=recipient
        )
        signer = recover(digest, bytes(row.signature))
        if signer != entry.signer or signer == 0:
            raise ValueError(
                f"entry {index} of batch {sealed.number} was signed by {signer:#042x}, not by {entry.signer:#042x}"
            )
