"""Each claim of ARCHITECTURE.md has a rule, a gadget, a test that accepts and a test that forges."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORGING = re.compile(r"forg|refus|reject|false|invent|another|lie|not|oneunit", re.IGNORECASE)


def claims() -> list[str]:
    """The claims that the table of ARCHITECTURE.md lists as proved."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    return re.findall(r"^\| (C\d+) \|", text, re.MULTILINE)


def sources(pattern: str, *, tests: bool = False) -> Iterable[str]:
    """Texts of the files that match, test files or others."""
    for path in sorted(ROOT.glob(pattern)):
        if path.stem.endswith("_test") == tests:
            yield path.read_text(encoding="utf-8")


def names(claim: str) -> list[str]:
    """Names of the Go and Python tests of a claim."""
    go = [
        name
        for text in sources("circuits/**/*.go", tests=True)
        for name in re.findall(r"func (Test\w+)", text)
    ]
    python = [
        name
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))
    ]
    return [name for name in go + python if re.search(rf"_{claim}(_|$)", name, re.IGNORECASE)]


def mentioned(claim: str, texts: Iterable[str]) -> bool:
    """Whether a `Claim: C4` or `Claims: C4 C5` line names the claim; ranges are written out."""
    listed = [line for text in texts for line in text.splitlines() if re.search(r"Claims?[:. ]", line)]
    for line in listed:
        found = {int(number) for number in re.findall(r"\bC(\d+)\b", line)}
        for low, high in re.findall(r"\bC(\d+) to C(\d+)\b", line):
            found |= set(range(int(low), int(high) + 1))
        if int(claim[1:]) in found:
            return True
    return False


def test_the_table_of_claims_is_read():
    assert claims() == ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C11"]


@pytest.mark.parametrize("claim", claims())
def test_a_claim_has_its_rule(claim):
    assert mentioned(claim, sources("zkclear/rules/*.py"))


@pytest.mark.parametrize("claim", claims())
def test_a_claim_has_its_gadget(claim):
    assert mentioned(claim, sources("circuits/**/*.go"))


@pytest.mark.parametrize("claim", claims())
def test_a_claim_has_tests_that_accept_and_tests_that_forge(claim):
    of_claim = names(claim)
    assert [name for name in of_claim if not FORGING.search(name)], f"nothing accepts {claim}: {of_claim}"
    assert [name for name in of_claim if FORGING.search(name)], f"nothing forges {claim}: {of_claim}"
