"""A program's key file."""

import json

import pytest
from eth_account import Account

from prover.settlement.anvil import development_account
from zkclear.service.configuration import ConfigurationError
from zkclear.service.keys import load_key

ACCOUNT = development_account(0)
VARIABLE = "ZKCLEAR_SETTLEMENT_PASSWORD"


def load(path, *, chain_id):
    return load_key(path, setting="settlement.key_file", password_variable=VARIABLE, chain_id=chain_id)


@pytest.fixture
def bare(tmp_path):
    path = tmp_path / "bare"
    path.write_text(f"0x{ACCOUNT.key.hex()}\n")
    return path


@pytest.fixture
def keystore(tmp_path):
    path = tmp_path / "keystore.json"
    path.write_text(json.dumps(Account.encrypt(ACCOUNT.key, "open sesame", iterations=2)))
    return path


def test_a_keystore_opens_with_the_password_of_the_environment(keystore, monkeypatch):
    monkeypatch.setenv(VARIABLE, "open sesame")
    assert load(keystore, chain_id=1).address == ACCOUNT.address


def test_a_wrong_or_missing_password_is_said_without_showing_it(keystore, monkeypatch):
    monkeypatch.setenv(VARIABLE, "close sesame")
    with pytest.raises(ConfigurationError, match="does not open it") as refused:
        load(keystore, chain_id=1)
    assert "close sesame" not in str(refused.value)
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(ConfigurationError, match=f"must be in the environment variable {VARIABLE}"):
        load(keystore, chain_id=1)


def test_a_bare_key_is_good_on_the_development_chain_only(bare):
    assert load(bare, chain_id=31_337).address == ACCOUNT.address
    with pytest.raises(ConfigurationError, match="only a keystore file"):
        load(bare, chain_id=1)


def test_a_missing_or_unreadable_file_is_named(tmp_path):
    (tmp_path / "bytes").write_bytes(b"\xff")
    for name in ("none", "bytes"):
        with pytest.raises(ConfigurationError, match=rf"settlement\.key_file .*{name} cannot be read"):
            load(tmp_path / name, chain_id=31_337)


@pytest.mark.parametrize("text", ["0x1234", "[]", "{}", f"0x{0:064x}1"])
def test_something_else_is_no_keystore(tmp_path, monkeypatch, text):
    monkeypatch.setenv(VARIABLE, "x")
    path = tmp_path / "other"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="is no keystore"):
        load(path, chain_id=31_337)


@pytest.mark.parametrize("number", [0, 2**256 - 1])
def test_a_number_outside_the_curves_order_is_no_key(tmp_path, number):
    path = tmp_path / "number"
    path.write_text(f"0x{number:064x}")
    with pytest.raises(ConfigurationError, match="that is no private key"):
        load(path, chain_id=31_337)
