"""Accounts below their maintenance margin: their orders, keepers, the book."""

import pytest

from sequencer.core.counters import Counters
from sequencer.core.questions import QUESTIONS
from tests.sequencer.crash import (
    BANKRUPT,
    FALLEN,
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
from tests.sequencer.test_batches import body
from tests.sequencer.test_orders import position, refused, state, trade
from tests.sequencer.test_random_run import check_batches
from zkclear.rules import actions
from zkclear.rules.batch import OutcomeCode, Request, RequestKind
from zkclear.rules.funding import step_limit
from zkclear.rules.risks import RiskKind
from zkclear.v1 import account_pb2

# Orders of an account at risk.


def test_c7_a_liquidatable_account_loses_its_orders_and_gets_no_new_ones():
    floor = crash_floor(fund_e6=0)
    resting = floor.submit(SUBJECT, "SELL GTC", 1_000, 29_500)
    fall(floor, FALLEN)
    assert state(floor, resting) == ("CANCELLED", "LIQUIDATED", 0)
    assert floor.exchange.batch.row(SUBJECT).is_liquidatable
    for action in ("BUY GTC", "SELL IOC", "SELL GTC REDUCE_ONLY", "BUY POST_ONLY"):
        refusal = refused(floor.submit, SUBJECT, action, 500, 28_700)
        assert refusal.reason == "INSUFFICIENT_MARGIN"
        assert refusal.metadata == {"required_e6": "71750000", "available_e6": "68500000"}
    floor.cancel(SUBJECT, floor.nonce())
    finish(floor)


def test_c7_the_last_unit_above_maintenance_is_not_liquidatable():
    floor = crash_floor(fund_e6=0)
    row = floor.exchange.batch.row(SUBJECT)
    fall(floor, 2_874)  # equity 72.5, maintenance 71.85
    assert floor.exchange.desk.since == {}
    assert row.is_liquidatable is False
    floor.request(Request(RequestKind.WITHDRAW, SUBJECT, amount=10**9))
    assert floor.exchange.requests[-1].paid == 0
    fall(floor, 2_873)  # 71.5, 71.825
    assert list(floor.exchange.desk.since) == [SUBJECT]
    floor.request(Request(RequestKind.DEPOSIT, SUBJECT, amount=325_000))
    assert floor.exchange.desk.since == {}
    finish(floor)


def test_an_order_on_its_way_ends_when_its_account_falls_below_between_two_batches():
    """What is left of an order whose batch was full meets a later one, and fifteen minutes of funding."""
    floor = crash_floor(fund_e6=0, shapes=("tiny",))
    fall(floor, 2_874)
    for _ in range(3):
        floor.submit(OTHER, "BUY GTC", 20, 28_740)
    trade(floor, KEEPER, RICH, 20, price=28_750)
    floor.now_us += 900 * 10**6
    floor.price(eth=2_874)
    floor.exchange.funding.steps = longs_pay_the_most
    order = floor.submit(SUBJECT, "SELL IOC", 60, 28_740)
    assert state(floor, order) == ("CANCELLED", "LIQUIDATED", 20)
    floor.seal()
    check_batches(floor)


def longs_pay_the_most(state, prices, *, second):
    """The largest legal step in the first market, at any time."""
    assert second >= prices.timestamp
    elapsed = prices.timestamp - state.timestamp
    return step_limit(state.markets[0].config, mark=prices.marks[0], elapsed=elapsed), 0


# Keepers.


def liquidate(floor, lots, *, account=SUBJECT, taker=KEEPER):
    floor.request(Request(RequestKind.LIQUIDATE, account, market=0, lots=lots, taker=taker))
    return floor.exchange.requests[-1]


def test_c7_a_keeper_takes_the_close_factor_at_a_discount():
    floor = crash_floor(grace_s=20)
    fall(floor, FALLEN)
    record = liquidate(floor, 10**6)
    assert (record.outcome, record.executed, record.paid) == (OutcomeCode.EXECUTED, 300, 0)
    assert [position(floor, each) for each in (SUBJECT, KEEPER)] == [700, 300]
    # The fee cap is 1.5 % of 861 tokens, and the ratio allows more; half of it is the keeper's.
    gain = 300 * 2_870_000 * 15 // 1000
    keeper = floor.exchange.batch.row(KEEPER)
    assert keeper.collateral == (10**6 - 861) * TOKEN + gain // 2
    assert floor.exchange.batch.row(0).collateral == 1_000 * TOKEN + (gain - gain // 2)
    floor.seal()
    assert risks(floor) == [(RiskKind.TAKEOVER, SUBJECT, KEEPER, 300)]
    finish(floor)


@pytest.mark.parametrize(
    ("eth", "taker", "outcome"),
    [
        (2_990, KEEPER, OutcomeCode.NOT_LIQUIDATABLE),
        (BANKRUPT, KEEPER, OutcomeCode.NOTHING_TO_DO),
        (FALLEN, 6, OutcomeCode.TAKER_UNFIT),
    ],
)
def test_a_takeover_that_is_not_executed_says_why(eth, taker, outcome):
    floor = crash_floor(fund_e6=0, grace_s=20)
    floor.open(1, amount_e6=TOKEN, first=6)
    crash(floor, eth)
    record = liquidate(floor, 300, taker=taker)
    assert (record.outcome, record.executed) == (outcome, 0)
    finish(floor)


def test_the_requests_of_both_accounts_show_market_sizes_and_taker():
    floor = crash_floor(grace_s=20)
    fall(floor, FALLEN)
    liquidate(floor, 400)
    for account in (SUBJECT, KEEPER):
        asked = account_pb2.ListRequestsRequest(account=account)
        shown = ask(floor, "ListRequests", asked, account_pb2.ListRequestsResponse).requests[0]
        assert (shown.market, shown.taker, shown.outcome) == ("ETH-USD", KEEPER, 1)
        assert (shown.max_size_e8, shown.executed_size_e8) == (400 * 100_000, 300 * 100_000)


def ask(floor, question, request, response):
    return response.FromString(QUESTIONS[question](floor.exchange, request.SerializeToString()))


def test_orders_of_whom_a_takeover_moved_fill_in_the_next_batch():
    floor = crash_floor(grace_s=20)
    fall(floor, FALLEN)
    liquidate(floor, 100)
    number = floor.exchange.batch.number
    floor.submit(KEEPER, "SELL GTC", 50, 28_700)
    order = floor.submit(OTHER, "BUY IOC", 50, 28_700)
    assert state(floor, order) == ("FILLED", "UNSPECIFIED", 50)
    assert [floor.exchange.orders[order.order.digest].batch, len(floor.exchange.sealed)] == [
        number + 1,
        number,
    ]
    finish(floor)


def test_fok_against_whom_a_takeover_moved_fills_in_the_next_batch():
    floor = crash_floor(grace_s=20)
    fall(floor, FALLEN)
    liquidate(floor, 100)
    floor.submit(KEEPER, "SELL GTC", 50, 28_700)
    assert state(floor, floor.submit(OTHER, "BUY FOK", 50, 28_700)) == ("FILLED", "UNSPECIFIED", 50)
    finish(floor)


# The book.


def test_keepers_come_first_and_then_the_book():
    floor = crash_floor(grace_s=20)
    floor.submit(OTHER, "BUY GTC", 500, 28_700)
    fall(floor, FALLEN)
    assert position(floor, SUBJECT) == 1_000
    fall(floor, FALLEN)
    floor.now_us += 18 * 10**6
    floor.price(eth=FALLEN)
    assert position(floor, SUBJECT) == 1_000
    fall(floor, FALLEN)
    assert position(floor, SUBJECT) == 700
    floor.seal()
    assert risks(floor) == [(RiskKind.BOOK, SUBJECT, 0, 300)]
    finish(floor)


def test_c7_the_book_pays_no_less_than_the_limit_and_the_fees_are_the_funds():
    floor = crash_floor()
    fees = floor.exchange.batch.row(1).collateral
    best = floor.submit(OTHER, "BUY GTC", 100, 28_690)
    # 1.5 % below the mark is 28,269.5: together with the fee the second order would cost more than the ratio allows.
    worse = floor.submit(KEEPER, "BUY GTC", 500, 28_270)
    beyond = floor.submit(OTHER, "BUY GTC", 500, 28_260)
    fall(floor, FALLEN)
    assert state(floor, best) == ("FILLED", "UNSPECIFIED", 100)
    assert state(floor, worse) == ("PARTIALLY_FILLED", "UNSPECIFIED", 200)
    assert state(floor, beyond)[2] == 0
    cost = (100 * 28_690 + 200 * 28_270) * 100
    paid = cost * 500 // 10**6
    rebates = (100 * 28_690 * 100 * 50 // 10**6) + (200 * 28_270 * 100 * 50 // 10**6)
    assert floor.exchange.batch.row(0).collateral == 1_000 * TOKEN + paid - rebates
    assert floor.exchange.batch.row(1).collateral == fees
    (entry,) = [each for each in rebuilt_open(floor).entries if actions.is_risk(each.action)]
    assert (entry.action, entry.lots, entry.limit, entry.signer) == (actions.LIQUIDATION_SELL, 300, 28_270, 0)
    finish(floor)


def test_an_empty_book_leaves_a_shallow_account_alone():
    floor = crash_floor()
    fall(floor, FALLEN)
    assert floor.exchange.batch.is_empty
    assert position(floor, SUBJECT) == 1_000
    finish(floor)


def test_a_short_position_is_bought_back():
    floor = crash_floor()
    floor.open(1, amount_e6=200 * TOKEN, first=6)
    floor.price()
    trade(floor, RICH, 6, 1_000)
    floor.submit(OTHER, "SELL GTC", 1_000, 31_310)
    fall(floor, 3_130)
    assert position(floor, 6) == -700
    floor.seal()
    assert risks(floor) == [(RiskKind.BOOK, 6, 0, -300)]
    finish(floor)


def test_a_batch_with_nothing_but_a_liquidation_seals_by_age():
    floor = crash_floor()
    floor.submit(OTHER, "BUY GTC", 500, 28_700)
    fall(floor, FALLEN)
    sealed = len(floor.exchange.sealed)
    floor.wait(4)
    assert len(floor.exchange.sealed) == sealed + 1
    message = body(floor, sealed + 1)
    unsigned = [entry for entry in message.entries if not entry.signature]
    assert [(entry.signer, entry.recipient) for entry in unsigned] == [(bytes(20), b"")]
    finish(floor)


def test_nothing_is_liquidated_at_prices_that_are_not_those_of_now():
    floor = crash_floor()
    floor.submit(OTHER, "BUY GTC", 500, 28_700)
    trade(floor, OTHER, RICH, 10)
    floor.wait(1)
    floor.price(eth=2_600)  # further than the contract takes at once
    assert floor.exchange.waiting == "ORACLE_STALE"
    assert position(floor, SUBJECT) == 1_000
    finish(floor)


# What Prometheus sees.


def test_metrics_count_what_was_taken_and_what_was_asked_for_in_vain():
    floor = crash_floor(grace_s=20)
    fall(floor, FALLEN)
    liquidate(floor, 100)
    liquidate(floor, 100, account=RICH)
    counters = Counters("test")

    def shown(name, **labels):
        counters.show(floor.exchange, lag_blocks=0, now_us=floor.now_us)
        return counters.registry.get_sample_value(f"zkclear_{name}", labels)

    assert shown("accounts_at_risk") == 1
    assert shown("liquidations_total", outcome="takeover") is None
    floor.seal()
    for _ in range(2):
        assert shown("liquidations_total", outcome="takeover") == 1
        assert shown("liquidations_total", outcome="not_liquidatable") == 1
    fund = floor.exchange.batch.row(0)
    assert shown("insurance_fund_quote") == fund.collateral > 1_000 * TOKEN
    crash(floor, 2_700)
    floor.seal()
    assert shown("liquidations_total", outcome="absorb") == 1
    assert shown("accounts_at_risk") == 0
