"""Markets through the queue: listed and changed without a restart, at the end of a batch."""

import dataclasses

import pytest

from prover.settlement.dev_markets import DEV_MARKETS
from sequencer.core.questions import QUESTIONS
from sequencer.core.refusals import Refused
from tests.sequencer.crash import finish
from tests.sequencer.floor import Floor
from tests.sequencer.test_batches import body
from tests.sequencer.test_book import rich_floor
from tests.sequencer.test_orders import position, refused, state, trade
from zkclear.crypto.tree import market_config_hash
from zkclear.rules.batch import Request, RequestKind
from zkclear.rules.state import Rates
from zkclear.v1 import market_data_pb2

ETH, BTC = (listing.config for listing in DEV_MARKETS)
DEARER = dataclasses.replace(ETH, initial=Rates(100_000, 200_000, 400_000), taker_fee=1_000)
SOL = dataclasses.replace(ETH, max_open_interest=1_000)


def shown(floor):
    response = QUESTIONS["ListMarkets"](floor.exchange, b"")
    return market_data_pb2.ListMarketsResponse.FromString(response).markets


def test_new_rules_hold_from_the_next_batch_on():
    floor = rich_floor()
    floor.seal()
    resting = floor.submit(2, "SELL GTC", 1_000, 30_000)
    floor.submit(3, "BUY IOC", 500, 30_000)
    number = len(floor.exchange.sealed)
    floor.list_market(0, "ETH-USD", DEARER)
    # The open batch had fills and is sealed; the next one has the request alone and is sealed at once.
    assert len(floor.exchange.sealed) == number + 2
    (request,) = body(floor, number + 2).requests
    assert (request.outcome, request.amount) == (1, market_config_hash(DEARER) >> 200)
    assert [body(floor, number + 1 + each).entries == [] for each in (0, 1)] == [False, True]
    assert shown(floor)[0].taker_fee_ppm == 1_000
    before = floor.exchange.batch.row(1).collateral
    floor.submit(3, "BUY IOC", 500, 30_000)
    assert state(floor, resting) == ("FILLED", "UNSPECIFIED", 1_000)
    assert floor.exchange.batch.row(1).collateral == before + 500 * 30_000 * 100 * (1_000 - 50) // 10**6
    finish(floor)


def test_more_margin_makes_accounts_that_fell_short_of_it_liquidatable_at_once():
    floor = Floor()
    floor.open(1, amount_e6=200 * 10**6)
    floor.open(1, first=3)
    floor.price()
    trade(floor, 2, 3, 1_000)
    dearer = dataclasses.replace(DEARER, maintenance=Rates(90_000, 200_000, 400_000))
    floor.list_market(0, "ETH-USD", dearer)
    assert list(floor.exchange.desk.since) == [2]
    finish(floor)


def test_a_listed_market_trades_as_soon_as_it_has_a_price():
    floor = rich_floor()
    resting = floor.submit(2, "SELL GTC", 100, 30_000)
    trade(floor, 3, 2, 100, price=29_990)
    floor.list_market(2, "SOL-USD", SOL)
    floor.request(Request(RequestKind.DEPOSIT, 2, amount=7))
    assert floor.exchange.waiting == "ORACLE_STALE"
    assert refused(floor.submit, 3, "BUY IOC", 100, 30_000).reason == "ORACLE_STALE"
    assert len(body(floor, len(floor.exchange.sealed)).marks) == 2
    floor.wait(1)
    assert refused(floor.price).reason == "INVALID_FIELD"
    floor.price(3000, 60000, 150)
    assert [market.name for market in shown(floor)] == ["ETH-USD", "BTC-USD", "SOL-USD"]
    assert shown(floor)[2].mark_price_e8 == 150 * 10**8
    assert floor.exchange.requests[-1].outcome == 1
    floor.submit(2, "SELL GTC", 1_000, 1_500, market=2)
    assert floor.submit(3, "BUY IOC", 1_000, 1_500, market=2).order.filled_e8 == 1_000 * 100_000
    assert [position(floor, each, 2) for each in (2, 3)] == [-1_000, 1_000]
    floor.submit(4, "BUY IOC", 100, 30_000)
    assert state(floor, resting) == ("FILLED", "UNSPECIFIED", 100)
    floor.seal()
    assert len(body(floor, len(floor.exchange.sealed)).marks) == 3
    finish(floor)


def test_the_oldest_prices_do_not_open_a_batch_of_the_new_market():
    floor = rich_floor()
    floor.list_market(2, "SOL-USD", SOL)
    assert floor.exchange.batch is None
    with pytest.raises(Refused) as caught:
        floor.cancel(2, floor.nonce())
    assert caught.value.reason == "ORACLE_STALE"
    number = len(floor.exchange.sealed)
    assert floor.seal() == number
    floor.wait(100)
    floor.price(3000, 60000, 150)
    assert floor.exchange.waiting == ""
    finish(floor)


def test_two_changes_wait_for_each_other_and_both_hold():
    floor = rich_floor()
    floor.seal()
    floor.list_market(0, "ETH-USD", DEARER)
    floor.list_market(2, "SOL-USD", SOL)
    floor.wait(1)
    floor.price(3000, 60000, 150)
    floor.list_market(3, "XRP-USD", BTC)
    floor.wait(1)
    floor.price(3000, 60000, 150, 2_000)
    assert [market.taker_fee_ppm for market in shown(floor)] == [1_000, 500, 500, 500]
    finish(floor)


def test_an_agents_order_ends_in_time_although_a_listing_waits_for_prices():
    floor = rich_floor()
    agent, now = 0xA6E27, floor.now_us // 10**6
    floor.request(Request(RequestKind.AGENT, 2, address=agent, until=now + 30))
    resting = floor.submit(2, "BUY GTC", 20, 29_000, signer=agent)
    floor.list_market(2, "SOL-USD", SOL)
    assert floor.exchange.batch is None
    floor.wait(31)
    assert state(floor, resting) == ("CANCELLED", "SIGNER", 0)
    floor.price(3_000, 60_000, 3_000)
    finish(floor)
