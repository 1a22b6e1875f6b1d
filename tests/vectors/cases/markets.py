"""Cases of `zkclear/rules/markets.py`."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.vectors import records
from tests.vectors.drawer import BTC, ETH, case
from zkclear.rules.state import Rates

MODULE = "markets"
CLAIMS = ("C4",)
NOTES = {"Field": "one field out of its bounds", "Edge": "the last legal value"}

GOOD = (
    {"t1": 1},
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
    {"close_factor": 10**6 + 1},
    {"closeout": 10**6 + 1},
    {"max_funding_rate": 2**20},
    {"max_open_interest": 0},
    {"max_open_interest": 2**40},
    {"status": 0},
    {"status": 2},
)


def cases() -> Iterator[dict[str, Any]]:
    yield case("check_config", config=records.config_to_plain(ETH))
    yield case("check_config", config=records.config_to_plain(BTC))
    for change in GOOD:
        yield case("check_config", "Edge", config=records.config_to_plain(replace(ETH, **change)))
    for change in BAD:
        yield case("check_config", "Field", config=records.config_to_plain(replace(ETH, **change)))
