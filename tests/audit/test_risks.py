"""
Liquidation, absorption, deleveraging, bonds and new markets as an auditor sees them: honest histories pass, and whatever
one thing is falsified, the batch is named.
"""

import json
import re
from dataclasses import replace
from functools import lru_cache

import pytest

from tests.audit import synthetic
from tests.risk_scenario import HISTORIES, SOL, bankrupt, liquidated, relisted
from tests.scenario import lawless
from tests.vectors.crash import deleverage
from zkclear.audit.audit import audit
from zkclear.audit.calldata import decode_call, encode_call
from zkclear.audit.deleveraging import compare, opening_standings
from zkclear.audit.inputs import Queued
from zkclear.rules.batch import Outcome, OutcomeCode, Request, RequestKind
from zkclear.rules.risks import RiskKind
from zkclear.rules.transition import clear
from zkclear.rules.units import INSURANCE
from zkclear.rules.words import request_word


def settled(history):
    return synthetic.chain(history, limits=synthetic.CRASHING)


@pytest.fixture(scope="module")
def fallen():
    return settled(liquidated)


@pytest.fixture(scope="module")
def listed():
    return settled(relisted)


@lru_cache(maxsize=8)
def audited(inputs):
    return audit(inputs, proved=())


def failures(inputs):
    return [(check.name, check.batch) for check in audited(inputs).report.failures]


def evidence(inputs, name, batch):
    (check,) = (each for each in audited(inputs).report.checks if (each.name, each.batch) == (name, batch))
    return check.evidence


def number_of(inputs, wanted):
    """The first batch that `wanted` is true of."""
    return next(each.batch.number for each in audited(inputs).batches if wanted(each.batch))


def has_outcome(code, kind=RequestKind.LIQUIDATE):
    def wanted(batch):
        pairs = zip(batch.requests, batch.outcomes, strict=True)
        return any(request.kind is kind and outcome.code == code for request, outcome in pairs)

    return wanted


def batch_of(inputs, number):
    return inputs.batches[number - 1]


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_c7_c11_a_history_of_risk_operations_passes_and_is_rebuilt(history):
    made = settled(history)
    found = audited(made.inputs)
    assert [str(check) for check in found.report.failures] == []
    assert found.state == made.state
    surplus = [check.evidence for check in found.report.checks if check.name == "reserves"]
    assert len(surplus) == len(made.inputs.batches) + 1
    assert all(each.endswith("surplus 0 e6") for each in surplus)


def test_every_way_of_liquidation_is_in_the_summary_and_shares_the_whole_discount():
    found = [each for history in HISTORIES for each in audited(settled(history).inputs).liquidations]
    assert {each.kind for each in found} == set(RiskKind)
    for each in found:
        assert each.discount == each.counterparty_gain + each.fund_gain
        assert each.size


def test_the_summary_says_who_got_what(fallen):
    found = audited(fallen.inputs)
    takeover = next(each for each in found.liquidations if each.kind is RiskKind.TAKEOVER)
    assert (takeover.account, takeover.counterparty, takeover.size) == (2, 4, 700)
    assert takeover.counterparty_gain == takeover.discount // 2
    assert takeover.fund_gain == takeover.discount - takeover.counterparty_gain
    book = next(each for each in found.liquidations if each.kind is RiskKind.BOOK)
    batch = found.batches[book.batch - 1].batch
    assert (book.size, book.counterparty) == (sum(fill.lots for fill in batch.fills), None)
    hole = next(each for each in found.liquidations if each.kind is RiskKind.ABSORB and each.discount < 0)
    assert (hole.counterparty, hole.fund_gain) == (INSURANCE, hole.discount)
    assert json.loads(json.dumps(hole.to_json(synthetic.NAMES)))["how"] == "absorbed"


def test_c9_a_changed_outcome_is_named_with_the_one_that_the_rules_give(fallen):
    number = number_of(fallen.inputs, has_outcome(OutcomeCode.NOT_LIQUIDATABLE))
    call = decode_call(batch_of(fallen.inputs, number).calldata)
    outcomes = tuple(
        Outcome(OutcomeCode.NOTHING_TO_DO) if each.code == OutcomeCode.NOT_LIQUIDATABLE else each
        for each in call.outcomes
    )
    inputs = synthetic.with_batch(
        fallen.inputs, number, calldata=encode_call(replace(call, outcomes=outcomes))
    )
    assert {("outcomes", number), ("binding", number), ("replay", number)} <= set(failures(inputs))
    assert "the rules give NOT_LIQUIDATABLE 0" in evidence(inputs, "outcomes", number)


def test_c8_a_bond_that_must_go_back_and_is_kept_is_named(fallen):
    """The keeper was right, and the contract queued its bond for account 0 all the same."""
    number = number_of(fallen.inputs, has_outcome(OutcomeCode.EXECUTED))
    settlement, end = batch_of(fallen.inputs, number), fallen.inputs.totals.queue_length
    kept = Queued(end, request_word(Request(RequestKind.DEPOSIT, INSURANCE, amount=synthetic.BOND)))
    inputs = synthetic.with_batch(
        fallen.inputs,
        number,
        credits=(),
        queued=(kept,),
        vault=replace(settlement.vault, queue_length=settlement.vault.queue_length + 1),
    )
    inputs = replace(inputs, requests=(*inputs.requests, kept))
    assert {("credits", number), ("bonds", number)} <= set(failures(inputs))
    assert {batch for _, batch in failures(inputs) if batch} == {number}


def test_c8_a_bond_that_is_lost_and_goes_back_is_named(fallen):
    number = number_of(fallen.inputs, has_outcome(OutcomeCode.TAKER_UNFIT))
    settlement = batch_of(fallen.inputs, number)
    keeper = synthetic.Credit(synthetic.owner_of(7).to_bytes(20, "big"), 7, number, synthetic.BOND)
    inputs = synthetic.with_batch(fallen.inputs, number, credits=(*settlement.credits, keeper))
    assert {("credits", number), ("reserves", number), ("claims", None)} <= set(failures(inputs))


def test_c8_a_bond_of_another_amount_for_the_fund_is_named(fallen):
    number = number_of(fallen.inputs, has_outcome(OutcomeCode.TAKER_UNFIT))
    first, *rest = batch_of(fallen.inputs, number).queued
    short = Queued(
        first.number, request_word(Request(RequestKind.DEPOSIT, INSURANCE, amount=synthetic.BOND - 1))
    )
    inputs = synthetic.with_batch(fallen.inputs, number, queued=(short, *rest))
    assert ("bonds", number) in failures(inputs)


@pytest.mark.parametrize("kind", [RiskKind.ABSORB, RiskKind.TAKEOVER], ids=lambda kind: kind.name)
def test_c8_one_unit_that_is_missing_after_a_liquidation_is_named(fallen, kind):
    number = next(each.batch for each in audited(fallen.inputs).liquidations if each.kind is kind)
    vault = batch_of(fallen.inputs, number).vault
    inputs = synthetic.with_batch(fallen.inputs, number, vault=replace(vault, tokens=vault.tokens - 1))
    assert ("reserves", number) in failures(inputs)
    assert "surplus -1 e6" in evidence(inputs, "reserves", number)
    gift = synthetic.with_batch(fallen.inputs, number, vault=replace(vault, tokens=vault.tokens + 1))
    assert failures(gift) == []


def test_queued_bonds_are_those_of_the_queue(fallen):
    totals = replace(fallen.inputs.totals, queued_bonds=synthetic.BOND)
    assert ("queued bonds", None) in failures(replace(fallen.inputs, totals=totals))


BY_RANK = ("deleveraging by rank", 5)
"""A fund that can carry nothing: three accounts are ranked."""
IN_PART = ("deleveraging of what the fund cannot carry", 2)
"""A fund that can carry a part: one account gives up the rest."""


def ranked(change, *, step=BY_RANK):
    """The history of `bankrupt` up to a deleveraging, whose list `change` alters as an operator might."""
    wanted, subject = step

    def history(venue):
        for name, batch in bankrupt(venue):
            if name == wanted:
                rows = change([(entry.account, entry.lots) for entry in venue.deleveraging(subject)])
                entries = (
                    deleverage(who, subject, lots, rank, nonce=5) for rank, (who, lots) in enumerate(rows)
                )
                yield name, venue.draft(entries=tuple(entries))
                return
            yield name, batch

    return settled(history).inputs


def test_a_beginning_of_the_ranking_passes_whose_last_account_gives_up_a_part():
    def beginning(rows):
        assert len(rows) == 3
        first, (second, most), _ = rows
        return [first, (second, most - 1)]

    inputs = ranked(beginning)
    assert failures(inputs) == []
    assert "2 of 3 rows of the ranking" in evidence(inputs, "deleveraging", len(inputs.batches))


def swapped(rows):
    """Both give up what the ranking says, in the other order."""
    return rows[::-1]


def passed_over(rows):
    """The first of the ranking gives up nothing."""
    return rows[1:]


def spared(rows):
    """The first gives up a lot less than it must before the next is asked."""
    (first, most), (second, lots), *_ = rows
    return [(first, most - 1), (second, lots)]


def shared(rows):
    """The last gives up a part, and an account that the ranking does not need gives up the rest."""
    ((only, lots),) = rows
    return [(only, lots - 10), (3 if only != 3 else 6, 10)]


@pytest.mark.parametrize(
    ("change", "step"),
    [(swapped, BY_RANK), (passed_over, BY_RANK), (spared, BY_RANK), (shared, IN_PART)],
    ids=["swapped", "passed over", "spared", "shared"],
)
def test_a_list_that_the_proof_allows_and_the_ranking_does_not_is_named(change, step):
    inputs = ranked(change, step=step)
    number = len(inputs.batches)
    assert failures(inputs) == [("deleveraging", number)]
    assert "the ranking" in evidence(inputs, "deleveraging", number)


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ([(0, 6, 70), (1, 3, 30)], 0),
        ([(0, 6, 70)], 0),
        ([(0, 6, 69)], 0),
        ([(0, 6, 70), (1, 3, 29)], 0),
        ([(0, 6, 71)], 1),
        ([(0, 6, 70), (1, 3, 31)], 1),
        ([(0, 6, 69), (1, 3, 30)], 1),
        ([(0, 3, 30)], 1),
        ([(0, 3, 30), (1, 6, 70)], 2),
        ([(0, 6, 70), (1, 4, 30)], 1),
        ([(0, 6, 70), (1, 3, 30), (2, 4, 1)], 1),
    ],
)
def test_a_list_is_the_ranking_or_a_beginning_of_it(rows, faults):
    """The ranking wants 70 lots of account 6, then 30 of account 3."""
    assert len(compare(rows, [(6, 70), (3, 30)])) == faults


def test_accounts_are_ranked_with_their_funding_and_the_deposits_of_the_batch():
    """Account 3 is short 5,000 lots and gets 10^-3 quote for each, account 5 pays for 20,000; account 6 deposits."""
    venue = synthetic.Replayed()
    venue.prepare()
    batch = venue.draft(funding_steps=(1_000, 0), requests=(Request(RequestKind.DEPOSIT, 6, amount=7),))
    clearing = clear(venue.state, batch)
    found = opening_standings(venue.state, clearing)
    assert 3 not in clearing.openings
    before = venue.state.accounts
    moved = {number: found[number].account.collateral - before[number].collateral for number in (3, 5, 6)}
    assert moved == {3: 5, 5: -20, 6: 20 + 7}


def test_c7_a_lot_beyond_what_is_needed_is_refused_by_the_rules():
    def beyond(rows):
        ((only, lots),) = rows
        return [(only, lots + 1)]

    with lawless(fund_fits=lambda *_: False):
        inputs = ranked(beyond, step=IN_PART)
    number = len(inputs.batches)
    assert ("replay", number) in failures(inputs)
    assert "FUND_FIT" in evidence(inputs, "replay", number)


def test_a_takeover_that_waited_while_the_operator_acted_is_told(fallen):
    """Of the three takeovers of account 2 one came after the liquidation in the book; those of others are not told."""
    number = number_of(fallen.inputs, lambda batch: any(entry.action == 0xC1 for entry in batch.entries))
    at = {each.batch.number: each.batch for each in audited(fallen.inputs).batches}
    waiting = [
        batch.first_request + index
        for batch in at.values()
        for index, request in enumerate(batch.requests)
        if request.kind is RequestKind.LIQUIDATE and request.account == 2 and batch.number > number
    ]
    said = evidence(fallen.inputs, "liquidations", number)
    told = [int(each) for each in re.findall(r"request (\d+), a takeover of account 2, waited", said)]
    assert told == waiting
    assert len(told) == said.count("waited") == 1


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


def test_c1_a_risk_entry_has_no_signature_and_no_other_entry_goes_without(fallen):
    number = number_of(fallen.inputs, lambda batch: any(entry.action == 0xC1 for entry in batch.entries))
    data = batch_of(fallen.inputs, number).calldata
    call = decode_call(data)
    assert sorted(len(entry.signature) for entry in call.entries) == [0, 64, 64]
    assert encode_call(call) == data
    padded = tuple(replace(entry, signature=entry.signature or bytes(64)) for entry in call.entries)
    inputs = synthetic.with_batch(fallen.inputs, number, calldata=encode_call(replace(call, entries=padded)))
    assert ("calldata", number) in failures(inputs)


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


def test_endless_numbers_of_an_event_are_a_verdict_and_no_crash(fallen):
    last = len(fallen.inputs.batches)
    vault = batch_of(fallen.inputs, last).vault
    inputs = synthetic.with_batch(fallen.inputs, last, vault=replace(vault, queue_length=2**200))
    assert failures(inputs) == []
    inputs = synthetic.with_batch(fallen.inputs, last, requests_end=2**200)
    assert ("chain", last) in failures(inputs)
