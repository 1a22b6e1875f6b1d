"""
Which accounts are below their maintenance margin at the opening of a batch, over all accounts at once; and at which limit
a liquidation may go into the book.

Home: `zkclear/rules/liquidation.py`. Compared with it by `tests/sequencer/test_liquidatable.py`.
"""

from collections.abc import Iterable, Mapping, Sequence

from sequencer.risk.health import settled_worth
from sequencer.risk.margin import Valuation
from zkclear.rules.liquidation import Holding, allowed_lots, chunk_lots, discount
from zkclear.rules.num import div_floor
from zkclear.rules.state import Account, Market
from zkclear.rules.units import INSURANCE, NOTIONAL_BOUND, TICKS_BOUND, AccountId

LIMIT_ROUNDS = 8
"""A better price for more lots lowers the lots once or twice; a market where it does not end is left alone."""


def is_liquidatable(account: Account, markets: Sequence[Market], valuation: Valuation) -> bool:
    """
    Whether equity is below maintenance with funding settled up to the markets' index.

    Units:   quote.
    Rounds:  funding down, once a position; requirements up: as `funding.settle_account` and `margin`.
    """
    equity, maintenance = settled_worth(account, markets, valuation)
    return equity < maintenance


def liquidatable_accounts(
    accounts: Iterable[AccountId],
    stored: Mapping[AccountId, Account],
    opened: Mapping[AccountId, Account],
    *,
    markets: Sequence[Market],
    valuation: Valuation,
) -> list[AccountId]:
    """
    Those of `accounts` that are below their maintenance margin, by id.

    `opened` are those that requests of the batch name, as it opens them: deposits count. They are looked at in any case.
    """
    leaves = ((account, opened.get(account) or stored[account]) for account in {*accounts, *opened})
    return sorted(account for account, leaf in leaves if is_liquidatable(leaf, markets, valuation))


def book_terms(holding: Holding, *, account: int) -> tuple[int, int] | None:
    """
    Lots and limit of a liquidation in the book: as many lots as are allowed, at the worst price for all of them.

    Units:   lots, ticks.
    Bounds:  1 <= lots <= allowed; 1 <= limit < 2^32; their value is below 2^56; None if there are no such terms.
    Rounds:  the loss a lot down: the limit is never worse than the rule allows.
    """
    per_tick = holding.market.config.quote_per_lot_tick
    is_fund = account == INSURANCE
    lots = min(holding.lots if is_fund else allowed_lots(holding), chunk_lots(holding))
    for _ in range(LIMIT_ROUNDS):
        if lots < 1:
            return None
        loss = 0 if is_fund else discount(holding, lots)
        ticks = div_floor(loss, lots * per_tick)
        limit = max(1, min(TICKS_BOUND - 1, holding.market.mark - holding.direction * ticks))
        if lots * limit * per_tick < NOTIONAL_BOUND:
            is_legal = holding.direction * (holding.market.mark - limit) <= ticks
            return (int(lots), int(limit)) if is_legal else None
        lots = type(lots)(div_floor(NOTIONAL_BOUND - 1, limit * per_tick))
    return None
