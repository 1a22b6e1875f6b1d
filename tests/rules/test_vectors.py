"""Every golden vector of the rule book, replayed; the same files are replayed by the Go and Solidity tests."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.calls import CALLS
from tests.vectors.records import numbers
from zkclear.rules.reject import Reject, Rejected

VECTORS = Path(__file__).resolve().parent.parent / "vectors"
MODULES = (
    "num",
    "margin",
    "funding",
    "orders",
    "fills",
    "requests",
    "closing",
    "liquidation",
    "markets",
    "words",
    "transition",
)


def _cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{module}-{case['id']}-{case['call']}")
        for module in MODULES
        for case in json.loads((VECTORS / f"{module}.json").read_text())["cases"]
    ]


@pytest.mark.parametrize("case", _cases())
def test_rule_gives_its_golden_answer(case: dict[str, Any]) -> None:
    """The rule answers as the committed vector says, or refuses for the one reason that it names."""
    call, inputs = CALLS[case["call"]], numbers(case["in"])
    if "reject" in case:
        with pytest.raises(Rejected) as refusal:
            call(inputs)
        assert case["reject"] == refusal.value.reason
    else:
        assert numbers(case["out"]) == call(inputs)


def test_every_reason_of_the_rule_book_has_a_vector() -> None:
    """A reason that no vector shows is either dead or untested."""
    seen = set()
    for path in VECTORS.glob("*.json"):
        if path.stem in MODULES:
            seen |= {case.get("reject") for case in json.loads(path.read_text())["cases"]}
    assert not {str(reason) for reason in Reject} - seen
