"""What each kind of order does, and what ends it."""

import pytest

from sequencer.core.refusals import Refused
from tests.sequencer.floor import Floor, owner_of
from tests.sequencer.test_book import rich_floor
from zkclear.rules.batch import Request, RequestKind
from zkclear.v1 import order_pb2
from zkclear.v1.order_pb2 import CancelReason, OrderStatus


def state(floor, response):
    order = floor.exchange.orders[response.order.digest]
    status = OrderStatus.Name(order.status).removeprefix("ORDER_STATUS_")
    return status, CancelReason.Name(order.reason).removeprefix("CANCEL_REASON_"), order.filled


def refused(call, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)
    return caught.value


def test_gtc_rests_what_it_cannot_fill():
    floor = rich_floor()
    floor.submit(2, "SELL GTC", 30, 30_000)
    order = floor.submit(3, "BUY GTC", 50, 30_000)
    assert state(floor, order) == ("PARTIALLY_FILLED", "UNSPECIFIED", 30)
    assert floor.exchange.engine.books[0].best(sell=False) == 30_000


def test_ioc_ends_what_it_cannot_fill():
    floor = rich_floor()
    floor.submit(2, "SELL GTC", 30, 30_000)
    order = floor.submit(3, "BUY IOC", 50, 30_000)
    assert state(floor, order) == ("CANCELLED", "IOC_REMAINDER", 30)


def test_a_market_order_is_an_ioc_that_stops_at_its_cap():
    floor = rich_floor()
    for price in (30_000, 30_010, 30_200):
        floor.submit(2, "SELL GTC", 10, price)
    order = floor.submit(3, "BUY IOC", 30, 30_100)
    assert order.order.filled_e8 == 20 * 100_000
    assert order.order.average_price_e8 == 300_050_000_000


def test_fok_fills_whole_or_changes_nothing():
    floor = rich_floor()
    resting = floor.submit(2, "SELL GTC", 30, 30_000)
    refusal = refused(floor.submit, 3, "BUY FOK", 31, 30_000)
    assert (refusal.reason, refusal.metadata) == ("FOK_NOT_FILLABLE", {"fillable_e8": str(30 * 100_000)})
    assert state(floor, resting) == ("OPEN", "UNSPECIFIED", 0)
    assert state(floor, floor.submit(3, "BUY FOK", 30, 30_000)) == ("FILLED", "UNSPECIFIED", 30)


def test_fok_needs_one_batch_and_gets_a_fresh_one():
    floor = Floor(shapes=("tiny",))
    floor.open(2)
    floor.price()
    floor.seal()
    for _ in range(3):
        floor.submit(2, "SELL GTC", 10, 30_000)
    floor.submit(3, "BUY IOC", 10, 30_000)  # two of tiny's four entries are taken
    assert floor.submit(3, "BUY FOK", 20, 30_000).order.batch == 3
    for _ in range(4):
        floor.submit(2, "SELL GTC", 10, 30_000)
    assert refused(floor.submit, 3, "BUY FOK", 40, 30_000).reason == "FOK_NOT_FILLABLE"


def test_post_only_never_takes():
    floor = rich_floor()
    floor.submit(2, "SELL GTC", 30, 30_000)
    refusal = refused(floor.submit, 3, "BUY POST_ONLY", 10, 30_000)
    assert (refusal.reason, refusal.metadata) == ("POST_ONLY_WOULD_TAKE", {"best_price_e8": "300000000000"})
    assert state(floor, floor.submit(3, "BUY POST_ONLY", 10, 29_999)) == ("OPEN", "UNSPECIFIED", 0)


@pytest.mark.parametrize(
    ("self_trade", "maker", "taker"),
    [
        (0, ("CANCELLED", "SELF_TRADE", 0), ("OPEN", "UNSPECIFIED", 0)),
        (1, ("CANCELLED", "SELF_TRADE", 0), ("OPEN", "UNSPECIFIED", 0)),
        (3, ("CANCELLED", "SELF_TRADE", 0), ("CANCELLED", "SELF_TRADE", 0)),
    ],
)
def test_two_orders_of_one_owner_never_trade(self_trade, maker, taker):
    floor = rich_floor()
    resting = floor.submit(2, "SELL GTC", 30, 30_000)
    order = floor.submit(2, "BUY GTC", 30, 30_000, self_trade=self_trade)
    assert (state(floor, resting), state(floor, order)) == (maker, taker)


def test_self_trade_is_found_by_owner_over_two_accounts():
    floor = rich_floor()
    floor.request(
        Request(RequestKind.OPEN, 6, address=owner_of(2)), Request(RequestKind.DEPOSIT, 6, amount=10**12)
    )
    floor.submit(2, "SELL GTC", 30, 30_000)
    order = floor.order_command(
        6, "BUY GTC", 30, 30_000, signer=owner_of(2), self_trade=order_pb2.SELF_TRADE_CANCEL_TAKER
    )
    assert refused(floor.send, order).reason == "SELF_TRADE"


def test_cancel_taker_keeps_what_was_filled_before():
    floor = rich_floor()
    floor.submit(3, "SELL GTC", 10, 29_999)
    resting = floor.submit(2, "SELL GTC", 30, 30_000)
    order = floor.submit(2, "BUY GTC", 30, 30_000, self_trade=order_pb2.SELF_TRADE_CANCEL_TAKER)
    assert state(floor, order) == ("CANCELLED", "SELF_TRADE", 10)
    assert state(floor, resting) == ("OPEN", "UNSPECIFIED", 0)


def position(floor, account, market=0):
    return floor.exchange.batch.row(account).sizes[market]


def trade(floor, buyer, seller, lots, price=30_000):
    floor.submit(seller, "SELL GTC", lots, price)
    floor.submit(buyer, "BUY IOC", lots, price)


def test_reduce_only_is_refused_unless_it_shrinks_the_position():
    floor = rich_floor()
    trade(floor, 2, 3, 50)
    assert refused(floor.submit, 4, "SELL GTC REDUCE_ONLY", 10, 30_000).reason == "REDUCE_ONLY_VIOLATION"
    assert refused(floor.submit, 2, "BUY GTC REDUCE_ONLY", 10, 30_000).reason == "REDUCE_ONLY_VIOLATION"
    refusal = refused(floor.submit, 2, "SELL GTC REDUCE_ONLY", 51, 30_000)
    assert refusal.metadata == {"position_e8": str(50 * 100_000), "limit": str(50 * 100_000)}
    floor.submit(2, "SELL GTC REDUCE_ONLY", 50, 30_000)


def test_a_resting_reduce_only_order_ends_when_the_position_is_gone():
    floor = rich_floor()
    trade(floor, 2, 3, 50)
    floor.seal()
    resting = floor.submit(2, "SELL GTC REDUCE_ONLY", 50, 30_010)
    floor.submit(4, "BUY GTC", 30, 30_000)
    floor.submit(2, "SELL IOC", 30, 30_000)
    floor.submit(4, "BUY GTC", 50, 30_010)
    assert position(floor, 2) == 0
    floor.submit(5, "BUY GTC", 50, 30_010)
    assert state(floor, resting) == ("CANCELLED", "REDUCE_ONLY", 20)
    floor.seal()


def test_plain_and_reduce_only_fills_that_one_batch_cannot_hold_are_split():
    """Opening 50 long; 30 more bought; then 10 reduced: against the opening the position grew, so a batch must end."""
    floor = rich_floor()
    trade(floor, 2, 3, 50)
    floor.seal()
    trade(floor, 2, 3, 30)
    floor.submit(4, "BUY GTC", 10, 30_000)
    order = floor.submit(2, "SELL IOC REDUCE_ONLY", 10, 30_000)
    assert order.order.batch == 3
    assert len(floor.exchange.sealed) == 2


def test_replace_keeps_its_place_only_if_it_asks_for_no_more():
    floor = rich_floor()
    first = floor.submit(2, "BUY GTC", 20, 30_000, nonce=1024)
    second = floor.submit(3, "BUY GTC", 20, 30_000)
    smaller = floor.submit(2, "BUY GTC", 10, 30_000, nonce=2048, replace=True)
    assert state(floor, first) == ("CANCELLED", "REPLACED", 0)
    floor.submit(4, "SELL IOC", 10, 30_000)
    assert state(floor, smaller) == ("FILLED", "UNSPECIFIED", 10)
    fresh = floor.submit(2, "BUY GTC", 20, 30_000, nonce=3072)
    larger = floor.submit(2, "BUY GTC", 21, 30_000, nonce=4096, replace=True)
    floor.submit(4, "SELL IOC", 20, 30_000)
    assert [state(floor, order)[2] for order in (fresh, second, larger)] == [0, 20, 0]


def test_a_refused_replacement_leaves_the_old_order_where_it_was():
    floor = rich_floor()
    old = floor.submit(2, "BUY GTC", 20, 30_000, nonce=1024)
    exposure = floor.exchange.engine.accounts[2].exposure
    before = (list(exposure.lots[0]), list(exposure.costs[0]))
    refusal = refused(floor.submit, 2, "BUY FOK", 20, 30_000, nonce=2048, replace=True)
    assert refusal.reason == "FOK_NOT_FILLABLE"
    assert state(floor, old) == ("OPEN", "UNSPECIFIED", 0)
    assert (exposure.lots[0], exposure.costs[0]) == before


def test_a_replaced_order_that_filled_in_this_batch_gives_its_slot_up_in_the_next():
    floor = rich_floor()
    floor.submit(2, "BUY GTC", 20, 30_000, nonce=1024)
    floor.submit(3, "SELL IOC", 5, 30_000)
    newer = floor.submit(2, "BUY GTC", 20, 30_000, nonce=2048, replace=True)
    assert len(floor.exchange.sealed) == 0
    floor.submit(3, "SELL IOC", 5, 30_000)
    assert len(floor.exchange.sealed) == 1
    assert state(floor, newer) == ("PARTIALLY_FILLED", "UNSPECIFIED", 5)
    floor.seal()


def test_an_order_expires_in_the_second_after_its_expiry():
    floor = rich_floor()
    expiry = floor.now_us // 10**6 + 5
    order = floor.submit(2, "BUY GTC", 20, 30_000, expiry=expiry)
    floor.wait(5)
    assert state(floor, order)[0] == "OPEN"
    floor.wait(1)
    assert state(floor, order) == ("EXPIRED", "EXPIRED", 0)


def test_orders_of_an_agent_end_when_the_agent_does():
    floor = rich_floor()
    agent, until = 0xA6E27, floor.now_us // 10**6 + 20
    floor.request(Request(RequestKind.AGENT, 2, address=agent, until=until))
    by_agent = floor.submit(2, "BUY GTC", 20, 30_000, signer=agent)
    by_owner = floor.submit(2, "BUY GTC", 20, 29_999)
    floor.wait(21)
    assert state(floor, by_agent) == ("CANCELLED", "SIGNER", 0)
    assert state(floor, by_owner)[0] == "OPEN"


def test_orders_of_an_agent_whose_time_was_shortened_end_with_it():
    floor = rich_floor()
    now = floor.now_us // 10**6
    floor.request(Request(RequestKind.AGENT, 2, address=0xA6E27, until=now + 1_000))
    order = floor.submit(2, "BUY GTC", 20, 30_000, signer=0xA6E27)
    floor.request(Request(RequestKind.AGENT, 2, address=0xA6E27, until=now + 10))
    floor.wait(10)
    assert state(floor, order)[0] == "OPEN"
    floor.wait(1)
    assert state(floor, order) == ("CANCELLED", "SIGNER", 0)


def test_orders_of_a_revoked_agent_end_at_once():
    floor = rich_floor()
    until = floor.now_us // 10**6 + 10_000
    floor.request(Request(RequestKind.AGENT, 2, address=0xA6E27, until=until))
    order = floor.submit(2, "BUY GTC", 20, 30_000, signer=0xA6E27)
    floor.request(Request(RequestKind.AGENT, 2))
    assert state(floor, order) == ("CANCELLED", "SIGNER", 0)
    assert refused(floor.submit, 2, "BUY GTC", 20, 30_000, signer=0xA6E27).reason == "INVALID_SIGNATURE"


def test_a_maker_that_could_not_carry_its_fill_leaves_the_book():
    floor = Floor()
    floor.open(3, amount_e6=1_000 * 10**6)
    floor.price()
    resting = [floor.submit(2, "BUY GTC", 500, 29_000, market=0) for _ in range(1)]
    floor.now_us += 40 * 10**6
    floor.price(eth=2_790)
    floor.withdraw(2, 900 * 10**6)
    order = floor.submit(3, "SELL IOC", 500, 29_000, self_trade=0)
    assert state(floor, resting[0]) == ("CANCELLED", "MARGIN", 0)
    assert state(floor, order) == ("CANCELLED", "IOC_REMAINDER", 0)
    floor.submit(4, "BUY GTC", 20, 27_900)
    floor.submit(3, "SELL IOC", 20, 27_900)
    floor.seal()
