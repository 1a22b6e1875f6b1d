"""The development oracle signers: all of them report the same prices, again and again, until told otherwise."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Self

from zkclear.client import Client, LocalSigner, Oracle
from zkclear.client.errors import NetworkError

INTERVAL_S = 1
STOP_LIMIT_S = 10


class Oracles:
    """A thread that signs and sends the current prices once a second. `start`, `show` new prices, `stop`."""

    def __init__(self, client: Client, keys: Sequence[int]) -> None:
        signers = (LocalSigner(key.to_bytes(32, "big")) for key in keys)
        self._oracles = [Oracle(client.connection, signer) for signer in signers]
        self._client = client
        self._prices: Mapping[str, Decimal] = {}
        self._stopped = threading.Event()
        self._fault: Exception | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="oracles", daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join(STOP_LIMIT_S)

    def show(self, prices: Mapping[str, Decimal], *, timeout_s: int = 30) -> None:
        """Reports new prices at once and goes on with them; returns when the exchange's marks follow."""
        self._prices = dict(prices)
        self._report()
        if self._thread.ident is None:
            self._thread.start()
        deadline = time.monotonic() + timeout_s
        while not self._followed():
            if self._fault is not None:
                raise self._fault
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"the marks did not follow the reports {dict(prices)} within {timeout_s} s"
                )
            time.sleep(INTERVAL_S / 5)

    def _followed(self) -> bool:
        """Whether every mark is the reported price, floored to its tick."""
        marks = {market.name: (market.mark_price, market.tick) for market in self._client.markets()}
        for name, price in self._prices.items():
            mark, step = marks[name]
            if mark is None or not mark <= price < mark + step:
                return False
        return True

    def _report(self) -> None:
        with self._lock:  # the thread and `show` must not send an older report after a newer one
            now = int(time.time())
            for oracle in self._oracles:
                oracle.report(self._prices, time_s=now)

    def _run(self) -> None:
        while not self._stopped.wait(INTERVAL_S):
            try:
                self._report()
            except NetworkError as fault:
                self._fault = fault  # the exchange is gone; whoever waits for marks is told why
                return
