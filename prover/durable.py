"""A small SQLite file whose writes are on the disk when they return: the one place that says how it is opened."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path


class DurableFile:
    """Full synchronisation; any thread may use it, under `_lock`. A subclass brings its schema."""

    def __init__(self, path: Path, *, schema: str) -> None:
        """Opens or creates the file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.executescript(schema)

    def close(self) -> None:
        """Lets the file go."""
        with self._lock:
            self._file.close()
