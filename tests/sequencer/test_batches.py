"""When batches seal, what they may hold, and what L1 requests and prices do to them."""

import dataclasses

import pytest

from sequencer.batching import open_batch
from sequencer.batching.prices import Panel, Report, agree, may_follow
from sequencer.core.exchange import CARRY_S
from sequencer.core.machine import Machine
from tests.sequencer.floor import KEY, START, Floor, owner_of
from tests.sequencer.test_book import rich_floor
from tests.sequencer.test_orders import position, refused, state, trade
from tests.sequencer.test_random_run import check_batches, everything
from zkclear.rules.batch import Request, RequestKind
from zkclear.v1 import batch_pb2, order_pb2

PANEL = Panel(
    signers=(1, 2, 3), quorum=2, report_max_age=30, max_move=50_000, max_move_a_second=1_000, ticks_e8=(10,)
)


def report(signer, price, time=100):
    return Report(time=time, prices=(price,), signer=signer, signature=b"")


def body(floor, number):
    return batch_pb2.SealedBatch.FromString(floor.exchange.sealed.get(number).body)


def check_and_tell_again(floor):
    """Seals, checks every batch by the rule book, and replays the journal."""
    floor.seal()
    check_batches(floor)
    again = Machine(KEY)
    for record in floor.journal:
        again.replay(record)
    assert everything(again) == everything(floor.machine)


# Prices.


@pytest.mark.parametrize(
    ("reports", "marks"),
    [
        ([report(1, 500)], None),
        ([report(1, 500), report(2, 600)], (50,)),
        ([report(3, 700), report(1, 500), report(2, 609)], (60,)),
        ([report(1, 500), report(2, 0)], None),
        ([report(1, 500, time=69), report(2, 600)], None),
        ([report(1, 500, time=70), report(2, 600)], (50,)),
        ([report(1, 9), report(2, 9)], None),
    ],
)
def test_marks_are_the_lower_median_of_a_fresh_quorum_floored_to_the_tick(reports, marks):
    agreed = agree(reports, PANEL)
    assert (None if agreed is None else agreed.marks) == marks


def test_reports_travel_in_the_order_of_their_signers():
    agreed = agree([report(3, 700), report(1, 500)], PANEL)
    assert [each.signer for each in agreed.reports] == [1, 3]
    assert agreed.timestamp == 100


@pytest.mark.parametrize(
    ("mark", "elapsed", "allowed"),
    [(1050, 0, True), (1051, 0, False), (949, 0, False), (1060, 10, True), (1061, 10, False)],
)
def test_a_mark_may_move_only_so_far(mark, elapsed, allowed):
    panel = dataclasses.replace(PANEL, ticks_e8=(1,))
    prices = agree([report(1, mark), report(2, mark)], panel)
    assert may_follow(prices, panel, marks=(1000,), timestamp=100 - elapsed) == allowed
    assert may_follow(prices, panel, marks=(0,), timestamp=100)
    assert not may_follow(prices, panel, marks=(0,), timestamp=101)


def test_a_moved_mark_seals_the_batch_and_an_equal_one_does_not():
    floor = rich_floor()
    trade(floor, 2, 3, 20)
    floor.wait(1)
    floor.price()
    assert len(floor.exchange.sealed) == 0
    floor.wait(1)
    floor.price(eth=3001)
    assert len(floor.exchange.sealed) == 1
    assert (body(floor, 1).marks[0], floor.exchange.batch.prices.marks[0]) == (30_000, 30_010)
    assert body(floor, 1).timestamp_s < floor.exchange.batch.timestamp


def test_a_jump_stops_trading_until_the_contract_would_take_it():
    floor = rich_floor()
    trade(floor, 2, 3, 20)
    floor.wait(1)
    floor.price(eth=3200)  # 6.7 %, and 5.1 % is allowed after a second
    assert len(floor.exchange.sealed) == 1
    assert refused(floor.submit, 2, "BUY GTC", 20, 30_000).reason == "ORACLE_STALE"
    floor.now_us += 17 * 10**6
    floor.price(eth=3200)
    assert floor.exchange.batch.prices.marks[0] == 32_000
    floor.submit(2, "BUY GTC", 20, 32_000)


def test_a_jump_back_lets_trading_go_on():
    floor = rich_floor()
    trade(floor, 2, 3, 20)
    floor.wait(1)
    floor.price(eth=3200)
    floor.wait(1)
    floor.price(eth=3000)
    floor.submit(2, "BUY GTC", 20, 30_000)


def test_requests_wait_while_the_marks_are_known_to_be_wrong():
    """At a mark that the market has left nobody withdraws, and the insurance account closes nobody's position."""
    floor = rich_floor()
    trade(floor, 2, 3, 1_000)
    floor.wait(1)
    floor.price(eth=2_700)
    sealed = len(floor.exchange.sealed)
    floor.request(
        Request(RequestKind.WITHDRAW, 2, amount=10**6), Request(RequestKind.CLOSE, 3, market=0, lots=10)
    )
    floor.seal()
    assert len(floor.exchange.sealed) == sealed
    assert [record.batch for record in floor.exchange.requests[-2:]] == [0, 0]
    floor.now_us += 50 * 10**6
    floor.price(eth=2_700)
    assert [record.batch for record in floor.exchange.requests[-2:]] == [sealed + 1] * 2
    assert floor.exchange.batch.prices.marks[0] == 27_000
    check_and_tell_again(floor)


def test_requests_that_waited_for_marks_enter_when_the_old_ones_come_back():
    floor = rich_floor()
    floor.seal()
    floor.wait(1)
    floor.price(eth=3_200)
    floor.cancel(2, floor.nonce())
    for account in range(2, 6):
        floor.request(
            *(Request(RequestKind.DEPOSIT, account, amount=10**6) for _ in range(10)),
            Request(RequestKind.WITHDRAW, account, amount=10**6),
        )
    assert floor.exchange.requests[-1].batch == 0
    floor.wait(1)
    floor.price(eth=3_000)
    assert 0 not in [record.batch for record in floor.exchange.requests]
    assert len(floor.exchange.queue) == len(floor.exchange.batch.requests)
    check_and_tell_again(floor)


@pytest.mark.parametrize(("age_s", "is_taken"), [(CARRY_S, True), (CARRY_S + 1, False), (7_200, False)])
def test_nothing_enters_a_batch_that_the_contract_might_not_take_any_more(age_s, is_taken):
    """The contract refuses a batch an hour after its timestamp, and with it every later one."""
    floor = rich_floor(stale_after_s=10**6)
    resting = floor.submit(2, "BUY GTC", 20, 29_000, nonce=floor.nonce(5), expiry=START + 10**6)
    floor.seal()
    sealed = len(floor.exchange.sealed)
    floor.wait(age_s)
    floor.request(Request(RequestKind.DEPOSIT, 2, amount=10**6))
    if is_taken:
        assert floor.cancel(2, floor.nonce()).batch == sealed + 1
        floor.submit(3, "BUY GTC", 20, 29_000)
        assert floor.exchange.requests[-1].batch == sealed + 1
        return
    assert refused(floor.submit, 3, "BUY GTC", 20, 29_000).reason == "ORACLE_STALE"
    assert refused(floor.withdraw, 3, 10**6).reason == "ORACLE_STALE"
    assert refused(floor.cancel, 3, floor.nonce()).reason == "ORACLE_STALE"
    cancelled = floor.cancel(2, floor.nonce(5))
    assert (cancelled.batch, [each.digest for each in cancelled.orders]) == (0, [resting.order.digest])
    floor.wait(10)
    assert (floor.seal(), floor.exchange.requests[-1].batch) == (sealed, 0)
    floor.price()
    assert floor.exchange.requests[-1].batch == sealed + 1
    assert floor.exchange.batch.timestamp == floor.now_us // 10**6
    check_and_tell_again(floor)


@pytest.mark.parametrize(("age_s", "is_taken"), [(15, True), (16, False)])
def test_requests_wait_for_prices_of_now(age_s, is_taken):
    """Nobody withdraws, closes or is taken over at a mark of long ago: it has its turn at the next price."""
    floor = rich_floor(stale_after_s=15)
    floor.seal()
    floor.wait(age_s)
    floor.request(Request(RequestKind.WITHDRAW, 2, amount=10**6))
    record = floor.exchange.requests[-1]
    assert (record.batch > 0) == is_taken
    floor.price()
    assert (record.batch, record.paid) == (len(floor.exchange.sealed) + 1, 10**6)
    check_and_tell_again(floor)


def test_a_batch_pays_no_more_than_its_transaction_has_gas_for(monkeypatch):
    monkeypatch.setattr(open_batch, "PAYMENTS", 2)
    floor = rich_floor()
    floor.seal()
    taken = [floor.withdraw(account, 10**6).withdrawal.batch for account in (2, 3, 4, 5)]
    first = len(floor.exchange.sealed)
    assert taken == [first, first, first + 1, first + 1]
    check_and_tell_again(floor)


# Sealing.


def test_age_seals_what_is_not_empty():
    floor = rich_floor()
    floor.seal()
    floor.wait(100)
    assert len(floor.exchange.sealed) == 1
    floor.price()
    trade(floor, 2, 3, 20)
    floor.wait(3.9)
    assert len(floor.exchange.sealed) == 1
    floor.wait(0.1)
    assert len(floor.exchange.sealed) == 2


def test_an_empty_batch_is_never_sealed():
    floor = rich_floor()
    floor.seal()
    assert floor.seal() == 1
    floor.submit(2, "BUY GTC", 20, 30_000)
    assert floor.seal() == 1


def test_the_smallest_shape_that_fits_is_named():
    floor = rich_floor()
    trade(floor, 2, 3, 20)
    floor.seal()
    trade(floor, 2, 3, 20)
    floor.seal()
    assert [body(floor, number).shape for number in (1, 2)] == ["small", "tiny"]


@pytest.mark.parametrize(
    ("max_shape", "expected"), [("tiny", "tiny"), ("small", "small"), ("large", "medium")]
)
def test_a_batch_never_outgrows_the_largest_configured_shape(max_shape, expected):
    floor = rich_floor(max_shape=max_shape)
    assert floor.exchange.shapes[-1].name == expected


def test_shapes_may_be_listed_in_any_order():
    floor = Floor(shapes=("medium", "tiny"))
    assert [shape.name for shape in floor.exchange.shapes] == ["tiny", "medium"]


def test_an_order_that_no_batch_holds_whole_goes_on_in_the_next():
    floor = Floor(shapes=("tiny",))
    floor.open(2)
    floor.price()
    for _ in range(9):
        floor.submit(2, "SELL GTC", 10, 30_000)
    order = floor.submit(3, "BUY IOC", 90, 30_000)
    assert order.order.status == order_pb2.ORDER_STATUS_FILLED
    floor.seal()
    fills = [len(body(floor, number).fills) for number in range(1, len(floor.exchange.sealed) + 1)]
    assert fills == [3, 3, 3]
    assert [position(floor, account) for account in (2, 3)] == [-90, 90]


def test_entries_are_sorted_and_only_filled_orders_are_entries():
    floor = rich_floor()
    floor.submit(4, "BUY GTC", 20, 29_000)
    trade(floor, 3, 2, 20)
    trade(floor, 5, 2, 20)
    floor.seal()
    accounts = [int.from_bytes(entry.word, "big") >> 216 for entry in body(floor, 1).entries]
    assert accounts == [2, 2, 3, 5]


# Requests.


def test_requests_wait_for_prices_and_enter_the_first_batch():
    floor = Floor()
    floor.open(3)
    assert floor.exchange.batch is None
    floor.price()
    assert len(floor.exchange.batch.requests) == 6
    assert floor.exchange.batch.row(4).collateral == 10_000 * 10**6


def test_requests_seal_a_batch_that_has_entries_and_join_one_that_has_none():
    floor = rich_floor()
    floor.request(Request(RequestKind.DEPOSIT, 2, amount=5))
    assert len(floor.exchange.sealed) == 0
    trade(floor, 2, 3, 20)
    floor.request(Request(RequestKind.DEPOSIT, 2, amount=7))
    assert len(floor.exchange.sealed) == 1
    assert [request.amount for request in body(floor, 1).requests] == [0] * 9
    assert len(floor.exchange.batch.requests) == 1


def test_a_second_request_of_a_kind_waits_for_the_next_batch():
    floor = rich_floor()
    for amount in (1, 2):
        floor.request(Request(RequestKind.WITHDRAW, 2, amount=amount))
    assert len(floor.exchange.sealed) == 1
    floor.seal()
    assert [body(floor, number).requests[-1].amount for number in (1, 2)] == [1, 2]


def test_more_requests_than_a_shape_holds_fill_several_batches():
    floor = Floor(shapes=("tiny",))
    floor.price()
    floor.open(5)
    floor.seal()
    held = [len(body(floor, number).requests) for number in range(1, len(floor.exchange.sealed) + 1)]
    assert held == [4, 4, 2]
    first = [body(floor, number).first_request for number in range(1, 4)]
    assert first == [0, 4, 8]


def test_c9_a_forced_withdrawal_pays_what_can_be_withdrawn():
    floor = Floor()
    floor.open(2, amount_e6=100 * 10**6)
    floor.price()
    floor.request(Request(RequestKind.WITHDRAW, 2, amount=150 * 10**6))
    floor.seal()
    assert body(floor, 1).requests[-1].amount == 100 * 10**6
    assert floor.exchange.batch.row(2).collateral == 0


def test_requests_told_twice_are_taken_once():
    floor = rich_floor()
    first = floor.queued
    floor.request(Request(RequestKind.DEPOSIT, 2, amount=5))
    floor.queued = first
    floor.request(Request(RequestKind.DEPOSIT, 2, amount=5))
    assert len(floor.exchange.requests) == first + 1


# Withdrawals and cancels in a batch.


def test_what_was_won_in_a_batch_leaves_in_the_next():
    floor = Floor()
    floor.open(3, amount_e6=1_000 * 10**6)
    floor.price()
    trade(floor, 2, 3, 1_000, price=27_100)  # 2 buys one ETH 290 tokens below the mark
    assert floor.withdraw(2, 1_100 * 10**6).withdrawal.batch == 2
    floor.seal()
    assert refused(floor.withdraw, 2, 10**9).reason == "NOT_WITHDRAWABLE"


def test_a_binding_cancel_takes_the_slot_over_for_ever():
    floor = rich_floor()
    order = floor.submit(2, "BUY GTC", 20, 30_000, nonce=1024 + 3)
    cancelled = floor.cancel(2, 2048 + 3)
    assert [each.digest for each in cancelled.orders] == [order.order.digest]
    assert cancelled.batch == 1
    assert state(floor, order) == ("CANCELLED", "REQUESTED", 0)
    floor.seal()
    slot = floor.exchange.state.accounts[2].slot(3)
    assert (slot.nonce, slot.filled) == (2048 + 3, 2**40 - 1)


def test_a_plain_cancel_leaves_the_batch_alone():
    floor = rich_floor()
    floor.seal()
    order = floor.submit(2, "BUY GTC", 20, 30_000)
    assert floor.cancel(2, order.order.fields.nonce).batch == 0
    assert floor.exchange.batch.is_empty


def test_a_binding_cancel_of_an_order_filled_in_this_batch_goes_into_the_next():
    floor = rich_floor()
    order = floor.submit(2, "BUY GTC", 20, 30_000, nonce=1024)
    floor.submit(3, "SELL IOC", 5, 30_000)
    assert floor.cancel(2, 2048).batch == 2
    assert state(floor, order) == ("CANCELLED", "REQUESTED", 5)
    floor.seal()


def test_cancel_all_takes_what_is_named():
    floor = rich_floor()
    eth = floor.submit(2, "BUY GTC", 20, 30_000)
    btc = floor.submit(2, "BUY GTC", 20, 60_000, market=1)
    other = floor.submit(3, "BUY GTC", 20, 30_000)
    assert len(floor.cancel_all(2, market=1).orders) == 1
    assert [state(floor, order)[0] for order in (eth, btc, other)] == ["OPEN", "CANCELLED", "OPEN"]
    assert len(floor.cancel_all(2, before_nonce=eth.order.fields.nonce).orders) == 0
    floor.now_us += 1
    assert len(floor.cancel_all(2, before_nonce=eth.order.fields.nonce + 1).orders) == 1


def test_progress_only_goes_up():
    floor = rich_floor()
    order = floor.submit(2, "BUY GTC", 20, 30_000)
    floor.submit(3, "SELL IOC", 20, 30_000)
    floor.seal()
    sealed = floor.exchange.sealed
    steps = []
    for status in (
        batch_pb2.BATCH_STATUS_FAILED,
        batch_pb2.BATCH_STATUS_PROVED,
        batch_pb2.BATCH_STATUS_SETTLED,
        batch_pb2.BATCH_STATUS_PROVED,
        batch_pb2.BATCH_STATUS_FAILED,
    ):
        message = batch_pb2.ReportProgressRequest(number=1, status=status, proof=batch_pb2.Proof())
        sealed.progress(message, time_us=START)
        batch = floor.exchange.orders[order.order.digest].batch
        steps.append(order_pb2.Settlement.Name(sealed.settlement(batch)).removeprefix("SETTLEMENT_"))
    assert steps == ["BATCHED", "PROVED", "SETTLED", "SETTLED", "SETTLED"]
    assert (sealed.proved, sealed.settled) == (1, 1)


def test_fees_go_to_account_1_and_its_owner_may_take_them():
    floor = rich_floor()
    trade(floor, 2, 3, 1000)
    fees = floor.exchange.batch.row(1).collateral
    assert fees == 3_000 * 10**6 * (500 - 50) // 10**6
    floor.withdraw(1, fees, signer=owner_of(1))
    floor.seal()
    assert floor.exchange.state.accounts[1].collateral == 0
