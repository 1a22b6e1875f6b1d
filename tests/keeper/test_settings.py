"""What a keeper is told, and what it says when that is wrong."""

import os

import pytest

from zkclear.keeper.counters import Counters
from zkclear.keeper.settings import load_settings
from zkclear.service.configuration import ConfigurationError


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    for name in [name for name in os.environ if name.startswith("ZKCLEAR_")]:
        monkeypatch.delenv(name)


def written(folder, text):
    path = folder / "zkclear.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_option_wins_over_environment_over_file_over_default(tmp_path, monkeypatch):
    path = written(
        tmp_path,
        '[chain]\nid = 1\n[keeper]\naccount = 5\nmin_gain_e6 = 7\nmarkets = ["ETH-USD"]\npoll_ms = 50\n',
    )
    monkeypatch.setenv("ZKCLEAR_KEEPER__MIN_GAIN_E6", "8")
    monkeypatch.setenv("ZKCLEAR_KEEPER__POLL_MS", "60")
    monkeypatch.setenv("ZKCLEAR_KEEPER__MARKETS", "BTC-USD,ETH-USD")
    settings = load_settings(path, {"poll_ms": 70, "dry_run": None})
    assert (settings.account, settings.min_gain_e6, settings.poll_ms) == (5, 8, 70)
    assert settings.markets == ("BTC-USD", "ETH-USD")
    assert (settings.dry_run, settings.metrics_listen) == (False, "127.0.0.1:9466")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no account: give --account N"),
        ("[keeper]\naccount = 5\nmin_gain = 1\n", "keeper.min_gain is unknown; did you mean min_gain_e6?"),
        ("[keeper]\naccount = 5\nzebra = 1\n", "keeper.zebra is unknown; known are account"),
        ("[keeper]\naccount = 1\n", "keeper.account: Input should be greater than or equal to 2"),
        ("[keeper]\naccount = 5\nhealth_below_ppm = 0\n", "keeper.health_below_ppm"),
        ("[keeper]\naccount = 5\nmin_gain_e6 = -1\n", "keeper.min_gain_e6"),
        ("[keeper]\naccount = 5\nmargin_ppm = 1000001\n", "keeper.margin_ppm"),
        ('[keeper]\naccount = 5\nmetrics_listen = "nowhere"\n', "is not HOST:PORT"),
        ("keeper = 5\n", "keeper must be a section"),
        ("[keeper\n", "cannot be read"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path, text, sentence):
    with pytest.raises(ConfigurationError) as caught:
        load_settings(written(tmp_path, text), {})
    assert sentence in str(caught.value)


def test_metrics_have_the_names_of_the_surface():
    counters = Counters("1")
    counters.liquidations.labels("EXECUTED").inc()
    counters.fund.set(-5)
    names = {sample.name for metric in counters.registry.collect() for sample in metric.samples}
    assert {
        "zkclear_accounts_at_risk",
        "zkclear_insurance_fund_quote",
        "zkclear_liquidations_total",
        "zkclear_build_info",
        "zkclear_keeper_outcompeted_total",
    } <= names
