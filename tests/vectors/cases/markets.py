"""Cases of `zkclear/rules/markets.py`."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.vectors import records
from tests.vectors.drawer import BTC, ETH, case
from zkclear.rules.state import Market, MarketConfig, Rates

MODULE = "markets"
CLAIMS = ("C4", "C9")
NOTES = {
    "Field": "one field out of its bounds",
    "Edge": "the last legal value",
    "Change": "a listed market keeps its lot, tick and live values; a new one takes the next free row",
}

GOOD = (
    {"t1": 1},
    {"close_factor": 1},
    {"t2": 2**62 - 1},
    {"maker_fee": -300},
    {"max_open_interest": 2**40 - 1},
    {"maintenance": Rates(20_000, 40_000, 100_000)},
)
BAD = (
    {"lot_e8": 0},
    {"tick_e8": 0},
    {"lot_e8": 100_001},
    {"quote_per_lot_tick": 99},
    {"lot_e8": 2**30, "tick_e8": 10**10},
    {"t1": 0},
    {"t2": ETH.t1},
    {"t2": 2**62},
    {"maintenance": Rates(0, 1, 2)},
    {"maintenance": Rates(20_000, 10_000, 50_000)},
    {"maintenance": Rates(20_001, 40_000, 100_000)},
    {"initial": Rates(20_000, 40_000, 2**20)},
    {"taker_fee": 2**20},
    {"maker_fee": -301},
    {"liquidation_fee": 10**6 + 1},
    {"keeper_share": 10**6 + 1},
    {"close_factor": 0},
    {"close_factor": 10**6 + 1},
    {"closeout": 10**6 + 1},
    {"max_funding_rate": 2**20},
    {"max_open_interest": 0},
    {"max_open_interest": 2**40},
    {"status": 0},
    {"status": 2},
)


def _change(index: int, config: MarketConfig, *, rows: int = 4) -> dict[str, Any]:
    live = [Market(ETH, 18_000, -7, 500), Market(BTC, 83_000, 9, 40)]
    return case(
        "check_change",
        "Change",
        markets=[records.market_to_plain(market) for market in live],
        rows=rows,
        index=index,
        config=records.config_to_plain(config),
    )


def _changes() -> Iterator[dict[str, Any]]:
    tighter = replace(ETH, max_open_interest=1, taker_fee=0, maker_fee=0, liquidation_fee=0)
    for index, config in ((0, ETH), (0, tighter), (1, BTC), (2, ETH), (2, BTC), (3, ETH)):
        yield _change(index, config)
    yield _change(0, BTC)
    yield _change(0, replace(ETH, lot_e8=2 * ETH.lot_e8, tick_e8=ETH.tick_e8 // 2))
    yield _change(0, replace(ETH, tick_e8=2 * ETH.tick_e8, quote_per_lot_tick=200))
    for index in (0, 2):
        yield _change(index, replace(ETH, maker_fee=-301))
        yield _change(index, replace(ETH, closeout=10**6 + 1))
        yield _change(index, replace(ETH, status=2))


def cases() -> Iterator[dict[str, Any]]:
    yield case("check_config", config=records.config_to_plain(ETH))
    yield case("check_config", config=records.config_to_plain(BTC))
    for change in GOOD:
        yield case("check_config", "Edge", config=records.config_to_plain(replace(ETH, **change)))
    for change in BAD:
        yield case("check_config", "Field", config=records.config_to_plain(replace(ETH, **change)))
    yield from _changes()
