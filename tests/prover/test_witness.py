"""Witnesses of scripted batches: what the builder writes is what the real circuit accepts."""

from dataclasses import replace
from pathlib import Path

import pytest

from prover.witness import Built, build_witness, parse_batch
from prover.witness.risks import KINDS
from tests.circuit import Verdict, check, run
from tests.risk_scenario import HISTORIES, RiskVenue, bankrupt, relisted
from tests.scenario import DOMAIN, Venue, owner_of, scripted
from zkclear.crypto.sparse_tree import root_from_path
from zkclear.crypto.state_tree import StateTree
from zkclear.crypto.tree import account_leaf, market_config_hash, slot_leaf, state_root
from zkclear.rules import actions
from zkclear.rules.batch import Batch, OutcomeCode, RequestKind
from zkclear.rules.reject import Rejected
from zkclear.rules.shapes import ACCOUNT_DEPTH, SLOT_DEPTH, TINY
from zkclear.rules.words import entry_word, request_word
from zkclear.v1 import batch_pb2
from zkclear.v1 import witness_pb2 as pb


def history() -> dict[str, tuple[StateTree, Batch, Built]]:
    """Every scripted batch with the tree before it and its witness."""
    out = {}
    for venue, history in ((Venue(), scripted), *((RiskVenue(), each) for each in HISTORIES)):
        for name, batch in history(venue):
            before = venue.tree
            assert name not in out
            out[name] = (before, batch, venue.advance(batch))
    return out


HISTORY = history()


@pytest.fixture(params=list(HISTORY))
def step(request: pytest.FixtureRequest) -> tuple[StateTree, Batch, Built]:
    return HISTORY[request.param]


def number(raw: bytes) -> int:
    return int.from_bytes(raw, "big")


def test_c11_account_paths_lead_row_by_row_from_the_old_root_to_the_new(step):
    """Row i's path is valid in the tree in which the rows before it were replaced, and in no other."""
    before, _, built = step
    root = before.accounts.root
    for row in built.witness.accounts:
        stored = before.state.accounts.get(row.id)
        path = [number(sibling) for sibling in row.siblings]
        old_leaf = account_leaf(stored) if stored else 0
        assert row.is_new == (stored is None)
        assert root == root_from_path(old_leaf, row.id, path, depth=ACCOUNT_DEPTH)
        new_leaf = account_leaf(built.clearing.closings[row.id])
        root = root_from_path(new_leaf, row.id, path, depth=ACCOUNT_DEPTH)
    assert built.tree.accounts.root == root


def test_c3_slot_paths_lead_entry_by_entry_from_the_old_slots_root_to_the_new(step):
    """The slots root of an account is carried from entry to entry."""
    _, batch, built = step
    roots = {row.id: number(row.slots_root) for row in built.witness.accounts}
    for entry, row in zip(batch.entries, built.witness.entries, strict=True):
        path = [number(sibling) for sibling in row.siblings]
        stored = built.clearing.openings[entry.account].stored.slot(entry.slot)
        assert (row.stored_nonce, row.stored_filled) == (stored.nonce, stored.filled)
        assert roots[entry.account] == root_from_path(slot_leaf(stored), entry.slot, path, depth=SLOT_DEPTH)
        closed = built.clearing.closings[entry.account].slot(entry.slot)
        roots[entry.account] = root_from_path(slot_leaf(closed), entry.slot, path, depth=SLOT_DEPTH)
    assert roots == {row.id: number(row.new_slots_root) for row in built.witness.accounts}


def test_the_roots_of_a_witness_are_those_of_the_whole_states(step):
    before, _, built = step
    assert state_root(before.state) == number(built.witness.old_root)
    assert state_root(built.clearing.state) == number(built.witness.new_root)


def test_the_indexes_of_account_rows_point_to_their_own_entries_and_requests(step):
    _, batch, built = step
    for row in built.witness.accounts:
        entries = [i for i, entry in enumerate(batch.entries) if entry.account == row.id]
        assert row.last_entry == (entries[-1] if entries else -1)
        for kind in ("open", "deposit", "agent", "withdraw"):
            pointed = getattr(row, f"{kind}_request")
            mine = [
                i
                for i, request in enumerate(batch.requests)
                if request.account == row.id and request.kind.name == kind.upper()
            ]
            assert pointed in (mine or [-1])


def test_c7_risk_rows_point_to_their_source_and_to_both_accounts(step):
    """Requests in queue order, then entries, DELEVERAGE last; each row names who gives and who takes."""
    _, batch, built = step
    ids = [row.id for row in built.witness.accounts]
    asked, given = [], []
    for row in built.witness.risks:
        assert row.lots <= 2**40 - 1
        subject, counterparty = ids[row.subject_row], ids[row.counterparty_row]
        if row.kind in (pb.RISK_KIND_TAKEOVER, pb.RISK_KIND_CLOSE):
            request = batch.requests[row.source]
            asked.append(row.source)
            assert (request.account, request.taker, request.market) == (subject, counterparty, row.market)
        else:
            entry = batch.entries[row.source]
            given.append((row.kind == pb.RISK_KIND_DELEVERAGE, entry.rank, row.source))
            parties = (subject, counterparty)
            expected = (entry.account, 0)
            if entry.action == actions.DELEVERAGE:
                expected = (entry.subject, entry.account)
            assert (entry.market, *expected) == (row.market, *parties)
    kinds = (RequestKind.CLOSE, RequestKind.LIQUIDATE)
    assert asked == [i for i, request in enumerate(batch.requests) if request.kind in kinds]
    assert sorted(index for *_, index in given) == [
        i for i, entry in enumerate(batch.entries) if actions.is_risk(entry.action)
    ]
    assert given == sorted(given, key=lambda row: row if row[0] else (False, 0, row[2]))


def test_c9_market_changes_stand_by_market_with_the_hash_of_the_new_rules(step):
    _, batch, built = step
    changes = {
        request.market: market_config_hash(request.config)
        for request in batch.requests
        if request.kind is RequestKind.MARKET
    }
    rows = [(row.market, number(row.config_hash)) for row in built.witness.market_changes]
    assert rows == sorted(changes.items())
    for market, expected in rows:
        assert expected == market_config_hash(built.clearing.state.markets[market].config)


def test_the_histories_meet_every_risk_operation_and_every_outcome():
    """Guards the tests above: none of them is true of nothing."""
    kinds = {row.kind for _, _, built in HISTORY.values() for row in built.witness.risks}
    codes = {outcome.code for _, batch, _ in HISTORY.values() for outcome in batch.outcomes}
    assert kinds == set(KINDS.values())
    assert codes == set(OutcomeCode)


def test_a_configuration_with_another_hash_has_no_witness():
    """The outcome of a MARKET request carries bits of the hash, so a wrong one could never be settled."""
    venue = RiskVenue()
    _, batch = next(relisted(venue))
    request = batch.requests[0]
    forged = replace(request, config_hash=request.config_hash ^ 1)
    with pytest.raises(ValueError, match="the configuration of market 2 has the hash"):
        venue.build(replace(batch, requests=(forged, *batch.requests[1:])))


def test_a_batch_with_more_risk_rows_than_its_shape_is_refused():
    venue = RiskVenue()
    steps = bankrupt(venue)
    venue.advance(next(steps)[1])
    _, batch = next(steps)
    with pytest.raises(ValueError, match="1 of 0 risks"):
        build_witness(venue.tree, batch, shape=replace(TINY, risks=0), domain=DOMAIN)


def test_building_is_deterministic_and_leaves_the_tree_alone(step):
    """A failed batch rolls back by keeping the tree that it started from."""
    before, batch, built = step
    root = before.root
    again = build_witness(before, batch, shape=TINY, domain=DOMAIN)
    assert built.witness.SerializeToString(deterministic=True) == again.witness.SerializeToString(
        deterministic=True
    )
    assert root == before.root
    assert root == StateTree(before.state).root


def test_the_circuit_accepts_every_scripted_witness(step):
    _, _, built = step
    verdict, said = check(built.witness)
    assert verdict is Verdict.PROVABLE, said


def test_a_proof_of_a_witness_verifies_and_a_changed_one_does_not(tmp_path: Path):
    """The whole way through the program: prove, verify, and refuse one changed digit."""
    witness = tmp_path / "witness.bin"
    witness.write_bytes(HISTORY["every row in use"][2].witness.SerializeToString())
    proof = tmp_path / "proof.json"
    made = run("setup", "--shape", "tiny")
    assert made.returncode == 0, made.stderr
    proved = run("prove", "--shape", "tiny", "--witness", witness, "--out", proof)
    assert proved.returncode == 0, proved.stderr
    verified = run("verify", "--shape", "tiny", "--proof", proof)
    assert verified.returncode == 0, verified.stderr
    text = proof.read_text()
    place = text.index('"y": "0x') + 60
    proof.write_text(text[:place] + ("1" if text[place] != "1" else "2") + text[place + 1 :])
    refused = run("verify", "--shape", "tiny", "--proof", proof)
    assert refused.returncode == 1
    assert "does not verify" in refused.stderr


def test_an_unprovable_witness_makes_no_proof_file(tmp_path: Path):
    forged = pb.Witness.FromString(HISTORY["partial fill, funding"][2].witness.SerializeToString())
    forged.fills[0].lots += 1
    (tmp_path / "witness.bin").write_bytes(forged.SerializeToString())
    proof = tmp_path / "proof.json"
    assert run("setup", "--shape", "tiny").returncode == 0
    proved = run("prove", "--shape", "tiny", "--witness", tmp_path / "witness.bin", "--out", proof)
    assert proved.returncode == 3
    assert not proof.exists()


def test_a_damaged_witness_is_refused_as_such(tmp_path: Path):
    (tmp_path / "witness.bin").write_bytes(b"\xff\xff\xff")
    done = run("check", "--shape", "tiny", "--witness", tmp_path / "witness.bin")
    assert done.returncode == 1
    assert "no zkclear.v1.Witness" in done.stderr


def test_a_batch_that_the_rules_refuse_has_no_witness():
    venue = Venue()
    venue.advance(requests=venue.opening(2))
    batch = venue.draft(entries=(venue.order(2, "BUY GTC", 1, 18_000, expiry=1),))
    with pytest.raises(Rejected, match="ORDER_EXPIRED"):
        venue.build(batch)


def test_a_batch_larger_than_its_shape_is_refused_with_its_rows():
    venue = Venue()
    batch = venue.draft(requests=venue.opening(2, 3, 4))
    with pytest.raises(ValueError, match="6 of 4 requests"):
        venue.build(batch)


def sealed(batch: Batch) -> batch_pb2.SealedBatch:
    """The message that the sequencer sends for a batch."""
    return batch_pb2.SealedBatch(
        number=batch.number,
        timestamp_s=batch.timestamp,
        first_request=batch.first_request,
        marks=batch.marks,
        funding_steps=batch.funding_steps,
        entries=[
            batch_pb2.SealedEntry(
                word=entry_word(entry).to_bytes(32, "big"), signer=entry.signer.to_bytes(20, "big")
            )
            for entry in batch.entries
        ],
        fills=[pb.WitnessFill(maker=fill.maker, taker=fill.taker, lots=fill.lots) for fill in batch.fills],
        requests=[
            batch_pb2.SealedRequest(
                payload=request_word(request).to_bytes(32, "big"), outcome=outcome.code, amount=outcome.amount
            )
            for request, outcome in zip(batch.requests, batch.outcomes, strict=True)
        ],
    )


def read_back(message: batch_pb2.SealedBatch, batch: Batch) -> Batch:
    """The batch of a message, with the configurations of `batch` as those that wait on the chain."""
    return parse_batch(
        message, queued_config=lambda request: batch.requests[request - batch.first_request].config
    )


def test_a_sealed_batch_is_read_back_as_it_was(step):
    _, batch, _ = step
    assert batch == read_back(sealed(batch), batch)


def test_a_sealed_batch_with_a_short_signer_is_refused():
    batch = HISTORY["partial fill, funding"][1]
    message = sealed(batch)
    message.entries[0].signer = owner_of(2).to_bytes(20, "big")[:19]
    with pytest.raises(ValueError, match="signer must have 20 bytes, not 19"):
        read_back(message, batch)


def test_c9_a_market_request_with_another_hash_than_the_chains_configuration_is_refused():
    """The low bits are in the payload; a bit that differs there names another configuration."""
    batch = HISTORY["new rules and a new market"][1]
    message = sealed(batch)
    assert batch.requests[2].kind is RequestKind.MARKET
    message.requests[2].payload = message.requests[2].payload[:-1] + bytes(
        [message.requests[2].payload[-1] ^ 1]
    )
    number = batch.first_request + 2
    with pytest.raises(ValueError, match=f"request {number} asks for a configuration with a hash"):
        read_back(message, batch)
