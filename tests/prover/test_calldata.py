"""Calldata of `settle`, read back by the layouts of `docs/encoding.md` written out here a second time."""

import pytest
from web3 import Web3

from prover.proving.records import ProvedBatch
from prover.settlement.artifacts import contract_abi
from prover.settlement.calldata import settle_arguments
from zkclear.rules import actions
from zkclear.rules.batch import Entry
from zkclear.rules.words import entry_word
from zkclear.v1.batch_pb2 import Proof, SealedBatch, SealedEntry, SealedRequest
from zkclear.v1.witness_pb2 import WitnessFill

ROOTS = (2**253 + 1, 2**253 + 2)


def sealed_entry(*, action, recipient=b""):
    entry = Entry(account=7, market=1, action=action, lots=3, limit=5, expiry=11, nonce=13, signer=1)
    word = entry_word(entry).to_bytes(32, "big")
    return SealedEntry(word=word, signature=bytes([action]) * 64, signer=bytes(20), recipient=recipient)


def proved(**changes):
    fields = {
        "number": 2**40,
        "timestamp_s": 2**39,
        "first_request": 5,
        "marks": [1, 2],
        "funding_steps": [-(2**55) + 1, 7],
        "entries": [
            sealed_entry(action=actions.ORDER_CODES["BUY GTC"]),
            sealed_entry(action=actions.WITHDRAW, recipient=b"\xaa" * 20),
            sealed_entry(action=actions.CANCEL),
        ],
        "fills": [WitnessFill(maker=1, taker=0xFFFF, lots=2**48 - 1), WitnessFill(maker=0, taker=2, lots=1)],
        "requests": [SealedRequest(outcome=1, amount=2**62 - 1), SealedRequest(outcome=1, amount=0)],
        "reports": b"reports",
        "shape": "tiny",
        **changes,
    }
    proof = Proof(proof=bytes(range(128)) * 3, h=(2**250).to_bytes(32, "big"), shape="tiny")
    return ProvedBatch(SealedBatch(**fields), proof, old_root=ROOTS[0], new_root=ROOTS[1])


def decoded(batch):
    """Through the ABI and back."""
    contract = Web3().eth.contract(abi=contract_abi("Settlement"))
    data = contract.encode_abi("settle", args=settle_arguments(batch, shape_index=3).as_list())
    function, arguments = contract.decode_function_input(data)
    assert function.fn_name == "settle"
    return arguments


def test_c1_the_header_is_in_the_order_of_its_struct():
    assert decoded(proved())["header"] == {
        "number": 2**40,
        "timestamp": 2**39,
        "shape": 3,
        "entries": 3,
        "fills": 2,
        "requests": 2,
        "oldRoot": ROOTS[0],
        "newRoot": ROOTS[1],
        "h": 2**250,
        "fundingSteps": [-(2**55) + 1, 7],
    }


def test_c1_a_withdrawal_and_nothing_else_is_followed_by_its_recipient():
    entries = decoded(proved())["entries"]
    batch = proved()
    assert len(entries) == 96 + 116 + 96
    assert entries[:32] == batch.sealed.entries[0].word
    assert entries[96:128] == batch.sealed.entries[1].word
    assert entries[192:212] == b"\xaa" * 20
    assert entries[212:244] == batch.sealed.entries[2].word
    assert entries[244:] == bytes([actions.CANCEL]) * 64


@pytest.mark.parametrize(
    "action", [actions.LIQUIDATION_BUY, actions.LIQUIDATION_SELL, actions.ABSORB, actions.DELEVERAGE]
)
def test_c1_a_risk_entry_is_its_word_alone(action):
    """Between two signed entries: 32 bytes and nothing else."""
    risk = sealed_entry(action=action)
    risk.signature = b""
    signed = sealed_entry(action=actions.CANCEL)
    entries = decoded(proved(entries=[signed, risk, signed]))["entries"]
    assert len(entries) == 96 + 32 + 96
    assert entries[96:128] == risk.word
    assert entries[128:160] == signed.word


def test_c1_fills_outcomes_reports_and_proof_are_packed_big_endian():
    arguments = decoded(proved())
    assert arguments["fills"].hex() == "0001ffffffffffffffff00000002000000000001"
    assert arguments["outcomes"].hex() == "013fffffffffffffff010000000000000000"
    assert arguments["reports"] == b"reports"
    assert arguments["proof"] == bytes(range(128)) * 3


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        (sealed_entry(action=actions.WITHDRAW), "recipient of entry 0 must have 20 bytes, not 0"),
        (
            sealed_entry(action=actions.CANCEL, recipient=bytes(20)),
            "recipient of entry 0 must have 0 bytes, not 20",
        ),
        (
            sealed_entry(action=actions.ABSORB),
            "signature of entry 0 must have 0 bytes, not 64",
        ),
        (SealedEntry(word=bytes(31), signature=bytes(64)), "word of entry 0 must have 32 bytes, not 31"),
        (SealedEntry(word=bytes(32), signature=bytes(65)), "signature of entry 0 must have 64 bytes, not 65"),
    ],
)
def test_an_entry_of_the_wrong_length_is_refused(entry, complaint):
    with pytest.raises(ValueError, match=complaint):
        settle_arguments(proved(entries=[entry]), shape_index=0)


@pytest.mark.parametrize("size", [383, 385])
def test_a_proof_of_the_wrong_length_is_refused(size):
    batch = proved()
    batch.proof.proof = bytes(size)
    with pytest.raises(ValueError, match=f"proof must have 384 bytes, not {size}"):
        settle_arguments(batch, shape_index=0)
