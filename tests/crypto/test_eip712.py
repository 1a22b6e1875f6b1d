"""Every digest against eth-account, and signatures against its signer."""

import pytest
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors.drawer import ETH, entry
from zkclear.crypto import eip712
from zkclear.crypto.entry import entry_digest, listing
from zkclear.crypto.keccak import keccak256
from zkclear.crypto.signatures import ORDER, address_of, recover, sign, to_compact, to_long
from zkclear.rules.actions import ORDER_NAMES
from zkclear.rules.batch import Entry

DOMAIN = eip712.Domain(31_337, 0x5FBDB2315678AFECB367F032D93F642F64180AA3)
TYPES = {
    text.split("(")[0]: (text, digest)
    for text, digest in {
        eip712.ORDER_TYPE: eip712.order_digest,
        eip712.STOP_ORDER_TYPE: eip712.stop_order_digest,
        eip712.CANCEL_ORDER_TYPE: eip712.cancel_order_digest,
        eip712.CANCEL_ALL_TYPE: eip712.cancel_all_digest,
        eip712.SCHEDULE_CANCEL_TYPE: eip712.schedule_cancel_digest,
        eip712.WITHDRAW_TYPE: eip712.withdraw_digest,
        eip712.TRANSFER_TYPE: eip712.transfer_digest,
        eip712.AUTHORIZE_AGENT_TYPE: eip712.authorize_agent_digest,
        eip712.REVOKE_AGENT_TYPE: eip712.revoke_agent_digest,
        eip712.READ_ACCESS_TYPE: eip712.read_access_digest,
        eip712.PRICE_REPORT_TYPE: eip712.price_report_digest,
        eip712.RECEIPT_TYPE: eip712.receipt_digest,
    }.items()
}
VALUES = {
    "uint32": st.integers(0, 2**32 - 1),
    "uint64": st.integers(0, 2**64 - 1),
    "address": st.integers(0, 2**160 - 1),
    "bytes32": st.binary(min_size=32, max_size=32),
    "string": st.text(max_size=40),
    "uint64[]": st.lists(st.integers(0, 2**64 - 1), max_size=8),
}
KEYS = st.one_of(st.sampled_from([1, ORDER - 1]), st.integers(1, ORDER - 1))
DIGESTS = st.binary(min_size=32, max_size=32)


def _members(text):
    return [member.split(" ") for member in text[text.index("(") + 1 : -1].split(",")]


def _snake(name):
    """`sizeE8` as the Python functions call it: `size_e8`."""
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def _wallet_digest(name, members, values):
    """What a wallet hashes, by eth-account's generic encoder."""
    shown = {
        field: f"0x{value:040x}" if kind == "address" else value
        for (kind, field), value in zip(members, values, strict=True)
    }
    message: SignableMessage = encode_typed_data(
        full_message={
            "types": {
                "EIP712Domain": [
                    {"name": "name", "type": "string"},
                    {"name": "version", "type": "string"},
                    {"name": "chainId", "type": "uint256"},
                    {"name": "verifyingContract", "type": "address"},
                ],
                name: [{"name": field, "type": kind} for kind, field in members],
            },
            "primaryType": name,
            "domain": {
                "name": "zkclear",
                "version": "1",
                "chainId": DOMAIN.chain_id,
                "verifyingContract": f"0x{DOMAIN.contract:040x}",
            },
            "message": shown,
        }
    )
    return keccak256(b"\x19" + message.version + message.header + message.body)


@pytest.mark.parametrize("name", TYPES)
@given(data=st.data())
def test_c2_digest_is_what_a_wallet_signs(name, data):
    """The hand-packed digest equals that of a wallet library, for every type and any values."""
    text, digest = TYPES[name]
    members = _members(text)
    values = [data.draw(VALUES[kind]) for kind, _ in members]
    ours = digest(DOMAIN, **{_snake(field): value for (_, field), value in zip(members, values, strict=True)})
    assert _wallet_digest(name, members, values) == ours


@pytest.mark.parametrize("name", TYPES)
def test_c2_every_integer_field_is_bounded(name):
    """2^n - 1 is hashed; 2^n, far beyond and -1 are refused with the field's name."""
    text, digest = TYPES[name]
    plain = {"string": "x", "bytes32": bytes(32), "uint64[]": [1]}
    fields = {_snake(field): plain.get(kind, 0) for kind, field in _members(text)}
    for kind, field in _members(text):
        if kind not in ("uint32", "uint64", "address"):
            continue
        bound = 2 ** {"uint32": 32, "uint64": 64, "address": 160}[kind]
        assert len(digest(DOMAIN, **{**fields, _snake(field): bound - 1})) == 32
        for wrong in (bound, bound**2, -1):
            with pytest.raises(ValueError, match=f"^{field} must be"):
                digest(DOMAIN, **{**fields, _snake(field): wrong})


def test_domain_refuses_what_is_not_an_address():
    """A contract is 160 bits, a chain id 256."""
    with pytest.raises(ValueError, match="verifyingContract must be"):
        eip712.Domain(1, 2**160)
    with pytest.raises(ValueError, match="chainId must be"):
        eip712.Domain(-1, 0)


def test_receipts_form_a_chain():
    """`previous` of a receipt is the struct hash of the one before, which no domain changes."""
    fields = {"sequence": 1, "action": bytes(32), "result": bytes(32), "previous": bytes(32), "time_us": 5}
    digest = eip712.receipt_digest(DOMAIN, **fields)
    assert digest == keccak256(b"\x19\x01" + DOMAIN.separator + eip712.receipt_struct_hash(**fields))


@given(
    st.sampled_from(sorted(ORDER_NAMES)),
    st.integers(1, 2**40 - 1),
    st.integers(1, 2**32 - 1),
    st.integers(0, 2**56 - 1),
)
def test_c2_order_entry_gives_the_order_digest(action, lots, limit, nonce):
    """Lots and ticks of a batch become the numbers that the wallet showed."""
    market = listing("ETH-USD", ETH)
    drawn = Entry(**entry(action=action, lots=lots, limit=limit, nonce=nonce))
    assert eip712.order_digest(
        DOMAIN,
        account=drawn.account,
        market="ETH-USD",
        action=ORDER_NAMES[action],
        size_e8=lots * ETH.lot_e8,
        limit_price_e8=limit * ETH.tick_e8,
        expiry=drawn.expiry,
        nonce=nonce,
    ) == entry_digest(DOMAIN, drawn, listings=[market], asset="USDC")


@given(DIGESTS, KEYS)
def test_c2_signature_recovers_to_its_signer(digest, key):
    """Both forms recover to the address that eth-account gives the key; the other digest does not."""
    signature = sign(digest, key)
    address = int(Account.from_key(key.to_bytes(32, "big")).address, 16)
    assert address == address_of(key) == recover(digest, signature) == recover(digest, to_long(signature))
    assert signature == to_compact(to_long(signature)) == to_compact(signature)
    assert recover(keccak256(digest), signature) != address


@given(DIGESTS, st.integers(1, 2**128))
def test_c2_signature_equals_eth_accounts(digest, key):
    """Deterministic, low s, v 27 or 28: the same bytes as a wallet's."""
    wallet = Account.unsafe_sign_hash(digest, key.to_bytes(32, "big"))
    assert bytes(wallet.signature) == to_long(sign(digest, key))


@given(DIGESTS, KEYS)
def test_c2_high_s_is_nobodys(digest, key):
    """The mirrored signature of the same digest is refused, so that a signature has one form."""
    long = to_long(sign(digest, key))
    s = int.from_bytes(long[32:64], "big")
    mirrored = long[:32] + (ORDER - s).to_bytes(32, "big") + bytes([55 - long[64]])
    with pytest.raises(ValueError, match="lower half"):
        recover(digest, mirrored)


@given(DIGESTS, st.binary(min_size=64, max_size=64))
def test_c2_any_64_bytes_give_an_address_or_nobody(digest, signature):
    """Bytes from calldata never raise: they are somebody's, or nobody's, as ecrecover has it."""
    assert 0 <= recover(digest, signature) < 2**160
