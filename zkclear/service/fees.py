"""What a transaction offers for its gas (EIP-1559), first and when it waits too long. Wei a gas."""

from __future__ import annotations

from dataclasses import dataclass, replace

from zkclear.rules.num import div_ceil

GWEI = 10**9
PERCENT = 100


@dataclass(frozen=True, slots=True)
class Fee:
    """`max_fee` is the most that is paid, `tip` what goes to the block's maker of it."""

    max_fee: int
    tip: int


def first_fee(*, base_fee: int, tip: int) -> Fee:
    """Room for the base fee to double: six full blocks in a row."""
    return Fee(max_fee=2 * base_fee + tip, tip=tip)


def within(fee: Fee, *, limit: int, base_fee: int) -> Fee:
    """The same with less room, where the limit is in it; as it was, where even the next block asks more than that."""
    return replace(fee, max_fee=limit) if base_fee + fee.tip <= limit < fee.max_fee else fee


def bumped(previous: Fee, network: Fee, *, percent: int) -> Fee:
    """
    A fee with which nodes take a replacement: both parts `percent` higher (rounded up, at least by one), or what
    the network asks now if that is more.
    """
    return Fee(
        max_fee=max(network.max_fee, _raised(previous.max_fee, percent)),
        tip=max(network.tip, _raised(previous.tip, percent)),
    )


def _raised(value: int, percent: int) -> int:
    return max(value + 1, div_ceil(value * (PERCENT + percent), PERCENT))
