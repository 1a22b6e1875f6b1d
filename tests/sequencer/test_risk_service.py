"""Previews, funding and liquidation reads as clients meet them: a real sequencer beside a real chain."""

import signal
import threading
import time

import grpc
import pytest
from eth_abi.abi import decode
from web3 import Web3

from prover.settlement.anvil import development_account
from prover.settlement.artifacts import contract_abi
from sequencer.gateway.liquidation import ALERT_STREAMS, AlertSource, change_between
from tests.chain import DEPLOYER
from tests.sequencer.running import START_LIMIT_S, sequencer, started
from tests.sequencer.test_service import ETH, PRICE, refusal
from zkclear.v1 import (
    admin_pb2,
    liquidation_pb2,
    market_data_pb2,
    order_pb2,
    trading_pb2,
)

EXECUTED = 1


def fields(account, action, size_e8, price_e8, **changes):
    return trading_pb2.PreviewOrderRequest(
        fields=order_pb2.OrderFields(
            account=account,
            market=changes.get("market", "ETH-USD"),
            action=action,
            size_e8=size_e8,
            limit_price_e8=price_e8,
        )
    )


def prepare(service, account, taker, **changes):
    values = {"account": account, "market": "ETH-USD", "taker": taker, **changes}
    return service.liquidation.PrepareLiquidation(liquidation_pb2.PrepareLiquidationRequest(**values))


def deposit(venue, account, amount_e6):
    depositor = development_account(DEPLOYER).address
    venue.send(venue.token.functions.mint(depositor, amount_e6))
    venue.send(venue.token.functions.approve(venue.deployment.settlement, amount_e6))
    venue.send(venue.contract.functions.deposit(account, amount_e6))


@pytest.fixture(scope="module")
def falling(venue, tmp_path_factory):
    """A long of 4 ETH with 650 tokens, and one more account; keepers have an hour for themselves."""
    folder = tmp_path_factory.mktemp("risk")
    changes = {"risk.keeper_grace_s": 3600, "gateway.threads": 2, "oracle.stale_after_s": 3600}
    with sequencer(venue, folder, **changes) as service:
        poor, rich = venue.open(650 * 10**6), venue.open(100_000 * 10**6)
        service.price()
        service.wait_for_account(rich)
        service.poor, service.rich = poor, rich
        for account, action in ((rich, "SELL GTC"), (poor, "BUY IOC")):
            key = venue.owners[account]
            service.trading.SubmitOrder(service.order(account, action, 4 * ETH, PRICE, key=key))
        service.admin.SealBatch(admin_pb2.SealBatchRequest())
        yield service


def test_a_preview_needs_no_signature_and_leaves_nothing(falling):
    service, account = falling, falling.poor
    before = service.status().sequence
    told = service.trading.PreviewOrder(fields(account, "BUY GTC", ETH // 10, PRICE - 10**9))
    assert (told.would_fill_e8, list(told.refusals)) == (0, [])
    assert told.required_e6 > 0
    cases = {
        "SIZE_OFF_LOT": fields(account, "BUY GTC", ETH + 1, PRICE),
        "PRICE_OFF_TICK": fields(account, "BUY GTC", ETH, PRICE + 1),
        "UNKNOWN_ACTION": fields(account, "BUY NOW", ETH, PRICE),
        "MARKET_NOT_FOUND": fields(account, "BUY GTC", ETH, PRICE, market="NO-USD"),
        "ACCOUNT_NOT_FOUND": fields(900, "BUY GTC", ETH, PRICE),
        "SIZE_OUT_OF_RANGE": fields(account, "BUY GTC", 0, PRICE),
    }
    for reason, request in cases.items():
        assert refusal(service.trading.PreviewOrder, request)[1] == reason
    big = fields(account, "BUY GTC", 100 * ETH, PRICE)
    assert list(service.trading.PreviewOrder(big).refusals) == ["INSUFFICIENT_MARGIN"]
    assert service.status().sequence == before


def test_funding_rates_are_served(falling):
    request = market_data_pb2.ListFundingRatesRequest(market="ETH-USD")
    rates = falling.markets.ListFundingRates(request).rates
    assert rates[0].batch == falling.status().sealed_batch
    assert rates[0].time_s > 0
    wrong = market_data_pb2.ListFundingRatesRequest(market="NO-USD")
    assert refusal(falling.markets.ListFundingRates, wrong)[:2] == ("NOT_FOUND", "MARKET_NOT_FOUND")


def test_positions_show_their_liquidation_price(falling):
    (position,) = falling.account(falling.poor).positions
    price = position.liquidation_price_e8
    # 650 tokens less the fee of 6 over 4 ETH: (3,000 - 161) / 0.975 = 2,911.79.
    assert price == 2_911 * 10**8 + 7 * 10**7


def test_alerts_a_takeover_and_its_outcome(venue, falling):
    """A stream tells of the fall, the call that was prepared works on the chain, and the stream tells of the end."""
    service = falling
    messages = []
    stream = service.liquidation.StreamMarginAlerts(liquidation_pb2.StreamMarginAlertsRequest())

    def read():
        try:
            messages.extend(stream)
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.CANCELLED

    reader = threading.Thread(target=read)
    reader.start()
    service.wait_for(lambda: len(messages) >= 2, "a snapshot and a heartbeat")
    assert (messages[0].snapshot, list(messages[0].accounts)) == (True, [])
    heartbeat = messages[1]
    assert (heartbeat.snapshot, len(heartbeat.accounts), len(heartbeat.recovered)) == (False, 0, 0)
    healthy = refusal(prepare, service, service.poor, service.rich)
    assert healthy[:2] == ("FAILED_PRECONDITION", "NOT_LIQUIDATABLE")
    assert set(healthy[2]) == {"equity_e6", "maintenance_e6"}

    service.price(eth=2_910)
    service.wait_for(lambda: any(each.accounts for each in messages), "an alert")
    alert = next(each for each in messages if each.accounts)
    assert [each.account for each in alert.accounts] == [service.poor]
    assert not alert.snapshot
    listed = service.liquidation.ListAtRisk(liquidation_pb2.ListAtRiskRequest()).accounts
    assert [each.account for each in listed] == [service.poor]

    asked_s = int(time.time())
    told = prepare(service, service.poor, service.rich, max_size_e8=ETH)
    answered_s = int(time.time())
    assert (told.outcome, told.size_e8) == (EXECUTED, ETH)
    contract = Web3().eth.contract(abi=contract_abi("Settlement"))
    function, arguments = contract.decode_function_input(told.calldata)
    assert function.fn_name == "liquidate"
    assert list(arguments.values()) == [service.poor, 0, 1_000, service.rich]
    assert told.contract == bytes.fromhex(venue.deployment.settlement[2:])
    assert asked_s <= told.deadline_s - 86_400 <= answered_s
    assert decode(["uint32"], told.calldata[4:36]) == (service.poor,)

    for reason, changes in {
        "MARKET_NOT_FOUND": {"market": "NO-USD"},
        "ACCOUNT_NOT_FOUND": {"taker": 2**24},
        "SIZE_OFF_LOT": {"max_size_e8": ETH + 1},
        "INVALID_FIELD": {"taker": service.poor},
    }.items():
        wrong = {"taker": service.rich, **changes}
        assert refusal(prepare, service, service.poor, **wrong)[1] == reason

    sent = len(messages)
    deposit(venue, service.poor, 1_000 * 10**6)
    service.wait_for(lambda: any(each.recovered for each in messages[sent:]), "the recovery")
    recovery = next(each for each in messages[sent:] if each.recovered)
    assert list(recovery.recovered) == [service.poor]
    assert [each.sequence for each in messages] == list(range(1, len(messages) + 1))
    stream.cancel()
    reader.join(START_LIMIT_S)
    assert not reader.is_alive()


def test_alert_streams_are_limited_and_leave_room_for_orders(falling):
    """With every stream open, more of them than the gateway has threads for calls, reads are still answered."""
    request = liquidation_pb2.StreamMarginAlertsRequest()
    streams = [falling.liquidation.StreamMarginAlerts(request) for _ in range(ALERT_STREAMS)]
    for stream in streams:
        assert next(stream).snapshot
    code, reason, metadata = refusal(lambda: next(falling.liquidation.StreamMarginAlerts(request)))
    assert (code, reason) == ("RESOURCE_EXHAUSTED", "RATE_LIMITED")
    assert metadata["limit"] == f"{ALERT_STREAMS} alert streams at a time"
    assert falling.account(falling.rich).account == falling.rich
    for stream in streams:
        stream.cancel()

    def is_open():
        again = falling.liquidation.StreamMarginAlerts(request)
        try:
            return next(again).snapshot
        except grpc.RpcError as error:
            assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
            return False
        finally:
            again.cancel()

    falling.wait_for(is_open, "room for a stream")


def test_a_stream_ends_in_order_when_the_sequencer_does(venue, tmp_path):
    with started(venue, tmp_path) as service:
        service.price()
        stream = service.liquidation.StreamMarginAlerts(liquidation_pb2.StreamMarginAlertsRequest())
        assert next(stream).snapshot
        service.process.send_signal(signal.SIGTERM)
        rest = list(stream)  # ends without an error
        assert all(not each.snapshot for each in rest)
        assert service.process.wait(START_LIMIT_S) == 0


def test_previews_are_limited_by_host(venue, tmp_path):
    limits = {"gateway.rate_orders_per_s": 1, "gateway.rate_burst": 3}
    with sequencer(venue, tmp_path, **limits) as service:
        account = venue.open(1_000 * 10**6)
        service.price()
        service.wait_for_account(account)
        request = fields(account, "BUY GTC", ETH, PRICE)
        asked_us = time.time_ns() // 1000
        calls = [service.trading.PreviewOrder.future(request) for _ in range(200)]
        assert sum(call.exception() is None for call in calls) >= 3
        late = next(call for call in calls if call.exception() is not None)
        code, reason, metadata = refusal(late.result)
        assert (code, reason) == ("RESOURCE_EXHAUSTED", "RATE_LIMITED")
        assert int(metadata["reset_time_us"]) > asked_us
        key = venue.owners[account]
        service.trading.SubmitOrder(service.order(account, "BUY GTC", ETH, PRICE, key=key))


def test_no_prices_no_risk(venue, tmp_path):
    with sequencer(venue, tmp_path) as service:
        stream = service.liquidation.StreamMarginAlerts(liquidation_pb2.StreamMarginAlertsRequest())
        assert refusal(lambda: next(stream))[:2] == ("UNAVAILABLE", "ORACLE_STALE")
        listed = liquidation_pb2.ListAtRiskRequest()
        assert refusal(service.liquidation.ListAtRisk, listed)[1] == "ORACLE_STALE"


def test_the_metric_of_the_rate_is_served(falling):
    falling.wait_for(lambda: falling.metric("funding_rate_ppm", market="ETH-USD") == 0, "the rate")


# The two parts of the stream by themselves.


class Answers:
    """A core with one account of every health from 1 on, that counts how often it is asked."""

    def __init__(self):
        self.asked = []

    def ask(self, name, request):
        bound = int.from_bytes(request, "big")
        self.asked.append((name, bound))
        accounts = [liquidation_pb2.AtRisk(account=ppm, health_ppm=ppm) for ppm in range(1, bound)]
        return liquidation_pb2.ListAtRiskResponse(accounts=accounts).SerializeToString()


def test_many_listeners_ask_the_core_once_a_second():
    core = Answers()
    source = AlertSource(core)

    def found(bound, at_s):
        return len(source.latest(bound, now_ns=at_s * 10**9))

    for bound in (5, 9, 9):
        source.enter(bound)
    assert [found(bound, 100) for bound in (5, 9, 9, 5, 2) * 10] == [4, 8, 8, 4, 1] * 10
    assert core.asked == [("alerts", 9)]
    source.enter(20)
    assert found(20, 100) == 19
    for bound in (20, 9):
        source.leave(bound)
    assert found(5, 100) == 4
    assert core.asked == [("alerts", 9), ("alerts", 20)]
    assert found(5, 101) == 4
    assert core.asked[2:] == [("alerts", 9)], "one listener is left at 9"


def test_a_message_says_what_changed_and_only_that():
    one, two, fallen = (
        liquidation_pb2.AtRisk(account=account, equity_e6=equity)
        for account, equity in ((1, 5), (2, 5), (1, 4))
    )
    first = change_between(1, None, {1: one, 2: two})
    assert (first.snapshot, [each.account for each in first.accounts]) == (True, [1, 2])
    second = change_between(2, {1: one, 2: two}, {1: fallen})
    assert (second.snapshot, list(second.accounts), list(second.recovered)) == (False, [fallen], [2])
    silent = change_between(3, {1: fallen}, {1: fallen})
    assert silent == liquidation_pb2.StreamMarginAlertsResponse(sequence=3)
