"""
Funding as the exchange keeps it: a premium a market, sampled at price ticks, and what every sealed batch made of it.

All times come from the journal, so a replay gives the same steps. Formula: `sequencer/risk/premium.py`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sequencer.batching.open_batch import Sealing
from sequencer.batching.prices import Prices
from sequencer.matching.book import Book
from sequencer.risk.premium import PremiumHour, Reading, premium, step
from zkclear.rules.state import MarketConfig, State
from zkclear.rules.units import Seconds, Ticks


@dataclass(frozen=True, slots=True)
class FundingRecord:
    """What a sealed batch added to the funding indexes; one element a market that was listed then."""

    batch: int
    timestamp: int
    elapsed: Seconds
    marks: tuple[Ticks, ...]
    steps: tuple[int, ...]
    indexes: tuple[int, ...]


def _depth(book: Book, *, sell: bool) -> Iterator[tuple[int, int]]:
    return ((level.price, level.lots) for level in book.levels(sell=sell))


class Funding:
    """The hour of premiums of each market, and the records of sealed batches, oldest first."""

    def __init__(self) -> None:
        self._hours: list[PremiumHour] = []
        self._opened: list[Reading] = []  # at the newest opening
        self._charged: list[Reading] = []  # at the opening of the last batch that was sealed
        self.records: list[FundingRecord] = []

    def _hour(self, market: int) -> PremiumHour:
        """A market that was listed later gets its hour when it is first looked at."""
        while len(self._hours) <= market:
            self._hours.append(PremiumHour())
        return self._hours[market]

    def sample(
        self,
        state: State,
        books: Sequence[Book],
        index: Sequence[Ticks],
        *,
        second: int,
        notional: int,
        is_trading: bool,
    ) -> None:
        """Looks at every book once a second. While no orders are taken a book is old and its premium counts as 0."""
        for market, (book, mark) in enumerate(zip(books, index, strict=True)):
            hour = self._hour(market)
            if hour.is_due(second):
                value = 0
                if is_trading:
                    value = premium(
                        _depth(book, sell=False),
                        _depth(book, sell=True),
                        index=mark,
                        notional=notional,
                        quote_per_lot_tick=state.markets[market].config.quote_per_lot_tick,
                    )
                hour.sample(state.markets[market].config, second, value)

    def rate(self, state: State, market: int, *, second: int) -> int:
        """The rate at this time, ppm an hour."""
        return self._hour(market).rate(state.markets[market].config, second=second)

    def steps(self, state: State, prices: Prices, *, second: int) -> tuple[int, ...]:
        """The funding steps of a batch that opens at these prices; the unit is 10^-6 quote a lot."""
        elapsed = Seconds(prices.timestamp - state.timestamp)
        configs = [state.markets[market].config for market in range(len(prices.marks))]
        self._opened = [
            self._hour(market).read(config, second=second) for market, config in enumerate(configs)
        ]
        return tuple(
            step(
                state.markets[market],
                rate=self._mean(market, configs[market], start=state.timestamp, second=second),
                mark=mark,
                elapsed=elapsed,
            )
            for market, mark in enumerate(prices.marks)
        )

    def _mean(self, market: int, config: MarketConfig, *, start: int, second: int) -> int:
        """The mean rate since the last sealed batch opened, or since `start`, when a market was listed."""
        since = self._charged[market] if market < len(self._charged) else Reading(start, 0)
        return self._hour(market).mean(config, since=since, second=second)

    def record(self, before: State, sealing: Sealing) -> None:
        """Remembers what a sealed batch on top of `before` charged."""
        batch = sealing.batch
        self._charged = self._opened
        markets = sealing.clearing.markets[: len(batch.marks)]
        self.records.append(
            FundingRecord(
                batch=batch.number,
                timestamp=batch.timestamp,
                elapsed=Seconds(batch.timestamp - before.timestamp),
                marks=batch.marks,
                steps=batch.funding_steps,
                indexes=tuple(market.funding_index for market in markets),
            )
        )
