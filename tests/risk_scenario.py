"""
Crashes on a market of real keys: every risk operation as a batch of shape `tiny`, in four short histories.

`RiskVenue` joins the market of `tests/scenario.py` with the accounts and prices of `tests/vectors/crash.py`.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.scenario import LISTINGS, Venue
from tests.vectors.crash import Crash, absorb, change, close, deleverage, liquidate, risk_entry
from tests.vectors.drawer import ETH
from zkclear.crypto.entry import listing
from zkclear.rules import actions
from zkclear.rules.batch import Batch, Entry, Fill, Request, RequestKind
from zkclear.rules.deleveraging import deleveraging_plan
from zkclear.rules.state import MarketConfig
from zkclear.rules.units import AccountId

SOL: MarketConfig = replace(
    ETH, lot_e8=1_000_000, tick_e8=1_000_000, max_open_interest=10**7, liquidation_fee=20_000, maker_fee=0
)
"""A third market, listed later: one lot is 0.01 SOL, one tick 0.01 tokens."""
STRICTER: MarketConfig = replace(ETH, maintenance=ETH.initial, max_open_interest=2 * 10**9, taker_fee=400)
"""New rules for the first market."""
Step = tuple[str, Batch]


class RiskVenue(Venue, Crash):
    """A venue with the accounts of a crash."""

    listings = (*LISTINGS, listing("SOL-USD", SOL))

    def deleveraging(self, subject: int) -> tuple[Entry, ...]:
        """Entries of those who give up the other side of a bankrupt account's first position, by the ranking."""
        standings = {number: self.standing(number) for number in self.state.accounts}
        plan = deleveraging_plan(self.holding(subject), AccountId(subject), standings, self.rows())
        return tuple(
            deleverage(number, subject, lots, rank, nonce=5) for rank, (number, lots) in enumerate(plan)
        )

    def bid(self, account: int, lots: int, limit: int) -> Entry:
        """A resting order to buy, with a nonce of its own."""
        return self.order(account, "BUY GTC", lots, limit, nonce=1_024 * (500 + self.state.number))

    def offer(self, account: int, lots: int, limit: int) -> Entry:
        """A resting order to sell, with a nonce of its own."""
        return self.order(account, "SELL GTC", lots, limit, nonce=1_024 * (500 + self.state.number))


def deposit(account: int, amount: int) -> Request:
    """A deposit."""
    return Request(RequestKind.DEPOSIT, AccountId(account), amount=amount)


def liquidated(venue: RiskVenue) -> Iterator[Step]:
    """Forced closes, takeovers, a liquidation in the book, absorption with equity left and with a hole."""
    venue.prepare(fund=10**8)
    venue.open(7, amount=10**6)
    yield (
        "forced close, one that the fund cannot carry",
        venue.draft(requests=(close(5), close(6, lots=1_000))),
    )
    venue.mark_for(2, 85_000_000)
    yield (
        "takeover, account that is not liquidatable, taker that is unfit",
        venue.draft(
            requests=(liquidate(2, 7), liquidate(3, 4), deposit(0, 20_000_000), liquidate(4, 3)),
            funding_steps=(100, 0),
        ),
    )
    yield (
        "takeover of a part, closes with nothing to do",
        venue.draft(
            requests=(liquidate(2, 4, lots=700), close(2), close(4, market=1), deposit(0, 10**9)),
            funding_steps=(-100, 3),
        ),
    )
    venue.mark_for(2, 40_000_000)
    mark = venue.marks[0]
    yield (
        "liquidation in the book",
        venue.draft(
            entries=(
                risk_entry(2, actions.LIQUIDATION_SELL, lots=1_000, limit=mark - 30),
                venue.bid(4, 3_000, mark - 20),
                venue.bid(3, 5, mark - 25),
            ),
            fills=(Fill(1, 0, 5), Fill(2, 0, 895)),
        ),
    )
    venue.mark_for(2, 5_000_000)
    yield "absorption with equity left", venue.draft(entries=(absorb(2),))
    mark = venue.marks[0]
    yield (
        "the fund sells at the mark",
        venue.draft(
            entries=(
                risk_entry(0, actions.LIQUIDATION_SELL, lots=500, limit=mark),
                venue.bid(4, 3_000, mark),
            ),
            fills=(Fill(1, 0, 400),),
        ),
    )
    venue.mark_for(5, -40_000_000)
    yield (
        "takeover of a hole asks in vain",
        venue.draft(requests=(liquidate(5, 4), liquidate(2, 4), close(5, lots=1))),
    )
    yield "absorption of a hole", venue.draft(entries=(absorb(5),))


def squeezed(venue: RiskVenue) -> Iterator[Step]:
    """The other side: short positions while the price rises, in two markets."""
    venue.prepare()
    yield (
        "positions in the second market",
        venue.draft(
            entries=(
                venue.order(6, "BUY GTC", 4_000, venue.marks[1], nonce=90_112, market=1),
                venue.order(3, "SELL IOC", 4_000, venue.marks[1], nonce=90_112, market=1),
            ),
            fills=(Fill(1, 0, 4_000),),
        ),
    )
    venue.mark_for(6, 380_000_000)
    mark = venue.marks[0]
    yield (
        "liquidation of a short position in the book",
        venue.draft(
            entries=(
                risk_entry(6, actions.LIQUIDATION_BUY, lots=6_000, limit=mark + 8, nonce=3),
                venue.offer(4, 3_000, mark + 6),
            ),
            fills=(Fill(0, 1, 2_500),),
        ),
    )
    venue.mark_for(6, 300_000_000)
    yield (
        "takeovers in two markets",
        venue.draft(
            requests=(liquidate(6, 4), liquidate(3, 4, market=1), close(2, lots=10), close(6, market=1))
        ),
    )
    venue.mark_for(6, -90_000_000)
    yield (
        "absorption in two markets",
        venue.draft(
            entries=(
                absorb(6, nonce=7),
                absorb(6, market=1, nonce=8),
                venue.bid(2, 10, venue.marks[0]),
            ),
            requests=(deposit(0, 10**10), close(4, lots=5)),
        ),
    )
    yield (
        "the fund buys at the mark",
        venue.draft(
            entries=(
                risk_entry(0, actions.LIQUIDATION_BUY, lots=100, limit=venue.marks[0], nonce=1_023),
                venue.offer(2, 60, venue.marks[0] - 1),
            ),
            fills=(Fill(1, 0, 60),),
        ),
    )


def bankrupt(venue: RiskVenue) -> Iterator[Step]:
    """Equity below zero and a fund that cannot pay: counterparties give up their side."""
    venue.prepare(fund=3 * 10**8)
    venue.trade(6, 4, 14_000)
    venue.mark_for(2, -250_000_000)
    yield (
        "deleveraging of what the fund cannot carry",
        venue.draft(entries=venue.deleveraging(2), requests=(close(6, lots=10), liquidate(4, 3))),
    )
    yield "absorption of the rest", venue.draft(entries=(absorb(2),))
    venue.mark_for(5, -400_000_000)
    yield "deleveraging by rank", venue.draft(entries=venue.deleveraging(5))
    yield (
        "the fund itself is deleveraged",
        venue.draft(
            entries=(
                *venue.deleveraging(0),
                venue.bid(3, 5, venue.marks[0]),
            )
        ),
    )


def relisted(venue: RiskVenue) -> Iterator[Step]:
    """New rules for a market and a new market: both from the next batch on."""
    venue.prepare()
    yield (
        "new rules and a new market",
        venue.draft(
            requests=(change(2, SOL), deposit(0, 1), change(0, STRICTER)),
            entries=(venue.bid(2, 10, 18_010), venue.offer(3, 10, 18_005)),
            fills=(Fill(0, 1, 10),),
            funding_steps=(7, -7),
        ),
    )
    venue.marks = (*venue.marks, 15_000)
    yield (
        "first trade in the new market",
        venue.draft(
            entries=(
                venue.order(4, "BUY GTC", 900, 15_010, nonce=200 * 1_024, market=2),
                venue.order(5, "SELL FOK", 800, 15_010, nonce=200 * 1_024, market=2),
            ),
            fills=(Fill(0, 1, 800),),
            funding_steps=(0, 0, 11),
        ),
    )
    yield (
        "new rules for the new market",
        venue.draft(
            requests=(change(2, replace(SOL, maker_fee=-100)), liquidate(2, 4), close(4, market=2)),
            funding_steps=(1, 2, -50),
        ),
    )


HISTORIES: tuple[Callable[[RiskVenue], Iterator[Step]], ...] = (liquidated, squeezed, bankrupt, relisted)
"""Each starts from a fresh venue."""
