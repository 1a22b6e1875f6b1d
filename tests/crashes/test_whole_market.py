"""
All of a market's open interest in one liquidation: the fund exactly able to take it, and one unit short.

An exchange once had to halt there. Here there is a rule for every size, and the sequencer follows it: absorbed at once, or
deleveraged by the exact number of lots and the rest absorbed in the next batch.
"""

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.crashes.stage import ETH, INNOCENT, USD, Settled, Stage, initial_margin, thin_market
from zkclear.rules import actions
from zkclear.rules.batch import Entry, Request, RequestKind
from zkclear.rules.liquidation import freed, hold, stand
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.risks import RiskKind
from zkclear.rules.transition import clear
from zkclear.rules.units import INSURANCE, AccountId, Lots, Quote

LOTS, ENTRY, FALL = 250_000, 18_000, 2_160
"""The mark moves by 12 %, which the contract takes after 70 seconds."""
WAIT_S = 70
CONFIG = thin_market()
UNIT = CONFIG.quote_per_lot_tick
PARTS = (LOTS // 2, LOTS // 5, LOTS - LOTS // 2 - LOTS // 5)
HOLES = [10**9, 1, 7_654_321_987]
BTC, BTC_LOTS, BTC_FEE = 1, 100_000, 300 * USD


class Whole(Stage):
    """One account holds one side of the market whole, three others the other; then the mark leaves it with a hole."""

    def __init__(
        self, *, side: int, hole: int, parts: tuple[int, ...] = PARTS, deposit: int = 10**12
    ) -> None:
        super().__init__(CONFIG, entry=ENTRY, fund=0)
        self.side, self.hole = side, hole
        self.subject = self.open(FALL * UNIT * LOTS - hole)
        self.winners = [self.open(deposit) for _ in parts]
        for winner, lots in zip(self.winners, parts, strict=True):
            pair = (self.subject, winner) if side > 0 else (winner, self.subject)
            assert self.trade(*pair, lots) == lots
        self.floor.seal()

    @property
    def exact_fund(self) -> int:
        """The least fund that can take the whole position with its hole, after the fall."""
        return initial_margin(CONFIG, LOTS, mark=ENTRY - self.side * FALL) + self.hole

    def fall(self) -> None:
        """The price that leaves the hole."""
        self.tick(ENTRY - self.side * FALL, elapsed=WAIT_S)

    def pay_fund(self, amount: int) -> None:
        """A deposit to the insurance account."""
        self.floor.request(Request(RequestKind.DEPOSIT, INSURANCE, amount=Quote(amount)))

    def spare(self) -> int:
        """What the insurance account has above its initial margin."""
        row = self.floor.exchange.batch.row(INSURANCE)
        return self.equity(INSURANCE) - int(self.floor.exchange.valuation.initial(row.sizes))

    def open_interest(self) -> int:
        """Lots of the market after the last sealed batch."""
        return int(self.floor.exchange.state.markets[-1 + len(self.prices_e8)].open_interest)

    def risk_batches(self) -> list[Settled]:
        """The sealed batches in which something was liquidated."""
        return [each for each in self.histories() if each.clearing.risks]


def refusal_of(settled: Settled, *entries: Entry) -> Reject:
    """Why the rule book would not take these entries in the place of those that were sealed."""
    with pytest.raises(Rejected) as caught:
        clear(settled.before, replace(settled.batch, entries=entries))
    return caught.value.reason


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("hole", HOLES)
def test_c7_a_fund_exactly_enough_absorbs_the_whole_market(side: int, hole: int) -> None:
    """One batch: the account is empty, the fund holds the whole side and stands exactly at its initial margin."""
    stage = Whole(side=side, hole=hole)
    stage.pay_fund(stage.exact_fund)
    stage.fall()
    assert (stage.equity(stage.subject), stage.size(stage.subject)) == (0, 0)
    assert stage.size(0) == side * LOTS
    assert stage.spare() == 0
    stage.check()
    assert stage.lots_by_kind == {RiskKind.ABSORB: LOTS}
    assert stage.open_interest() == LOTS


@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize("hole", HOLES)
def test_c7_a_fund_one_unit_short_has_the_exact_lots_deleveraged_and_takes_the_rest(
    side: int, hole: int
) -> None:
    """No halt: the batch deleverages the fewest lots, by the ranking; the one after absorbs what is left."""
    stage = Whole(side=side, hole=hole)
    stage.pay_fund(stage.exact_fund - 1)
    stage.fall()
    stage.floor.seal()
    first, second = stage.risk_batches()
    (entry,) = first.batch.entries
    assert (entry.account, entry.subject) == (stage.winners[0], stage.subject)
    assert 1 <= entry.lots <= 2, "one unit is missing, and a lot needs far more than that"
    assert refusal_of(first, replace(entry, lots=Lots(entry.lots + 1))) is Reject.FUND_FIT
    (whole,) = second.batch.entries
    assert whole.action == actions.ABSORB
    assert refusal_of(first, whole) is Reject.FUND_UNFIT

    assert stage.lots_by_kind == {RiskKind.DELEVERAGE: entry.lots, RiskKind.ABSORB: LOTS - entry.lots}
    assert (stage.equity(stage.subject), stage.size(stage.subject)) == (0, 0)
    assert stage.size(0) == side * (LOTS - entry.lots)
    assert stage.spare() >= 0
    assert stage.open_interest() == LOTS - entry.lots
    stage.check()


@pytest.mark.parametrize("side", [1, -1])
def test_c7_an_empty_fund_has_the_whole_market_deleveraged_in_one_batch(side: int) -> None:
    """Every lot is closed against its winner at the bankruptcy price: open interest 0, nobody else pays."""
    stage = Whole(side=side, hole=HOLES[-1])
    before = {
        winner: stage.equity(winner) + FALL * UNIT * abs(stage.size(winner)) for winner in stage.winners
    }
    stage.fall()
    stage.floor.seal()
    ((state, batch, clearing),) = stage.risk_batches()
    assert stage.open_interest() == 0
    assert sum(int(entry.lots) for entry in batch.entries) == LOTS
    losses = {winner: before[winner] - stage.equity(winner) for winner in stage.winners}
    assert sum(losses.values()) == HOLES[-1]
    holding = hold(stand(state.accounts[AccountId(stage.subject)], clearing.markets), 2, clearing.markets)
    taken = 0
    for entry in sorted(
        batch.entries, key=lambda entry: entry.rank
    ):  # each pays for the maintenance that it frees
        share = freed(holding, Lots(taken + entry.lots)) - freed(holding, Lots(taken))
        exact = Fraction(HOLES[-1] * share, holding.standing.maintenance)
        assert abs(exact - losses[entry.account]) < 1
        taken += entry.lots
    assert stage.equity(stage.subject) == 0
    stage.check()


def test_c7_a_hole_that_nobody_can_carry_stops_nothing() -> None:
    """Fund empty, the winner poor from elsewhere: the account stays as it is, others trade, a deposit to the fund ends it."""
    stage = Whole(side=1, hole=HOLES[-1], parts=(LOTS,), deposit=10**11 + BTC_FEE)
    (winner,) = stage.winners
    rich = stage.open(10**12)
    assert stage.trade(winner, rich, BTC_LOTS, market=BTC) == BTC_LOTS
    for price in (54_000, 51_000):
        stage.tick(price, elapsed=WAIT_S, market=BTC)
        stage.floor.seal()
    stage.wait(WAIT_S + 10)
    stage.prices_e8[BTC] = 44_700 * 10**8
    stage.show(ENTRY - FALL)
    assert [stage.equity(each) for each in (stage.subject, winner)] == [-HOLES[-1], 10**9]
    assert stage.trade(*INNOCENT, 1_000, market=ETH) == 1_000
    stage.floor.seal()
    assert stage.equity(stage.subject) == -HOLES[-1]
    assert stage.risk_batches() == []

    stage.pay_fund(10**12)
    stage.floor.seal()
    assert stage.equity(stage.subject) == 0
    assert 0 <= stage.equity(winner) <= 2, "what two discounts rounded down left"
    assert stage.lots_by_kind == {
        RiskKind.ABSORB: 2 * LOTS + BTC_LOTS
    }  # the winner is far below its maintenance, too
    assert stage.size(0) == 0
    stage.check()
