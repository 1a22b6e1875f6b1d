"""Cases of `zkclear/rules/num.py`."""

from collections.abc import Iterator
from typing import Any

from tests.vectors.drawer import case

MODULE = "num"
CLAIMS = ("C4", "C6")
NOTES = {
    "Exact": "the divisor divides: both directions agree",
    "Rounding": "one unit off here lends or takes a unit",
    "Negative": "towards plus or minus infinity, not towards zero",
}


def cases() -> Iterator[dict[str, Any]]:
    for call in ("div_ceil", "div_floor"):
        for numerator in (0, 10**6, 7 * 10**6, -(10**6)):
            yield case(call, "Exact", numerator=numerator, divisor=10**6)
        for numerator in (1, 999_999, 1_000_001, 2**116 - 1, 2**96 + 1):
            yield case(call, "Rounding", numerator=numerator, divisor=10**6)
            yield case(call, "Rounding", "Negative", numerator=-numerator, divisor=10**6)
        yield case(call, "Rounding", numerator=10, divisor=3)
        yield case(call, "Exact", numerator=10, divisor=1)
