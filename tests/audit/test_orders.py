"""An order's life on the chain, and receipts as evidence."""

import json
from decimal import Decimal

import pytest

from tests.scenario import CHAIN, LISTINGS, key_of, owner_of
from zkclear.audit import orders, receipts
from zkclear.audit.audit import audit
from zkclear.audit.dump import BadInput
from zkclear.audit.evidence import order_evidence
from zkclear.crypto.eip712 import receipt_digest
from zkclear.crypto.entry import entry_digest
from zkclear.crypto.keccak import keccak256
from zkclear.crypto.signatures import sign, to_long

SEQUENCER = key_of(500)


def test_an_order_is_found_with_its_fills_and_prices(honest):
    found = audit(honest.inputs, proved=())
    bought, sold = found.batches[3].batch.entries
    digests = [entry_digest(CHAIN, entry, listings=LISTINGS, asset="USDC") for entry in (bought, sold)]
    (maker,), (taker,) = (orders.find(found.batches, digest) for digest in digests)
    assert maker.trades == (orders.Trade(40, 18_050, is_maker=True),)
    assert taker.trades == (orders.Trade(40, 18_050, is_maker=False),)
    assert (maker.batch, maker.lots, orders.describe(maker.entry)) == (4, 40, "BUY GTC")


def test_an_order_that_two_batches_fill_appears_in_both(honest):
    found = audit(honest.inputs, proved=())
    again = found.batches[2]
    digest = again.digests[0]
    assert [each.lots for each in orders.find((again, *found.batches), digest)] == [60, 60]


def test_the_evidence_of_an_order_counts_base_units_and_verifies_its_batches_alone(honest):
    entry = audit(honest.inputs, proved=()).batches[2].batch.entries[0]
    digest = entry_digest(CHAIN, entry, listings=LISTINGS, asset="USDC")
    evidence = order_evidence(honest.inputs, digest)
    assert (evidence.lots, evidence.filled) == (60, Decimal("0.06"))
    # The stand-in's proof does not fit the batch, and no other batch's proof was looked at.
    assert [(check.name, check.batch) for check in evidence.report.failures] == [("proof", 3)]
    assert not evidence


def test_an_unknown_digest_appears_nowhere(honest):
    assert orders.find(audit(honest.inputs, proved=()).batches, bytes(32)) == []


def receipt(sequence, previous, *, result=b"ok", key=SEQUENCER):
    fields = {
        "sequence": sequence,
        "action": keccak256(b"action %d" % sequence),
        "result": keccak256(result),
        "previous": previous,
        "time_us": 1_000_000 + sequence,
    }
    signature = to_long(sign(receipt_digest(CHAIN, **fields), key))
    return receipts.SignedReceipt(**fields, signature=signature, result_bytes=result)


def chain_of(*receipts_given):
    return receipts.ReceiptFile(CHAIN, owner_of(500), receipts_given)


def test_receipts_that_follow_each_other_pass():
    first = receipt(1, bytes(32))
    assert receipts.check([chain_of(first), chain_of(receipt(2, first.struct_hash))]).passed


def test_two_receipts_with_one_sequence_are_evidence():
    report = receipts.check([chain_of(receipt(1, bytes(32)), receipt(1, bytes(32), result=b"other"))])
    assert [check.evidence for check in report.failures] == [
        "two receipts with sequence 1 and different contents"
    ]


def test_a_broken_chain_is_evidence():
    report = receipts.check([chain_of(receipt(1, bytes(32)), receipt(2, bytes(32)))])
    assert [check.evidence for check in report.failures] == ["receipt 2 does not follow receipt 1"]


def test_a_receipt_by_somebody_else_fails():
    report = receipts.check([chain_of(receipt(1, bytes(32), key=key_of(501)))])
    assert [check.name for check in report.failures] == ["receipt"]


def test_a_receipt_file_is_read_and_a_bad_one_refused(tmp_path):
    one = receipt(1, bytes(32))
    plain = {
        "chain_id": CHAIN.chain_id,
        "contract": hex(CHAIN.contract),
        "sequencer": hex(owner_of(500)),
        "receipts": [
            {
                "sequence": 1,
                "time_us": one.time_us,
                **{
                    name: "0x" + getattr(one, name).hex()
                    for name in ("action", "result", "previous", "signature", "result_bytes")
                },
            }
        ],
    }
    path = tmp_path / "receipts.json"
    path.write_text(json.dumps(plain), encoding="utf-8")
    assert receipts.read(path) == chain_of(one)
    del plain["sequencer"]
    path.write_text(json.dumps(plain), encoding="utf-8")
    with pytest.raises(BadInput, match="sequencer"):
        receipts.read(path)
