"""Cases of `zkclear/crypto/groth16.py`: two real proofs of gnark, and what a forger would make of them."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from py_ecc.fields import optimized_bn128_FQ2 as FQ2
from py_ecc.optimized_bn128 import optimized_curve as curve

from tests.vectors.crypto_calls import case, decode
from zkclear.crypto.curve import FIELD_BASE, FIELD_SCALAR

MODULE = "groth16"
CLAIMS = ("C1",)
NOTES = {
    "Honest": "proofs by gnark v0.16.3; `key` names a file of tests/vectors/groth16",
    "Covered": "the commitment's hash also covers a public input",
    "Again": "A*t, B/t proves the same: a proof can be re-randomised, so it is never an id",
    "Input": "each public input changed; with + r the field element is the same and still refused",
    "Reduced": "a coordinate + p is the same point to a careless library",
    "Curve": "off the curve, or on the twist but outside the subgroup of order r",
    "Point": "a valid point, but the wrong one",
    "Commitment": "commitment and proof of knowledge changed together keep their own equation",
    "Length": "a proof of another length or with another number of inputs",
    "Swapped": "real and imaginary part exchanged, or the proof of another key",
}
RAW = Path(__file__).resolve().parent.parent / "groth16"
A, B, C, COMMITMENT, KNOWLEDGE = 0, 2, 6, 8, 10
"""Word index of each point in a proof of 384 bytes."""
SAMPLES = {name: json.loads((RAW / f"{name}.json").read_text()) for name in ("standin", "covered")}
Words = list[int]


def _words(name: str) -> Words:
    data = decode(SAMPLES[name]["proof"])
    return [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data), 32)]


def _inputs(name: str) -> list[int]:
    return [int(value) for value in SAMPLES[name]["inputs"]]


def _verify(
    name: str,
    *flags: str,
    words: Sequence[int] | None = None,
    inputs: Sequence[int] | None = None,
    cut: int = 384,
) -> dict[str, Any]:
    proof = b"".join(word.to_bytes(32, "big") for word in (words or _words(name)))
    return case("verify", *flags, key=name, proof=proof[:cut], inputs=inputs or _inputs(name))


def _with(name: str, changes: dict[int, int]) -> Words:
    return [changes.get(index, word) for index, word in enumerate(_words(name))]


def _times(words: Words, place: int, scalar: int) -> dict[int, int]:
    """The words of a point of G1 multiplied by `scalar`."""
    point = tuple(curve.FQ(word) for word in words[place : place + 2])
    x, y = curve.normalize(curve.multiply((*point, curve.FQ(1)), scalar))
    return {place: int(x), place + 1: int(y)}


def _g2_words(point: Any) -> dict[int, int]:
    """The words of B, imaginary part first."""
    x, y = curve.normalize(point)
    parts = [*reversed(x.coeffs), *reversed(y.coeffs)]
    return {B + index: int(part) for index, part in enumerate(parts)}


def _g2(words: Words) -> Any:
    return FQ2([words[B + 1], words[B]]), FQ2([words[B + 3], words[B + 2]]), FQ2.one()


def _outside_subgroup() -> Any:
    """The first point of the twist with x = k + i that is not in the subgroup of order r."""
    for k in range(1, 100):
        x = FQ2([k, 1])
        y = _square_root(x * x * x + curve.b2)
        if y is not None and not curve.is_inf(curve.multiply((x, y, FQ2.one()), FIELD_SCALAR)):
            return x, y, FQ2.one()
    raise AssertionError("half of all x are on the twist, and nearly none of those in the subgroup")


def _square_root(value: Any) -> Any:
    """A root in F_p2 (p = 3 mod 4) by the complex method, or None."""
    a, b = (int(part) for part in value.coeffs)
    norm = pow(a * a + b * b, (FIELD_BASE + 1) // 4, FIELD_BASE)
    for sign in (1, -1):
        half = (a + sign * norm) * pow(2, -1, FIELD_BASE) % FIELD_BASE
        x0 = pow(half, (FIELD_BASE + 1) // 4, FIELD_BASE)
        if x0 and x0 * x0 % FIELD_BASE == half:
            root = FQ2([x0, b * pow(2 * x0, -1, FIELD_BASE) % FIELD_BASE])
            if root * root == value:
                return root
    return None


def _again(name: str) -> Words:
    words, t = _words(name), 12_345
    b = curve.multiply(_g2(words), pow(t, -1, FIELD_SCALAR))
    return _with(name, {**_times(words, A, t), **_g2_words(b)})


def _inputs_changed() -> Iterator[dict[str, Any]]:
    for name in SAMPLES:
        for place in range(3):
            inputs = _inputs(name)
            inputs[place] += 1
            yield _verify(name, "Input", inputs=inputs)
    for place in range(3):
        inputs = _inputs("covered")
        inputs[place] += FIELD_SCALAR
        yield _verify("covered", "Input", inputs=inputs)
    yield _verify("covered", "Input", "Length", inputs=_inputs("covered")[:2])
    yield _verify("covered", "Input", "Length", inputs=[*_inputs("covered"), 0])


def _points_changed() -> Iterator[dict[str, Any]]:
    name = "covered"
    words = _words(name)
    for place in (A, B, C, COMMITMENT, KNOWLEDGE):
        yield _verify(name, "Reduced", words=_with(name, {place: words[place] + FIELD_BASE}))
        yield _verify(name, "Curve", words=_with(name, {place + 1: (words[place + 1] + 1) % FIELD_BASE}))
    yield _verify(name, "Curve", words=_with(name, _g2_words(_outside_subgroup())))
    for place in (A, C, COMMITMENT, KNOWLEDGE):
        yield _verify(name, "Point", words=_with(name, _times(words, place, 2)))
    yield _verify(name, "Point", words=_with(name, _times(words, A, FIELD_SCALAR - 1)))
    yield _verify(name, "Point", words=_with(name, _g2_words(curve.multiply(_g2(words), 2))))
    zero = {A: 0, A + 1: 0}
    yield _verify(name, "Point", words=_with(name, zero))
    both = {**_times(words, COMMITMENT, 2), **_times(words, KNOWLEDGE, 2)}
    yield _verify(name, "Commitment", words=_with(name, both))
    nothing = dict.fromkeys(range(COMMITMENT, KNOWLEDGE + 2), 0)
    yield _verify(name, "Commitment", words=_with(name, nothing))
    swapped = {B: words[B + 1], B + 1: words[B], B + 2: words[B + 3], B + 3: words[B + 2]}
    yield _verify(name, "Swapped", words=_with(name, swapped))
    yield _verify(name, "Swapped", words=_words("standin"), inputs=_inputs("standin"))


def cases() -> Iterator[dict[str, Any]]:
    yield _verify("standin", "Honest")
    yield _verify("covered", "Honest", "Covered")
    yield _verify("covered", "Again", words=_again("covered"))
    yield from _inputs_changed()
    yield from _points_changed()
    for cut in (0, 256, 383):
        yield _verify("covered", "Length", cut=cut)
