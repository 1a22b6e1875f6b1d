"""A preview tells what the order then does, and changes nothing."""

import pytest

from sequencer.core.questions import QUESTIONS
from sequencer.core.refusals import Refused
from tests.sequencer.floor import ETH_TICK
from tests.sequencer.test_batches import body
from tests.sequencer.test_book import rich_floor
from tests.sequencer.test_orders import refused, trade
from tests.sequencer.test_random_run import Day
from zkclear.rules.actions import ORDER_CODES
from zkclear.rules.shapes import TINY
from zkclear.v1 import account_pb2, order_pb2, trading_pb2

NAMES = ("ETH-USD", "BTC-USD")
LOT_E8 = (100_000, 10_000)
TICK_E8 = (ETH_TICK, 100_000_000)


def preview(floor, account, action, lots, limit, *, market=0):
    fields = order_pb2.OrderFields(
        account=account,
        market=NAMES[market],
        action=action,
        size_e8=lots * LOT_E8[market],
        limit_price_e8=limit * TICK_E8[market],
    )
    request = trading_pb2.PreviewOrderRequest(fields=fields).SerializeToString()
    return trading_pb2.PreviewOrderResponse.FromString(QUESTIONS["PreviewOrder"](floor.exchange, request))


def account_of(floor, number):
    request = account_pb2.GetAccountRequest(account=number).SerializeToString()
    answer = QUESTIONS["GetAccount"](floor.exchange, request)
    return account_pb2.GetAccountResponse.FromString(answer).account


class PreviewedDay(Day):
    """A random day on which everybody looks before ordering."""

    def __init__(self, seed, **changes):
        super().__init__(seed, **changes)
        self.taken = self.filled = self.refused = self.spread = self.spread_as_told = 0

    def order(self, account):
        market = self.random.randrange(2)
        terms = (
            account,
            self.random.choice((*ORDER_CODES, "BUY GTC", "SELL GTC", "BUY IOC", "SELL IOC")),
            self.random.randrange(1, 400),
            self.floor.exchange.batch.prices.marks[market] + self.random.randrange(-60, 61),
        )
        before = account_of(self.floor, account)
        told = preview(self.floor, *terms, market=market)
        sealed = len(self.floor.exchange.sealed)
        again = preview(self.floor, *terms, market=market)
        assert told == again
        assert account_of(self.floor, account) == before
        try:
            order = self.floor.submit(*terms, market=market, signer=self.signer(account)).order
        except Refused as refusal:
            self.refused += 1
            assert told.refusals[0] == refusal.reason
            assert (told.would_fill_e8, told.equity_after_e6) == (0, before.equity_e6)
            raise
        assert list(told.refusals) == []
        if len(self.floor.exchange.sealed) > sealed:  # over several batches a preview is an estimate
            self.spread += 1
            assert told.would_fill_e8 <= order.filled_e8
            self.spread_as_told += told.would_fill_e8 == order.filled_e8
            return
        assert told.would_fill_e8 == order.filled_e8
        assert 0 <= told.average_price_e8 - order.average_price_e8 <= 1  # to nearest here, down there
        after = account_of(self.floor, account)
        assert (told.equity_after_e6, told.initial_after_e6, told.maintenance_after_e6) == (
            after.equity_e6,
            after.initial_e6,
            after.maintenance_e6,
        )
        positions = {position.market: position for position in after.positions}
        held = positions.get(NAMES[market], account_pb2.Position())
        assert told.liquidation_price_e8 == held.liquidation_price_e8
        self.taken += 1
        self.filled += order.filled_e8 > 0


@pytest.mark.parametrize(("seed", "shapes"), [(11, ("tiny",)), (12, ("tiny", "small", "medium"))])
def test_a_preview_is_what_then_happens(seed, shapes):
    day = PreviewedDay(seed, shapes=shapes, amount_e6=400 * 10**6)
    for _ in range(700):
        day.step()
    assert min(day.taken, day.filled, day.refused) > 20, (day.taken, day.filled, day.refused)
    assert day.spread_as_told * 2 >= day.spread
    if shapes == ("tiny",):
        assert day.spread > 5


def test_fees_and_average_are_those_of_the_fills():
    floor = rich_floor()
    floor.submit(2, "SELL GTC", 10, 30_000)
    floor.submit(2, "SELL GTC", 10, 30_001)
    told = preview(floor, 3, "BUY GTC", 30, 30_100)
    assert (told.would_fill_e8, told.average_price_e8) == (20 * 100_000, 300_005_000_000)
    assert told.fee_e6 == 15_000 + 15_001  # 500 ppm of 30 and 30.001 tokens, each rounded up
    assert told.liquidation_price_e8 == 0
    assert told.required_e6 > 0
    assert not floor.exchange.batch.entries, "a preview leaves nothing to seal"


def test_every_reason_that_stands_in_the_way_is_named():
    floor = rich_floor()
    floor.submit(2, "SELL GTC", 10, 30_000)
    told = preview(floor, 3, "BUY POST_ONLY", 1, 30_000)
    assert list(told.refusals) == ["MIN_NOTIONAL", "POST_ONLY_WOULD_TAKE"]
    assert list(preview(floor, 3, "BUY FOK", 40, 30_000).refusals) == ["FOK_NOT_FILLABLE"]
    assert list(preview(floor, 3, "SELL IOC REDUCE_ONLY", 4, 30_000).refusals) == ["REDUCE_ONLY_VIOLATION"]
    assert list(preview(floor, 3, "BUY GTC", 40, 40_000).refusals) == ["PRICE_OUT_OF_BAND"]
    floor.now_us += 60 * 10**6
    floor.exchange.now_us = floor.now_us
    assert list(preview(floor, 3, "BUY GTC", 40, 29_000).refusals) == ["ORACLE_STALE"]


def test_an_order_beyond_the_margin_says_what_is_needed_and_what_is_there():
    floor = rich_floor()
    floor.open(1, amount_e6=100 * 10**6, first=6)
    told = preview(floor, 6, "BUY GTC", 1_000, 30_000)
    refusal = refused(floor.submit, 6, "BUY GTC", 1_000, 30_000)
    assert list(told.refusals) == ["INSUFFICIENT_MARGIN"] == [refusal.reason]
    assert (str(told.required_e6), str(told.available_e6)) == (
        refusal.metadata["required_e6"],
        refusal.metadata["available_e6"],
    )


def test_unknown_accounts_and_markets_are_refused():
    floor = rich_floor()
    assert refused(preview, floor, 99, "BUY GTC", 20, 30_000).reason == "ACCOUNT_NOT_FOUND"
    request = trading_pb2.PreviewOrderRequest(fields=order_pb2.OrderFields(account=2, market="X-USD"))
    found = refused(QUESTIONS["PreviewOrder"], floor.exchange, request.SerializeToString())
    assert found.reason == "MARKET_NOT_FOUND"


def test_what_this_batch_has_no_room_for_is_tried_as_in_the_next():
    floor = rich_floor(max_shape="tiny")
    trade(floor, 4, 5, 20)
    for price in (30_000, 30_001, 30_002):
        floor.submit(2, "SELL GTC", 10, price)
    told = preview(floor, 3, "BUY GTC", 30, 30_100)
    assert told.would_fill_e8 == 30 * 100_000
    sealed = len(floor.exchange.sealed)
    order = floor.submit(3, "BUY GTC", 30, 30_100).order
    assert len(floor.exchange.sealed) == sealed + 1
    assert len(body(floor, sealed + 1).fills) == 2
    assert told.average_price_e8 == order.average_price_e8
    assert told.equity_after_e6 == account_of(floor, 3).equity_e6


def test_a_preview_looks_no_further_than_one_batch():
    floor = rich_floor(max_shape="tiny")
    for place in range(6):
        floor.submit(2, "SELL GTC", 10, 30_000 + place)
    most = (TINY.orders - 1) * 10  # the order itself takes a row
    assert preview(floor, 3, "BUY GTC", most, 30_100).would_fill_e8 == most * 100_000
    assert preview(floor, 3, "BUY GTC", most + 30, 30_100).would_fill_e8 == most * 100_000
    assert list(preview(floor, 3, "BUY FOK", most + 30, 30_100).refusals) == ["FOK_NOT_FILLABLE"]


def test_the_liquidation_price_of_a_position_is_shown():
    floor = rich_floor()
    floor.open(1, amount_e6=300 * 10**6, first=6)
    trade(floor, 6, 2, 1_000)
    (position,) = account_of(floor, 6).positions
    # 300 tokens less the fee of 1.5 carry a fall to (3,000 - 298.5) / 0.975 = 2,770.77.
    assert position.liquidation_price_e8 == 27_707 * ETH_TICK
    (rich,) = account_of(floor, 2).positions
    assert rich.liquidation_price_e8 == 0, "no price that fits its field hurts a billion tokens"
