"""The `zkclear` command: its help, its exit codes, and its two ways to answer."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account
from typer.testing import CliRunner

from tests.audit import synthetic
from tests.client.exchange import refusal, serving
from tests.scenario import key_of
from zkclear import __version__
from zkclear.audit import dump
from zkclear.cli import programs
from zkclear.cli.frame import exit_code
from zkclear.cli.main import GROUPS, app
from zkclear.client.errors import ContractError, InsufficientFunds, NetworkError, RequestTimeout

RUNNER = CliRunner()
COMMANDS = [(name, command.name) for name, group in GROUPS.items() for command in group.registered_commands]
TOP = [(command.name,) for command in app.registered_commands]
SIGNING = {"ZKCLEAR_PRIVATE_KEY": f"0x{key_of(2):064x}"}


@pytest.fixture(autouse=True)
def bare(monkeypatch, tmp_path):
    """No configuration but the test's own, and a terminal wide enough that nothing is folded."""
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


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    path = tmp_path_factory.mktemp("audit") / "inputs.json"
    dump.write(synthetic.chain().inputs, path)
    return path


def run(*arguments, env=None):
    return RUNNER.invoke(app, [str(each) for each in arguments], env=env)


@pytest.mark.parametrize("words", [(), *((name,) for name in GROUPS), *COMMANDS, *TOP], ids=" ".join)
def test_everything_has_help(words):
    result = run(*words, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output


# The demo chooses chain, exchange and contract itself.
@pytest.mark.parametrize("words", [words for words in [*COMMANDS, *TOP] if words != ("demo",)], ids=" ".join)
def test_every_command_takes_the_options_of_all(words):
    help_text = run(*words, "--help").output
    assert all(option in help_text for option in ("--network", "--config", "--json", "--verbose"))


def test_version_as_json():
    result = run("version", "--json")
    assert json.loads(result.stdout)["zkclear"] == __version__


def test_an_unknown_command_or_option_is_a_usage_error():
    assert run("nothing").exit_code == 2
    assert run("market", "list", "--nothing").exit_code == 2


def test_nobody_there_is_exit_code_4():
    result = run("market", "list", "--target", "127.0.0.1:1")
    assert result.exit_code == 4
    assert "127.0.0.1:1 is not reachable" in result.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InsufficientFunds("x"), 3),
        (NetworkError("x"), 4),
        (RequestTimeout("x"), 4),
        (ContractError("NotOwner", (1,)), 5),
    ],
)
def test_exit_codes_of_errors(error, code):
    assert exit_code(error) == code


@pytest.mark.usefixtures("exchange")
def test_markets_as_a_table_and_as_json():
    assert "ETH-USD" in run("market", "list").stdout
    (row,) = json.loads(run("market", "list", "--json").stdout)
    assert (row["market"], row["mark"], row["lot"]) == ("ETH-USD", "3000", "0.001")


@pytest.mark.usefixtures("exchange")
def test_an_order_is_placed_with_the_key_of_the_environment():
    result = run("order", "place", "ETH-USD", "buy", "0.5", "3000.1", "--account", 2, "--json", env=SIGNING)
    assert result.exit_code == 0, result.output
    placed = json.loads(result.stdout)
    assert (placed["status"], placed["price"], placed["size"]) == ("OPEN", "3000.1", "0.5")
    again = run("order", "show", placed["digest"], "--account", 2, "--json", env=SIGNING)
    assert json.loads(again.stdout)["digest"] == placed["digest"]
    ended = run("order", "cancel", placed["digest"], "--account", 2, "--json", env=SIGNING)
    assert json.loads(ended.stdout)[0]["status"] == "CANCELLED (REQUESTED)"


def test_a_refusal_is_exit_code_3_with_its_metadata(exchange):
    exchange.answers = [None, None, refusal("INSUFFICIENT_MARGIN", required_e6="9")]
    arguments = ("order", "place", "ETH-USD", "buy", "1", "3000", "--account", 2)
    result = run(*arguments, env=SIGNING)
    assert result.exit_code == 3
    assert "INSUFFICIENT_MARGIN" in result.stderr
    assert "required_e6: 9" in result.stderr
    exchange.answers = [None, None, refusal("INSUFFICIENT_MARGIN", required_e6="9")]
    plain = json.loads(run(*arguments, "--json", env=SIGNING).stderr)
    assert plain["error"]["metadata"] == {"required_e6": "9"}


def test_an_off_tick_price_is_refused_before_it_is_sent(exchange):
    result = run("order", "place", "ETH-USD", "buy", "1", "3000.11", "--account", 2, env=SIGNING)
    assert result.exit_code == 3
    assert "nearest_up_e8: 300020000000" in result.stderr
    assert "SubmitOrder" not in [name for name, _ in exchange.calls]


@pytest.mark.usefixtures("exchange")
def test_no_key_is_exit_code_6_and_says_how_to_give_one():
    result = run("order", "place", "ETH-USD", "buy", "1", "3000", "--account", 2)
    assert result.exit_code == 6
    assert "--key-file FILE" in result.stderr


@pytest.mark.usefixtures("exchange")
def test_a_key_in_the_environment_that_is_none_is_exit_code_6():
    result = run("order", "list", "--account", 2, env={"ZKCLEAR_PRIVATE_KEY": "0x12"})
    assert result.exit_code == 6


@pytest.mark.usefixtures("exchange")
def test_one_price_report():
    result = run("oracle", "report", "ETH-USD=3000.5", "--json", env=SIGNING)
    assert json.loads(result.stdout)["newest"] is True
    assert run("oracle", "report", "ETH-USD", env=SIGNING).exit_code == 2


@pytest.mark.usefixtures("exchange")
def test_a_profile_says_where_things_are(tmp_path, monkeypatch):
    target = os.environ["ZKCLEAR_CLIENT__TARGET"]
    monkeypatch.delenv("ZKCLEAR_CLIENT__TARGET")
    path = tmp_path / "zkclear.toml"
    path.write_text(f'[networks.here]\ntarget = "{target}"\n[networks.odd]\nport = 1\n', encoding="utf-8")
    assert run("market", "list", "--network", "here").exit_code == 0
    unknown = run("market", "list", "--network", "there")
    assert (unknown.exit_code, "it has here, odd" in unknown.stderr) == (6, True)
    odd = run("market", "list", "--network", "odd")
    assert (odd.exit_code, "unknown key 'port'" in odd.stderr) == (6, True)
    assert run("market", "list", "--config", tmp_path / "none.toml").exit_code == 6
    path.write_text(f'[gateway]\nlisten = "{target}"\n', encoding="utf-8")
    assert run("market", "list").exit_code == 0


@pytest.mark.usefixtures("exchange")
def test_the_contract_that_is_configured_must_be_the_exchanges():
    result = run("account", "list", "--contract", "0x" + "11" * 20, env=SIGNING)
    assert result.exit_code == 3
    assert "DOMAIN_MISMATCH" in result.stderr


@pytest.mark.usefixtures("exchange")
def test_keys_are_made_listed_and_used_with_their_password(monkeypatch):
    encrypt = Account.encrypt
    monkeypatch.setattr(Account, "encrypt", lambda key, password: encrypt(key, password, iterations=2))
    password = {"ZKCLEAR_KEY_PASSWORD": "secret"}
    made = run("keys", "import", "mine", "--json", env={**SIGNING, **password})
    path = Path(json.loads(made.stdout)["file"])
    assert run("keys", "new", "mine", env=password).exit_code == 6
    assert run("keys", "new", "other", env=password).exit_code == 0
    assert [row["name"] for row in json.loads(run("keys", "list", "--json").stdout)] == ["mine", "other"]
    order = ("order", "place", "ETH-USD", "buy", "1", "3000", "--account", 2, "--key-file", path)
    assert run(*order, env=password).exit_code == 0
    assert run(*order, env={"ZKCLEAR_KEY_PASSWORD": "wrong"}).exit_code == 6
    path.chmod(0o644)
    open_file = run(*order, env=password)
    assert (open_file.exit_code, "chmod 600" in open_file.stderr) == (6, True)


def test_the_programs_are_started_as_processes_with_the_same_configuration(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(programs.os, "execv", lambda _program, arguments: started.append(arguments[1:]))
    path = tmp_path / "zkclear.toml"
    path.write_text("", encoding="utf-8")
    assert run("sequencer", "run", "--config", path).exit_code == 0
    assert run("prover", "run").exit_code == 0
    assert started == [
        ["-m", "sequencer", "--config", str(path)],
        ["-m", "prover", "--config", "zkclear.toml"],
    ]


def test_verify_needs_to_know_the_contract():
    result = run("verify")
    assert result.exit_code == 6
    assert "--contract ADDRESS" in result.stderr


def test_verify_says_when_no_node_answers():
    result = run("verify", "--contract", "0x" + "11" * 20, "--rpc", "http://127.0.0.1:1")
    assert result.exit_code == 4
    assert "is not reachable" in result.stderr


def test_verify_refuses_an_address_that_is_none():
    assert run("verify", "--contract", "here").exit_code == 4


def test_verify_names_the_batch_whose_proof_does_not_hold(inputs):
    """The synthetic chain carries proofs of another circuit, so each batch fails by that and by nothing else."""
    result = run("verify", "batch", 3, "--input", inputs, "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["failed_batches"] == [3]
    assert [each["name"] for each in report["checks"] if each["verdict"] == "FAIL"] == ["proof"]


@pytest.mark.parametrize("words", [("state",), ("key",), ("reserves",)], ids=" ".join)
def test_parts_of_the_audit_pass_without_proofs(inputs, words):
    result = run("verify", *words, "--input", inputs)
    assert result.exit_code == 0, result.output
    assert "PASS" in result.stdout


def test_verify_state_rebuilds_one_account(inputs):
    result = run("verify", "state", "--account", 2, "--input", inputs, "--json")
    (account,) = json.loads(result.stdout)["accounts"]
    assert (account["account"], account["positions"][0]["size"]) == (2, 60)


def test_a_range_says_when_a_batch_is_not_settled(inputs):
    result = run("verify", "range", 12, 13, "--input", inputs, "--json", "--processes", 1)
    assert result.exit_code == 1
    assert "[13]" in result.stdout
    assert run("verify", "range", 3, 2, "--input", inputs).exit_code == 2


def test_an_order_is_looked_up_by_its_digest(inputs):
    assert run("verify", "order", "0x12", "--input", inputs).exit_code == 2
    result = run("verify", "order", "0x" + "00" * 32, "--input", inputs, "--json")
    assert result.exit_code == 1
    assert "no settled batch carries" in result.stdout


def test_options_before_a_command_are_refused_and_not_forgotten(inputs):
    result = run("verify", "--input", inputs, "state")
    assert result.exit_code == 2
    assert "options go behind the command" in result.stderr


def test_a_bad_input_file_is_exit_code_2(tmp_path):
    path = tmp_path / "inputs.json"
    path.write_text("{}", encoding="utf-8")
    assert run("verify", "--input", path).exit_code == 2


def test_a_dump_can_be_audited_again(inputs, tmp_path):
    path, to = tmp_path / "short.json", tmp_path / "again.json"
    read = dump.read(inputs)
    dump.write(replace(read, batches=read.batches[:1]), path)
    assert run("verify", "--input", path, "--dump", to, "--processes", 1).exit_code == 1
    assert path.read_text(encoding="utf-8") == to.read_text(encoding="utf-8")


def test_a_changed_dump_fails_by_name(inputs, tmp_path):
    changed = dump.read(inputs)
    path = tmp_path / "changed.json"
    forged = bytearray(changed.batches[4].calldata)
    forged[700] ^= 1
    dump.write(synthetic.with_batch(changed, 5, calldata=bytes(forged)), path)
    result = run("verify", "state", "--input", path)
    assert result.exit_code == 1
    assert "batch 5" in result.stdout


def test_local_keys_that_are_not_there_are_exit_code_6(inputs, tmp_path):
    result = run("verify", "key", "--input", inputs, "--keys", tmp_path)
    assert (result.exit_code, "make keys" in result.stderr) == (6, True)


def test_a_short_vault_is_a_fail(inputs, tmp_path):
    read = dump.read(inputs)
    path = tmp_path / "short.json"
    totals = replace(read.totals, token_balance=read.totals.token_balance - 1)
    dump.write(replace(read, totals=totals), path)
    result = run("verify", "reserves", "--input", path)
    assert (result.exit_code, "surplus -1 e6" in result.stdout) == (1, True)
