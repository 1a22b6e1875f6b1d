"""The core as a function: command in, answer out, state changed. Replaying the same commands gives the same bytes."""

from dataclasses import dataclass
from typing import Protocol

import msgpack

from sequencer.core.cancels import cancel_all, cancel_order
from sequencer.core.commands import (
    Begin,
    CancelAll,
    CancelOrder,
    Command,
    Configure,
    Pause,
    Progress,
    Seal,
    SubmitOrder,
    TakeReport,
    TakeRequests,
    Tick,
    Withdraw,
    pack,
    unpack,
)
from sequencer.core.exchange import Exchange
from sequencer.core.genesis import Genesis, read_genesis
from sequencer.core.inputs import take_progress, take_report, take_requests
from sequencer.core.refusals import Refused
from sequencer.core.settings import Settings
from sequencer.core.submission import submit_order
from sequencer.core.withdrawals import withdraw
from zkclear.v1 import admin_pb2, batch_pb2


class Message(Protocol):
    """What every generated message can do."""

    def SerializeToString(self) -> bytes:  # noqa: N802 - protobuf's name
        """The message as bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A serialised response, or a refusal. `is_kept` says whether the command belongs into the journal."""

    response: bytes = b""
    refusal: Refused | None = None
    is_kept: bool = False


class Machine:
    """The exchange and the one way to change it."""

    def __init__(self, private_key: int) -> None:
        self._private_key = private_key
        self._exchange: Exchange | None = None

    @property
    def has_begun(self) -> bool:
        """Whether the first command was applied."""
        return self._exchange is not None

    @property
    def exchange(self) -> Exchange:
        """The state, once the first command was applied."""
        assert self._exchange is not None, "the first command is Begin"
        return self._exchange

    def begin(self, genesis: Genesis) -> None:
        """Starts from the state that the contract was deployed with."""
        self._exchange = Exchange(genesis, self._private_key)

    def apply(self, time_us: int, command: Command) -> Answer:
        """Carries a command out at a time, which never runs backwards."""
        if isinstance(command, Begin):
            assert self._exchange is None, "a journal begins once"
            self.begin(read_genesis(command.record))
            return Answer(is_kept=True)
        exchange = self.exchange
        exchange.now_us = max(exchange.now_us, time_us)
        try:
            return _carry_out(exchange, command)
        except Refused as refusal:
            receipts = len(exchange.receipts)
            return Answer(refusal=refusal, is_kept=bool(refusal.receipt) and receipts > exchange.answered)
        finally:
            exchange.answered = len(exchange.receipts)

    def replay(self, record: bytes) -> None:
        """Applies one record of the journal."""
        for time_us, values in msgpack.unpackb(record):
            self._replay_one(time_us, unpack(values))

    def _replay_one(self, time_us: int, command: Command) -> None:
        """As `apply`, for an answer that nobody waits for."""
        if self._exchange is not None:
            self._exchange.receipts.is_replaying = True
        self.apply(time_us, command)
        self.exchange.receipts.is_replaying = False


def encode_record(group: list[tuple[int, Command]]) -> bytes:
    """One group of commands, each with its time, as the journal keeps it."""
    packed: bytes = msgpack.packb([[time_us, pack(command)] for time_us, command in group])
    return packed


def _carry_out(exchange: Exchange, command: Command) -> Answer:
    """The command's own function, and whether it changed anything."""
    match command:
        case SubmitOrder():
            return _signed(submit_order(exchange, command))
        case CancelOrder():
            return _signed(cancel_order(exchange, command))
        case CancelAll():
            return _signed(cancel_all(exchange, command))
        case Withdraw():
            return _signed(withdraw(exchange, command))
        case TakeReport():
            taken = take_report(exchange, command)
            return Answer(taken.SerializeToString(), is_kept=taken.newest)
        case TakeRequests():
            return Answer(is_kept=take_requests(exchange, command))
        case Progress():
            moved = take_progress(exchange, command)
            return Answer(batch_pb2.ReportProgressResponse().SerializeToString(), is_kept=moved)
        case Configure():
            exchange.settings = Settings(**command.record)
            return Answer(is_kept=True)
        case Seal():
            number = exchange.seal()
            response = admin_pb2.SealBatchResponse(number=number)
            return Answer(response.SerializeToString(), is_kept=number > 0)
        case Tick():
            exchange.tick()
            return Answer(is_kept=True)
        case Pause():
            changed = exchange.paused != command.paused
            exchange.paused = command.paused
            return Answer(is_kept=changed)
    raise AssertionError(f"no such command: {command}")


class _Acknowledged(Message, Protocol):
    """A response that says whether its action was known before."""

    already_exists: bool


def _signed(response: _Acknowledged) -> Answer:
    return Answer(response.SerializeToString(), is_kept=not response.already_exists)
