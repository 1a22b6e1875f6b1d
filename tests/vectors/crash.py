"""A crash on the rule book alone: every risk operation once, as a history of batches that follow each other."""

from dataclasses import replace

from tests.vectors.drawer import ETH
from tests.vectors.scenario import Exchange
from zkclear.rules import actions
from zkclear.rules.batch import Entry, Fill, Request, RequestKind
from zkclear.rules.liquidation import hold, stand
from zkclear.rules.state import MarketConfig
from zkclear.rules.units import SECONDS_BOUND

MOST = 2**40 - 1
CHANGED: MarketConfig = replace(ETH, max_open_interest=2 * 10**9, taker_fee=400)
CHANGED_HASH = (1 << 253) // 3
"""Any number: the rule book takes the hash from whoever read it; `crash_day` is not for the circuit."""


def risk_entry(account: int, action: int, *, lots: int = 0, limit: int = 0, subject: int = 0, **fields: int) -> Entry:
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


def liquidate(account: int, taker: int, *, lots: int = MOST, market: int = 0) -> Request:
    """A keeper's request."""
    return Request(RequestKind.LIQUIDATE, account, market=market, lots=lots, taker=taker)


def close(account: int, *, lots: int = MOST, market: int = 0) -> Request:
    """An owner's request to be closed."""
    return Request(RequestKind.CLOSE, account, market=market, lots=lots)


class Crash(Exchange):
    """Account 2 long, 3 short and rich, 4 a keeper, 5 long, 6 short; the fund has what it is given."""

    def prepare(self, *, fund: int = 10**9, second: int = 300_000_000) -> None:
        """Opens the accounts and their positions at a mark of 18,000."""
        self.marks = (18_000, 83_460)
        self.open(2, amount=second)
        self.open(3, 4, amount=10**10)
        self.open(5, 6, amount=3 * 10**9)
        self.settle(requests=(Request(RequestKind.DEPOSIT, 0, amount=fund),))
        self.trade(2, 3, 5_000)
        self.trade(5, 6, 20_000)

    def trade(self, buyer: int, seller: int, lots: int) -> None:
        """One trade at the mark."""
        nonce = 1_024 * (10 + self.state.number)
        entries = (
            self.order(buyer, 0x40, lots, self.marks[0], nonce=nonce),
            self.order(seller, 0x41, lots, self.marks[0], nonce=nonce),
        )
        self.settle(entries=entries, fills=(Fill(0, 1, lots),))

    def equity(self, account: int) -> int:
        """Equity at the marks of the next batch, funding not counted."""
        rows = tuple(replace(m, mark=mark) for m, mark in zip(self.state.markets, self.marks, strict=False))
        return stand(self.state.accounts[account], rows + self.state.markets[len(rows) :]).equity

    def mark_for(self, account: int, equity: int) -> None:
        """Moves the first mark to where the account's equity is nearest to a target, not above it."""
        size = self.state.accounts[account].positions[0].size
        unit = self.state.markets[0].config.quote_per_lot_tick * size
        ticks = (equity - self.equity(account)) // abs(unit)
        self.marks = (self.marks[0] + (ticks if size > 0 else -ticks), self.marks[1])


def crash_day() -> Crash:
    """Forced close, takeover in two bites, a liquidation in the book, absorption with equity left and with a hole, ADL."""
    day = Crash()
    day.prepare()
    day.settle(requests=(close(5, lots=4_000), close(6, lots=6_000)))
    day.mark_for(2, 85_000_000)
    day.settle(requests=(liquidate(2, 4), liquidate(3, 4)), funding_steps=(100, 0))
    bid = day.order(4, 0x40, 3_000, day.marks[0] - 20, nonce=99 * 1_024)
    day.mark_for(2, 40_000_000)
    sale = risk_entry(2, actions.LIQUIDATION_SELL, lots=1_000, limit=day.marks[0] - 30)
    bid = replace(bid, limit=day.marks[0] - 20)
    day.settle(entries=(sale, bid), fills=(Fill(1, 0, 900),))
    day.mark_for(2, 5_000_000)
    day.settle(entries=(risk_entry(2, actions.ABSORB),))
    day.settle(
        entries=(
            risk_entry(0, actions.LIQUIDATION_SELL, lots=500, limit=day.marks[0]),
            replace(bid, limit=day.marks[0], nonce=100 * 1_024),
        ),
        fills=(Fill(1, 0, 400),),
    )
    day.mark_for(5, -40_000_000)
    day.settle(entries=(risk_entry(5, actions.ABSORB),))
    return day


def bankrupt_day(*, fund: int = 1) -> Crash:
    """Account 2 is bankrupt and the fund poor: 3 and 6 are deleveraged against it."""
    day = Crash()
    day.prepare(fund=fund)
    day.mark_for(2, -60_000_000)
    return day


def holding(day: Crash, account: int):  # noqa: ANN201 - a shorthand of the cases
    """The account's position in the first market at the marks of the next batch."""
    rows = tuple(replace(m, mark=mark) for m, mark in zip(day.state.markets, day.marks, strict=False))
    rows += day.state.markets[len(rows) :]
    return hold(stand(day.state.accounts[account], rows), 0, rows)
