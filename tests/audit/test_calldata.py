"""Calldata taken apart and put together again."""

from dataclasses import replace

import pytest

from tests.audit import synthetic
from tests.scenario import scripted
from zkclear.audit.abi import contract_abi
from zkclear.audit.audit import audit
from zkclear.audit.calldata import SELECTOR, Malformed, decode_call, encode_call
from zkclear.crypto.keccak import keccak256


def canonical(kind):
    """An ABI type as a signature writes it."""
    if kind["type"].startswith("tuple"):
        return f"({','.join(map(canonical, kind['components']))}){kind['type'][5:]}"
    return kind["type"]


def test_the_selector_is_that_of_the_contracts_abi():
    (settle,) = (each for each in contract_abi("Settlement") if each.get("name") == "settle")
    signature = f"settle({','.join(map(canonical, settle['inputs']))})"
    assert keccak256(signature.encode())[:4] == SELECTOR


def test_c11_every_batch_comes_back_from_its_calldata(honest):
    venue = synthetic.Replayed()
    for _, batch in scripted(venue):
        venue.advance(batch)
    batches = [batch for _, batch in venue.history]
    assert [each.batch for each in audit(honest.inputs, proved=()).batches] == batches


def test_a_call_decodes_to_what_was_encoded(honest):
    for settled in honest.inputs.batches:
        assert encode_call(decode_call(settled.calldata)) == settled.calldata


def test_another_function_is_no_settlement(honest):
    with pytest.raises(Malformed, match="settle begins with"):
        decode_call(b"\x00" * 4 + honest.inputs.batches[0].calldata[4:])


@pytest.mark.parametrize("cut", [1, 32, 384, 900])
def test_a_call_cut_short_is_malformed(honest, cut):
    with pytest.raises(Malformed):
        decode_call(honest.inputs.batches[6].calldata[:-cut])


def test_i14_a_call_with_bytes_behind_it_is_not_canonical(honest):
    with pytest.raises(Malformed, match="canonical"):
        decode_call(honest.inputs.batches[6].calldata + bytes(32))


@pytest.mark.parametrize("count", ["entries", "fills", "requests"])
def test_a_section_has_the_length_that_the_header_counts(honest, count):
    call = decode_call(honest.inputs.batches[10].calldata)
    more = replace(call, header=replace(call.header, **{count: 5}))
    with pytest.raises(Malformed, match="bytes"):
        decode_call(encode_call(more))


def test_an_entry_word_has_248_bits(honest):
    call = decode_call(honest.inputs.batches[2].calldata)
    wide = replace(call.entries[0], word=call.entries[0].word | 1 << 248)
    with pytest.raises(Malformed, match="248 bits"):
        decode_call(encode_call(replace(call, entries=(wide, *call.entries[1:]))))
