"""
Equity and requirements of one price vector, unpacked into plain integers.

Home: `zkclear/rules/margin.py`. Compared with it by `tests/sequencer/test_risk.py`.
"""

from collections.abc import Sequence

from zkclear.rules.num import div_ceil
from zkclear.rules.state import Market, Rates
from zkclear.rules.units import NOTIONAL_BOUND, PPM

Brackets = tuple[int, int, int, int, int]
"""t1, t2 and the three rates."""


def _brackets(market: Market, rates: Rates) -> Brackets:
    return (market.config.t1, market.config.t2, rates.r1, rates.r2, rates.r3)


def requirement(value: int, brackets: Brackets) -> int:
    """Collateral that a position worth `value` must carry. Rounds up: against the account."""
    t1, t2, r1, r2, r3 = brackets
    if value <= t1:
        return div_ceil(r1 * value, PPM)
    if value <= t2:
        return div_ceil(r1 * t1 + r2 * (value - t1), PPM)
    return div_ceil(r1 * t1 + r2 * (t2 - t1) + r3 * (value - t2), PPM)


class Valuation:
    """The listed markets at the marks of one batch. `units[i]` is what one lot of market i is worth."""

    __slots__ = ("fees", "initial_brackets", "maintenance_brackets", "marks", "per_tick", "units")

    def __init__(self, markets: Sequence[Market], *, listed: int) -> None:
        rows = markets[:listed]
        self.marks = [int(market.mark) for market in rows]
        self.per_tick = [market.config.quote_per_lot_tick for market in rows]
        self.units = [mark * per_tick for mark, per_tick in zip(self.marks, self.per_tick, strict=True)]
        self.initial_brackets = [_brackets(market, market.config.initial) for market in rows]
        self.maintenance_brackets = [_brackets(market, market.config.maintenance) for market in rows]
        self.fees = [(int(market.config.maker_fee), int(market.config.taker_fee)) for market in rows]

    def equity(self, collateral: int, sizes: Sequence[int]) -> int:
        """Collateral and every position at its signed value."""
        total = collateral
        for size, unit in zip(sizes, self.units, strict=False):  # rows beyond the listed markets hold nothing
            if size:
                total += size * unit
        return total

    def initial(self, sizes: Sequence[int]) -> int:
        """Sum of the initial requirements."""
        return self._total(sizes, self.initial_brackets)

    def maintenance(self, sizes: Sequence[int]) -> int:
        """Sum of the maintenance requirements."""
        return self._total(sizes, self.maintenance_brackets)

    def _total(self, sizes: Sequence[int], brackets: list[Brackets]) -> int:
        total = 0
        for size, unit, bracket in zip(sizes, self.units, brackets, strict=False):
            if size:
                total += requirement(abs(size) * unit, bracket)
        return total

    def withdrawable(self, collateral: int, sizes: Sequence[int]) -> int:
        """Equity above the initial margin, never less than nothing."""
        return max(0, self.equity(collateral, sizes) - self.initial(sizes))

    def too_valuable(self, size: int, market: int) -> bool:
        """Whether a position that grew to `size` is worth more than the proof has room for."""
        return abs(size) * self.units[market] >= NOTIONAL_BOUND
