"""Positions, previews, health and funding on the command line."""

import json
import os

import pytest
from typer.testing import CliRunner

from tests.client.exchange import serving
from tests.scenario import key_of
from zkclear.cli.main import app
from zkclear.v1 import account_pb2

RUNNER = CliRunner()
SIGNING = {"ZKCLEAR_PRIVATE_KEY": f"0x{key_of(2):064x}"}
LONG = account_pb2.Position(
    market="ETH-USD", size_e8=15 * 10**7, mark_price_e8=3_000 * 10**8, liquidation_price_e8=2_850 * 10**8
)


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("ZKCLEAR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def exchange(monkeypatch):
    with serving() as (served, target):
        monkeypatch.setenv("ZKCLEAR_CLIENT__TARGET", target)
        served.accounts[2] = account_pb2.Account(account=2, health_ppm=1_250_000, positions=[LONG])
        yield served


def run(*arguments, env=None):
    return RUNNER.invoke(app, [*map(str, arguments)], env=env)


@pytest.mark.usefixtures("exchange")
def test_positions_come_with_their_liquidation_prices():
    (row,) = json.loads(run("position", "list", "--account", 2, "--json").stdout)
    assert (row["market"], row["size"], row["liquidation price"]) == ("ETH-USD", "1.5", "2850")
    assert "health 1.25" in run("position", "list", "--account", 2).stdout


@pytest.mark.usefixtures("exchange")
def test_an_account_shows_health_and_liquidation_prices():
    shown = json.loads(run("account", "show", 2, "--json").stdout)
    assert (shown["health"], shown["positions"][0]["liquidation_price"]) == ("1.25", "2850")
    table = run("account", "show", 2).stdout
    assert "liquidation price" in table
    assert "2850" in table


def test_a_position_is_closed_by_a_reduce_only_market_order(exchange):
    result = run("position", "close", "ETH-USD", "--account", 2, "--json", env=SIGNING)
    assert result.exit_code == 0, result.output
    (sent,) = [request.fields for name, request in exchange.calls if name == "SubmitOrder"]
    assert (sent.action, sent.size_e8) == ("SELL IOC REDUCE_ONLY", 15 * 10**7)
    assert sent.limit_price_e8 == 2_970 * 10**8


@pytest.mark.usefixtures("exchange")
@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("BTC-USD",), 3, "account 2 has no position in BTC-USD"),
        (("ETH-USD", "--size", "1"), 2, "place a reduce-only order for a part"),
        (("ETH-USD", "--forced", "--slippage", "1%"), 2, "no --slippage"),
        (("ETH-USD", "--forced"), 6, "no contract"),
    ],
    ids=str,
)
def test_what_cannot_be_closed_is_refused_in_one_sentence(words, code, sentence):
    result = run("position", "close", *words, "--account", 2, env=SIGNING)
    assert (result.exit_code, sentence in result.stderr) == (code, True), result.stderr


@pytest.mark.usefixtures("exchange")
def test_an_order_is_previewed_without_a_key():
    shown = json.loads(
        run("order", "preview", "ETH-USD", "buy", "0.5", "3000", "--account", 2, "--json").stdout
    )
    assert (shown["would_fill"], shown["fee"], shown["refusals"]) == ("0.5", "0.75", ["INSUFFICIENT_MARGIN"])
    off = run("order", "preview", "ETH-USD", "buy", "0.5", "3000.01", "--account", 2)
    assert (off.exit_code, "PRICE_OFF_TICK" in off.stderr) == (3, True)


@pytest.mark.usefixtures("exchange")
def test_funding_is_listed_with_its_rate():
    (row,) = json.loads(run("market", "funding", "ETH-USD", "--json").stdout)
    assert (row["batch"], row["rate"], row["funding index"]) == (7, "-0.00004", 12)
