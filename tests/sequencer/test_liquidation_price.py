"""The liquidation price is the last mark on the wrong side of the rule book's condition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.risk.liquidation_price import liquidation_price
from sequencer.risk.margin import Valuation
from tests.sequencer.test_risk import LISTED, account, markets
from zkclear.rules.liquidation import stand

MARKS = st.tuples(st.integers(1, 100_000), st.integers(1, 200_000))
SIZE = st.one_of(st.integers(-1_000, 1_000), st.integers(-(2**40) + 1, 2**40 - 1))


def is_liquidatable(sizes, collateral, marks):
    return stand(account(sizes, collateral), markets(marks)).is_liquidatable


def price(sizes, collateral, marks, market=0):
    valuation = Valuation(markets(marks), listed=LISTED)
    return liquidation_price(collateral, [*sizes, *(0,) * 6], market, valuation)


@given(MARKS, SIZE, SIZE, st.one_of(st.integers(-(10**10), 10**10), st.integers(-(2**61), 2**61)))
def test_c7_one_tick_decides(marks, eth, btc, collateral):
    """At the price the rule says liquidatable; one tick towards safety it does not; 0 only if no tick does."""
    found = price((eth, btc), collateral, marks)

    def at(mark):
        return is_liquidatable((eth, btc), collateral, (mark, marks[1]))

    if eth == 0:
        assert found == 0
    elif found == 0:
        assert not at(1 if eth > 0 else 2**32 - 1)
    else:
        assert at(found)
        safer = found + (1 if eth > 0 else -1)
        assert not 1 <= safer < 2**32 or not at(safer)


@pytest.mark.parametrize(
    ("size", "collateral", "expected"),
    [
        (1_000, 300 * 10**6, 27_692),  # 10 times leverage: 27,000 / 0.975 = 27,692.3
        (-1_000, 300 * 10**6 + 2 * 3_000 * 10**6, 61_464),  # 63,000 / 1.025 = 61,463.4, entered at 60,000
        (1_000, 3_001 * 10**6, 0),
        (1_000, 3_000 * 10**6 - 97_500, 0),  # at tick 1: worth 100,000, needs 2,500
        (1_000, 3_000 * 10**6 - 97_501, 1),
        (0, 0, 0),
    ],
)
def test_a_single_position_by_paper(size, collateral, expected):
    """Collateral is what is left after paying for (or being paid for) the position at 3,000 tokens."""
    cash = collateral - size * 30_000 * 100 if size > 0 else collateral
    assert price((size, 0), cash, (30_000, 60_000)) == expected


def test_the_other_market_shifts_it():
    alone = price((1_000, 0), -2_700 * 10**6, (30_000, 60_000))
    winning = price((1_000, 10), -2_700 * 10**6, (30_000, 60_000))
    assert 0 < winning < alone


def test_an_account_that_is_liquidatable_already_has_its_price_beyond_the_mark():
    found = price((1_000, 0), -2_990 * 10**6, (30_000, 60_000))
    assert found > 30_000
    found = price((-1_000, 0), 3_010 * 10**6, (30_000, 60_000))
    assert 0 < found < 30_000
