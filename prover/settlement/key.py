"""The settlement key: a file, never an option. It can do nothing but pay for gas."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from prover.settlement.anvil import DEVELOPMENT_CHAIN_ID

PASSWORD_VARIABLE = "ZKCLEAR_SETTLEMENT_PASSWORD"  # noqa: S105 - the name of the variable
PLAIN_KEY = re.compile(r"^0x[0-9a-fA-F]{64}$")


class KeyFileError(Exception):
    """The key file is missing or cannot be opened; the text says what to do."""


def load_key(path: Path, *, chain_id: int) -> LocalAccount:
    """
    The account in a keystore file (v3), whose password is in ZKCLEAR_SETTLEMENT_PASSWORD.

    On the development chain the file may hold the bare key, 0x and 64 hex digits; elsewhere that is refused.
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as cause:
        raise KeyFileError(f"settlement.key_file {path} cannot be read: {cause}") from cause
    if PLAIN_KEY.match(text):
        if chain_id != DEVELOPMENT_CHAIN_ID:
            raise KeyFileError(
                f"{path} holds a bare key; on chain {chain_id} only a keystore file (v3) is accepted"
            )
        bare: LocalAccount = Account.from_key(text)
        return bare
    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None:
        raise KeyFileError(f"the password of {path} must be in the environment variable {PASSWORD_VARIABLE}")
    try:
        opened: LocalAccount = Account.from_key(Account.decrypt(json.loads(text), password))
    except (ValueError, TypeError, KeyError) as cause:
        raise KeyFileError(f"{path} is no keystore (v3), or {PASSWORD_VARIABLE} does not open it") from cause
    return opened
