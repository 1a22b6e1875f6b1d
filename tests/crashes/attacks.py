"""
Three historical attacks on thin markets, replayed batch by batch on the rule book; paths and sources: `paths.json`.

A thin market is listed beside ETH-USD with requirements far above what a mark moves in one batch, and with a cap on its
open interest. The fund's budget for it is what a listing can be reckoned with: *cap times gap*, the value that the most
open interest gains or loses over the whole swing of the price, as if the fund held all of it from end to end. Nobody
else helps: no bid, no offer, no keeper in the thin market.

`limited=False` is the same attack where the market was listed as the old exchanges did: the cap at the size of the
attack, five times leverage for any size. The fund is the same, so there the attack ends when it is empty.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.crashes.desk import Desk
from tests.vectors.drawer import ETH
from zkclear.rules.batch import Request, RequestKind
from zkclear.rules.markets import check_config, quote_per_lot_tick
from zkclear.rules.reject import Rejected
from zkclear.rules.risks import RiskKind
from zkclear.rules.state import Account, MarketConfig, Rates
from zkclear.rules.units import INSURANCE, AccountId, Lots, Quote

PATHS: dict[str, Any] = json.loads((Path(__file__).parent / "paths.json").read_text())
USD = 10**6
FUND = 1_000_000 * USD
THIN = 1
"""The thin market's row; ETH-USD is row 0."""
INNOCENT = (2, 3)
"""Two traders in ETH-USD alone."""
MAKER = 4
"""In the replay of YFI: the other side, nobody's accomplice."""
STEP_S = 20
"""Seconds from one batch to the next while the price moves; a mark then moves 7 % at most."""
SLOW_STEP_S = 1_200
"""The same in a path of days, where the price itself is slow."""


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


@dataclass(frozen=True)
class Result:
    """
    What an attack did, in quote and lots of the thin market.

    `fund_worst` is the fund's loss where it was largest on the way, `closed` the lots that left by forced close, `touched`
    the accounts of the other market whose leaf is not what it was before.
    """

    name: str
    cap: int
    budget: int
    profit: int
    fund_loss: int
    fund_worst: int
    absorbed: int
    closed: int
    deleveraged: int
    touched: int
    batches: int


def thin_config(name: str, *, limited: bool) -> MarketConfig:
    """
    The thin market.

    Limited: maintenance 12.5, 25 and 50 % and initial 25, 50 and 100 % with edges at a tenth and a half of the cap.
    """
    listing, entry = LISTINGS[name], PATHS[name]["entry_e8"]
    unit = quote_per_lot_tick(listing.lot_e8, listing.tick_e8)
    value = listing.cap if limited else listing.history
    rates = (
        (Rates(125_000, 250_000, 500_000), Rates(250_000, 500_000, 1_000_000))
        if limited
        else (Rates(50_000, 50_000, 50_000), Rates(200_000, 200_000, 200_000))
    )
    config = replace(
        ETH,
        lot_e8=listing.lot_e8,
        tick_e8=listing.tick_e8,
        quote_per_lot_tick=unit,
        t1=Quote(value // 10),
        t2=Quote(value // 2),
        maintenance=rates[0],
        initial=rates[1],
        maker_fee=0,
        taker_fee=0,
        liquidation_fee=50_000,
        max_open_interest=Lots(value // (unit * (entry // listing.tick_e8))),
    )
    check_config(config)
    return config


def budget(name: str, *, limited: bool = True) -> int:
    """Cap times gap: the most open interest over the path's whole swing, from its lowest to its highest price."""
    config = thin_config(name, limited=limited)
    multiples = [multiple for _, multiple in PATHS[name]["path"]]
    entry = PATHS[name]["entry_e8"] // config.tick_e8
    swing = entry * (max(multiples) - min(multiples)) // 1_000
    return int(config.max_open_interest * swing * config.quote_per_lot_tick)


def prices(name: str, config: MarketConfig) -> Iterator[tuple[int, int]]:
    """Seconds since the last batch and the price in ticks at it: straight lines between the path's points."""
    points = PATHS[name]["path"]
    entry = PATHS[name]["entry_e8"] // config.tick_e8
    for (start, low), (end, high) in pairwise(points):
        step = STEP_S if end - start <= 20_000 else SLOW_STEP_S
        for second in range(start + step, end + 1, step):
            multiple = low + (high - low) * (second - start) // (end - start)
            yield step, max(1, entry * multiple // 1_000)


class Attack(Desk):
    """An exchange with a fund, two innocent traders in ETH-USD and the attackers' accounts from number 4 on."""

    def __init__(self, name: str, *, limited: bool) -> None:
        self.config = thin_config(name, limited=limited)
        super().__init__((ETH, self.config))
        self.name = name
        self.entry = PATHS[name]["entry_e8"] // self.config.tick_e8
        self.marks = (18_000, self.entry)
        self.most = int(self.config.max_open_interest)
        self.deposited = self.withdrawn = 0
        self.attackers: tuple[int, ...] = ()
        self.open(*INNOCENT, amount=10_000 * USD)
        self.settle(requests=(Request(RequestKind.DEPOSIT, INSURANCE, amount=FUND),))
        self.trade(*INNOCENT, 30_000, market=0)
        self.before = self._innocent()
        self.worst = FUND

    def _innocent(self) -> tuple[Account, ...]:
        return tuple(self.state.accounts[AccountId(account)] for account in INNOCENT)

    def fund(self, **deposits: int) -> None:
        """Opens the attackers' accounts, `_4=amount` for account 4."""
        for key, amount in deposits.items():
            self.open(int(key[1:]), amount=amount)
            self.deposited += amount
        self.attackers += tuple(int(key[1:]) for key in deposits)

    def initial(self, lots: int) -> int:
        """What a position of so many lots needs at the mark."""
        value = lots * self.marks[THIN] * self.config.quote_per_lot_tick
        low, high, rates = int(self.config.t1), int(self.config.t2), self.config.initial
        parts = (min(value, low), min(max(value - low, 0), high - low), max(value - high, 0))
        weighted = sum(part * rate for part, rate in zip(parts, (rates.r1, rates.r2, rates.r3), strict=True))
        return -(-weighted // 10**6)

    def step(self, price: int, elapsed: int) -> None:
        """One price: the mark follows, the risk operations run, then the attackers take out what they may."""
        self.move(THIN, price, elapsed=elapsed)
        self.liquidate(elapsed=elapsed)
        self.worst = min(self.worst, self.equity(INSURANCE))
        self.take_out()

    def take_out(self) -> None:
        """Withdrawals by L1 request, which nobody can refuse."""
        self.withdrawn += self.withdraw(*self.attackers)

    def close_by_request(self, account: int) -> None:
        """Forces the fund to take the attacker's whole position at the mark, if it can carry it."""
        asked = Request(RequestKind.CLOSE, AccountId(account), market=THIN, lots=Lots(2**40 - 1))
        self.settle(requests=(asked,))
        self.take_out()

    def try_trade(self, buyer: int, seller: int, lots: int) -> bool:
        """A trade between two accounts at the mark, if the rules allow it."""
        try:
            self.trade(buyer, seller, lots, market=THIN)
        except Rejected:
            return False
        return True

    def result(self, *, limited: bool) -> Result:
        """What is left when the path has ended; what the attackers still hold counts for them."""
        held = sum(max(0, self.equity(account)) for account in self.attackers)
        touched = sum(old != new for old, new in zip(self.before, self._innocent(), strict=True))
        tally = self.tally.lots
        return Result(
            name=self.name,
            cap=self.most * self.entry * self.config.quote_per_lot_tick,
            budget=budget(self.name, limited=limited),
            profit=self.withdrawn + held - self.deposited,
            fund_loss=FUND - self.equity(INSURANCE),
            fund_worst=FUND - self.worst,
            absorbed=tally.get(RiskKind.ABSORB, 0),
            closed=tally.get(RiskKind.CLOSE, 0),
            deleveraged=tally.get(RiskKind.DELEVERAGE, 0),
            touched=touched,
            batches=len(self.history),
        )


def mango(*, limited: bool) -> Attack:
    """
    One account long against its own short, the whole cap, both with the least margin; at the peak the long is closed.

    In history the profit was borrowed against and withdrawn; here a withdrawal stops at the initial margin, so the
    attacker also asks for a forced close at the peak, the best exit that there is.
    """
    attack = Attack("mango", limited=limited)
    margin = attack.initial(attack.most) + USD
    attack.fund(_4=margin, _5=margin)
    attack.trade(5, 4, attack.most, market=THIN)
    peak = max(price for _, price in prices("mango", attack.config))
    for elapsed, price in prices("mango", attack.config):
        attack.step(price, elapsed)
        if attack.marks[THIN] == peak:
            attack.close_by_request(5)
    return attack


def yfi(*, limited: bool) -> Attack:
    """
    Longs in twenty accounts, so that brackets hardly bite, against a market maker that hedges outside.

    Profit buys more up to the cap. At the peak every account takes out all that it may; then the price falls.
    """
    attack = Attack("yfi", limited=limited)
    wallets = range(MAKER + 1, MAKER + 21)
    share = attack.most // 40
    margin = attack.initial(share) + USD
    attack.open(MAKER, amount=100 * FUND)
    attack.fund(**{f"_{wallet}": margin for wallet in wallets})
    for wallet in wallets:
        attack.trade(wallet, MAKER, share, market=THIN)
    peak = max(price for _, price in prices("yfi", attack.config))
    has_peaked = False
    for count, (elapsed, price) in enumerate(prices("yfi", attack.config)):
        attack.move(THIN, price, elapsed=elapsed)
        attack.liquidate(elapsed=elapsed)
        attack.worst = min(attack.worst, attack.equity(INSURANCE))
        if attack.marks[THIN] == peak and not has_peaked:
            has_peaked = True
            attack.take_out()
        for wallet in wallets if count % 12 == 0 and not has_peaked else ():
            attack.try_trade(wallet, MAKER, max(1, attack.most // 200))
    attack.take_out()
    return attack


def jelly(*, limited: bool) -> Attack:
    """A short against two own longs; the short keeps the least margin and is left to the fund, the longs leave at the peak."""
    attack = Attack("jelly", limited=limited)
    first = attack.most * 53 // 100
    second = attack.most - first
    attack.fund(
        _4=attack.initial(attack.most) + USD,
        _5=attack.initial(first) + USD,
        _6=attack.initial(second) + USD,
    )
    attack.trade(5, 4, first, market=THIN)
    attack.trade(6, 4, second, market=THIN)
    peak = max(price for _, price in prices("jelly", attack.config))
    for elapsed, price in prices("jelly", attack.config):
        attack.step(price, elapsed)
        if attack.marks[THIN] == peak:
            attack.close_by_request(5)
            attack.close_by_request(6)
    return attack


ATTACKS = {"mango": mango, "yfi": yfi, "jelly": jelly}


def replay(name: str, *, limited: bool) -> Result:
    """One attack from listing to the end of its path."""
    return ATTACKS[name](limited=limited).result(limited=limited)
