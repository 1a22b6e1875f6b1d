"""The client against answers over a real port: signatures, receipts, retries and errors."""

import json
from decimal import Decimal

import grpc
import pytest
from google.rpc import code_pb2

from tests.client.exchange import refusal, serving
from tests.scenario import CHAIN, key_of, owner_of
from zkclear.audit import receipts as evidence
from zkclear.client import Client, LocalSigner, NewOrder
from zkclear.client.errors import (
    AuthenticationError,
    BadRequest,
    ExchangeNotAvailable,
    InsufficientFunds,
    InvalidNonce,
    InvalidOrder,
    NetworkError,
    OperatorError,
    PermissionDenied,
    RequestTimeout,
)
from zkclear.v1 import order_pb2

ACCOUNT = 2


@pytest.fixture
def exchange():
    with serving() as (served, target):
        served.target = target
        yield served


@pytest.fixture
def client(exchange):
    with Client(exchange.target, deadline_s=2, retries=2) as opened:
        yield opened


@pytest.fixture
def trader(client):
    return client.trading(LocalSigner(key_of(ACCOUNT).to_bytes(32, "big")), ACCOUNT)


def calls(exchange, name):
    return [request for called, request in exchange.calls if called == name]


def test_an_order_is_signed_by_the_key_and_comes_back_as_it_was_meant(exchange, trader):
    order = trader.place("ETH-USD", "buy", size="0.5", price="3000.10", tif="POST_ONLY", reduce_only=True)
    (request,) = calls(exchange, "SubmitOrder")
    assert exchange.orders[order.digest].signer == owner_of(ACCOUNT).to_bytes(20, "big")
    assert request.fields.action == "BUY POST_ONLY REDUCE_ONLY"
    assert (order.size, order.price, order.filled) == (Decimal("0.5"), Decimal("3000.1"), Decimal(0))
    assert (order.status, order.settlement, order.batch) == ("OPEN", "SEQUENCED", None)


def test_an_order_without_a_price_is_capped_at_mark_and_slippage(exchange, trader):
    trader.place("ETH-USD", "buy", 1, slippage="0.01")
    trader.place("ETH-USD", "sell", 1, slippage="0.1234%")
    bought, sold = calls(exchange, "SubmitOrder")
    assert (bought.fields.action, bought.fields.limit_price_e8) == ("BUY IOC", 3_030 * 10**8)
    # 3000 * (1 - 0.001234) = 2996.298, and a seller's cap is rounded up to the tick.
    assert (sold.fields.action, sold.fields.limit_price_e8) == ("SELL IOC", 299_630_000_000)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "says"),
    [
        (("ETH-USD", "buy", 0.5, "3000"), {}, TypeError, "size='0.5'"),
        (("ETH-USD", "hold", "0.5", "3000"), {}, BadRequest, "neither 'buy' nor 'sell'"),
        (("ETH-USD", "buy", "0.5", "3000"), {"tif": "DAY"}, BadRequest, "GTC, IOC, FOK, POST_ONLY"),
        (("DOGE-USD", "buy", "0.5", "3000"), {}, BadRequest, "listed are ETH-USD"),
        (("ETH-USD", "buy", "0.5", "3000.11"), {}, InvalidOrder, "3000.1 and 3000.2"),
        (("ETH-USD", "buy", "0.0005", "3000"), {}, InvalidOrder, "0.001"),
        (("ETH-USD", "buy", "1", "3000"), {"expiry": "later"}, BadRequest, "90s"),
        (("ETH-USD", "buy", "1", "3000"), {"self_trade": "NONE"}, BadRequest, "CANCEL_MAKER"),
    ],
)
def test_bad_arguments_are_refused_before_anything_is_sent(
    exchange, trader, *, arguments, options, error, says
):
    with pytest.raises(error, match=says):
        trader.place(*arguments, **options)
    assert calls(exchange, "SubmitOrder") == []


def test_a_refusal_becomes_its_exception_with_the_metadata_that_cures_it(exchange, trader):
    trader.place("ETH-USD", "buy", "1", "3000")
    exchange.answers = [refusal("INSUFFICIENT_MARGIN", required_e6="9", available_e6="7")]
    with pytest.raises(InsufficientFunds, match="refused") as caught:
        trader.place("ETH-USD", "buy", "1", "3000")
    assert caught.value.reason == "INSUFFICIENT_MARGIN"
    assert caught.value.metadata == {"required_e6": "9", "available_e6": "7"}
    assert len(calls(exchange, "SubmitOrder")) == 2


def test_a_busy_slot_is_asked_about_and_the_order_signed_anew(exchange, trader):
    trader.place("ETH-USD", "buy", "1", "3000")
    exchange.answers = [refusal("NONCE_SLOT_BUSY", slot="4")]
    order = trader.place("ETH-USD", "buy", "1", "3000")
    _, refused, accepted = calls(exchange, "SubmitOrder")
    assert len(calls(exchange, "GetNonceState")) == 2
    assert refused.fields.nonce != accepted.fields.nonce == order.nonce


def test_a_nonce_that_stays_refused_is_given_up_after_three_tries(exchange, trader):
    trader.place("ETH-USD", "buy", "1", "3000")
    stale = refusal("NONCE_STALE")
    exchange.answers = [stale, None, stale, None, stale]
    with pytest.raises(InvalidNonce):
        trader.place("ETH-USD", "buy", "1", "3000")
    assert len(calls(exchange, "SubmitOrder")) == 4


def test_what_nobody_answered_is_sent_again_with_the_same_digest(exchange, trader):
    trader.place("ETH-USD", "buy", "1", "3000")
    exchange.answers = [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAVAILABLE]
    trader.place("ETH-USD", "buy", "1", "3000")
    sent = calls(exchange, "SubmitOrder")[1:]
    assert len({request.SerializeToString() for request in sent}) == 1
    assert len(sent) == 3


def test_a_pause_is_waited_for_as_long_as_the_answer_says_and_then_raised(exchange, client):
    paused = refusal("SEQUENCER_PAUSED", code=code_pb2.UNAVAILABLE, retry_ms=10)
    exchange.answers = [paused] * 3
    with pytest.raises(ExchangeNotAvailable):
        client.market("ETH-USD")
    assert len(calls(exchange, "GetMarket")) == 3


def test_a_frozen_exchange_is_not_asked_again(exchange, client):
    exchange.answers = [refusal("EXCHANGE_FROZEN")]
    with pytest.raises(ExchangeNotAvailable):
        client.market("ETH-USD")
    assert len(calls(exchange, "GetMarket")) == 1


def test_nobody_there_is_a_network_error_that_names_the_target():
    with (
        Client("127.0.0.1:1", deadline_s=1, retries=0) as nobody,
        pytest.raises(NetworkError, match=r"127\.0\.0\.1:1 is not reachable"),
    ):
        nobody.markets()


def test_many_orders_are_independent_of_each_other(exchange, trader):
    orders = [NewOrder("ETH-USD", "buy", size, "3000") for size in ("1", "50", "2")] * 40
    results = trader.place_many(orders)
    assert len(results) == 120
    assert [len(request.items) for request in calls(exchange, "SubmitOrders")] == [50, 50, 20]
    refused = [result for result in results if isinstance(result, InsufficientFunds)]
    assert len(refused) == 40
    assert results[0].size == 1


def test_slots_of_orders_that_ended_elsewhere_are_asked_for_before_giving_up(exchange, trader):
    first = trader.place("ETH-USD", "buy", "1", "3000")
    for _ in range(1_023):
        trader._slots.take()
    again = trader.place("ETH-USD", "buy", "1", "3000")
    assert again.nonce > first.nonce
    assert len(calls(exchange, "GetNonceState")) == 2


def test_when_one_of_many_cannot_be_signed_none_is_sent(exchange, trader):
    good, bad = NewOrder("ETH-USD", "buy", "1", "3000"), NewOrder("ETH-USD", "buy", 0.5, "3000")
    with pytest.raises(TypeError, match="float"):
        trader.place_many([good, good, bad])
    assert calls(exchange, "SubmitOrders") == []
    assert trader._slots._busy == set()


def test_a_key_that_may_not_trade_for_the_account_is_told_so(exchange, trader):
    exchange.answers = [None, refusal("READ_ACCESS_REQUIRED", account="2")]
    with pytest.raises(PermissionDenied, match="neither the owner nor a present agent of account 2"):
        trader.place("ETH-USD", "buy", "1", "3000")


def test_private_reads_carry_a_signature_of_the_account(trader):
    placed = trader.place("ETH-USD", "buy", "1", "3000")
    assert trader.order(placed.digest).digest == placed.digest
    assert trader.order("0x" + placed.digest.hex()).price == 3000


def test_a_cancel_signs_the_orders_own_nonce_and_a_binding_one_a_newer(exchange, trader):
    first, second = (trader.place("ETH-USD", "buy", "1", "3000") for _ in range(2))
    (ended,) = trader.cancel(first)
    assert (ended.status, ended.cancel_reason, ended.digest) == ("CANCELLED", "REQUESTED", first.digest)
    second.cancel(binding=True)
    plain, binding = (request.fields.nonce for request in calls(exchange, "CancelOrder"))
    assert plain == first.nonce
    assert binding > second.nonce
    assert binding % 1_024 == second.nonce % 1_024


def test_a_replacement_takes_the_slot_and_keeps_what_is_not_changed(exchange, trader):
    order = trader.place("ETH-USD", "sell", "1", "3000", tif="POST_ONLY")
    newer = trader.replace(order, price="3000.5")
    request = calls(exchange, "SubmitOrder")[1]
    assert request.replace
    assert (newer.action, newer.size, newer.price) == ("SELL POST_ONLY", 1, Decimal("3000.5"))
    assert newer.nonce % 1_024 == order.nonce % 1_024
    assert newer.nonce > order.nonce


def test_waiting_ends_when_the_step_is_reached_or_the_time_is_over(exchange, trader):
    order = trader.place("ETH-USD", "buy", "1", "3000")
    with pytest.raises(RequestTimeout, match="SEQUENCED after"):
        order.wait("SETTLED", timeout=0.3)
    kept = exchange.orders[order.digest]
    kept.filled_e8, kept.status, kept.batch = 10**8, order_pb2.ORDER_STATUS_FILLED, 4
    kept.settlement = order_pb2.SETTLEMENT_PROVED
    assert order.wait("BATCHED", timeout=5).batch == 4


def test_an_order_that_ended_without_a_fill_has_nothing_to_settle(trader):
    order = trader.place("ETH-USD", "buy", "1", "3000")
    order.cancel()
    with pytest.raises(InvalidOrder, match="nothing to settle"):
        order.wait("SETTLED", timeout=5)


def test_a_step_that_does_not_exist_is_refused(trader):
    with pytest.raises(BadRequest, match="SEQUENCED, BATCHED, PROVED, SETTLED"):
        trader.place("ETH-USD", "buy", "1", "3000").wait("DONE")


def test_receipts_are_kept_as_a_file_that_the_auditor_reads(client, trader, tmp_path):
    for _ in range(3):
        trader.place("ETH-USD", "buy", "1", "3000")
    path = tmp_path / "receipts.json"
    path.write_text(json.dumps(client.receipts.to_json()), encoding="utf-8")
    report = evidence.check([evidence.read(path)])
    assert report.passed
    assert len(report.checks) == 4


def test_a_receipt_by_somebody_else_is_not_accepted(exchange, trader):
    exchange.receipt_key = key_of(501)
    with pytest.raises(OperatorError, match="signed by"):
        trader.place("ETH-USD", "buy", "1", "3000")


def test_a_receipt_that_breaks_the_chain_is_not_accepted(exchange, trader):
    trader.place("ETH-USD", "buy", "1", "3000")
    exchange.previous = bytes(32)
    with pytest.raises(OperatorError, match="does not follow"):
        trader.place("ETH-USD", "buy", "1", "3000")


def test_nothing_is_signed_for_another_contract(exchange):
    with Client(exchange.target, contract="0x" + "11" * 20) as pinned:
        trader = pinned.trading(LocalSigner(key_of(ACCOUNT).to_bytes(32, "big")), ACCOUNT)
        with pytest.raises(AuthenticationError) as caught:
            trader.place("ETH-USD", "buy", "1", "3000")
    assert caught.value.reason == "DOMAIN_MISMATCH"
    assert [name for name, _ in exchange.calls] == ["ListMarkets"]


def test_the_domain_is_that_of_the_exchange(client):
    assert client.domain == CHAIN


def test_long_lists_come_page_after_page(exchange, client):
    assert len(client.trades("ETH-USD", limit=2_400)) == 2_400
    assert [request.page_size for request in calls(exchange, "ListTrades")] == [1_000, 1_000, 400]
    assert len(client.trades("ETH-USD", limit=9_000)) == 2_500


def test_an_oracle_signs_one_price_a_listed_market(exchange, client):
    oracle = client.oracle(LocalSigner(key_of(900).to_bytes(32, "big")))
    answer = oracle.report({"ETH-USD": "3000.123456789"}, time_s=5)
    (request,) = calls(exchange, "SubmitReport")
    assert list(request.report.prices_e8) == [300_012_345_678]
    assert answer.signer == owner_of(900).to_bytes(20, "big")
    with pytest.raises(BadRequest, match="listed are ETH-USD"):
        oracle.report({"DOGE-USD": "1"})
    with pytest.raises(TypeError, match="float"):
        oracle.report({"ETH-USD": 1.5})
