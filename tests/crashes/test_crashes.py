"""Three historical attacks: the fund loses no more than its budget, and no account of another market is touched."""

from functools import cache

import pytest

from tests.crashes.attacks import ATTACKS, FUND, INNOCENT, PATHS, THIN, Attack, budget
from tests.rules.test_conservation import check_invariants
from zkclear.rules.batch import RequestKind
from zkclear.rules.liquidation import stand
from zkclear.rules.transition import clear


@cache
def attacked(name: str, limited: bool) -> Attack:  # noqa: FBT001 - a cache has no keywords
    """Every attack is replayed once."""
    return ATTACKS[name](limited=limited)


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_c7_the_fund_loses_no_more_than_cap_times_gap(name: str) -> None:
    """Nobody else helps and every exit is taken, and still the loss is within what the listing was reckoned with."""
    result = attacked(name, True).result(limited=True)
    assert 0 <= result.fund_loss <= result.fund_worst <= result.budget < FUND
    assert result.absorbed > 0


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_c5_the_attackers_profit_is_bounded(name: str) -> None:
    """Between own accounts the fund is all that there is to gain; against others no more than cap times gap."""
    result = attacked(name, True).result(limited=True)
    assert result.profit <= result.budget
    if name != "yfi":
        assert result.profit == result.fund_loss
        assert result.closed > 0, "the attacker left at the peak"


@pytest.mark.parametrize("name", ["jelly", "mango"])
def test_c7_without_a_cap_the_attack_ends_when_the_fund_is_empty(name: str) -> None:
    """The size of history, five times leverage: own longs are deleveraged against own shorts, and nothing halts."""
    result = attacked(name, False).result(limited=False)
    assert result.profit == result.fund_loss <= FUND < PATHS[name]["taken_usd"] * 10**6
    assert result.deleveraged > 0


@pytest.mark.parametrize("limited", [True, False])
@pytest.mark.parametrize("name", ["jelly", "mango"])
def test_c8_accounts_of_another_market_are_untouched_bit_for_bit(name: str, limited: bool) -> None:  # noqa: FBT001
    """Two traders in ETH-USD end with the leaf that they began with, cap or no cap."""
    attack = attacked(name, limited)
    assert attack.result(limited=limited).touched == 0
    for account in INNOCENT:
        assert attack.state.accounts[account].positions[0].size != 0
    assert attack.state.markets[0].open_interest == 30_000


def test_c8_accounts_of_another_market_are_untouched_by_yfi() -> None:
    """The same for the replay of two days."""
    assert attacked("yfi", True).result(limited=True).touched == 0


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_c5_c6_every_batch_conserves_and_no_withdrawal_ends_below_initial_margin(name: str) -> None:
    """I-1 and I-3 over the whole replay; an account that took money out stands at or above its initial margin."""
    attack = attacked(name, True)
    paid = 0
    for before, batch in attack.history:
        cleared = clear(before, batch)
        check_invariants(before, batch, cleared.state)
        for request, outcome in zip(batch.requests, batch.outcomes, strict=True):
            if request.kind is RequestKind.WITHDRAW and outcome.amount:
                paid += outcome.amount
                after = stand(cleared.closings[request.account], cleared.markets)
                assert after.equity >= after.initial
    assert paid == attack.withdrawn


@pytest.mark.parametrize("name", sorted(ATTACKS))
def test_the_replayed_mark_reaches_the_peak_of_history(name: str) -> None:
    """The limit on a mark's move delays an attack by seconds; it is not what bounds the loss."""
    attack = attacked(name, True)
    multiples = [multiple for _, multiple in PATHS[name]["path"]]
    highest = max(batch.marks[THIN] for _, batch in attack.history)
    assert highest == attack.entry * max(multiples) // 1_000
    assert budget(name) > 0
