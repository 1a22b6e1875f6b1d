"""Fees of a transaction and of the one that replaces it."""

import pytest

from zkclear.service.fees import Fee, bumped, first_fee, within


def test_the_first_fee_leaves_room_for_the_base_fee_to_double():
    assert first_fee(base_fee=7, tip=2) == Fee(max_fee=16, tip=2)


@pytest.mark.parametrize(("limit", "max_fee"), [(17, 16), (16, 16), (15, 15), (9, 9), (8, 16)])
def test_the_limit_takes_room_away_and_never_what_the_next_block_asks(limit, max_fee):
    assert within(Fee(max_fee=16, tip=2), limit=limit, base_fee=7) == Fee(max_fee=max_fee, tip=2)


@pytest.mark.parametrize(
    ("previous", "expected"),
    [(100, 115), (101, 117), (1, 2), (0, 1)],  # exact; rounded up; at least one more; never stuck at zero
)
def test_a_replacement_pays_at_least_the_percentage_more(previous, expected):
    fee = bumped(Fee(max_fee=previous, tip=previous), Fee(max_fee=0, tip=0), percent=15)
    assert fee == Fee(max_fee=expected, tip=expected)


def test_a_replacement_pays_what_the_network_asks_if_that_is_more():
    assert bumped(Fee(max_fee=100, tip=1), Fee(max_fee=500, tip=9), percent=15) == Fee(max_fee=500, tip=9)
