"""What a keeper bids for: never what the rules would not execute, never more than its taker carries."""

from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors.drawer import BTC, ETH
from zkclear.client.amounts import from_e8
from zkclear.keeper.sizing import MOST_LOTS, Terms, View, bids, chance, chances, health_ppm, outcome
from zkclear.rules.batch import OutcomeCode
from zkclear.rules.liquidation import stand
from zkclear.rules.state import Account, Market, Position

MARKETS = (Market(ETH, mark=18_000), Market(BTC, mark=84_000))
UNIT = 18_000 * 100
SUBJECT, TAKER = 2, 3
OWNERS = {SUBJECT: 0xA, TAKER: 0xB}


def account(collateral, eth=0, btc=0, *, owner=0xC):
    return Account(owner=owner, positions=(Position(eth), Position(btc)), collateral=collateral)


def view(subject, taker, *, waiting=None, **others):
    """Accounts 2 (at risk) and 3 (the taker), and others by number."""
    accounts = {
        0: account(0, owner=0),
        SUBJECT: replace(subject, owner=0xA),
        TAKER: replace(taker, owner=0xB),
    }
    accounts |= {int(name.removeprefix("a")): each for name, each in others.items()}
    return View(("ETH-USD", "BTC-USD"), MARKETS, MappingProxyType(accounts), waiting or {})


def long_below(maintenance_less, lots=1_000):
    """A long whose equity is so much below its maintenance requirement."""
    value = lots * UNIT
    return account(value // 100 - maintenance_less - value, lots)


RICH = account(10**12)


def test_an_account_at_its_maintenance_is_left_alone_and_one_unit_below_is_bid_for():
    assert bids(view(long_below(0), RICH), Terms(), taker=TAKER) == []
    (bid,) = bids(view(long_below(1), RICH), Terms(), taker=TAKER)
    assert (bid.account, bid.name, bid.lots, bid.allowed) == (SUBJECT, "ETH-USD", 300, 300)
    # 1 % of 300 lots' value is capped by what may leave with them: equity is just below 1 %; half of it is the taker's.
    assert 0 < bid.gain <= 300 * UNIT // 200


def test_a_hole_is_left_to_the_insurance_fund():
    value = 1_000 * UNIT
    deep = view(account(1 - value, 1_000), RICH)
    hole = view(account(-1 - value, 1_000), RICH)
    assert [each.lots for each in bids(deep, Terms(), taker=TAKER)] == [1_000]
    assert bids(hole, Terms(), taker=TAKER) == []
    assert [each.health_ppm < 0 for each in chances(hole, Terms(), taker=TAKER)] == [True]


def test_what_waits_in_the_queue_for_the_account_counts_before_a_bond_is_at_stake():
    subject = long_below(100)
    assert bids(view(subject, RICH, waiting={SUBJECT: 99}), Terms(), taker=TAKER)
    assert bids(view(subject, RICH, waiting={SUBJECT: 100}), Terms(), taker=TAKER) == []
    assert outcome(view(subject, RICH, waiting={SUBJECT: 100}), SUBJECT, 0, taker=TAKER, most=1) == 3


def test_a_taker_takes_what_it_carries_and_one_lot_more_would_be_unfit():
    taker = account(50 * UNIT // 50)  # 2 % initial: 50 lots, a little more with the gain
    seen = view(long_below(10), taker)
    (bid,) = bids(seen, Terms(), taker=TAKER)
    assert 50 <= bid.lots < 300
    assert outcome(seen, SUBJECT, 0, taker=TAKER, most=bid.lots) is OutcomeCode.EXECUTED
    assert outcome(seen, SUBJECT, 0, taker=TAKER, most=bid.lots + 1) is OutcomeCode.TAKER_UNFIT
    (cautious,) = bids(seen, Terms(margin_ppm=50_000), taker=TAKER)
    assert 0 < cautious.lots < bid.lots // 2
    assert bids(view(long_below(10), account(0)), Terms(margin_ppm=50_000), taker=TAKER) == []


def test_a_taker_that_is_liquidatable_itself_takes_nothing():
    assert bids(view(long_below(10), long_below(10)), Terms(), taker=TAKER) == []


def test_the_takers_own_accounts_and_the_insurance_account_are_no_subjects():
    sister = replace(long_below(10), owner=0xB)
    seen = view(account(0), RICH, a4=sister, a5=replace(long_below(10), owner=0xD))
    assert [each.account for each in bids(seen, Terms(), taker=TAKER)] == [5]
    fund = View(seen.names, MARKETS, {0: long_below(10), TAKER: RICH}, {})
    assert list(chances(fund, Terms(), taker=TAKER)) == []


def test_terms_restrict_markets_health_and_gain():
    subject = account(long_below(0).collateral - 84_000 * 10 - 10, 1_000, 1)
    seen = view(subject, RICH)
    assert [each.name for each in bids(seen, Terms(), taker=TAKER)] == ["ETH-USD", "BTC-USD"]
    assert [each.name for each in bids(seen, Terms(markets=("BTC-USD",)), taker=TAKER)] == ["BTC-USD"]
    best = bids(seen, Terms(), taker=TAKER)[0]
    assert len(bids(seen, Terms(min_gain=best.gain), taker=TAKER)) == 1
    assert bids(seen, Terms(min_gain=best.gain + 1), taker=TAKER) == []
    assert bids(seen, Terms(health_below_ppm=best.health_ppm), taker=TAKER) == []
    assert bids(seen, Terms(health_below_ppm=best.health_ppm + 1), taker=TAKER) != []


def test_a_scan_without_a_taker_shows_all_that_is_allowed_and_healthy_accounts_below_a_higher_bound():
    seen = view(long_below(10), RICH, a4=replace(long_below(-100), owner=0xD))
    shown = list(chances(seen, Terms(health_below_ppm=2 * 10**6)))
    assert [(each.account, each.allowed, each.lots) for each in shown] == [(2, 300, 300), (4, 0, 0)]
    row = shown[0].shown()
    assert (row["size"], row["take"], row["market"]) == (from_e8(10**8), from_e8(3 * 10**7), "ETH-USD")


def test_health_is_rounded_down_and_bounded():
    assert health_ppm(stand(long_below(1), MARKETS)) == 999_999
    assert health_ppm(stand(account(5), MARKETS)) == 2**31 - 1
    assert health_ppm(stand(account(-5), MARKETS)) == 0


@given(
    size=st.integers(-5_000, 5_000).filter(bool),
    missing=st.integers(1, 10**9),
    taker=st.integers(0, 10**11),
    held=st.integers(-3_000, 3_000),
    margin=st.sampled_from([0, 10_000, 200_000]),
)
def test_whatever_is_bid_for_is_executed_by_the_rules(size, missing, taker, held, margin):
    maintenance = stand(account(0, size), MARKETS).maintenance
    subject = account(maintenance - missing - size * UNIT, size)
    seen = view(subject, account(taker - held * UNIT, held))
    for bid in bids(seen, Terms(margin_ppm=margin), taker=TAKER):
        assert outcome(seen, SUBJECT, 0, taker=TAKER, most=bid.lots) is OutcomeCode.EXECUTED
        assert bid.lots <= bid.allowed <= abs(size)
        assert bid.gain >= 0


@pytest.mark.parametrize(
    ("subject", "code"),
    [
        (account(10**9), OutcomeCode.NOTHING_TO_DO),
        (long_below(0), OutcomeCode.NOT_LIQUIDATABLE),
        (account(-1 - 1_000 * UNIT, 1_000), OutcomeCode.NOTHING_TO_DO),
        (long_below(1), OutcomeCode.EXECUTED),
    ],
)
def test_the_outcome_is_known_before_it_is_sent(subject, code):
    seen = view(subject, RICH)
    assert outcome(seen, SUBJECT, 0, taker=TAKER, most=MOST_LOTS) is code
    assert (chance(seen, SUBJECT, 0, taker=TAKER, margin_ppm=0).lots > 0) == (code is OutcomeCode.EXECUTED)
