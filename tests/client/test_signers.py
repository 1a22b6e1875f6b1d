"""Keys."""

import stat

import pytest
from eth_account import Account

from zkclear.client import DevSigner, KeystoreSigner, LocalSigner
from zkclear.client.errors import AuthenticationError
from zkclear.client.signers import write_keystore
from zkclear.crypto.keccak import keccak256
from zkclear.crypto.signatures import recover

ANVIL_0 = "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
ANVIL_2 = "0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc"


def test_development_signers_are_the_accounts_of_a_local_chain():
    assert [f"0x{DevSigner(n).address.hex()}" for n in (0, 2)] == [ANVIL_0, ANVIL_2]


def test_a_signature_recovers_its_signer_and_has_a_low_s():
    signer, digest = DevSigner(3), keccak256(b"something")
    signature = signer.sign(digest)
    assert len(signature) == 65
    assert signature[64] in (27, 28)
    assert recover(digest, signature) == int.from_bytes(signer.address, "big")


@pytest.mark.parametrize("key", ["0x12", "zz", b"short", "0x" + "00" * 32, "0x" + "ff" * 32])
def test_a_bad_key_is_refused(key):
    with pytest.raises(AuthenticationError, match="a private key is 32 bytes"):
        LocalSigner(key)


def test_a_signer_does_not_show_its_key():
    signer = DevSigner(0)
    assert signer.secret.hex() not in repr(signer)


def test_a_keystore_opens_with_its_password_only(tmp_path, monkeypatch):
    # A keystore of few rounds: how slow the hash is does not matter here.
    encrypt = Account.encrypt
    monkeypatch.setattr(Account, "encrypt", lambda key, password: encrypt(key, password, iterations=2))
    path = tmp_path / "key.json"
    write_keystore(path, DevSigner(1).secret, "secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KeystoreSigner(path, "secret").address == DevSigner(1).address
    with pytest.raises(AuthenticationError, match="does not open"):
        KeystoreSigner(path, "wrong")
    with pytest.raises(FileExistsError):
        write_keystore(path, DevSigner(2).secret, "secret")


def test_a_missing_keystore_says_so(tmp_path):
    with pytest.raises(AuthenticationError, match="cannot be read"):
        KeystoreSigner(tmp_path / "none.json", "x")
