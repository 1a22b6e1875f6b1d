"""Liquidation on random positions: what a discount, a hole and a deleverage may never do. Home: `docs/liquidation.md`."""

from fractions import Fraction
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.effort import times
from tests.rules.worlds import World, draw_world
from zkclear.rules.deleveraging import needed_lots
from zkclear.rules.liquidation import (
    Holding,
    allowed_lots,
    deleverage,
    discount,
    fee_cap,
    freed,
    fund_fits,
    give,
    is_deep,
    keeper_share,
    maintenance_of,
    takeover,
    takeover_by_fund,
)
from zkclear.rules.units import INSURANCE, PPM, AccountId, Lots

RANDOM = st.integers(0, 2**64 - 1).map(Random)
MANY = settings(max_examples=times(300), deadline=None)


def drawn(rng: Random, *, most: int = 2**40) -> tuple[World, AccountId, Holding]:
    """A world and one position of it, of at most `most` lots."""
    while True:
        world = draw_world(rng, accounts=4, markets=2)
        held = [
            (account, market)
            for account, record in world.state.accounts.items()
            for market, position in enumerate(record.positions)
            if 0 < abs(position.size) <= most
        ]
        if held:
            account, market = rng.choice(held)
            return world, account, world.holding(account, market)


def bankrupt(rng: Random, *, most: int = 2**40) -> tuple[World, AccountId, Holding]:
    """The same with negative equity."""
    while True:
        world, account, holding = drawn(rng, most=most)
        world.set_equity(account, -1 - rng.randrange(1 + holding.standing.maintenance))
        holding = world.holding(account, holding.index)
        if holding.standing.equity < 0:
            return world, account, holding


@MANY
@given(RANDOM)
def test_c7_a_discount_never_lowers_the_ratio_and_is_never_above_the_fee(rng: Random) -> None:
    """Whatever lots leave, equity over maintenance ends no lower; and the fee bounds the cost."""
    _, _, holding = drawn(rng)
    lots = Lots(rng.choice((1, holding.lots, rng.randrange(1, holding.lots + 1))))
    standing, amount = holding.standing, discount(holding, lots)
    left = standing.maintenance - freed(holding, lots)
    assert (standing.equity - amount) * standing.maintenance >= standing.equity * left
    assert amount <= fee_cap(holding, lots) <= Fraction(lots * holding.unit)
    if amount == give(holding, lots):  # exact: one unit more would lower it
        assert (standing.equity - amount - 1) * standing.maintenance < standing.equity * left


@MANY
@given(RANDOM)
def test_c6_c7_every_move_creates_nothing(rng: Random) -> None:
    """Subject, counterparty and account 0 sum to 0, and a keeper never gets more than the discount."""
    _, _, holding = drawn(rng)
    lots = Lots(rng.randrange(1, holding.lots + 1))
    moves = [
        takeover(holding, lots),
        takeover_by_fund(holding, lots),
        deleverage(holding, lots, before=Lots(0)),
    ]
    for move in moves:
        assert move.subject_cash + move.counterparty_cash + move.fund_cash == 0
        assert abs(move.lots) == lots
    if holding.standing.equity >= 0:
        amount = discount(holding, lots)
        assert 0 <= keeper_share(holding, amount) <= amount


@MANY
@given(RANDOM)
def test_c7_prices_of_a_deleverage_telescope(rng: Random) -> None:
    """Cut into any pieces, a position costs its counterparties one hole, rounded once; no piece is paid twice."""
    _, _, holding = bankrupt(rng)
    before, parts = 0, []
    while before < holding.lots:
        lots = rng.randrange(1, holding.lots - before + 1)
        parts.append(deleverage(holding, Lots(lots), before=Lots(before)))
        before += lots
    assert sum(part.discount for part in parts) == give(holding, holding.lots)
    assert sum(part.lots for part in parts) == holding.size
    assert all(part.discount <= 0 and part.fund_cash == 0 for part in parts)
    everything = Fraction(
        holding.standing.equity * maintenance_of(holding, holding.lots), holding.standing.maintenance
    )
    assert 0 <= everything - give(holding, holding.lots) < 1


@MANY
@given(RANDOM)
def test_c7_the_allowed_part_is_all_if_deep_and_never_nothing_of_a_real_factor(rng: Random) -> None:
    """Deep: everything; else the close factor rounded up, which is at least a lot and less than one above it."""
    _, _, holding = drawn(rng)
    standing, config = holding.standing, holding.market.config
    allowed = allowed_lots(holding)
    deep = standing.maintenance > 0 and Fraction(standing.equity, standing.maintenance) < Fraction(
        config.closeout, PPM
    )
    assert is_deep(holding) == deep
    if deep:
        assert allowed == holding.lots
    else:
        assert 0 <= allowed - Fraction(holding.lots * config.close_factor, PPM) < 1


@MANY
@given(RANDOM)
def test_c7_needed_lots_are_the_fewest_after_which_the_fund_can_carry_the_rest(rng: Random) -> None:
    """Compared with trying every number of lots, for a healthy fund; one lot less never does for any fund."""
    account = INSURANCE
    while account == INSURANCE:
        world, account, holding = bankrupt(rng, most=60)
    fund = world.standing(INSURANCE)
    hole = -give(holding, holding.lots)
    world.set_equity(INSURANCE, fund.initial + rng.randrange(-2, 2 + hole + fund.initial))
    fund = world.standing(INSURANCE)
    needed = needed_lots(holding, fund)
    fits = [fund_fits(holding, fund, Lots(holding.lots - count)) for count in range(holding.lots + 1)]
    assert needed == 0 or not fits[needed - 1]
    assert fits[needed] or needed == holding.lots
    if fund.equity >= fund.initial:
        assert needed == fits.index(True)
