"""
A recorded chain with real proofs: it passes, and one changed byte, root or proof word fails and names its batch.

`record.py` made the recording from a local network; the flow tests do the same on a live one.
"""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.audit import synthetic
from zkclear.audit import dump
from zkclear.audit.audit import audit
from zkclear.audit.evidence import order_evidence
from zkclear.rules.batch import RequestKind

RECORDED = Path(__file__).with_name("recorded.json")
RECORDED_KINDS = {RequestKind.OPEN, RequestKind.DEPOSIT, RequestKind.WITHDRAW, RequestKind.AGENT}
PROOF_WORDS = 12
WORD = 32


@pytest.fixture(scope="module")
def recorded():
    return dump.read(RECORDED)


def failed_batches(inputs, **options):
    return audit(inputs, **options).report.to_json()["failed_batches"]


def test_i24_the_recorded_chain_passes_with_every_proof(recorded):
    found = audit(recorded, processes=2)
    assert [str(check) for check in found.report.failures] == []
    proofs = [check.batch for check in found.report.checks if check.name == "proof"]
    assert proofs == list(range(1, recorded.totals.batch_number + 1))
    kinds = {request.kind for each in found.batches for request in each.batch.requests}
    assert kinds == RECORDED_KINDS


@pytest.mark.parametrize("word", range(PROOF_WORDS))
def test_i24_one_proof_word_fails_and_names_its_batch(recorded, word):
    data = bytearray(recorded.batches[1].calldata)
    data[len(data) - WORD * (PROOF_WORDS - word) + WORD - 1] ^= 1
    inputs = synthetic.with_batch(recorded, 2, calldata=bytes(data))
    assert failed_batches(inputs, proved={2}) == [2]


def test_c1_one_byte_of_calldata_fails_and_names_its_batch(recorded):
    draw = random.Random(2)
    data = recorded.batches[1].calldata
    for place in draw.sample(range(len(data)), 12):
        forged = bytearray(data)
        forged[place] ^= 1 << draw.randrange(8)
        assert 2 in failed_batches(synthetic.with_batch(recorded, 2, calldata=bytes(forged)), proved={2}), (
            place
        )


def test_c1_one_root_fails_and_names_its_batch(recorded):
    for settled in recorded.batches:
        inputs = synthetic.with_batch(recorded, settled.number, new_root=settled.new_root ^ 1)
        assert settled.number in failed_batches(inputs, proved=())
    totals = replace(recorded.totals, state_root=recorded.totals.state_root ^ 1)
    assert failed_batches(replace(recorded, totals=totals), proved=()) == [recorded.totals.batch_number]


def test_c1_a_proof_of_another_batch_does_not_hold(recorded):
    second, third = recorded.batches[1:3]
    size = WORD * PROOF_WORDS
    swapped = second.calldata[:-size] + third.calldata[-size:]
    inputs = synthetic.with_batch(recorded, 2, calldata=swapped)
    failures = audit(inputs, proved={2}).report.failures
    assert [(check.name, check.batch) for check in failures] == [("proof", 2)]


def test_c11_every_order_of_the_recording_is_proved_by_its_digest(recorded):
    found = audit(recorded, proved=())
    digest = next(digest for each in found.batches for digest in each.digests)
    evidence = order_evidence(recorded, digest)
    assert evidence
    assert evidence.filled > 0
    assert str(evidence).startswith(f"PASS: 0x{digest.hex()} filled 0.25")
