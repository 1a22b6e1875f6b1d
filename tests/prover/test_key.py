"""The settlement key's file."""

import json

import pytest
from eth_account import Account

from prover.settlement.anvil import development_account
from prover.settlement.key import PASSWORD_VARIABLE, KeyFileError, load_key

ACCOUNT = development_account(0)


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
    monkeypatch.setenv(PASSWORD_VARIABLE, "open sesame")
    assert load_key(keystore, chain_id=1).address == ACCOUNT.address


def test_a_wrong_or_missing_password_is_said_without_showing_it(keystore, monkeypatch):
    monkeypatch.setenv(PASSWORD_VARIABLE, "close sesame")
    with pytest.raises(KeyFileError, match="does not open it") as refused:
        load_key(keystore, chain_id=1)
    assert "close sesame" not in str(refused.value)
    monkeypatch.delenv(PASSWORD_VARIABLE)
    with pytest.raises(KeyFileError, match="must be in the environment variable"):
        load_key(keystore, chain_id=1)


def test_a_bare_key_is_good_on_the_development_chain_only(bare):
    assert load_key(bare, chain_id=31_337).address == ACCOUNT.address
    with pytest.raises(KeyFileError, match="only a keystore file"):
        load_key(bare, chain_id=1)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(KeyFileError, match=r"settlement\.key_file .* cannot be read"):
        load_key(tmp_path / "none", chain_id=31_337)


def test_something_else_is_no_keystore(tmp_path, monkeypatch):
    monkeypatch.setenv(PASSWORD_VARIABLE, "x")
    path = tmp_path / "other"
    path.write_text("0x1234")
    with pytest.raises(KeyFileError, match="is no keystore"):
        load_key(path, chain_id=31_337)
