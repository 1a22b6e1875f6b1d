"""Cases of `zkclear/rules/margin.py`."""

import random
from collections.abc import Iterator
from typing import Any

from tests.vectors.drawer import ETH, account, case, markets

MODULE = "margin"
CLAIMS = ("C4", "C5")
NOTES = {
    "Rounding": "the weighted sum is not a multiple of 10^6; rounding down would lend one unit free",
    "Bracket": "at, just below and just above a threshold: marginal rates have no cliff",
    "Bound": "2^56 is the first illegal notional at entry",
    "Wide": "a legal price path carries an old position up to 2^96",
    "Negative": "equity below nothing: nothing is withdrawable",
    "Random": "drawn with a fixed seed",
}


def _requirement(notional: int, *flags: str) -> dict[str, Any]:
    rates = {"r1": ETH.maintenance.r1, "r2": ETH.maintenance.r2, "r3": ETH.maintenance.r3}
    return case("requirement", *flags, notional=notional, t1=ETH.t1, t2=ETH.t2, **rates)


def cases() -> Iterator[dict[str, Any]]:
    for notional in (0, 1, 99, 100, 101):
        yield _requirement(notional, "Rounding")
    for threshold in (ETH.t1, ETH.t2):
        for offset in (-1, 0, 1, 49, 50, 51):
            yield _requirement(threshold + offset, "Bracket")
    for notional in (2**56 - 1, 2**62, 2**96 - 1):
        yield _requirement(notional, "Wide")
    yield case("notional_at_entry", "Bound", lots=2**24, ticks=2**24 - 1, quote_per_lot_tick=2**8)
    yield case("notional_at_entry", "Bound", lots=2**24, ticks=2**24, quote_per_lot_tick=2**8)
    yield case("notional_at_entry", "Bound", lots=2**40 - 1, ticks=2**32 - 1, quote_per_lot_tick=2**24 - 1)
    for collateral in (0, 10**9, -(10**9), 2**62 - 1, 1 - 2**62):
        yield case("margins", account=account(collateral, (500, -20)), markets=markets(30_000, 90_000))
    yield case("margins", "Negative", account=account(-1, (0, 0)), markets=markets(30_000, 90_000))
    widest = account(0, (2**40 - 1, 1 - 2**40))
    yield case("margins", "Wide", account=widest, markets=markets(2**32 - 1, 2**32 - 1))
    generator = random.Random("margin")
    for _ in range(20):
        sizes = (generator.randrange(-(2**20), 2**20), generator.randrange(-(2**20), 2**20))
        marks = (generator.randrange(1, 2**20), generator.randrange(1, 2**20))
        collateral = generator.randrange(-(2**50), 2**50)
        yield case("margins", "Random", account=account(collateral, sizes), markets=markets(*marks))
