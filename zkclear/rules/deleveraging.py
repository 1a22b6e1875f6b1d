"""
Who is deleveraged, in which order, for how many lots: what the sequencer does and the auditor checks.

The proof shows price, side and need of each lot (`liquidation.py`), not this order. Source: docs/liquidation.md.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cmp_to_key

from zkclear.rules.closing import closing_class
from zkclear.rules.liquidation import Holding, Standing, deleverage, fund_fits, hold
from zkclear.rules.reject import Rejected
from zkclear.rules.state import Market, Position
from zkclear.rules.units import INSURANCE, AccountId, Lots, Quote


def needed_lots(holding: Holding, fund: Standing) -> Lots:
    """
    The fewest lots after whose deleverage the insurance account could carry the rest.

    What the fund holds on the other side counts first: lots up to there need no margin of it, beyond there each needs
    more. So halving between there and the whole finds the one place where one lot less would not do. A fund that is
    not healthy and cannot be made so by them carries none.

    Units:   lots; 0 if the fund could carry all of them.
    Bounds:  at most the lots of the holding.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  C7.
    """
    if fund_fits(holding, fund, holding.lots):
        return Lots(0)
    own = Holding(fund, holding.index, holding.market)
    netting = min(own.lots, holding.lots) if own.direction == -holding.direction else Lots(0)
    unfit, fit = 0, int(holding.lots)
    if fund_fits(holding, fund, netting):
        fit -= netting
    while fit - unfit > 1:
        middle = (fit + unfit) // 2
        if fund_fits(holding, fund, Lots(holding.lots - middle)):
            fit = middle
        else:
            unfit = middle
    return Lots(fit)


def ranking(
    holding: Holding, subject: AccountId, standings: Mapping[AccountId, Standing], markets: tuple[Market, ...]
) -> list[AccountId]:
    """
    The accounts on the other side, the highest leverage in this market first, then the lower id.

    Units:   leverage = abs(size) * unit / equity, compared multiplied out.
    Bounds:  accounts with positive equity; never account 0 or the subject.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  none: the auditor checks it.
    """
    opposite = {}
    for account, standing in standings.items():
        other = hold(standing, holding.index, markets)
        is_candidate = account not in (INSURANCE, subject) and standing.equity > 0
        if is_candidate and other.direction == -holding.direction:
            opposite[account] = other

    def compare(left: AccountId, right: AccountId) -> int:
        a, b = opposite[left], opposite[right]
        difference = b.lots * a.standing.equity - a.lots * b.standing.equity
        return difference or left - right

    return sorted(opposite, key=cmp_to_key(compare))


def can_give_up(other: Holding, markets: tuple[Market, ...], *, lots: Lots, cash: Quote) -> bool:
    """
    Whether an account that gives up `lots` of a position for `cash` would end healthy or reduced.

    Units:   lots without sign; cash quote.
    Bounds:  lots <= lots of the holding.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  C5.
    """
    opening = other.standing.account
    positions = list(opening.positions)
    positions[other.index] = Position(
        Lots(other.size - other.direction * lots), positions[other.index].funding_index
    )
    closing = replace(opening, collateral=Quote(opening.collateral + cash), positions=tuple(positions))
    try:
        closing_class(opening, closing, markets, withdrawn=Quote(0))
    except Rejected:
        return False
    return True


def deleveraging_plan(
    holding: Holding, subject: AccountId, standings: Mapping[AccountId, Standing], markets: tuple[Market, ...]
) -> list[tuple[AccountId, Lots]]:
    """
    Whom a bankrupt position is closed against, in ranking order, and for how many lots each.

    `standings` holds every account with a position in this market, and account 0. A batch carries this list or a
    beginning of it whose last row may be smaller.

    Units:   lots.
    Bounds:  the lots add up to `needed_lots`, or less if the other side cannot give up more.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  none: the auditor checks it.
    """
    needed = holding.lots if subject == INSURANCE else needed_lots(holding, standings[INSURANCE])
    plan: list[tuple[AccountId, Lots]] = []
    before = 0
    for account in ranking(holding, subject, standings, markets):
        if before == needed:
            break
        other = hold(standings[account], holding.index, markets)
        lots = min(other.lots, Lots(needed - before))
        moved = deleverage(holding, lots, before=Lots(before))
        if can_give_up(other, markets, lots=lots, cash=moved.counterparty_cash):
            plan.append((account, lots))
            before += lots
    return plan
