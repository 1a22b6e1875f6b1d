"""
Liquidation, absorption and bonds as an auditor sees them: honest histories pass, and whatever one thing is falsified, the
batch is named.
"""

import json
import re
from dataclasses import replace

import pytest

from tests.audit import synthetic
from tests.audit.falsified import (
    audited,
    batch_of,
    evidence,
    failures,
    has_outcome,
    number_of,
    settled,
)
from tests.risk_scenario import HISTORIES
from tests.vectors.crash import risk_entry
from zkclear.audit.calldata import decode_call, encode_call
from zkclear.audit.inputs import Queued
from zkclear.rules import actions
from zkclear.rules.batch import Fill, Outcome, OutcomeCode, Request, RequestKind
from zkclear.rules.risks import RiskKind
from zkclear.rules.units import INSURANCE
from zkclear.rules.words import request_word


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


def test_fills_of_others_in_the_same_batch_are_no_part_of_a_liquidation_in_the_book():
    def history(venue):
        venue.prepare()
        venue.mark_for(2, 40_000_000)
        mark = venue.marks[0]
        entries = (
            risk_entry(2, actions.LIQUIDATION_SELL, lots=100, limit=mark - 30),
            venue.bid(4, 100, mark - 20),
            venue.offer(5, 10, mark),
            venue.bid(6, 10, mark),
        )
        yield "book beside a trade", venue.draft(entries=entries, fills=(Fill(1, 0, 100), Fill(2, 3, 10)))

    (made,) = audited(settled(history).inputs).liquidations
    assert (made.account, made.size) == (2, 100)


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


def test_c1_a_risk_entry_has_no_signature_and_no_other_entry_goes_without(fallen):
    number = number_of(fallen.inputs, lambda batch: any(entry.action == 0xC1 for entry in batch.entries))
    data = batch_of(fallen.inputs, number).calldata
    call = decode_call(data)
    assert sorted(len(entry.signature) for entry in call.entries) == [0, 64, 64]
    assert encode_call(call) == data
    padded = tuple(replace(entry, signature=entry.signature or bytes(64)) for entry in call.entries)
    inputs = synthetic.with_batch(fallen.inputs, number, calldata=encode_call(replace(call, entries=padded)))
    assert ("calldata", number) in failures(inputs)


def test_endless_numbers_of_an_event_are_a_verdict_and_no_crash(fallen):
    last = len(fallen.inputs.batches)
    vault = batch_of(fallen.inputs, last).vault
    inputs = synthetic.with_batch(fallen.inputs, last, vault=replace(vault, queue_length=2**200))
    assert failures(inputs) == []
    inputs = synthetic.with_batch(fallen.inputs, last, requests_end=2**200)
    assert ("chain", last) in failures(inputs)
