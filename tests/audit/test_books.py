"""The sums of a state, against paper."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from zkclear.audit.books import books, disagreements
from zkclear.audit.prices import BadPrices, check_move, lower_median, marks
from zkclear.rules.state import Position

DEPOSITED = 2 * 10**9 + 2 * 5 * 10**8 + 10**7 + 14 * 10**6


def paid_out(honest):
    return sum(credit.amount for batch in honest.inputs.batches for credit in batch.credits)


def with_account(state, number, **fields):
    changed = replace(state.accounts[number], **fields)
    return replace(state, accounts=MappingProxyType({**state.accounts, number: changed}))


def test_i1_i3_the_scripted_history_adds_up(honest):
    assert (
        disagreements(honest.state, books(honest.state), paid_in=DEPOSITED, paid_out=paid_out(honest)) == []
    )
    assert books(honest.state).liability <= DEPOSITED - paid_out(honest)


def test_i1_one_unit_from_nothing_is_seen(honest):
    richer = with_account(honest.state, 2, collateral=honest.state.accounts[2].collateral + 1)
    (wrong,) = disagreements(richer, books(richer), paid_in=DEPOSITED, paid_out=paid_out(honest))
    assert "came in" in wrong


def test_i3_one_lot_from_nothing_is_seen(honest):
    position = honest.state.accounts[2].positions[0]
    longer = with_account(
        honest.state,
        2,
        positions=(
            Position(position.size + 1, position.funding_index),
            *honest.state.accounts[2].positions[1:],
        ),
    )
    wrong = disagreements(longer, books(longer), paid_in=DEPOSITED, paid_out=paid_out(honest))
    assert any("sum to 1 lots" in each for each in wrong)


def test_i2_pending_funding_counts_for_what_the_vault_owes(honest):
    """A position of -3 lots that has not been settled for 1.5 units a lot is owed 4.5, rounded down to 4."""
    market = honest.state.markets[0]
    state = with_account(
        honest.state,
        2,
        positions=(
            Position(-3, market.funding_index - 1_500_000),
            *honest.state.accounts[2].positions[1:],
        ),
    )
    settled = with_account(
        honest.state,
        2,
        positions=(Position(-3, market.funding_index), *honest.state.accounts[2].positions[1:]),
    )
    assert books(state).liability - books(settled).liability == 4


@pytest.mark.parametrize(("opinions", "median"), [([7], 7), ([9, 7], 7), ([9, 7, 8], 8), ([4, 3, 2, 1], 2)])
def test_the_lower_median(opinions, median):
    assert lower_median(opinions) == median


def test_a_mark_is_floored_to_its_tick_and_zero_is_no_opinion():
    assert marks([(199, 0), (299, 50), (250, 60)], ticks_e8=(100, 10), quorum=2) == (2, 5)
    with pytest.raises(BadPrices, match="market 1: 2 reports, the quorum is 3"):
        marks([(199, 0), (299, 50), (250, 60)], ticks_e8=(100, 10), quorum=3)


@pytest.mark.parametrize(("mark", "allowed"), [(1_060, True), (1_061, False), (940, True), (939, False)])
def test_i15_a_price_moves_no_further_than_the_time_allows(mark, allowed):
    limits = {"elapsed": 10, "ppm": 50_000, "ppm_per_second": 1_000, "market": 0}
    if allowed:
        check_move(1_000, mark, **limits)
    else:
        with pytest.raises(BadPrices, match="beyond the limit"):
            check_move(1_000, mark, **limits)
