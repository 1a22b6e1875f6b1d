"""
secp256k1 signatures over digests, in the two forms that wallets give.

64 bytes: r, then s with the parity in its top bit (ERC-2098); 65 bytes: r, s, v with v 27 or 28. Only low s is a signature.
"""

from coincurve import PrivateKey, PublicKey

from zkclear.crypto.keccak import keccak256

ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""Order of the group; s above half of it is high."""
COMPACT_BYTES = 64
LONG_BYTES = 65
DIGEST_BYTES = 32
_PARITY = 1 << 255


def _require_digest(digest: bytes) -> None:
    if len(digest) != DIGEST_BYTES:
        raise ValueError(f"a digest has {DIGEST_BYTES} bytes, not {len(digest)}")


def _private(private_key: int) -> PrivateKey:
    if not 0 < private_key < ORDER:
        raise ValueError("a private key is in 1 .. n - 1, n the order of secp256k1")
    return PrivateKey(private_key.to_bytes(32, "big"))


def _address(key: PublicKey) -> int:
    return int.from_bytes(keccak256(key.format(compressed=False)[1:])[12:], "big")


def address_of(private_key: int) -> int:
    """The 160-bit address of a private key."""
    return _address(_private(private_key).public_key)


def sign(digest: bytes, private_key: int) -> bytes:
    """The 64-byte signature of `digest`; deterministic (RFC 6979), low s."""
    _require_digest(digest)
    raw = _private(private_key).sign_recoverable(digest, hasher=None)
    return to_compact(raw[:64] + bytes([27 + raw[64]]))


def to_compact(signature: bytes) -> bytes:
    """
    The 64-byte form of a signature of either form.

    Units:   bytes.
    Bounds:  64 bytes, or 65 with v 27 or 28 and s below 2^255.
    Rounds:  nothing.
    Rejects: ValueError for another length, another v, or an s that the short form cannot hold.
    Claims:  C2.
    """
    if len(signature) == COMPACT_BYTES:
        return bytes(signature)
    if len(signature) != LONG_BYTES:
        raise ValueError(f"a signature has 64 bytes (r, s with parity) or 65 (r, s, v), not {len(signature)}")
    v = signature[64]
    if v not in (27, 28):
        raise ValueError(f"v must be 27 or 28, but is {v}")
    s = int.from_bytes(signature[32:64], "big")
    if s > ORDER // 2:
        raise ValueError("s must be in the lower half of the group order")
    return signature[:32] + (s | (v - 27) * _PARITY).to_bytes(32, "big")


def to_long(signature: bytes) -> bytes:
    """The 65-byte form (v 27 or 28) of a signature of either form. Rejects: ValueError as `to_compact`."""
    compact = to_compact(signature)
    s_and_parity = int.from_bytes(compact[32:], "big")
    s = s_and_parity & (_PARITY - 1)
    return compact[:32] + s.to_bytes(32, "big") + bytes([27 + (s_and_parity >> 255)])


def recover(digest: bytes, signature: bytes) -> int:
    """
    The address that signed `digest`, as the contract finds it: 0 if nobody did, or if a 64-byte form has high s.

    Units:   a 160-bit address.
    Bounds:  32 bytes of digest, a signature of either form.
    Rounds:  nothing.
    Rejects: ValueError for a digest or signature that is malformed, which is not the same as signed by nobody.
    Claims:  C2.
    """
    _require_digest(digest)
    if len(signature) == LONG_BYTES:
        signature = to_compact(signature)
    elif len(signature) != COMPACT_BYTES:
        raise ValueError(f"a signature has 64 bytes (r, s with parity) or 65 (r, s, v), not {len(signature)}")
    r = int.from_bytes(signature[:32], "big")
    s_and_parity = int.from_bytes(signature[32:], "big")
    s = s_and_parity & (_PARITY - 1)
    if not 0 < r < ORDER or not 0 < s <= ORDER // 2:
        return 0
    raw = signature[:32] + s.to_bytes(32, "big") + bytes([s_and_parity >> 255])
    try:
        key = PublicKey.from_signature_and_message(raw, digest, hasher=None)
    except ValueError:  # r is not the abscissa of a point, or the key would be the point at infinity
        return 0
    return _address(key)
