"""
Starts core, gateway and feed as processes, and ends all of them: nothing is left running.

On SIGTERM: feed and gateway first (no orders come in any more), then the core, which seals and flushes. If one of them
ends by itself, the others are ended too and the exit status says so.
"""

import multiprocessing
import os
import shutil
import signal
import tempfile
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path

import structlog

from sequencer.child import EXIT_CONFIGURATION, run_child
from sequencer.config import Configuration
from sequencer.feeds.settlement import SettlementReader
from zkclear.service.keys import load_key

PASSWORD_VARIABLE = "ZKCLEAR_SEQUENCER_PASSWORD"  # noqa: S105 - the name of the variable
STOP_LIMIT_S = 30
"""Sealing and flushing take a fraction of a second; a loaded machine gets more."""

log = structlog.get_logger()


class Stopped(Exception):  # noqa: N818 - a wish, not an error
    """SIGTERM or SIGINT arrived."""


def _raise_stopped(*_: object) -> None:
    raise Stopped


def supervise(configuration: Configuration, *, ready_file: Path | None = None) -> int:
    """Runs the sequencer until it is told to stop; gives the exit status."""
    account = load_key(
        configuration.sequencer.key_file,
        setting="sequencer.key_file",
        password_variable=PASSWORD_VARIABLE,
        chain_id=configuration.chain.id,
    )
    reader = SettlementReader(configuration.chain)
    record = reader.deployment()
    settled = reader.batch_number()
    folder = Path(tempfile.mkdtemp(prefix="zkclear-sequencer-"))
    path = folder / "core.sock"
    spawn = multiprocessing.get_context("spawn")
    children: list[SpawnProcess] = []
    status = 0
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _raise_stopped)
    try:
        for name, function, arguments in (
            (
                "core",
                ("sequencer.core.server", "run_core"),
                (record, path, settled, int.from_bytes(account.key, "big")),
            ),
            ("gateway", ("sequencer.gateway.server", "run_gateway"), (record, str(path), ready_file)),
            ("feed", ("sequencer.feeds.l1", "run_feed"), (str(path),)),
        ):
            child = spawn.Process(target=run_child, name=name, args=(*function, configuration, *arguments))
            child.start()
            children.append(child)
        ready = wait([child.sentinel for child in children])
        ended = [child for child in children if child.sentinel in ready]
        for child in ended:
            child.join()  # the sentinel is a moment ahead of the exit status
            log.error("process ended", name=child.name, status=child.exitcode)
        status = EXIT_CONFIGURATION if EXIT_CONFIGURATION in {child.exitcode for child in ended} else 1
    except Stopped:
        log.info("stopping")
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        for child in reversed(children):
            ended_badly = _end(child)
            status = status or ended_badly
        shutil.rmtree(folder)
    return status


def _end(child: SpawnProcess) -> int:
    """Ends a process and waits for it; gives 1 if it had to be killed or ended badly. SIGTERM may find it just born."""
    if child.is_alive():
        assert child.pid is not None, "it was started"
        os.kill(child.pid, signal.SIGTERM)
    child.join(STOP_LIMIT_S)
    if child.is_alive():
        log.error("process did not stop and is killed", name=child.name)
        child.kill()
        child.join()
    return 0 if child.exitcode in {0, -signal.SIGTERM} else 1
