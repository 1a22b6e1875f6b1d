"""
Marks from signed price reports, as the contract takes them.

Contract twin: `OracleLib`. A mark is the lower median of the opinions on a market, floored to its tick.
"""

from collections.abc import Sequence
from itertools import pairwise

from zkclear.rules.units import PPM, Address, Seconds, Ticks


class BadPrices(Exception):  # noqa: N818 - a verdict about a batch
    """The reports of a batch do not give its marks."""


def lower_median(opinions: Sequence[int]) -> int:
    """The middle opinion, of an even number the lower one of the two."""
    return sorted(opinions)[(len(opinions) - 1) // 2]


def marks(prices: Sequence[Sequence[int]], *, ticks_e8: Sequence[int], quorum: int) -> tuple[Ticks, ...]:
    """
    One mark a listed market, from reports that are already known to be signed by distinct oracle signers.

    `prices` has a row a report and a column a market, in 10^-8; 0 is no opinion.
    """
    result = []
    for market, tick in enumerate(ticks_e8):
        opinions = [row[market] for row in prices if row[market]]
        if len(opinions) < quorum:
            raise BadPrices(f"market {market}: {len(opinions)} reports, the quorum is {quorum}")
        result.append(Ticks(lower_median(opinions) // tick))
    return tuple(result)


def check_signers(signers: Sequence[Address], *, listed: Sequence[Address]) -> None:
    """Every report by a listed signer, in strictly increasing order, so that none counts twice."""
    for signer in signers:
        if signer not in listed:
            raise BadPrices(f"a report is signed by 0x{signer:040x}, which is no oracle signer")
    for before, after in pairwise(signers):
        if after <= before:
            raise BadPrices(f"reports are out of order: 0x{after:040x} after 0x{before:040x}")


def check_move(
    previous: Ticks, mark: Ticks, *, elapsed: Seconds, ppm: int, ppm_per_second: int, market: int
) -> None:
    """No jump beyond what the time since the last price allows; the first price (previous 0) is free."""
    allowed = previous * (ppm + ppm_per_second * elapsed)
    if previous and abs(mark - previous) * PPM > allowed:
        raise BadPrices(
            f"market {market}: the mark went from {previous} to {mark} ticks in {elapsed} s, beyond the limit"
        )
