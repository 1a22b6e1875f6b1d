"""
Funding: a bounded step a batch, settled when an account is opened.

Circuit twin: `circuits/rules/funding.go`. Vectors: `funding.json`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from zkclear.rules.num import div_floor
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.state import Account, Market, MarketConfig, Position
from zkclear.rules.units import (
    FUNDING_INDEX_BOUND,
    FUNDING_STEP_BOUND,
    PPM,
    TICKS_BOUND,
    FundingIndex,
    Lots,
    Quote,
    Seconds,
    Ticks,
    in_range,
)

SECONDS_PER_HOUR = 3600


def step_limit(config: MarketConfig, *, mark: Ticks, elapsed: Seconds) -> int:
    """
    Largest funding step, without its sign, that a batch may take.

    Units:   10^-6 quote a lot; `max_funding_rate` is ppm an hour, `elapsed` the seconds since the last batch.
    Bounds:  mark * quote_per_lot_tick < 2^56, rate < 2^20, elapsed < 2^40; below 2^55 in any case.
    Rounds:  down: a step at the limit still satisfies step * 3600 <= mark * qpl * rate * elapsed.
    Rejects: nothing.
    Claims:  C6.
    """
    exact = mark * config.quote_per_lot_tick * config.max_funding_rate * elapsed
    return min(div_floor(exact, SECONDS_PER_HOUR), FUNDING_STEP_BOUND - 1)


def advance(market: Market, *, mark: Ticks, step: int, elapsed: Seconds) -> Market:
    """
    The market at this batch's mark and funding index.

    Units:   step in 10^-6 quote a lot, signed: positive steps are paid by longs.
    Bounds:  1 <= mark < 2^32; abs(step) <= step_limit; abs(new index) < 2^62.
    Rounds:  nothing.
    Rejects: MARK_OUT_OF_RANGE, FUNDING_STEP_TOO_LARGE, REBATE_TOO_LARGE.
    Claims:  C1, C6.
    """
    in_range(mark, 1, TICKS_BOUND, reason=Reject.MARK_OUT_OF_RANGE, field="mark")
    config = market.config
    limit = step_limit(config, mark=mark, elapsed=elapsed)
    in_range(
        step,
        -limit,
        limit + 1,
        reason=Reject.FUNDING_STEP_TOO_LARGE,
        field="funding_step",
    )
    index = FundingIndex(market.funding_index + step)
    in_range(
        index,
        1 - FUNDING_INDEX_BOUND,
        FUNDING_INDEX_BOUND,
        reason=Reject.FUNDING_STEP_TOO_LARGE,
        field="funding_index",
    )
    if config.maker_fee + config.taker_fee < 0:
        raise Rejected(
            Reject.REBATE_TOO_LARGE,
            {"maker_fee": config.maker_fee, "taker_fee": config.taker_fee},
        )
    return replace(market, mark=mark, funding_index=index)


def payment(size: Lots, *, index: FundingIndex, settled: FundingIndex) -> tuple[Quote, int]:
    """
    What a position gets for the funding since it was last settled, and the dust that the rounding leaves.

    Units:   lots * 10^-6 quote a lot / 10^6 -> quote; the dust is in 10^-6 quote.
    Bounds:  abs(size) < 2^40, abs of both indexes < 2^62; 0 <= dust < 10^6.
    Rounds:  down: against the account; exactly `-size * (index - settled) = 10^6 * quote + dust`.
    Rejects: nothing.
    Claims:  C6.
    """
    exact = -size * (index - settled)
    credited = div_floor(exact, PPM)
    return Quote(credited), exact - PPM * credited


@dataclass(frozen=True, slots=True)
class Settled:
    """An account with its funding settled, and the dust (10^-6 quote) that this left."""

    account: Account
    dust: int


def settle_account(account: Account, markets: Sequence[Market]) -> Settled:
    """
    Settle the funding of every position of an account up to the markets' index.

    Units:   quote; dust in 10^-6 quote.
    Bounds:  those of `payment`; `markets` are already advanced to this batch.
    Rounds:  down, once a position: against the account.
    Rejects: nothing.
    Claims:  C6.
    """
    collateral, dust = int(account.collateral), 0
    positions = []
    for position, market in zip(account.positions, markets, strict=True):
        credited, left = payment(position.size, index=market.funding_index, settled=position.funding_index)
        collateral += credited
        dust += left
        positions.append(Position(position.size, market.funding_index))
    return Settled(replace(account, collateral=Quote(collateral), positions=tuple(positions)), dust)
