"""What the insurance account carries, and what the other side must: absorption, forced closes, deleveraging."""

from sequencer.core.settings import Settings
from tests.sequencer.crash import (
    BANKRUPT,
    DEEP,
    KEEPER,
    OTHER,
    RICH,
    SUBJECT,
    TOKEN,
    crash,
    crash_floor,
    fall,
    finish,
    rebuilt_open,
    risks,
)
from tests.sequencer.floor import Floor
from tests.sequencer.test_orders import position, state, trade
from zkclear.rules import actions
from zkclear.rules.batch import OutcomeCode, Request, RequestKind
from zkclear.rules.risks import RiskKind

# The insurance account.


def test_c7_a_deep_account_is_absorbed_and_keeps_the_rest():
    floor = crash_floor()
    crash(floor, DEEP)
    assert [position(floor, each) for each in (SUBJECT, 0)] == [0, 1_000]
    # Equity 32.5 tokens; the fee would be 42.51: everything is the fund's.
    assert floor.exchange.batch.row(SUBJECT).collateral == 0
    floor.seal()
    assert risks(floor) == [(RiskKind.ABSORB, SUBJECT, 0, 1_000)]
    finish(floor)


def test_c7_the_fund_pays_the_hole():
    floor = crash_floor()
    crash(floor, BANKRUPT)
    fund = floor.exchange.batch.row(0)
    assert floor.exchange.batch.row(SUBJECT).collateral == 0
    assert fund.collateral + 1_000 * 27_900 * 100 == 1_000 * TOKEN - 11_500_000
    finish(floor)


def test_c7_bids_of_a_lot_do_not_keep_a_deep_account_from_the_fund():
    floor = crash_floor()
    bid = floor.submit(OTHER, "BUY GTC", 10, 28_200)
    crash(floor, DEEP)
    assert [position(floor, each) for each in (SUBJECT, 0)] == [0, 1_000]
    assert state(floor, bid)[2] == 0
    finish(floor)


def test_a_deep_account_that_nobody_carries_sells_what_it_can():
    floor = crash_floor(fund_e6=0)
    bid = floor.submit(OTHER, "BUY GTC", 10, 28_200)
    crash(floor, DEEP)
    assert [position(floor, each) for each in (SUBJECT, 0)] == [990, 0]
    assert state(floor, bid)[2] == 10
    finish(floor)


def test_the_book_comes_before_the_fund_if_it_takes_enough():
    floor = crash_floor()
    floor.submit(OTHER, "BUY GTC", 300, 28_200)
    crash(floor, DEEP)
    assert [position(floor, each) for each in (SUBJECT, OTHER, 0)] == [700, 300, 0]
    finish(floor)


def test_the_fund_sells_what_it_holds_at_the_mark_or_better():
    floor = crash_floor()
    crash(floor, DEEP)
    floor.seal()
    low = floor.submit(OTHER, "BUY GTC", 400, DEEP * 10 - 1)
    high = floor.submit(KEEPER, "BUY GTC", 400, DEEP * 10)
    before = floor.exchange.batch.row(0).collateral
    crash(floor, DEEP)
    assert [state(floor, each)[2] for each in (low, high)] == [0, 400]
    # Its own fee comes back to it; the maker's rebate it pays.
    cost = 400 * DEEP * 10 * 100
    assert floor.exchange.batch.row(0).collateral == before + cost - cost * 50 // 10**6
    finish(floor)


def close(floor, account, lots, market=0):
    floor.request(Request(RequestKind.CLOSE, account, market=market, lots=lots))
    return floor.exchange.requests[-1]


def test_c9_a_forced_close_is_carried_by_the_fund_or_says_why_not():
    floor = crash_floor(fund_e6=100 * TOKEN)
    # 2,000 lots would need 300 tokens of initial margin.
    record = close(floor, RICH, 500)
    assert (record.outcome, record.executed) == (OutcomeCode.EXECUTED, 500)
    assert [position(floor, each) for each in (RICH, 0)] == [-500, -500]
    floor.seal()
    assert close(floor, OTHER, 500).outcome == OutcomeCode.NOTHING_TO_DO
    floor.seal()
    record = close(floor, RICH, 10**6)
    assert (record.outcome, record.executed) == (OutcomeCode.FUND_UNFIT, 0)
    finish(floor)


def test_c9_closes_that_the_fund_can_carry_one_by_one_only_come_in_two_batches():
    floor = crash_floor(fund_e6=100 * TOKEN)
    floor.open(1, first=6)
    floor.price()
    trade(floor, OTHER, 6, 1_000)
    floor.seal()
    number = len(floor.exchange.sealed)
    floor.request(
        Request(RequestKind.CLOSE, RICH, market=0, lots=500),
        Request(RequestKind.CLOSE, 6, market=0, lots=500),
    )
    first, second = floor.exchange.requests[-2:]
    assert (first.batch, second.batch) == (number + 1, number + 2)
    assert (first.outcome, second.outcome) == (OutcomeCode.EXECUTED, OutcomeCode.FUND_UNFIT)
    finish(floor)


# Deleveraging.


def exact_fund():
    """What account 0 needs to take account 2's position at BANKRUPT with its hole: 5 % of the value, and the hole."""
    return 1_000 * 27_900 * 100 * 5 // 100 + 11_500_000


def test_c7_a_fund_with_the_exact_amount_absorbs():
    floor = crash_floor(fund_e6=exact_fund())
    crash(floor, BANKRUPT)
    floor.seal()
    assert risks(floor) == [(RiskKind.ABSORB, SUBJECT, 0, 1_000)]
    finish(floor)


def test_c7_a_fund_one_unit_short_takes_one_lot_less_and_the_other_side_that_lot():
    floor = crash_floor(fund_e6=exact_fund() - 1)
    crash(floor, BANKRUPT)
    assert [position(floor, each) for each in (SUBJECT, RICH)] == [999, -999]
    floor.seal()
    assert position(floor, 0) == 999
    floor.seal()
    assert risks(floor) == [
        (RiskKind.DELEVERAGE, SUBJECT, RICH, 1),
        (RiskKind.ABSORB, SUBJECT, 0, 999),
    ]
    finish(floor)


def test_c7_without_a_fund_the_highest_leverage_gives_up_first_and_the_hole_is_shared():
    floor = crash_floor(fund_e6=0)
    floor.open(1, amount_e6=40 * TOKEN, first=6)
    floor.price()
    trade(floor, OTHER, 6, 200)
    crash(floor, BANKRUPT)
    entries = [each for each in rebuilt_open(floor).entries if actions.is_risk(each.action)]
    assert [(each.account, each.lots, each.rank, each.subject) for each in entries] == [
        (RICH, 800, 1, SUBJECT),
        (6, 200, 0, SUBJECT),
    ]
    assert [position(floor, each) for each in (SUBJECT, RICH, 6)] == [0, -200, 0]
    # 6 sold at 3,000 with 40 tokens and now buys back at 2,790 and its fifth of the hole.
    assert (
        floor.exchange.state.accounts[6].collateral
        == (40 + 42) * TOKEN + 200 * 3000 * 100 * 10 * 50 // 10**6 - 2_300_000
    )
    finish(floor)


def test_more_counterparties_than_a_batch_holds_are_deleveraged_in_several():
    floor = Floor(settings=Settings(keeper_grace_s=0, max_unproved=10**9), shapes=("tiny",))
    floor.open(1, amount_e6=200 * TOKEN)
    floor.price()
    floor.open(6, first=3)
    for seller in range(3, 9):
        trade(floor, SUBJECT, seller, 150)
    fall(floor, 2_770, seconds=28)  # equity -8.35
    for _ in range(4):
        floor.seal()
    assert position(floor, SUBJECT) == 0
    kinds = {kind for kind, *_ in risks(floor)}
    assert kinds == {RiskKind.DELEVERAGE}
    assert len({each.batch for each in floor.exchange.liquidations}) > 1
    finish(floor)


def test_paused_matching_liquidates_nobody():
    floor = crash_floor()
    floor.exchange.paused = True
    crash(floor, BANKRUPT)
    assert position(floor, SUBJECT) == 1_000
    floor.exchange.paused = False
    crash(floor, BANKRUPT)
    assert position(floor, SUBJECT) == 0


def test_c7_a_fund_that_carries_one_of_two_positions_takes_that_one_first():
    floor = crash_floor(fund_e6=76 * TOKEN, lots=500)
    floor.submit(KEEPER, "SELL GTC", 250, 60_000, market=1)
    floor.submit(SUBJECT, "BUY IOC", 250, 60_000, market=1)
    floor.seal()
    floor.wait(25)
    floor.price(eth=2_790, btc=55_800)
    for _ in range(3):
        floor.seal()
    taken = [(each.kind, each.market, each.lots) for each in floor.exchange.liquidations]
    assert taken[0] == (RiskKind.ABSORB, 0, 500)
    assert {each[:2] for each in taken[1:]} == {(RiskKind.DELEVERAGE, 1), (RiskKind.ABSORB, 1)}
    assert sum(lots for _, market, lots in taken if market == 1) == 250
    assert floor.exchange.batch.row(SUBJECT).sizes[:2] == [0, 0]
    assert abs(floor.exchange.batch.row(SUBJECT).collateral) <= 1
    finish(floor)


def test_c7_both_positions_go_in_one_batch_if_the_fund_carries_both():
    floor = crash_floor(lots=500)
    floor.submit(KEEPER, "SELL GTC", 250, 60_000, market=1)
    floor.submit(SUBJECT, "BUY IOC", 250, 60_000, market=1)
    floor.seal()
    floor.wait(25)
    floor.price(eth=2_790, btc=55_800)
    floor.seal()
    taken = [(each.kind, each.market, each.lots, each.batch) for each in floor.exchange.liquidations]
    number = len(floor.exchange.sealed)
    assert taken == [(RiskKind.ABSORB, 1, 250, number), (RiskKind.ABSORB, 0, 500, number)]
    finish(floor)
