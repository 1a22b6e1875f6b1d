"""
Keys that sign: for development, from memory, from a keystore file.

A signer signs 32-byte digests and nothing else, so that what is signed is always built by `zkclear.crypto.eip712`.
"""

import json
import os
from functools import cache
from pathlib import Path
from typing import Protocol

from eth_account import Account

from zkclear.client.errors import AuthenticationError
from zkclear.crypto import signatures

DEV_MNEMONIC = "test test test test test test test test test test test junk"
"""The mnemonic of every local development chain; its keys are public and worth nothing."""
KEY_BYTES = 32


class Signer(Protocol):
    """Something that holds a secp256k1 key."""

    @property
    def address(self) -> bytes:
        """The 20 bytes that ecrecover gives for its signatures."""

    def sign(self, digest: bytes) -> bytes:
        """A signature of 65 bytes: r, s, v (27 or 28), low s."""


class LocalSigner:
    """A key in memory: 32 bytes, or 0x-hex."""

    def __init__(self, key: bytes | str) -> None:
        try:
            secret = bytes.fromhex(key.removeprefix("0x")) if isinstance(key, str) else bytes(key)
            self._key = int.from_bytes(secret, "big") if len(secret) == KEY_BYTES else 0
            address = signatures.address_of(self._key)
        except ValueError as error:
            raise AuthenticationError(
                f"a private key is {KEY_BYTES} bytes, or 64 hex digits: {error}"
            ) from error
        self.address: bytes = address.to_bytes(20, "big")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(0x{self.address.hex()})"

    @property
    def secret(self) -> bytes:
        """The key itself, for what must sign whole transactions."""
        return self._key.to_bytes(KEY_BYTES, "big")

    def sign(self, digest: bytes) -> bytes:
        """A signature of 65 bytes: r, s, v (27 or 28), low s."""
        return signatures.to_long(signatures.sign(digest, self._key))


@cache
def _dev_key(index: int) -> bytes:
    Account.enable_unaudited_hdwallet_features()
    return bytes(Account.from_mnemonic(DEV_MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}").key)


class DevSigner(LocalSigner):
    """Key `n` of the development mnemonic, which is account `n` of anvil and owns zkclear account n + 1."""

    def __init__(self, n: int) -> None:
        super().__init__(_dev_key(n))


class KeystoreSigner(LocalSigner):
    """A key from an encrypted keystore file (version 3)."""

    def __init__(self, path: str | os.PathLike[str], password: str) -> None:
        try:
            keystore = json.loads(Path(path).read_text(encoding="utf-8"))
            key = bytes(Account.decrypt(keystore, password))
        except OSError as error:
            raise AuthenticationError(f"keystore {path} cannot be read: {error}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise AuthenticationError(f"keystore {path} does not open with this password: {error}") from error
        super().__init__(key)


def write_keystore(path: Path, key: bytes, password: str) -> None:
    """Writes a key as an encrypted keystore file that only its user may read; an existing file is never replaced."""
    text = json.dumps(Account.encrypt(key, password), indent=1) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
