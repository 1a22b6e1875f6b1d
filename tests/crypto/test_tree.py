"""Sparse trees against a full one, forks, and the state tree against the slow truth."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors.drawer import BTC, ETH
from zkclear.crypto import tree
from zkclear.crypto.poseidon2 import compress
from zkclear.crypto.poseidon2_constants import FIELD
from zkclear.crypto.sparse_tree import SparseTree, root_from_path
from zkclear.crypto.state_tree import StateTree
from zkclear.rules.state import UNLISTED, Market, Position, Slot, empty_account, genesis

DEPTH = 3
LEAVES = st.dictionaries(st.integers(0, 4**DEPTH - 1), st.integers(0, FIELD - 1), max_size=8)


def _full_root(leaves, *, empty):
    """The root by hashing every node, level by level."""
    row = [leaves.get(index, empty) for index in range(4**DEPTH)]
    while len(row) > 1:
        row = [compress(*row[index : index + 4]) for index in range(0, len(row), 4)]
    return row[0]


@given(LEAVES, st.sampled_from([0, 2 << 96]))
def test_c11_sparse_root_equals_the_full_tree(leaves, empty):
    """Empty subtrees that are not stored count as if they were."""
    built = SparseTree(DEPTH, empty_leaf=empty)
    assert _full_root(leaves, empty=empty) == built.update(leaves)
    one_by_one = SparseTree(DEPTH, empty_leaf=empty)
    for index, leaf in leaves.items():
        one_by_one.set(index, leaf)
    assert built.root == one_by_one.root


@given(LEAVES, st.integers(0, 4**DEPTH - 1), st.integers(0, FIELD - 1))
def test_c11_path_gives_the_root_for_its_leaf_and_no_other(leaves, index, other):
    """A path proves the leaf at its index; another leaf or another index gives another root."""
    built = SparseTree(DEPTH)
    built.update(leaves)
    path, leaf = built.path(index), built.get(index)
    assert leaf == leaves.get(index, 0)
    assert built.root == root_from_path(leaf, index, path, depth=DEPTH)
    if other != leaf:
        assert built.root != root_from_path(other, index, path, depth=DEPTH)
        assert built.set(index, other) == root_from_path(other, index, path, depth=DEPTH)


@given(LEAVES, LEAVES)
def test_fork_changes_on_its_own(first, second):
    """Rolling back is keeping the older handle."""
    built = SparseTree(DEPTH)
    before = built.update(first)
    fork = built.fork()
    fork.update(second)
    assert before == built.root
    assert fork.root == _full_root({**first, **second}, empty=0)
    assert all(built.get(index) == leaf for index, leaf in first.items())


@given(LEAVES)
def test_unset_leaf_is_as_if_never_set(leaves):
    """A tree has no history."""
    built = SparseTree(DEPTH)
    empty = built.root
    built.update(leaves)
    assert empty == built.update(dict.fromkeys(leaves, 0))


@pytest.mark.parametrize("index", [-1, 4**DEPTH, 10**9])
def test_index_beyond_the_tree_is_refused(index):
    """The error says which indexes there are."""
    built = SparseTree(DEPTH)
    for call in (built.get, built.path, lambda wrong: built.set(wrong, 1)):
        with pytest.raises(IndexError, match=r"has leaves 0 \.\. 63"):
            call(index)
    with pytest.raises(ValueError, match="outside a tree of 3 levels"):
        root_from_path(1, index, [0] * 9, depth=DEPTH)


def test_leaf_outside_the_field_is_refused_and_changes_nothing():
    """A batch of leaves with one bad leaf leaves the tree as it was."""
    built = SparseTree(DEPTH)
    before = built.root
    with pytest.raises(ValueError, match="leaf 3 must be a field element"):
        built.update({1: 1, 3: FIELD})
    assert before == built.root


SLOTS = st.dictionaries(
    st.integers(0, 1023), st.builds(Slot, st.integers(0, 2**56 - 1), st.integers(0, 2**40 - 1)), max_size=3
)
POSITIONS = st.builds(Position, st.integers(1 - 2**40, 2**40 - 1), st.integers(1 - 2**62, 2**62 - 1))
ACCOUNTS = st.builds(
    lambda owner, collateral, positions, slots: replace(
        empty_account(owner, markets=2), collateral=collateral, positions=positions, slots=slots
    ),
    st.integers(0, 2**160 - 1),
    st.integers(1 - 2**62, 2**62 - 1),
    st.tuples(POSITIONS, POSITIONS),
    SLOTS,
)
CHANGES = st.dictionaries(st.integers(0, 255), ACCOUNTS, max_size=3)


@given(st.lists(CHANGES, min_size=1, max_size=3), st.integers(0, 10**6 - 1))
def test_c11_state_tree_stays_in_step(changes, dust):
    """Stepping from batch to batch gives the root that hashing the whole state gives."""
    state = genesis((ETH, BTC), fee_recipient=7, timestamp=1, markets=2)
    stepped = StateTree(state, account_depth=4)
    assert tree.state_root(state, account_depth=4) == stepped.root
    for number, change in enumerate(changes):
        before, original = stepped.fork(), stepped.root
        markets = (replace(state.markets[0], mark=number + 1), state.markets[1])
        state = replace(
            state,
            accounts={**state.accounts, **change},
            markets=markets,
            timestamp=number + 2,
            funding_dust=dust,
        )
        assert tree.state_root(state, account_depth=4) == stepped.apply(state, change)
        assert original == before.root
        assert all(
            tree.slots_root(account.slots) == stepped.slots(key).root for key, account in change.items()
        )


def test_c11_every_field_of_an_account_changes_its_leaf():
    """No field is left out of the hash, and no two fields run into each other."""
    base = replace(
        empty_account(5, markets=2), collateral=10, agent=6, agent_until=7, slots={1: Slot(1025, 2)}
    )
    variants = [
        base,
        replace(base, owner=6),
        replace(base, collateral=11),
        replace(base, collateral=-10),
        replace(base, agent=7),
        replace(base, agent_until=8),
        replace(base, slots={}),
        replace(base, slots={1: Slot(1025, 3)}),
        replace(base, positions=(Position(1, 0), Position())),
        replace(base, positions=(Position(0, 1), Position())),
        replace(base, positions=(Position(), Position(1, 0))),
    ]
    assert len({tree.account_leaf(account) for account in variants}) == len(variants)
    assert tree.EMPTY_ACCOUNT_LEAF not in {tree.account_leaf(account) for account in variants}


def test_c11_every_field_of_a_market_changes_its_hash():
    """Each of the 19 numbers of a configuration is in one of the three words."""
    fields = ["lot_e8", "tick_e8", "quote_per_lot_tick", "t1", "t2", "maker_fee", "taker_fee", "status"]
    fields += ["liquidation_fee", "keeper_share", "close_factor", "closeout", "max_funding_rate"]
    fields += ["max_open_interest"]
    variants = [ETH, *(replace(ETH, **{name: getattr(ETH, name) + 1}) for name in fields)]
    for name in ("maintenance", "initial"):
        rates = getattr(ETH, name)
        variants += [
            replace(ETH, **{name: replace(rates, **{r: getattr(rates, r) + 1})}) for r in ("r1", "r2", "r3")
        ]
    assert len({tree.market_config_hash(config) for config in variants}) == len(variants) == 21


def test_unlisted_row_has_live_word_zero():
    """The contract computes the genesis root with 0 for rows that are not listed."""
    assert tree.market_live_word(UNLISTED) == 0
    assert tree.market_live_word(Market(ETH)) == 2**62 << 48
