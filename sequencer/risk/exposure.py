"""
What an account's open orders could do to it, and whether one more may be taken.

The sequencer is stricter than the proof: an order is taken only if the account could carry it together with everything
that it has on the book. Sums an account and market are kept, not single orders, so that a check costs the same however
many orders rest; the check after each fill (`closing.py`) is the one that must never be wrong.
"""

from dataclasses import dataclass

from sequencer.risk.margin import Valuation, requirement
from zkclear.rules.fills import fee
from zkclear.rules.num import div_ceil
from zkclear.rules.units import PPM, Ppm, Quote


class Exposure:
    """Open orders of one account that could enlarge a position: lots, and lots times limit, by side and market."""

    __slots__ = ("costs", "lots")

    def __init__(self, markets: int) -> None:
        self.lots = ([0] * markets, [0] * markets)  # buys, sells
        self.costs = ([0] * markets, [0] * markets)

    def list_market(self) -> None:
        """Counts orders of one market more."""
        for sums in (*self.lots, *self.costs):
            sums.append(0)

    def add(self, market: int, *, sell: bool, lots: int, limit: int) -> None:
        """Takes `lots` at `limit` in; negative lots take them out again."""
        self.lots[sell][market] += lots
        self.costs[sell][market] += lots * limit


@dataclass(frozen=True, slots=True)
class Need:
    """What an order needs and what the account has left for it, both quote."""

    required: int
    available: int

    @property
    def is_met(self) -> bool:
        """An order that needs nothing is always taken."""
        return self.required <= 0 or self.required <= self.available


def _market_need(
    size: int, exposure: Exposure | None, market: int, valuation: Valuation, extra: tuple[int, int]
) -> int:
    """Initial margin of the worst position in a market, and the loss against the mark if all orders fill."""
    buys, sells = extra
    loss = 0
    if exposure is not None:
        bought, sold = exposure.lots[0][market], exposure.lots[1][market]
        mark = valuation.marks[market]
        adverse = max(0, exposure.costs[0][market] - bought * mark)
        adverse += max(0, sold * mark - exposure.costs[1][market])
        loss = adverse * valuation.per_tick[market]
        maker_fee = valuation.fees[market][0]
        if maker_fee > 0:
            value = (exposure.costs[0][market] + exposure.costs[1][market]) * valuation.per_tick[market]
            loss += div_ceil(value * maker_fee, PPM)
        buys += bought
        sells += sold
    worst = max(abs(size + buys), abs(size - sells))
    if worst == 0:
        return loss
    return loss + requirement(worst * valuation.units[market], valuation.initial_brackets[market])


def available(collateral: int, sizes: list[int], exposure: Exposure | None, valuation: Valuation) -> int:
    """Equity less what positions and open orders need; negative if they need more."""
    return valuation.equity(collateral, sizes) - sum(_market_needs(sizes, exposure, valuation))


def _market_needs(sizes: list[int], exposure: Exposure | None, valuation: Valuation) -> list[int]:
    """What positions and open orders need, by market."""
    markets = range(len(valuation.units))
    return [_market_need(sizes[market], exposure, market, valuation, (0, 0)) for market in markets]


def only_shrinks(size: int, exposure: Exposure, market: int, *, sell: bool, lots: int) -> bool:
    """Whether an order, with everything that rests on its side, can at most close the position."""
    same_side = exposure.lots[sell][market] + lots
    return same_side <= size if sell else same_side <= -size


def need(
    collateral: int,
    sizes: list[int],
    exposure: Exposure,
    valuation: Valuation,
    *,
    market: int,
    sell: bool,
    lots: int,
    limit: int,
) -> Need:
    """What a new order needs: more margin for the worst position, its loss against the mark, and its fee."""
    before = _market_needs(sizes, exposure, valuation)
    extra = (0, lots) if sell else (lots, 0)
    after = _market_need(sizes[market], exposure, market, valuation, extra)
    adverse = (valuation.marks[market] - limit) if sell else (limit - valuation.marks[market])
    loss = max(0, adverse) * lots * valuation.per_tick[market]
    rate = Ppm(max(0, *valuation.fees[market]))
    cost = Quote(lots * limit * valuation.per_tick[market])
    required = after - before[market] + loss + fee(cost, rate)
    return Need(required=required, available=valuation.equity(collateral, sizes) - sum(before))
