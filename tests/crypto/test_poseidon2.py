"""The permutation against a second derivation, and what its inputs may be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zkclear.crypto import poseidon2
from zkclear.crypto.poseidon2_constants import (
    DIAGONAL_MINUS_1,
    FIELD,
    KEYS_FIRST,
    KEYS_LAST,
    KEYS_PARTIAL,
)

ELEMENTS = st.one_of(st.sampled_from([0, 1, FIELD - 1]), st.integers(0, FIELD - 1))
STATES = st.tuples(ELEMENTS, ELEMENTS, ELEMENTS, ELEMENTS)
EXTERNAL = ((5, 7, 1, 3), (4, 6, 1, 1), (1, 3, 5, 7), (1, 1, 4, 6))
INTERNAL = tuple(
    tuple(1 + (DIAGONAL_MINUS_1[row] if row == column else 0) for column in range(4)) for row in range(4)
)


def _times(matrix, vector):
    return [sum(a * x for a, x in zip(row, vector, strict=True)) % FIELD for row in matrix]


def _by_the_paper(state):
    """The permutation as the paper writes it: matrices, and a power for every S-box."""
    state = _times(EXTERNAL, state)
    for keys in KEYS_FIRST:
        state = _times(EXTERNAL, [pow(x + key, 5, FIELD) for x, key in zip(state, keys, strict=True)])
    for key in KEYS_PARTIAL:
        state = _times(INTERNAL, [pow(state[0] + key, 5, FIELD), *state[1:]])
    for keys in KEYS_LAST:
        state = _times(EXTERNAL, [pow(x + key, 5, FIELD) for x, key in zip(state, keys, strict=True)])
    return tuple(state)


@given(STATES)
def test_permutation_equals_the_paper(state):
    """The written-out permutation is the one that the paper defines by matrices."""
    assert _by_the_paper(state) == poseidon2.permute(state)


@given(STATES)
def test_c11_compression_feeds_its_input_forward(state):
    """Without the inputs added back, a node's children could be computed from the node."""
    assert (sum(_by_the_paper(state)) + sum(state)) % FIELD == poseidon2.compress(*state)


@given(st.integers(1, 2**64 - 1), st.lists(ELEMENTS, max_size=10))
def test_sponge_equals_the_encoding_page(tag, elements):
    """Capacity lane tag * 2^64 + length, three elements a permutation, at least one permutation."""
    state = [0, 0, 0, tag * 2**64 + len(elements)]
    rest = list(elements)
    while True:
        block, rest = rest[:3], rest[3:]
        state = [(x + y) % FIELD for x, y in zip(state, [*block, *[0] * (3 - len(block)), 0], strict=True)]
        state = _by_the_paper(state)
        if not rest:
            break
    assert state[0] == poseidon2.sponge(tag, elements)


@given(st.lists(ELEMENTS, min_size=1, max_size=7))
def test_c11_sponge_tells_lengths_and_tags_apart(elements):
    """A list, the list with a 0 behind it, and the list under another tag hash differently."""
    hashes = {
        poseidon2.sponge(1, elements),
        poseidon2.sponge(1, [*elements, 0]),
        poseidon2.sponge(2, elements),
    }
    assert len(hashes) == 3


@pytest.mark.parametrize("alias", [FIELD, FIELD + 1, 2**256, -1])
def test_element_outside_the_field_is_refused(alias):
    """v and v + p would hash alike, so one of them must not pass."""
    with pytest.raises(ValueError, match="must be a field element"):
        poseidon2.compress(0, alias, 0, 0)
    with pytest.raises(ValueError, match="element 1 must be a field element"):
        poseidon2.sponge(1, [0, alias])


def test_wrong_width_and_tag_are_refused():
    """The error names what is right."""
    with pytest.raises(ValueError, match="takes 4 elements, not 3"):
        poseidon2.permute([1, 2, 3])
    with pytest.raises(ValueError, match="a tag is in"):
        poseidon2.sponge(0, [1])
