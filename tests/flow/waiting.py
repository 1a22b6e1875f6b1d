"""Waiting for what takes a batch or two."""

import time

LIMIT_S = 120


def until(condition, what: str) -> None:
    """Waits for a condition; a failed test says for what."""
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, f"waited {LIMIT_S} s for {what}"
        time.sleep(0.2)
