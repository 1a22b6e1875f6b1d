"""Requests that would keep an account at risk from its liquidation: they are taken, and it happens at once all the same."""

from dataclasses import replace

import pytest

from tests.sequencer.crash import (
    DEEP,
    FALLEN,
    KEEPER,
    OTHER,
    RICH,
    SUBJECT,
    TOKEN,
    crash,
    crash_floor,
    finish,
    risks,
)
from tests.sequencer.test_orders import position, trade
from zkclear.rules.batch import OutcomeCode, Request, RequestKind
from zkclear.rules.risks import RiskKind

FRIEND = 6


def takeover(lots, *, account=SUBJECT, taker=FRIEND, market=0):
    return Request(RequestKind.LIQUIDATE, account, market=market, lots=lots, taker=taker)


def shielded_floor(*, fund_e6=0, eth=FALLEN, **options):
    """Account 2 is due and has met nobody yet; its friend, account 6, is rich enough for a few lots."""
    floor = crash_floor(fund_e6=fund_e6, **options)
    floor.open(1, amount_e6=5_000 * TOKEN, first=FRIEND)
    crash(floor, eth)
    assert position(floor, SUBJECT) == 1_000
    return floor


def test_c7_a_takeover_of_one_lot_does_not_keep_the_book_away():
    floor = shielded_floor()
    floor.submit(OTHER, "BUY GTC", 1_000, 28_700)
    floor.request(takeover(1))
    assert floor.exchange.requests[-1].executed == 1
    assert [position(floor, each) for each in (SUBJECT, FRIEND)] == [1_000 - 1 - 300, 1]
    floor.seal()
    assert risks(floor) == [(RiskKind.TAKEOVER, SUBJECT, FRIEND, 1), (RiskKind.BOOK, SUBJECT, 0, 300)]
    finish(floor)


def test_c7_a_takeover_of_one_lot_does_not_keep_a_deep_account_from_the_fund():
    floor = shielded_floor(eth=DEEP)
    floor.request(takeover(1), Request(RequestKind.DEPOSIT, 0, amount=1_000 * TOKEN))
    assert [position(floor, each) for each in (SUBJECT, FRIEND, 0)] == [0, 1, 999]
    finish(floor)


def test_c7_takeovers_of_one_lot_every_second_shield_nobody():
    floor = shielded_floor()
    for second in range(1, 4):
        floor.wait(1)
        floor.submit(OTHER, "BUY GTC", 10, 28_700)
        floor.request(takeover(1))
        assert position(floor, SUBJECT) == 1_000 - 11 * second
    finish(floor)


def test_c7_whoever_takes_all_of_a_small_position_shields_the_large_one_no_longer():
    floor = crash_floor(fund_e6=0)
    floor.open(1, amount_e6=5_000 * TOKEN, first=FRIEND)
    floor.submit(KEEPER, "SELL GTC", 2, 60_000, market=1)
    floor.submit(SUBJECT, "BUY IOC", 2, 60_000, market=1)
    crash(floor, FALLEN)
    floor.submit(OTHER, "BUY GTC", 1_000, 28_700)
    floor.request(takeover(10**6, market=1))
    assert floor.exchange.requests[-1].outcome == OutcomeCode.EXECUTED
    assert position(floor, SUBJECT) == 700
    finish(floor)


@pytest.mark.parametrize(("eth", "left"), [(FALLEN, 700), (DEEP, 0)])
def test_c7_a_keeper_that_takes_what_it_may_leaves_nothing_to_do_in_its_batch(eth, left):
    floor = shielded_floor(eth=eth)
    floor.submit(OTHER, "BUY GTC", 1_000, 28_000)
    sealed = len(floor.exchange.sealed)
    floor.request(takeover(10**6, taker=KEEPER))
    assert [position(floor, each) for each in (SUBJECT, KEEPER)] == [left, 1_000 - left]
    assert len(floor.exchange.sealed) == sealed
    finish(floor)


def two_fallen(**options):
    """Accounts 2 and 7 are due and have met nobody yet; account 6 has the best bid, account 4 the next."""
    floor = crash_floor(fund_e6=0, **options)
    floor.open(1, amount_e6=5_000 * TOKEN, first=FRIEND)
    floor.open(1, amount_e6=200 * TOKEN, first=7)
    floor.price()
    trade(floor, 7, RICH, 1_000)
    floor.seal()
    crash(floor, FALLEN)
    floor.submit(FRIEND, "BUY GTC", 10, 28_700)
    floor.submit(OTHER, "BUY GTC", 2_000, 28_690)
    return floor


def test_c7_bids_of_an_account_that_a_request_moved_do_not_close_the_book():
    floor = two_fallen()
    floor.request(takeover(300, account=7))
    assert [position(floor, each) for each in (7, SUBJECT)] == [700, 700]
    finish(floor)


def test_c7_requests_that_fill_a_batch_do_not_leave_the_desk_without_room():
    floor = two_fallen(shapes=("tiny",))
    # Nobody holds anything there: the bonds come back, and four risk rows are all that a tiny batch has.
    floor.request(*(takeover(1, account=each, taker=4) for each in (KEEPER, 4, FRIEND, 7)))
    assert [position(floor, each) for each in (7, SUBJECT)] == [699, 700]
    finish(floor)


def test_c9_the_queue_drains_and_nobody_waits_however_many_shield():
    floor = two_fallen()
    before = len(floor.exchange.sealed)
    griefers = [takeover(1, account=each, taker=KEEPER) for _ in range(60) for each in (SUBJECT, 7)]
    floor.request(*griefers[:100], Request(RequestKind.WITHDRAW, OTHER, amount=TOKEN), *griefers[100:])
    exchange = floor.exchange
    assert [record.batch for record in exchange.requests if record.batch == 0] == []
    assert len(exchange.queue) <= len(exchange.batch.requests)
    # One takeover of an account a batch, as the rules have it; then one batch in which the desk acts.
    assert len(exchange.sealed) - before <= 61
    assert [position(floor, each) for each in (SUBJECT, 7)] == [940 - 282, 940 - 282]
    finish(floor)


def test_c7_a_forced_close_does_not_keep_the_fund_from_selling():
    floor = crash_floor()
    crash(floor, DEEP)
    floor.seal()
    floor.submit(OTHER, "BUY GTC", 400, DEEP * 10)
    floor.request(Request(RequestKind.CLOSE, RICH, market=0, lots=1))
    assert [position(floor, each) for each in (0, OTHER)] == [1_000 - 1 - 400, 400]
    finish(floor)


def test_without_anybody_due_a_batch_with_requests_goes_on_to_orders():
    """Also where an account owes a unit and holds nothing: it is liquidatable, and there is nothing to do."""
    floor = crash_floor()
    exchange = floor.exchange
    owing = replace(exchange.state.accounts[OTHER], collateral=-1)
    exchange.state = replace(exchange.state, accounts={**exchange.state.accounts, OTHER: owing})
    exchange.desk.note_sealed([OTHER])
    sealed = len(exchange.sealed)
    floor.request(Request(RequestKind.DEPOSIT, KEEPER, amount=TOKEN))
    assert list(exchange.desk.since) == [OTHER]
    assert (len(exchange.sealed), len(exchange.batch.requests)) == (sealed, 1)
