"""An oracle that goes on reporting: signs and sends a feed's prices again and again, until it is stopped or the feed ends."""

import threading
import time

import structlog

from zkclear.client.backoff import Backoff
from zkclear.client.connection import Connection
from zkclear.client.errors import NetworkError
from zkclear.client.feeds import Feed
from zkclear.client.oracle import Oracle

log = structlog.get_logger()


class Reporter:
    """
    One signer and one feed, a report every `interval_ms`.

    An exchange that does not answer is tried again, with longer and longer waits; a refusal is raised.
    """

    def __init__(
        self, oracle: Oracle, feed: Feed, *, interval_ms: int, backoff: Backoff | None = None
    ) -> None:
        self._oracle = oracle
        self._feed = feed
        self._interval_ms = interval_ms
        self._backoff = backoff or Backoff()

    def run(self, stop: threading.Event, *, limit: int | None = None) -> int:
        """How many reports were taken when it ended; after `limit` of them it ends as well."""
        began, taken = time.monotonic_ns(), 0
        while not stop.is_set() and taken != limit:
            now = time.monotonic_ns()
            prices = self._feed.at((now - began) // 10**6)
            if prices is None:
                log.info("the feed has ended", reports=taken)
                break
            try:
                self._oracle.report(prices)
            except NetworkError as error:
                wait_ms = self._backoff.next_ms()
                log.warning("the report was not taken", error=str(error), next_try_ms=wait_ms)
                stop.wait(wait_ms / 1_000)
                continue
            self._backoff.reset()
            taken += 1
            log.debug("reported", prices={name: f"{price:f}" for name, price in prices.items()})
            used_ms = (time.monotonic_ns() - now) // 10**6
            if taken != limit:
                stop.wait(max(self._interval_ms - used_ms, 0) / 1_000)
        return taken


def reached(connection: Connection, stop: threading.Event) -> bool:
    """Waits for the exchange with longer and longer pauses; whether it answered before `stop` was set."""
    backoff = Backoff()
    while not stop.is_set():
        try:
            connection.list_markets()
        except NetworkError as error:
            wait_ms = backoff.next_ms()
            log.warning("the exchange does not answer", error=str(error), next_try_ms=wait_ms)
            stop.wait(wait_ms / 1_000)
        else:
            return True
    return False
