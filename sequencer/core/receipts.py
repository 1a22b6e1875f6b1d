"""The chain of receipts: one for every action that was sequenced, each naming the one before it."""

from dataclasses import dataclass

from coincurve import PrivateKey

from zkclear.crypto.eip712 import Domain, receipt_digest, receipt_struct_hash
from zkclear.crypto.keccak import keccak256
from zkclear.crypto.signatures import address_of, to_compact
from zkclear.v1 import receipt_pb2

FIRST = bytes(32)
"""`previous` of receipt 1."""


@dataclass(frozen=True, slots=True)
class Link:
    """A receipt without its signature, which is deterministic and made when the receipt is shown."""

    sequence: int
    action: bytes
    result: bytes
    previous: bytes
    time_us: int
    result_bytes: bytes


class Receipts:
    """All receipts so far. The key signs, and the chain does not depend on it. While replaying, nothing is signed."""

    def __init__(self, domain: Domain, private_key: int) -> None:
        self.signer = address_of(private_key)
        self.is_replaying = False
        self._domain = domain
        self._key = PrivateKey(private_key.to_bytes(32, "big"))  # made once: it costs as much as a signature
        self._links: list[Link] = []
        self._newest = FIRST

    def __len__(self) -> int:
        return len(self._links)

    def add(self, action: bytes, result: receipt_pb2.ActionResult, *, time_us: int) -> Link:
        """Appends the receipt of an action."""
        result_bytes = result.SerializeToString(deterministic=True)
        link = Link(
            sequence=len(self._links) + 1,
            action=action,
            result=keccak256(result_bytes),
            previous=self._newest,
            time_us=time_us,
            result_bytes=result_bytes,
        )
        self._newest = receipt_struct_hash(
            sequence=link.sequence,
            action=action,
            result=link.result,
            previous=link.previous,
            time_us=time_us,
        )
        self._links.append(link)
        return link

    def result(self, sequence: int) -> receipt_pb2.ActionResult:
        """What a receipt says."""
        return receipt_pb2.ActionResult.FromString(self._links[sequence - 1].result_bytes)

    def show(self, sequence: int) -> receipt_pb2.Receipt | None:
        """The signed receipt, or None if there is none with this number."""
        if not 1 <= sequence <= len(self._links):
            return None
        link = self._links[sequence - 1]
        digest = receipt_digest(
            self._domain,
            sequence=link.sequence,
            action=link.action,
            result=link.result,
            previous=link.previous,
            time_us=link.time_us,
        )
        return receipt_pb2.Receipt(
            sequence=link.sequence,
            action=link.action,
            result=link.result,
            previous=link.previous,
            time_us=link.time_us,
            signature=b"" if self.is_replaying else self._sign(digest),
            result_bytes=link.result_bytes,
        )

    def _sign(self, digest: bytes) -> bytes:
        raw = self._key.sign_recoverable(digest, hasher=None)
        return to_compact(raw[:64] + bytes([27 + raw[64]]))
