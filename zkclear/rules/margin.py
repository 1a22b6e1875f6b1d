"""
Margin: what a position must carry, what an account is worth, what may leave it.

Circuit twin: `circuits/rules/margin.go`. Fast twin: `sequencer/risk/margin.py`. Vectors: `margin.json`.
"""

from collections.abc import Sequence

from zkclear.rules.num import div_ceil
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.state import Market, Position, Rates
from zkclear.rules.units import NOTIONAL_BOUND, PPM, Lots, Quote, Ticks


def notional(size: Lots, *, mark: Ticks, quote_per_lot_tick: int) -> Quote:
    """
    Value of a position without its sign.

    Units:   lots * ticks * quote a lot and tick -> quote.
    Bounds:  abs(size) < 2^40, mark < 2^32, quote_per_lot_tick < 2^24; the result is < 2^96.
    Rounds:  nothing; every notional is an exact integer.
    Rejects: nothing.
    Claims:  C4.
    """
    return Quote(abs(size) * mark * quote_per_lot_tick)


def notional_at_entry(lots: Lots, ticks: Ticks, *, quote_per_lot_tick: int) -> Quote:
    """
    Value of an order at its limit, or of a position that a batch made larger at the mark.

    Units:   lots * ticks * quote a lot and tick -> quote.
    Bounds:  lots < 2^40, ticks < 2^32; the result is < 2^56.
    Rounds:  nothing.
    Rejects: NOTIONAL_TOO_LARGE from 2^56 on.
    Claims:  C4.
    """
    value = notional(lots, mark=ticks, quote_per_lot_tick=quote_per_lot_tick)
    if value >= NOTIONAL_BOUND:
        raise Rejected(Reject.NOTIONAL_TOO_LARGE, {"given": value, "maximum": NOTIONAL_BOUND - 1})
    return value


def requirement(value: Quote, *, t1: Quote, t2: Quote, rates: Rates) -> Quote:
    """
    Collateral that a position of notional `value` must carry: each bracket at its own rate, like a tax.

    Units:   quote * ppm / ppm -> quote.
    Bounds:  0 <= value < 2^96, t1 < t2 < 2^62, rates < 2^20; the weighted sum is < 2^118, so no field wrap.
    Rounds:  up, once, after the sum: against the account, by less than one unit.
    Rejects: nothing; 2^56 is refused at entry, and a price that moves later must stay provable.
    Claims:  C4.
    """
    in_first = min(value, t1)
    in_second = min(max(value - t1, 0), t2 - t1)
    in_third = max(value - t2, 0)
    weighted = rates.r1 * in_first + rates.r2 * in_second + rates.r3 * in_third
    return Quote(div_ceil(weighted, PPM))


def equity(collateral: Quote, positions: Sequence[Position], markets: Sequence[Market]) -> Quote:
    """
    What an account is worth at the marks: collateral plus every position at its signed value.

    Units:   quote; `positions` and `markets` have the same length, funding already settled.
    Bounds:  abs < 2^62 + markets * 2^96.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  C5.
    """
    value = sum(
        position.size * market.mark * market.config.quote_per_lot_tick
        for position, market in zip(positions, markets, strict=True)
    )
    return Quote(collateral + value)


def _total(positions: Sequence[Position], markets: Sequence[Market], *, initial: bool) -> Quote:
    total = 0
    for position, market in zip(positions, markets, strict=True):
        config = market.config
        value = notional(
            position.size,
            mark=market.mark,
            quote_per_lot_tick=config.quote_per_lot_tick,
        )
        rates = config.initial if initial else config.maintenance
        total += requirement(value, t1=config.t1, t2=config.t2, rates=rates)
    return Quote(total)


def margin_maintenance(positions: Sequence[Position], markets: Sequence[Market]) -> Quote:
    """
    Sum of the maintenance requirements: below it an account is liquidatable.

    Units:   quote.
    Bounds:  < markets * 2^98.
    Rounds:  up, once a position: against the account.
    Rejects: nothing.
    Claims:  C4, C5.
    """
    return _total(positions, markets, initial=False)


def margin_initial(positions: Sequence[Position], markets: Sequence[Market]) -> Quote:
    """
    Sum of the initial requirements: what an account needs to grow or to withdraw.

    Units:   quote.
    Bounds:  < markets * 2^98.
    Rounds:  up, once a position: against the account.
    Rejects: nothing.
    Claims:  C4, C5.
    """
    return _total(positions, markets, initial=True)


def withdrawable(collateral: Quote, positions: Sequence[Position], markets: Sequence[Market]) -> Quote:
    """
    What may leave the account: equity above the initial margin, never less than nothing.

    Units:   quote, at the opening state of a batch.
    Bounds:  0 <= result < 2^100.
    Rounds:  nothing beyond the requirements, which round up.
    Rejects: nothing.
    Claims:  C5, C9.
    """
    return Quote(
        max(
            0,
            equity(collateral, positions, markets) - margin_initial(positions, markets),
        )
    )
