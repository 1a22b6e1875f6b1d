"""`zkclear oracle run`: where its prices come from, what ends it, and what it refuses."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.client.exchange import refusal, serving
from tests.scenario import key_of
from zkclear.cli.main import app

RUNNER = CliRunner()
CRASH = Path(__file__).resolve().parents[2] / "data" / "prices" / "crash-2025-04-06.csv"
SIGNING = {"ZKCLEAR_PRIVATE_KEY": f"0x{key_of(2):064x}"}


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
        yield served


def run(*arguments, env=SIGNING):
    return RUNNER.invoke(app, ["oracle", "run", *map(str, arguments)], env=env)


def reports(exchange):
    return [request.report.prices_e8[0] for name, request in exchange.calls if name == "SubmitReport"]


def test_static_prices_are_reported_again_and_again(exchange):
    result = run(
        "ETH-USD=3000.5", "--source", "static", "--interval-ms", 10, "--reports", 3, "--dev", 4, "--json"
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["reports"] == 3
    assert reports(exchange) == [300_050_000_000] * 3


def test_a_walk_is_reported_and_repeats_by_its_seed(exchange):
    words = ("ETH-USD=3000", "--source", "walk", "--volatility", 1_000, "--interval-ms", 10, "--reports", 4)
    assert run(*words, "--seed", 5).exit_code == 0
    assert run(*words, "--seed", 5).exit_code == 0
    walked = reports(exchange)
    assert walked[:4] == walked[4:]
    assert len(set(walked)) == 4


@pytest.mark.parametrize("markets", [(), ("--market", "ETH-USD")], ids=["listed", "named"])
def test_a_recording_is_reported_until_it_ends(exchange, markets, tmp_path):
    short = tmp_path / "short.csv"
    short.write_text(
        "".join(CRASH.read_text(encoding="utf-8").splitlines(keepends=True)[:7]), encoding="utf-8"
    )
    result = run("--source", "file", "--file", short, "--speed", 600, "--interval-ms", 100, *markets)
    assert result.exit_code == 0, result.output
    assert reports(exchange)[0] == 180_534_000_000
    assert len(set(reports(exchange))) > 1
    assert "the feed has ended" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("--source", "static"), 3, "no prices: give MARKET=PRICE"),
        (("--source", "walk", "ETH-USD"), 2, "is not MARKET=PRICE"),
        (("--source", "walk", "ETH-USD=1", "ETH-USD=2"), 2, "ETH-USD is given twice"),
        (("--source", "walk", "ETH-USD=-5"), 3, "the price of ETH-USD must be at least"),
        (("--source", "walk", "ETH-USD=5", "--volatility", "1000000"), 3, "the volatility must be"),
        (("--source", "file"), 2, "--source file needs --file FILE"),
        (("--source", "static", "ETH-USD=5", "--file", "x.csv"), 2, "belong to --source file"),
        (("--source", "file", "--file", "none.csv", "--market", "ETH-USD"), 3, "none.csv cannot be read"),
        (("--source", "file", "--file", "none.csv"), 3, "none.csv cannot be read"),
        (("--source", "file", "--file", CRASH, "--speed", "0"), 3, "the speed must be"),
        (("--source", "file", "--file", CRASH, "--market", "X-USD"), 3, "no time at which all of X-USD"),
        (("--source", "dice", "ETH-USD=1"), 2, "is not one of"),
        (("--source", "static", "DOGE-USD=1"), 3, "no market 'DOGE-USD'; listed are ETH-USD"),
        (("--source", "static", "ETH-USD=1", "--key-file", "none.json"), 6, "none.json cannot be read"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("exchange")
def test_what_cannot_be_reported_is_refused_in_one_sentence(words, code, sentence):
    env = {**SIGNING, "ZKCLEAR_KEY_PASSWORD": "x"}
    result = run(*words, env=env)
    assert (result.exit_code, sentence in result.stderr) == (code, True), result.stderr


def test_no_key_is_exit_code_6():
    result = run("ETH-USD=1", "--source", "static", env={})
    assert (result.exit_code, "--key-file FILE" in result.stderr) == (6, True)


def test_a_refused_report_is_exit_code_3(exchange):
    exchange.answers = [None, None, refusal("SIGNER_NOT_AUTHORIZED")]
    assert run("ETH-USD=1", "--source", "static").exit_code == 3


def test_it_waits_for_an_exchange_that_is_not_there_and_ends_cleanly_at_sigterm(tmp_path):
    arguments = ["oracle", "run", "ETH-USD=1", "--source", "static", "--target", "127.0.0.1:1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "zkclear.cli", *arguments],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, **SIGNING, "ZKCLEAR_CONFIG": str(empty(tmp_path))},
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        line = json.loads(process.stderr.readline())
        assert line["event"] == "the exchange does not answer"
        assert line["next_try_ms"] > 0
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.stderr.close()


def test_it_reports_until_sigterm(exchange, tmp_path):
    target = os.environ["ZKCLEAR_CLIENT__TARGET"]
    words = ["oracle", "run", "ETH-USD=1", "--source", "static", "--interval-ms", "20", "--target", target]
    process = subprocess.Popen(
        [sys.executable, "-m", "zkclear.cli", *words, "--json"],
        cwd=Path(__file__).resolve().parents[2],
        env={**os.environ, **SIGNING, "ZKCLEAR_CONFIG": str(empty(tmp_path))},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 30
        while len(reports(exchange)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 0
    assert json.loads(out)["reports"] >= 1


def empty(folder):
    path = folder / "zkclear.toml"
    path.write_text("", encoding="utf-8")
    return path
