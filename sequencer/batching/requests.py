"""Which L1 requests a batch takes: always a prefix of those that wait."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zkclear.rules.batch import Request
from zkclear.rules.requests import SINGLE
from zkclear.rules.shapes import Shape
from zkclear.rules.units import FEES, INSURANCE


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """A request with its number in the contract's queue."""

    number: int
    request: Request


def takeable(waiting: Iterable[QueuedRequest], shape: Shape) -> Sequence[QueuedRequest]:
    """The longest prefix of the waiting requests that one batch can hold; home: `requests.check_requests`."""
    taken: list[QueuedRequest] = []
    accounts = {INSURANCE, FEES}
    seen = set()
    for queued in waiting:
        request = queued.request
        key = (request.kind, request.account)
        named = accounts | {request.account}
        if len(taken) == shape.requests or len(named) > shape.accounts:
            break
        if request.kind in SINGLE and key in seen:
            break
        seen.add(key)
        accounts = named
        taken.append(queued)
    return taken
