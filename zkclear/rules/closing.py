"""
The closing rule: every touched account ends the batch unchanged, healthy or reduced.

Circuit twin: `circuits/rules/closing.go`. Vectors: `closing.json`.
"""

from collections.abc import Sequence
from enum import IntEnum

from zkclear.rules.margin import (
    equity,
    margin_initial,
    margin_maintenance,
    notional_at_entry,
)
from zkclear.rules.orders import did_not_grow
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.state import Account, Market
from zkclear.rules.units import QUOTE_BOUND, SIZE_BOUND, Lots, Quote, in_range


class ClosingClass(IntEnum):
    """The way in which an account may end a batch; the values are those of the witness."""

    UNCHANGED = 1
    HEALTHY = 2
    REDUCED = 3


def _unchanged(opening: Account, closing: Account) -> bool:
    still = all(a.size == b.size for a, b in zip(opening.positions, closing.positions, strict=True))
    return still and closing.collateral >= opening.collateral


def _healthy(closing: Account, markets: Sequence[Market]) -> bool:
    worth = equity(closing.collateral, closing.positions, markets)
    return worth >= margin_initial(closing.positions, markets)


def _reduced(opening: Account, closing: Account, markets: Sequence[Market], *, withdrawn: Quote) -> bool:
    required_before = margin_maintenance(opening.positions, markets)
    if required_before == 0 or withdrawn != 0:
        return False
    pairs = zip(opening.positions, closing.positions, strict=True)
    if not all(did_not_grow(before.size, after.size) for before, after in pairs):
        return False
    required_after = margin_maintenance(closing.positions, markets)
    worth_before = equity(opening.collateral, opening.positions, markets)
    worth_after = equity(closing.collateral, closing.positions, markets)
    return worth_after * required_before >= worth_before * required_after


def closing_class(
    opening: Account, closing: Account, markets: Sequence[Market], *, withdrawn: Quote
) -> ClosingClass:
    """
    The first class that an account satisfies; the opening state is that before any fill or withdrawal.

    `maintenance > 0` guards the ratio: without a position at opening it reads 0 >= 0, and equal buys and sells at
    a loss inside one batch would drain the account to a friend.

    Units:   quote; `withdrawn` is the sum of forced and signed withdrawals.
    Bounds:  abs(equity) < 2^101, maintenance < 2^101; the products are < 2^202, below the field.
    Rounds:  nothing; the ratios are compared multiplied out.
    Rejects: CLOSING_RULE.
    Claims:  C5.
    """
    if _unchanged(opening, closing):
        return ClosingClass.UNCHANGED
    if _healthy(closing, markets):
        return ClosingClass.HEALTHY
    if _reduced(opening, closing, markets, withdrawn=withdrawn):
        return ClosingClass.REDUCED
    raise Rejected(
        Reject.CLOSING_RULE,
        {
            "equity": equity(closing.collateral, closing.positions, markets),
            "initial": margin_initial(closing.positions, markets),
        },
    )


def close_absorbing(closing: Account, markets: Sequence[Market]) -> ClosingClass:
    """
    The class of account 0 in a batch that absorbs: healthy, or the batch is invalid.

    Units:   quote.
    Bounds:  those of `margin`.
    Rounds:  requirements up.
    Rejects: FUND_UNFIT.
    Claims:  C5, C7.
    """
    if not _healthy(closing, markets):
        raise Rejected(
            Reject.FUND_UNFIT,
            {
                "equity": equity(closing.collateral, closing.positions, markets),
                "initial": margin_initial(closing.positions, markets),
            },
        )
    return ClosingClass.HEALTHY


def check_bounds(opening: Account, closing: Account, markets: Sequence[Market]) -> None:
    """
    Refuse an account that leaves its bounds: size, collateral, and the value of a position that grew.

    Units:   lots and quote.
    Bounds:  abs(size) < 2^40, abs(collateral) < 2^62; a position that grew has notional < 2^56.
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE, COLLATERAL_OUT_OF_RANGE, NOTIONAL_TOO_LARGE.
    Claims:  C4.
    """
    in_range(
        closing.collateral,
        1 - QUOTE_BOUND,
        QUOTE_BOUND,
        reason=Reject.COLLATERAL_OUT_OF_RANGE,
        field="collateral",
    )
    for before, after, market in zip(opening.positions, closing.positions, markets, strict=True):
        in_range(
            after.size,
            1 - SIZE_BOUND,
            SIZE_BOUND,
            reason=Reject.FIELD_OUT_OF_RANGE,
            field="size",
        )
        if not did_not_grow(before.size, after.size):
            notional_at_entry(
                Lots(abs(after.size)),
                market.mark,
                quote_per_lot_tick=market.config.quote_per_lot_tick,
            )


def open_interest_after(market: Market, sizes: Sequence[tuple[Lots, Lots]]) -> Lots:
    """
    Open interest after a batch, from the sizes before and after of every touched account.

    Units:   lots; `sizes` holds (opening, closing) pairs of this market.
    Bounds:  at most the market's cap, or what it was: trades may always shrink it.
    Rounds:  nothing.
    Rejects: OPEN_INTEREST_LIMIT.
    Claims:  C8.
    """
    change = sum(max(after, 0) - max(before, 0) for before, after in sizes)
    total = market.open_interest + change
    limit = max(market.open_interest, market.config.max_open_interest)
    if total > limit:
        raise Rejected(Reject.OPEN_INTEREST_LIMIT, {"given": total, "limit": limit})
    return Lots(total)
