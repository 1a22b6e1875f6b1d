"""The contracts' ABI: package data of a wheel, `contracts/abi` in a checkout."""

import json
from functools import cache
from pathlib import Path
from typing import Any

_PLACES = (Path(__file__).parents[1] / "abi", Path(__file__).resolve().parents[2] / "contracts" / "abi")


@cache
def contract_abi(name: str) -> list[dict[str, Any]]:
    """The ABI of `Settlement` or `DevToken`."""
    for place in _PLACES:
        path = place / f"{name}.json"
        if path.is_file():
            abi: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
            return abi
    raise FileNotFoundError(f"the ABI of {name} is in neither of {', '.join(map(str, _PLACES))}")
