"""
One append-only file of records, each one group commit, chained by checksum.

File: 8 bytes of magic, then records: length 4, checksum of the payload 4, checksum of those two 4, payload. Both
checksums continue that of the head before, so that no record can be lost, doubled or moved unseen. A record that ends beyond
the file was never acknowledged, because acknowledging waits for `fdatasync`: it is dropped. Anything else that does not
fit is damage to acknowledged data, and then the journal refuses and says where.
"""

import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self
from zlib import crc32

MAGIC = b"ZKCJRNL1"
HEAD = struct.Struct(">III")
PAYLOAD_BOUND = 1 << 28
"""Far above a group commit (every waiting client times the largest message)."""
NAME = "commands.log"


class JournalError(Exception):
    """The journal cannot be used; the message says where and what to do."""


class Journal:
    """The log of one sequencer. Exactly one process has it open."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / NAME
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as cause:
            os.close(self._file)
            raise JournalError(
                f"{self.path} is in use by another sequencer: stop it or choose another journal.path"
            ) from cause
        self.records = 0
        self.dropped_bytes = 0
        self._checksum = 0
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Gives the file free. What is not committed is not kept."""
        os.close(self._file)

    def replay(self) -> Iterator[bytes]:
        """Every record from the start; afterwards the journal is ready to append. To be read to its end, once."""
        with open(os.dup(self._file), "rb") as stream:  # noqa: PTH123 - the locked descriptor, not the path
            stream.seek(0)
            if not self._begin(stream.read(len(MAGIC))):
                return
            size = os.fstat(self._file).st_size
            position = len(MAGIC)
            while (payload := self._next(stream.read(HEAD.size), stream, position, size)) is not None:
                position += HEAD.size + len(payload)
                self.records += 1
                yield payload
            self._cut(position, size)

    def _begin(self, magic: bytes) -> bool:
        """Whether there is anything to read; a new file gets its magic."""
        if magic == MAGIC:
            return True
        if not MAGIC.startswith(magic):
            raise JournalError(f"{self.path} does not begin like a journal of this version: restore it")
        os.pwrite(self._file, MAGIC, 0)
        os.fdatasync(self._file)
        self._sync_folder()
        self._cut(len(MAGIC), len(MAGIC))
        return False

    def _next(self, head: bytes, stream: BinaryIO, position: int, size: int) -> bytes | None:
        """The payload at `position`, or None at the end of what was acknowledged."""
        if len(head) < HEAD.size:
            return None
        length, checksum, head_checksum = HEAD.unpack(head)
        if head_checksum != crc32(head[:8], self._checksum):
            if not any(head) and self._only_zeros(position, size):
                return None  # the file grew, and nothing was written there
            raise self._damaged(position, "the head of a record")
        if position + HEAD.size + length > size:
            return None
        payload = stream.read(length)
        if crc32(payload, self._checksum) != checksum:
            raise self._damaged(position, "a record")
        self._checksum = head_checksum
        return payload

    def _only_zeros(self, position: int, size: int) -> bool:
        return not any(os.pread(self._file, size - position, position))

    def _damaged(self, position: int, what: str) -> JournalError:
        return JournalError(
            f"{self.path} is damaged: {what} at byte {position} (record {self.records}) does not match its "
            "checksum; restore the file from a copy"
        )

    def _cut(self, position: int, size: int) -> None:
        """Ends the file where the acknowledged part ends."""
        self.dropped_bytes = size - position
        if self.dropped_bytes:
            os.ftruncate(self._file, position)
            os.fdatasync(self._file)
        self._size = position

    def _sync_folder(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)

    def commit(self, payload: bytes) -> None:
        """Appends one record and returns when it is on the disk. A failure leaves no doubt: it is raised."""
        if len(payload) >= PAYLOAD_BOUND:
            raise JournalError(f"a group of {len(payload)} bytes is too large for one record")
        body = len(payload).to_bytes(4, "big") + crc32(payload, self._checksum).to_bytes(4, "big")
        checksum = crc32(body, self._checksum)
        record = body + checksum.to_bytes(4, "big") + payload
        written = os.pwrite(self._file, record, self._size)
        if written != len(record):
            raise JournalError(f"{self.path}: only {written} of {len(record)} bytes could be written")
        os.fdatasync(self._file)
        self._size += written
        self._checksum = checksum
        self.records += 1
