"""Calls of the contract, encoded by its ABI: for those who send them, never sent from here."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_utils.abi import function_abi_to_4byte_selector, get_abi_input_types

ABI = Path(__file__).resolve().parents[2] / "contracts" / "abi" / "Settlement.json"


@cache
def _function(name: str) -> tuple[bytes, list[str]]:
    """Selector and argument types."""
    abi: list[Any] = json.loads(ABI.read_text(encoding="utf-8"))
    (function,) = (each for each in abi if each["type"] == "function" and each["name"] == name)
    return function_abi_to_4byte_selector(function), get_abi_input_types(function)


def liquidate_calldata(*, account: int, market: int, lots: int, taker: int) -> bytes:
    """`liquidate(account, market, maxLots, taker)`: selector and four words."""
    selector, types = _function("liquidate")
    return selector + encode(types, (account, market, lots, taker))
