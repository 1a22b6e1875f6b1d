"""Cases of `zkclear/rules/closing.py`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tests.vectors import records
from tests.vectors.drawer import ETH, account, case, markets
from zkclear.rules.state import Market

MODULE = "closing"
CLAIMS = ("C4", "C5", "C7", "C8")
NOTES = {
    "Edge": "one unit decides",
    "Drain": "no position at opening: reduced would read 0 >= 0",
    "Grew": "reduced allows no position to grow or flip",
    "Withdrawn": "nothing may be withdrawn from an account that closes reduced",
    "Bound": "the last legal value, the first illegal one",
    "Fund": "account 0 absorbs only if it stays healthy, even where it would close unchanged or reduced",
    "Cap": "open interest may exceed a cap that was lowered, and then only shrink",
}
Leg = tuple[int, Sequence[int]]


def _close(opening: Leg, closing: Leg, *flags: str, withdrawn: int = 0, marks: Any = (30_000, 90_000)) -> Any:
    return case(
        "closing_class",
        *flags,
        opening=account(*opening),
        closing=account(*closing),
        markets=markets(*marks),
        withdrawn=withdrawn,
    )


def _open_interest(before: int, sizes: Any) -> dict[str, Any]:
    market = Market(replace(ETH, max_open_interest=100), 30_000, 0, before)
    return case("open_interest_after", "Cap", market=records.market_to_plain(market), sizes=sizes)


def cases() -> Iterator[dict[str, Any]]:
    yield _close((5, (0, 0)), (5, (0, 0)))
    yield _close((-5, (0, 0)), (-5, (0, 0)))
    yield _close((-5, (0, 0)), (-6, (0, 0)), "Drain")
    yield _close((5, (0, 0)), (-1, (0, 0)), "Drain")
    yield _close((5, (0, 0)), (0, (0, 0)), "Edge", withdrawn=5)
    initial = 30_000_000  # 500 lots at 30,000 ticks are worth 1,500,000,000; 2 % of it
    cost = 500 * 30_000 * 100
    for collateral in (initial - 1, initial, initial + 1):
        yield _close((collateral, (0, 0)), (collateral - cost, (500, 0)), "Edge")
    short = 20_000_000 - cost  # between maintenance and initial margin
    for left in (-4_000_001, -4_000_000, -3_999_999):
        yield _close((short, (500, 0)), (short + left + 100 * 30_000 * 100, (400, 0)), "Edge")
    under = 10_000_000 - cost  # below maintenance
    fair = under + 100 * 30_000 * 100
    for left in (-2_000_001, -2_000_000, -1_999_999, 0):
        yield _close((under, (500, 0)), (fair + left, (400, 0)), "Edge")
    yield _close((under, (500, 0)), (fair, (400, 0)), "Withdrawn", withdrawn=1)
    yield _close((under, (500, 0)), (fair, (400, -1)), "Grew")
    yield _close((under, (500, 0)), (under + 501 * 3_000_000 - 10_000_000, (-1, 0)), "Grew")
    yield _close((under, (500, 0)), (under - 3_000_000, (501, 0)), "Grew")
    hole = -10_000_000 - cost  # negative equity
    for left in (-1, 0, 1):
        yield _close((hole, (500, 0)), (hole + 3_000_000 * 500 + left, (0, 0)), "Edge")
    for collateral in (2**62 - 1, 2**62, 1 - 2**62, -(2**62)):
        yield _close((collateral, (0, 0)), (collateral, (0, 0)), "Bound")
    for size in (2**40 - 1, 2**40):
        yield _close((0, (size, 0)), (0, (size, 0)), "Bound", marks=(1, 1))
    large = 2**62 - 1
    for ticks in (2**16 - 1, 2**16):  # 2^40 * 2^16 is the first illegal value of a position that grew
        one = replace(Market(replace(ETH, quote_per_lot_tick=1)), mark=ticks)
        for before, after in ((2**39, 2**40 - 1), (2**40 - 1, 2**40 - 1)):
            yield case(
                "closing_class",
                "Bound",
                opening=account(large, (before,), (0,)),
                closing=account(large, (after,), (0,)),
                markets=[records.market_to_plain(replace(one, mark=ticks + 1))],
                withdrawn=0,
            )
    for before, sizes in (
        (90, [[0, 10], [0, -10]]),
        (90, [[0, 11]]),
        (120, [[5, 5]]),
        (120, [[5, 6]]),
        (120, [[6, 5]]),
    ):
        yield _open_interest(before, sizes)
    for sizes, worth in (((500, 0), 1_500_000_000), ((-500, 0), -1_500_000_000), ((0, 0), 0)):
        needed = initial if worth else 0
        for offset in (-1, 0, 1):
            fund = account(needed + offset - worth, sizes)
            yield case("close_absorbing", "Edge", "Fund", account=fund, markets=markets(30_000, 90_000))
