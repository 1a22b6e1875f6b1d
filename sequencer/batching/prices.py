"""
Marks from signed reports, as the contract will find them again.

Contract twin: `OracleLib.sol`: the lower median of at least a quorum a market, floored to the tick.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from zkclear.rules.num import div_floor
from zkclear.rules.units import PPM, TICKS_BOUND, Address, Seconds, Ticks


@dataclass(frozen=True, slots=True)
class Report:
    """One signed report; `prices` in 10^-8 tokens a base unit, 0 = no opinion; the signature is the 64-byte one."""

    time: Seconds
    prices: tuple[int, ...]
    signer: Address
    signature: bytes

    def encoded(self) -> bytes:
        """As `settle` takes it."""
        prices = b"".join(price.to_bytes(8, "big") for price in self.prices)
        return self.time.to_bytes(8, "big") + prices + self.signature


@dataclass(frozen=True, slots=True)
class Panel:
    """What the contract demands of reports; `ticks_e8` has the tick of each listed market."""

    signers: tuple[Address, ...]
    quorum: int
    report_max_age: Seconds
    max_move: int
    max_move_a_second: int
    ticks_e8: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Prices:
    """The price vector of a batch: its timestamp, its marks, and the reports that give them, by signer."""

    timestamp: Seconds
    marks: tuple[Ticks, ...]
    reports: tuple[Report, ...]

    def encoded(self) -> bytes:
        """The `reports` argument of `settle`."""
        return b"".join(report.encoded() for report in self.reports)


def agree(latest: Iterable[Report], panel: Panel) -> Prices | None:
    """
    The prices that the newest report of each signer gives, or None while some market has no quorum.

    The batch gets the time of the newest report, and takes every report that is not too old beside it.
    """
    reports = sorted(latest, key=lambda report: report.signer)
    if not reports:
        return None
    timestamp = max(report.time for report in reports)
    fresh = tuple(report for report in reports if report.time + panel.report_max_age >= timestamp)
    marks = []
    for market, tick_e8 in enumerate(panel.ticks_e8):
        opinions = sorted(report.prices[market] for report in fresh if report.prices[market] != 0)
        if len(opinions) < panel.quorum:
            return None
        mark = div_floor(opinions[(len(opinions) - 1) // 2], tick_e8)
        if not 1 <= mark < TICKS_BOUND:
            return None
        marks.append(Ticks(mark))
    return Prices(timestamp=timestamp, marks=tuple(marks), reports=fresh)


def may_follow(prices: Prices, panel: Panel, *, marks: Sequence[Ticks], timestamp: Seconds) -> bool:
    """
    Whether the contract takes these prices after a batch with `marks` and `timestamp` (mark 0: any price follows).

    Units:   ticks; the allowed move is in ppm of the last mark and grows with the seconds since then.
    """
    elapsed = prices.timestamp - timestamp
    if elapsed < 0:
        return False
    allowed = panel.max_move + panel.max_move_a_second * elapsed
    return all(
        last == 0 or abs(mark - last) * PPM <= last * allowed
        for mark, last in zip(prices.marks, marks, strict=True)
    )
