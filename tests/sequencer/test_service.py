"""The sequencer as its users meet it: real processes, real signatures, a real chain (proofs are not made here)."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pytest
from google.rpc import code_pb2, error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status

from prover.settlement.dev_markets import DEV_MARKETS
from tests.chain import ORACLES, secret
from tests.processes import descendants, wait_for_end
from tests.sequencer.running import ROOT, configuration, info_of, reason_of, sequencer, started
from zkclear.crypto.eip712 import Domain, cancel_order_digest, price_report_digest, receipt_digest
from zkclear.crypto.entry import entry_digest, listing
from zkclear.crypto.signatures import address_of, recover, sign, to_long
from zkclear.rules.words import parse_entry
from zkclear.v1 import (
    account_pb2,
    admin_pb2,
    audit_pb2,
    batch_pb2,
    market_data_pb2,
    oracle_pb2,
    order_pb2,
    receipt_pb2,
    trading_pb2,
)

LISTINGS = [listing(each.name, each.config) for each in DEV_MARKETS]
ETH = 10**8
PRICE = 3_000 * 10**8


def refusal(call, *args, **kwargs):
    """Code and ErrorInfo of a refused call."""
    with pytest.raises(grpc.RpcError) as caught:
        call(*args, **kwargs)
    info = reason_of(caught.value)
    assert info.domain == "zkclear"
    return caught.value.code().name, info.reason, dict(info.metadata)


def quiet(market):
    """What must be the same before and after a refused order."""
    service = market.service
    book = service.markets.GetOrderBook(market_data_pb2.GetOrderBookRequest(market="ETH-USD"))
    return book, service.status().sequence, service.account(market.buyer)


def test_an_order_rests_trades_and_shows_in_every_view(market):
    service = market.service
    resting = service.trading.SubmitOrder(
        service.order(market.buyer, "BUY GTC", 2 * ETH, PRICE, key=market.buyer_key)
    )
    book = service.markets.GetOrderBook(market_data_pb2.GetOrderBookRequest(market="ETH-USD"))
    assert [(level.price_e8, level.size_e8, level.orders) for level in book.bids] == [(PRICE, 2 * ETH, 1)]
    taken = service.trading.SubmitOrder(
        service.order(market.seller, "SELL IOC", 2 * ETH, PRICE, key=market.seller_key)
    )
    assert taken.order.status == order_pb2.ORDER_STATUS_FILLED
    trades = service.markets.ListTrades(market_data_pb2.ListTradesRequest(market="ETH-USD")).trades
    assert (trades[0].price_e8, trades[0].size_e8, trades[0].taker_side) == (
        PRICE,
        2 * ETH,
        order_pb2.SIDE_SELL,
    )
    (position,) = service.account(market.buyer).positions
    assert (position.market, position.size_e8) == ("ETH-USD", 2 * ETH)
    request = trading_pb2.GetOrderRequest(digest=resting.order.digest)
    access = service.read_access(market.buyer, market.buyer_key)
    assert service.trading.GetOrder(request, metadata=access).order.filled_e8 == 2 * ETH


def test_receipts_are_signed_chained_and_can_be_fetched(market):
    service = market.service
    listed = service.markets.ListMarkets(market_data_pb2.ListMarketsRequest())
    receipts = [
        service.trading.SubmitOrder(
            service.order(market.buyer, "BUY IOC", ETH, PRICE - 10 * 10**8, key=market.buyer_key)
        ).receipt
        for _ in range(2)
    ]
    for receipt in receipts:
        fields = {
            name: getattr(receipt, name) for name in ("sequence", "action", "result", "previous", "time_us")
        }
        signer = recover(receipt_digest(service.domain, **fields), receipt.signature)
        assert signer.to_bytes(20, "big") == listed.sequencer
        fetched = service.audit.GetReceipt(audit_pb2.GetReceiptRequest(sequence=receipt.sequence))
        assert fetched.receipt == receipt
    assert receipts[1].sequence == receipts[0].sequence + 1
    result = receipt_pb2.ActionResult.FromString(receipts[0].result_bytes)
    assert result.submit.cancel_reason == order_pb2.CANCEL_REASON_IOC_REMAINDER


def test_both_forms_of_a_signature_are_one_order(market):
    service = market.service
    request = service.order(market.buyer, "BUY IOC", ETH, PRICE - 10 * 10**8, key=market.buyer_key)
    first = service.trading.SubmitOrder(request)
    request.signature = to_long(request.signature)
    again = service.trading.SubmitOrder(request)
    assert (first.already_exists, again.already_exists) == (False, True)
    assert again.receipt == first.receipt


WRONG = {
    "SIZE_OFF_LOT": (
        {"size_e8": ETH + 1},
        "INVALID_ARGUMENT",
        {"nearest_down_e8": str(ETH), "nearest_up_e8": str(ETH + 100_000), "lot_e8": "100000"},
    ),
    "PRICE_OFF_TICK": (
        {"limit_price_e8": PRICE - 1},
        "INVALID_ARGUMENT",
        {"nearest_down_e8": str(PRICE - 10**7), "nearest_up_e8": str(PRICE), "tick_e8": "10000000"},
    ),
    "SIZE_OUT_OF_RANGE": ({"size_e8": 0}, "INVALID_ARGUMENT", {"minimum": "100000", "given": "0"}),
    "UNKNOWN_ACTION": ({"action": "BUY NOW"}, "INVALID_ARGUMENT", {"field": "fields.action"}),
    "MARKET_NOT_FOUND": ({"market": "XYZ-USD"}, "NOT_FOUND", {"name": "XYZ-USD"}),
    "ACCOUNT_NOT_FOUND": ({"account": 4_000_000}, "NOT_FOUND", {"name": "4000000"}),
    "ORDER_EXPIRED": ({"expiry_s": 1_700_000_000}, "INVALID_ARGUMENT", {"field": "fields.expiry_s"}),
    "EXPIRY_TOO_FAR": ({"expiry_s": 2**40 - 1}, "INVALID_ARGUMENT", {"field": "fields.expiry_s"}),
    "NONCE_TOO_FAR": ({"nonce": 2**56 - 1}, "FAILED_PRECONDITION", {"slot": "1023"}),
    "INVALID_FIELD": ({"nonce": 2**56}, "INVALID_ARGUMENT", {"allowed": "0 .. 2^56-1"}),
    "NOTIONAL_TOO_LARGE": ({"size_e8": (2**40 - 1) * 10**5}, "INVALID_ARGUMENT", {"maximum": str(2**56 - 1)}),
    "PRICE_OUT_OF_BAND": ({"limit_price_e8": 10**12}, "INVALID_ARGUMENT", {"maximum": "330000000000"}),
    "MIN_NOTIONAL": ({"size_e8": 100_000}, "INVALID_ARGUMENT", {"minimum": "10000000", "given": "3000000"}),
    "INSUFFICIENT_MARGIN": ({"size_e8": 100 * ETH}, "FAILED_PRECONDITION", {}),
}


@pytest.mark.parametrize("reason", WRONG)
def test_a_wrong_order_is_refused_with_what_would_be_right_and_changes_nothing(market, reason):
    changes, code, metadata = WRONG[reason]
    service = market.service
    fields = {
        "size_e8": ETH,
        "limit_price_e8": PRICE,
        "account": market.buyer,
        "action": "BUY GTC",
        **changes,
    }
    order = service.order(
        fields.pop("account"),
        fields.pop("action"),
        fields.pop("size_e8"),
        fields.pop("limit_price_e8"),
        key=market.buyer_key,
        **fields,
    )
    before = quiet(market)
    found_code, found, found_metadata = refusal(service.trading.SubmitOrder, order)
    assert (found_code, found) == (code, reason)
    assert metadata.items() <= found_metadata.items()
    after = quiet(market)
    assert (before[0].bids, before[0].asks, before[2]) == (after[0].bids, after[0].asks, after[2])
    assert after[1] - before[1] == (1 if reason == "INSUFFICIENT_MARGIN" else 0)


def test_a_refusal_carries_the_details_of_its_kind(market):
    service = market.service
    order = service.order(market.buyer, "BUY GTC", ETH + 1, PRICE, key=market.buyer_key)
    with pytest.raises(grpc.RpcError) as caught:
        service.trading.SubmitOrder(order)
    bad = error_details_pb2.BadRequest()
    assert rpc_status.from_call(caught.value).details[1].Unpack(bad)
    order = service.order(market.buyer, "BUY FOK", ETH, PRICE, key=market.buyer_key)
    with pytest.raises(grpc.RpcError) as caught:
        service.trading.SubmitOrder(order)
    receipt = receipt_pb2.Receipt()
    assert rpc_status.from_call(caught.value).details[1].Unpack(receipt)
    result = receipt_pb2.ActionResult.FromString(receipt.result_bytes)
    assert [(each.name, each.value) for each in result.refusal.metadata] == [("fillable_e8", "0")]


def test_a_wrong_signature_is_told_apart(market):
    service = market.service
    cases = {
        ("UNAUTHENTICATED", "INVALID_SIGNATURE"): {"key": secret("nobody")},
        ("PERMISSION_DENIED", "SIGNER_NOT_AUTHORIZED"): {"key": market.seller_key},
        ("UNAUTHENTICATED", "DOMAIN_MISMATCH"): {
            "key": market.buyer_key,
            "domain": Domain(1, service.domain.contract),
        },
    }
    for (code, reason), how in cases.items():
        order = service.order(market.buyer, "BUY GTC", ETH, PRICE, **how)
        assert refusal(service.trading.SubmitOrder, order)[:2] == (code, reason)
    order = service.order(market.buyer, "BUY GTC", ETH, PRICE, key=market.buyer_key)
    order.signature = order.signature[:-1]
    code, reason, metadata = refusal(service.trading.SubmitOrder, order)
    assert (code, reason) == ("UNAUTHENTICATED", "INVALID_SIGNATURE")
    assert "64 bytes" in metadata["domain"]


def test_a_wrong_v_is_not_the_owners_signature(market):
    service = market.service
    order = service.order(market.buyer, "BUY GTC", ETH, PRICE, key=market.buyer_key)
    order.signature = order.signature[:32] + bytes([order.signature[32] ^ 0x80]) + order.signature[33:]
    assert refusal(service.trading.SubmitOrder, order)[1] == "INVALID_SIGNATURE"


def test_malformed_and_oversized_messages_are_refused(market):
    call = market.service.public.unary_unary("/zkclear.v1.TradingService/SubmitOrder")
    code, reason, metadata = refusal(call, b"\xff\xff\xff")
    assert (code, reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert metadata["allowed"] == "a serialised zkclear.v1.SubmitOrderRequest"
    big = trading_pb2.SubmitOrderRequest(signature=bytes(20_000)).SerializeToString()
    code, reason, metadata = refusal(call, big)
    assert (code, reason) == ("INVALID_ARGUMENT", "INVALID_FIELD")
    assert metadata["allowed"].startswith("at most 16384 bytes")
    with pytest.raises(grpc.RpcError) as caught:
        call(bytes(5 << 20))
    assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED


def test_items_of_a_batch_call_are_independent(market):
    service = market.service
    items = [
        service.order(market.buyer, "BUY IOC", ETH, PRICE - 10**9, key=market.buyer_key),
        service.order(market.buyer, "BUY IOC", ETH + 1, PRICE - 10**9, key=market.buyer_key),
        service.order(market.buyer, "BUY FOK", ETH, PRICE - 10**9, key=market.buyer_key),
        service.order(market.buyer, "BUY IOC", ETH, PRICE - 10**9, key=secret("nobody")),
    ]
    response = service.trading.SubmitOrders(trading_pb2.SubmitOrdersRequest(items=items))
    assert response.items[0].accepted.order.status == order_pb2.ORDER_STATUS_CANCELLED
    reasons = [info_of(item.refused).reason for item in response.items[1:]]
    assert reasons == ["SIZE_OFF_LOT", "FOK_NOT_FILLABLE", "INVALID_SIGNATURE"]
    assert response.items[1].refused.code == code_pb2.INVALID_ARGUMENT
    for count in (0, 51):
        request = trading_pb2.SubmitOrdersRequest(items=items[:1] * count)
        assert refusal(service.trading.SubmitOrders, request)[1] == "INVALID_FIELD"


def test_cancels_by_nonce_and_all(market):
    service = market.service
    order = service.trading.SubmitOrder(
        service.order(market.buyer, "BUY GTC", ETH, PRICE - 10**9, key=market.buyer_key)
    ).order
    nonce = order.fields.nonce
    digest = cancel_order_digest(service.domain, account=market.buyer, market="ETH-USD", nonce=nonce)
    request = trading_pb2.CancelOrderRequest(
        fields=trading_pb2.CancelFields(account=market.buyer, market="ETH-USD", nonce=nonce),
        signature=sign(digest, market.buyer_key),
    )
    cancelled = service.trading.CancelOrder(request)
    assert [each.digest for each in cancelled.orders] == [order.digest]
    assert service.trading.CancelOrder(request).already_exists


def test_private_reads_need_the_accounts_signature(market):
    service = market.service
    orders = trading_pb2.ListOrdersRequest(account=market.buyer)
    for metadata in (
        (),
        service.read_access(market.buyer, market.seller_key),
        service.read_access(market.seller, market.seller_key),
    ):
        found = refusal(service.trading.ListOrders, orders, metadata=metadata)
        assert found[:2] == ("PERMISSION_DENIED", "READ_ACCESS_REQUIRED")
    access = service.read_access(market.buyer, market.buyer_key)
    listed = service.trading.ListOrders(orders, metadata=access).orders
    assert listed[0].sequence > listed[-1].sequence
    page = trading_pb2.ListOrdersRequest(account=market.buyer, page_size=1)
    first = service.trading.ListOrders(page, metadata=access)
    page.page_token = first.next_page_token
    assert service.trading.ListOrders(page, metadata=access).orders[0] == listed[1]
    state = service.accounts.GetNonceState(
        account_pb2.GetNonceStateRequest(account=market.buyer), metadata=access
    )
    assert {order.fields.nonce % 1024 for order in listed} >= {slot.slot for slot in state.slots}


def test_withdrawals_are_the_owners_and_bounded(market):
    service = market.service
    recipient = address_of(market.seller_key)
    request = service.withdrawal(
        market.seller, 5 * 10**6, key=market.seller_key, recipient=recipient, asset="USD"
    )
    done = service.accounts.SubmitWithdrawal(request)
    assert done.withdrawal.batch == service.status().open_batch
    assert service.accounts.SubmitWithdrawal(request).already_exists
    too_much = service.withdrawal(
        market.seller, 10**12, key=market.seller_key, recipient=recipient, asset="USD"
    )
    code, reason, metadata = refusal(service.accounts.SubmitWithdrawal, too_much)
    assert (code, reason, metadata["required_e6"]) == ("FAILED_PRECONDITION", "NOT_WITHDRAWABLE", str(10**12))
    wrong = service.withdrawal(market.seller, 1, key=market.seller_key, recipient=recipient, asset="EUR")
    assert refusal(service.accounts.SubmitWithdrawal, wrong)[2]["allowed"] == "USD"


def test_reads_say_what_does_not_exist(market):
    service = market.service
    assert refusal(service.account, 900)[:2] == ("NOT_FOUND", "ACCOUNT_NOT_FOUND")
    missing = audit_pb2.GetBatchRequest(number=10**6)
    assert refusal(service.audit.GetBatch, missing)[:2] == ("NOT_FOUND", "BATCH_NOT_FOUND")
    book = market_data_pb2.GetOrderBookRequest(market="NO-USD")
    assert refusal(service.markets.GetOrderBook, book)[:2] == ("NOT_FOUND", "MARKET_NOT_FOUND")
    deep = market_data_pb2.GetOrderBookRequest(market="ETH-USD", depth=101)
    assert refusal(service.markets.GetOrderBook, deep)[1] == "INVALID_FIELD"
    token = audit_pb2.ListBatchesRequest(page_token="x")
    assert refusal(service.audit.ListBatches, token)[2]["field"] == "page_token"


def test_accounts_and_requests_are_listed(market):
    service = market.service
    owner = address_of(market.buyer_key).to_bytes(20, "big")
    accounts = service.accounts.ListAccounts(account_pb2.ListAccountsRequest(owner=owner)).accounts
    assert [account.account for account in accounts] == [market.buyer]
    requests = service.accounts.ListRequests(account_pb2.ListRequestsRequest(account=market.buyer)).requests
    assert [request.kind for request in requests] == [
        account_pb2.REQUEST_KIND_DEPOSIT,
        account_pb2.REQUEST_KIND_OPEN,
    ]
    assert requests[0].amount_e6 == 10_000 * 10**6


def test_reports_of_strangers_and_of_the_wrong_length_are_refused(market):
    service = market.service
    now = int(time.time())
    digest = price_report_digest(service.domain, time=now, prices_e8=[1, 1])
    report = oracle_pb2.PriceReport(time_s=now, prices_e8=[1, 1])
    stranger = oracle_pb2.SubmitReportRequest(report=report, signature=sign(digest, secret("nobody")))
    assert refusal(service.oracle.SubmitReport, stranger)[1] == "SIGNER_NOT_AUTHORIZED"
    digest = price_report_digest(service.domain, time=now, prices_e8=[1])
    report = oracle_pb2.PriceReport(time_s=now, prices_e8=[1])
    short = oracle_pb2.SubmitReportRequest(report=report, signature=sign(digest, ORACLES[0]))
    assert refusal(service.oracle.SubmitReport, short)[2]["field"] == "report.prices_e8"
    found = service.oracle.GetReports(oracle_pb2.GetReportsRequest())
    assert (found.quorum, len(found.signers), len(found.reports)) == (2, len(ORACLES), 2)


def test_health_and_reflection(market):
    for channel, service in (
        (market.service.public, "zkclear.v1.TradingService"),
        (market.service.internal, "zkclear.v1.BatchService"),
    ):
        stub = health_pb2_grpc.HealthStub(channel)
        market.service.wait_for(
            lambda stub=stub, service=service: (
                stub.Check(health_pb2.HealthCheckRequest(service=service)).status
                == health_pb2.HealthCheckResponse.SERVING
            ),
            "health",
        )
        reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        (answer,) = reflection.ServerReflectionInfo(iter([request]))
        assert service in {each.name for each in answer.list_services_response.service}


def test_c2_what_is_sealed_carries_the_signatures_that_the_contract_will_recover(market):
    """Orders, a withdrawal, a binding cancel and the price reports, from the sealed batch alone."""
    service = market.service
    resting = service.order(market.buyer, "BUY GTC", ETH, PRICE, key=market.buyer_key)
    service.trading.SubmitOrder(resting)
    service.trading.SubmitOrder(service.order(market.seller, "SELL IOC", ETH, PRICE, key=market.seller_key))
    recipient = address_of(market.buyer_key)
    service.accounts.SubmitWithdrawal(
        service.withdrawal(market.seller, 10**6, key=market.seller_key, recipient=recipient, asset="USD")
    )
    nonce = service.next_nonce()
    digest = cancel_order_digest(service.domain, account=market.seller, market="BTC-USD", nonce=nonce)
    fields = trading_pb2.CancelFields(account=market.seller, market="BTC-USD", nonce=nonce)
    cancel = trading_pb2.CancelOrderRequest(fields=fields, signature=sign(digest, market.seller_key))
    assert service.trading.CancelOrder(cancel).batch == service.status().open_batch
    number = service.admin.SealBatch(admin_pb2.SealBatchRequest()).number
    stream = service.batches.StreamSealedBatches(batch_pb2.StreamSealedBatchesRequest(from_number=number))
    batch = next(stream).batch
    stream.cancel()

    actions = []
    for sealed in batch.entries:
        entry = parse_entry(int.from_bytes(sealed.word, "big"), int.from_bytes(sealed.signer, "big"))
        to = int.from_bytes(sealed.recipient, "big") if sealed.recipient else None
        digest = entry_digest(service.domain, entry, listings=LISTINGS, asset="USD", recipient=to)
        assert recover(digest, sealed.signature) == entry.signer
        actions.append(entry.action)
    assert {0x80, 0x82} < set(actions)
    size = 72 + 8 * len(LISTINGS)
    signers = []
    for start in range(0, len(batch.reports), size):
        report = batch.reports[start : start + size]
        seconds, *prices = (int.from_bytes(report[at : at + 8], "big") for at in range(0, size - 64, 8))
        signed = price_report_digest(service.domain, time=seconds, prices_e8=prices)
        signers.append(recover(signed, report[-64:]))
        assert batch.timestamp_s - 30 <= seconds <= batch.timestamp_s
    assert signers == sorted(address_of(key) for key in ORACLES[:2])


def test_the_operator_can_pause_resume_and_seal(market):
    service = market.service
    service.admin.PauseMatching(admin_pb2.PauseMatchingRequest())
    order = service.order(market.buyer, "BUY GTC", ETH, PRICE, key=market.buyer_key)
    assert refusal(service.trading.SubmitOrder, order)[:2] == ("UNAVAILABLE", "SEQUENCER_PAUSED")
    service.admin.ResumeMatching(admin_pb2.ResumeMatchingRequest())
    service.admin.SealBatch(admin_pb2.SealBatchRequest())
    assert service.admin.SealBatch(admin_pb2.SealBatchRequest()).number == 0
    number = service.status().sealed_batch
    stream = service.batches.StreamSealedBatches(batch_pb2.StreamSealedBatchesRequest(from_number=1))
    received = [next(stream).batch.number for _ in range(number)]
    stream.cancel()
    assert received == list(range(1, number + 1))
    listed = service.audit.ListBatches(audit_pb2.ListBatchesRequest()).batches
    assert [batch.number for batch in listed] == received[::-1]
    missing = batch_pb2.ReportProgressRequest(number=10**6, status=batch_pb2.BATCH_STATUS_SETTLED)
    assert refusal(service.batches.ReportProgress, missing)[1] == "BATCH_NOT_FOUND"


def test_metrics_are_served(market):
    service = market.service
    service.trading.SubmitOrder(
        service.order(market.buyer, "BUY IOC", ETH, PRICE - 10**9, key=market.buyer_key)
    )
    counted = {"market": "ETH-USD", "reason": "", "result": "cancelled"}
    assert service.metric("orders_total", **counted) > 0
    for name in ("sequence", "journal_flush_seconds_count", "requests_pending"):
        service.wait_for(lambda name=name: (service.metric(name) or 0) > 0, name)
    for name in ("ETH-USD", "BTC-USD"):
        service.wait_for(lambda name=name: (service.metric("oracle_age_seconds", market=name) or 0) > 0, name)


def test_everything_acknowledged_is_there_after_kill_and_nothing_is_left_running(venue, tmp_path):
    account = venue.open(1_000 * 10**6)
    key = venue.owners[account]
    with started(venue, tmp_path) as service:
        service.price()
        service.wait_for_account(account)
        orders = [
            service.trading.SubmitOrder(
                service.order(account, "BUY GTC", 10**7, PRICE - 10**9 * each, key=key)
            )
            for each in range(1, 6)
        ]
        family = descendants(service.process.pid)
        for child in family:
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(child, signal.SIGKILL)
        assert service.process.wait(30) == 1
    wait_for_end(family)
    with sequencer(venue, tmp_path) as service:
        access = service.read_access(account, key)
        listed = service.trading.ListOrders(trading_pb2.ListOrdersRequest(account=account), metadata=access)
        assert [each.digest for each in listed.orders] == [each.order.digest for each in reversed(orders)]
        newest = service.audit.GetReceipt(audit_pb2.GetReceiptRequest(sequence=len(orders))).receipt
        assert newest == orders[-1].receipt
        family = descendants(service.process.pid)
    assert family
    wait_for_end(family)


OFF_DEVELOPMENT = {
    "chain.id": 5,
    "chain.finality": "finalized",
    "chain.rpc_urls": ["http://127.0.0.1:1", "http://127.0.0.1:2"],
}


@pytest.mark.parametrize(
    ("changes", "status", "sentence"),
    [
        ({"gateway.lisen": "127.0.0.1:0"}, 6, "gateway.lisen is unknown; did you mean listen?"),
        ({"chain.id": 5}, 6, "outside development two that must agree"),
        ({**OFF_DEVELOPMENT, "chain.finality": 2}, 6, 'finality must be "finalized" outside development'),
        (OFF_DEVELOPMENT, 6, "holds a bare key; on chain 5 only a keystore file"),
        ({"chain.contract": "0x" + "11" * 20}, 6, "has no code"),
        ({"chain.rpc_urls": ["http://127.0.0.1:1"]}, 4, "no node answers"),
        ({"gateway.listen": "0.0.0.0:0"}, 6, "is reachable from other machines"),
        ({"sequencer.key_file": "/nowhere"}, 6, "cannot be read"),
        ({"batching.max_shape": "huge"}, 6, "batching.max_shape"),
    ],
)
def test_what_cannot_start_says_why(venue, tmp_path, changes, status, sentence):
    path = configuration(tmp_path, venue, **changes)
    command = [sys.executable, "-m", "sequencer", "--config", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, sentence in done.stderr) == (status, True), done.stderr


def test_a_damaged_journal_is_refused(venue, tmp_path):
    with sequencer(venue, tmp_path):
        pass
    journal = tmp_path / "journal" / "commands.log"
    damaged = bytearray(journal.read_bytes())
    damaged[40] ^= 1
    journal.write_bytes(damaged)
    path = configuration(tmp_path, venue)
    command = [sys.executable, "-m", "sequencer", "--config", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert "is damaged: a record at byte 8 (record 0)" in done.stderr
    assert done.returncode == 6
