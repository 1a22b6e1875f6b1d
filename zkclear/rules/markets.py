"""
Listing: which market configurations may exist at all.

Contract twin: `MarketLib.sol`. Vectors: `markets.json`.
"""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.state import UNLISTED, Market, MarketConfig, Rates
from zkclear.rules.units import (
    PPM,
    PPM_BOUND,
    QUOTE_BOUND,
    QUOTE_PER_LOT_TICK_BOUND,
    SIZE_BOUND,
    in_range,
)

E8_BOUND = 2**64
LOT_TICK_SCALE = 10**10
"""lot_e8 * tick_e8 is in 10^-16 tokens, quote in 10^-6."""
SIZE_E8_BOUND = 2**63
"""Positions travel as signed 64-bit numbers of 10^-8 base units."""

CONFIG_FIELDS = tuple(field.name for field in fields(MarketConfig))
"""The fields of a configuration, in the order of the contract's struct."""


def config_of_fields(values: Sequence[Any]) -> MarketConfig:
    """
    A configuration from the contract's struct: its fields in order, the two rates as triples.

    Units:   as design section 4.
    Bounds:  those of `check_config`, which the contract's constructor applied.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  C11.
    """
    lot_e8, tick_e8, quote, t1, t2, maintenance, initial, *rest = values
    return MarketConfig(lot_e8, tick_e8, quote, t1, t2, Rates(*maintenance), Rates(*initial), *rest)


def fields_of_config(config: MarketConfig) -> tuple[Any, ...]:
    """
    The contract's struct of a configuration: the inverse of `config_of_fields`.

    Units:   as design section 4.
    Bounds:  none.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  C11.
    """

    def plain(value: Any) -> Any:
        return (value.r1, value.r2, value.r3) if isinstance(value, Rates) else value

    return tuple(plain(getattr(config, name)) for name in CONFIG_FIELDS)


def quote_per_lot_tick(lot_e8: int, tick_e8: int) -> int:
    """
    Quote units of one lot at one tick.

    Units:   10^-8 base units * 10^-8 tokens a base unit -> quote (10^-6 tokens).
    Bounds:  lot_e8 and tick_e8 below 2^64; the result is in 1..2^24-1.
    Rounds:  nothing; a product that is not whole is refused.
    Rejects: BAD_MARKET_CONFIG.
    Claims:  C4.
    """
    in_range(lot_e8, 1, E8_BOUND, reason=Reject.BAD_MARKET_CONFIG, field="lot_e8")
    in_range(tick_e8, 1, E8_BOUND, reason=Reject.BAD_MARKET_CONFIG, field="tick_e8")
    whole, rest = divmod(lot_e8 * tick_e8, LOT_TICK_SCALE)
    if rest:
        raise Rejected(
            Reject.BAD_MARKET_CONFIG,
            {"field": "quote_per_lot_tick", "lot_e8": lot_e8, "tick_e8": tick_e8},
        )
    in_range(
        whole,
        1,
        QUOTE_PER_LOT_TICK_BOUND,
        reason=Reject.BAD_MARKET_CONFIG,
        field="quote_per_lot_tick",
    )
    return whole


def _check_rates(rates: Rates, *, field: str) -> None:
    in_range(rates.r1, 1, PPM_BOUND, reason=Reject.BAD_MARKET_CONFIG, field=f"{field}.r1")
    in_range(
        rates.r2,
        rates.r1,
        PPM_BOUND,
        reason=Reject.BAD_MARKET_CONFIG,
        field=f"{field}.r2",
    )
    in_range(
        rates.r3,
        rates.r2,
        PPM_BOUND,
        reason=Reject.BAD_MARKET_CONFIG,
        field=f"{field}.r3",
    )


def check_config(config: MarketConfig) -> None:
    """
    Refuse a market that could not be cleared, or that would pay a maker more than the taker brings.

    Units:   as design section 4.
    Bounds:  quote_per_lot_tick exact; 0 < t1 < t2 < 2^62; rates positive, not decreasing, maintenance <= initial;
             -taker_fee <= maker_fee < 2^20; shares at most 10^6, the close factor at least 1: a takeover moves a lot; open interest below 2^40 and 2^63 / lot_e8.
    Rounds:  nothing.
    Rejects: BAD_MARKET_CONFIG with the field, REBATE_TOO_LARGE.
    Claims:  C4.
    """
    bad = Reject.BAD_MARKET_CONFIG
    expected = quote_per_lot_tick(config.lot_e8, config.tick_e8)
    in_range(
        config.quote_per_lot_tick,
        expected,
        expected + 1,
        reason=bad,
        field="quote_per_lot_tick",
    )
    in_range(config.t1, 1, QUOTE_BOUND, reason=bad, field="t1")
    in_range(config.t2, config.t1 + 1, QUOTE_BOUND, reason=bad, field="t2")
    _check_rates(config.maintenance, field="maintenance")
    _check_rates(config.initial, field="initial")
    for name in ("r1", "r2", "r3"):
        low = getattr(config.maintenance, name)
        in_range(
            getattr(config.initial, name),
            low,
            PPM_BOUND,
            reason=bad,
            field=f"initial.{name}",
        )
    in_range(config.taker_fee, 0, PPM_BOUND, reason=bad, field="taker_fee")
    if config.maker_fee < -config.taker_fee:
        raise Rejected(
            Reject.REBATE_TOO_LARGE,
            {"maker_fee_ppm": config.maker_fee, "taker_fee_ppm": config.taker_fee},
        )
    in_range(config.maker_fee, -config.taker_fee, PPM_BOUND, reason=bad, field="maker_fee")
    for name, low in (("liquidation_fee", 0), ("keeper_share", 0), ("close_factor", 1), ("closeout", 0)):
        in_range(getattr(config, name), low, PPM + 1, reason=bad, field=name)
    in_range(config.max_funding_rate, 0, PPM_BOUND, reason=bad, field="max_funding_rate")
    most = min(SIZE_BOUND, -(-SIZE_E8_BOUND // config.lot_e8))
    in_range(config.max_open_interest, 1, most, reason=bad, field="max_open_interest")
    in_range(config.status, 1, 2, reason=bad, field="status")


KEPT_FIELDS = ("lot_e8", "tick_e8", "quote_per_lot_tick")
"""What a change may not touch: positions and orders are counted in it."""


def check_change(markets: Sequence[Market], index: int, config: MarketConfig) -> Market:
    """
    The market `index` with a new configuration: a listed one changed, or the next free row listed.

    Units:   as design section 4.
    Bounds:  those of `check_config`; a change keeps lot and tick.
    Rounds:  nothing.
    Rejects: BAD_MARKET_CONFIG with the field, REBATE_TOO_LARGE, UNLISTED_MARKET.
    Claims:  C4, C9.
    """
    check_config(config)
    old = markets[index]
    if old == UNLISTED:
        if index > 0 and markets[index - 1] == UNLISTED:
            raise Rejected(Reject.UNLISTED_MARKET, {"market": index - 1})
        return Market(config)
    for name in KEPT_FIELDS:
        if getattr(old.config, name) != getattr(config, name):
            raise Rejected(Reject.BAD_MARKET_CONFIG, {"market": index, "field": name})
    return replace(old, config=config)
