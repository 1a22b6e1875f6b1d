"""
Equity and maintenance margin of accounts that the open batch did not touch, without opening them.

Home: `zkclear/rules/funding.py`, `settle_account`, and `zkclear/rules/margin.py`. Compared with them by
`tests/sequencer/test_risk_reads.py`.
"""

from collections.abc import Sequence

from sequencer.risk.margin import Valuation, requirement
from zkclear.rules.num import div_floor
from zkclear.rules.state import Account, Market
from zkclear.rules.units import PPM


def settled_worth(account: Account, markets: Sequence[Market], valuation: Valuation) -> tuple[int, int]:
    """
    Equity and maintenance margin with funding settled up to the markets' index; (collateral, 0) without a position.

    One loop over plain numbers: all accounts are looked at when marks move.

    Units:   quote.
    Bounds:  those of `margin.equity` and `margin.margin_maintenance`.
    Rounds:  funding down, requirements up, once a position each: against the account.
    """
    equity, maintenance = int(account.collateral), 0
    for index, position in enumerate(account.positions):
        size = position.size
        if size:
            unit = valuation.units[index]
            equity += size * unit
            equity += div_floor(-size * (markets[index].funding_index - position.funding_index), PPM)
            maintenance += requirement(abs(size) * unit, valuation.maintenance_brackets[index])
    return equity, maintenance
