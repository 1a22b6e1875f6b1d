"""
EIP-712 digests of everything that is signed: one function a type, packed by hand because orders are hashed by the thousand.

Contract twins: `Eip712Lib.sol`, `EntryLib.sol`. Vectors: `eip712.json`.
Types are flat. `market`, `action` and `asset` are strings of closed sets, hashed as strings so that wallets show words.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from zkclear.crypto.keccak import keccak256

NAME = "zkclear"
VERSION = "1"

DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
ORDER_TYPE = (
    "Order(uint32 account,string market,string action,uint64 sizeE8,uint64 limitPriceE8,"
    "uint64 expiry,uint64 nonce)"
)
STOP_ORDER_TYPE = (
    "StopOrder(uint32 account,string market,string action,uint64 sizeE8,uint64 limitPriceE8,"
    "uint64 triggerPriceE8,uint64 expiry,uint64 nonce)"
)
CANCEL_ORDER_TYPE = "CancelOrder(uint32 account,string market,uint64 nonce)"
CANCEL_ALL_TYPE = "CancelAll(uint32 account,string market,uint64 beforeNonce,uint64 expiry)"
SCHEDULE_CANCEL_TYPE = "ScheduleCancel(uint32 account,uint64 at,uint64 nonce)"
WITHDRAW_TYPE = (
    "Withdraw(uint32 account,address recipient,string asset,uint64 amountE6,uint64 expiry,uint64 nonce)"
)
TRANSFER_TYPE = (
    "Transfer(uint32 account,uint32 toAccount,string asset,uint64 amountE6,uint64 expiry,uint64 nonce)"
)
AUTHORIZE_AGENT_TYPE = "AuthorizeAgent(uint32 account,address agent,uint64 validUntil,uint64 nonce)"
REVOKE_AGENT_TYPE = "RevokeAgent(uint32 account,address agent,uint64 nonce)"
READ_ACCESS_TYPE = "ReadAccess(uint32 account,uint64 validUntil)"
PRICE_REPORT_TYPE = "PriceReport(uint64 time,uint64[] pricesE8)"
RECEIPT_TYPE = "Receipt(uint64 sequence,bytes32 action,bytes32 result,bytes32 previous,uint64 timeUs)"

STRINGS_CACHED = 256
"""The closed sets together are far smaller; a bound because the strings come from outside."""


@lru_cache(maxsize=STRINGS_CACHED)
def hash_string(text: str) -> bytes:
    """The hash that stands for a string inside a struct."""
    return keccak256(text.encode())


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature is valid: one contract on one chain. `contract` is a 160-bit address."""

    chain_id: int
    contract: int
    separator: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Hashes the domain once."""
        packed = b"".join(
            (
                keccak256(DOMAIN_TYPE.encode()),
                hash_string(NAME),
                hash_string(VERSION),
                _uint(self.chain_id, 256, "chainId").to_bytes(32, "big"),
                _uint(self.contract, 160, "verifyingContract").to_bytes(32, "big"),
            )
        )
        object.__setattr__(self, "separator", keccak256(packed))


def _uint(value: int, bits: int, name: str) -> int:
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{name} must be in 0 .. 2^{bits} - 1, but is {value}")
    return value


_FORMATS = {
    "uint32": "28xI",
    "uint64": "24xQ",
    "address": "12x20s",
    "bytes32": "32s",
    "string": "32s",
    "uint64[]": "32s",
}


class _Type:
    """One struct type: its hash, and how its fields become words of 32 bytes."""

    __slots__ = ("fields", "hash", "packer")

    def __init__(self, text: str) -> None:
        members = [member.split(" ") for member in text[text.index("(") + 1 : -1].split(",")]
        self.fields = tuple((kind, name) for kind, name in members)
        self.hash = keccak256(text.encode())
        self.packer = struct.Struct(">32s" + "".join(_FORMATS[kind] for kind, _ in self.fields))

    def struct_hash(self, *values: int | bytes) -> bytes:
        """`keccak256(type hash, fields)`; strings and arrays come already hashed, addresses as 20 bytes."""
        try:
            return keccak256(self.packer.pack(self.hash, *values))
        except struct.error as cause:
            raise ValueError(self._complaint(values)) from cause

    def _complaint(self, values: Sequence[int | bytes]) -> str:
        for (kind, name), value in zip(self.fields, values, strict=True):
            if kind in ("uint32", "uint64"):
                bits = int(kind[4:])
                if not isinstance(value, int) or not 0 <= value < 1 << bits:
                    return f"{name} must be an integer in 0 .. 2^{bits} - 1, but is {value!r}"
        return f"fields {self.fields} cannot hold {values!r}"


_ORDER = _Type(ORDER_TYPE)
_STOP_ORDER = _Type(STOP_ORDER_TYPE)
_CANCEL_ORDER = _Type(CANCEL_ORDER_TYPE)
_CANCEL_ALL = _Type(CANCEL_ALL_TYPE)
_SCHEDULE_CANCEL = _Type(SCHEDULE_CANCEL_TYPE)
_WITHDRAW = _Type(WITHDRAW_TYPE)
_TRANSFER = _Type(TRANSFER_TYPE)
_AUTHORIZE_AGENT = _Type(AUTHORIZE_AGENT_TYPE)
_REVOKE_AGENT = _Type(REVOKE_AGENT_TYPE)
_READ_ACCESS = _Type(READ_ACCESS_TYPE)
_PRICE_REPORT = _Type(PRICE_REPORT_TYPE)
_RECEIPT = _Type(RECEIPT_TYPE)


def _digest(domain: Domain, struct_hash: bytes) -> bytes:
    """What is signed: `keccak256(0x1901, separator, struct hash)`."""
    return keccak256(b"\x19\x01" + domain.separator + struct_hash)


def _address(value: int, name: str) -> bytes:
    return _uint(value, 160, name).to_bytes(20, "big")


def _bytes32(value: bytes, name: str) -> bytes:
    if len(value) != 32:
        raise ValueError(f"{name} must have 32 bytes, not {len(value)}")
    return value


def order_digest(
    domain: Domain,
    *,
    account: int,
    market: str,
    action: str,
    size_e8: int,
    limit_price_e8: int,
    expiry: int,
    nonce: int,
) -> bytes:
    """The digest of an Order. Rejects: ValueError naming the field. Claims: C2."""
    return _digest(
        domain,
        _ORDER.struct_hash(
            account,
            hash_string(market),
            hash_string(action),
            size_e8,
            limit_price_e8,
            expiry,
            nonce,
        ),
    )


def stop_order_digest(
    domain: Domain,
    *,
    account: int,
    market: str,
    action: str,
    size_e8: int,
    limit_price_e8: int,
    trigger_price_e8: int,
    expiry: int,
    nonce: int,
) -> bytes:
    """The digest of a StopOrder. Rejects: ValueError naming the field. Claims: C2."""
    return _digest(
        domain,
        _STOP_ORDER.struct_hash(
            account,
            hash_string(market),
            hash_string(action),
            size_e8,
            limit_price_e8,
            trigger_price_e8,
            expiry,
            nonce,
        ),
    )


def cancel_order_digest(domain: Domain, *, account: int, market: str, nonce: int) -> bytes:
    """The digest of a CancelOrder. Rejects: ValueError naming the field. Claims: C2."""
    return _digest(domain, _CANCEL_ORDER.struct_hash(account, hash_string(market), nonce))


def cancel_all_digest(domain: Domain, *, account: int, market: str, before_nonce: int, expiry: int) -> bytes:
    """The digest of a CancelAll; `market` may be "ALL". Rejects: ValueError naming the field."""
    return _digest(
        domain,
        _CANCEL_ALL.struct_hash(account, hash_string(market), before_nonce, expiry),
    )


def schedule_cancel_digest(domain: Domain, *, account: int, at: int, nonce: int) -> bytes:
    """The digest of a ScheduleCancel; `at` 0 switches it off. Rejects: ValueError naming the field."""
    return _digest(domain, _SCHEDULE_CANCEL.struct_hash(account, at, nonce))


def withdraw_digest(
    domain: Domain,
    *,
    account: int,
    recipient: int,
    asset: str,
    amount_e6: int,
    expiry: int,
    nonce: int,
) -> bytes:
    """The digest of a Withdraw; it covers the recipient. Rejects: ValueError naming the field. Claims: C2."""
    return _digest(
        domain,
        _WITHDRAW.struct_hash(
            account,
            _address(recipient, "recipient"),
            hash_string(asset),
            amount_e6,
            expiry,
            nonce,
        ),
    )


def transfer_digest(
    domain: Domain,
    *,
    account: int,
    to_account: int,
    asset: str,
    amount_e6: int,
    expiry: int,
    nonce: int,
) -> bytes:
    """The digest of a Transfer. Rejects: ValueError naming the field. Claims: C2."""
    return _digest(
        domain,
        _TRANSFER.struct_hash(account, to_account, hash_string(asset), amount_e6, expiry, nonce),
    )


def authorize_agent_digest(
    domain: Domain, *, account: int, agent: int, valid_until: int, nonce: int
) -> bytes:
    """The digest of an AuthorizeAgent. Rejects: ValueError naming the field. Claims: C2."""
    return _digest(
        domain,
        _AUTHORIZE_AGENT.struct_hash(account, _address(agent, "agent"), valid_until, nonce),
    )


def revoke_agent_digest(domain: Domain, *, account: int, agent: int, nonce: int) -> bytes:
    """The digest of a RevokeAgent. Rejects: ValueError naming the field. Claims: C2."""
    return _digest(domain, _REVOKE_AGENT.struct_hash(account, _address(agent, "agent"), nonce))


def read_access_digest(domain: Domain, *, account: int, valid_until: int) -> bytes:
    """The digest of a ReadAccess. Rejects: ValueError naming the field."""
    return _digest(domain, _READ_ACCESS.struct_hash(account, valid_until))


def price_report_digest(domain: Domain, *, time: int, prices_e8: Sequence[int]) -> bytes:
    """The digest of a PriceReport: one price a listed market, 0 = no opinion. Rejects: ValueError naming the field."""
    words = b"".join(
        _uint(price, 64, f"pricesE8[{index}]").to_bytes(32, "big") for index, price in enumerate(prices_e8)
    )
    return _digest(domain, _PRICE_REPORT.struct_hash(time, keccak256(words)))


def receipt_struct_hash(
    *, sequence: int, action: bytes, result: bytes, previous: bytes, time_us: int
) -> bytes:
    """The struct hash of a Receipt, which the next receipt names as `previous`. Rejects: ValueError naming the field."""
    return _RECEIPT.struct_hash(
        sequence,
        _bytes32(action, "action"),
        _bytes32(result, "result"),
        _bytes32(previous, "previous"),
        time_us,
    )


def receipt_digest(
    domain: Domain,
    *,
    sequence: int,
    action: bytes,
    result: bytes,
    previous: bytes,
    time_us: int,
) -> bytes:
    """The digest of a Receipt. Rejects: ValueError naming the field."""
    return _digest(
        domain,
        receipt_struct_hash(
            sequence=sequence,
            action=action,
            result=result,
            previous=previous,
            time_us=time_us,
        ),
    )
