"""Cases of `zkclear/crypto/poseidon2.py`."""

import random
from collections.abc import Iterator
from typing import Any

from tests.vectors.crypto_calls import case
from zkclear.crypto.poseidon2_constants import FIELD

MODULE = "poseidon2"
CLAIMS = ("C1", "C11")
NOTES = {
    "Known": "permute([1,2,3,4]) was also computed by gnark-crypto v0.21.0 and by npm @zkpassport/poseidon2 0.6.2",
    "Edge": "0 and p - 1 in every lane",
    "Alias": "p and p + 1 would hash as 0 and 1: refused, never reduced",
    "Length": "lengths around the rate of 3: a missing element is not a 0 element, for the length is hashed",
    "Tag": "the same elements under another tag",
    "Random": "drawn with a fixed seed",
}


def cases() -> Iterator[dict[str, Any]]:
    draw = random.Random(4)

    def element() -> int:
        return draw.randrange(FIELD)

    yield case("permute", "Known", state=[1, 2, 3, 4])
    for state in ([0] * 4, [FIELD - 1] * 4, [0, 0, 0, 1], [1, 0, 0, 0], [FIELD - 1, 0, FIELD - 1, 0]):
        yield case("permute", "Edge", state=state)
        yield case("compress", "Edge", children=state)
    for place in range(4):
        for alias in (FIELD, FIELD + 1):
            yield case("compress", "Alias", children=[alias if place == i else 7 for i in range(4)])
    for _ in range(12):
        yield case("permute", "Random", state=[element() for _ in range(4)])
        yield case("compress", "Random", children=[element() for _ in range(4)])
    for length in range(8):
        yield case("sponge", "Length", tag=5, elements=[0] * length)
        yield case("sponge", "Length", tag=5, elements=[element() for _ in range(length)])
    for tag in (1, 2, 3, 4, 5):
        yield case("sponge", "Tag", tag=tag, elements=[1, 2, 3, 4, 5, 6, 7])
    yield case("sponge", "Alias", tag=1, elements=[1, FIELD])
    yield case("sponge", "Random", tag=5, elements=[element() for _ in range(200)])
