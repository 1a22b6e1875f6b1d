"""
Where an oracle's prices come from: fixed ones, a random walk, or a recorded path.

A feed is asked for the prices at a time since it began; it answers None when it has ended. Prices are exact decimals.
"""

from bisect import bisect_right
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Protocol

from zkclear.client.amounts import PPM, Number, from_e8
from zkclear.client.errors import BadRequest
from zkclear.client.oracle import opinion_e8, ticks

SPEED_MAX = 10_000
VOLATILITY_PPM_MAX = PPM - 1


class Feed(Protocol):
    """Prices by market."""

    def at(self, elapsed_ms: int) -> Mapping[str, Decimal] | None:
        """The prices so long after the beginning; None when there are no more."""


class Static:
    """The same prices for ever."""

    def __init__(self, prices: Mapping[str, Number]) -> None:
        self._prices = {name: from_e8(opinion_e8(price, name)) for name, price in _some(prices).items()}

    def at(self, elapsed_ms: int) -> Mapping[str, Decimal]:
        """The prices."""
        del elapsed_ms
        return self._prices


class Walk:
    """
    A random walk: with each report every price moves by at most `volatility_ppm`, evenly distributed.

    The same seed and start give the same walk.
    """

    def __init__(self, start: Mapping[str, Number], *, seed: int, volatility_ppm: int) -> None:
        if not 0 <= volatility_ppm <= VOLATILITY_PPM_MAX:
            raise BadRequest(
                f"the volatility must be 0 to {VOLATILITY_PPM_MAX} ppm a report, but is {volatility_ppm}",
                reason="INVALID_FIELD",
            )
        self._prices_e8 = {name: opinion_e8(price, name) for name, price in _some(start).items()}
        self._volatility_ppm = volatility_ppm
        self._random = Random(seed)  # noqa: S311 - a walk that can be repeated, no secret

    def at(self, elapsed_ms: int) -> Mapping[str, Decimal]:
        """The present prices; the next call gives the next step."""
        del elapsed_ms
        present = {name: from_e8(price) for name, price in self._prices_e8.items()}
        for name, price in self._prices_e8.items():
            move = self._random.randint(-self._volatility_ppm, self._volatility_ppm)
            # Rounded down, and never to nothing: a price of 0 would be no opinion.
            self._prices_e8[name] = max(1, price * (PPM + move) // PPM)
        return present


class Recorded:
    """The closing prices of a recorded file, `speed` times as fast as they were; it ends with its last candle."""

    def __init__(self, path: Path, *, markets: tuple[str, ...], speed: int = 1) -> None:
        if not 1 <= speed <= SPEED_MAX:
            raise BadRequest(f"the speed must be 1 to {SPEED_MAX}, but is {speed}", reason="INVALID_FIELD")
        try:
            self._ticks = tuple(ticks(path, markets=markets))
        except OSError as error:
            raise BadRequest(f"{path} cannot be read: {error}", reason="INVALID_FIELD") from error
        if not self._ticks:
            raise BadRequest(
                f"{path} has no time at which all of {', '.join(markets)} have a price",
                reason="INVALID_FIELD",
            )
        self._speed = speed

    def at(self, elapsed_ms: int) -> Mapping[str, Decimal] | None:
        """The newest prices at this time of the recording."""
        now_s = self._ticks[0].time_s + elapsed_ms * self._speed // 1_000  # rounded down: not before its time
        if now_s > self._ticks[-1].time_s:
            return None
        newest = bisect_right(self._ticks, now_s, key=lambda tick: tick.time_s) - 1
        return self._ticks[newest].prices


def _some(prices: Mapping[str, Number]) -> Mapping[str, Number]:
    if not prices:
        raise BadRequest("no prices: give MARKET=PRICE, such as ETH-USD=3000.10", reason="INVALID_FIELD")
    return prices
