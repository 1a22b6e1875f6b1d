"""The binding: what it covers and what it refuses."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from zkclear.crypto import bind
from zkclear.crypto.poseidon2_constants import FIELD
from zkclear.rules.shapes import MICRO
from zkclear.rules.words import word_count

WORDS = st.lists(st.integers(0, 2**248 - 1), min_size=4, max_size=9)


@given(WORDS, st.integers(0, 2**248 - 1))
def test_c1_horner_is_the_polynomial(words, r):
    """y is the sum of word i times r to the i."""
    assert sum(word * pow(r, power, FIELD) for power, word in enumerate(words)) % FIELD == bind.horner(
        words, r
    )


@given(WORDS, st.data())
def test_c1_every_word_changes_every_public_input(words, data):
    """A changed word changes h, r and y."""
    place = data.draw(st.integers(0, len(words) - 1))
    other = data.draw(st.integers(0, 2**248 - 1))
    assume(other != words[place])
    first, second = bind.bind(words), bind.bind([*words[:place], other, *words[place + 1 :]])
    assert first.h != second.h
    assert first.r != second.r
    assert first.y != second.y


@given(WORDS)
def test_c1_challenge_is_248_bits(words):
    """r is cut to 248 bits, so it is a field element without reduction."""
    assert 0 <= bind.bind(words).r < 2**248


@pytest.mark.parametrize(("place", "bound"), [(0, 2**248), (1, 2**248), (2, FIELD), (3, FIELD), (4, 2**248)])
def test_c1_word_out_of_its_bound_is_refused(place, bound):
    """Words are below 2^248, the two roots below the modulus; one more is refused."""
    words = [0] * 5
    words[place] = bound - 1
    assert bind.bind(words).h == bind.words_hash(words)
    for wrong in (bound, bound + FIELD, -1):
        words[place] = wrong
        with pytest.raises(ValueError, match=f"word {place} must be"):
            bind.bind(words)


def test_words_of_another_shape_are_refused():
    """The count is part of the hash, so it is checked against the shape first."""
    count = word_count(MICRO)
    assert bind.bind_batch([0] * count, MICRO) == bind.bind([0] * count)
    with pytest.raises(ValueError, match=f"shape micro has {count} words, not {count + 1}"):
        bind.bind_batch([0] * (count + 1), MICRO)
