"""
Twelve checks of a verifying key: each is a way in which somebody's honest-looking key let proofs be forged.

Circuit twin: `circuits/keys/lint.go`. Source: the soundness rules for gnark and Groth16 (gamma = delta, a default delta,
an input that no point of K binds, a verifier that was exported from another key).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from zkclear.crypto.curve import FIELD_BASE, GENERATOR_G2, CurveError, parse_g1, parse_g2
from zkclear.crypto.groth16 import G1, G2, VerifyingKey
from zkclear.crypto.verifier_code import missing_constants

INPUTS = 3
"""h, r, y."""
COMMITMENTS_MAX = 1
P = TypeVar("P", G1, G2)


@dataclass(frozen=True, slots=True)
class Check:
    """One check, whether the key passed it, and what was seen."""

    name: str
    passed: bool
    evidence: str


def lint(
    key: VerifyingKey,
    *,
    inputs: int = INPUTS,
    commitments: int | None = None,
    constraint_hashes: tuple[str, str] | None = None,
    code: bytes | None = None,
) -> list[Check]:
    """
    All checks that can be made with what is given; the key is good if every one passed.

    Units:   `constraint_hashes` = (computed, manifest's); `code` = runtime code of the deployed verifier.
    Bounds:  `commitments` where the source says how many there are (a `VerifyingKey` holds at most one).
    Rounds:  nothing.
    Rejects: nothing; a bad key is a check that did not pass.
    Claims:  C1.
    """
    ones: list[tuple[str, G1]] = [
        ("alpha", key.alpha),
        *((f"K[{i}]", point) for i, point in enumerate(key.k)),
    ]
    twos: list[tuple[str, G2]] = [("beta", key.beta), ("gamma", key.gamma), ("delta", key.delta)]
    if key.commitment is not None:
        twos += [("commitment g", key.commitment.g), ("commitment gSigmaNeg", key.commitment.g_sigma_neg)]
    count = int(key.commitment is not None) if commitments is None else commitments
    checks = [
        _none("no point at infinity", [name for name, point in (*ones[:1], *twos) if not any(point)]),
        _none("points of G1 on the curve", _bad(ones, lambda point, name: parse_g1(point, name=name))),
        _none("points of G2 in the subgroup", _bad(twos, lambda point, name: parse_g2(point, name=name))),
        _none("delta is not gamma", ["delta = gamma"] if key.delta == key.gamma else []),
        _none("delta is not the generator", ["delta = +-G2"] if _is_generator(key.delta) else []),
        _equal("length of K", len(key.k), inputs + 1 + count),
        _none("no point of K is zero", [name for name, point in ones[1:] if not any(point)]),
        _none("no point of K twice", _repeated(key.k)),
        Check("at most one commitment", count <= COMMITMENTS_MAX, f"{count} of at most {COMMITMENTS_MAX}"),
        _none("commitment key has a secret", _weak_commitment(key)),
    ]
    if constraint_hashes is not None:
        checks.append(_equal("constraint system is the manifest's", *constraint_hashes))
    if code is not None:
        checks.append(_none("exported constants are the key's", missing_constants(code, key)))
    return checks


def _none(name: str, found: Sequence[str]) -> Check:
    return Check(name, not found, "; ".join(found) or "none found")


def _equal(name: str, given: object, wanted: object) -> Check:
    return Check(name, given == wanted, f"{given}" if given == wanted else f"{given}, but should be {wanted}")


def _bad(points: Sequence[tuple[str, P]], parse: Callable[[P, str], object]) -> list[str]:
    complaints = []
    for name, point in points:
        try:
            parse(point, name)
        except CurveError as cause:
            complaints.append(str(cause))
    return complaints


def _repeated(points: Sequence[G1]) -> list[str]:
    """Two inputs with one point, or opposite ones, could be traded for each other: such points share x."""
    return [
        f"K[{i}] = +-K[{j}]"
        for i, point in enumerate(points)
        for j, other in enumerate(points[:i])
        if point[0] == other[0]
    ]


def negative_g2(point: G2) -> G2:
    """The inverse of a point of G2 with reduced coordinates."""
    x0, x1, y0, y1 = point
    return x0, x1, -y0 % FIELD_BASE, -y1 % FIELD_BASE


def _is_generator(point: G2) -> bool:
    return point in (GENERATOR_G2, negative_g2(GENERATOR_G2))


def _weak_commitment(key: VerifyingKey) -> list[str]:
    """With gSigmaNeg = -sigma*g and sigma = 1 or -1 anybody could make a proof of knowledge."""
    if key.commitment is None:
        return []
    g, g_sigma_neg = key.commitment.g, key.commitment.g_sigma_neg
    return ["gSigmaNeg = +-g"] if g_sigma_neg in (g, negative_g2(g)) else []
