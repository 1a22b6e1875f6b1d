"""Random crashes that come to rest: nothing is created, nothing is lost, and no hole is left where somebody can carry it."""

from collections import Counter
from random import Random

from tests.crashes.outsiders import Outsiders
from tests.crashes.stage import ETH, THIN, USD, Stage, thin_market
from zkclear.rules.risks import RiskKind
from zkclear.rules.units import INSURANCE

HISTORIES, STEPS, TRADERS = 8, 25, 6
ENTRY = {ETH: 30_000, THIN: 18_000}


def history(rng: Random) -> Stage:
    """Six traders with leverage, keepers or none, a fund of a random size, and prices that jump up to a tenth."""
    fund = rng.choice((1, 100 * USD, 10_000 * USD))
    stage = Stage(thin_market(), entry=ENTRY[THIN], fund=fund)
    outsiders = Outsiders(stage) if rng.random() < 0.5 else None
    traders = [stage.open(rng.randrange(100 * USD, 2_000 * USD)) for _ in range(TRADERS)]
    for _ in range(STEPS):
        for _ in range(rng.randrange(4)):
            market = rng.choice((ETH, THIN))
            stage.trade(*rng.sample(traders, 2), rng.randrange(10, 10_000), market=market)
        for market, low in ENTRY.items():
            jump = rng.choice((0, 0, 1, 3, 10))
            price = max(low // 4, stage.mark(market) * (100 + rng.choice((-jump, jump))) // 100)
            stage.tick(price, elapsed=rng.randrange(4, 60), market=market)
        if outsiders is not None:
            outsiders.act()
    return stage


def test_c6_c7_c8_crashes_conserve_and_leave_no_hole() -> None:
    """I-1 and I-3 after each batch; once prices stand still, nobody but the fund holds a position with negative equity."""
    rng, batches = Random("still prices"), 0
    lots: Counter = Counter()
    for _ in range(HISTORIES):
        stage = history(rng)
        for _ in range(6):
            stage.tick(stage.mark(), elapsed=5)
        batches += stage.check()
        assert bankrupt(stage) == []
        lots += stage.lots_by_kind
    assert batches > 10 * HISTORIES
    assert set(lots) >= {RiskKind.TAKEOVER, RiskKind.BOOK, RiskKind.ABSORB, RiskKind.DELEVERAGE}


def bankrupt(stage: Stage) -> list[int]:
    """Accounts with a position and negative equity in the open batch, but the fund."""
    batch = stage.floor.exchange.batch
    return [
        account
        for account in stage.known
        if account != INSURANCE and any(batch.row(account).sizes) and stage.equity(account) < 0
    ]
