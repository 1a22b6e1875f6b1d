"""The line of batches: in order, judged by the rules, rolled back, rebuilt from the disk and compared with the chain."""

from dataclasses import replace

import pytest

from prover.entries import SigningContext
from prover.line import BadBatchError, Line
from prover.proving.jobs import JobQueue
from prover.settlement.errors import ChainMismatchError
from prover.settlement.genesis import read_genesis
from prover.store import BatchStore, StoreError
from tests.chain import TOKEN_E6, Venue, chain_of, deployed
from zkclear.crypto.state_tree import StateTree
from zkclear.rules.batch import Fill
from zkclear.v1 import witness_pb2
from zkclear.v1.batch_pb2 import SealedBatch


@pytest.fixture(scope="module")
def history():
    """A venue and three batches: two accounts open, they trade, one withdraws."""
    with deployed() as (url, deployment):
        venue = Venue(url, deployment)
        genesis = venue.tree
        buyer, seller = venue.open(1_000 * TOKEN_E6), venue.open(1_000 * TOKEN_E6)
        orders = [
            venue.order(buyer, "BUY GTC", 100, 30_000, nonce=1_024),
            venue.order(seller, "SELL IOC", 100, 30_000, nonce=1_024),
        ]
        batches = [
            venue.seal(),
            venue.seal(entries=orders, fills=[Fill(0, 1, 100)]),
            venue.seal(entries=[venue.withdrawal(buyer, 5 * TOKEN_E6, nonce=2_048)]),
        ]
        yield venue, genesis, batches


@pytest.fixture
def line(history, tmp_path, tiny_keys):
    """Makes lines over one data folder, as a restart does."""
    venue, genesis, _ = history

    def made(*, settled=0, root=None):
        queue = JobQueue(clock_ms=lambda: 0, lease_ms=1_000, max_attempts=3, on_failed=lambda _: None)
        signing = SigningContext(venue.domain, venue.listings, "USD")
        return Line(
            store=BatchStore(tmp_path / "batches.sqlite3"),
            queue=queue,
            keys={"tiny": tiny_keys},
            signing=signing,
            domain=venue.deployment.domain_word,
            tree=genesis,
            settled_number=settled,
            settled_root=genesis.root if root is None else root,
            queued_market=chain_of(venue).queued_market,
        )

    return made


def jobs(line):
    return [job.batch for job in line.queue.jobs(after="", limit=100)]


def copy(batch, **changes):
    changed = SealedBatch()
    changed.CopyFrom(batch)
    for name, value in changes.items():
        setattr(changed, name, value)
    return changed


def test_every_batch_becomes_a_job_without_waiting_for_a_proof(history, line):
    venue, _, batches = history
    whole = line()
    for batch in batches:
        whole.take(batch)
    assert jobs(whole) == [1, 2, 3]
    assert whole.tree.root == venue.tree.root
    assert whole.store.proved(1) is None


def test_c1_public_inputs_of_a_job_are_those_of_the_batchs_words(history, line):
    venue, genesis, batches = history
    whole = line()
    whole.take(batches[0])
    expected = venue.proved(batches[0], before=genesis).proof
    (job,) = whole.queue.jobs(after="", limit=1)
    assert (job.inputs.h, job.inputs.r, job.inputs.y) == tuple(
        int.from_bytes(value, "big") for value in (expected.h, expected.r, expected.y)
    )
    witness = witness_pb2.Witness.FromString(whole.store.witness(1))
    assert int.from_bytes(witness.new_root, "big") == whole.tree.root


def test_a_batch_given_twice_is_one(history, line):
    _, _, batches = history
    whole = line()
    for batch in (batches[0], batches[0], batches[1], batches[0]):
        whole.take(batch)
    assert jobs(whole) == [1, 2]


def test_a_gap_is_refused(history, line):
    _, _, batches = history
    with pytest.raises(BadBatchError, match="batch 1 was expected"):
        line().take(batches[1])


def test_a_refused_batch_leaves_state_and_disk_as_they_were(history, line):
    """OVERFILLED in the second batch: the tree rolls back, and the right batch still goes through."""
    _, _, batches = history
    whole = line()
    whole.take(batches[0])
    before = whole.tree.root
    bad = copy(batches[1])
    bad.fills[0].lots += 1
    with pytest.raises(BadBatchError, match="batch 2 cannot be proved: OVERFILLED"):
        whole.take(bad)
    assert (whole.tree.root, whole.next, jobs(whole)) == (before, 2, [1])
    assert whole.store.sealed(2) is None
    whole.take(batches[1])
    assert jobs(whole) == [1, 2]


def test_c2_a_signer_who_did_not_sign_is_found_before_a_proof_is_spent(history, line):
    _, _, batches = history
    whole = line()
    whole.take(batches[0])
    bad = copy(batches[1])
    bad.entries[0].signature = bad.entries[1].signature
    with pytest.raises(BadBatchError, match="entry 0 of batch 2 was signed by 0x"):
        whole.take(bad)


def test_a_shape_that_the_contract_lacks_is_refused(history, line):
    _, _, batches = history
    with pytest.raises(BadBatchError, match="the contract has no shape small; it has tiny"):
        line().take(copy(batches[0], shape="small"))
    with pytest.raises(BadBatchError, match="no shape 'odd'"):
        line().take(copy(batches[0], shape="odd"))


def test_a_restart_continues_where_it_was(history, line):
    venue, _, batches = history
    first = line()
    for batch in batches[:2]:
        first.take(batch)
    first.store.close()
    second = line()
    second.replay()
    assert (second.next, jobs(second)) == (3, [1, 2])
    second.take(batches[2])
    assert second.tree.root == venue.tree.root


def test_settled_and_proved_batches_are_replayed_but_not_proved_again(history, line):
    venue, genesis, batches = history
    first = line()
    roots = []
    for batch in batches:
        first.take(batch)
        roots.append(first.tree.root)
    first.store.keep_proof(2, proof=venue.proved(batches[0], before=genesis).proof, prove_us=1)
    first.store.close()
    second = line(settled=1, root=roots[0])
    second.replay()
    assert jobs(second) == [3]
    assert second.tree.root == roots[2]


def test_a_chain_with_another_root_is_refused_with_both_roots(history, line):
    _, _, batches = history
    wrong = line(settled=1, root=12_345)
    with pytest.raises(
        ChainMismatchError, match=r"after batch 1 the rule book's root is 0x.*, the chain's 0x3039"
    ):
        wrong.take(batches[0])
    with pytest.raises(ChainMismatchError, match="after batch 0"):
        line(settled=0, root=12_345)


def test_a_sequencer_that_changes_a_batch_is_refused(history, line):
    _, _, batches = history
    whole = line()
    whole.store.add(batches[0])
    with pytest.raises(StoreError, match="two different batches 1"):
        whole.take(copy(batches[0], sealed_time_us=1))


def test_a_data_folder_of_another_deployment_is_refused(tmp_path):
    store = BatchStore(tmp_path / "batches.sqlite3")
    store.require_identity({"chain": "31337", "contract": "0x1"})
    store.require_identity({"chain": "31337", "contract": "0x1"})
    with pytest.raises(StoreError, match="belongs to contract 0x1, the configuration says 0x2"):
        store.require_identity({"chain": "31337", "contract": "0x2"})


def test_the_first_proof_of_a_batch_stays(history, line):
    """A payload that was signed once must not change under the same number."""
    venue, genesis, batches = history
    whole = line()
    whole.take(batches[0])
    proof = venue.proved(batches[0], before=genesis).proof
    whole.store.keep_proof(1, proof=proof, prove_us=1)
    other = type(proof)()
    other.CopyFrom(proof)
    other.proof = bytes([1]) * 384
    whole.store.keep_proof(1, proof=other, prove_us=2)
    assert whole.store.proved(1).proof == proof


def test_the_batches_bind_to_the_contracts_domain(history):
    """A word of another domain gives other public inputs, so no proof travels between deployments."""
    venue, genesis, batches = history
    ours = venue.proved(batches[0], before=genesis)
    elsewhere = replace(venue.deployment, domain_word=venue.deployment.domain_word ^ 1)
    theirs = replace(venue, deployment=elsewhere).proved(batches[0], before=genesis)
    assert ours.new_root == theirs.new_root
    assert ours.proof.h != theirs.proof.h


def test_the_fixture_settles_by_the_same_rules(history):
    """Guards the tests above: the venue's own tree is that of the contract's genesis."""
    venue, genesis, _ = history
    assert StateTree(read_genesis(venue.contract)).root == genesis.root
