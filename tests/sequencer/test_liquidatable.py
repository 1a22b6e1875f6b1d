"""The fast scan finds whom the rule book calls liquidatable, and a liquidation goes into the book at the worst legal limit."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sequencer.risk.liquidation import book_terms, is_liquidatable, liquidatable_accounts
from sequencer.risk.margin import Valuation
from tests.sequencer.test_risk import COLLATERAL, LISTED, MARKS, SIZES, markets, positions
from zkclear.rules import actions
from zkclear.rules.batch import Entry
from zkclear.rules.funding import settle_account
from zkclear.rules.liquidation import hold, stand
from zkclear.rules.orders import check_terms
from zkclear.rules.reject import Rejected
from zkclear.rules.risks import check_book
from zkclear.rules.state import Account, Market, Position
from zkclear.rules.units import INSURANCE, SECONDS_BOUND

INDEX = st.integers(-(2**40), 2**40)
NEAR = st.tuples(st.integers(20_000, 40_000), st.integers(40_000, 80_000))


def moved(rows, indexes):
    """The markets with funding indexes."""
    first, second, *rest = rows
    listed = (
        Market(row.config, mark=row.mark, funding_index=index)
        for row, index in zip((first, second), indexes, strict=True)
    )
    return (*listed, *rest)


@given(MARKS, SIZES, COLLATERAL, st.tuples(INDEX, INDEX), st.tuples(INDEX, INDEX))
def test_c7_the_fast_scan_is_the_rule_books(marks, sizes, collateral, settled, now):
    rows = moved(markets(marks), now)
    held = (*map(Position, sizes, settled), *positions([])[: len(rows) - LISTED])
    account = Account(owner=1, positions=held, collateral=collateral)
    expected = stand(settle_account(account, rows).account, rows).is_liquidatable
    assert is_liquidatable(account, rows, Valuation(rows, listed=LISTED)) == expected


@given(NEAR, st.integers(-5_000, 5_000).filter(bool), st.integers(-2, 2))
def test_c7_the_fast_scan_is_right_at_the_edge(marks, size, units):
    rows = markets(marks)
    empty = Account(owner=1, positions=positions([size, 0]))
    standing = stand(empty, rows)
    collateral = standing.maintenance - standing.equity + units
    account = Account(owner=1, positions=positions([size, 0]), collateral=collateral)
    assert is_liquidatable(account, rows, Valuation(rows, listed=LISTED)) == (units < 0)


def test_a_deposit_of_the_batch_counts():
    rows = markets((30_000, 60_000))
    poor = Account(owner=1, positions=positions([10, 0]), collateral=-30_000_000)
    saved = Account(owner=1, positions=positions([10, 0]), collateral=0)
    valuation = Valuation(rows, listed=LISTED)

    def found(accounts, stored, opened):
        return liquidatable_accounts(accounts, stored, opened, markets=rows, valuation=valuation)

    assert found([2, 3], {2: poor, 3: poor}, {2: saved}) == [3]
    assert found([3], {2: saved, 3: saved}, {2: poor}) == [2]
    assert found([], {2: poor}, {}) == []


def entry(account, size, lots, limit):
    return Entry(
        account=account,
        market=0,
        action=actions.LIQUIDATION_SELL if size > 0 else actions.LIQUIDATION_BUY,
        lots=lots,
        limit=limit,
        expiry=SECONDS_BOUND - 1,
        nonce=0,
        signer=0,
    )


@given(
    NEAR,
    st.one_of(st.integers(-5_000, 5_000), st.integers(-(2**38), 2**38)).filter(bool),
    st.integers(-200_000, 999_999),
    st.sampled_from([INSURANCE, 5]),
)
def test_c7_the_terms_in_the_book_are_legal_and_one_tick_worse_is_not(marks, size, health_ppm, account):
    rows = markets(marks)
    bare = stand(Account(owner=1, positions=positions([size, 0])), rows)
    collateral = bare.maintenance * health_ppm // 10**6 - bare.equity
    held = stand(Account(owner=1, positions=positions([size, 0]), collateral=collateral), rows)
    assume(held.is_liquidatable or account == INSURANCE)
    holding = hold(held, 0, rows)
    lots, limit = book_terms(holding, account=account)
    check_terms(entry(account, size, lots, limit), rows, timestamp=0)
    check_book(0, entry(account, size, lots, limit), holding)
    worse = limit - 1 if size > 0 else limit + 1
    with pytest.raises(Rejected) as caught:
        check_book(0, entry(account, size, lots, worse), holding)
    assert caught.value.details["field"] == "loss"
