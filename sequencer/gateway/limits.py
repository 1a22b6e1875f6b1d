"""How many orders a signer may send: a token bucket each, in integers."""

import threading
import time
from collections import OrderedDict

from sequencer.core.refusals import Refused

BUCKETS_BOUND = 100_000
"""Signers remembered; the longest silent is forgotten, which gives it a full bucket again."""
MICRO = 1_000_000


class RateLimits:
    """Buckets by recovered signer: only who signs spends, so nobody can use up another's."""

    def __init__(self, *, per_second: int, burst: int) -> None:
        self._per_second = per_second
        self._burst = burst
        self._buckets: OrderedDict[int, tuple[int, int]] = OrderedDict()  # signer -> micro-tokens, time
        self._lock = threading.Lock()

    def spend(self, signer: int, *, now_us: int | None = None) -> None:
        """Takes one token, or refuses with RATE_LIMITED."""
        now_us = time.time_ns() // 1000 if now_us is None else now_us
        with self._lock:
            tokens, since = self._buckets.pop(signer, (self._burst * MICRO, now_us))
            tokens = min(self._burst * MICRO, tokens + max(0, now_us - since) * self._per_second)
            enough = tokens >= MICRO
            self._buckets[signer] = (tokens - MICRO if enough else tokens, now_us)
            if len(self._buckets) > BUCKETS_BOUND:
                self._buckets.popitem(last=False)
        if not enough:
            missing_us = -(-(MICRO - tokens) // self._per_second)
            raise Refused(
                "RATE_LIMITED", limit=f"{self._per_second} orders a second", reset_time_us=now_us + missing_us
            )
