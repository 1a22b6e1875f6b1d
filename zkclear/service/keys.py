"""A program's key: a file, never an option."""

import json
import os
import re
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from zkclear.service.configuration import ConfigurationError
from zkclear.service.sections import DEVELOPMENT_CHAIN_ID

BARE_KEY = re.compile(r"0x[0-9a-fA-F]{64}")


def load_key(path: Path, *, setting: str, password_variable: str, chain_id: int) -> LocalAccount:
    """
    The account in a keystore file (v3), whose password is in the environment. `setting` is the key that names the file.

    On the development chain the file may hold the bare key, 0x and 64 hex digits; elsewhere that is refused.
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as cause:
        raise ConfigurationError(f"{setting} {path} cannot be read: {cause}") from cause
    if BARE_KEY.fullmatch(text):
        if chain_id != DEVELOPMENT_CHAIN_ID:
            raise ConfigurationError(
                f"{path} holds a bare key; on chain {chain_id} only a keystore file (v3) is accepted"
            )
        return _account(text, path)
    password = os.environ.get(password_variable)
    if password is None:
        raise ConfigurationError(
            f"the password of {path} must be in the environment variable {password_variable}"
        )
    try:
        secret = Account.decrypt(json.loads(text), password)
    except (ValueError, TypeError, KeyError) as cause:
        raise ConfigurationError(
            f"{path} is no keystore (v3), or {password_variable} does not open it"
        ) from cause
    return _account(secret, path)


def _account(secret: str | bytes, path: Path) -> LocalAccount:
    try:
        found: LocalAccount = Account.from_key(secret)
    except ValueError as cause:
        raise ConfigurationError(f"{path} holds a number that is no private key") from cause
    return found
