"""
A recorded chain with real proofs: it passes, and one changed byte, root or proof word fails and names its batch.

`record.py` made the recording on a local chain; the flow tests do the same on a live network.
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
from zkclear.rules.risks import RiskKind

RECORDED = Path(__file__).with_name("recorded.json")
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
    assert kinds == set(RequestKind)
    assert {each.kind for each in found.liquidations} == set(RiskKind)


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


@pytest.mark.parametrize(("batch", "filled"), [(3, "2"), (11, "0.1")], ids=["first market", "listed later"])
def test_c11_an_order_of_the_recording_is_proved_by_its_digest(recorded, batch, filled):
    found = next(each for each in audit(recorded, proved=()).batches if each.batch.number == batch)
    evidence = order_evidence(recorded, found.digests[0])
    assert evidence
    assert str(evidence) == f"PASS: 0x{found.digests[0].hex()} filled {filled} in settled batches: {batch}"
