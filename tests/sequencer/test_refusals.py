"""Every refusal of the core: its reason, the metadata that cures it, and that nothing changed."""

import dataclasses

import pytest

from sequencer.core.commands import TakeReport
from sequencer.core.refusals import Refused
from sequencer.core.settings import Settings
from tests.sequencer.floor import START, Floor, owner_of
from tests.sequencer.test_book import rich_floor
from tests.sequencer.test_orders import refused
from zkclear.rules.batch import Request, RequestKind
from zkclear.v1 import receipt_pb2


def is_unchanged(floor, call, *args, **kwargs):
    """The refusal, after checking that it was not sequenced and left nothing behind."""
    records, receipts = len(floor.journal), len(floor.exchange.receipts)
    refusal = refused(call, *args, **kwargs)
    assert (len(floor.journal), len(floor.exchange.receipts), refusal.receipt) == (records, receipts, b"")
    return refusal


def test_unknown_account():
    floor = rich_floor()
    refusal = is_unchanged(floor, floor.submit, 99, "BUY GTC", 20, 30_000, signer=owner_of(2))
    assert (refusal.reason, refusal.metadata) == ("ACCOUNT_NOT_FOUND", {"name": "99"})


def test_a_stranger_and_another_account_are_told_apart():
    floor = rich_floor()
    stranger = is_unchanged(floor, floor.submit, 2, "BUY GTC", 20, 30_000, signer=0xBAD)
    assert stranger.reason == "INVALID_SIGNATURE"
    assert stranger.metadata["recovered"] == f"0x{0xBAD:040x}"
    assert stranger.metadata["owner"] == f"0x{owner_of(2):040x}"
    assert set(stranger.metadata) == {"digest", "recovered", "owner", "agent", "domain"}
    neighbour = is_unchanged(floor, floor.submit, 2, "BUY GTC", 20, 30_000, signer=owner_of(3))
    assert (neighbour.reason, neighbour.metadata["account"]) == ("SIGNER_NOT_AUTHORIZED", "2")


def test_a_failed_recovery_signs_for_nobody():
    floor = rich_floor()
    for account in (0, 1, 2):
        assert refused(floor.submit, account, "BUY GTC", 20, 30_000, signer=0).reason == "INVALID_SIGNATURE"


def test_an_agent_may_trade_until_its_last_second_and_never_withdraw():
    floor = rich_floor()
    until = floor.now_us // 10**6 + 5
    floor.request(Request(RequestKind.AGENT, 2, address=0xA6E27, until=until))
    floor.submit(2, "BUY GTC", 20, 30_000, signer=0xA6E27)
    assert refused(floor.withdraw, 2, 10**6, signer=0xA6E27).reason == "SIGNER_NOT_AUTHORIZED"
    floor.wait(5)
    floor.submit(2, "BUY GTC", 20, 30_000, signer=0xA6E27)
    floor.wait(1)
    refusal = is_unchanged(floor, floor.submit, 2, "BUY GTC", 20, 30_000, signer=0xA6E27)
    assert (refusal.reason, refusal.metadata) == (
        "AGENT_EXPIRED",
        {"account": "2", "agent_until_s": str(until)},
    )


def test_expired():
    floor = rich_floor()
    now = floor.now_us // 10**6
    refusal = is_unchanged(floor, floor.submit, 2, "BUY GTC", 20, 30_000, expiry=now - 1)
    assert refusal.reason == "ORDER_EXPIRED"
    assert refusal.metadata["allowed"] == f"at least {now}"
    floor.submit(2, "BUY GTC", 20, 30_000, expiry=now)


def test_nonces():
    floor = rich_floor()
    floor.submit(2, "BUY GTC", 20, 30_000, nonce=5 * 1024 + 7)
    cases = {
        "NONCE_STALE": {"nonce": 4 * 1024 + 7},
        "NONCE_USED": {"nonce": 5 * 1024 + 7},
        "NONCE_SLOT_BUSY": {"nonce": 6 * 1024 + 7},
    }
    for reason, changes in cases.items():
        refusal = is_unchanged(floor, floor.submit, 2, "BUY GTC", 21, 30_000, **changes)
        assert refusal.reason == reason
        expected = {"slot": "7", "slot_nonce": str(5 * 1024 + 7), "next_free": str(6 * 1024 + 7)}
        assert {name: refusal.metadata[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("limit", "is_taken"), [(27_000, True), (33_000, True), (26_999, False), (33_001, False)]
)
def test_price_band(limit, is_taken):
    floor = rich_floor()
    if is_taken:
        floor.submit(2, "BUY GTC", 20, limit)
        return
    refusal = is_unchanged(floor, floor.submit, 2, "BUY GTC", 20, limit)
    assert refusal.reason == "PRICE_OUT_OF_BAND"
    assert refusal.metadata == {
        "minimum": "270000000000",
        "maximum": "330000000000",
        "given": str(limit * 10_000_000),
    }


def test_smallest_notional():
    floor = rich_floor()
    floor.submit(2, "BUY GTC", 4, 30_000)
    refusal = is_unchanged(floor, floor.submit, 2, "BUY GTC", 3, 30_000)
    assert (refusal.reason, refusal.metadata["minimum"], refusal.metadata["given"]) == (
        "MIN_NOTIONAL",
        "10000000",
        "9000000",
    )


def test_open_order_limit():
    floor = rich_floor(max_open_orders=2)
    first = floor.submit(2, "BUY GTC", 20, 30_000)
    floor.submit(2, "BUY GTC", 20, 30_000)
    refusal = is_unchanged(floor, floor.submit, 2, "BUY GTC", 20, 30_000)
    assert (refusal.reason, refusal.metadata["limit"]) == ("OPEN_ORDER_LIMIT", "2")
    replacement = first.order.fields.nonce + 1024
    floor.submit(2, "BUY GTC", 20, 30_000, nonce=replacement, replace=True)


def test_insufficient_margin_says_what_is_needed_and_what_is_there():
    floor = Floor()
    floor.open(1, amount_e6=100 * 10**6)
    floor.price()
    # 600 lots at 30,000 ticks are 1,800 tokens: 5 % initial margin is 90, the taker's fee 0.9.
    floor.submit(2, "BUY GTC", 600, 30_000, nonce=1024)
    refusal = refused(floor.submit, 2, "BUY GTC", 100, 30_000)
    assert refusal.reason == "INSUFFICIENT_MARGIN"
    assert refusal.metadata == {"required_e6": "15150000", "available_e6": "10000000"}
    assert receipt_pb2.Receipt.FromString(refusal.receipt).sequence == 2


def test_a_sequenced_refusal_is_given_again_and_uses_no_nonce_up():
    floor = Floor()
    floor.open(1, amount_e6=100 * 10**6)
    floor.price()
    command = floor.order_command(2, "BUY GTC", 1000, 30_000, nonce=1024)
    first, again = refused(floor.send, command), refused(floor.send, command)
    assert (again.reason, again.metadata, again.receipt) == (first.reason, first.metadata, first.receipt)
    assert len(floor.exchange.receipts) == 1
    floor.submit(2, "BUY GTC", 20, 30_000, nonce=1024)


def test_the_same_digest_is_the_same_order():
    floor = rich_floor()
    command = floor.order_command(2, "BUY GTC", 20, 30_000)
    first, again = floor.send(command), floor.send(command)
    assert (first.already_exists, again.already_exists) == (False, True)
    assert (first.order, first.receipt) == (again.order, again.receipt)
    assert floor.exchange.engine.resting == 1


def test_open_interest_limit():
    floor = rich_floor()
    floor.exchange.batch.open_interest_limits[0] = 50
    floor.submit(2, "SELL GTC", 60, 30_000)
    refusal = refused(floor.submit, 3, "BUY IOC", 60, 30_000)
    assert (refusal.reason, refusal.metadata["limit"]) == ("OPEN_INTEREST_LIMIT", str(50 * 100_000))


def test_no_orders_without_fresh_prices():
    floor = Floor()
    floor.open(2)
    assert is_unchanged(floor, floor.submit, 2, "BUY GTC", 20, 30_000).reason == "ORACLE_STALE"
    floor.price()
    floor.submit(2, "BUY GTC", 20, 30_000)
    floor.wait(15)
    floor.submit(2, "BUY GTC", 20, 30_000)
    floor.wait(1)
    refusal = is_unchanged(floor, floor.submit, 2, "BUY GTC", 20, 30_000)
    assert (refusal.reason, refusal.metadata) == (
        "ORACLE_STALE",
        {"since_time_us": str((START + 10) * 10**6)},
    )


def test_no_orders_while_too_much_waits_for_its_proof():
    floor = Floor(settings=dataclasses.replace(Settings(), max_unproved=1))
    floor.open(2)
    floor.price()
    floor.seal()
    assert is_unchanged(floor, floor.submit, 2, "BUY GTC", 20, 30_000).reason == "SEQUENCER_PAUSED"


def test_withdrawals():
    floor = Floor()
    floor.open(2, amount_e6=100 * 10**6)
    floor.price()
    refusal = refused(floor.withdraw, 2, 100 * 10**6 + 1)
    assert (refusal.reason, refusal.metadata) == (
        "NOT_WITHDRAWABLE",
        {"required_e6": "100000001", "available_e6": "100000000"},
    )
    assert floor.withdraw(2, 60 * 10**6).withdrawal.batch == 1
    assert refused(floor.withdraw, 2, 41 * 10**6).metadata["available_e6"] == "40000000"
    floor.withdraw(2, 40 * 10**6)
    floor.seal()


def test_cancels():
    floor = rich_floor()
    assert refused(floor.cancel, 99, 1024, signer=owner_of(2)).reason == "ACCOUNT_NOT_FOUND"
    floor.submit(2, "BUY GTC", 20, 30_000, nonce=2048)
    assert refused(floor.cancel, 2, 1024).reason == "NONCE_STALE"
    assert refused(floor.cancel, 2, 2048, market=1).reason == "ORDER_NOT_FOUND"
    assert refused(floor.cancel, 2, 2048, signer=owner_of(3)).reason == "SIGNER_NOT_AUTHORIZED"
    floor.submit(3, "SELL IOC", 20, 30_000)
    refusal = refused(floor.cancel, 2, 2048)
    assert (refusal.reason, refusal.metadata) == ("ORDER_ALREADY_FINAL", {"status": "ORDER_STATUS_FILLED"})


def test_price_reports():
    floor = rich_floor()
    now = floor.now_us // 10**6
    cases = {
        "SIGNER_NOT_AUTHORIZED": TakeReport(now, (1, 1), 0xBAD, b""),
        "INVALID_FIELD": TakeReport(now + 6, (1, 1), 1, b""),
    }
    for reason, command in cases.items():
        with pytest.raises(Refused) as caught:
            floor.do(command)
        assert caught.value.reason == reason
