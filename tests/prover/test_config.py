"""Configuration: one clear sentence for each fault, and the order of the sources."""

import pytest

from prover.config import load_settings
from zkclear.service.configuration import ConfigurationError

GOOD = '[chain]\ncontract = "0x' + "12" * 20 + '"\n[settlement]\nkey_file = "key"\n'


@pytest.fixture
def load(tmp_path, monkeypatch):
    for name in ("ZKCLEAR_PROVER__LEASE_S", "ZKCLEAR_CHAIN__FINALITY"):
        monkeypatch.delenv(name, raising=False)

    def from_text(text):
        path = tmp_path / "zkclear.toml"
        path.write_text(text)
        return load_settings(path)

    return from_text


def test_what_is_not_given_has_its_default(load):
    settings = load(GOOD)
    assert (settings.chain.id, settings.chain.finality, settings.prover.lease_s) == (31337, "finalized", 60)
    assert (settings.settlement.bump_after_s, settings.settlement.bump_percent) == (30, 15)


def test_the_environment_wins_over_the_file(load, monkeypatch):
    monkeypatch.setenv("ZKCLEAR_PROVER__LEASE_S", "7")
    monkeypatch.setenv("ZKCLEAR_CHAIN__FINALITY", "2")
    settings = load(GOOD + "[prover]\nlease_s = 5\nmax_attempts = 4\n")
    assert (settings.prover.lease_s, settings.prover.max_attempts, settings.chain.finality) == (7, 4, 2)


def test_sections_of_other_programs_are_left_to_them(load):
    assert load(GOOD + "[gateway]\nanything = 1\n").chain.id == 31337


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (GOOD + "[provr]\n", r"section \[provr\] is unknown; did you mean prover\?"),
        (GOOD + "[prover]\nlease = 5\n", r"prover\.lease is unknown; did you mean lease_s\?"),
        (GOOD + "[prover]\nlease_s = 0\n", r"prover\.lease_s: .*greater than or equal to 1"),
        (GOOD + "[chain.more]\nx = 1\n", r"chain\.more is unknown"),
        ('[settlement]\nkey_file = "key"\n', r"chain: Field required"),
        (GOOD.replace("0x12", "12"), r"chain\.contract"),
        (
            GOOD.replace("[settlement]", "finality = -1\n[settlement]"),
            r'give "finalized", or a number of blocks',
        ),
        (GOOD.replace("[settlement]", "rpc_urls = []\n[settlement]"), r"at least one node"),
        (GOOD.replace("[chain]", "[chain]\nid = 1"), r"outside development two that must agree"),
        (
            GOOD.replace("[chain]", "[chain]\nid = 1\nfinality = 2\nrpc_urls = ['a', 'b']"),
            r'finality must be "finalized" outside development',
        ),
        ("not toml", r"cannot be read"),
    ],
)
def test_a_fault_is_named(load, text, complaint):
    with pytest.raises(ConfigurationError, match=complaint):
        load(text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nothing\.toml cannot be read"):
        load_settings(tmp_path / "nothing.toml")
