"""
BN254 points from outside, checked as the EVM's precompiles check them, and products of pairings.

py-ecc itself checks neither that coordinates are reduced nor that a point of the twist lies in the right subgroup.
Points are in py-ecc's projective form; the point at infinity is written (0, 0), as the precompiles have it.
"""

from collections.abc import Sequence

from py_ecc.fields import optimized_bn128_FQ as FQ
from py_ecc.fields import optimized_bn128_FQ2 as FQ2
from py_ecc.fields import optimized_bn128_FQ12 as FQ12
from py_ecc.optimized_bn128 import optimized_curve, optimized_pairing

G1Point = tuple[FQ, FQ, FQ]
G2Point = tuple[FQ2, FQ2, FQ2]

FIELD_BASE: int = optimized_curve.field_modulus
FIELD_SCALAR: int = optimized_curve.curve_order
GENERATOR_G2 = (
    10857046999023057135944570762232829481370756359578518086990519993285655852781,
    11559732032986387107991004021392285783925812861821192530917403151452391805634,
    8495653923123431417604973247489272438418190587263600148770280649306958101930,
    4082367875863433681332203403145435568316851327593401208105741076214120093531,
)


class CurveError(Exception):
    """A point that is not one: which, and what is wrong with it."""


def _require_reduced(coordinates: Sequence[int], name: str) -> None:
    for coordinate in coordinates:
        if not 0 <= coordinate < FIELD_BASE:
            raise CurveError(f"{name} has the coordinate {coordinate}, which is not below the field modulus")


def parse_g1(point: tuple[int, int], *, name: str) -> G1Point:
    """The point (x, y) of G1; the curve has no cofactor, so on the curve is in the group."""
    _require_reduced(point, name)
    if point == (0, 0):
        return FQ(1), FQ(1), FQ(0)
    parsed = FQ(point[0]), FQ(point[1]), FQ(1)
    if not optimized_curve.is_on_curve(parsed, optimized_curve.b):
        raise CurveError(f"{name} is not on the curve")
    return parsed


def parse_g2(point: tuple[int, int, int, int], *, name: str) -> G2Point:
    """The point (x0, x1, y0, y1) of G2, refused outside the subgroup of prime order."""
    _require_reduced(point, name)
    if point == (0, 0, 0, 0):
        return FQ2.one(), FQ2.one(), FQ2.zero()
    parsed = FQ2(point[:2]), FQ2(point[2:]), FQ2.one()
    if not optimized_curve.is_on_curve(parsed, optimized_curve.b2):
        raise CurveError(f"{name} is not on the twist")
    if not optimized_curve.is_inf(optimized_curve.multiply(parsed, FIELD_SCALAR)):
        raise CurveError(f"{name} is on the twist but outside the subgroup of order r")
    return parsed


def add(left: G1Point, right: G1Point) -> G1Point:
    """The sum of two points of G1."""
    return optimized_curve.add(left, right)


def multiply(point: G1Point, scalar: int) -> G1Point:
    """`scalar` times a point of G1."""
    return optimized_curve.multiply(point, scalar)


def negate(point: G1Point) -> G1Point:
    """The inverse of a point of G1."""
    return optimized_curve.neg(point)


def product_is_one(pairs: Sequence[tuple[G1Point, G2Point]]) -> bool:
    """Whether `prod e(P_i, Q_i) = 1`, with one final exponentiation; infinity contributes 1."""
    product = FQ12.one()
    for p, q in pairs:
        if not optimized_curve.is_inf(p) and not optimized_curve.is_inf(q):
            product = product * optimized_pairing.pairing(q, p, final_exponentiate=False)
    return bool(optimized_pairing.final_exponentiate(product) == FQ12.one())
