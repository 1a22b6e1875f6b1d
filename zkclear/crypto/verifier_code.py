"""
The constants of a verifying key inside the runtime code of a deployed verifier.

gnark's exporter writes every coordinate as a Solidity constant. The compiler pushes it with the shortest PUSH that holds
it or, when told to save code (few optimizer runs), keeps it as 32 bytes behind the code. beta, gamma and delta are exported negated. Finding all of them shows from which key the verifier was exported;
that the code around them is gnark's is shown by the code hash, which `circuit_id` commits to.
"""

from collections.abc import Iterator

from zkclear.crypto.curve import FIELD_BASE
from zkclear.crypto.groth16 import G1, G2, VerifyingKey

PUSH0 = 0x5F


def missing_constants(code: bytes, key: VerifyingKey) -> list[str]:
    """
    Names of the key's coordinates that the code does not hold; empty if the verifier was exported from this key.

    Units:   runtime code as `eth_getCode` gives it.
    Bounds:  coordinates below the field modulus.
    Rounds:  nothing.
    Rejects: nothing; an empty code misses everything.
    Claims:  C1.
    """
    return [name for name, value in constants(key) if not _holds(code, value)]


def _holds(code: bytes, value: int) -> bool:
    """Whether the code pushes `value` or carries it as a whole word."""
    length = (value.bit_length() + 7) // 8
    push = bytes([PUSH0 + length]) + value.to_bytes(length, "big")
    return push in code or value.to_bytes(32, "big") in code


def constants(key: VerifyingKey) -> Iterator[tuple[str, int]]:
    """Every coordinate that the exporter writes, by its name there."""
    yield from _one("ALPHA", key.alpha)
    for name, point in (("BETA_NEG", key.beta), ("GAMMA_NEG", key.gamma), ("DELTA_NEG", key.delta)):
        x0, x1, y0, y1 = point
        yield from _two(name, (x0, x1, -y0 % FIELD_BASE, -y1 % FIELD_BASE))
    if key.commitment is not None:
        yield from _two("PEDERSEN_G", key.commitment.g)
        yield from _two("PEDERSEN_GSIGMANEG", key.commitment.g_sigma_neg)
    yield from _one("CONSTANT", key.k[0])
    for index, point_k in enumerate(key.k[1:]):
        yield from _one(f"PUB_{index}", point_k)


def _one(name: str, point: G1) -> Iterator[tuple[str, int]]:
    yield f"{name}_X", point[0]
    yield f"{name}_Y", point[1]


def _two(name: str, point: G2) -> Iterator[tuple[str, int]]:
    for part, value in zip(("X_0", "X_1", "Y_0", "Y_1"), point, strict=True):
        yield f"{name}_{part}", value
