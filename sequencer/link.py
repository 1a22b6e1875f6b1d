"""A line to the core, for gateway and feed: one socket, many waiting calls, answers in any order."""

import itertools
import socket
import threading
import time
from collections.abc import Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as LateError
from typing import Any

import structlog

from sequencer.core.commands import Command, pack
from sequencer.core.refusals import Refused
from sequencer.wire import READ_BYTES, UNASKED, FrameReader, connect, encode

ANSWER_LIMIT_S = 10
"""Twice what a client waits: a core that needs longer is stuck."""
RETRY_S = 1

log = structlog.get_logger()


class Link:
    """
    A connection that is kept up in the background. While there is none, calls are refused with RECOVERING.

    A refusal by the core is raised as it was there; `do` gives one answer or refusal a command.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._socket: socket.socket | None = None
        self._sending = threading.Lock()
        self._waiting: dict[int, Future[list[Any]]] = {}
        self._numbers = itertools.count(UNASKED + 1)
        self._news = threading.Condition()
        self._sealed = 0
        self._is_stopping = False
        self._since_us = time.time_ns() // 1000
        self._thread = threading.Thread(target=self._keep_up, name="core link", daemon=True)
        self._thread.start()

    @property
    def is_up(self) -> bool:
        """Whether the core answers."""
        return self._socket is not None

    def close(self) -> None:
        """Hangs up."""
        self._is_stopping = True
        if self._socket is not None:
            self._socket.shutdown(socket.SHUT_RDWR)
        with self._news:
            self._news.notify_all()
        self._thread.join(RETRY_S * 2)

    def do(self, commands: Iterable[Command]) -> list[bytes | Refused]:
        """Sends commands as one frame; an answer each."""
        return [_unpack(answer) for answer in self._call("do", [pack(command) for command in commands])]

    def do_one(self, command: Command) -> bytes:
        """Sends one command; raises its refusal."""
        return _required(self.do([command])[0])

    def ask(self, question: str, request: bytes = b"") -> bytes:
        """Asks a question; raises its refusal."""
        return _required(_unpack(self._call("ask", [question, request])[0]))

    def note(self, head: int, final: int) -> None:
        """Tells the core how far the chain is."""
        self._call("note", [head, final])

    def wait_for_sealed(self, number: int, *, timeout_s: int) -> bool:
        """Waits until batch `number` is sealed; False if it was not in time."""
        with self._news:
            return self._news.wait_for(lambda: self._sealed >= number or self._is_stopping, timeout=timeout_s)

    def _call(self, kind: str, content: Any) -> list[Any]:
        number = next(self._numbers)
        answer: Future[list[Any]] = Future()
        self._waiting[number] = answer
        frame = encode([number, kind, content])
        try:
            with self._sending:
                if self._socket is None:
                    raise Refused("RECOVERING", since_time_us=self._since_us)
                self._socket.sendall(frame)
            return answer.result(ANSWER_LIMIT_S)
        except (OSError, LateError) as cause:
            raise Refused("RECOVERING", since_time_us=self._since_us) from cause
        finally:
            self._waiting.pop(number, None)

    def _keep_up(self) -> None:
        while not self._is_stopping:
            try:
                connection = connect(self._path)
            except OSError:  # the core still reads its journal
                time.sleep(RETRY_S / 10)
                continue
            self._socket = connection
            try:
                self._listen(connection)
            finally:
                self._socket = None
                connection.close()
                self._since_us = time.time_ns() // 1000
                for answer in list(self._waiting.values()):
                    answer.set_exception(ConnectionError("the core hung up"))

    def _listen(self, connection: socket.socket) -> None:
        reader = FrameReader()
        while True:
            try:
                data = connection.recv(READ_BYTES)
            except OSError as cause:
                log.warning("core link lost", cause=str(cause))
                return
            if not data:
                return
            for number, content in reader.feed(data):
                if number == UNASKED:
                    with self._news:
                        self._sealed = content
                        self._news.notify_all()
                elif (answer := self._waiting.get(number)) is not None:
                    answer.set_result(content)


def _unpack(answer: list[Any]) -> bytes | Refused:
    response, *refused = answer
    if not refused:
        return bytes(response)
    reason, metadata, receipt = refused
    refusal = Refused(reason, **metadata)
    refusal.receipt = receipt
    return refusal


def _required(answer: bytes | Refused) -> bytes:
    if isinstance(answer, Refused):
        raise answer
    return answer
