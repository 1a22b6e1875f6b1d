"""Cases of `zkclear/rules/fills.py`."""

import random
from collections.abc import Iterator
from typing import Any

from tests.vectors import records
from tests.vectors.drawer import ETH, OWNER, STRANGER, case, entry

MODULE = "fills"
CLAIMS = ("C3", "C4", "C6")
NOTES = {
    "Rounding": "fees round up; a rebate, being negative, shrinks",
    "Bound": "the last legal value, the first illegal one",
    "Price": "the maker's limit, never worse than the taker's",
    "TimeInForce": "IOC and FOK never make, POST_ONLY never takes",
    "Liquidation": "it takes like an order and never makes; no other risk entry trades",
    "Random": "drawn with a fixed seed",
}


def _check(*flags: str, fill: tuple[int, int, int] = (0, 1, 5), **options: Any) -> dict[str, Any]:
    owners = options.pop("owners", (OWNER, STRANGER))
    maker = entry(**options.pop("maker", {}))
    taker = entry(**{"account": 3, "action": 0x41, **options.pop("taker", {})})
    return case(
        "check_fill",
        *flags,
        fill=list(fill),
        maker=maker,
        taker=taker,
        maker_owner=owners[0],
        taker_owner=owners[1],
    )


def cases() -> Iterator[dict[str, Any]]:
    for rate in (300, -50, 0, 2**20 - 1, 1 - 2**20):
        for cost in (0, 1, 3_333, 20_000, 1_500_050_000, 2**56 - 1):
            yield case("fee", "Rounding", cost=cost, rate=rate)
    for lots in (0, 1, 2**48 - 1, 2**48):
        yield _check("Bound", fill=(0, 1, lots))
    for limit in (29_999, 30_000, 30_001):
        yield _check("Price", taker={"limit": limit})
        yield _check("Price", maker={"action": 0x41}, taker={"action": 0x40, "limit": limit})
    yield _check(taker={"market": 1})
    yield _check(taker={"action": 0x40})
    yield _check(taker={"account": 2})
    yield _check(owners=(OWNER, OWNER))
    for action in (0x40, 0x42, 0x44, 0x46, 0x48):
        yield _check("TimeInForce", maker={"action": action})
        yield _check("TimeInForce", taker={"action": action | 1})
    yield _check(maker={"action": 0x80})
    yield _check(taker={"action": 0x82})
    for limit in (29_999, 30_000, 30_001):
        yield _check("Liquidation", "Price", taker={"action": 0xC1, "limit": limit})
        yield _check("Liquidation", "Price", maker={"action": 0x41}, taker={"action": 0xC0, "limit": limit})
    for action in (0xC0, 0xC1, 0xC2, 0xC3):
        yield _check("Liquidation", maker={"action": action})
        yield _check("Liquidation", maker={"action": 0x42}, taker={"action": action})
    config = records.config_to_plain(ETH)
    generator = random.Random("fills")
    for action in (0x40, 0x41):
        for _ in range(8):
            lots, limit = generator.randrange(1, 2**16), generator.randrange(1, 2**24)
            maker = entry(action=action, lots=2**17, limit=limit)
            yield case("legs", "Random", fill=[0, 1, lots], maker=maker, config=config)
