"""An honest chain passes; whatever one byte, root or event is changed in the inputs, the batch is named."""

import random
from dataclasses import replace

import pytest

from tests.audit import synthetic
from zkclear.audit.audit import audit
from zkclear.audit.batches import ProofJob
from zkclear.audit.calldata import decode_call, encode_call
from zkclear.audit.inputs import Credit, Queued
from zkclear.audit.proofs import verify
from zkclear.crypto.bind import Binding
from zkclear.rules.batch import Fill

# Proofs are the stand-in circuit's here, so they are checked in a test of their own.
NO_PROOFS = ()
PROOF_BYTES = 384


def failures(inputs):
    return [(check.name, check.batch) for check in audit(inputs, proved=NO_PROOFS).report.failures]


def changed_call(inputs, number, change):
    """The inputs with one batch's call taken apart, changed and encoded again."""
    call = decode_call(inputs.batches[number - 1].calldata)
    return synthetic.with_batch(inputs, number, calldata=encode_call(change(call)))


def header(**fields):
    return lambda call: replace(call, header=replace(call.header, **fields))


def test_c11_an_honest_chain_passes_and_its_state_is_rebuilt_from_calldata(honest):
    found = audit(honest.inputs, proved=NO_PROOFS)
    assert [str(check) for check in found.report.failures] == []
    assert found.state == honest.state
    assert found.report.to_json()["verdict"] == "PASS"


def test_an_empty_report_is_no_pass(honest):
    empty = replace(
        honest.inputs,
        batches=(),
        requests=(),
        totals=replace(honest.inputs.totals, batch_number=0, state_root=0, total_claims=0),
    )
    assert ("genesis", None) in failures(empty)


@pytest.mark.parametrize("number", [7, 11])
def test_c1_one_byte_of_calldata_names_its_batch(honest, number):
    data = honest.inputs.batches[number - 1].calldata
    # Every part of the call is hit: the selector, the header, each section, lengths and offsets. The proof has its own test.
    places = {0, 3, 35, 4 + 9 * 32 + 31, len(data) - PROOF_BYTES - 1}
    places |= set(random.Random(number).sample(range(len(data) - PROOF_BYTES), 12))
    for place in sorted(places):
        forged = bytearray(data)
        forged[place] ^= 1
        inputs = synthetic.with_batch(honest.inputs, number, calldata=bytes(forged))
        assert number in {batch for _, batch in failures(inputs)}, f"byte {place}"


@pytest.mark.parametrize("number", [1, 5, 12])
def test_c1_one_root_names_its_batch(honest, number):
    settled = honest.inputs.batches[number - 1]
    root = settled.new_root
    in_event = synthetic.with_batch(honest.inputs, number, new_root=root ^ 1)
    assert ("replay", number) in failures(in_event)
    in_call = changed_call(honest.inputs, number, header(new_root=root ^ 1))
    assert {("replay", number), ("binding", number)} <= set(failures(in_call))
    old = changed_call(honest.inputs, number, header(old_root=1))
    assert ("chain", number) in failures(old)


def test_every_check_of_a_batch_is_under_the_number_of_its_event(honest):
    inputs = changed_call(honest.inputs, 4, header(number=400))
    found = audit(inputs, proved=NO_PROOFS).report.checks
    assert {check.batch for check in found} <= {None, *range(1, 13)}
    assert {("chain", 4), ("replay", 4)} <= {(check.name, check.batch) for check in found if not check.passed}


def test_the_final_root_of_the_contract_is_the_replayed_one(honest):
    totals = replace(honest.inputs.totals, state_root=honest.inputs.totals.state_root ^ 1)
    assert failures(replace(honest.inputs, totals=totals)) == [("final state", 12)]


def test_a_batch_that_the_rules_refuse_ends_the_replay(honest):
    def overfill(call):
        fill = call.fills[0]
        return replace(call, fills=(Fill(fill.maker, fill.taker, fill.lots + 10**6),))

    found = failures(changed_call(honest.inputs, 3, overfill))
    assert ("replay", 3) in found
    assert ("binding", 3) in found
    assert [each for each in found if each[0] == "replay"] == [("replay", 3)]


def test_c2_an_entry_with_a_foreign_signature_is_named(honest):
    def swap(call):
        first, second = call.entries
        return replace(call, entries=(replace(first, signature=second.signature), second))

    assert ("replay", 4) in failures(changed_call(honest.inputs, 4, swap))


def test_c2_a_withdrawal_to_another_recipient_is_not_signed(honest):
    def redirect(call):
        return replace(
            call,
            entries=tuple(
                replace(entry, recipient=b"\x11" * 20) if entry.recipient else entry for entry in call.entries
            ),
        )

    assert ("replay", 7) in failures(changed_call(honest.inputs, 7, redirect))


def test_c1_prices_need_a_quorum_of_listed_signers(honest):
    lonely = changed_call(honest.inputs, 2, lambda call: replace(call, reports=call.reports[:1]))
    assert ("prices", 2) in failures(lonely)
    twice = changed_call(honest.inputs, 2, lambda call: replace(call, reports=call.reports[:1] * 2))
    assert ("prices", 2) in failures(twice)
    stranger = synthetic.key_of(3)
    batch = audit(honest.inputs, proved=NO_PROOFS).batches[1].batch
    foreign = synthetic.reports(batch, keys=(synthetic.ORACLE_KEYS[0], stranger))
    assert ("prices", 2) in failures(
        changed_call(honest.inputs, 2, lambda call: replace(call, reports=foreign))
    )


@pytest.mark.parametrize(("age", "passes"), [(0, True), (30, True), (31, False), (-1, False)])
def test_i15_a_report_is_of_the_last_seconds_before_its_batch(honest, age, passes):
    batch = audit(honest.inputs, proved=NO_PROOFS).batches[1].batch
    aged = synthetic.reports(batch, time=batch.timestamp - age)
    found = failures(changed_call(honest.inputs, 2, lambda call: replace(call, reports=aged)))
    assert (("prices", 2) in found) is not passes


@pytest.mark.parametrize(("late", "passes"), [(3_600, True), (3_601, False), (-60, True), (-61, False)])
def test_a_batch_is_settled_close_to_its_own_time(honest, late, passes):
    settled = honest.inputs.batches[3]
    inputs = synthetic.with_batch(honest.inputs, 4, block_time=settled.timestamp + late)
    assert failures(inputs) == ([] if passes else [("chain", 4)])


def test_c9_a_request_that_was_never_queued_names_the_batch(honest):
    inputs = replace(honest.inputs, requests=honest.inputs.requests[:5])
    assert ("requests", 2) in failures(inputs)


def test_c8_an_invented_deposit_names_the_batch(honest):
    first, second, *rest = honest.inputs.requests
    assert second.payload >> 240 == 2
    forged = Queued(second.number, second.payload + (10**9 << 144))
    inputs = replace(honest.inputs, requests=(first, forged, *rest))
    assert ("binding", 1) in failures(inputs)


def test_c9_an_outcome_that_the_event_does_not_say_names_the_batch(honest):
    resolved = honest.inputs.batches[5].resolved
    inputs = synthetic.with_batch(
        honest.inputs, 6, resolved=(*resolved[:1], replace(resolved[1], amount=1), *resolved[2:])
    )
    assert failures(inputs) == [("requests", 6)]


def test_c8_a_credit_without_a_cause_names_the_batch(honest):
    extra = Credit(b"\x99" * 20, 3, 4, 10**6)
    inputs = synthetic.with_batch(honest.inputs, 4, credits=(extra,))
    assert failures(inputs) == [("credits", 4), ("reserves", 4), ("claims", None)]
    missing = synthetic.with_batch(honest.inputs, 7, credits=())
    assert ("credits", 7) in failures(missing)


def test_a_settlement_through_another_contract_is_named_and_not_guessed(honest):
    inputs = synthetic.with_batch(honest.inputs, 8, to=b"\x42" * 20)
    checks = audit(inputs, proved=NO_PROOFS).report.failures
    assert ("calldata", 8) in [(check.name, check.batch) for check in checks]
    assert "only direct calls" in checks[0].evidence


@pytest.mark.parametrize(("short", "passes"), [(0, True), (1, False), (10**9, False)])
def test_c8_i2_the_vault_covers_claims_deposits_and_accounts(honest, short, passes):
    totals = replace(honest.inputs.totals, token_balance=honest.inputs.totals.token_balance - short)
    found = failures(replace(honest.inputs, totals=totals))
    assert found == ([] if passes else [("reserves", None)])


def test_queued_deposits_are_those_of_the_queue(honest):
    totals = replace(honest.inputs.totals, queued_deposits=5)
    assert ("queued deposits", None) in failures(replace(honest.inputs, totals=totals))


def test_the_queue_has_as_many_requests_as_events(honest):
    totals = replace(honest.inputs.totals, queue_length=honest.inputs.totals.queue_length + 1)
    assert failures(replace(honest.inputs, totals=totals)) == [("queue", None)]


def test_another_genesis_is_seen_in_the_first_root(honest):
    deployment = replace(honest.inputs.deployment, genesis_timestamp=1)
    assert ("genesis", None) in failures(replace(honest.inputs, deployment=deployment))


def test_another_verifier_is_seen_in_the_circuit_id(honest):
    shape = honest.inputs.deployment.shapes[0]
    deployment = replace(honest.inputs.deployment, shapes=(replace(shape, code=shape.code + b"\0"),))
    found = failures(replace(honest.inputs, deployment=deployment))
    assert {("circuit id", None), ("verifying key", None)} <= set(found)


@pytest.mark.parametrize(
    "change",
    [
        lambda made: replace(made, chain_id=-1),
        lambda made: replace(made, circuit_id=bytes(31)),
        lambda made: replace(made, fee_recipient=b""),
        lambda made: replace(made, bond=-1),
        lambda made: replace(made, markets=()),
        lambda made: replace(made, markets=made.markets * 5),
        lambda made: replace(made, shapes=(replace(made.shapes[0], fills=2**64),)),
        lambda made: replace(
            made,
            markets=(replace(made.markets[0], config=replace(made.markets[0].config, tick_e8=0)),),
        ),
    ],
)
def test_a_deployment_that_cannot_be_is_a_verdict_and_no_crash(honest, change):
    inputs = replace(honest.inputs, deployment=change(honest.inputs.deployment))
    assert failures(inputs) == [("deployment", None)]


def test_a_queued_request_of_no_kind_fails_where_it_is_consumed(honest):
    first, *rest = honest.inputs.requests
    odd = Queued(first.number, first.payload | 1 << 250)
    assert ("requests", 1) in failures(replace(honest.inputs, requests=(odd, *rest)))


def test_the_domain_word_names_chain_and_contract(honest):
    deployment = replace(honest.inputs.deployment, chain_id=1)
    assert ("domain", None) in failures(replace(honest.inputs, deployment=deployment))


def proof_checks(change=lambda proof: proof, inputs=None, processes=1):
    key, proof, found = synthetic.standin()
    jobs = [ProofJob(number, 0, proof, Binding(*found)) for number in (1, 2)]
    jobs[1] = replace(jobs[1], proof=change(proof), inputs=Binding(*(inputs or found)))
    return list(verify(jobs, {0: key}, processes=processes, progress=lambda *_: None))


def test_c1_proofs_are_verified_in_order_and_in_several_processes():
    assert [(check.batch, check.passed) for check in proof_checks(processes=2)] == [(1, True), (2, True)]


@pytest.mark.parametrize("word", range(12))
def test_i24_one_word_of_a_proof_names_its_batch(word):
    def change(proof):
        start = 32 * word
        value = int.from_bytes(proof[start : start + 32], "big") ^ 1
        return proof[:start] + value.to_bytes(32, "big") + proof[start + 32 :]

    verdicts = [(check.batch, check.passed) for check in proof_checks(change)]
    assert verdicts == [(1, True), (2, False)]


def test_a_proof_for_other_inputs_names_its_batch():
    _, _, found = synthetic.standin()
    verdicts = proof_checks(inputs=(found[0], found[1], found[2] + 1))
    assert [(check.batch, check.passed) for check in verdicts] == [(1, True), (2, False)]


def test_every_batch_gets_a_verdict_on_its_proof(honest):
    found = audit(honest.inputs, proved={2}).report
    assert [check.batch for check in found.checks if check.name == "proof"] == [2]
    assert [(check.name, check.batch) for check in found.failures] == [("proof", 2)]
