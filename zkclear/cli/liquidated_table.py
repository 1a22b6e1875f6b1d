"""The table of `zkclear verify`: who was liquidated, how, and who got what."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from zkclear.audit.audit import Audit
from zkclear.client.amounts import from_e6
from zkclear.rules.units import INSURANCE

COLUMNS = (
    "batch",
    "account",
    "market",
    "how",
    "lots",
    "discount",
    "taken by",
    "taker's gain",
    "fund's gain",
)
"""Amounts are tokens against the mark; a negative discount is the hole that went with the lots."""


def plain(found: Audit, numbers: Collection[int] | None = None) -> list[dict[str, Any]]:
    """The liquidations of an audit, or those of some batches, as plain data."""
    names = [market.name for market in found.markets]
    return [each.to_json(names) for each in found.liquidations if numbers is None or each.batch in numbers]


def rows(liquidated: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """The rows of the table."""
    for each in liquidated:
        yield (
            each["batch"],
            each["account"],
            each["market"],
            each["how"],
            each["lots"],
            from_e6(each["discount_e6"]),
            _taker(each["counterparty"]),
            from_e6(each["counterparty_gain_e6"]),
            from_e6(each["fund_gain_e6"]),
        )


def _taker(counterparty: int | None) -> str:
    if counterparty is None:
        return "the book"
    return "insurance fund" if counterparty == INSURANCE else f"account {counterparty}"
