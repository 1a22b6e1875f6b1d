"""The insurance fund at the corners of its rules: below its own margin, and on the other side of a bankrupt account."""

from dataclasses import replace

import pytest

from tests.rules.test_conservation import check_invariants
from tests.vectors.crash import Crash, absorb, close, deleverage
from zkclear.rules.batch import Entry
from zkclear.rules.closing import ClosingClass
from zkclear.rules.deleveraging import needed_lots, ranking
from zkclear.rules.liquidation import fund_fits
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.transition import Clearing, clear
from zkclear.rules.units import INSURANCE, AccountId, Lots

SUBJECT, WINNER = AccountId(2), AccountId(6)
LOTS = Lots(5_000)


class Opposite(Crash):
    """Account 2 is long, bankrupt by a little, and the fund holds the same lots short, taken over from account 3."""

    def __init__(self) -> None:
        super().__init__()
        self.prepare()
        self.settle(requests=(close(3, lots=LOTS),))
        self.give_equity(SUBJECT, -1_000)

    def give_equity(self, account: AccountId, equity: int) -> None:
        """Gives an account another equity at the present marks, as if it had been paid."""
        old = self.state.accounts[account]
        changed = replace(old, collateral=old.collateral + equity - self.standing(account).equity)
        self.state = replace(self.state, accounts={**self.state.accounts, account: changed})

    def cleared(self, *entries: Entry) -> Clearing:
        """A batch of these entries by the rules; nothing moves."""
        batch = self.draft(entries=entries)
        clearing = clear(self.state, batch)
        check_invariants(self.state, batch, clearing.state)
        return clearing


@pytest.fixture
def opposite() -> Opposite:
    """A bankrupt account and a fund that holds the other side."""
    return Opposite()


def test_c7_a_healthy_fund_takes_its_own_other_side(opposite: Opposite) -> None:
    """At its initial margin it must absorb: not a lot is deleveraged that nets against its own."""
    opposite.give_equity(INSURANCE, opposite.standing(INSURANCE).initial)
    assert opposite.cleared(absorb(SUBJECT)).classes[INSURANCE] is ClosingClass.HEALTHY
    for lots in (1, LOTS):
        with pytest.raises(Rejected) as refusal:
            opposite.cleared(deleverage(WINNER, SUBJECT, lots, 0))
        assert refusal.value.reason is Reject.FUND_FIT


def test_c7_of_a_fund_below_initial_margin_need_is_shown_for_the_last_lot_only(opposite: Opposite) -> None:
    """It could take the whole, which heals it, but no single lot: the plan has nobody, and the auditor asks for the plan."""
    opposite.give_equity(INSURANCE, opposite.standing(INSURANCE).maintenance)
    holding, fund = opposite.holding(SUBJECT), opposite.standing(INSURANCE)
    assert fund_fits(holding, fund, LOTS)
    assert not fund_fits(holding, fund, Lots(1))
    assert needed_lots(holding, fund) == 0
    assert opposite.cleared(absorb(SUBJECT)).classes[INSURANCE] is ClosingClass.HEALTHY
    assert opposite.cleared(deleverage(WINNER, SUBJECT, LOTS, 0)).risks[0].executed
    with pytest.raises(Rejected) as refusal:
        opposite.cleared(deleverage(WINNER, SUBJECT, 1, 0))
    assert refusal.value.reason is Reject.FUND_FIT


def test_c7_a_fund_below_maintenance_may_absorb_what_heals_it_and_need_not(opposite: Opposite) -> None:
    """One unit less and it fits nothing, like any account that is liquidatable: both operations have a proof."""
    fund = opposite.standing(INSURANCE)
    opposite.give_equity(INSURANCE, fund.maintenance - 1)
    assert not fund_fits(opposite.holding(SUBJECT), opposite.standing(INSURANCE), LOTS)
    cleared = opposite.cleared(absorb(SUBJECT))
    assert cleared.classes[INSURANCE] is ClosingClass.HEALTHY
    assert opposite.cleared(deleverage(WINNER, SUBJECT, LOTS, 0)).risks[0].executed


def test_c7_the_ranking_never_names_the_fund_though_a_proof_would_take_it(opposite: Opposite) -> None:
    """The fund gives up its own side at the bankruptcy price, and pays the hole; the auditor sees the wrong name."""
    fund = opposite.standing(INSURANCE)
    opposite.give_equity(INSURANCE, fund.maintenance - 1)
    before = opposite.standing(INSURANCE)
    cleared = opposite.cleared(deleverage(INSURANCE, SUBJECT, LOTS, 0))
    closing = cleared.closings[INSURANCE]
    assert closing.positions[0].size == 0
    assert closing.collateral == before.equity - 1_000
    standings = {number: opposite.standing(number) for number in opposite.state.accounts}
    names = ranking(opposite.holding(SUBJECT), SUBJECT, standings, opposite.rows())
    assert names == [WINNER]
