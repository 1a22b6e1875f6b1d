"""Cases of `zkclear/crypto/eip712.py`, `entry.py` and `signatures.py`."""

from collections.abc import Iterator
from typing import Any

from tests.vectors.crypto_calls import case
from tests.vectors.drawer import entry
from zkclear.crypto.signatures import ORDER, to_long
from zkclear.rules.actions import ORDER_NAMES

MODULE = "eip712"
CLAIMS = ("C2",)
NOTES = {
    "Domain": "the same struct for another chain or contract has another digest",
    "Action": "each of the 16 order actions, by its string",
    "Bound": "last legal value of a field, then the first illegal one",
    "Entry": "a batch's entry gives back the digest that its wallet signed",
    "Spare": "bits of an entry that no digest covers must have their one value",
    "Recipient": "the digest of a WITHDRAW covers its recipient",
    "HighS": "s in the upper half of the group order: nobody signed",
    "Nobody": "ecrecover gives 0",
    "Form": "the 64-byte and the 65-byte form of one signature",
    "Malformed": "wrong length or v",
}
DOMAIN = {"chain_id": 31_337, "contract": 0x5FBDB2315678AFECB367F032D93F642F64180AA3}
LISTINGS = [["ETH-USD", 100_000, 10_000_000], ["BTC-USD", 1_000, 100_000_000]]
RECIPIENT = 0x00112233445566778899AABBCCDDEEFF00112233
KEY = 0xAC0974BEC39A17E36BA4A6B4D238FF944BACB478CBED5EFCAE784D7BF4F2FF80
EXPIRY = 1_760_086_400
NONCE = 1_760_000_000_000 * 1024 + 7
FLIP = {27: 28, 28: 27}


def _order(*flags: str, **changes: Any) -> dict[str, Any]:
    fields = {
        "account": 2,
        "market": "ETH-USD",
        "action": "BUY GTC",
        "size_e8": 50_000_000,
        "limit_price_e8": 300_010_000_000,
        "expiry": EXPIRY,
        "nonce": NONCE,
    }
    return case("order", *flags, **{**DOMAIN, **fields, **changes})


def _types() -> Iterator[dict[str, Any]]:
    yield case("domain_separator", **DOMAIN)
    yield case("domain_separator", "Domain", chain_id=1, contract=DOMAIN["contract"])
    yield _order()
    yield _order("Domain", chain_id=1)
    yield _order("Domain", contract=1)
    for name in ORDER_NAMES.values():
        yield _order("Action", action=name)
    for changes in (
        {"account": 2**32 - 1},
        {"account": 2**32},
        {"size_e8": 2**64 - 1},
        {"size_e8": 2**64},
        {"nonce": -1},
    ):
        yield _order("Bound", **changes)
    common = {**DOMAIN, "account": 2}
    yield case(
        "stop_order",
        **common,
        market="ETH-USD",
        action="SELL STOP IOC REDUCE_ONLY",
        size_e8=50_000_000,
        limit_price_e8=290_000_000_000,
        trigger_price_e8=295_000_000_000,
        expiry=EXPIRY,
        nonce=NONCE,
    )
    yield case("cancel_order", **common, market="BTC-USD", nonce=NONCE)
    yield case("cancel_all", **common, market="ALL", before_nonce=NONCE, expiry=EXPIRY)
    yield case("schedule_cancel", **common, at=0, nonce=NONCE)
    money = {"asset": "USDC", "amount_e6": 1_500_050_000, "expiry": EXPIRY, "nonce": NONCE}
    for recipient in (0, RECIPIENT, 2**160 - 1, 2**160):
        yield case("withdraw", "Recipient", **common, recipient=recipient, **money)
    yield case("transfer", **common, to_account=3, **money)
    yield case("authorize_agent", **common, agent=RECIPIENT, valid_until=EXPIRY, nonce=0)
    yield case("revoke_agent", **common, agent=RECIPIENT, nonce=1)
    yield case("read_access", **common, valid_until=EXPIRY)
    for prices in ([], [300_010_000_000], [300_010_000_000, 0], [2**64 - 1] * 8, [2**64]):
        yield case("price_report", **DOMAIN, time=EXPIRY, prices_e8=prices)
    receipt = {"sequence": 9, "action": b"\x11" * 32, "result": b"\x22" * 32, "previous": bytes(32)}
    yield case("receipt", **DOMAIN, **receipt, time_us=1_760_000_000_000_000)
    yield case("receipt", "Malformed", **DOMAIN, **{**receipt, "result": b"\x22" * 31}, time_us=1)


def _entry(*flags: str, recipient: int | None = None, **changes: Any) -> dict[str, Any]:
    plain = entry(**{"expiry": EXPIRY, "nonce": NONCE, **changes})
    return case(
        "entry_digest", *flags, **DOMAIN, entry=plain, listings=LISTINGS, asset="USDC", recipient=recipient
    )


def _entries() -> Iterator[dict[str, Any]]:
    for action in ORDER_NAMES:
        yield _entry("Entry", "Action", action=action)
    yield _entry("Entry", market=1, lots=2**40 - 1, limit=2**32 - 1)
    yield _entry("Spare", trigger=1)
    yield _entry("Spare", market=2)
    yield _entry("Spare", action=0)
    yield _entry("Spare", action=0x50)
    yield _entry("Spare", action=0x81)
    yield _entry("Recipient", recipient=RECIPIENT)
    amount = {"action": 0x80, "lots": 1_500_050_000 >> 32, "limit": 1_500_050_000 & (2**32 - 1)}
    yield _entry("Entry", "Recipient", recipient=RECIPIENT, **amount)
    yield _entry("Entry", "Recipient", recipient=RECIPIENT + 1, **amount)
    yield _entry("Recipient", **amount)
    yield _entry("Spare", recipient=RECIPIENT, **{**amount, "market": 1})
    yield _entry("Bound", recipient=RECIPIENT, action=0x80, lots=2**30 - 1, limit=2**32 - 1)
    yield _entry("Bound", recipient=RECIPIENT, action=0x80, lots=2**30, limit=0)
    cancel = {"action": 0x82, "lots": 0, "limit": 0, "expiry": 2**40 - 1}
    yield _entry("Entry", **cancel)
    for change in ({"lots": 1}, {"limit": 1}, {"expiry": EXPIRY}, {"trigger": 1}, {"market": 2}):
        yield _entry("Spare", **{**cancel, **change})


def _signatures() -> Iterator[dict[str, Any]]:
    digest = _order()["out"]
    for key in (1, KEY, ORDER - 1, 0, ORDER):
        yield case("sign", "Bound", digest=digest, private_key=key)
    short = case("sign", digest=digest, private_key=KEY)["out"]
    long = to_long(short)
    r, s, v = long[:32], int.from_bytes(long[32:64], "big"), long[64]
    yield case("recover", "Form", digest=digest, signature=short)
    yield case("recover", "Form", digest=digest, signature=long)
    yield case("recover", "Form", digest=digest, signature=long[:64] + bytes([FLIP[v]]))
    yield case("recover", digest=bytes(32), signature=short)
    high = (ORDER - s).to_bytes(32, "big")
    yield case("recover", "HighS", digest=digest, signature=r + high + bytes([FLIP[v]]))
    yield case("recover", "HighS", digest=digest, signature=r + (ORDER // 2 + 1).to_bytes(32, "big"))
    yield case("recover", digest=digest, signature=r + (ORDER // 2).to_bytes(32, "big"))
    for nobody in (bytes(64), r + bytes(32), bytes(32) + short[32:], b"\xff" * 32 + short[32:]):
        yield case("recover", "Nobody", digest=digest, signature=nobody)
    for number in (ORDER, 5, 7):
        yield case("recover", "Nobody", digest=digest, signature=number.to_bytes(32, "big") + short[32:])
    for wrong in (
        b"",
        short[:63],
        long + b"\0",
        long[:64] + b"\x00",
        long[:64] + b"\x01",
        long[:64] + b"\x1d",
    ):
        yield case("recover", "Malformed", digest=digest, signature=wrong)
    yield case("recover", "Malformed", digest=digest[:31], signature=short)


def cases() -> Iterator[dict[str, Any]]:
    yield from _types()
    yield from _entries()
    yield from _signatures()
