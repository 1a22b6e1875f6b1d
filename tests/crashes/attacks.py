"""
Three historical attacks on thin markets, replayed on the sequencer's core; paths and sources: `paths.json`.

A thin market is listed beside ETH-USD and BTC-USD with requirements far above what a mark moves in one batch, and with a
cap on its open interest. The fund's budget for it is what a listing can be reckoned with: *cap times gap*, the value that
the most open interest gains or loses over the whole swing of the price, as if the fund held all of it from end to end.
Nobody else helps: no bid, no offer, no keeper in the thin market.

"As in history" is the same attack where the market was listed as the old exchanges did: the cap at the size of the
attack, five times leverage for any size. The fund is the same, so there the attack ends when it is empty. At last, in the
limited market, keepers and somebody who quotes (`outsiders.py`) stand beside the fund.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from tests.crashes.outsiders import Outsiders
from tests.crashes.stage import FUND, USD, Stage, initial_margin, thin_market
from zkclear.rules.markets import quote_per_lot_tick
from zkclear.rules.risks import RiskKind
from zkclear.rules.state import MarketConfig, Rates
from zkclear.rules.units import PPM, Lots, Quote

PATHS: dict[str, Any] = json.loads((Path(__file__).parent / "paths.json").read_text())
STEP_S = 20
"""The least seconds from one price to the next, far more than an oracle's: a mark then moves 7 % at most."""
STEP_PPM = 20_000
"""A price that moves less is not told: the exchange does nothing about it that it does not do about the next one."""
WALLETS = 20


@dataclass(frozen=True)
class Listing:
    """How a thin market is listed: `cap` in quote at the entry price, and the size of the attack in history."""

    lot_e8: int
    tick_e8: int
    cap: int
    history: int


LISTINGS = {
    "mango": Listing(lot_e8=10**9, tick_e8=10**3, cap=20_000 * USD, history=18_450_600 * USD),
    "yfi": Listing(lot_e8=10**5, tick_e8=10**8, cap=200_000 * USD, history=16_000_000 * USD),
    "jelly": Listing(lot_e8=10**9, tick_e8=10**2, cap=100_000 * USD, history=4_100_000 * USD),
}


class Variant(NamedTuple):
    """How the market was listed, and who stands beside the fund."""

    title: str
    limited: bool
    helped: bool


VARIANTS = (
    Variant("as in history", limited=False, helped=False),
    Variant("cap and brackets", limited=True, helped=False),
    Variant("and keepers and quotes", limited=True, helped=True),
)


@dataclass(frozen=True)
class Result:
    """
    What an attack did, in quote and lots of the thin market.

    `fund_worst` is the fund's loss where it was largest on the way, `fund_free` what it could still carry elsewhere where
    that was least, `closed` the lots that left by forced close, `helped` those that keepers and the book took, `touched` the accounts of the other market whose leaf is
    not what it was before.
    """

    name: str
    cap: int
    budget: int
    profit: int
    fund_loss: int
    fund_worst: int
    fund_free: int
    absorbed: int
    closed: int
    deleveraged: int
    helped: int
    touched: int
    batches: int


def config_of(name: str, *, limited: bool) -> MarketConfig:
    """
    The thin market.

    Limited: maintenance 12.5, 25 and 50 % and initial 25, 50 and 100 % with edges at a tenth and a half of the cap.
    """
    listing = LISTINGS[name]
    unit = quote_per_lot_tick(listing.lot_e8, listing.tick_e8)
    value = listing.cap if limited else listing.history
    rates = (
        (Rates(125_000, 250_000, 500_000), Rates(250_000, 500_000, 1_000_000))
        if limited
        else (Rates(50_000, 50_000, 50_000), Rates(200_000, 200_000, 200_000))
    )
    return thin_market(
        lot_e8=listing.lot_e8,
        tick_e8=listing.tick_e8,
        quote_per_lot_tick=unit,
        t1=Quote(value // 10),
        t2=Quote(value // 2),
        maintenance=rates[0],
        initial=rates[1],
        max_open_interest=Lots(value // (unit * entry_of(name))),
    )


def entry_of(name: str) -> int:
    """The price before the attack, in ticks."""
    return int(PATHS[name]["entry_e8"] // LISTINGS[name].tick_e8)


def budget(name: str) -> int:
    """Cap times gap: the most open interest over the path's whole swing, from its lowest to its highest price."""
    config = config_of(name, limited=True)
    multiples = [multiple for _, multiple in PATHS[name]["path"]]
    swing = entry_of(name) * (max(multiples) - min(multiples)) // 1_000
    return int(config.max_open_interest * swing * config.quote_per_lot_tick)


def prices(name: str) -> Iterator[tuple[int, int]]:
    """Seconds since the last price and the price in ticks at it: straight lines between the path's points."""
    points = [(second, entry_of(name) * multiple // 1_000) for second, multiple in PATHS[name]["path"]]
    for (start, low), (end, high) in pairwise(points):
        moves = abs(high - low) * PPM // (min(low, high) * STEP_PPM)
        count = max(1, min(moves, (end - start) // STEP_S))
        seconds = [(end - start) * step // count for step in range(count + 1)]
        for before, second in pairwise(seconds):
            yield second - before, low + (high - low) * second // (end - start)


class Attack(Stage):
    """The stage of one historical attack."""

    def __init__(self, name: str, variant: Variant) -> None:
        super().__init__(config_of(name, limited=variant.limited), entry=entry_of(name))
        self.name = name
        self.outsiders = Outsiders(self) if variant.helped else None
        self.most = int(self.config.max_open_interest)
        self.peak = max(price for _, price in prices(name))
        self.highest = 0

    def least_margin(self, lots: int) -> int:
        """What an account needs to open so many lots at the entry price."""
        return initial_margin(self.config, lots, mark=self.entry)

    def tick(self, price: int, **fields: int) -> None:
        """One price of the path."""
        super().tick(price, **fields)
        self.highest = max(self.highest, self.mark())
        if self.outsiders is not None:
            self.outsiders.act()

    def leave_at_the_peak(self, *accounts: int) -> None:
        """
        Over the whole path the attackers take out all that they may at every price; at the peak these are closed.

        In history the profit was borrowed against and withdrawn; here a withdrawal stops at the initial margin, so the
        attackers also ask for a forced close at the peak, the best exit that there is.
        """
        has_left = False
        for elapsed, price in prices(self.name):
            self.tick(price, elapsed=elapsed)
            self.take_out()
            if self.mark() == self.peak and not has_left:
                has_left = True
                for account in accounts:
                    self.close(account)
                self.take_out()

    def buy(self, wallets: list[int], maker: int, lots: int) -> None:
        """Each wallet buys so many lots from the maker at the mark, if the exchange lets it."""
        self.try_order(maker, "SELL GTC", lots * len(wallets), self.mark())
        for wallet in wallets:
            self.try_order(wallet, "BUY IOC", lots, self.mark())
        self.floor.cancel_all(maker)

    def result(self) -> Result:
        """What is left when the path has ended; what the attackers still hold counts for them."""
        self.floor.seal()
        lots = self.lots_by_kind
        return Result(
            name=self.name,
            cap=self.most * self.entry * self.config.quote_per_lot_tick,
            budget=budget(self.name),
            profit=self.gained,
            fund_loss=self.fund_lost,
            fund_worst=FUND - self.worst,
            fund_free=self.free,
            absorbed=lots[RiskKind.ABSORB],
            closed=lots[RiskKind.CLOSE],
            deleveraged=lots[RiskKind.DELEVERAGE],
            helped=lots[RiskKind.TAKEOVER] + lots[RiskKind.BOOK],
            touched=self.touched,
            batches=len(self.floor.exchange.sealed),
        )


def mango(variant: Variant) -> Attack:
    """One account long against its own short, the whole cap, both with the least margin; at the peak the long is closed."""
    attack = Attack("mango", variant)
    margin = attack.least_margin(attack.most)
    short, long = attack.attack_with(margin, margin)
    attack.trade(long, short, attack.most)
    attack.leave_at_the_peak(long)
    return attack


def jelly(variant: Variant) -> Attack:
    """A short against two own longs; the short keeps the least margin and is left to the fund, the longs leave at the peak."""
    attack = Attack("jelly", variant)
    parts = (attack.most * 53 // 100, attack.most - attack.most * 53 // 100)
    short, *longs = attack.attack_with(*(attack.least_margin(lots) for lots in (attack.most, *parts)))
    for long, lots in zip(longs, parts, strict=True):
        attack.trade(long, short, lots)
    attack.leave_at_the_peak(*longs)
    return attack


def yfi(variant: Variant) -> Attack:
    """
    Longs in twenty accounts, so that brackets hardly bite, against a market maker that hedges outside.

    Profit buys more up to the cap. At the peak every account takes out all that it may; then the price falls.
    """
    attack = Attack("yfi", variant)
    share = attack.most // (2 * WALLETS)
    maker = attack.open(100 * FUND)
    wallets = attack.attack_with(*[attack.least_margin(share)] * WALLETS)
    attack.buy(wallets, maker, share)
    has_peaked = False
    for count, (elapsed, price) in enumerate(prices("yfi")):
        attack.tick(price, elapsed=elapsed)
        if attack.mark() == attack.peak and not has_peaked:
            has_peaked = True
            attack.take_out()
        if count % 4 == 0 and not has_peaked:
            attack.buy(wallets, maker, max(1, attack.most // (10 * WALLETS)))
    attack.take_out()
    return attack


ATTACKS = {"mango": mango, "yfi": yfi, "jelly": jelly}
