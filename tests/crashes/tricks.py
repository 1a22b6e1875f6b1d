"""
What attackers could do better than those of history, each told once on the sequencer's core.

All but one happen in the thin market of the JELLY replay, with its cap, its brackets and the same fund.
"""

from collections.abc import Callable, Iterator

from tests.crashes.attacks import LISTINGS, config_of, entry_of
from tests.crashes.stage import ETH, THIN, USD, Stage, initial_margin
from zkclear.rules.num import div_floor

CAP = LISTINGS["jelly"].cap
STEP_S = 10
HOURS = 3
MOST_TURNS = 200


def until(is_done: Callable[[], bool]) -> Iterator[int]:
    """Turns until something has happened, as it must."""
    for turn in range(MOST_TURNS):
        if is_done():
            return
        yield turn
    raise AssertionError(f"it did not happen in {MOST_TURNS} turns")


def thin_stage() -> Stage:
    """The market of the JELLY replay, before anybody trades in it."""
    return Stage(config_of("jelly", limited=True), entry=entry_of("jelly"))


def margin_of(stage: Stage, lots: int, *, market: int = THIN) -> int:
    """The least deposit for a position of so many lots at the mark."""
    config = stage.floor.exchange.markets.configs[market]
    return initial_margin(config, lots, mark=stage.mark(market))


def whole_cap(stage: Stage, *more: int) -> tuple[int, int, list[int]]:
    """A short and a long of all the open interest there may be, with the least margin; and further accounts."""
    most = int(stage.config.max_open_interest)
    margin = margin_of(stage, most)
    short, long, *others = stage.attack_with(margin, margin, *more)
    assert stage.trade(long, short, most) == most
    return short, long, others


def push(stage: Stage, percent: int, *, market: int = THIN) -> None:
    """The next price, so many percent from the mark."""
    stage.tick(stage.mark(market) * (100 + percent) // 100, elapsed=STEP_S, market=market)


def walk_back(stage: Stage) -> None:
    """The price returns to where it was before the attack."""
    for _ in until(lambda: stage.mark() <= stage.entry):
        stage.tick(max(stage.entry, stage.mark() * 94 // 100), elapsed=STEP_S)
        stage.take_out()


def wash_trades() -> Stage:
    """Two hundred trades between own accounts near both edges of the price band while the price wanders, then profits leave."""
    stage = thin_stage()
    lots = int(stage.config.max_open_interest) // 4
    margin = 2 * margin_of(stage, 4 * lots)
    first, second = stage.attack_with(margin, margin)
    for turn in range(200):
        price = stage.mark() * (109 if turn % 4 < 2 else 91) // 100
        pair = (first, second) if turn % 2 == 0 else (second, first)
        stage.trade(*pair, lots, price=price)
        if turn == 198:  # the last pair is open, and all that may leave it does
            stage.take_out()
        if turn % 10 == 9:
            push(stage, 1 if turn % 20 == 9 else -1)
    return stage


def own_funding() -> Stage:
    """
    A long of the whole cap against an outsider; own quotes just below the mark make shorts pay, and nobody trades with them.

    At the cap nobody may open a position against such quotes, only close one, at a better price than the mark.
    """
    stage = thin_stage()
    most = int(stage.config.max_open_interest)
    outsider = stage.open(10 * CAP)
    long, bidder, asker = stage.attack_with(margin_of(stage, most), CAP // 5, CAP // 5)
    assert stage.trade(long, outsider, most) == most
    for _ in range(HOURS * 60):
        quote_below(stage, bidder, asker)
        stage.tick(stage.mark(), elapsed=60)
        stage.take_out(long)
    return stage


def quote_below(stage: Stage, bidder: int, asker: int) -> None:
    """Both sides of the book 0.6 % below the mark, each worth twice the impact notional."""
    lots = 2_000 * USD // (stage.mark() * stage.config.quote_per_lot_tick)
    price = stage.mark() * 994 // 1_000
    for account, action, limit in ((bidder, "BUY GTC", price - 1), (asker, "SELL GTC", price + 1)):
        stage.floor.cancel_all(account)
        stage.try_order(account, action, lots, limit)


def funding_from_the_fund(*, quoting: bool = True) -> Stage:
    """The short is left to the fund, and own quotes below the mark shall make the fund pay funding to the long."""
    stage = thin_stage()
    _, _, (bidder, asker) = whole_cap(stage, CAP // 2, CAP // 2)
    for _ in until(lambda: stage.size(0) != 0):
        push(stage, 5)
    for turn in range(HOURS * 120):
        if quoting and turn % 4 == 0:
            quote_below(stage, bidder, asker)
        stage.tick(stage.mark() + (1 if turn % 2 else -1), elapsed=3 * STEP_S)
    return stage


def friendly_keeper(*, lots: int = 1) -> Stage:
    """A friend asks at every price to take one lot of the falling short over, so that the fund may come too late."""
    stage = thin_stage()
    short, long, (friend,) = whole_cap(stage, CAP // 10)
    for turn in until(lambda: stage.size(short) == 0):
        if lots:
            stage.take_over(short, friend, lots=lots)
        stage.tick(stage.entry * (101 + turn) // 100, elapsed=STEP_S)
    stage.close(long)
    walk_back(stage)
    return stage


def own_keeper() -> Stage:
    """A friend takes over all that it may of the falling short, for the discount; the price returns."""
    stage = thin_stage()
    short, _, (friend,) = whole_cap(stage, 20 * CAP)
    for _ in until(lambda: stage.size(short) == 0):
        push(stage, 3)
        stage.take_over(short, friend)
    walk_back(stage)
    return stage


def profit_taken_out() -> Stage:
    """The price is pumped five times up; the long takes out all that may leave at every price, and is left to the fund."""
    stage = thin_stage()
    _, long, _ = whole_cap(stage)
    for _ in until(lambda: stage.mark() >= 5 * stage.entry):
        push(stage, 5)
        stage.take_out(long)
    walk_back(stage)
    return stage


def crowd(*, shorts: int = 100) -> Stage:
    """The short is spread over many accounts, which all fall at one price; the long leaves by forced close, the price falls."""
    stage = thin_stage()
    share = int(stage.config.max_open_interest) // shorts
    (long,) = stage.attack_with(margin_of(stage, share * shorts))
    accounts = stage.attack_with(*[margin_of(stage, share)] * shorts)
    for account in accounts:
        assert stage.trade(long, account, share) == share
    for _ in until(lambda: not any(stage.size(account) for account in accounts)):
        push(stage, 5)
    stage.close(long)
    walk_back(stage)
    return stage


def two_pumped() -> tuple[Stage, tuple[int, int]]:
    """The market of the MNGO replay beside, both pumped to the fivefold; the longs, one a market."""
    stage = thin_stage()
    second = THIN + 1
    stage.list_market("MORE-USD", config_of("mango", limited=True), entry=entry_of("mango"))
    _, long, _ = whole_cap(stage)
    most = int(stage.floor.exchange.markets.configs[second].max_open_interest)
    margin = margin_of(stage, most, market=second)
    short, other = stage.attack_with(margin, margin)
    assert stage.trade(other, short, most, market=second) == most
    for _ in until(lambda: stage.mark() >= 5 * stage.entry):
        push(stage, 5)
        push(stage, 5, market=second)
        stage.take_out()
    return stage, (long, other)


def two_markets() -> Stage:
    """Two thin markets are attacked at once; both longs leave by forced close, and the first price returns."""
    stage, (long, other) = two_pumped()
    stage.close(long)
    stage.close(other, market=THIN + 1)
    walk_back(stage)
    return stage


def starved_fund(*, pumped: bool = True) -> Stage:
    """
    While the fund holds both shorts at the peak, ETH-USD falls by 8 %, and somebody there has a hole of a few hundred dollars.

    The fund has lost less than half of what it had; but its margin is spoken for.
    """
    stage = two_pumped()[0] if pumped else thin_stage()
    deposit = 4_600 * USD
    long, short = stage.open(deposit), stage.open(20 * deposit)
    assert stage.trade(long, short, 20_000, market=ETH) == 20_000
    stage.floor.seal()
    stage.tick(stage.mark(ETH) * 92 // 100, elapsed=3 * STEP_S, market=ETH)
    return stage


def stale_marks() -> Stage:
    """
    The price falls faster than the contract lets a mark follow, and the long asks to be closed at the old one.

    Oracles report the price as it is.
    """
    stage = thin_stage()
    _, long, _ = whole_cap(stage)
    stage.floor.seal()
    for percent in (92, 84, 76, 68, 60, 52):
        stage.wait(STEP_S)
        stage.show(stage.entry * percent // 100)
    stage.close(long)
    stage.take_out()
    for _ in until(lambda: stage.mark() != stage.entry):
        stage.wait(STEP_S)
        stage.show(stage.entry * 52 // 100)
    return stage


def close_in_a_deep_market() -> Stage:
    """
    ETH-USD, where the cap is far above the fund: a long as large as the fund can carry is closed, and the price falls.

    The attackers are short, and the fund is their other side at the mark for a liquidation fee, whenever they like.
    """
    stage = thin_stage()
    lots = div_floor(5_400_000 * USD, stage.mark(ETH) * 100)
    margin = margin_of(stage, lots, market=ETH) + 3_000 * USD
    _, long = stage.attack_with(margin, margin)
    assert stage.trade(long, stage.attackers[0], lots, market=ETH) == lots
    stage.close(long, market=ETH)
    for _ in until(lambda: stage.size(0, ETH) == 0):
        push(stage, -3, market=ETH)
        stage.take_out()
    return stage


TRICKS: dict[str, Callable[[], Stage]] = {
    "wash trades at the edges of the price band": wash_trades,
    "own quotes move funding, an outsider pays": own_funding,
    "own quotes move funding, the fund shall pay": funding_from_the_fund,
    "a friend takes over one lot at every price": friendly_keeper,
    "a friend takes over all that it may": own_keeper,
    "unrealised profit is taken out, the rest is left to the fund": profit_taken_out,
    "the short is spread over 100 accounts": crowd,
    "two thin markets at once": two_markets,
    "two thin markets at once, and ETH-USD falls": starved_fund,
    "a forced close at marks that may not follow": stale_marks,
    "a forced close in ETH-USD, as much as the fund carries": close_in_a_deep_market,
}
