"""Funding from tick to leaf: the book's premium becomes a step, longs pay shorts, and the journal tells it again."""

import pytest

from sequencer.core.machine import Machine
from sequencer.core.questions import QUESTIONS
from sequencer.core.settings import Settings
from tests.sequencer.floor import KEY, Floor
from tests.sequencer.test_batches import body
from tests.sequencer.test_orders import refused, trade
from tests.sequencer.test_random_run import everything, rebuilt
from zkclear.rules.state import genesis
from zkclear.rules.transition import apply_batch
from zkclear.v1 import market_data_pb2

PREMIUM = 4_000
"""Both sides of the book lie 0.4 % above the index, which the development markets allow an hour."""


def rates(floor, market="ETH-USD", **changes):
    request = market_data_pb2.ListFundingRatesRequest(market=market, **changes).SerializeToString()
    answer = QUESTIONS["ListFundingRates"](floor.exchange, request)
    return market_data_pb2.ListFundingRatesResponse.FromString(answer)


def premium_floor(*, sign=1, notional_e6=1_000 * 10**6):
    """Accounts 2 (long) and 3 (short) hold 1 ETH; bids and asks of 4 and 5 lie on one side of the index."""
    floor = Floor(settings=Settings(max_unproved=10**9, impact_notional_e6=notional_e6))
    floor.open(4, amount_e6=10**6 * 10**6)
    floor.price()
    trade(floor, 2, 3, 1_000)
    floor.seal()
    best = 30_000 + sign * 120
    until = floor.now_us // 10**6 + 3 * 3600
    floor.submit(4, "BUY GTC", 1_000, best - (sign < 0), expiry=until)
    floor.submit(5, "SELL GTC", 1_000, best + (sign > 0), expiry=until)
    return floor


def rate_of(floor):
    return floor.exchange.funding.rate(floor.exchange.state, 0, second=floor.exchange.now_s)


def minutes_of_ticks(floor, count):
    for _ in range(2 * count):
        floor.wait(30)
        floor.price()


@pytest.mark.parametrize("sign", [1, -1])
def test_c6_the_side_that_the_book_favours_pays_the_other(sign):
    floor = premium_floor(sign=sign)
    before = floor.exchange.batch.row(3).collateral
    minutes_of_ticks(floor, 61)
    assert rate_of(floor) == sign * PREMIUM
    floor.submit(2, "SELL IOC", 20, 30_000 + sign * 120 - (sign < 0))
    floor.seal()
    newest = rates(floor).rates[0]
    assert newest.step == body(floor, len(floor.exchange.sealed)).funding_steps[0]
    # A lot is worth 3 tokens. Since the last batch the rate rose for an hour from 0 to 0.4 %, and then half a minute passed.
    rate = PREMIUM * (1_800 + 30) // 3_660
    assert abs(sign * newest.rate_ppm - rate) <= 2
    exact = {sign * (30_000 * 100 * abs(newest.rate_ppm + more) * 3_660 // 3_600) for more in (0, sign)}
    assert newest.step in exact
    assert newest.funding_index == newest.step
    assert floor.exchange.batch.row(3).collateral == before + 1_000 * newest.step // 10**6


def test_every_batch_with_funding_follows_the_rules_and_is_told_again():
    floor = premium_floor()
    for _ in range(20):
        floor.wait(30)
        floor.price()
        trade(floor, 2, 3, 20, price=30_120)
        floor.seal()
    exchange = floor.exchange
    state = genesis(
        exchange.genesis.configs,
        fee_recipient=exchange.genesis.fee_recipient,
        timestamp=exchange.genesis.timestamp,
    )
    for number in range(1, len(exchange.sealed) + 1):
        state = apply_batch(state, rebuilt(body(floor, number)))
    assert state == exchange.state
    assert state.markets[0].funding_index > 0
    again = Machine(KEY)
    for record in floor.journal:
        again.replay(record)
    assert everything(again) == everything(floor.machine)
    assert again.exchange.funding.records == exchange.funding.records


def test_a_long_silence_is_not_charged_at_the_rate_before_it():
    floor = premium_floor()
    minutes_of_ticks(floor, 60)
    floor.submit(2, "SELL IOC", 20, 30_120)
    floor.seal()
    floor.wait(10 * 3600)
    floor.price()
    # The last sample holds for a minute, then the hour's average falls to 0: half an hour's charge and a minute's.
    charge = 30_000 * 100 * PREMIUM * (60 + 1_800) // 3_600
    assert abs(floor.exchange.batch.funding_steps[0] - charge) * 100 < charge
    floor.cancel(2, floor.nonce())
    floor.seal()
    floor.wait(10 * 3600)
    floor.price()
    assert floor.exchange.batch.funding_steps == (0, 0)


def test_a_thin_book_charges_nothing():
    floor = premium_floor(notional_e6=4_000 * 10**6)
    minutes_of_ticks(floor, 5)
    assert rate_of(floor) == 0


def test_a_book_that_nobody_may_change_charges_nothing():
    """While orders are not taken, its premium against a moving index is nobody's opinion."""
    floor = premium_floor()
    floor.exchange.paused = True
    minutes_of_ticks(floor, 5)
    assert rate_of(floor) == 0


def test_funding_rates_are_listed_newest_first_by_time_and_page():
    floor = premium_floor()
    for _ in range(5):
        floor.wait(60)
        floor.price()
        trade(floor, 2, 3, 20, price=30_120)
        floor.seal()
    listed = rates(floor).rates
    assert [each.batch for each in listed] == list(range(len(floor.exchange.sealed), 0, -1))
    first, second, third = listed[:3]
    between = rates(floor, from_s=third.time_s, to_s=second.time_s).rates
    assert list(between) == [second, third]
    assert list(rates(floor, from_s=first.time_s + 1).rates) == []
    page = rates(floor, page_size=2)
    assert list(page.rates) == [first, second]
    following = rates(floor, page_size=2, page_token=page.next_page_token)
    assert following.rates[0] == third
    assert all(each.step == each.rate_ppm == 0 for each in rates(floor, "BTC-USD").rates)
    assert refused(rates, floor, "NO-USD").reason == "MARKET_NOT_FOUND"
    assert refused(rates, floor, page_token="x").metadata["field"] == "page_token"


def test_a_quiet_market_pays_what_its_book_said_all_the_time_and_not_at_the_end():
    """Five hours without a batch at no premium, and one with: who trades then makes nobody pay it for six."""
    floor = premium_floor()
    floor.cancel_all(4)
    minutes_of_ticks(floor, 300)
    until = floor.now_us // 10**6 + 2 * 3600
    floor.submit(4, "BUY GTC", 1_000, 30_120, expiry=until)
    floor.submit(5, "SELL GTC", 1_000, 30_121, expiry=until)
    minutes_of_ticks(floor, 61)
    assert rate_of(floor) == PREMIUM
    floor.submit(2, "SELL IOC", 20, 30_120)
    floor.seal()
    # The rate rose from 0 to 4,000 in the last of six hours.
    assert abs(rates(floor).rates[0].rate_ppm - PREMIUM // 12) * 50 < PREMIUM // 12


def test_how_many_batches_an_hour_has_makes_no_difference():
    indexes = []
    for every_s in (30, 3_600):
        floor = premium_floor()
        for second in range(30, 3 * 3_600 + 1, 30):
            floor.wait(30)
            floor.price()
            if second % every_s == 0:
                floor.cancel(2, floor.nonce())
                floor.seal()
        indexes.append(floor.exchange.state.markets[0].funding_index)
    # A rise of an hour from 0 to 4,000 ppm and two hours of it, less what each step cuts off.
    assert abs(indexes[0] - indexes[1]) * 1_000 < indexes[0]
    assert abs(indexes[0] - 30_000 * 100 * PREMIUM * 5 // 2) * 100 < indexes[0]
