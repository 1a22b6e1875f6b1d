"""
The verifying key inside a deployed verifier's code, and whether the rest of that code is gnark's verifier.

`verifier_template.hex` is gnark's exported contract, compiled as this repository compiles it, with a marker in place of each
constant of the key. A deployed verifier must be the same instructions: only where the template has a marker may it have a value
of its own, and the same one wherever that marker stands. So neither the key nor the code is taken on the operator's word.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zkclear.crypto.groth16 import G1, G2, CommitmentKey, VerifyingKey
from zkclear.crypto.keccak import keccak256

FIELD_P = 0x30644E72E131A029B85045B68181585D97816A916871CA8D3C208C16D87CFD47
"""Modulus of the coordinates of BN254."""
PUBLIC_POINTS = 4
"""Three public inputs and the commitment's hash."""

_PUSH1, _PUSH32, _JUMPDEST = 0x60, 0x7F, 0x5B
_PAIRS = {"ALPHA": ("X", "Y"), "CONSTANT": ("X", "Y")} | {
    f"PUB_{i}": ("X", "Y") for i in range(PUBLIC_POINTS)
}
_QUADRUPLES = ("BETA_NEG", "GAMMA_NEG", "DELTA_NEG", "PEDERSEN_G", "PEDERSEN_GSIGMANEG")
CONSTANTS = tuple(
    [f"{point}_{axis}" for point, axes in _PAIRS.items() for axis in axes]
    + [f"{point}_{axis}_{part}" for point in _QUADRUPLES for axis in "XY" for part in (0, 1)]
)
"""The names that gnark's template gives to the numbers of a key."""


class ForeignCode(Exception):  # noqa: N818 - a verdict about a contract
    """The code is not gnark's verifier as this repository compiles it."""


def marker(name: str) -> int:
    """The number that stands for a constant in the template: as long as a real one, and unmistakable."""
    return int.from_bytes(keccak256(name.encode()), "big") >> 4 | 1 << 251


@dataclass(frozen=True, slots=True)
class _Instruction:
    operation: int
    operand: int

    @property
    def pushes(self) -> bool:
        return _PUSH1 <= self.operation <= _PUSH32


@dataclass(frozen=True, slots=True)
class _Listing:
    """
    Code as instructions.

    `targets` gives each JUMPDEST's place among them by its offset in the code. Behind the last of them, at `data`, stand numbers
    that the compiler copies from the code instead of pushing them.
    """

    instructions: tuple[_Instruction, ...]
    targets: dict[int, int]
    data: int
    length: int


def _listing(code: bytes) -> _Listing:
    instructions: list[_Instruction] = []
    targets: dict[int, int] = {}
    offset = 0
    while offset < len(code):
        operation = code[offset]
        if operation == _JUMPDEST:
            targets[offset] = len(instructions)
        width = operation - _PUSH1 + 1 if _PUSH1 <= operation <= _PUSH32 else 0
        operand = int.from_bytes(code[offset + 1 : offset + 1 + width], "big")
        instructions.append(_Instruction(operation, operand))
        offset += 1 + width
    return _Listing(tuple(instructions), targets, data=max(targets, default=0), length=len(code))


@cache
def _template() -> _Listing:
    text = (Path(__file__).parent / "verifier_template.hex").read_text(encoding="ascii")
    return _listing(bytes.fromhex(text))


def key_constants(code: bytes) -> dict[str, int]:
    """
    The numbers of the key by their names in gnark's template.

    A number with leading zero bytes makes the code shorter and moves jumps, so instructions are compared, not bytes.
    """
    template, given = _template(), _listing(code)
    if len(template.instructions) != len(given.instructions):
        raise ForeignCode(
            f"it has {len(given.instructions)} instructions, gnark's verifier {len(template.instructions)}"
        )
    names = {marker(name): name for name in CONSTANTS}
    found: dict[str, int] = {}
    for index, (ours, theirs) in enumerate(zip(template.instructions, given.instructions, strict=True)):
        name = names.get(ours.operand) if ours.pushes else None
        if name is not None:
            if not theirs.pushes or theirs.operand != found.setdefault(name, theirs.operand):
                raise ForeignCode(f"instruction {index} does not hold the one value of {name}")
        elif ours != theirs and not _same_place(ours, theirs, template, given):
            raise ForeignCode(f"instruction {index} differs from gnark's verifier")
    return found


def _same_place(ours: _Instruction, theirs: _Instruction, template: _Listing, given: _Listing) -> bool:
    """Whether both push the offset of the same JUMPDEST, or of the same number behind the code."""
    if not (ours.operation == theirs.operation and ours.pushes):
        return False
    target = template.targets.get(ours.operand)
    if target is not None:
        return target == given.targets.get(theirs.operand)
    return (
        template.data < ours.operand < template.length
        and given.data < theirs.operand
        and template.length - ours.operand == given.length - theirs.operand
    )


def verifying_key(code: bytes) -> VerifyingKey:
    """The verifying key of a deployed verifier; beta, gamma and delta stand there negated and are turned back."""
    values = key_constants(code)

    def g1(name: str) -> G1:
        return values[f"{name}_X"], values[f"{name}_Y"]

    def g2(name: str) -> G2:
        return values[f"{name}_X_0"], values[f"{name}_X_1"], values[f"{name}_Y_0"], values[f"{name}_Y_1"]

    def negated(point: G2) -> G2:
        x0, x1, y0, y1 = point
        return x0, x1, -y0 % FIELD_P, -y1 % FIELD_P

    return VerifyingKey(
        alpha=g1("ALPHA"),
        beta=negated(g2("BETA_NEG")),
        gamma=negated(g2("GAMMA_NEG")),
        delta=negated(g2("DELTA_NEG")),
        k=(g1("CONSTANT"), *(g1(f"PUB_{index}") for index in range(PUBLIC_POINTS))),
        commitment=CommitmentKey(g2("PEDERSEN_G"), g2("PEDERSEN_GSIGMANEG")),
    )
