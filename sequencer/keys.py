"""The receipt key: a file, never an option."""

import json
import os
import re
from pathlib import Path

from eth_account import Account

from sequencer.config import ConfigurationError

PASSWORD_VARIABLE = "ZKCLEAR_SEQUENCER_PASSWORD"  # noqa: S105 - the name of the variable
DEVELOPMENT_CHAIN_ID = 31337
PLAIN_KEY = re.compile(r"^0x[0-9a-fA-F]{64}$")


def load_key(path: Path, *, chain_id: int) -> int:
    """
    The key in a keystore file (v3), whose password is in ZKCLEAR_SEQUENCER_PASSWORD.

    On the development chain the file may hold the bare key, 0x and 64 hex digits; elsewhere that is refused.
    """
    try:
        text = path.read_text(encoding="utf-8").strip()
    except OSError as cause:
        raise ConfigurationError(f"sequencer.key_file {path} cannot be read: {cause}") from cause
    if PLAIN_KEY.match(text):
        if chain_id != DEVELOPMENT_CHAIN_ID:
            raise ConfigurationError(
                f"{path} holds a bare key; on chain {chain_id} only a keystore file (v3) is accepted"
            )
        return int(text, 16)
    password = os.environ.get(PASSWORD_VARIABLE)
    if password is None:
        raise ConfigurationError(
            f"the password of {path} must be in the environment variable {PASSWORD_VARIABLE}"
        )
    try:
        return int.from_bytes(Account.decrypt(json.loads(text), password), "big")
    except (ValueError, TypeError, KeyError) as cause:
        raise ConfigurationError(
            f"{path} is no keystore (v3), or {PASSWORD_VARIABLE} does not open it"
        ) from cause
