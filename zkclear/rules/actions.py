"""
The closed set of actions: what a wallet shows as a string and a batch carries as 8 bits.

Bits: 0 side (BUY 0, SELL 1); 1-2 time in force; 3 reduce only; 4-5 plain, stop or take profit;
6-7 class (01 order, 10 signed instruction, 11 risk entry without a signature, 00 padding). Source: surface section 6.
"""

from enum import IntEnum

from zkclear.rules.reject import Reject, Rejected


class TimeInForce(IntEnum):
    """Bits 1 and 2 of an order's action."""

    GTC = 0
    IOC = 1
    FOK = 2
    POST_ONLY = 3


ORDER_CLASS = 0x40
SELL_BIT = 0x01
REDUCE_ONLY_BIT = 0x08
WITHDRAW = 0x80
CANCEL = 0x82
RISK_CLASS = 0xC0
LIQUIDATION_BUY = 0xC0
LIQUIDATION_SELL = 0xC1
ABSORB = 0xC2
DELEVERAGE = 0xC3


def order_code(*, sell: bool, tif: TimeInForce, reduce_only: bool) -> int:
    """
    The 8-bit code of a plain order.

    Units:   none.
    Bounds:  0x40..0x4f.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  C2.
    """
    return ORDER_CLASS | (SELL_BIT if sell else 0) | (tif << 1) | (REDUCE_ONLY_BIT if reduce_only else 0)


def _order_name(code: int) -> str:
    side = "SELL" if is_sell(code) else "BUY"
    return f"{side} {time_in_force(code).name}" + (" REDUCE_ONLY" if is_reduce_only(code) else "")


def is_order(code: int) -> bool:
    """Whether `code` is a plain order (0x40..0x4f)."""
    return code & 0xF0 == ORDER_CLASS


def is_liquidation(code: int) -> bool:
    """Whether `code` is a liquidation in the book."""
    return code in (LIQUIDATION_BUY, LIQUIDATION_SELL)


def is_risk(code: int) -> bool:
    """Whether `code` is a risk entry, which nobody signs."""
    return LIQUIDATION_BUY <= code <= DELEVERAGE


def is_sell(code: int) -> bool:
    """Whether an order or a liquidation sells."""
    return code & SELL_BIT != 0


def is_reduce_only(code: int) -> bool:
    """Whether an order may only shrink its position."""
    return code & REDUCE_ONLY_BIT != 0


def time_in_force(code: int) -> TimeInForce:
    """How long an order stands."""
    return TimeInForce((code >> 1) & 3)


ORDER_NAMES: dict[int, str] = {code: _order_name(code) for code in range(ORDER_CLASS, ORDER_CLASS + 16)}
"""Code to string for every plain order; 0x40 is "BUY GTC"."""
ORDER_CODES: dict[str, int] = {name: code for code, name in ORDER_NAMES.items()}
"""String to code for every plain order."""


def parse_order_action(name: str) -> int:
    """
    The code of an order's action string.

    Units:   none.
    Bounds:  one of the 16 strings of `ORDER_CODES`.
    Rounds:  nothing.
    Rejects: UNKNOWN_ACTION.
    Claims:  C2.
    """
    code = ORDER_CODES.get(name)
    if code is None:
        raise Rejected(
            Reject.UNKNOWN_ACTION,
            {"field": "action", "given": name, "allowed": ", ".join(ORDER_CODES)},
        )
    return code
