"""Which L1 requests a batch takes: always a prefix of those that wait."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zkclear.rules.batch import Request, RequestKind
from zkclear.rules.requests import SINGLE, single_key
from zkclear.rules.shapes import Shape
from zkclear.rules.units import FEES, INSURANCE


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """A request with its number in the contract's queue."""

    number: int
    request: Request


def takeable(waiting: Iterable[QueuedRequest], shape: Shape) -> Sequence[QueuedRequest]:
    """
    The longest prefix of the waiting requests that one batch can hold; home: `requests.check_requests`.

    Whether risk operations can be carried together is for the batch to find out.
    """
    taken: list[QueuedRequest] = []
    accounts = {INSURANCE, FEES}
    seen = set()
    risks = 0
    for queued in waiting:
        request = queued.request
        key = single_key(request)
        named = accounts | {request.account}
        if request.kind is RequestKind.LIQUIDATE:
            named.add(request.taker)
        risks += request.kind in (RequestKind.CLOSE, RequestKind.LIQUIDATE)
        if len(taken) == shape.requests or len(named) > shape.accounts or risks > shape.risks:
            break
        if request.kind in SINGLE and key in seen:
            break
        seen.add(key)
        accounts = named
        taken.append(queued)
    return taken
