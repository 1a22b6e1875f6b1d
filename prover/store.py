"""
Everything that a restart needs: sealed batches, witnesses, proofs, and how far each batch has come.

One SQLite file with full synchronisation: what a method wrote is on the disk when it returns.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prover.durable import DurableFile
from zkclear.v1.batch_pb2 import Proof, SealedBatch

SCHEMA = """
CREATE TABLE IF NOT EXISTS identity (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS batches (
    number INTEGER PRIMARY KEY, sealed BLOB NOT NULL, old_root BLOB, new_root BLOB,
    witness BLOB, witness_us INTEGER NOT NULL DEFAULT 0, proof BLOB, prove_us INTEGER NOT NULL DEFAULT 0,
    reported INTEGER NOT NULL DEFAULT 0
);
"""


class StoreError(Exception):
    """The data folder belongs to another deployment, or a batch changed."""


@dataclass(frozen=True, slots=True)
class Proved:
    """A verified proof with what was measured on the way."""

    proof: Proof
    old_root: int
    new_root: int
    witness_us: int
    prove_us: int


class BatchStore(DurableFile):
    """The prover's durable memory; any thread may use it."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file."""
        super().__init__(path, schema=SCHEMA)

    def require_identity(self, identity: dict[str, str]) -> None:
        """Marks a new file with the deployment it belongs to, and refuses the file of another one."""
        with self._lock, self._file:
            known = dict(self._file.execute("SELECT name, value FROM identity").fetchall())
            if not known:
                self._file.executemany("INSERT INTO identity VALUES (?, ?)", identity.items())
                return
        for name, value in identity.items():
            if known.get(name) != value:
                raise StoreError(
                    f"the data folder belongs to {name} {known.get(name)}, the configuration says {value}; "
                    "use another prover.data_path for another deployment"
                )

    def add(self, sealed: SealedBatch) -> None:
        """Keeps a sealed batch. The same one again is no harm; another one with its number is refused."""
        content = sealed.SerializeToString(deterministic=True)
        with self._lock, self._file:
            self._file.execute(
                "INSERT OR IGNORE INTO batches (number, sealed) VALUES (?, ?)", (sealed.number, content)
            )
            (kept,) = self._file.execute(
                "SELECT sealed FROM batches WHERE number = ?", (sealed.number,)
            ).fetchone()
        if kept != content:
            raise StoreError(f"the sequencer gave two different batches {sealed.number}")

    def remove(self, number: int) -> None:
        """Forgets a batch that the rules refused."""
        self._write("DELETE FROM batches WHERE number = ? AND proof IS NULL", number)

    def sealed(self, number: int) -> SealedBatch | None:
        """A sealed batch."""
        row = self._one("SELECT sealed FROM batches WHERE number = ?", number)
        return SealedBatch.FromString(row[0]) if row is not None else None

    def oldest_time(self, *, after: int, proved: bool) -> int | None:
        """The timestamp of the oldest batch behind `after` with, or without, a proof; None if there is none."""
        row = self._one(
            "SELECT sealed FROM batches WHERE number > ? AND (proof IS NOT NULL) = ? ORDER BY number LIMIT 1",
            *(after, proved),
        )
        return SealedBatch.FromString(row[0]).timestamp_s if row is not None else None

    def roots(self, number: int) -> tuple[int, int] | None:
        """The roots before and after a batch, once they were computed."""
        row = self._one("SELECT old_root, new_root FROM batches WHERE number = ?", number)
        if row is None or row[1] is None:
            return None
        return int.from_bytes(row[0], "big"), int.from_bytes(row[1], "big")

    def keep_roots(self, number: int, *, old_root: int, new_root: int) -> None:
        """Keeps the roots of a batch that needs no witness here (any more)."""
        self._write(
            "UPDATE batches SET old_root = ?, new_root = ? WHERE number = ?",
            *(old_root.to_bytes(32, "big"), new_root.to_bytes(32, "big"), number),
        )

    def keep_witness(
        self, number: int, *, witness: bytes, old_root: int, new_root: int, witness_us: int
    ) -> None:
        """Keeps a batch's witness, ready to be proved."""
        self._write(
            "UPDATE batches SET witness = ?, old_root = ?, new_root = ?, witness_us = ? WHERE number = ?",
            *(witness, old_root.to_bytes(32, "big"), new_root.to_bytes(32, "big"), witness_us, number),
        )

    def witness(self, number: int) -> bytes | None:
        """A batch's witness."""
        row = self._one("SELECT witness FROM batches WHERE number = ?", number)
        return row[0] if row is not None else None

    def forget_witness(self, number: int) -> None:
        """A settled batch is never proved again; its witness is by far its largest part."""
        self._write("UPDATE batches SET witness = NULL WHERE number = ?", number)

    def keep_proof(self, number: int, *, proof: Proof, prove_us: int) -> None:
        """Keeps a verified proof. The first one stays: a payload that was signed must not change."""
        self._write(
            "UPDATE batches SET proof = ?, prove_us = ? WHERE number = ? AND proof IS NULL",
            *(proof.SerializeToString(), prove_us, number),
        )

    def proved(self, number: int) -> Proved | None:
        """A batch's proof, if there is one."""
        row = self._one(
            "SELECT proof, old_root, new_root, witness_us, prove_us FROM batches WHERE number = ?", number
        )
        if row is None or row[0] is None:
            return None
        old_root, new_root = (int.from_bytes(root, "big") for root in row[1:3])
        return Proved(Proof.FromString(row[0]), old_root, new_root, witness_us=row[3], prove_us=row[4])

    def reported(self, number: int) -> int:
        """The highest status of a batch that the sequencer has confirmed; 0 if none."""
        row = self._one("SELECT reported FROM batches WHERE number = ?", number)
        return int(row[0]) if row is not None else 0

    def keep_reported(self, number: int, status: int) -> None:
        """Keeps that the sequencer knows."""
        self._write("UPDATE batches SET reported = MAX(reported, ?) WHERE number = ?", status, number)

    def unreported(self, status: int, *, limit: int) -> list[int]:
        """Batches of which the sequencer does not know yet that they came as far as `status`."""
        with self._lock:
            rows = self._file.execute(
                "SELECT number FROM batches WHERE reported < ? ORDER BY number LIMIT ?", (status, limit)
            ).fetchall()
        return [row[0] for row in rows]

    def _one(self, query: str, *values: object) -> tuple | None:
        with self._lock:
            return self._file.execute(query, values).fetchone()

    def _write(self, query: str, *values: object) -> None:
        with self._lock, self._file:
            self._file.execute(query, values)
