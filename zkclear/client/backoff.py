"""Waiting longer after each failure, and never in step with others that wait for the same thing."""

import secrets

JITTER_PPM = 500_000
"""A wait is its nominal length, half of it more at most and half of it less."""
PPM = 10**6


class Backoff:
    """Waits of `first_ms`, doubled after each failure up to `longest_ms`, each with jitter."""

    def __init__(self, *, first_ms: int = 500, longest_ms: int = 30_000) -> None:
        self._first_ms = first_ms
        self._longest_ms = longest_ms
        self._nominal_ms = first_ms

    def next_ms(self) -> int:
        """How long to wait now; the next wait is nominally twice as long."""
        nominal = self._nominal_ms
        self._nominal_ms = min(2 * nominal, self._longest_ms)
        return nominal * (PPM - JITTER_PPM + secrets.randbelow(2 * JITTER_PPM + 1)) // PPM

    def reset(self) -> None:
        """It worked: the next wait is a short one again."""
        self._nominal_ms = self._first_ms
