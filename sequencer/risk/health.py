"""
Equity and maintenance margin of accounts that the open batch did not touch, without opening them.

Home: `zkclear/rules/funding.py`, `settle_account`, and `zkclear/rules/margin.py`. Compared with them by
`tests/sequencer/test_risk_reads.py`.
"""

from collections.abc import Sequence

from sequencer.risk.margin import Valuation
from zkclear.rules.num import div_floor
from zkclear.rules.state import Account, Market
from zkclear.rules.units import PPM


def settled_worth(account: Account, markets: Sequence[Market], valuation: Valuation) -> tuple[int, int]:
    """
    Equity and maintenance margin with funding settled up to the markets' index; (collateral, 0) without a position.

    Units:   quote.
    Bounds:  those of `margin.equity` and `margin.margin_maintenance`.
    Rounds:  funding down, requirements up, once a position each: against the account.
    """
    collateral = int(account.collateral)
    sizes = [int(position.size) for position in account.positions]
    if not any(sizes):
        return collateral, 0
    for position, market in zip(account.positions, markets, strict=True):
        if position.size:
            collateral += div_floor(-position.size * (market.funding_index - position.funding_index), PPM)
    return valuation.equity(collateral, sizes), valuation.maintenance(sizes)
