"""`zkclear verify` sums up who was liquidated, how, and who got what."""

import json

import pytest
from typer.testing import CliRunner

from tests.audit import synthetic
from tests.risk_scenario import liquidated
from zkclear.audit import dump
from zkclear.audit.audit import audit
from zkclear.cli.main import app


@pytest.fixture(scope="module")
def inputs():
    return synthetic.chain(liquidated, limits=synthetic.CRASHING).inputs


@pytest.fixture
def run(inputs, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    path = tmp_path / "inputs.json"
    dump.write(inputs, path)
    return lambda *words: CliRunner().invoke(app, ["verify", *words, "--input", str(path)])


def test_the_table_names_account_way_lots_and_shares(inputs, run):
    last = len(inputs.batches)
    found = audit(inputs, proved=()).liquidations
    result = run("range", str(last), str(last), "--json")
    (made,) = json.loads(result.stdout)["liquidations"]
    (hole,) = (each for each in found if each.batch == last)
    assert made == {
        "batch": last,
        "how": "absorbed",
        "account": 5,
        "market": "ETH-USD",
        "lots": hole.size,
        "mark_ticks": hole.mark,
        "discount_e6": hole.discount,
        "counterparty": 0,
        "counterparty_gain_e6": 0,
        "fund_gain_e6": hole.discount,
    }
    text = run("range", str(last), str(last)).stdout
    row = next(line for line in text.splitlines() if "absorbed" in line)
    assert "insurance fund" in row
    assert str(hole.size) in row


def test_every_liquidation_of_the_history_is_in_the_whole_audit(inputs, run):
    result = run("--json", "--processes", "1")
    made = json.loads(result.stdout)["liquidations"]
    assert [(each["batch"], each["how"]) for each in made] == [
        (8, "forced close"),
        (10, "takeover"),
        (11, "book"),
        (12, "absorbed"),
        (13, "book"),
        (15, "absorbed"),
    ]


def test_batches_without_a_liquidation_have_an_empty_list_and_no_table(run):
    assert json.loads(run("batch", "1", "--json").stdout)["liquidations"] == []
    assert "discount" not in run("batch", "1").stdout
