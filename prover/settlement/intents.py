"""
What settlement means to send, written down before it is sent, and what has landed.

One SQLite file with full synchronisation: a row that `record` returned from is on the disk.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prover.durable import DurableFile
from prover.settlement.chain import Landed
from zkclear.service.fees import Fee

SCHEMA = """
CREATE TABLE IF NOT EXISTS intents (
    id INTEGER PRIMARY KEY, batch INTEGER NOT NULL, nonce INTEGER NOT NULL, hash BLOB NOT NULL UNIQUE,
    raw BLOB NOT NULL, max_fee TEXT NOT NULL, tip TEXT NOT NULL, gas INTEGER NOT NULL, recorded_s INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS intents_by_batch ON intents (batch);
CREATE INDEX IF NOT EXISTS intents_by_nonce ON intents (nonce);
CREATE TABLE IF NOT EXISTS settled (
    batch INTEGER PRIMARY KEY, hash BLOB NOT NULL, block INTEGER NOT NULL, gas_used INTEGER NOT NULL,
    new_root BLOB NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Intent:
    """One signed transaction for one batch. Replacements share batch, nonce and payload, and pay more."""

    batch: int
    nonce: int
    hash: bytes
    raw: bytes
    fee: Fee
    gas: int
    recorded_s: int


class IntentStore(DurableFile):
    """The durable memory of settlement; any thread may use it."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file."""
        super().__init__(path, schema=SCHEMA)

    def record(self, intent: Intent) -> None:
        """Writes an intent down for good. Only then may it be sent."""
        row = (
            intent.batch,
            intent.nonce,
            intent.hash,
            intent.raw,
            str(intent.fee.max_fee),
            str(intent.fee.tip),
            intent.gas,
            intent.recorded_s,
        )
        with self._lock, self._file:
            self._file.execute(
                "INSERT INTO intents (batch, nonce, hash, raw, max_fee, tip, gas, recorded_s)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )

    def of_batch(self, batch: int) -> list[Intent]:
        """All intents for a batch, oldest first."""
        return self._intents("batch = ? ORDER BY id", batch)

    def of_nonce(self, nonce: int) -> list[Intent]:
        """All intents with a nonce, oldest first: the next one must outbid them."""
        return self._intents("nonce = ? ORDER BY id", nonce)

    def _intents(self, where: str, value: int) -> list[Intent]:
        query = f"SELECT batch, nonce, hash, raw, max_fee, tip, gas, recorded_s FROM intents WHERE {where}"  # noqa: S608 - two literals above
        with self._lock:
            rows = self._file.execute(query, (value,)).fetchall()
        return [
            Intent(batch, nonce, hash_, raw, Fee(max_fee=int(max_fee), tip=int(tip)), gas, recorded_s)
            for batch, nonce, hash_, raw, max_fee, tip, gas, recorded_s in rows
        ]

    def settle(self, landed: Landed) -> None:
        """Keeps that a batch is final."""
        row = (
            landed.number,
            landed.transaction_hash,
            landed.block,
            landed.gas_used,
            landed.new_root.to_bytes(32, "big"),
        )
        with self._lock, self._file:
            self._file.execute("INSERT OR REPLACE INTO settled VALUES (?, ?, ?, ?, ?)", row)

    def settled(self, batch: int) -> Landed | None:
        """How a final batch landed."""
        query = "SELECT batch, hash, block, gas_used, new_root FROM settled WHERE batch = ?"
        with self._lock:
            row = self._file.execute(query, (batch,)).fetchone()
        if row is None:
            return None
        return Landed(row[0], row[1], row[2], row[3], int.from_bytes(row[4], "big"))

    def last_settled(self) -> int:
        """The newest batch known to be final; 0 if none."""
        with self._lock:
            (number,) = self._file.execute("SELECT COALESCE(MAX(batch), 0) FROM settled").fetchone()
        return int(number)
