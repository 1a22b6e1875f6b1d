"""Markets that are listed and changed through the queue: their rules are those that were hashed, or the batch is named."""

from dataclasses import replace

import pytest

from tests.audit import synthetic
from tests.audit.falsified import audited, batch_of, evidence, failures, number_of
from tests.risk_scenario import SOL
from zkclear.audit.calldata import decode_call, encode_call


def test_c1_a_market_is_listed_from_the_next_batch_on(listed):
    found = audited(listed.inputs)
    assert [market.name for market in found.markets] == list(synthetic.NAMES)
    number = number_of(listed.inputs, lambda batch: any(each.config for each in batch.requests))
    at = {each.batch.number: each.batch for each in found.batches}
    assert (len(at[number].marks), len(at[number + 1].marks)) == (2, 3)


def listing_batch(listed):
    return number_of(listed.inputs, lambda batch: any(each.config for each in batch.requests))


def test_c1_a_market_with_other_rules_than_were_hashed_is_named(listed):
    number = listing_batch(listed)
    first, *rest = listed.inputs.markets
    other = replace(first.listing, config=replace(SOL, taker_fee=SOL.taker_fee + 1))
    inputs = replace(listed.inputs, markets=(replace(first, listing=other), *rest))
    assert {("requests", number), ("replay", number)} <= set(failures(inputs))
    assert "hashes to" in evidence(inputs, "requests", number)


def test_a_market_request_without_its_event_is_named(listed):
    inputs = replace(listed.inputs, markets=listed.inputs.markets[1:])
    assert ("requests", listing_batch(listed)) in failures(inputs)


def test_a_market_under_another_name_is_named(listed):
    number = listing_batch(listed)
    events = batch_of(listed.inputs, number).listed
    renamed = replace(events[0], listing=replace(events[0].listing, name="XYZ-USD"))
    inputs = synthetic.with_batch(listed.inputs, number, listed=(renamed, *events[1:]))
    assert failures(inputs) == [("markets", number)]
    assert ("markets", number) in failures(synthetic.with_batch(listed.inputs, number, listed=()))


def test_the_contract_has_the_markets_of_the_replay(listed):
    totals = listed.inputs.totals
    changed = replace(totals, markets=(totals.markets[0], totals.markets[2], totals.markets[1]))
    assert failures(replace(listed.inputs, totals=changed)) == [("final state", totals.batch_number)]


def test_c6_a_funding_step_beyond_its_bound_is_named(listed):
    number = listing_batch(listed)
    call = decode_call(batch_of(listed.inputs, number).calldata)
    steps = (10**12, *call.header.funding_steps[1:])
    header = replace(call.header, funding_steps=steps)
    inputs = synthetic.with_batch(listed.inputs, number, calldata=encode_call(replace(call, header=header)))
    assert {("funding", number), ("replay", number)} <= set(failures(inputs))


@pytest.mark.parametrize(
    "change",
    [
        lambda queued: replace(queued, market=200),
        lambda queued: replace(queued, market=-1),
        lambda queued: replace(
            queued, listing=replace(queued.listing, config=replace(queued.listing.config, tick_e8=0))
        ),
        lambda queued: replace(
            queued, listing=replace(queued.listing, config=replace(queued.listing.config, lot_e8=2**300))
        ),
    ],
    ids=["no such row", "negative row", "no tick", "endless lot"],
)
def test_a_market_that_cannot_be_is_a_verdict_and_no_crash(listed, change):
    """Later batches are read on with the markets that can be."""
    first, *rest = listed.inputs.markets
    found = failures(replace(listed.inputs, markets=(change(first), *rest)))
    assert {("requests", listing_batch(listed)), ("replay", listing_batch(listed))} <= set(found)
