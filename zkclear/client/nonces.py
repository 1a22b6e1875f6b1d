"""
Nonces: `unix_ms * 1024 + slot`, so that they order by time and 1,024 orders live side by side.

A slot holds one live order; a newer nonce takes it over. The account's slots are asked for once and then kept in mind.
"""

import secrets
import threading
import time
from collections.abc import Iterable, Mapping

from zkclear.client.errors import from_reason
from zkclear.rules.units import SLOTS


class Nonces:
    """Hands out nonces for one account. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy: set[int] = set()
        self._newest: dict[int, int] = {}
        self._ahead_ms = 0
        # Several programs may trade one account: each begins somewhere else.
        self._next = secrets.randbelow(SLOTS)

    def learn(self, newest: Mapping[int, int], *, busy: Iterable[int], server_time_us: int) -> None:
        """What the exchange says: the newest nonce of each used slot, and which slots hold a live order."""
        with self._lock:
            self._busy = set(busy)
            self._ahead_ms = server_time_us // 1_000 - _now_ms()
            for slot, nonce in newest.items():
                self._newest[slot] = max(nonce, self._newest.get(slot, 0))

    def take(self) -> int:
        """A fresh nonce in a slot that holds no live order."""
        with self._lock:
            for offset in range(SLOTS):
                slot = (self._next + offset) % SLOTS
                if slot not in self._busy:
                    self._next = (slot + 1) % SLOTS
                    self._busy.add(slot)
                    return self._fresh(slot)
        raise from_reason(
            "OPEN_ORDER_LIMIT",
            f"all {SLOTS} order slots of the account hold live orders; cancel one first",
            {"limit": str(SLOTS)},
        )

    def take_in(self, slot: int) -> int:
        """A fresh nonce in this slot: what replaces its order, or cancels it for good."""
        with self._lock:
            self._busy.add(slot)
            return self._fresh(slot)

    def release(self, nonce: int) -> None:
        """The order with this nonce ended, or was never taken: its slot is free."""
        with self._lock:
            slot = nonce % SLOTS
            if self._newest.get(slot, 0) <= nonce:
                self._busy.discard(slot)

    def now(self) -> int:
        """A nonce above all that were handed out until now: the bound of a CancelAll."""
        with self._lock:
            newest = max(self._newest.values(), default=0)
            return max((_now_ms() + self._ahead_ms) * SLOTS, newest + 1)

    def _fresh(self, slot: int) -> int:
        milliseconds = max(_now_ms() + self._ahead_ms, self._newest.get(slot, 0) // SLOTS + 1)
        nonce = milliseconds * SLOTS + slot
        self._newest[slot] = nonce
        return nonce


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
