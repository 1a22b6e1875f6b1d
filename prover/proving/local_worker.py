"""A worker on this machine: a child process that is started again when it dies and ended with the service."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

import structlog

FIRST_PAUSE_S = 1
LONGEST_PAUSE_S = 60
STOP_LIMIT_S = 10
"""A worker gives its job back at once; only a hanging one needs longer."""

log = structlog.get_logger("prover.worker")


class LocalWorker:
    """One `zkclear-circuits worker`, watched by a thread."""

    def __init__(
        self,
        *,
        program: Path,
        address: str,
        name: str,
        shapes: Sequence[str],
        keys_path: Path | None = None,
        certificates: Sequence[str] = (),
    ) -> None:
        command = [str(program), "worker", "--prover", address, "--name", name, "--shapes", ",".join(shapes)]
        if keys_path is not None:
            command += ["--keys", str(keys_path)]
        self._command = [*command, *certificates]
        self._name = name
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._watch, name=f"worker {name}", daemon=True)

    def start(self) -> None:
        """Starts the worker and its watcher."""
        self._thread.start()

    @property
    def process_id(self) -> int | None:
        """The running worker's process id."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def _watch(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            with self._lock:
                if self._stopping.is_set():
                    return
                # In the service's own group: whoever ends that for good ends the worker too.
                self._process = subprocess.Popen(self._command)  # noqa: S603 - our own program
            status = self._process.wait()
            # Ctrl-C reaches both; the service may hear of it a moment later than the worker.
            if self._stopping.wait(pause_s):
                return
            log.error("worker ended, starting it again", worker=self._name, status=status)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def stop(self) -> None:
        """Ends the worker: politely, then for good."""
        with self._lock:
            self._stopping.set()
            process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._thread.ident is not None:
            self._thread.join()
