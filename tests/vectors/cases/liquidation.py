"""Cases of `zkclear/rules/liquidation.py`, `risks.py` and `deleveraging.py`: edges of one unit around every bound."""

from collections.abc import Iterator, Sequence
from typing import Any

from tests.vectors import records
from tests.vectors.drawer import BTC, ETH, account, case
from zkclear.rules.liquidation import stand
from zkclear.rules.state import Market

MODULE = "liquidation"
CLAIMS = ("C5", "C7", "C9")
NOTES = {
    "Edge": "equity one unit below, at and above a bound",
    "Bracket": "a position that reaches into the second and third bracket",
    "Rounding": "a position so small that every rounding shows",
    "Negative": "equity below 0: a hole",
    "Wide": "a price that rose until the position is worth more than a legal entry",
    "Fund": "the insurance account exactly able to carry a position, and one unit short",
}
MARKS = (18_000, 83_000)
SIZES: tuple[tuple[tuple[int, int], tuple[str, ...]], ...] = (
    ((5_000, 0), ()),
    ((-5_000, 0), ()),
    ((5_000, -2_000), ()),
    ((-70_000, 1_500), ("Bracket",)),
    ((700_000, 0), ("Bracket",)),
    ((1, 0), ("Rounding",)),
    ((-3, 7), ("Rounding",)),
    ((0, 1_000), ()),
)


def _rows(*marks: int) -> list[records.Plain]:
    return [
        records.market_to_plain(Market(config, mark)) for config, mark in zip((ETH, BTC), marks, strict=True)
    ]


def _worth(equity: int, sizes: Sequence[int], rows: list[records.Plain]) -> records.Plain:
    """An account with these sizes whose equity at the marks is `equity`."""
    empty = records.account_from_plain(account(0, sizes))
    markets = tuple(records.market_from_plain(row) for row in rows)
    return account(equity - stand(empty, markets).equity, sizes)


def _maintenance(sizes: Sequence[int], rows: list[records.Plain]) -> int:
    markets = tuple(records.market_from_plain(row) for row in rows)
    return stand(records.account_from_plain(account(0, sizes)), markets).maintenance


def _equities(maintenance: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Around maintenance, around the closeout share of it, and around 0."""
    for offset in (-1, 0, 1):
        yield maintenance + offset, ("Edge",)
        yield maintenance // 2 + offset, ("Edge",)
        yield offset, ("Edge", "Negative") if offset < 0 else ("Edge",)
    yield maintenance * 9 // 10, ()
    yield -maintenance * 2 - 7, ("Negative",)


def _takeovers() -> Iterator[dict[str, Any]]:
    rows = _rows(*MARKS)
    for sizes, flags in SIZES:
        maintenance = _maintenance(sizes, rows)
        index = 0 if sizes[0] else 1
        for equity, edge in _equities(maintenance):
            subject = _worth(equity, sizes, rows)
            for lots in sorted({1, abs(sizes[index]) // 3 or 1, abs(sizes[index])}):
                yield case(
                    "liquidation", *flags, *edge, account=subject, markets=rows, index=index, lots=lots
                )
            for wealth in (10**12, 0):
                taker = account(wealth, (0, 0))
                yield case(
                    "takeover_outcome",
                    *flags,
                    *edge,
                    account=subject,
                    taker=taker,
                    markets=rows,
                    index=index,
                    most=2**40 - 1,
                )
                yield case(
                    "close_outcome",
                    *flags,
                    *edge,
                    account=subject,
                    fund=taker,
                    markets=rows,
                    index=index,
                    most=abs(sizes[index]) // 2 or 1,
                )


def _takers() -> Iterator[dict[str, Any]]:
    """A taker whose equity after the takeover is one unit below, at and above its initial margin."""
    rows = _rows(*MARKS)
    sizes = (5_000, 0)
    subject = _worth(_maintenance(sizes, rows) * 8 // 10, sizes, rows)
    for held in ((0, 0), (-800, 0), (-4_000, 0), (300, 2_000)):
        low, high = -(10**12), 10**12
        while high - low > 1:  # halving finds the smallest collateral that is fit
            middle = (low + high) // 2
            row = case(
                "takeover_outcome",
                account=subject,
                taker=account(middle, held),
                markets=rows,
                index=0,
                most=2_000,
            )
            low, high = (low, middle) if row["out"]["code"] == 1 else (middle, high)
        for collateral in (high - 1, high, high + 1):
            yield case(
                "takeover_outcome",
                "Edge",
                account=subject,
                taker=account(collateral, held),
                markets=rows,
                index=0,
                most=2_000,
            )


def _nothing_there() -> Iterator[dict[str, Any]]:
    rows = _rows(*MARKS)
    for collateral in (-5, 0, 5):
        for sizes in ((0, 0), (0, 400)):
            holder, fund = account(collateral, sizes), account(10**12, (0, 0))
            yield case("takeover_outcome", account=holder, taker=fund, markets=rows, index=0, most=1)
            yield case("close_outcome", account=holder, fund=fund, markets=rows, index=0, most=1)
            yield case("liquidation", account=holder, markets=rows, index=0, lots=0)


def _wide() -> Iterator[dict[str, Any]]:
    rows = _rows(2**32 - 1, 83_000)
    sizes = (-(2**39), 0)
    subject = _worth(_maintenance(sizes, rows) // 3, sizes, rows)
    for held in ((0, 0), (2**39, 0)):
        taker = _worth(10**30, held, rows)
        yield case(
            "takeover_outcome", "Wide", account=subject, taker=taker, markets=rows, index=0, most=2**40 - 1
        )
    yield case("liquidation", "Wide", account=subject, markets=rows, index=0, lots=2**39)


def _holes() -> Iterator[dict[str, Any]]:
    """Deleveraging: a fund that can carry all, all but a few lots, and nothing; exactly enough and one unit short."""
    rows = _rows(*MARKS)
    for sizes in ((5_000, 0), (-5_000, 0), (5_000, -2_000), (70_000, 0), (1, 0)):
        subject = _worth(-_maintenance(sizes, rows) // 3 - 1, sizes, rows)
        for held in ((0, 0), (-sizes[0] // 2, 0)):
            low, high = -(10**13), 10**13
            while high - low > 1:
                middle = (low + high) // 2
                row = case("needed_lots", account=subject, fund=account(middle, held), markets=rows, index=0)
                low, high = (low, middle) if row["out"]["fund_fits"] else (middle, high)
            for collateral in (high, high - 1, high - 10**6, high // 2, 0):
                yield case(
                    "needed_lots",
                    "Fund",
                    account=subject,
                    fund=account(collateral, held),
                    markets=rows,
                    index=0,
                )


def _rankings() -> Iterator[dict[str, Any]]:
    rows = _rows(*MARKS)
    held = (
        (2, -300, 10**9),
        (3, -200, 10**9),
        (4, -300, 10**9),
        (5, -50, 1),
        (6, -50, 0),
        (7, 40, 10**9),
        (0, -900, 10**6),
    )
    people = [{"id": number, **_worth(equity, (size, 0), rows)} for number, size, equity in held]
    people.append({"id": 8, **_worth(-(10**6), (700, 0), rows)})
    yield case("ranking", accounts=people, markets=rows, index=0, subject=8)


def cases() -> Iterator[dict[str, Any]]:
    yield from _takeovers()
    yield from _takers()
    yield from _nothing_there()
    yield from _wide()
    yield from _holes()
    yield from _rankings()
