"""Cases of `zkclear/rules/funding.py`."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.vectors import records
from tests.vectors.drawer import ETH, account, case, markets
from zkclear.rules.state import Market

MODULE = "funding"
CLAIMS = ("C1", "C6")
NOTES = {
    "Rounding": "a fraction of a unit: the account never gets it, the dust does",
    "Bound": "the last legal value and the first illegal one",
    "Zero": "no time has passed, so no step is legal but 0",
    "Wide": "indexes at the ends of their range",
    "Rebate": "a maker rebate above the taker fee would be paid by nobody",
    "Random": "drawn with a fixed seed",
}


def _market(**fields: Any) -> records.Plain:
    return records.market_to_plain(replace(Market(ETH, 30_000), **fields))


def _advance(*flags: str, step: int, mark: int = 30_000, elapsed: int = 8, **fields: Any) -> dict[str, Any]:
    return case("advance", *flags, market=_market(**fields), mark=mark, step=step, elapsed=elapsed)


def cases() -> Iterator[dict[str, Any]]:
    for size, index, settled in ((0, 5, 0), (1, 1, 0), (-1, 1, 0), (1, 0, 1), (-1, 0, 1)):
        yield case("payment", "Rounding", size=size, index=index, settled=settled)
    for size in (7, -7):
        for index in (10**6, 10**6 + 1, -(10**6) - 1, 999_999):
            yield case("payment", "Rounding", size=size, index=index, settled=0)
    for size in (2**40 - 1, 1 - 2**40):
        yield case("payment", "Wide", size=size, index=2**62 - 1, settled=1 - 2**62)
    config = records.config_to_plain(ETH)
    for elapsed in (0, 1, 3_600, 2**40 - 1):
        yield case("step_limit", config=config, mark=30_000, elapsed=elapsed)
    limit = 30_000 * 100 * 1_000 * 8 // 3_600
    for step in (limit, limit + 1, -limit, -limit - 1):
        yield _advance("Bound", step=step)
    yield _advance("Zero", step=0, elapsed=0)
    yield _advance("Zero", step=1, elapsed=0)
    for mark in (0, 1, 2**32 - 1, 2**32):
        yield _advance("Bound", step=0, mark=mark)
    yield _advance("Wide", step=1, funding_index=2**62 - 2)
    yield _advance("Wide", step=1, funding_index=2**62 - 1)
    yield _advance("Rebate", step=0, config=replace(ETH, maker_fee=-300))
    yield _advance("Rebate", step=0, config=replace(ETH, maker_fee=-301))
    generator = random.Random("funding")
    for _ in range(12):
        holder = account(
            generator.randrange(-(2**40), 2**40),
            (generator.randrange(-(2**30), 2**30), generator.randrange(-(2**30), 2**30)),
            (generator.randrange(-(2**40), 2**40), generator.randrange(-(2**40), 2**40)),
        )
        indexes = (generator.randrange(-(2**40), 2**40), generator.randrange(-(2**40), 2**40))
        yield case(
            "settle_account", "Random", account=holder, markets=markets(30_000, 90_000, indexes=indexes)
        )
