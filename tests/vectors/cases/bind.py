"""Cases of `zkclear/crypto/bind.py`."""

import random
from collections.abc import Iterator
from typing import Any

from tests.vectors.crypto_calls import case
from zkclear.crypto.poseidon2_constants import FIELD
from zkclear.rules.shapes import MICRO, TINY
from zkclear.rules.words import word_count

MODULE = "bind"
CLAIMS = ("C1",)
NOTES = {
    "Zero": "every word 0: h still depends on how many there are",
    "Roots": "words 2 and 3 may use the whole field, the others stay below 2^248",
    "Alias": "w + p in the place of w gives the same h and y, so it is refused",
    "Order": "two words swapped change all three values",
    "Domain": "one chain, contract or verifier changed changes the domain",
    "Random": "drawn with a fixed seed",
}


def _words(draw: random.Random, count: int) -> list[int]:
    words = [draw.randrange(2**248) for _ in range(count)]
    words[2], words[3] = draw.randrange(FIELD), draw.randrange(FIELD)
    return words


def cases() -> Iterator[dict[str, Any]]:
    draw = random.Random(7)
    for count in (4, 5, 6, 7):
        yield case("bind", "Zero", words=[0] * count)
    yield case("bind", "Roots", words=[2**248 - 1, 2**248 - 1, FIELD - 1, FIELD - 1, 2**248 - 1])
    for place, word in ((0, 2**248), (4, 2**248), (2, FIELD), (3, FIELD + 5), (1, FIELD + 5)):
        yield case("bind", "Alias", words=[word if index == place else 5 for index in range(6)])
    yield case("bind", "Order", words=[1, 2, 3, 4, 5, 6])
    yield case("bind", "Order", words=[1, 2, 3, 4, 6, 5])
    for shape in (MICRO, TINY):
        words = _words(draw, word_count(shape))
        yield case("bind", "Random", words=words)
    yield case("words_hash", "Random", words=words)
    yield case("challenge", "Random", words=words, h=draw.randrange(FIELD))
    yield case("horner", words=words, r=0)
    yield case("horner", words=words, r=1)
    yield case("horner", "Random", words=words, r=draw.randrange(2**248))
    hashes = [draw.randbytes(32) for _ in range(4)]
    yield case("circuit_id", code_hashes=hashes)
    yield case("circuit_id", "Domain", code_hashes=hashes[:3])
    yield case("circuit_id", "Domain", code_hashes=[hashes[0][:31]])
    for chain_id, contract, circuit in (
        (1, 2**160 - 1, hashes[0]),
        (31_337, 2**160 - 1, hashes[0]),
        (31_337, 5, hashes[0]),
        (31_337, 5, hashes[1]),
    ):
        yield case("domain_word", "Domain", chain_id=chain_id, contract=contract, circuit_id=circuit)
