"""What attackers could do better than those of history: what it gains them, what the fund loses, and whom else it touches."""

from collections.abc import Callable
from functools import cache

import pytest

from tests.crashes.attacks import budget, config_of, entry_of
from tests.crashes.stage import ETH, FUND, USD, Stage
from tests.crashes.tricks import (
    CAP,
    HOURS,
    TRICKS,
    crowd,
    friendly_keeper,
    funding_from_the_fund,
    own_funding,
    own_keeper,
    profit_taken_out,
    stale_marks,
    starved_fund,
    two_markets,
    wash_trades,
)
from tests.crashes.tricks import close_in_a_deep_market as deep
from zkclear.rules.batch import RequestKind
from zkclear.rules.risks import RiskKind

PUMP = 4 * CAP
"""Cap times gap where the price goes up to its fivefold."""
DUST = 100
"""Quote that roundings may move; far below a cent."""


@cache
def played(trick: Callable[[], Stage]) -> Stage:
    """Every trick is played once."""
    stage = trick()
    stage.floor.seal()
    return stage


@pytest.mark.parametrize("trick", TRICKS.values())
def test_c6_every_batch_of_a_trick_conserves(trick: Callable[[], Stage]) -> None:
    """I-1 and I-3, by the rule book alone; and the money of the attackers is somebody's."""
    stage = played(trick)
    assert stage.check() > 0
    if trick not in (own_funding, starved_fund, deep):
        assert abs(stage.gained - stage.fund_lost) < DUST, "nobody else was there"


@pytest.mark.parametrize("trick", [trick for trick in TRICKS.values() if trick not in (starved_fund, deep)])
def test_c8_a_trick_in_a_thin_market_touches_nobody_in_another(trick: Callable[[], Stage]) -> None:
    """Two traders in ETH-USD end with the leaf that they began with."""
    assert played(trick).touched == 0


def test_c5_wash_trades_gain_nothing() -> None:
    """Near the edges of the price band money moves between own accounts, and not a unit more comes out than went in."""
    stage = played(wash_trades)
    assert stage.floor.exchange.engine.trade_count == 1 + 200
    assert stage.withdrawn > 0
    assert stage.gained == 0
    assert stage.worst == FUND


def test_c6_own_quotes_gain_at_most_the_largest_funding_rate() -> None:
    """They cost nothing while nobody may trade with them; what bounds them is the market's rate. The fund pays nothing."""
    stage = played(own_funding)
    most = CAP * stage.config.max_funding_rate // 10**6 * HOURS
    assert most // 2 < stage.gained <= most
    assert stage.worst >= FUND


def test_c7_own_quotes_do_not_make_the_fund_pay() -> None:
    """It takes quotes on the right side of the mark before they are sampled: they cost more than they bring."""
    without = funding_from_the_fund(quoting=False)
    stage = played(funding_from_the_fund)
    assert stage.lots_by_kind[RiskKind.BOOK] > 0
    assert stage.gained < without.gained
    assert stage.fund_lost < without.fund_lost


def test_c7_takeovers_of_a_lot_do_not_shield_an_account() -> None:
    """The fund takes the short at the same mark as without the friend, who has a few lots to win or lose with."""
    without, stage = friendly_keeper(lots=0), played(friendly_keeper)
    lots = stage.lots_by_kind[RiskKind.TAKEOVER]
    assert lots > 0
    mark = absorbed_at(stage)
    assert mark == absorbed_at(without)
    assert stage.gained - without.gained < lots * mark * stage.config.quote_per_lot_tick
    assert stage.worst >= FUND


def absorbed_at(stage: Stage) -> int:
    """The mark at which the insurance account came in."""
    return next(
        int(each.batch.marks[-1])
        for each in stage.histories()
        if any(row.kind is RiskKind.ABSORB for row in each.clearing.risks)
    )


def test_c7_taking_over_the_own_account_pays_the_fund() -> None:
    """Of the discount between own accounts the fund keeps its share."""
    stage = played(own_keeper)
    taken = [each for each in stage.liquidations if each.kind is RiskKind.TAKEOVER]
    assert sum(abs(each.lots) for each in taken) > stage.config.max_open_interest * 9 // 10
    assert 0 < sum(each.discount - each.share for each in taken) <= -stage.gained
    assert stage.worst == FUND


def test_c5_unrealised_profit_leaves_only_above_initial_margin() -> None:
    """Of a profit of four times the cap a twentieth leaves; the rest stays as margin, out of which the fund is paid back."""
    stage = played(profit_taken_out)
    assert 0 < stage.withdrawn < PUMP // 20
    assert 0 < FUND - stage.worst <= PUMP
    assert stage.gained < 0


def test_c7_a_crowd_of_accounts_is_absorbed_within_a_minute() -> None:
    """Sixteen risk rows a batch: the later ones have a hole. The fund loses more than by one account, far within its budget."""
    stage, one = played(crowd), crowd(shorts=1)
    times = [each.timestamp for each in stage.liquidations if each.kind is RiskKind.ABSORB]
    assert len(times) == 100
    assert 0 < times[-1] - times[0] <= 60
    assert one.fund_lost < stage.fund_lost < FUND - stage.worst < PUMP // 10


def test_c7_two_thin_markets_cost_at_most_the_sum_of_their_budgets() -> None:
    """Budgets add up: the fund must be listed against, not each market alone."""
    stage = played(two_markets)
    second = config_of("mango", limited=True)
    value = int(second.max_open_interest) * entry_of("mango") * second.quote_per_lot_tick
    assert budget("jelly") < FUND - stage.worst <= PUMP + value * 23_800 // 1_000


def test_c7_a_fund_whose_margin_is_spoken_for_lets_others_be_deleveraged() -> None:
    """Within the sum of the budgets it may still be unable to carry a small hole elsewhere: then the other side there does."""
    alone, stage = starved_fund(pumped=False), played(starved_fund)
    alone.floor.seal()
    assert alone.lots_by_kind == {RiskKind.ABSORB: 20_000}
    assert alone.touched == 0
    assert FUND - stage.worst < FUND // 2
    assert stage.free < 0
    assert stage.lots_by_kind[RiskKind.DELEVERAGE] == 20_000
    assert stage.touched == 1


def test_c7_a_forced_close_waits_for_the_mark_that_is_true() -> None:
    """The exchange knows that its mark is wrong: nobody is closed at it, and the fund loses nothing of the gap."""
    stage = played(stale_marks)
    (closing,) = (
        record for record in stage.floor.exchange.requests if record.queued.request.kind is RequestKind.CLOSE
    )
    assert closing.batch > 0
    (settled,) = (each for each in stage.histories() if each.batch.number == closing.batch)
    assert settled.batch.marks[-1] == stage.entry * 52 // 100
    assert stage.gained <= 0
    assert stage.worst == FUND


def test_c7_a_forced_close_in_a_deep_market_can_cost_the_fund_and_no_more() -> None:
    """The cap of a deep market bounds nothing: the fund carries what its margin allows, and may lose all of it."""
    stage = played(deep)
    assert stage.size(0, ETH) == 0
    assert 0 < stage.gained <= FUND
    assert stage.equity(0) >= 0
    assert stage.lots_by_kind[RiskKind.DELEVERAGE] > 0
    assert stage.fund_lost > FUND - USD
