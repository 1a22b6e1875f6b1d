"""Accounts at risk, previews and funding as the client reads them, and a stream that connects again by itself."""

import threading
from decimal import Decimal

import grpc
import pytest
from google.rpc import code_pb2

from tests.client.exchange import refusal, serving
from zkclear.client import Client, DevSigner
from zkclear.client.errors import BadRequest, DDoSProtection, InvalidOrder, NetworkError
from zkclear.v1 import account_pb2, liquidation_pb2

RISKY = liquidation_pb2.AtRisk(
    account=2,
    owner=bytes(19) + b"\x07",
    equity_e6=400_000,
    maintenance_e6=500_000,
    health_ppm=800_000,
    positions=[liquidation_pb2.RiskPosition(market="ETH-USD", size_e8=-(10**8), allowed_e8=5 * 10**7)],
    liquidate_request=1,
)


def alert(sequence, *, snapshot=False, accounts=(), recovered=()):
    return liquidation_pb2.StreamMarginAlertsResponse(
        sequence=sequence, snapshot=snapshot, accounts=accounts, recovered=recovered
    )


@pytest.fixture
def exchange():
    with serving() as (served, target):
        served.target = target
        yield served


@pytest.fixture
def client(exchange):
    with Client(exchange.target, deadline_s=2, retries=1) as opened:
        yield opened


def calls(exchange, name):
    return [request for called, request in exchange.calls if called == name]


def test_accounts_at_risk_come_with_what_one_takeover_may_take(exchange, client):
    exchange.at_risk = [RISKY]
    (risky,) = client.at_risk(health_below="0.95", market="ETH-USD")
    (request,) = calls(exchange, "ListAtRisk")
    assert (request.health_below_ppm, request.market) == (950_000, "ETH-USD")
    assert (risky.health, risky.equity, risky.liquidate_request) == (Decimal("0.8"), Decimal("0.4"), 0)
    assert (risky.positions[0].size, risky.positions[0].allowed) == (-1, Decimal("0.5"))


@pytest.mark.parametrize("bound", [0, -1, "0.0000001", 2**31])
def test_a_health_bound_that_is_none_is_refused_before_it_is_sent(exchange, client, bound):
    with pytest.raises(BadRequest, match="health_below must be at least"):
        client.at_risk(health_below=bound)
    assert exchange.calls == []


def test_liquidations_and_funding_in_names_and_decimals(client):
    (taken,) = client.liquidations(account=2)
    assert (taken.kind, taken.size, taken.counterparty_part) == ("TAKEOVER", Decimal("-0.5"), Decimal("0.75"))
    (rate,) = client.funding("ETH-USD")
    assert (rate.rate, rate.step, rate.batch) == (Decimal("-0.00004"), -3, 7)


def test_a_liquidation_is_prepared_at_a_size_on_the_lot(exchange, client):
    prepared = client.prepare_liquidation(2, "ETH-USD", taker=3, max_size="0.25")
    (request,) = calls(exchange, "PrepareLiquidation")
    assert (request.account, request.taker, request.max_size_e8) == (2, 3, 25_000_000)
    assert (prepared.bond, prepared.size, prepared.outcome) == (20, Decimal("0.25"), "TAKER_UNFIT")
    with pytest.raises(InvalidOrder, match="nearest are"):
        client.prepare_liquidation(2, "ETH-USD", taker=3, max_size="0.00025")
    with pytest.raises(BadRequest, match="no market 'DOGE-USD'"):
        client.prepare_liquidation(2, "DOGE-USD", taker=3)


def test_a_preview_signs_nothing_and_says_what_would_be_refused(exchange, client):
    shown = client.trading(DevSigner(1), 2).preview("ETH-USD", "buy", "0.5", "3000")
    keyless = client.account(2).preview("ETH-USD", "buy", "0.5", "3000")
    assert shown == keyless
    assert (shown.would_fill, shown.average_price, shown.fee) == (Decimal("0.5"), 3_000, Decimal("0.75"))
    assert (shown.refusals, shown.liquidation_price) == (("INSUFFICIENT_MARGIN",), None)
    request, _ = calls(exchange, "PreviewOrder")
    assert (request.fields.account, request.fields.action, request.fields.nonce) == (2, "BUY GTC", 0)


def test_a_preview_without_a_price_is_capped_like_a_market_order(exchange, client):
    client.account(2).preview("ETH-USD", "sell", 1, slippage="1%")
    (request,) = calls(exchange, "PreviewOrder")
    assert (request.fields.action, request.fields.limit_price_e8) == ("SELL IOC", 2_970 * 10**8)


def test_a_position_has_its_liquidation_price_and_a_request_its_outcome(exchange, client):
    rows = [account_pb2.Position(market="ETH-USD", liquidation_price_e8=5), account_pb2.Position(market="X")]
    exchange.accounts[2] = account_pb2.Account(account=2, positions=rows)
    first, second = client.account(2).positions()
    assert (first.liquidation_price, second.liquidation_price) == (Decimal("0.00000005"), None)


def test_alerts_come_in_order_and_a_stream_that_ends_is_opened_again(exchange, client):
    exchange.alerts = [
        [alert(1, snapshot=True, accounts=[RISKY]), alert(2, recovered=[2])],
        [alert(1, snapshot=True)],
    ]
    alerts = client.margin_alerts(health_below="0.9")
    first, second, third = (next(alerts) for _ in range(3))
    assert (first.snapshot, [each.account for each in first.accounts]) == (True, [2])
    assert (second.sequence, second.recovered, third.snapshot) == (2, (2,), True)
    assert [request.health_below_ppm for request in calls(exchange, "StreamMarginAlerts")] == [900_000] * 2
    alerts.close()
    assert list(alerts) == []


def test_a_stream_in_which_nothing_comes_is_opened_again(exchange, client):
    exchange.alerts = [[None], [alert(1, snapshot=True)]]
    alerts = client.margin_alerts(silence_s=1)
    assert next(alerts).snapshot
    assert len(calls(exchange, "StreamMarginAlerts")) == 2


def test_a_reader_that_waits_is_ended_by_close_from_another_thread(exchange, client):
    exchange.alerts = [[None]]
    alerts = client.margin_alerts()
    timer = threading.Timer(0.3, alerts.close)
    timer.start()
    assert list(alerts) == []
    timer.join()


def test_an_exchange_that_stays_away_is_said_when_patience_ends(exchange, client):
    alerts = client.margin_alerts(patience_s=1)
    with pytest.raises(NetworkError, match="ended the stream"):
        next(alerts)
    assert len(calls(exchange, "StreamMarginAlerts")) > 1


def test_a_refused_stream_raises_at_once_and_a_busy_one_is_tried_again(exchange, client):
    exchange.answers = [refusal("INVALID_FIELD", code=code_pb2.INVALID_ARGUMENT)]
    with pytest.raises(BadRequest):
        next(client.margin_alerts())
    exchange.answers = [grpc.StatusCode.RESOURCE_EXHAUSTED]
    exchange.alerts = [[alert(1, snapshot=True)]]
    assert next(client.margin_alerts()).snapshot
    exchange.answers = [grpc.StatusCode.RESOURCE_EXHAUSTED] * 50
    with pytest.raises(DDoSProtection):
        next(client.margin_alerts(patience_s=0))
