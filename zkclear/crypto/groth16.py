"""
A second, independent verifier of the proofs: Groth16 over BN254 with at most one commitment, on py-ecc.

It takes what the deployed verifier takes: gnark's `MarshalSolidity` bytes and keccak256 as hash to the field.
py-ecc reduces coordinates silently and does not look at the subgroup of G2, so both are checked here (`curve.py`).
Vectors: `groth16.json`, from real proofs of gnark v0.16.3.

`verifying_key.json` (written by `zkclear-circuits setup`), all numbers decimal strings:
`alpha`, each of `k`: [x, y]; `beta`, `gamma`, `delta`, `commitment.g`, `commitment.gSigmaNeg`: [x0, x1, y0, y1] with
x = x0 + x1*i; `commitment` null without a commitment; `committed`: for each commitment the 1-based indexes of the public
inputs that its hash covers; `shape` and `hash` (keccak256 of gnark's raw serialisation) name the key.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from zkclear.crypto.curve import (
    FIELD_SCALAR,
    CurveError,
    G1Point,
    G2Point,
    add,
    multiply,
    negate,
    parse_g1,
    parse_g2,
    product_is_one,
)
from zkclear.crypto.keccak import keccak256

G1 = tuple[int, int]
G2 = tuple[int, int, int, int]
"""x0, x1, y0, y1: the real part first. In proof bytes the imaginary part comes first."""

PROOF_BYTES = 256
COMMITMENT_BYTES = 128
"""A commitment and its proof of knowledge, after A, B and C."""


class Fault(StrEnum):
    """Why a proof is refused."""

    PROOF_LENGTH = "PROOF_LENGTH"
    INPUT_COUNT = "INPUT_COUNT"
    INPUT_NOT_IN_FIELD = "INPUT_NOT_IN_FIELD"
    POINT_INVALID = "POINT_INVALID"
    COMMITMENT_INVALID = "COMMITMENT_INVALID"
    PAIRING_MISMATCH = "PAIRING_MISMATCH"


class ProofRejected(Exception):  # noqa: N818  what it says when raised
    """The proof does not hold for these inputs under this key; `fault` says where it failed."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(f"{fault}: {detail}")
        self.fault = fault


@dataclass(frozen=True, slots=True)
class CommitmentKey:
    """The Pedersen key of the one commitment."""

    g: G2
    g_sigma_neg: G2


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A verifying key as numbers, not yet checked; `committed` are 1-based indexes of public inputs."""

    alpha: G1
    beta: G2
    gamma: G2
    delta: G2
    k: tuple[G1, ...]
    commitment: CommitmentKey | None = None
    committed: tuple[int, ...] = ()
    shape: str = ""
    hash: str = ""

    @property
    def inputs(self) -> int:
        """How many public inputs a proof has."""
        return len(self.k) - 1 - (self.commitment is not None)


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as numbers, not yet checked."""

    a: G1
    b: G2
    c: G1
    commitment: G1 | None = None
    knowledge: G1 | None = None


def parse_proof(data: bytes) -> Proof:
    """The points of a proof of 256 bytes (A, B, C) or 384 (and commitment, proof of knowledge)."""
    if len(data) not in (PROOF_BYTES, PROOF_BYTES + COMMITMENT_BYTES):
        raise ProofRejected(
            Fault.PROOF_LENGTH, f"a proof has 256 bytes, or 384 with a commitment, not {len(data)}"
        )
    w = [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data), 32)]
    b = (w[3], w[2], w[5], w[4])  # written imaginary part first
    if len(w) == PROOF_BYTES // 32:
        return Proof(a=(w[0], w[1]), b=b, c=(w[6], w[7]))
    return Proof(a=(w[0], w[1]), b=b, c=(w[6], w[7]), commitment=(w[8], w[9]), knowledge=(w[10], w[11]))


def parse_verifying_key(text: str) -> VerifyingKey:
    """
    The key in `verifying_key.json`.

    Units:   field elements.
    Bounds:  at most one commitment.
    Rounds:  nothing.
    Rejects: ValueError for JSON of another form, or with more than one commitment.
    Claims:  C1.
    """
    try:
        return verifying_key(json.loads(text))
    except (KeyError, TypeError, ValueError) as cause:
        raise ValueError(
            f"verifying_key.json is not of the form that zkclear-circuits writes: {cause!r}"
        ) from cause


def verifying_key(fields: Mapping[str, Any]) -> VerifyingKey:
    """The key of decoded JSON. Rejects: KeyError, TypeError, ValueError."""
    committed = fields["committed"]
    pedersen = fields["commitment"]
    if len(committed) > 1 or (pedersen is not None) != (len(committed) == 1):
        raise ValueError(f"a key has at most one commitment; this one lists {len(committed)}")
    indexes = tuple(int(index) for index in committed[0]) if committed else ()
    key = VerifyingKey(
        alpha=_pair(fields["alpha"]),
        beta=_quad(fields["beta"]),
        gamma=_quad(fields["gamma"]),
        delta=_quad(fields["delta"]),
        k=tuple(_pair(point) for point in fields["k"]),
        commitment=None
        if pedersen is None
        else CommitmentKey(_quad(pedersen["g"]), _quad(pedersen["gSigmaNeg"])),
        committed=indexes,
        shape=str(fields.get("shape", "")),
        hash=str(fields.get("hash", "")),
    )
    if any(not 1 <= index <= key.inputs for index in indexes):
        raise ValueError(f"committed inputs {indexes} are not among inputs 1 .. {key.inputs}")
    return key


def _pair(point: Sequence[str]) -> G1:
    x, y = (int(coordinate) for coordinate in point)
    return x, y


def _quad(point: Sequence[str]) -> G2:
    x0, x1, y0, y1 = (int(coordinate) for coordinate in point)
    return x0, x1, y0, y1


class Verifier:
    """Checks proofs under one key. The key's points are checked once, here: ValueError names the bad one."""

    def __init__(self, key: VerifyingKey) -> None:
        self.key = key
        try:
            self._k = [parse_g1(point, name=f"K[{index}]") for index, point in enumerate(key.k)]
            self._minus_alpha = negate(parse_g1(key.alpha, name="alpha"))
            self._beta = parse_g2(key.beta, name="beta")
            self._gamma = parse_g2(key.gamma, name="gamma")
            self._delta = parse_g2(key.delta, name="delta")
            self._pedersen: tuple[G2Point, G2Point] | None = None
            if key.commitment is not None:
                self._pedersen = (
                    parse_g2(key.commitment.g, name="commitment g"),
                    parse_g2(key.commitment.g_sigma_neg, name="commitment gSigmaNeg"),
                )
        except CurveError as cause:
            raise ValueError(f"the verifying key is not usable: {cause}") from cause

    def check(self, proof: bytes, inputs: Sequence[int]) -> None:
        """
        Accept the proof by returning.

        Units:   proof as `MarshalSolidity` writes it, inputs as field elements in circuit order (h, r, y).
        Bounds:  inputs below the scalar field's modulus: x and x + r would verify alike.
        Rounds:  nothing.
        Rejects: ProofRejected with its fault.
        Claims:  C1.
        """
        parsed = parse_proof(proof)
        self._require_shape(parsed, inputs)
        try:
            a, c = parse_g1(parsed.a, name="A"), parse_g1(parsed.c, name="C")
            b = parse_g2(parsed.b, name="B")
            total = self._k[0]
            if parsed.commitment is not None and parsed.knowledge is not None:
                point = parse_g1(parsed.commitment, name="commitment")
                self._check_knowledge(point, parse_g1(parsed.knowledge, name="proof of knowledge"))
                total = add(total, point)
                inputs = [*inputs, self._challenge(parsed.commitment, inputs)]
        except CurveError as cause:
            raise ProofRejected(Fault.POINT_INVALID, str(cause)) from cause
        for point_k, value in zip(self._k[1:], inputs, strict=True):
            total = add(total, multiply(point_k, value))
        pairs = [
            (a, b),
            (self._minus_alpha, self._beta),
            (negate(total), self._gamma),
            (negate(c), self._delta),
        ]
        if not product_is_one(pairs):
            raise ProofRejected(Fault.PAIRING_MISMATCH, "the proof does not hold for these public inputs")

    def _require_shape(self, proof: Proof, inputs: Sequence[int]) -> None:
        if (proof.commitment is not None) != (self.key.commitment is not None):
            wanted = PROOF_BYTES + (COMMITMENT_BYTES if self.key.commitment else 0)
            raise ProofRejected(Fault.PROOF_LENGTH, f"proofs under this key have {wanted} bytes")
        if len(inputs) != self.key.inputs:
            raise ProofRejected(Fault.INPUT_COUNT, f"{self.key.inputs} public inputs, not {len(inputs)}")
        for index, value in enumerate(inputs):
            if not 0 <= value < FIELD_SCALAR:
                raise ProofRejected(Fault.INPUT_NOT_IN_FIELD, f"public input {index} is {value}")

    def _check_knowledge(self, commitment: G1Point, knowledge: G1Point) -> None:
        """The prover knew what it committed to: `e(D, -sigma G) e(proof of knowledge, G) = 1`."""
        assert self._pedersen is not None, "the key was parsed with its commitment"
        g, g_sigma_neg = self._pedersen
        if not product_is_one([(commitment, g_sigma_neg), (knowledge, g)]):
            raise ProofRejected(
                Fault.COMMITMENT_INVALID, "the proof of knowledge does not fit the commitment"
            )

    def _challenge(self, commitment: G1, inputs: Sequence[int]) -> int:
        """The commitment's wire: keccak256 of the point and the public inputs that it covers."""
        numbers = [*commitment, *(inputs[index - 1] for index in self.key.committed)]
        preimage = b"".join(number.to_bytes(32, "big") for number in numbers)
        return int.from_bytes(keccak256(preimage), "big") % FIELD_SCALAR


def verify(key: VerifyingKey, proof: bytes, inputs: Sequence[int]) -> bool:
    """Whether the proof holds; `Verifier` is cheaper for many proofs and says why not. Claims: C1."""
    try:
        Verifier(key).check(proof, inputs)
    except ProofRejected:
        return False
    return True
