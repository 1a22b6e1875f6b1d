"""
All of a market's open interest in one liquidation: the fund exactly able to take it, and one unit short.

An exchange once had to halt there. Here there is a rule for every size: absorbed at once, or deleveraged by the exact
number of lots in the next batch and the rest absorbed after it.
"""

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.crashes.desk import Desk
from tests.rules.test_conservation import check_invariants
from tests.vectors.crash import absorb, deleverage
from zkclear.rules.batch import Request, RequestKind
from zkclear.rules.closing import ClosingClass
from zkclear.rules.deleveraging import deleveraging_plan, needed_lots
from zkclear.rules.liquidation import freed, give, hold
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.risks import RiskKind
from zkclear.rules.transition import clear
from zkclear.rules.units import INSURANCE, AccountId, Lots

LOTS = 250_000
WINNERS = (3, 4, 5)
SUBJECT = AccountId(2)


def crashed(*, side: int, equity: int) -> Desk:
    """Account 2 holds one side of the market whole, three accounts the other; the mark makes it worth `equity`."""
    desk = Desk()
    desk.marks = (18_000, 83_460)
    desk.open(2, amount=2 * 10**11)
    desk.open(*WINNERS, amount=10**12)
    for winner, lots in zip(WINNERS, (LOTS // 2, LOTS // 5, LOTS - LOTS // 2 - LOTS // 5), strict=True):
        desk.trade(*((2, winner) if side > 0 else (winner, 2)), lots, market=0)
    account = desk.state.accounts[SUBJECT]
    unit = 100 * LOTS
    ticks = (equity - desk.equity(2)) // unit
    desk.marks = (18_000 + side * ticks, 83_460)
    exact = replace(account, collateral=account.collateral + equity - desk.equity(2))
    moved = exact.collateral - account.collateral
    winner = desk.state.accounts[AccountId(3)]
    paid = replace(winner, collateral=winner.collateral - moved)
    desk.state = replace(desk.state, accounts={**desk.state.accounts, SUBJECT: exact, AccountId(3): paid})
    assert desk.equity(2) == equity
    assert desk.state.markets[0].open_interest == LOTS
    return desk


def fund_it(desk: Desk, *, missing: int) -> None:
    """The least fund that can take the whole position, less `missing` units."""
    standings = desk.standings()
    holding = hold(standings[SUBJECT], 0, desk.rows())
    hole = -give(holding, holding.lots)
    desk.settle(
        requests=(
            Request(RequestKind.DEPOSIT, INSURANCE, amount=standings[SUBJECT].initial + hole - missing),
        )
    )


def check_history(desk: Desk) -> None:
    """I-1 and I-3 over every batch from the fund's deposit on."""
    states = [state for state, _ in desk.history[1:]] + [desk.state]
    deposit = next(
        index
        for index, (_, batch) in enumerate(desk.history)
        if batch.requests[:1] and batch.requests[0].account == INSURANCE
    )
    for (before, batch), after in list(zip(desk.history, states, strict=True))[deposit:]:
        check_invariants(before, batch, after)


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("equity", [-(10**9), -1, -7_654_321_987])
def test_c7_a_fund_exactly_enough_absorbs_the_whole_market(side: int, equity: int) -> None:
    """One batch: the account is empty, the fund holds the whole side and stands exactly at its initial margin."""
    desk = crashed(side=side, equity=equity)
    fund_it(desk, missing=0)
    desk.liquidate()
    fund, subject = desk.standings()[INSURANCE], desk.standings()[SUBJECT]
    assert fund.account.positions[0].size == side * LOTS
    assert fund.equity == fund.initial
    assert (subject.account.collateral, subject.account.positions[0].size) == (0, 0)
    assert desk.tally.lots == {RiskKind.ABSORB: LOTS}
    assert desk.state.markets[0].open_interest == LOTS
    check_history(desk)


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("equity", [-(10**9), -1, -7_654_321_987])
def test_c7_a_fund_one_unit_short_has_the_exact_lots_deleveraged_and_takes_the_rest(
    side: int, equity: int
) -> None:
    """No halt: the next batch deleverages the fewest lots, by the ranking; the one after absorbs what is left."""
    desk = crashed(side=side, equity=equity)
    fund_it(desk, missing=1)
    with pytest.raises(Rejected) as refusal:
        clear(desk.state, desk.draft(entries=(absorb(2),)))
    assert refusal.value.reason is Reject.FUND_UNFIT
    standings, rows = desk.standings(), desk.rows()
    holding = hold(standings[SUBJECT], 0, rows)
    needed = needed_lots(holding, standings[INSURANCE])
    ((winner, lots),) = deleveraging_plan(holding, SUBJECT, standings, rows)
    assert 1 <= needed == lots <= 2  # one unit is missing, and a lot needs far more than that
    with pytest.raises(Rejected) as refusal:
        clear(desk.state, desk.draft(entries=(deleverage(winner, 2, lots + 1, 0),)))
    assert refusal.value.reason is Reject.FUND_FIT

    first = desk.liquidate()
    assert [(entry.account, entry.lots) for entry in first.entries] == [(winner, lots)]
    assert desk.state.markets[0].open_interest == LOTS - lots
    desk.liquidate()
    assert desk.tally.lots == {RiskKind.DELEVERAGE: lots, RiskKind.ABSORB: LOTS - lots}
    fund, subject = desk.standings()[INSURANCE], desk.standings()[SUBJECT]
    assert (subject.account.collateral, subject.account.positions[0].size) == (0, 0)
    assert fund.account.positions[0].size == side * (LOTS - lots)
    assert fund.equity >= fund.initial
    check_history(desk)


@pytest.mark.parametrize("side", [1, -1])
def test_c7_an_empty_fund_has_the_whole_market_deleveraged_in_one_batch(side: int) -> None:
    """Every lot is closed against its winner at the bankruptcy price: open interest 0, nobody else pays."""
    desk = crashed(side=side, equity=-7_654_321_987)
    before = {account: desk.equity(account) for account in WINNERS}
    holding = hold(desk.standings()[SUBJECT], 0, desk.rows())
    batch = desk.liquidate()
    cleared = clear(*desk.history[-1])
    assert desk.state.markets[0].open_interest == 0
    assert sum(int(entry.lots) for entry in batch.entries) == LOTS
    assert desk.equity(2) == 0
    assert sum(before[winner] - desk.equity(winner) for winner in WINNERS) == 7_654_321_987
    taken = 0
    for entry in sorted(
        batch.entries, key=lambda entry: entry.rank
    ):  # each pays for the maintenance that it frees
        share = freed(holding, Lots(taken + entry.lots)) - freed(holding, Lots(taken))
        loss = before[entry.account] - desk.equity(entry.account)
        assert abs(Fraction(7_654_321_987 * share, holding.standing.maintenance) - loss) < 1
        taken += entry.lots
    assert cleared.classes[AccountId(SUBJECT)] is ClosingClass.HEALTHY
    check_invariants(*desk.history[-1], desk.state)


def test_c7_a_hole_that_nobody_can_carry_stops_nothing() -> None:
    """Fund empty, winners poor from elsewhere: the account stays as it is, others trade, a deposit to the fund ends it."""
    desk = crashed(side=1, equity=-7_654_321_987)
    poor = {}
    for winner in map(AccountId, WINNERS):
        record = desk.state.accounts[winner]
        poor[winner] = replace(record, collateral=record.collateral - desk.equity(winner) + 1)
    desk.state = replace(desk.state, accounts={**desk.state.accounts, **poor})
    assert desk.liquidate().entries == ()
    assert desk.equity(2) == -7_654_321_987
    desk.open(6, 7, amount=10**10)
    desk.trade(6, 7, 1_000, market=1)
    assert desk.liquidate().entries == ()
    fund_it(desk, missing=0)
    desk.liquidate()
    assert desk.equity(2) == 0
    assert desk.state.accounts[AccountId(6)].positions[1].size == 1_000
    assert desk.tally.lots == {RiskKind.ABSORB: 2 * LOTS}  # the poor winners are below their maintenance too
    assert desk.state.markets[0].open_interest == 0
