"""Random histories with crashes: whatever is liquidated, absorbed or deleveraged, nothing is created and nothing lost."""

import sys
from random import Random

from tests.crashes.desk import Desk
from tests.rules.test_conservation import check_invariants
from zkclear.rules.batch import Request, RequestKind
from zkclear.rules.reject import Rejected
from zkclear.rules.risks import RiskKind
from zkclear.rules.units import INSURANCE

HISTORIES, STEPS = 40, 30


def _history(rng: Random) -> Desk:
    """Six traders with leverage, a keeper, a fund of a random size, and a price that jumps."""
    desk = Desk()
    desk.open(2, 3, 4, amount=rng.randrange(10**8, 2 * 10**9))
    desk.open(5, 6, 7, amount=rng.randrange(10**8, 2 * 10**9))
    desk.keepers = (8,) if rng.random() < 0.5 else ()
    desk.open(8, amount=10**10)
    desk.settle(requests=(Request(RequestKind.DEPOSIT, INSURANCE, amount=rng.choice((1, 10**8, 10**10))),))
    for _ in range(STEPS):
        for _ in range(rng.randrange(4)):
            buyer, seller = rng.sample(range(2, 8), 2)
            try:
                market = rng.randrange(2)
                desk.trade(buyer, seller, rng.randrange(1, (30_000, 6_000)[market]), market=market)
            except Rejected:
                continue
        for market in range(2):
            jump = rng.choice((0, 0, 1, 3, 10))
            desk.move(
                market,
                desk.marks[market] * (100 + rng.choice((-jump, jump))) // 100,
                elapsed=rng.randrange(4, 60),
            )
        desk.liquidate(elapsed=rng.randrange(1, 60))
    return desk


def test_c6_c7_c8_crashes_conserve_every_unit() -> None:
    """I-1 and I-3 after each batch of many histories; every kind of risk operation happened in them."""
    rng, batches = Random("crash histories"), 0
    lots: dict[RiskKind, int] = {}
    for _ in range(HISTORIES):
        desk = _history(rng)
        states = [state for state, _ in desk.history[1:]] + [desk.state]
        for (before, batch), after in zip(desk.history, states, strict=True):
            check_invariants(before, batch, after)
        batches += len(desk.history)
        for kind, moved in desk.tally.lots.items():
            lots[kind] = lots.get(kind, 0) + moved
    sys.stdout.write(f"{batches} batches, lots by kind: { ({kind.name: n for kind, n in lots.items()}) }\n")
    assert {RiskKind.TAKEOVER, RiskKind.ABSORB, RiskKind.DELEVERAGE} <= set(lots)


def test_c7_no_hole_is_left_where_the_other_side_can_carry_it() -> None:
    """Once prices stand still for a few batches, nobody but the fund holds a position with negative equity."""
    rng, bankrupt = Random("still prices"), 0
    for _ in range(10):
        desk = _history(rng)
        for _ in range(6):
            desk.liquidate()
        for account, standing in desk.standings().items():
            bankrupt += standing.maintenance > 0 and standing.equity < 0 and account != INSURANCE
    assert bankrupt == 0
