"""Nonces: they grow, they stay out of busy slots, and they come back."""

import time

import pytest

from zkclear.client.errors import InvalidOrder
from zkclear.client.nonces import Nonces

SLOTS = 1_024


def test_nonces_are_milliseconds_and_a_slot_and_differ():
    nonces = Nonces()
    taken = [nonces.take() for _ in range(SLOTS)]
    assert len({nonce % SLOTS for nonce in taken}) == SLOTS
    assert all(abs(nonce // SLOTS - time.time_ns() // 10**6) < 60_000 for nonce in taken)


def test_when_every_slot_is_busy_the_limit_is_named():
    nonces = Nonces()
    for _ in range(SLOTS):
        nonces.take()
    with pytest.raises(InvalidOrder) as caught:
        nonces.take()
    assert (caught.value.reason, caught.value.metadata) == ("OPEN_ORDER_LIMIT", {"limit": "1024"})


def test_a_released_slot_is_used_again_with_a_higher_nonce():
    nonces = Nonces()
    taken = [nonces.take() for _ in range(SLOTS)]
    nonces.release(taken[7])
    again = nonces.take()
    assert again % SLOTS == taken[7] % SLOTS
    assert again > taken[7]


def test_releasing_an_older_nonce_does_not_free_a_slot_that_a_newer_one_took():
    nonces = Nonces()
    taken = [nonces.take() for _ in range(SLOTS)]
    nonces.take_in(taken[3] % SLOTS)
    nonces.release(taken[3])
    with pytest.raises(InvalidOrder):
        nonces.take()


def test_what_the_exchange_says_counts():
    nonces = Nonces()
    far = (time.time_ns() // 10**6 + 3_600_000) * SLOTS
    nonces.learn({5: far + 5}, busy=set(range(SLOTS)) - {5}, server_time_us=time.time_ns() // 1_000)
    assert nonces.take() == far + 5 + SLOTS


def test_the_exchanges_clock_is_the_one_that_counts():
    nonces = Nonces()
    nonces.learn({}, busy=(), server_time_us=time.time_ns() // 1_000 + 7_200 * 10**6)
    assert nonces.take() // SLOTS > time.time_ns() // 10**6 + 7_000_000


def test_a_bound_for_cancel_all_lies_above_every_nonce():
    nonces = Nonces()
    taken = [nonces.take() for _ in range(50)]
    assert nonces.now() > max(taken)
