"""Bad input at the gateway of a running exchange: the error that cures it, and nothing changes."""

import time
from dataclasses import replace as record_replace

import grpc
import pytest

from zkclear.client import Client, DevSigner
from zkclear.client.errors import BaseError
from zkclear.crypto.eip712 import Domain, order_digest
from zkclear.v1 import order_pb2, trading_pb2

pytestmark = pytest.mark.flow
ETH, E8 = "ETH-USD", 10**8


@pytest.fixture
def fields(traders):
    """A good order that rests far below the mark."""
    return {
        "account": traders[0].account,
        "market": ETH,
        "action": "BUY GTC",
        "size_e8": E8,
        "limit_price_e8": 2_990 * E8,
        "expiry_s": int(time.time()) + 600,
        "nonce": time.time_ns() // 10**6 * 1024 + 900,
    }


def submit(client, fields: dict, *, signer=None, domain: Domain | None = None):
    """Signs whatever the fields say and sends it; nothing of the SDK's own checks stands in between."""
    signed = {name: value for name, value in fields.items() if name != "expiry_s"}
    digest = order_digest(domain or client.domain, expiry=fields["expiry_s"], **signed)
    signature = (signer or DevSigner(1)).sign(digest)
    request = trading_pb2.SubmitOrderRequest(fields=order_pb2.OrderFields(**fields), signature=signature)
    return client.connection.call(client.connection.trading.SubmitOrder, request)


def picture(client, traders) -> tuple:
    """What a refused order must not change."""
    accounts = tuple(client.account(trader.account).state() for trader in traders)
    return accounts, client.book(ETH).bids, client.book(ETH).asks


CASES = {
    "unknown account": ({"account": 99}, "ACCOUNT_NOT_FOUND", ()),
    "unknown market": ({"market": "DOGE-USD"}, "MARKET_NOT_FOUND", ("name",)),
    "unknown action": ({"action": "BUY MAYBE"}, "UNKNOWN_ACTION", ("field",)),
    "off tick": (
        {"limit_price_e8": 2_990 * E8 + 1},
        "PRICE_OFF_TICK",
        ("nearest_down_e8", "nearest_up_e8", "tick_e8"),
    ),
    "off lot": ({"size_e8": E8 + 1}, "SIZE_OFF_LOT", ("nearest_down_e8", "nearest_up_e8", "lot_e8")),
    "too little margin": ({"size_e8": 4_000 * E8}, "INSUFFICIENT_MARGIN", ("required_e6", "available_e6")),
    "expired": ({"expiry_s": 1_700_000_000}, "ORDER_EXPIRED", ("server_time_us",)),
    "outside the band": ({"limit_price_e8": 1_000 * E8}, "PRICE_OUT_OF_BAND", ("minimum", "maximum")),
    "too small": ({"size_e8": 10**5}, "MIN_NOTIONAL", ("minimum",)),
}


@pytest.mark.parametrize("name", CASES)
def test_c2_a_bad_order_is_refused_with_what_cures_it(client, traders, fields, name):
    """The reason of the surface, its metadata filled in, and the same accounts and book afterwards."""
    change, reason, cures = CASES[name]
    before = picture(client, traders)
    with pytest.raises(BaseError) as refusal:
        submit(client, {**fields, **change})
    assert reason == refusal.value.reason
    assert not [key for key in cures if not refusal.value.metadata.get(key)]
    assert before == picture(client, traders)


def test_c2_a_signature_for_another_domain_is_refused(client, traders, fields):
    """Signed for another chain: the recovered address is a stranger's, and the answer names it and the domain."""
    wrong = record_replace(client.domain, chain_id=1)
    before = picture(client, traders)
    with pytest.raises(BaseError) as refusal:
        submit(client, fields, domain=wrong)
    assert refusal.value.reason in ("DOMAIN_MISMATCH", "SIGNER_NOT_AUTHORIZED", "INVALID_SIGNATURE")
    assert refusal.value.metadata.get("recovered") or refusal.value.metadata.get("domain")
    assert before == picture(client, traders)


def test_c2_a_strangers_signature_is_refused(client, traders, fields):
    """Neither owner nor agent."""
    with pytest.raises(BaseError) as refusal:
        submit(client, fields, signer=DevSigner(7))
    assert refusal.value.reason in ("SIGNER_NOT_AUTHORIZED", "INVALID_SIGNATURE")


def test_c2_a_stale_nonce_names_the_slots_nonce(client, traders, fields):
    """A filled slot refuses what is older, and says which nonce it holds."""
    maker, taker = traders
    maker.place(ETH, "sell", size="0.01", price="3000.10")
    nonce = fields["nonce"] + 5
    taken = {**fields, "account": taker.account, "action": "BUY IOC", "size_e8": E8 // 100, "nonce": nonce}
    submit(client, {**taken, "limit_price_e8": 300_010_000_000}, signer=DevSigner(2))
    with pytest.raises(BaseError) as refusal:
        submit(client, {**taken, "nonce": nonce - 1024}, signer=DevSigner(2))
    assert refusal.value.reason == "NONCE_STALE"
    assert str(nonce) == refusal.value.metadata["slot_nonce"]


def test_a_resend_of_the_same_digest_gets_the_same_answer(client, traders, fields):
    """Idempotent: the second answer is the first one, marked as such."""
    first = submit(client, fields)
    again = submit(client, fields)
    assert again.already_exists
    assert not first.already_exists
    assert first.receipt == again.receipt
    traders[0].cancel_all()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\xff\xff\xff\xff", (grpc.StatusCode.INTERNAL, grpc.StatusCode.INVALID_ARGUMENT)),
        (
            trading_pb2.SubmitOrderRequest(signature=bytes(5 * 1024 * 1024)).SerializeToString(),
            (grpc.StatusCode.RESOURCE_EXHAUSTED,),
        ),
        (
            trading_pb2.SubmitOrderRequest(signature=bytes(20 * 1024)).SerializeToString(),
            (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED),
        ),
    ],
    ids=["malformed protobuf", "oversized message", "oversized order"],
)
def test_a_malformed_or_giant_message_is_refused_and_the_exchange_lives_on(
    running, client, traders, body, code
):
    """Raw bytes at the method's path; afterwards an honest read still answers."""
    before = picture(client, traders)
    with grpc.insecure_channel(running.public) as channel:
        method = channel.unary_unary("/zkclear.v1.TradingService/SubmitOrder")
        with pytest.raises(grpc.RpcError) as refusal:
            method(body, timeout=10)
    assert refusal.value.code() in code
    assert before == picture(client, traders)


def test_the_sdk_refuses_to_sign_for_an_exchange_whose_domain_is_not_the_contracts(running):
    """A pinned contract that the exchange does not settle on: nothing is signed."""
    with Client(running.public, contract="0x" + "11" * 20) as wary, pytest.raises(BaseError) as refusal:
        wary.trading(DevSigner(1), 2).place(ETH, "buy", size="0.01", price="2990")
    assert refusal.value.reason == "DOMAIN_MISMATCH"
