"""Prices that an oracle goes on reporting: fixed, at random, recorded; and an exchange that goes away meanwhile."""

import threading
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import grpc
import pytest

from tests.client.exchange import refusal, serving
from zkclear.client import Client, DevSigner, Oracle
from zkclear.client.backoff import Backoff
from zkclear.client.errors import AuthenticationError, BadRequest
from zkclear.client.feeds import Recorded, Static, Walk
from zkclear.client.reporter import Reporter, reached
from zkclear.v1 import market_data_pb2

CRASH = Path(__file__).resolve().parents[2] / "data" / "prices" / "crash-2025-04-06.csv"
START = {"ETH-USD": "3000.5", "BTC-USD": "60000"}


@pytest.fixture
def exchange():
    with serving() as (served, target):
        served.target = target
        yield served


@pytest.fixture
def oracle(exchange):
    with Client(exchange.target, deadline_s=2, retries=0) as client:
        yield Oracle(client.connection, DevSigner(7))


def reports(exchange):
    return [list(request.report.prices_e8) for name, request in exchange.calls if name == "SubmitReport"]


def test_static_prices_stay():
    feed = Static(START)
    assert feed.at(0) == feed.at(10**9) == {"ETH-USD": Decimal("3000.5"), "BTC-USD": Decimal(60_000)}


@pytest.mark.parametrize("price", ["0", "-1", "much", "0.000000001"])
def test_a_price_that_is_none_is_refused_with_its_market(price):
    with pytest.raises(BadRequest, match="price of ETH-USD"):
        Static({"ETH-USD": price})


def test_no_prices_are_refused():
    with pytest.raises(BadRequest, match="give MARKET=PRICE"):
        Static({})


def test_a_walk_starts_at_its_start_repeats_by_its_seed_and_never_moves_too_far():
    first, second = (Walk(START, seed=7, volatility_ppm=500) for _ in range(2))
    other = Walk(START, seed=8, volatility_ppm=500)
    path = [first.at(step) for step in range(200)]
    assert path == [second.at(step) for step in range(200)]
    assert path != [other.at(step) for step in range(200)]
    assert path[0]["ETH-USD"] == Decimal("3000.5")
    for before, after in pairwise(path):
        for name in START:
            unit = Decimal("0.00000001")
            assert abs(after[name] - before[name]) <= before[name] * Decimal("0.0005") + unit
    assert len({each["ETH-USD"] for each in path}) > 100


def test_a_walk_of_the_smallest_price_never_reaches_zero():
    feed = Walk({"X": "0.00000001"}, seed=1, volatility_ppm=999_999)
    assert all(feed.at(0)["X"] > 0 for _ in range(100))


@pytest.mark.parametrize("volatility", [-1, 10**6])
def test_a_volatility_that_is_none_is_refused(volatility):
    with pytest.raises(BadRequest, match="volatility must be"):
        Walk(START, seed=1, volatility_ppm=volatility)


def test_a_recording_goes_as_fast_as_it_is_told_and_ends():
    feed = Recorded(CRASH, markets=("ETH-USD", "BTC-USD"), speed=300)
    assert feed.at(0) == feed.at(999) == {"ETH-USD": Decimal("1805.34"), "BTC-USD": Decimal("83460.8")}
    assert feed.at(1_000) != feed.at(0)
    two_days_ms = 2 * 86_400 * 1_000
    assert feed.at(two_days_ms // 300 - 1_000) is not None
    assert feed.at(two_days_ms // 300) is None


@pytest.mark.parametrize(
    ("path", "markets", "speed", "words"),
    [
        (CRASH, ("DOGE-USD",), 1, "no time at which all of DOGE-USD"),
        (CRASH, ("ETH-USD",), 0, "speed must be"),
        (CRASH.parent / "none.csv", ("ETH-USD",), 1, "cannot be read"),
        (CRASH.parent / "README.md", ("ETH-USD",), 1, "no price file"),
    ],
)
def test_a_recording_that_is_none_is_refused(path, markets, speed, words):
    with pytest.raises(BadRequest, match=words):
        Recorded(path, markets=markets, speed=speed)


def test_a_reporter_sends_each_price_and_ends_with_its_feed(exchange, oracle):
    left = [{"ETH-USD": Decimal(3_000)}, {"ETH-USD": Decimal(3_001)}]

    class Two:
        def at(self, elapsed_ms):
            assert elapsed_ms >= 0
            return left.pop(0) if left else None

    assert Reporter(oracle, Two(), interval_ms=10).run(threading.Event()) == 2
    assert reports(exchange) == [[3_000 * 10**8], [3_001 * 10**8]]


def test_an_exchange_that_goes_away_is_waited_for(exchange, oracle):
    exchange.answers = [None, *[grpc.StatusCode.UNAVAILABLE] * 3]
    feed, backoff = Static({"ETH-USD": 3_000}), Backoff(first_ms=1, longest_ms=4)
    assert Reporter(oracle, feed, interval_ms=10, backoff=backoff).run(threading.Event(), limit=1) == 1
    assert len(reports(exchange)) == 4


def test_a_refused_report_ends_it(exchange, oracle):
    exchange.answers = [None, refusal("SIGNER_NOT_AUTHORIZED")]
    with pytest.raises(AuthenticationError):
        Reporter(oracle, Static({"ETH-USD": 3_000}), interval_ms=10).run(threading.Event())
    assert len(reports(exchange)) == 1


def test_a_market_that_is_listed_meanwhile_gets_its_element(exchange, oracle):
    oracle.report({"ETH-USD": 3_000})
    exchange.markets.append(market_data_pb2.Market(name="BTC-USD", index=1))
    exchange.answers = [refusal("INVALID_FIELD")]
    oracle.report({"ETH-USD": 3_000})
    assert reports(exchange)[1:] == [[3_000 * 10**8], [3_000 * 10**8, 0]]
    exchange.answers = [refusal("INVALID_FIELD")]
    with pytest.raises(BadRequest):
        oracle.report({"ETH-USD": 3_000})


def test_a_stop_ends_the_wait_for_an_exchange_that_never_comes():
    stop = threading.Event()
    timer = threading.Timer(0.5, stop.set)
    timer.start()
    with Client("127.0.0.1:1", deadline_s=1, retries=0) as client:
        assert not reached(client.connection, stop)
    timer.join()


def test_waits_double_with_jitter_and_a_bound():
    backoff = Backoff(first_ms=100, longest_ms=1_000)
    waits = [backoff.next_ms() for _ in range(10)]
    for nominal, wait in zip([100, 200, 400, 800, *[1_000] * 6], waits, strict=True):
        assert nominal // 2 <= wait <= nominal * 3 // 2
    assert len(set(waits[4:])) > 1
    backoff.reset()
    assert backoff.next_ms() <= 150
