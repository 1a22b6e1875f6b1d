"""Margin, fees and funding against exact fractions: the rule book must not be wrong alone."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from tests.vectors.drawer import ETH
from zkclear.rules.fills import fee
from zkclear.rules.funding import payment, step_limit
from zkclear.rules.margin import requirement

QUOTES = st.integers(0, 2**96 - 1)
RATES = ETH.maintenance


def _taxed(value: int) -> Fraction:
    """The requirement as an integral of the marginal rate, bracket by bracket."""
    total = Fraction(0)
    edges = (0, ETH.t1, ETH.t2, max(value, ETH.t2))
    for low, high, rate in zip(edges, edges[1:], (RATES.r1, RATES.r2, RATES.r3), strict=False):
        total += Fraction(max(0, min(value, high) - low) * rate, 10**6)
    return total


@given(QUOTES)
def test_c4_requirement_is_the_exact_tax_rounded_up_once(value: int) -> None:
    """Less than one unit above the exact value, never below it."""
    charged = requirement(value, t1=ETH.t1, t2=ETH.t2, rates=RATES)
    assert 0 <= charged - _taxed(value) < 1


@given(QUOTES, QUOTES)
def test_c4_requirement_never_falls_with_size(first: int, second: int) -> None:
    """No cliff: a larger position never needs less."""
    low, high = sorted((first, second))
    required = [requirement(value, t1=ETH.t1, t2=ETH.t2, rates=RATES) for value in (low, high)]
    assert required[0] <= required[1]


@given(st.integers(0, 2**56 - 1), st.integers(1 - 2**20, 2**20 - 1))
def test_c6_fee_is_rounded_against_the_account(cost: int, rate: int) -> None:
    """A charge grows, a rebate shrinks, by less than one unit."""
    assert 0 <= fee(cost, rate) - Fraction(cost * rate, 10**6) < 1


@given(st.integers(0, 2**56 - 1), st.integers(0, 2**20 - 1), st.data())
def test_c6_rebate_is_never_above_the_taker_fee(cost: int, taker: int, data: st.DataObject) -> None:
    """Both fees of a fill sum to at least nothing."""
    rebate = data.draw(st.integers(0, taker))
    assert fee(cost, taker) + fee(cost, -rebate) >= 0


@given(
    st.integers(1 - 2**40, 2**40 - 1), st.integers(1 - 2**62, 2**62 - 1), st.integers(1 - 2**62, 2**62 - 1)
)
def test_c6_funding_rounds_down_and_keeps_every_fraction_as_dust(size: int, index: int, settled: int) -> None:
    """The payment is the floor of the exact value, and the dust is the rest."""
    credited, dust = payment(size, index=index, settled=settled)
    exact = Fraction(-size * (index - settled), 10**6)
    assert 0 <= exact - credited < 1
    assert exact == credited + Fraction(dust, 10**6)


@given(st.integers(1, 2**32 - 1), st.integers(0, 2**24))
def test_c6_step_limit_is_the_largest_legal_step(mark: int, elapsed: int) -> None:
    """At the limit the inequality of the design holds, one above it does not."""
    limit = step_limit(ETH, mark=mark, elapsed=elapsed)
    allowed = mark * ETH.quote_per_lot_tick * ETH.max_funding_rate * elapsed
    assert limit * 3_600 <= allowed
    assert (limit + 1) * 3_600 > allowed or limit == 2**55 - 1
