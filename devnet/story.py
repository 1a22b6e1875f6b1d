"""
The demo's plot, as plain data: which prices are recorded, who quotes, who takes.

Everything is drawn from a fixed seed, so that every run tells the same story; only signatures, times and nonces differ.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path

from zkclear.client import NewOrder, round_to_step
from zkclear.client.oracle import Tick, ticks

PRICES = Path(__file__).resolve().parents[1] / "data" / "prices" / "crash-2025-04-06.csv"
MARKETS = ("ETH-USD", "BTC-USD")
TICKS = {"ETH-USD": Decimal("0.1"), "BTC-USD": Decimal(1)}
LOTS = {"ETH-USD": Decimal("0.001"), "BTC-USD": Decimal("0.0001")}
MAKERS = (2, 3)
TAKERS = (4, 5, 6, 7, 8, 9)
LEVELS = 3
CANDLES = 8
CANDLE_STRIDE = 6
"""Half an hour of recorded prices between two ticks of the demo, so that the mark visibly moves."""
SEED = "zkclear demo"


@dataclass(frozen=True, slots=True)
class Part:
    """One order of the plot and the account that sends it."""

    account: int
    order: NewOrder


def prices(path: Path = PRICES, *, count: int = CANDLES, stride: int = CANDLE_STRIDE) -> list[Tick]:
    """The first `count` of every `stride`-th recorded candle, with the closes of both markets."""
    return list(islice(ticks(path, markets=MARKETS), 0, count * stride, stride))


def quotes(tick: Tick) -> Iterator[Part]:
    """What the makers offer around a tick's prices: three levels a side and market, never crossing."""
    for account in MAKERS:
        for market in MARKETS:
            step = TICKS[market]
            middle = round_to_step(tick.prices[market], step)
            for level in range(1, LEVELS + 1):
                away = middle * level // 2_000 // step * step + account * step
                size = LOTS[market] * 200 * level
                for side, price in (("buy", middle - away), ("sell", middle + away)):
                    yield Part(account, NewOrder(market, side, size, price, tif="POST_ONLY"))


def orders(tick: Tick) -> Iterator[Part]:
    """What the takers do at a tick: three market orders each, sizes drawn from the story's seed."""
    draw = random.Random(f"{SEED} {tick.time_s}")  # noqa: S311 - a story, not a secret
    for _ in range(3):
        for account in draw.sample(TAKERS, len(TAKERS)):
            market = draw.choice(MARKETS)
            size = LOTS[market] * draw.randint(40, 160)
            yield Part(account, NewOrder(market, draw.choice(("buy", "sell")), size))
