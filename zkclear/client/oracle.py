"""
Price reports: signed by an oracle's key, sent to the exchange.

Where prices come from is the caller's business; `candles` reads recorded ones, such as those in `data/prices`.
"""

import csv
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from zkclear.client.amounts import Number, from_e8, scaled
from zkclear.client.connection import Connection
from zkclear.client.errors import BadRequest
from zkclear.client.signers import Signer
from zkclear.crypto.eip712 import price_report_digest
from zkclear.v1 import oracle_pb2

E8 = 10**8
COLUMNS = ["time_s", "market", "open", "high", "low", "close"]


@dataclass(frozen=True, slots=True)
class Candle:
    """One market over five minutes from `time_s` on."""

    time_s: int
    market: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


@dataclass(frozen=True, slots=True)
class Tick:
    """Prices of several markets at one time."""

    time_s: int
    prices: Mapping[str, Decimal]


def candles(path: Path) -> Iterator[Candle]:
    """The candles of a recorded file, as they stand in it."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        if next(rows, None) != COLUMNS:
            raise BadRequest(
                f"{path} is no price file: its first line must be {','.join(COLUMNS)}",
                reason="INVALID_FIELD",
            )
        for line, row in enumerate(rows, start=2):
            try:
                time_s, market, *prices = row
                yield Candle(int(time_s), market, *map(Decimal, prices))
            except (ValueError, ArithmeticError, TypeError) as error:
                raise BadRequest(f"{path}, line {line}: no candle: {row}", reason="INVALID_FIELD") from error


def ticks(path: Path, *, markets: tuple[str, ...]) -> Iterator[Tick]:
    """The closing prices of these markets, one tick a candle; a time at which one of them is missing is left out."""
    for time_s, group in groupby(candles(path), key=lambda candle: candle.time_s):
        closes = {candle.market: candle.close for candle in group}
        if all(market in closes for market in markets):
            yield Tick(time_s, {market: closes[market] for market in markets})


class Oracle:
    """One oracle signer at one exchange."""

    def __init__(self, connection: Connection, signer: Signer) -> None:
        self._connection = connection
        self.signer = signer

    def report(
        self, prices: Mapping[str, Number], *, time_s: int | None = None
    ) -> oracle_pb2.SubmitReportResponse:
        """
        Signs and sends the prices of markets by name, as of now; a market that is not named gets no opinion.

        Prices have at most 8 decimals; they need not be on a tick, the mark is floored to it.
        """
        rows = len(self._connection.listed.markets)
        try:
            return self._send(prices, time_s)
        except BadRequest:
            if len(self._connection.list_markets().markets) == rows:
                raise
            return self._send(
                prices, time_s
            )  # a market was listed meanwhile: a report has an element for each

    def _send(self, prices: Mapping[str, Number], time_s: int | None) -> oracle_pb2.SubmitReportResponse:
        listed = [market.name for market in self._connection.listed.markets]
        unknown = sorted(set(prices) - set(listed))
        if unknown:
            raise BadRequest(
                f"no market {unknown[0]!r}; listed are {', '.join(listed)}",
                reason="MARKET_NOT_FOUND",
                metadata={"name": unknown[0]},
            )
        report = oracle_pb2.PriceReport(
            time_s=time.time_ns() // 10**9 if time_s is None else time_s,
            prices_e8=[opinion_e8(prices[name], name) if name in prices else 0 for name in listed],
        )
        digest = price_report_digest(
            self._connection.domain, time=report.time_s, prices_e8=list(report.prices_e8)
        )
        request = oracle_pb2.SubmitReportRequest(report=report, signature=self.signer.sign(digest))
        answer: oracle_pb2.SubmitReportResponse = self._connection.call(
            self._connection.oracle.SubmitReport, request
        )
        return answer


def opinion_e8(price: Number, market: str) -> int:
    """A price in 10^-8, rounded down: recorded prices may have more decimals than the wire."""
    value = int(scaled(price, E8, name=f"price of {market}"))
    if value <= 0:
        raise BadRequest(
            f"the price of {market} must be at least {from_e8(1):f}, but is {price}", reason="INVALID_FIELD"
        )
    return value
