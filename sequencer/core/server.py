"""
The core's process: a loop around the machine that knows sockets, the clock and the journal.

Everything that arrived is one group: applied in order, journalled with one flush, and only then answered. A command that
stops the machine with an error was never journalled and never answered.
"""

import gc
import os
import selectors
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from sequencer.config import Configuration
from sequencer.core.commands import Begin, Command, Configure, Seal, Tick, unpack
from sequencer.core.counters import Counters
from sequencer.core.machine import Answer, Machine, encode_record
from sequencer.core.questions import QUESTIONS
from sequencer.core.refusals import Refused
from sequencer.core.settings import Settings
from sequencer.journal.journal import Journal
from sequencer.wire import READ_BYTES, UNASKED, BrokenFrameError, FrameReader, encode
from zkclear import __version__
from zkclear.service.configuration import ConfigurationError
from zkclear.service.metrics import metrics_served
from zkclear.v1 import admin_pb2

POLL_MS = 20
"""How late a tick of the clock may be when nothing else happens."""
SHOW_EVERY_US = 1_000_000
CONNECTIONS_BOUND = 16
"""One gateway and one feed connect; more hints at a leak."""

log = structlog.get_logger()


def core_settings(configuration: Configuration) -> Settings:
    """The part of the configuration that changes what the core does."""
    return Settings(
        price_band_ppm=configuration.matching.price_band_ppm,
        min_notional_e6=configuration.matching.min_notional_e6,
        max_open_orders=configuration.gateway.max_open_orders,
        stale_after_s=configuration.oracle.stale_after_s,
        max_age_ms=configuration.batching.max_age_ms,
        max_shape=configuration.batching.max_shape,
        max_unproved=configuration.batching.max_unproved,
        impact_notional_e6=configuration.funding.impact_notional_e6,
        keeper_grace_s=configuration.risk.keeper_grace_s,
    )


def _identity(record: dict[str, Any]) -> dict[str, Any]:
    """What a deployment never changes; markets are listed and changed through the queue, which the journal knows."""
    return {name: value for name, value in record.items() if name != "markets"}


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    reader: FrameReader


class CoreServer:
    """The machine behind a unix socket. `run` returns after SIGTERM, when everything is sealed and on the disk."""

    def __init__(self, machine: Machine, journal: Journal, *, path: Path, counters: Counters) -> None:
        self._machine = machine
        self._journal = journal
        self._counters = counters
        self._path = path
        self._selector = selectors.DefaultSelector()
        self._group: list[tuple[int, Command]] = []
        self._connections: list[_Connection] = []
        self._heads = (0, 0)
        self._shown_us = 0
        self._sealed = 0
        self._is_stopping = False

    def start(self, record: dict[str, Any], settings: Settings, *, settled: int) -> None:
        """Reads the journal and agrees with the contract, or refuses to start."""
        for payload in self._journal.replay():
            self._machine.replay(payload)
        if self._journal.dropped_bytes:
            log.warning("journal tail dropped", bytes=self._journal.dropped_bytes)
        if not self._machine.has_begun:
            self._apply(Begin(record))
        exchange = self._machine.exchange
        if _identity(exchange.genesis.record) != _identity(record):
            raise ConfigurationError(
                f"the journal {self._journal.path} belongs to another contract or deployment: "
                "give this one a journal.path of its own"
            )
        if exchange.settings != settings:
            self._apply(Configure(settings.record()))
        self._flush()
        if settled > len(exchange.sealed):
            raise ConfigurationError(
                f"the contract settled batch {settled}, but the journal {self._journal.path} knows only "
                f"{len(exchange.sealed)} batches: restore the journal that belongs to this contract"
            )
        log.info("core ready", records=self._journal.records, batch=len(exchange.sealed))
        gc.collect()
        gc.freeze()  # what was replayed stays, and need not be looked through again

    def run(self) -> None:
        """Serves until told to stop, then seals what is open."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor decides
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(self._path))
        listener.listen(CONNECTIONS_BOUND)
        self._selector.register(listener, selectors.EVENT_READ, None)
        parent = os.getppid()
        while not self._is_stopping and os.getppid() == parent:
            self._turn()
        self._apply(Seal())
        self._flush()
        for connection in self._connections:
            connection.socket.close()
        listener.close()
        self._path.unlink()
        log.info("core stopped", batch=len(self._machine.exchange.sealed))

    def _stop(self, *_: object) -> None:
        self._is_stopping = True

    def _turn(self) -> None:
        """One group: read everything, apply, flush, answer."""
        frames: list[tuple[_Connection, list[Any]]] = []
        for key, _ in self._selector.select(POLL_MS / 1000):
            if key.data is None:
                self._accept(key.fileobj)
            else:
                frames += [(key.data, frame) for frame in self._read(key.data)]
        now_us = time.time_ns() // 1000
        if self._machine.exchange.is_due(now_us):
            self._apply(Tick())
        answers = [(connection, self._answer(frame)) for connection, frame in frames]
        self._flush()
        for connection, answer in answers:
            self._send(connection, answer)
        self._announce()
        if now_us - self._shown_us >= SHOW_EVERY_US:
            self._shown_us = now_us
            lag = self._heads[0] - self._heads[1]
            self._counters.show(self._machine.exchange, lag_blocks=lag, now_us=now_us)

    def _accept(self, listener: Any) -> None:
        accepted, _ = listener.accept()
        connection = _Connection(accepted, FrameReader())
        self._connections.append(connection)
        self._selector.register(accepted, selectors.EVENT_READ, connection)
        self._send(connection, encode([UNASKED, self._sealed]))

    def _read(self, connection: _Connection) -> list[list[Any]]:
        try:
            data = connection.socket.recv(READ_BYTES)
            if data:
                return connection.reader.feed(data)
        except (ConnectionError, BrokenFrameError) as cause:
            log.warning("connection lost", cause=str(cause))
        self._close(connection)
        return []

    def _close(self, connection: _Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
            self._selector.unregister(connection.socket)
            connection.socket.close()

    def _send(self, connection: _Connection, frame: bytes) -> None:
        try:
            connection.socket.sendall(frame)
        except OSError as cause:
            log.warning("answer not delivered", cause=str(cause))
            self._close(connection)

    def _announce(self) -> None:
        """Tells everybody about newly sealed batches."""
        sealed = len(self._machine.exchange.sealed)
        if sealed != self._sealed:
            self._sealed = sealed
            for connection in list(self._connections):
                self._send(connection, encode([UNASKED, sealed]))

    def _answer(self, frame: list[Any]) -> bytes:
        identity, kind, content = frame
        if kind == "do":
            answers = [_pack(self._apply(unpack(values))) for values in content]
        elif kind == "ask":
            answers = [self._question(*content)]
        else:
            self._heads = (content[0], content[1])
            answers = [[b""]]
        return encode([identity, answers])

    def _question(self, name: str, request: bytes) -> list[Any]:
        exchange = self._machine.exchange
        exchange.now_us = max(exchange.now_us, time.time_ns() // 1000)
        try:
            response = QUESTIONS[name](exchange, request)
        except Refused as refusal:
            return _pack(Answer(refusal=refusal))
        return [self._with_heads(response) if name == "GetStatus" else response]

    def _with_heads(self, response: bytes) -> bytes:
        """What the status says of things outside the state."""
        status = admin_pb2.GetStatusResponse.FromString(response)
        status.l1_head, status.l1_final = self._heads
        status.journal_records = self._journal.records
        status.version = __version__
        return status.SerializeToString()

    def _apply(self, command: Command) -> Answer:
        """Applies a command now; the journal gets it with the group."""
        now_us = max(self._time_us, time.time_ns() // 1000)
        answer = self._machine.apply(now_us, command)
        if answer.is_kept:
            self._group.append((now_us, command))
        self._counters.count(self._machine.exchange, command, answer)
        return answer

    @property
    def _time_us(self) -> int:
        return self._machine.exchange.now_us if self._machine.has_begun else 0

    def _flush(self) -> None:
        """One group commit. If it fails the process ends: what was not acknowledged may be lost, nothing else."""
        if self._group:
            started = time.perf_counter_ns()
            self._journal.commit(encode_record(self._group))
            self._counters.flushed(time.perf_counter_ns() - started)
            self._group = []


def _pack(answer: Answer) -> list[Any]:
    if answer.refusal is None:
        return [answer.response]
    return ["", answer.refusal.reason, answer.refusal.metadata, answer.refusal.receipt]


def run_core(
    configuration: Configuration, record: dict[str, Any], path: Path, settled: int, private_key: int
) -> None:
    """The core process from start to SIGTERM."""
    counters = Counters(__version__)
    with Journal(configuration.journal.path) as journal:
        server = CoreServer(Machine(private_key), journal, path=path, counters=counters)
        server.start(record, core_settings(configuration), settled=settled)
        with metrics_served(counters.registry, configuration.metrics.listen, setting="metrics.listen"):
            server.run()
