"""
The binding: three public inputs that stand for every word of a batch.

Circuit twin: `circuits/bind/bind.go`. Contract twin: `BindLib.sol`. Vectors: `bind.json`.
The circuit proves `h` and `y` over its own copy of the words, the contract derives `r` and `y` from calldata:
two vectors that differ give the same `y` for fewer than one challenge in 2^230.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from zkclear.crypto.keccak import keccak256
from zkclear.crypto.poseidon2 import TAG_BATCH, require_element, sponge
from zkclear.crypto.poseidon2_constants import FIELD
from zkclear.rules.shapes import Shape
from zkclear.rules.words import WORD_BITS, word_count

OLD_ROOT = 2
NEW_ROOT = 3
"""Where the two roots stand among the words; only they may use the whole field."""


@dataclass(frozen=True, slots=True)
class Binding:
    """The public inputs of the circuit, in their order."""

    h: int
    r: int
    y: int


def words_hash(words: Sequence[int]) -> int:
    """The sponge over the words that the circuit computes. Rejects: ValueError. Claims: C1."""
    return sponge(TAG_BATCH, words)


def challenge(words: Sequence[int], h: int) -> int:
    """`keccak256(words, h)`, 32 bytes each, cut to its first 248 bits. Claims: C1."""
    preimage = b"".join(word.to_bytes(32, "big") for word in (*words, h))
    return int.from_bytes(keccak256(preimage), "big") >> 8


def horner(words: Sequence[int], r: int) -> int:
    """`sum_i words_i * r^i mod p`. Claims: C1."""
    total = 0
    for word in reversed(words):
        total = (total * r + word) % FIELD
    return total


def bind(words: Sequence[int]) -> Binding:
    """
    The three public inputs of a batch's words.

    Units:   field elements.
    Bounds:  words below 2^248, the two roots below the modulus.
    Rounds:  nothing.
    Rejects: ValueError for a word out of its bound: w and w + p would bind alike.
    Claims:  C1.
    """
    for index, word in enumerate(words):
        require_element(word, name=f"word {index}")
        if index not in (OLD_ROOT, NEW_ROOT) and word >> WORD_BITS:
            raise ValueError(f"word {index} must be below 2^{WORD_BITS}, but is {word}")
    h = words_hash(words)
    r = challenge(words, h)
    return Binding(h=h, r=r, y=horner(words, r))


def bind_batch(words: Sequence[int], shape: Shape) -> Binding:
    """The same, refusing words of another shape. Rejects: ValueError. Claims: C1."""
    if len(words) != word_count(shape):
        raise ValueError(f"shape {shape.name} has {word_count(shape)} words, not {len(words)}")
    return bind(words)


def circuit_id(verifier_code_hashes: Sequence[bytes]) -> bytes:
    """
    The name of a deployment's circuits: `keccak256` of its verifiers' code hashes, in shape order.

    Units:   bytes.
    Bounds:  32 bytes each.
    Rounds:  nothing.
    Rejects: ValueError for another length.
    Claims:  C1.
    """
    for code_hash in verifier_code_hashes:
        if len(code_hash) != 32:
            raise ValueError(f"a code hash has 32 bytes, not {len(code_hash)}")
    return keccak256(b"".join(verifier_code_hashes))


def domain_word(*, chain_id: int, contract: int, circuit_id: bytes) -> int:
    """
    The first word of every batch: `keccak256(abi.encode(chain id, contract, circuit id)) >> 8`.

    Units:   contract is a 160-bit address.
    Bounds:  chain_id < 2^256, contract < 2^160, 32 bytes of circuit id.
    Rounds:  nothing.
    Rejects: ValueError for a circuit id of another length; OverflowError for a number too large.
    Claims:  C1.
    """
    if len(circuit_id) != 32:
        raise ValueError(f"a circuit id has 32 bytes, not {len(circuit_id)}")
    preimage = chain_id.to_bytes(32, "big") + bytes(12) + contract.to_bytes(20, "big") + circuit_id
    return int.from_bytes(keccak256(preimage), "big") >> 8
