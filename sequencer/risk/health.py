"""
Health of accounts: equity as a share of the maintenance margin, of one account or of all of them at once.

Home: `zkclear/rules/funding.py`, `settle_account`, and `zkclear/rules/margin.py`. Compared with them by
`tests/sequencer/test_risk_reads.py`.
"""

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import takewhile
from typing import NamedTuple

from sequencer.batching.open_batch import OpenBatch
from sequencer.risk.margin import Valuation, requirement
from zkclear.rules.num import div_floor
from zkclear.rules.state import Account, Market
from zkclear.rules.units import INSURANCE, PPM

HEALTH_BOUND = 2**31 - 1


def health(equity: int, maintenance: int) -> int:
    """
    Equity as a share of the maintenance margin; the largest value without a position.

    Units:   quote -> ppm.
    Bounds:  abs <= 2^31 - 1, the width of its field.
    Rounds:  down.
    """
    if maintenance == 0:
        return HEALTH_BOUND
    return max(-HEALTH_BOUND, min(HEALTH_BOUND, div_floor(equity * PPM, maintenance)))


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


class Worth(NamedTuple):
    """An account with a position, ordered by health (ppm, rounded down, of any size) and number; quote."""

    ratio: int
    account: int
    equity: int
    maintenance: int


def _worth(account: int, equity: int, maintenance: int) -> Worth:
    return Worth(div_floor(equity * PPM, maintenance), account, equity, maintenance)


class HealthBoard:
    """
    All accounts by health. Those that the open batch did not touch are looked at once a batch, however often it is asked.

    The insurance account is left out: no keeper can take anything from it.
    """

    __slots__ = ("_batch", "_untouched")

    def __init__(self) -> None:
        self._batch: OpenBatch | None = None
        self._untouched: list[Worth] = []

    def below(self, batch: OpenBatch, valuation: Valuation, bound_ppm: int) -> Iterator[Worth]:
        """
        Accounts with a position whose health is below a bound, the lowest first; ties by number.

        Units:   ppm.
        Bounds:  equity * 10^6 < bound * maintenance, which is the same as for the ratio rounded down.
        """
        if self._batch is not batch:
            self._batch, self._untouched = batch, sorted(_stored_worths(batch, valuation))
        untouched = (worth for worth in self._untouched if worth.account not in batch.named)
        both = merge(untouched, sorted(_touched_worths(batch, valuation)))
        return takewhile(lambda worth: worth.ratio < bound_ppm, both)


def _stored_worths(batch: OpenBatch, valuation: Valuation) -> Iterator[Worth]:
    """Every account of the state below, at the opening of the batch."""
    for account, stored in batch.state.accounts.items():
        equity, maintenance = settled_worth(stored, batch.markets, valuation)
        if maintenance and account != INSURANCE:
            yield _worth(account, equity, maintenance)


def _touched_worths(batch: OpenBatch, valuation: Valuation) -> Iterator[Worth]:
    """Every account that the batch names, as it stands now."""
    for account in batch.named - {INSURANCE}:
        row = batch.row(account)
        assert row is not None, "who is named is open"
        maintenance = valuation.maintenance(row.sizes)
        if maintenance:
            yield _worth(account, valuation.equity(row.collateral, row.sizes), maintenance)
