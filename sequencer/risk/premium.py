"""
Funding from the market's own book: how far it trades from the index, averaged over an hour, as a step a batch.

A step charges the mean of the rates since the batch before: whoever makes a batch after hours of silence does not choose
the rate of those hours.

    premium = (max(0, impact bid - index) - max(0, index - impact ask)) / index

An impact price is the average price at which an order worth the impact notional would fill. Positive: longs pay.
What binds a step is `zkclear.rules.funding.step_limit`; the premium itself is the operator's and not proved.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from zkclear.rules.funding import SECONDS_PER_HOUR, step_limit
from zkclear.rules.num import div_floor
from zkclear.rules.state import Market, MarketConfig
from zkclear.rules.units import FUNDING_INDEX_BOUND, PPM, Seconds, Ticks

HOLD_S = 60
"""How long a sample speaks for the book. Without fresh prices no orders are taken, and the book says nothing new."""

Depth = Iterable[tuple[int, int]]
"""Levels of one side, best first: price in ticks and lots."""


def towards_zero(numerator: int, divisor: int) -> int:
    """
    `numerator / divisor` without its fraction.

    Units:   of the numerator over those of the divisor.
    Bounds:  divisor > 0.
    Rounds:  towards zero: longs and shorts are treated alike.
    """
    whole = div_floor(abs(numerator), divisor)
    return whole if numerator >= 0 else -whole


def impact(levels: Depth, *, notional: int, quote_per_lot_tick: int) -> tuple[int, int] | None:
    """
    The average price at which an order worth `notional` would fill, as a fraction of ticks; None if the side is thinner.

    Units:   notional in quote; the result is (numerator, denominator) in ticks. Both are whole numbers of quote and ticks.
    Bounds:  notional >= 1; both below 2^120.
    Rounds:  nothing: the last level is filled by exactly the quote that is left.
    """
    left, lots = notional, 0
    for price, count in levels:
        worth = count * price * quote_per_lot_tick
        if worth >= left:
            # lots + left / (price * qpl) lots cost `notional`.
            return notional * price, lots * price * quote_per_lot_tick + left
        left -= worth
        lots += count
    return None


def premium(bids: Depth, asks: Depth, *, index: int, notional: int, quote_per_lot_tick: int) -> int:
    """
    How far the book trades above (+) or below (-) the index.

    A side that is too thin for the impact notional has no impact price, and the premium is 0: a price that nobody could
    trade against is no evidence, and a single trader on an empty book would set what all positions pay.

    Units:   index in ticks, notional in quote; the result is ppm of the index.
    Bounds:  index >= 1; bids are below asks, so at most one of the two differences counts.
    Rounds:  towards zero.
    """
    bid = impact(bids, notional=notional, quote_per_lot_tick=quote_per_lot_tick)
    ask = impact(asks, notional=notional, quote_per_lot_tick=quote_per_lot_tick)
    if bid is None or ask is None:
        return 0
    above = max(0, bid[0] - index * bid[1])
    below = max(0, index * ask[1] - ask[0])
    return towards_zero(above * PPM, index * bid[1]) - towards_zero(below * PPM, index * ask[1])


@dataclass(frozen=True, slots=True)
class Reading:
    """A second, and the sum of the rates of all seconds before it, each in ppm an hour."""

    second: int
    total: int


class PremiumHour:
    """
    The premium of one market over the last hour, second by second, and the rate that every second had.

    A second without a sample counts as 0, so that the first trader of a new market does not set an hour's rate alone.
    """

    __slots__ = ("_held", "_sampled", "_seconds", "_sum", "_total", "_until")

    def __init__(self) -> None:
        self._seconds: deque[int] = deque()
        self._sum = 0
        self._total = 0
        self._until: int | None = None  # the seconds before this one are in the sum
        self._sampled = 0
        self._held = 0

    def is_due(self, second: int) -> bool:
        """Whether a sample at this time would count: the first one of each second does."""
        return self._until is None or second > self._sampled

    def sample(self, config: MarketConfig, second: int, value: int) -> None:
        """
        Takes the premium at a time; it holds until the next sample, but at most `HOLD_S`.

        Units:   Unix seconds, ppm.
        Bounds:  times rise; at most an hour of values is kept.
        """
        self._advance(config, second)
        self._until = self._sampled = second
        self._held = value

    def _advance(self, config: MarketConfig, second: int) -> None:
        """Counts the seconds before `second`. In how many steps time passes makes no difference."""
        if self._until is None or second <= self._until:
            return
        held = max(0, min(second, self._sampled + HOLD_S) - self._until)
        silent = min(second - self._until - held, SECONDS_PER_HOUR)  # after that the rate stays 0
        for premium_then in (*[self._held] * held, *[0] * silent):
            self._seconds.append(premium_then)
            self._sum += premium_then
            if len(self._seconds) > SECONDS_PER_HOUR:
                self._sum -= self._seconds.popleft()
            self._total += self._rate(config)
        self._until = second

    def _rate(self, config: MarketConfig) -> int:
        average = towards_zero(self._sum, SECONDS_PER_HOUR)
        return max(-config.max_funding_rate, min(config.max_funding_rate, average))

    def rate(self, config: MarketConfig, *, second: int) -> int:
        """
        The funding rate at a time.

        Units:   ppm of the mark an hour.
        Bounds:  abs <= max_funding_rate.
        Rounds:  towards zero.
        """
        self._advance(config, second)
        return self._rate(config)

    def read(self, config: MarketConfig, *, second: int) -> Reading:
        """What `mean` needs to know later of this time."""
        self._advance(config, second)
        return Reading(second, self._total)

    def mean(self, config: MarketConfig, *, since: Reading, second: int) -> int:
        """
        The mean of the rates since an earlier reading; in the same second: the rate of now.

        Units:   ppm of the mark an hour.
        Bounds:  abs <= max_funding_rate, as long as that was not changed.
        Rounds:  towards zero.
        """
        now = self.read(config, second=second)
        if now.second <= since.second:
            return self._rate(config)
        return towards_zero(now.total - since.total, now.second - since.second)


def step(market: Market, *, rate: int, mark: Ticks, elapsed: Seconds) -> int:
    """
    What a batch adds to a market's funding index.

    Units:   rate in ppm an hour, elapsed in seconds since the last batch; the result is 10^-6 quote a lot.
    Bounds:  abs(rate) <= max_funding_rate; the result is within `step_limit` and keeps the index below 2^62.
    Rounds:  towards zero.
    """
    exact = rate * mark * market.config.quote_per_lot_tick * elapsed
    limit = step_limit(market.config, mark=mark, elapsed=elapsed)
    wanted = max(-limit, min(limit, towards_zero(exact, SECONDS_PER_HOUR)))
    lowest = 1 - FUNDING_INDEX_BOUND - market.funding_index
    highest = FUNDING_INDEX_BOUND - 1 - market.funding_index
    return max(lowest, min(highest, wanted))


def hourly_rate(moved: int, *, config: MarketConfig, mark: Ticks, elapsed: Seconds) -> int:
    """
    A funding step as a rate of the mark: what `step` was made from.

    Units:   10^-6 quote a lot over seconds -> ppm an hour.
    Bounds:  0 if no time passed.
    Rounds:  towards zero.
    """
    base = mark * config.quote_per_lot_tick * elapsed
    return 0 if base == 0 else towards_zero(moved * SECONDS_PER_HOUR, base)
