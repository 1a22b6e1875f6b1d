"""LiquidationService: who is at risk, what a takeover would bring, and a stream of changes for keepers."""

import threading
import time
from collections import Counter
from collections.abc import Iterator

import grpc
from google.protobuf.message import Message

from sequencer.core.refusals import Refused
from sequencer.gateway.fields import invalid, now_us
from sequencer.gateway.trading import require_account
from sequencer.link import Link
from sequencer.risk.health import HEALTH_BOUND
from zkclear.rules.units import PPM
from zkclear.v1 import liquidation_pb2
from zkclear.v1.liquidation_pb2 import AtRisk

ALERT_STREAMS = 16
"""Alert streams at a time: each holds a thread of the gateway."""
ALERT_EVERY_S = 1
NANOSECONDS = 1_000_000_000

_Snapshot = dict[int, AtRisk]


class AlertSource:
    """
    What the core says about accounts at risk, asked at most once a second however many listen at whatever bounds.

    It is asked for the widest bound of those who listen; each is given what lies below its own.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._bounds: Counter[int] = Counter()
        self._asked_ns = -ALERT_EVERY_S * NANOSECONDS  # on the monotonic clock
        self._widest = 0
        self._known: _Snapshot = {}

    def enter(self, bound_ppm: int) -> None:
        """Somebody listens at a bound."""
        with self._lock:
            self._bounds[bound_ppm] += 1

    def leave(self, bound_ppm: int) -> None:
        """And does not any more."""
        with self._lock:
            self._bounds[bound_ppm] -= 1
            self._bounds = +self._bounds  # forgets bounds at which nobody listens

    def latest(self, bound_ppm: int, *, now_ns: int | None = None) -> _Snapshot:
        """Accounts below a health bound by number, at most a second old; raises what the core refuses."""
        with self._lock:
            now = time.monotonic_ns() if now_ns is None else now_ns
            if now - self._asked_ns >= ALERT_EVERY_S * NANOSECONDS or self._widest < bound_ppm:
                widest = max((bound_ppm, *self._bounds))
                answer = self._link.ask("alerts", widest.to_bytes(4, "big"))
                accounts = liquidation_pb2.ListAtRiskResponse.FromString(answer).accounts
                self._known = {each.account: each for each in accounts}
                self._asked_ns, self._widest = now, widest
            return {account: each for account, each in self._known.items() if each.health_ppm < bound_ppm}


def change_between(
    sequence: int, before: _Snapshot | None, now: _Snapshot
) -> liquidation_pb2.StreamMarginAlertsResponse:
    """The next message of a stream: everything at first, then what changed; nothing changed: a heartbeat."""
    known = {} if before is None else before
    return liquidation_pb2.StreamMarginAlertsResponse(
        sequence=sequence,
        snapshot=before is None,
        accounts=[each for account, each in now.items() if known.get(account) != each],
        recovered=sorted(known.keys() - now.keys()),
    )


class LiquidationService:
    """Reads of the core, and alert streams that are conflated to one message a second."""

    def __init__(self, link: Link, stop: threading.Event) -> None:
        self._link = link
        self._stop = stop
        self._source = AlertSource(link)
        self._room = threading.BoundedSemaphore(ALERT_STREAMS)

    def ListAtRisk(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """Accounts below a health bound."""
        return self._link.ask("ListAtRisk", request.SerializeToString())

    def ListLiquidations(self, request: Message, context: grpc.ServicerContext) -> bytes:  # noqa: N802, ARG002
        """Liquidations of sealed batches."""
        return self._link.ask("ListLiquidations", request.SerializeToString())

    def PrepareLiquidation(  # noqa: N802
        self,
        request: liquidation_pb2.PrepareLiquidationRequest,
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> bytes:
        """The call of the contract, and what it would bring."""
        require_account(request.account)
        require_account(request.taker)
        if request.account == request.taker:
            raise invalid("taker", "another account than the one that is liquidated")
        return self._link.ask("PrepareLiquidation", request.SerializeToString())

    def StreamMarginAlerts(  # noqa: N802
        self, request: liquidation_pb2.StreamMarginAlertsRequest, context: grpc.ServicerContext
    ) -> Iterator[liquidation_pb2.StreamMarginAlertsResponse]:
        """
        Every account at risk, then once a second what changed, or a heartbeat.

        Errors: RATE_LIMITED while `ALERT_STREAMS` are open; whatever the core refuses ends the stream.
        """
        if not self._room.acquire(blocking=False):
            raise Refused(
                "RATE_LIMITED",
                limit=f"{ALERT_STREAMS} alert streams at a time",
                reset_time_us=now_us() + ALERT_EVERY_S * 1_000_000,
            )
        ended = threading.Event()

        bound_ppm = min(request.health_below_ppm or PPM, HEALTH_BOUND)
        self._source.enter(bound_ppm)

        def end() -> None:
            self._source.leave(bound_ppm)
            self._room.release()
            ended.set()

        if not context.add_callback(end):
            end()  # it was over before it began, and nobody would be called
        before: _Snapshot | None = None
        sequence = 0
        while not ended.is_set() and not self._stop.is_set():
            sequence += 1
            now = self._source.latest(bound_ppm)
            yield change_between(sequence, before, now)
            before = now
            ended.wait(ALERT_EVERY_S)
