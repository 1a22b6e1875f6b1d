"""
The audited state of a contract that goes on settling: each batch is read and replayed once, when it is there.

Proofs are left to the contract. Everything else that the auditor checks must hold, or nothing is taken over.
"""

from dataclasses import dataclass

from zkclear.audit.chain import ChainError, ChainReader, Reached
from zkclear.audit.follower import Follower, begin
from zkclear.audit.inputs import Inputs
from zkclear.audit.report import Report

ANCHOR_BLOCKS = 64
"""From one state that is kept to go back to to the next: two epochs of Ethereum, after which a block is final."""


@dataclass(frozen=True, slots=True)
class _Point:
    """The state at a block. The follower is forked before it takes anything, so that points may share it."""

    reached: Reached
    follower: Follower


class LiveState:
    """Follows one contract on one node. Two older states are kept: a reorganisation costs a replay from there."""

    def __init__(self, rpc_url: str, contract: str) -> None:
        self._reader = ChainReader(rpc_url, contract)
        self._anchors: tuple[_Point, ...] = ()
        self._last: _Point | None = None

    def update(self) -> Follower:
        """
        The state at the head of the node's chain, which the caller does not change.

        ChainError: the node does not answer, fell behind what it said before, or says what cannot be.
        """
        head = self._reader.head()
        if self._last is not None and self._last.reached.head == head:
            return self._last.follower
        if self._last is not None and head.number < self._last.reached.head.number:
            raise ChainError(
                f"the node at {self._reader.rpc_url} is at block {head.number}, "
                f"but it was at {self._last.reached.head.number} before"
            )
        base = self._base()
        part, reached = self._reader.read(head, since=None if base is None else base.reached)
        self._last = _Point(reached, _taken(part, None if base is None else base.follower))
        newest = self._anchors[-1].reached.head.number if self._anchors else None
        if newest is None or head.number - newest >= ANCHOR_BLOCKS:
            self._anchors = (*self._anchors[-1:], self._last)
        return self._last.follower

    def _base(self) -> _Point | None:
        """The newest state whose block is in the chain; those that are not are forgotten."""
        self._anchors = tuple(each for each in self._anchors if self._reader.has(each.reached.head))
        if self._last is not None and not self._reader.has(self._last.reached.head):
            self._last = None
        return self._last or (self._anchors[-1] if self._anchors else None)


def _taken(part: Inputs, before: Follower | None) -> Follower:
    """The state after a part of the history, without the part itself; ChainError if any check of it failed."""
    report = Report()
    follower = begin(report, part) if before is None else before.fork()
    if follower is not None:
        follower.take(part)
        follower.conclude(part)
        report = follower.report
    if follower is None or report.failures:
        raise ChainError(f"the chain says what cannot be: {'; '.join(map(str, report.failures))}")
    return follower.fork()
