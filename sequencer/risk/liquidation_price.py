"""
The mark at which an account becomes liquidatable, if the marks of all its other markets stay.

Home of the condition: `zkclear/rules/liquidation.py`, equity < maintenance; fast twin of the margin: `margin.py`.
"""

from collections.abc import Callable, Sequence

from sequencer.risk.margin import Valuation, requirement
from zkclear.rules.units import TICKS_BOUND


def _first_true(low: int, high: int, condition: Callable[[int], bool]) -> int:
    """The smallest number in low..high-1 from which on `condition` holds, or `high`. It must not turn false again."""
    while low < high:
        middle = (low + high) // 2
        if condition(middle):
            high = middle
        else:
            low = middle + 1
    return low


def liquidation_price(collateral: int, sizes: Sequence[int], market: int, valuation: Valuation) -> int:
    """
    The nearest mark of `market` at which the account is liquidatable: of a long the highest, of a short the lowest.

    A long loses a lot's value a tick and its requirement falls by at most as much (rates up to 100 %), a short loses and
    needs more: so the marks at which the account is liquidatable lie on one side of the result. With rates above 100 %
    (legal, but senseless) a long is searched below the mark only, where the condition is still one-sided.

    Units:   quote, lots; the result is in ticks, 0 if no mark makes the account liquidatable.
    Bounds:  abs(collateral) < 2^62, abs(size) < 2^40; the result is below 2^32.
    Rounds:  nothing: found by halving over whole ticks, with the requirement rounded up at each.
    """
    size = sizes[market]
    if size == 0:
        return 0
    rest = [0 if index == market else held for index, held in enumerate(sizes)]
    spare = valuation.equity(collateral, rest) - valuation.maintenance(rest)
    per_tick, brackets = valuation.per_tick[market], valuation.maintenance_brackets[market]

    def is_safe(mark: int) -> bool:
        value = mark * per_tick
        return spare + size * value >= requirement(abs(size) * value, brackets)

    now = valuation.marks[market]
    if size < 0:
        found = _first_true(1, TICKS_BOUND, lambda mark: not is_safe(mark))
        return 0 if found == TICKS_BOUND else found
    if is_safe(now):
        return _first_true(1, now, is_safe) - 1
    return _first_true(now, TICKS_BOUND, is_safe) - 1
