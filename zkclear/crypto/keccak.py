"""Keccak-256 as Ethereum has it (not the later SHA-3 padding)."""

import sha3


def keccak256(data: bytes) -> bytes:
    """The 32-byte hash of `data`."""
    digest: bytes = sha3.keccak_256(data).digest()
    return digest
