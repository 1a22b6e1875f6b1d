"""`zkclear keeper` on a real chain: what it shows, what it sends, and each fault's one sentence and exit code."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from eth_account import Account
from typer.testing import CliRunner

from devnet.processes import free_port
from tests.keeper.ground import (
    LONG,
    RIVAL,
    SHORT,
    SIGNERS,
    TAKER,
    back_to,
    exchange_of,
    ground,
    pay_out,
    snapshot,
)
from zkclear.cli.keys import signer
from zkclear.cli.main import app
from zkclear.cli.profile import BadConfiguration
from zkclear.client import DevSigner
from zkclear.client.signers import write_keystore

RUNNER = CliRunner()
DEV = ("--dev", SIGNERS[TAKER])
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("ZKCLEAR_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def fallen():
    """Account 2 is liquidatable."""
    with ground() as made:
        made.fall()
        yield made


@pytest.fixture
def made(fallen, tmp_path):
    """The configuration names node and contract; there is no exchange."""
    venue = fallen.venue
    point, tree, request = snapshot(venue.node), venue.tree, venue.next_request
    write(tmp_path, chain(fallen), 'client = { target = "127.0.0.1:1" }')
    yield fallen
    back_to(venue.node, point)
    venue.tree, venue.next_request = tree, request


def chain(made, *, rpc_url=None, chain_id=31_337):
    deployment = made.venue.deployment
    return (
        f'chain = {{ rpc_urls = ["{rpc_url or made.venue.rpc_url}"], id = {chain_id}, '
        f'contract = "{deployment.settlement}" }}'
    )


def write(folder, *lines):
    path = folder / "zkclear.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run(*arguments, env=None):
    return RUNNER.invoke(app, ["keeper", *map(str, arguments)], env=env)


def targeted(made, account=LONG):
    return made.clients[LONG].pending_risk(account).targeted


@pytest.mark.usefixtures("made")
def test_a_scan_of_the_chain_shows_what_is_at_risk():
    (row,) = json.loads(run("scan", "--from-chain", "--json").stdout)
    assert (row["account"], row["market"], row["size"], row["allowed"]) == (LONG, "ETH-USD", "1", "0.3")
    assert row["take"] == "0.3"
    assert 0 < float(row["gain"]) < 10
    assert "last settled marks" in run("scan", "--from-chain").stdout


@pytest.mark.usefixtures("made")
def test_a_scan_takes_a_taker_a_market_and_a_bound():
    (row,) = json.loads(run("scan", "--from-chain", "--account", TAKER, "--json").stdout)
    assert row["take"] == "0.3"
    assert json.loads(run("scan", "--from-chain", "--market", "BTC-USD", "--json").stdout) == []
    wide = json.loads(run("scan", "--from-chain", "--health-below", "1000", "--json").stdout)
    assert [(each["account"], each["allowed"]) for each in wide] == [(LONG, "0.3"), (SHORT, "0")]


def test_a_scan_of_the_exchange(made, tmp_path):
    with exchange_of(made) as served:
        write(tmp_path, chain(made), f'client = {{ target = "{served.target}" }}')
        (row,) = json.loads(run("scan", "--json").stdout)
    assert (row["account"], row["allowed"]) == (LONG, "0.3")


def test_one_takeover_is_sent_and_waited_for(made):
    def settle_it():
        while targeted(made) is None and not over.wait(0.1):
            pass
        made.settle()

    over = threading.Event()
    settler = threading.Thread(target=settle_it)
    settler.start()
    result = run(
        "liquidate",
        LONG,
        "ETH-USD",
        "--account",
        TAKER,
        "--from-chain",
        "--wait",
        "--json",
        "--size",
        "0.2",
        *DEV,
    )
    over.set()
    settler.join()
    assert result.exit_code == 0, result.output
    sent = json.loads(result.stdout)
    assert (sent["outcome"], sent["taken"], sent["bond"]) == ("EXECUTED", "0.2", "20")
    assert made.state.accounts[TAKER].positions[0].size == 200


def test_a_dry_takeover_sends_nothing(made):
    words = ("liquidate", LONG, "ETH-USD", "--account", TAKER, "--from-chain", "--dry-run", "--json", *DEV)
    shown = json.loads(run(*words).stdout)
    assert (shown["outcome"], shown["take"]) == ("EXECUTED", "0.3")
    assert targeted(made) is None


def test_a_forced_close_goes_through_the_contract(made):
    words = ("position", "close", "ETH-USD", "--account", SHORT, "--forced", "--size", "0.5", "--json")
    sent = RUNNER.invoke(app, [*map(str, (*words, "--dev", SIGNERS[SHORT]))])
    assert sent.exit_code == 0, sent.output
    assert json.loads(sent.stdout)["request"] == made.clients[SHORT].pending_risk(SHORT).own
    again = RUNNER.invoke(app, [*map(str, (*words, "--dev", SIGNERS[SHORT]))])
    assert (again.exit_code, "RequestPending" in again.stderr) == (5, True)


def test_a_file_with_a_bare_key_signs_on_a_development_chain_and_nowhere_else(made, tmp_path):
    path = tmp_path / "keeper.key"
    path.write_text(f"0x{DevSigner(SIGNERS[TAKER]).secret.hex()}\n", encoding="utf-8")
    path.chmod(0o600)
    words = ("run", "--from-chain", "--once", "--dry-run", "--account", TAKER, "--key-file", path)
    result = run(*words)
    assert (result.exit_code, "would bid" in result.stderr) == (0, True), result.output
    with pytest.raises(BadConfiguration, match="on chain 1 only a keystore file"):
        signer(path, None, chain_id=1)
    path.write_text("0x" + "00" * 32, encoding="utf-8")
    assert run(*words).exit_code == 6


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ((SHORT, "ETH-USD"), 3, "the outcome would be NOT_LIQUIDATABLE; nothing was sent"),
        ((LONG, "BTC-USD"), 3, "the outcome would be NOTHING_TO_DO"),
        ((LONG, "DOGE-USD"), 3, "no market 'DOGE-USD'; listed are ETH-USD, BTC-USD"),
        ((77, "ETH-USD"), 3, "no account 77 is open"),
        ((LONG, "ETH-USD", "--size", "0.0005"), 3, "not a positive multiple of 0.001"),
    ],
    ids=str,
)
def test_a_takeover_that_would_lose_its_bond_is_refused_before_it_is_sent(made, words, code, sentence):
    result = run("liquidate", *words, "--account", TAKER, "--from-chain", *DEV)
    assert (result.exit_code, sentence in result.stderr) == (code, True), result.stderr
    assert targeted(made) is None


def test_a_takeover_that_waits_already_is_the_contracts_refusal(made):
    made.clients[RIVAL].liquidate(LONG, "ETH-USD", taker=RIVAL)
    result = run("liquidate", LONG, "ETH-USD", "--account", TAKER, "--from-chain", *DEV)
    assert (result.exit_code, "RequestPending" in result.stderr) == (5, True), result.stderr


def test_one_round_bids_and_says_so_in_json_lines(made):
    result = run("run", "--from-chain", "--once", "--account", TAKER, *DEV)
    assert result.exit_code == 0, result.output
    (line,) = [json.loads(each) for each in result.stderr.splitlines()]
    assert (line["event"], line["account"], line["take"], line["market"]) == ("bid", LONG, "0.3", "ETH-USD")
    assert line["request"] == targeted(made)
    again = run("run", "--from-chain", "--once", "--account", RIVAL, "--dev", SIGNERS[RIVAL])
    (second,) = [json.loads(each) for each in again.stderr.splitlines()]
    assert (second["event"], second["why"]) == ("somebody else was faster", "RequestPending")
    assert second["next_try_ms"] > 0


def test_a_dry_round_sends_nothing(made):
    result = run("run", "--from-chain", "--once", "--dry-run", "--account", TAKER, *DEV)
    assert (result.exit_code, "would bid" in result.stderr, targeted(made)) == (0, True, None)


def test_a_keystore_of_the_configuration_signs(made, tmp_path, monkeypatch):
    encrypt = Account.encrypt
    monkeypatch.setattr(Account, "encrypt", lambda key, password: encrypt(key, password, iterations=2))
    write_keystore(tmp_path / "keeper.json", DevSigner(SIGNERS[TAKER]).secret, "secret")
    keeper = f'keeper = {{ account = {TAKER}, key_file = "keeper.json" }}'
    write(tmp_path, chain(made), keeper)
    result = run("run", "--from-chain", "--once", env={"ZKCLEAR_KEY_PASSWORD": "secret"})
    assert (result.exit_code, targeted(made) is not None) == (0, True), result.output


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("run", "--account", RIVAL, "--from-chain", "--once", *DEV), 6, f"account {RIVAL} belongs to 0x"),
        (("run", "--from-chain", "--once", *DEV), 6, "no account: give --account N"),
        (("run", "--account", TAKER, "--from-chain", "--once"), 6, "no key: give --key-file FILE"),
        (
            ("run", "--account", TAKER, "--from-chain", "--key-file", "none.json"),
            6,
            "none.json cannot be read",
        ),
        (
            ("run", "--account", TAKER, "--market", "X-USD", "--from-chain", *DEV),
            6,
            "no market 'X-USD' is listed",
        ),
        (("run", "--account", TAKER, "--min-gain", "-1", "--from-chain", *DEV), 6, "keeper.min_gain_e6"),
        (
            ("run", "--account", TAKER, "--min-gain", "much", "--from-chain", *DEV),
            3,
            "min-gain is not a number",
        ),
        (
            ("run", "--account", TAKER, "--health-below", "0", "--from-chain", *DEV),
            6,
            "keeper.health_below_ppm",
        ),
        (("run", "--account", TAKER, *DEV), 4, "127.0.0.1:1 is not reachable"),
        (("scan",), 4, "127.0.0.1:1 is not reachable"),
        (
            ("scan", "--from-chain", "--rpc", "http://127.0.0.1:1"),
            4,
            "the node at http://127.0.0.1:1 does not answer",
        ),
        (("scan", "--from-chain", "--contract", "0x" + "11" * 20), 4, "publishes no EIP-712 domain"),
        (("scan", "--from-chain", "--market", "X-USD"), 3, "no market 'X-USD'; listed are ETH-USD, BTC-USD"),
        (("scan", "--from-chain", "--account", "77"), 6, "account 77 is not open"),
        (("run", "--account", "1", "--from-chain", *DEV), 2, "greater than or equal to 2"),
    ],
    ids=str,
)
@pytest.mark.usefixtures("made")
def test_each_fault_is_one_sentence_and_an_exit_code(words, code, sentence):
    result = run(*words, env={"ZKCLEAR_KEY_PASSWORD": "x"})
    assert (result.exit_code, sentence in result.stderr) == (code, True), result.stderr


def test_another_chain_than_the_configured_one_is_exit_code_6(made, tmp_path):
    write(tmp_path, chain(made, chain_id=1))
    result = run("run", "--from-chain", "--account", TAKER, *DEV)
    assert (result.exit_code, "is on chain 31337, the configuration says 1" in result.stderr) == (6, True)


def test_an_exchange_on_another_chain_is_exit_code_6(made, tmp_path):
    with exchange_of(made) as served:
        served.chain_id = 5
        write(tmp_path, chain(made), f'client = {{ target = "{served.target}" }}')
        result = run("scan")
    assert (result.exit_code, "the exchange settles on chain 5" in result.stderr) == (6, True), result.stderr


def test_an_empty_wallet_is_exit_code_6(made):
    pay_out(made.venue.node, made.clients[TAKER].address)
    result = run("run", "--from-chain", "--account", TAKER, *DEV)
    assert (result.exit_code, "is empty: it cannot pay for gas" in result.stderr) == (6, True)


def test_unknown_keys_of_the_configuration_are_exit_code_6(made, tmp_path):
    write(tmp_path, chain(made), "keeper = { account = 4, pol_ms = 3 }")
    result = run("run", "--from-chain", *DEV)
    assert (result.exit_code, "keeper.pol_ms is unknown; did you mean poll_ms?" in result.stderr) == (
        6,
        True,
    )


def test_it_runs_shows_metrics_and_ends_cleanly_at_sigterm(made, tmp_path):
    port = free_port()
    path = write(
        tmp_path,
        chain(made),
        f'keeper = {{ account = {TAKER}, poll_ms = 50, metrics_listen = "127.0.0.1:{port}" }}',
    )
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "zkclear.cli",
            "keeper",
            "run",
            "--from-chain",
            *map(str, DEV),
            "--config",
            str(path),
        ],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert json.loads(process.stderr.readline())["event"] == "bid"
        made.settle()
        assert json.loads(process.stderr.readline())["event"] == "resolved"
        assert json.loads(process.stderr.readline())["event"] == "claimed"
        deadline = time.monotonic() + 30
        while True:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                text = answer.read().decode()
            if 'zkclear_liquidations_total{outcome="EXECUTED"} 1.0' in text:
                break
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    finally:
        process.kill()
        process.stderr.close()
    assert made.clients[TAKER].balances().claimable == 0


def test_ctrl_c_ends_it_with_exit_code_130(made, tmp_path):
    path = write(tmp_path, chain(made), f'keeper = {{ account = {TAKER}, metrics_listen = "" }}')
    words = ("keeper", "run", "--from-chain", "--dry-run", *map(str, DEV), "--config", str(path))
    process = subprocess.Popen(
        [sys.executable, "-m", "zkclear.cli", *words], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    try:
        assert json.loads(process.stderr.readline())["event"] == "would bid"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    finally:
        process.kill()
        process.stderr.close()
