"""What leaves this room: a batch with a proof that was verified here."""

from dataclasses import dataclass

from zkclear.v1.batch_pb2 import Proof, SealedBatch


@dataclass(frozen=True, slots=True)
class ProvedBatch:
    """Everything that settling a batch takes."""

    sealed: SealedBatch
    proof: Proof
    old_root: int
    new_root: int

    @property
    def number(self) -> int:
        """The batch's number."""
        return int(self.sealed.number)
