"""Three historical attacks: the fund loses no more than its budget, and no account of another market is touched."""

from functools import cache

import pytest

from sequencer.core.machine import Machine
from tests.crashes.attacks import ATTACKS, PATHS, VARIANTS, Attack, Variant, budget
from tests.crashes.stage import FUND, INNOCENT, THIN, Settled, initial_margin
from tests.rules.test_conservation import check_invariants
from tests.sequencer.floor import KEY
from tests.sequencer.test_random_run import everything
from zkclear.rules.batch import RequestKind
from zkclear.rules.liquidation import stand

NAMES = sorted(ATTACKS)
AS_IN_HISTORY, LIMITED, HELPED = VARIANTS


@cache
def attacked(name: str, variant: Variant) -> Attack:
    """Every attack is replayed once."""
    return ATTACKS[name](variant)


@cache
def settled(name: str, variant: Variant) -> tuple[Settled, ...]:
    """Its sealed batches, applied again by the rule book alone."""
    return tuple(attacked(name, variant).histories())


@pytest.mark.parametrize("variant", [LIMITED, HELPED])
@pytest.mark.parametrize("name", NAMES)
def test_c7_the_fund_loses_no_more_than_cap_times_gap(name: str, variant: Variant) -> None:
    """
    Every exit is taken, with help and without, and still the loss is within what the listing was reckoned with.

    To stay able to carry something elsewhere the fund needs its margin beside it: that of the whole cap at the peak.
    """
    attack = attacked(name, variant)
    result = attack.result()
    assert 0 <= result.fund_loss <= result.fund_worst <= result.budget < FUND
    locked = initial_margin(attack.config, attack.most, mark=attack.peak)
    assert max(0, FUND - result.budget - locked) < result.fund_free
    assert result.absorbed > 0


@pytest.mark.parametrize("name", NAMES)
def test_c7_keepers_and_a_thin_book_spare_the_fund(name: str) -> None:
    """Whatever they take over the fund need not carry: it loses less, and more of it is left for other markets."""
    alone, helped = (attacked(name, variant).result() for variant in (LIMITED, HELPED))
    assert helped.helped > 0 == alone.helped
    assert helped.fund_worst < alone.fund_worst
    assert helped.fund_free > alone.fund_free


@pytest.mark.parametrize("name", NAMES)
def test_c5_the_attackers_profit_is_bounded(name: str) -> None:
    """Between own accounts the fund is all that there is to gain; against others no more than cap times gap."""
    result = attacked(name, LIMITED).result()
    assert result.profit <= result.budget
    if name != "yfi":
        assert result.profit == result.fund_loss
        assert result.closed > 0, "the attacker left at the peak"


@pytest.mark.parametrize("name", ["jelly", "mango"])
def test_c7_without_a_cap_the_attack_ends_when_the_fund_is_empty(name: str) -> None:
    """The size of history, five times leverage: own longs are deleveraged against own shorts, and nothing halts."""
    result = attacked(name, AS_IN_HISTORY).result()
    assert result.profit == result.fund_loss <= FUND < PATHS[name]["taken_usd"] * 10**6
    assert result.deleveraged > 0


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", NAMES)
def test_c8_accounts_of_another_market_are_untouched_bit_for_bit(name: str, variant: Variant) -> None:
    """Two traders in ETH-USD end with the leaf that they began with, cap or no cap."""
    attack = attacked(name, variant)
    assert attack.result().touched == 0
    state = attack.floor.exchange.state
    for account in INNOCENT:
        assert state.accounts[account].positions[0].size != 0
    assert state.markets[0].open_interest == 30_000


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", NAMES)
def test_c5_c6_every_batch_conserves_and_no_withdrawal_ends_below_initial_margin(
    name: str, variant: Variant
) -> None:
    """I-1 and I-3 over the whole replay; an account that took money out stands at or above its initial margin."""
    paid = 0
    for before, batch, clearing in settled(name, variant):
        check_invariants(before, batch, clearing.state)
        for request, outcome in zip(batch.requests, batch.outcomes, strict=True):
            if request.kind is RequestKind.WITHDRAW and outcome.amount:
                paid += outcome.amount
                after = stand(clearing.closings[request.account], clearing.markets)
                assert after.equity >= after.initial
    assert paid == attacked(name, variant).withdrawn > 0


@pytest.mark.parametrize("name", NAMES)
def test_the_replayed_mark_reaches_the_peak_of_history(name: str) -> None:
    """The limit on a mark's move delays an attack by seconds; it is not what bounds the loss."""
    attack = attacked(name, LIMITED)
    highest = max(batch.marks[THIN] for _, batch, _ in settled(name, LIMITED) if len(batch.marks) > THIN)
    multiples = [multiple for _, multiple in PATHS[name]["path"]]
    assert highest == attack.entry * max(multiples) // 1_000
    assert budget(name) > 0


def test_the_journal_tells_an_attack_again() -> None:
    """What was replayed is what a restarted sequencer would know: the same batches, receipts and state."""
    attack = attacked("mango", HELPED)
    attack.floor.seal()
    again = Machine(KEY)
    for record in attack.floor.journal:
        again.replay(record)
    assert everything(again) == everything(attack.floor.machine)
