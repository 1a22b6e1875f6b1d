"""Funding from the book's premium: the formula by fractions, the hour second by second, the bound of the rules."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prover.settlement.dev_markets import DEV_MARKETS
from sequencer.risk.premium import HOLD_S, PremiumHour, hourly_rate, impact, premium, step, towards_zero
from zkclear.rules.funding import advance, step_limit
from zkclear.rules.state import Market

ETH = DEV_MARKETS[0].config
QPL = 100
LEVELS = st.lists(st.tuples(st.integers(1, 60_000), st.integers(1, 10**6)), max_size=8)


def average_price(levels, notional):
    """What a taker of `notional` pays a lot, in ticks, walked in fractions; None if the side is too thin."""
    left, lots = Fraction(notional), Fraction(0)
    for price, count in levels:
        taken = min(left, Fraction(price * count * QPL))
        lots += taken / (price * QPL)
        left -= taken
        if left == 0:
            return Fraction(notional) / lots / QPL
    return None


@given(LEVELS, st.integers(1, 10**12))
def test_an_impact_price_is_the_average_of_what_would_fill(levels, notional):
    found = impact(levels, notional=notional, quote_per_lot_tick=QPL)
    assert (None if found is None else Fraction(*found)) == average_price(levels, notional)


@given(LEVELS, LEVELS, st.integers(1, 60_000), st.integers(1, 10**9))
def test_the_premium_is_the_fields_formula_cut_towards_zero(bids, asks, index, notional):
    bids, asks = sorted(bids, reverse=True), sorted(asks)
    if bids and asks and bids[0][0] >= asks[0][0]:
        asks = [(price + bids[0][0], lots) for price, lots in asks]  # a book is never crossed
    bid, ask = average_price(bids, notional), average_price(asks, notional)
    expected = 0
    if bid is not None and ask is not None:
        expected = int((max(Fraction(0), bid - index) - max(Fraction(0), index - ask)) / index * 10**6)
    assert premium(bids, asks, index=index, notional=notional, quote_per_lot_tick=QPL) == expected


@pytest.mark.parametrize(
    ("bids", "asks", "expected"),
    [
        ([(30_030, 1_000)], [(30_040, 1_000)], 1_000),
        ([(29_960, 1_000)], [(29_970, 1_000)], -1_000),
        ([(29_990, 1_000)], [(30_010, 1_000)], 0),
        ([(30_030, 1_000)], [], 0),
        ([(30_030, 1_000)], [(30_040, 332)], 0),
        ([(30_030, 100), (29_000, 1_000)], [(30_040, 1_000)], 0),
        ([], [(29_970, 1_000)], 0),
    ],
)
def test_a_premium_needs_both_sides_deep_enough(bids, asks, expected):
    assert premium(bids, asks, index=30_000, notional=10**9, quote_per_lot_tick=QPL) == expected


def test_the_hour_counts_every_second_once_and_silence_as_nothing():
    """Against a plain list of the seconds."""
    generator = random.Random(7)
    hour, again, seconds, now = PremiumHour(), PremiumHour(), [], 1_000
    held = None
    for _ in range(600):
        passed = generator.choice((1, 1, 2, 5, HOLD_S, HOLD_S + 1, 200, 5_000))
        if held is not None:
            seconds += [held] * min(passed, HOLD_S) + [0] * max(0, passed - HOLD_S)
        now += passed
        held = generator.randrange(-4_000_000, 4_000_000)
        assert hour.is_due(now)
        hour.sample(ETH, now, held)
        assert not hour.is_due(now)
        expected = max(-4_000, min(4_000, int(Fraction(sum(seconds[-3_600:]), 3_600))))
        for second in (*((now - passed // 2,) if passed > 1 else ()), now):
            again.rate(ETH, second=second)  # looking in between changes nothing
        again.sample(ETH, now, held)
        assert again.rate(ETH, second=now) == hour.rate(ETH, second=now) == expected
        assert again.read(ETH, second=now) == hour.read(ETH, second=now)


def test_the_mean_is_that_of_the_rates_of_all_seconds_between():
    generator = random.Random(8)
    hour, rates, now = PremiumHour(), [], 0
    start = hour.read(ETH, second=0)
    for _ in range(200):
        hour.sample(ETH, now, generator.randrange(-9_000_000, 9_000_000))
        for _ in range(generator.choice((1, 2, 30, 90))):
            now += 1
            rates.append(hour.rate(ETH, second=now))
        assert hour.mean(ETH, since=start, second=now) == int(Fraction(sum(rates), now))
    assert {-4_000, 4_000} <= set(rates)
    later = hour.read(ETH, second=now)
    assert hour.mean(ETH, since=later, second=now) == rates[-1]
    assert hour.mean(ETH, since=later, second=now + 10**8) == 0


def test_a_rate_fades_while_nothing_is_reported():
    """After an hour of silence the old premium counts for nothing, whatever comes next."""
    hour = PremiumHour()
    for second in range(3_601):
        hour.sample(ETH, second, 3_600)
    rates = [hour.rate(ETH, second=3_600 + passed) for passed in (0, 60, 61, 1_860, 3_659, 3_660, 100_000)]
    assert rates == [3_600, 3_600, 3_599, 1_800, 1, 0, 0]


def test_a_lone_minute_of_premium_is_a_sixtieth_of_it():
    hour = PremiumHour()
    for second in range(61):
        hour.sample(ETH, second, 6_000)
    assert hour.rate(ETH, second=60) == 100


@given(
    st.integers(-4_000, 4_000),
    st.integers(1, 2**32 - 1),
    st.integers(0, 2**40 - 1),
    st.sampled_from((0, 2**62 - 1, 1 - 2**62, 2**61)),
)
def test_c6_every_step_is_one_that_the_rules_take(rate, mark, elapsed, index):
    market = Market(ETH, mark=mark, funding_index=index)
    found = step(market, rate=rate, mark=mark, elapsed=elapsed)
    advance(market, mark=mark, step=found, elapsed=elapsed)  # raises if it is too large
    free = towards_zero(rate * mark * QPL * elapsed, 3_600)
    if index == 0 and abs(free) < 2**55:
        assert found == free


def test_the_largest_rate_gives_the_largest_step():
    market = Market(ETH, mark=30_001)
    for elapsed in (1, 7, 3_600):
        limit = step_limit(ETH, mark=30_001, elapsed=elapsed)
        assert step(market, rate=4_000, mark=30_001, elapsed=elapsed) == limit
        assert step(market, rate=-4_000, mark=30_001, elapsed=elapsed) == -limit


@given(st.integers(-4_000, 4_000), st.integers(1_000, 2**20), st.integers(1, 10**5))
def test_a_step_tells_its_rate_again(rate, mark, elapsed):
    found = step(Market(ETH, mark=mark), rate=rate, mark=mark, elapsed=elapsed)
    told = hourly_rate(found, config=ETH, mark=mark, elapsed=elapsed)
    assert abs(told) <= abs(rate)
    assert abs(rate - told) <= 1
    assert hourly_rate(0, config=ETH, mark=mark, elapsed=0) == 0
