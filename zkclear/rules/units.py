"""
Quantities of the rule book: one type a unit, one bound a type.

A value out of its bound never enters the state: `in_range` refuses it where it would arise.
Sources: design section 4; the bit positions are in `docs/encoding.md`.
"""

from typing import NewType

from zkclear.rules.reject import Reject, Rejected

Quote = NewType("Quote", int)
"""10^-6 of the collateral token, signed."""
Lots = NewType("Lots", int)
"""The smallest size of a market; a position is signed, + is long."""
Ticks = NewType("Ticks", int)
"""The smallest price step of a market."""
Ppm = NewType("Ppm", int)
"""10^-6; fees (a maker fee is signed) and margin rates."""
FundingIndex = NewType("FundingIndex", int)
"""10^-6 quote a lot, cumulative, signed."""
Seconds = NewType("Seconds", int)
"""Unix time or a span of it."""
Address = NewType("Address", int)
"""160-bit Ethereum address; 0 is nobody."""
AccountId = NewType("AccountId", int)
"""Index of an account in the tree; 0 is the insurance fund, 1 takes the fees."""

PPM = 10**6
INSURANCE = AccountId(0)
FEES = AccountId(1)

QUOTE_BOUND = 2**62
SIZE_BOUND = 2**40
TICKS_BOUND = 2**32
QUOTE_PER_LOT_TICK_BOUND = 2**24
PPM_BOUND = 2**20
FUNDING_INDEX_BOUND = 2**62
FUNDING_STEP_BOUND = 2**55
SECONDS_BOUND = 2**40
NOTIONAL_BOUND = 2**56
NONCE_BOUND = 2**56
ACCOUNT_BOUND = 2**24
ADDRESS_BOUND = 2**160
SLOTS = 1024
SLOT_CLOSED = Lots(SIZE_BOUND - 1)
"""`filled` of a slot that a WITHDRAW or CANCEL took: no order of at most 2^40 - 1 lots can fill there."""


def in_range(value: int, low: int, high: int, *, reason: Reject, field: str) -> None:
    """
    Refuse `value` unless `low <= value < high`.

    Units:   any; `field` names the value in the refusal.
    Bounds:  none.
    Rounds:  nothing.
    Rejects: `reason`, with the field, the value and the bounds.
    Claims:  C1.
    """
    if not low <= value < high:
        raise Rejected(
            reason,
            {"field": field, "given": value, "minimum": low, "maximum": high - 1},
        )
