"""A state that follows a chain: each batch once, back when the chain goes back, and nothing taken over from a node that lies."""

import pytest

from tests.keeper.ground import LONG, RIVAL, SHORT, back_to, ground, snapshot, undone
from zkclear.audit import live
from zkclear.audit.audit import audit
from zkclear.audit.batches import BatchAuditor
from zkclear.audit.chain import ChainError, ChainReader
from zkclear.audit.live import LiveState
from zkclear.audit.source import ChainSource


@pytest.fixture(scope="module")
def market():
    with ground() as made:
        yield made


@pytest.fixture
def made(market):
    with undone(market):
        yield market


@pytest.fixture
def replayed(monkeypatch):
    """The numbers of the batches that were replayed, in the order in which they were."""
    numbers, take = [], BatchAuditor.take

    def counted(self, settled):
        numbers.append(settled.number)
        take(self, settled)

    monkeypatch.setattr(BatchAuditor, "take", counted)
    return numbers


def follow(made):
    return LiveState(made.venue.rpc_url, made.venue.deployment.settlement)


def mine(made, blocks):
    for _ in range(blocks):
        made.venue.node.provider.make_request("evm_mine", [])


def undo(made, point, tree, *, blocks):
    """Another chain from `point` on, longer than the one that was."""
    venue = made.venue
    back_to(venue.node, point)
    venue.tree, venue.next_request = tree, tree.state.next_request
    mine(made, blocks)


def test_c11_each_batch_is_replayed_once_and_the_state_is_the_auditors(made, replayed):
    state = follow(made)
    first = state.update()
    assert (first.state, replayed) == (made.state, [1, 2, 3])
    assert state.update() is first
    made.clients[RIVAL].deposit(LONG, 10)
    assert list(state.update().waiting()) == [made.state.next_request]
    made.settle()
    made.settle(eth=2_950)
    made.clients[RIVAL].request_withdrawal(RIVAL, 20)
    made.settle()
    made.clients[RIVAL].claim()
    assert (state.update().state, replayed) == (made.state, [1, 2, 3, 4, 5, 6])
    assert state.update().waiting() == {}
    source = ChainSource(made.venue.rpc_url, made.venue.deployment.settlement)
    assert audit(source.collect(), proved=()).state == state.update().state


def test_a_chain_that_goes_back_is_followed_from_the_newest_state_that_it_still_has(
    made, replayed, monkeypatch
):
    monkeypatch.setattr(live, "ANCHOR_BLOCKS", 1)
    state = follow(made)
    state.update()
    kept, tree = snapshot(made.venue.node), made.venue.tree
    made.clients[RIVAL].deposit(LONG, 10)
    made.settle()
    mine(made, 2)
    assert state.update().state == made.state
    undo(made, kept, tree, blocks=8)
    made.clients[RIVAL].deposit(SHORT, 10)
    replayed.clear()
    found = state.update()
    assert (found.state, replayed, len(found.waiting())) == (made.state, [], 1)
    made.settle(eth=2_980)
    assert (state.update().state, replayed) == (made.state, [4])


def test_a_chain_that_goes_back_beyond_all_that_is_kept_is_replayed_from_its_first_block(made, replayed):
    kept, tree = snapshot(made.venue.node), made.venue.tree
    made.settle()
    state = follow(made)
    state.update()
    undo(made, kept, tree, blocks=4)
    replayed.clear()
    assert (state.update().state, replayed) == (made.state, [1, 2, 3])


def test_a_node_that_fell_behind_is_not_believed(made):
    kept, tree = snapshot(made.venue.node), made.venue.tree
    state = follow(made)
    made.settle()
    mine(made, 2)
    state.update()
    undo(made, kept, tree, blocks=0)
    with pytest.raises(ChainError, match=r"is at block \d+, but it was at \d+ before"):
        state.update()
    mine(made, 3)
    assert state.update().state == made.state


def test_a_reorganisation_while_it_is_read_counts_as_nothing(made, monkeypatch, replayed):
    state = follow(made)
    state.update()
    made.settle()
    with monkeypatch.context() as patch:
        patch.setattr(
            ChainReader, "has", lambda _self, block: block.number < made.venue.node.eth.block_number
        )
        with pytest.raises(ChainError, match="was reorganised while it was read"):
            state.update()
    assert (state.update().state, replayed) == (made.state, [1, 2, 3, 4])


@pytest.mark.parametrize(
    ("lie", "named"),
    [
        ({"BatchSettled": lambda logs: logs[:-1]}, "FAIL batches: the contract counts 5, the events are [4]"),
        ({"RequestQueued": lambda logs: logs[1:]}, "FAIL batch 4: requests: request 8 was never queued"),
        ({"RequestResolved": lambda logs: logs[1:]}, "FAIL batch 4: requests: calldata"),
        ({"Claimable": lambda logs: [*logs, *logs]}, "FAIL batch 5: credits: credited without cause"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_whatever_a_node_leaves_out_or_makes_up_is_not_taken_over(made, monkeypatch, replayed, lie, named):
    state = follow(made)
    state.update()
    made.clients[RIVAL].deposit(LONG, 10)
    made.settle()
    made.clients[RIVAL].request_withdrawal(RIVAL, 20)
    made.settle()
    logs = ChainReader._logs
    with monkeypatch.context() as patch:
        patch.setattr(
            ChainReader,
            "_logs",
            lambda self, event, first: lie.get(event, list)(list(logs(self, event, first))),
        )
        with pytest.raises(ChainError, match="the chain says what cannot be") as caught:
            state.update()
    assert named in str(caught.value)
    replayed.clear()
    assert (state.update().state, replayed) == (made.state, [4, 5])
