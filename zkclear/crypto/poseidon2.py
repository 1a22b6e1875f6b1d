"""
Poseidon2 over the BN254 scalar field: the permutation, the node compression and the leaf sponge.

Circuit twin: `circuits/tree/poseidon2.go`. Contract twin: `Poseidon2Lib.sol`. Vectors: `poseidon2.json`.
Width 4, 8 full and 56 partial rounds, S-box x^5; parameters are gnark-crypto's.
"""

from collections.abc import Sequence

from zkclear.crypto.poseidon2_constants import (
    DIAGONAL_MINUS_1,
    FIELD,
    KEYS_FIRST,
    KEYS_LAST,
    KEYS_PARTIAL,
)

TAG_ACCOUNT = 1
TAG_SLOT = 2
TAG_MARKET = 3
TAG_STATE = 4
TAG_BATCH = 5
"""Five domains of the sponge: no leaf of one kind can be read as another."""

RATE = 3


def require_element(value: int, *, name: str) -> None:
    """Refuse an integer that is not a canonical field element: v and v + p would hash alike."""
    if not 0 <= value < FIELD:
        raise ValueError(f"{name} must be a field element, 0 <= value < {FIELD}, but is {value}")


def permute(state: Sequence[int]) -> tuple[int, int, int, int]:
    """
    The permutation of four field elements.

    Units:   field elements.
    Bounds:  four elements, each below the modulus.
    Rounds:  nothing.
    Rejects: ValueError for another count or an element out of the field.
    Claims:  C11.
    """
    if len(state) != 4:
        raise ValueError(f"the permutation takes 4 elements, not {len(state)}")
    for index, value in enumerate(state):
        require_element(value, name=f"element {index}")
    return _permute(*state)


def _permute(a: int, b: int, c: int, d: int) -> tuple[int, int, int, int]:
    """
    The permutation without checks.

    Written out because it is the inner loop of every tree: names are locals, sums are left unreduced
    (they stay a few bits above the field), and only products are taken modulo p.
    """
    a, b, c, d = _external(a, b, c, d)
    a, b, c, d = _full_rounds(a, b, c, d, KEYS_FIRST)
    p = FIELD
    d0, d1, d2, d3 = DIAGONAL_MINUS_1
    for key in KEYS_PARTIAL:
        a += key
        square = a * a % p
        a = square * square % p * a % p
        total = a + b + c + d
        a = (a * d0 + total) % p
        b = (b * d1 + total) % p
        c = (c * d2 + total) % p
        d = (d * d3 + total) % p
    a, b, c, d = _full_rounds(a, b, c, d, KEYS_LAST)
    return a % p, b % p, c % p, d % p


def _full_rounds(
    a: int, b: int, c: int, d: int, keys: Sequence[tuple[int, int, int, int]]
) -> tuple[int, int, int, int]:
    """Rounds in which every lane passes the S-box; the result is not reduced."""
    p = FIELD
    for key_a, key_b, key_c, key_d in keys:
        a += key_a
        b += key_b
        c += key_c
        d += key_d
        square = a * a % p
        a = square * square % p * a % p
        square = b * b % p
        b = square * square % p * b % p
        square = c * c % p
        c = square * square % p * c % p
        square = d * d % p
        d = square * square % p * d % p
        a, b, c, d = _external(a, b, c, d)
    return a, b, c, d


def _external(a: int, b: int, c: int, d: int) -> tuple[int, int, int, int]:
    """Multiplication by the external matrix ((5,7,1,3), (4,6,1,1), (1,3,5,7), (1,1,4,6)), not reduced."""
    ab = a + b
    cd = c + d
    left = b + b + cd
    right = d + d + ab
    last = 4 * cd + right
    second = 4 * ab + left
    return right + second, second, left + last, last


def compress(x0: int, x1: int, x2: int, x3: int) -> int:
    """
    A tree node of four children: `sum_i (x_i + P(x)_i)` (Jive).

    The inputs are added back because a permutation alone can be inverted, so that paths could be forged.

    Units:   field elements.
    Bounds:  each below the modulus.
    Rounds:  nothing.
    Rejects: ValueError for an element out of the field.
    Claims:  C11.
    """
    a, b, c, d = permute((x0, x1, x2, x3))
    return (a + b + c + d + x0 + x1 + x2 + x3) % FIELD


def sponge(tag: int, elements: Sequence[int]) -> int:
    """
    Hash of a list under a domain tag: capacity lane `tag * 2^64 + length`, rate 3, result in lane 0.

    Units:   field elements.
    Bounds:  1 <= tag < 2^64, fewer than 2^64 elements, each below the modulus.
    Rounds:  nothing.
    Rejects: ValueError for a tag or an element out of its bound.
    Claims:  C1, C11.
    """
    if not 1 <= tag < 1 << 64:
        raise ValueError(f"a tag is in 1 .. 2^64 - 1, not {tag}")
    for index, value in enumerate(elements):
        require_element(value, name=f"element {index}")
    a, b, c, d = 0, 0, 0, (tag << 64) + len(elements)
    padded = [*elements, *([0] * (-len(elements) % RATE or RATE * (not elements)))]
    for start in range(0, len(padded), RATE):
        x, y, z = padded[start : start + RATE]
        a, b, c, d = _permute((a + x) % FIELD, (b + y) % FIELD, (c + z) % FIELD, d)
    return a
