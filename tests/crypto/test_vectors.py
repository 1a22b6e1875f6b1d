"""Every golden vector of the crypto room, replayed; the Go and Solidity tests replay the same files."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.crypto_calls import CALLS, MALFORMED, decode
from zkclear.crypto.groth16 import Fault, ProofRejected
from zkclear.rules.reject import Rejected

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
MODULES = ("poseidon2", "tree", "bind", "eip712", "groth16")


def _cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{module}-{case['id']}-{case['call']}")
        for module in MODULES
        for case in json.loads((VECTORS / f"{module}.json").read_text())["cases"]
    ]


@pytest.mark.parametrize("case", _cases())
def test_function_gives_its_golden_answer(case: dict[str, Any]) -> None:
    """The function answers as the committed vector says, or refuses for the one reason that it names."""
    call, inputs = CALLS[case["call"]], decode(case["in"])
    if case.get("reject") == MALFORMED:
        with pytest.raises((ValueError, IndexError)):
            call(inputs)
    elif case.get("reject") in set(Fault):
        with pytest.raises(ProofRejected) as rejection:
            call(inputs)
        assert case["reject"] == rejection.value.fault
    elif "reject" in case:
        with pytest.raises(Rejected) as refusal:
            call(inputs)
        assert case["reject"] == refusal.value.reason
    else:
        assert decode(case["out"]) == call(inputs)
