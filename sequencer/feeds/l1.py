"""
The L1 feed's process: polls final blocks and tells the core of requests and settled batches.

Only what is final is told, so that no re-organisation can take back what a batch has taken.
"""

import os
import signal
import threading
from collections.abc import Sequence
from typing import Any

import structlog

from sequencer.config import Configuration
from sequencer.core.commands import Pause, Progress, TakeRequests
from sequencer.core.refusals import Refused
from sequencer.feeds.settlement import ChainError, SettlementReader
from sequencer.link import Link
from zkclear.rules.batch import RequestKind
from zkclear.rules.words import parse_request
from zkclear.v1 import admin_pb2, batch_pb2

REQUESTS_BOUND = 256
"""Read and told at once; the next poll goes on."""

log = structlog.get_logger()


class L1Feed:
    """Carries what the contract knows to the core, and nothing back."""

    def __init__(self, reader: SettlementReader, link: Link) -> None:
        self._reader = reader
        self._link = link
        self._told_final = -1

    def poll(self) -> None:
        """One look at the chain."""
        head, final = self._reader.heads()
        self._link.note(head, final)
        if final == self._told_final:
            return
        status = admin_pb2.GetStatusResponse.FromString(self._link.ask("GetStatus"))
        more = self._tell_requests(status.requests_known, final)
        self._tell_settled(status, final)
        if not more:
            self._told_final = final

    def _tell_requests(self, known: int, final: int) -> bool:
        """Tells new requests; whether there are more than one poll tells."""
        waiting = self._reader.queue_length(final) - known
        count = min(waiting, REQUESTS_BOUND)
        if count > 0:
            payloads = tuple(self._reader.payloads(known, count, block=final))
            self._link.do_one(TakeRequests(known, payloads, self._listings(known, payloads, final)))
            log.info("requests taken", request=known, count=count)
        return waiting > count

    def _listings(
        self, first: int, payloads: Sequence[bytes], final: int
    ) -> tuple[tuple[int, dict[str, Any]], ...]:
        """What the MARKET requests among them ask for."""
        kinds = [parse_request(int.from_bytes(payload, "big")).kind for payload in payloads]
        return tuple(
            (number, self._reader.queued_market(number, block=final))
            for number, kind in enumerate(kinds, first)
            if kind is RequestKind.MARKET
        )

    def _tell_settled(self, status: admin_pb2.GetStatusResponse, final: int) -> None:
        settled = self._reader.batch_number(final)
        if settled > status.sealed_batch:
            log.error("a batch was settled that was not sealed here: matching paused", batch=settled)
            self._link.do_one(Pause(paused=True))
            return
        for number in range(status.settled_batch + 1, settled + 1):
            report = batch_pb2.ReportProgressRequest(
                number=number,
                status=batch_pb2.BATCH_STATUS_SETTLED,
                transaction_hash=self._reader.settlement_transaction(number, block=final),
            )
            self._link.do_one(Progress(report.SerializeToString(deterministic=True)))
            log.info("batch settled", batch=number)


def run_feed(configuration: Configuration, path: str) -> None:
    """The feed process from start to SIGTERM."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor decides
    parent = os.getppid()
    link = Link(path)
    feed = L1Feed(SettlementReader(configuration.chain), link)
    is_silent = False
    while not stop.wait(configuration.chain.poll_ms / 1000) and os.getppid() == parent:
        try:
            feed.poll()
            is_silent = False
        except ChainError as cause:
            if not is_silent:
                log.warning("chain not reachable", cause=str(cause))
            is_silent = True
        except Refused as refusal:
            if refusal.reason != "RECOVERING":
                raise
    link.close()
