"""Crashes on the rule book alone: every risk operation on both sides, as histories of batches that follow each other."""

from dataclasses import replace

from tests.vectors.drawer import BTC, ETH
from tests.vectors.scenario import Exchange
from zkclear.crypto.tree import market_config_hash
from zkclear.rules import actions
from zkclear.rules.batch import Entry, Fill, Request, RequestKind
from zkclear.rules.deleveraging import needed_lots
from zkclear.rules.liquidation import Holding, Standing, hold, stand
from zkclear.rules.state import Market, MarketConfig
from zkclear.rules.units import INSURANCE, SECONDS_BOUND, AccountId

MOST = 2**40 - 1
CHANGED: MarketConfig = replace(ETH, max_open_interest=2 * 10**9, taker_fee=400)
LISTED: MarketConfig = replace(BTC, lot_e8=100_000, tick_e8=1_000_000, quote_per_lot_tick=10)


def risk_entry(
    account: int, action: int, *, lots: int = 0, limit: int = 0, subject: int = 0, **fields: int
) -> Entry:
    """A risk entry; `market` and `nonce` are 0 unless told."""
    return Entry(
        account=account,
        market=fields.get("market", 0),
        action=action,
        lots=lots,
        limit=limit,
        expiry=SECONDS_BOUND - 1,
        nonce=fields.get("nonce", 0),
        signer=0,
        trigger=subject,
    )


def absorb(account: int, **fields: int) -> Entry:
    """The fund takes a position whole."""
    return risk_entry(account, actions.ABSORB, **fields)


def deleverage(account: int, subject: int, lots: int, rank: int, **fields: int) -> Entry:
    """`account` gives up lots against the position of `subject`."""
    return risk_entry(account, actions.DELEVERAGE, lots=lots, limit=rank, subject=subject, **fields)


def liquidate(account: int, taker: int, *, lots: int = MOST, market: int = 0) -> Request:
    """A keeper's request."""
    return Request(RequestKind.LIQUIDATE, account, market=market, lots=lots, taker=taker)


def close(account: int, *, lots: int = MOST, market: int = 0) -> Request:
    """An owner's request to be closed."""
    return Request(RequestKind.CLOSE, account, market=market, lots=lots)


def change(market: int, config: MarketConfig) -> Request:
    """The governor's request for a market."""
    return Request(
        RequestKind.MARKET, INSURANCE, market=market, config=config, config_hash=market_config_hash(config)
    )


class Crash(Exchange):
    """Account 2 is the one that falls, 3 is rich and against it, 4 a keeper, 5 and 6 against each other."""

    def prepare(self, *, side: int = 1, fund: int = 10**9, second: int = 300_000_000) -> None:
        """Opens the accounts and their positions at a mark of 18,000; `side` is that of accounts 2 and 5."""
        self.marks = (18_000, 83_460)
        self.open(2, amount=second)
        self.open(3, 4, amount=10**10)
        self.open(5, 6, amount=3 * 10**9)
        self.settle(requests=(Request(RequestKind.DEPOSIT, 0, amount=fund),))
        for falls, against, lots in ((2, 3, 5_000), (5, 6, 20_000)):
            self.trade(*((falls, against) if side > 0 else (against, falls)), lots)

    def trade(self, buyer: int, seller: int, lots: int, *, market: int = 0) -> None:
        """One trade at the mark; the account with the lower id makes."""
        nonce = 1_024 * (10 + self.state.number)
        limit = self.marks[market]
        entries = (
            self.order(buyer, 0x40, lots, limit, nonce=nonce, market=market),
            self.order(seller, 0x41, lots, limit, nonce=nonce, market=market),
        )
        self.settle(entries=entries, fills=(Fill(0, 1, lots),))

    def rows(self) -> tuple[Market, ...]:
        """The markets at the marks of the next batch."""
        rows = tuple(replace(m, mark=mark) for m, mark in zip(self.state.markets, self.marks, strict=False))
        return rows + self.state.markets[len(rows) :]

    def standing(self, account: int) -> Standing:
        """The account at the marks of the next batch, funding not counted."""
        return stand(self.state.accounts[AccountId(account)], self.rows())

    def holding(self, account: int, market: int = 0) -> Holding:
        """A position at the marks of the next batch."""
        return hold(self.standing(account), market, self.rows())

    def mark_for(self, account: int, equity: int) -> None:
        """Moves the first mark to where the account's equity is nearest to a target, not above it."""
        size = self.state.accounts[AccountId(account)].positions[0].size
        unit = self.state.markets[0].config.quote_per_lot_tick * size
        ticks = (equity - self.standing(account).equity) // abs(unit)
        self.marks = (self.marks[0] + (ticks if size > 0 else -ticks), *self.marks[1:])

    def book(self, account: int, *, lots: int, filled: int, slack: int = 30) -> None:
        """A liquidation in the book: account 4 makes, better than the limit by a third of `slack` ticks."""
        side = self.holding(account).direction
        action = actions.LIQUIDATION_SELL if side > 0 else actions.LIQUIDATION_BUY
        taking = risk_entry(account, action, lots=lots, limit=self.marks[0] - side * slack)
        made = self.order(
            4,
            0x40 if side > 0 else 0x41,
            3_000,
            self.marks[0] - side * (2 * slack // 3),
            nonce=1_024 * (100 + self.state.number),
        )
        fill = Fill(1, 0, filled) if account < 4 else Fill(0, 1, filled)
        self.settle(entries=(taking, made), fills=(fill,))


def crash_day(*, side: int = 1) -> Crash:
    """
    Forced closes, a takeover, a liquidation in the book, absorption with equity left and with a hole.

    Then the fund trades out of a part, goes bankrupt itself and is deleveraged; at last a market changes, one is listed
    and traded. With `side = -1` the price rises and the shorts fall.
    """
    day = Crash()
    day.prepare(side=side)
    day.settle(requests=(close(5, lots=4_000), close(6, lots=6_000)))
    day.mark_for(2, 85_000_000)
    day.settle(requests=(liquidate(2, 4), liquidate(3, 4)), funding_steps=(100 * side, 0))
    day.mark_for(2, 40_000_000)
    day.book(2, lots=1_000, filled=900)
    day.mark_for(2, 5_000_000)
    day.settle(entries=(absorb(2),))
    day.book(0, lots=500, filled=400, slack=0)
    day.mark_for(5, -40_000_000)
    day.settle(entries=(absorb(5),))
    day.mark_for(0, -10_000_000)
    day.settle(entries=(deleverage(3, 0, 2_000, 1), deleverage(6, 0, 9_000, 0)))
    day.settle(requests=(change(0, CHANGED), change(2, LISTED)))
    day.marks = (*day.marks, 5_000)
    day.trade(3, 6, 700, market=2)
    return day


def bankrupt_day(*, side: int = 1, fund: int = 100_000_000) -> Crash:
    """Account 2 is bankrupt and the fund can carry a part: 6 and 3 are deleveraged, the rest is absorbed."""
    day = Crash()
    day.prepare(side=side, fund=fund)
    day.mark_for(2, -60_000_000)
    needed = int(needed_lots(day.holding(2), day.standing(INSURANCE)))
    day.settle(entries=(deleverage(6, 2, needed - 100, 0), deleverage(3, 2, 100, 1)))
    day.settle(entries=(absorb(2),))
    return day
