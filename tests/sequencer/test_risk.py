"""The fast margin is the rule book's margin."""

from hypothesis import given
from hypothesis import strategies as st

from prover.settlement.dev_markets import DEV_MARKETS
from sequencer.batching.rows import Row
from sequencer.risk.closing import may_close
from sequencer.risk.exposure import Exposure, available, need
from sequencer.risk.margin import Valuation
from zkclear.rules.closing import closing_class
from zkclear.rules.margin import equity, margin_initial, margin_maintenance, withdrawable
from zkclear.rules.reject import Rejected
from zkclear.rules.state import UNLISTED, Account, Market, Position

LISTED = 2
MARKS = st.tuples(st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1))
SIZES = st.lists(st.integers(-(2**40) + 1, 2**40 - 1), min_size=2, max_size=2)
SMALL = st.lists(st.integers(-300, 300), min_size=2, max_size=2)
COLLATERAL = st.integers(-(2**62) + 1, 2**62 - 1)


def markets(marks):
    rows = [Market(each.config, mark=mark) for each, mark in zip(DEV_MARKETS, marks, strict=True)]
    return (*rows, *(UNLISTED,) * 6)


def positions(sizes):
    return tuple(Position(size) for size in (*sizes, *(0,) * 6))


@given(MARKS, SIZES, COLLATERAL)
def test_c4_fast_margin_is_the_rule_books(marks, sizes, collateral):
    rows, fast = markets(marks), Valuation(markets(marks), listed=LISTED)
    padded = [*sizes, *(0,) * 6]
    held = positions(sizes)
    assert fast.equity(collateral, padded) == equity(collateral, held, rows)
    assert fast.initial(padded) == margin_initial(held, rows)
    assert fast.maintenance(padded) == margin_maintenance(held, rows)
    assert fast.withdrawable(collateral, padded) == withdrawable(collateral, held, rows)


def account(sizes, collateral):
    return Account(owner=1, positions=positions(sizes), collateral=collateral)


@given(
    st.tuples(st.integers(20_000, 40_000), st.integers(40_000, 80_000)),
    SMALL,
    SMALL,
    st.tuples(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.sampled_from([0, 0, 5])),
)
def test_c5_fast_closing_rule_is_the_rule_books(marks, before, after, cash):
    opening, change, withdrawn = cash
    rows = markets(marks)
    start, end = account(before, opening), account(after, opening + change)
    try:
        closing_class(start, end, rows, withdrawn=withdrawn)
        expected = True
    except Rejected:
        expected = False
    row = Row(2, start, stored=start, forced=0)
    row.withdrawn = withdrawn
    valuation = Valuation(rows, listed=LISTED)
    sizes = [position.size for position in end.positions]
    assert may_close(row, end.collateral, sizes, valuation) == expected


@given(
    st.integers(-300, 300),
    st.lists(
        st.tuples(st.booleans(), st.integers(1, 100), st.integers(28_000, 32_000), st.booleans()), max_size=6
    ),
    st.integers(0, 3 * 10**9),
)
def test_an_account_that_may_take_an_order_can_carry_any_fill_of_it_alone(size, resting, collateral):
    """Whatever part of the new order fills at its limit, the account is healthy, if nothing else fills."""
    rows = markets((30_000, 60_000))
    valuation = Valuation(rows, listed=LISTED)
    exposure = Exposure(LISTED)
    sizes = [size, 0]
    for sell, lots, limit, _ in resting:
        exposure.add(0, sell=sell, lots=lots, limit=limit)
    for sell, lots, limit, is_part in resting:
        asked = need(collateral, sizes, exposure, valuation, market=0, sell=sell, lots=lots, limit=limit)
        if asked.available >= asked.required and asked.available >= 0:
            filled = max(1, lots // 2) if is_part else lots
            cost = filled * limit * 100
            fee = -(-cost * 500 // 10**6)
            after = [size - filled if sell else size + filled, 0]
            cash = (cost if sell else -cost) - fee
            assert valuation.equity(collateral + cash, after) >= valuation.initial(after)


def test_nothing_on_the_book_leaves_all_equity_above_margin_available():
    rows = markets((30_000, 60_000))
    valuation = Valuation(rows, listed=LISTED)
    assert available(10**9, [10, 0], None, valuation) == 10**9 + 30_000_000 - 1_500_000
