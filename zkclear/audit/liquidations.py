"""Who was liquidated, how, for how much, and who got the discount."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from zkclear.rules.batch import Batch, Request, RequestKind
from zkclear.rules.fills import legs
from zkclear.rules.risks import RiskKind, RiskRow
from zkclear.rules.transition import Clearing
from zkclear.rules.units import INSURANCE, AccountId, Lots, Quote, Ticks

NAMES = {
    RiskKind.TAKEOVER: "takeover",
    RiskKind.CLOSE: "forced close",
    RiskKind.BOOK: "book",
    RiskKind.ABSORB: "absorbed",
    RiskKind.DELEVERAGE: "deleveraged",
}


@dataclass(frozen=True, slots=True)
class Liquidation:
    """
    One executed risk operation that moved something.

    `size` is what left the account, signed: + of a long position. `discount` is what the account lost against the mark,
    quote; negative: the hole that went with the lots. Counterparty and fund together got exactly that. In the book
    the counterparty is None: the makers of the fills.
    """

    batch: int
    kind: RiskKind
    account: AccountId
    market: int
    size: Lots
    mark: Ticks
    discount: Quote
    counterparty: AccountId | None
    counterparty_gain: Quote
    fund_gain: Quote

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """The record as plain data; `names` are those of the markets."""
        return {
            "batch": self.batch,
            "how": NAMES[self.kind],
            "account": self.account,
            "market": names[self.market],
            "lots": self.size,
            "mark_ticks": self.mark,
            "discount_e6": self.discount,
            "counterparty": self.counterparty,
            "counterparty_gain_e6": self.counterparty_gain,
            "fund_gain_e6": self.fund_gain,
        }


def liquidations(batch: Batch, clearing: Clearing) -> list[Liquidation]:
    """The risk operations of a batch in the order of its risk rows; one in the book that filled nothing is none."""
    made = (_of_row(row, batch, clearing) for row in clearing.risks if row.executed)
    return [each for each in made if each.size]


def _of_row(row: RiskRow, batch: Batch, clearing: Clearing) -> Liquidation:
    mark = clearing.markets[row.market].mark
    if row.move is None:
        return _in_book(row, batch, clearing)
    # What account 0 takes over itself is its gain, not a counterparty's.
    share = Quote(0) if row.counterparty == INSURANCE else row.move.share
    return Liquidation(
        batch=batch.number,
        kind=row.kind,
        account=row.subject,
        market=row.market,
        size=row.move.lots,
        mark=mark,
        discount=row.move.discount,
        counterparty=row.counterparty,
        counterparty_gain=share,
        fund_gain=Quote(row.move.discount - share),
    )


def _in_book(row: RiskRow, batch: Batch, clearing: Clearing) -> Liquidation:
    market = clearing.markets[row.market]
    moved = [
        legs(fill, batch.entries[fill.maker], market.config)
        for fill in batch.fills
        if fill.taker == row.source
    ]
    size = -sum(each.taker_lots for each in moved)
    value = size * market.mark * market.config.quote_per_lot_tick
    return Liquidation(
        batch=batch.number,
        kind=row.kind,
        account=row.subject,
        market=row.market,
        size=Lots(size),
        mark=market.mark,
        discount=Quote(value - sum(each.taker_cash for each in moved)),
        counterparty=None,
        counterparty_gain=Quote(value + sum(each.maker_cash for each in moved)),
        fund_gain=Quote(sum(each.fees for each in moved)),
    )


def waiting_takeovers(
    made: Iterable[Liquidation], waiting: Iterable[tuple[int, Request]]
) -> list[tuple[int, Liquidation]]:
    """
    Takeovers that waited in the queue when the operator liquidated the same position by itself: (request, liquidation).

    No fault: the request may have come after the batch was sealed.
    """
    asked = [
        (number, request.account, request.market)
        for number, request in waiting
        if request.kind is RequestKind.LIQUIDATE
    ]
    own = (RiskKind.BOOK, RiskKind.ABSORB, RiskKind.DELEVERAGE)
    return [
        (number, each)
        for each in made
        if each.kind in own
        for number, account, market in asked
        if (account, market) == (each.account, each.market)
    ]
