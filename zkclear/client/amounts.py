"""
Numbers between people and the wire: `Decimal`, `str` or `int` in, `Decimal` out, and never a float.

A size off its lot or a price off its tick is refused with the nearest valid values; nothing is rounded silently.
"""

import re
from datetime import timedelta
from decimal import Decimal, InvalidOperation, localcontext
from typing import TypeAlias

from zkclear.client.errors import BadRequest, from_reason

E8 = 10**8
E6 = 10**6
PPM = 10**6
UINT64 = 2**64
_DURATION = re.compile(r"(\d+)\s*([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}

Number: TypeAlias = Decimal | str | int


def decimal(value: Number, *, name: str) -> Decimal:
    """`value` exactly; a float is refused, since it seldom is the number that was meant."""
    if isinstance(value, float):
        raise TypeError(
            f"{name} is a float, which is not exact; pass a string or a Decimal: {name}={str(value)!r}"
        )
    if isinstance(value, bool) or not isinstance(value, Decimal | str | int):
        raise TypeError(f"{name} must be a Decimal, str or int, not {type(value).__name__}")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise BadRequest(
            f"{name} is not a number: {value!r}; write it like '0.5'",
            reason="INVALID_FIELD",
            metadata={"field": name, "given": str(value)},
        ) from error
    if not number.is_finite():
        raise BadRequest(
            f"{name} must be finite, not {value!r}", reason="INVALID_FIELD", metadata={"field": name}
        )
    return number


def scaled(value: Number, scale: int, *, name: str) -> Decimal:
    """`value * scale`, exactly."""
    number = decimal(value, name=name)
    with localcontext() as context:
        context.prec = len(number.as_tuple().digits) + 24
        return number * scale


def whole(value: Number, scale: int, *, name: str) -> int:
    """`value * scale` where it is a whole number of 1..2^64-1; otherwise refused."""
    product = scaled(value, scale, name=name)
    if product != product.to_integral_value() or not 0 < product < UINT64:
        digits = len(str(scale)) - 1
        raise BadRequest(
            f"{name} must be positive and have at most {digits} decimals, but is {value}",
            reason="INVALID_FIELD",
            metadata={"field": name, "given": str(value)},
        )
    return int(product)


def money_e6(value: Number, *, name: str = "amount") -> int:
    """An amount of collateral tokens in 10^-6."""
    return whole(value, E6, name=name)


def size_e8(size: Number, *, lot_e8: int) -> int:
    """A size in 10^-8 base units, refused off the lot."""
    return _on_grid(size, lot_e8, name="size", reason="SIZE_OFF_LOT", grid="lot_e8")


def price_e8(price: Number, *, tick_e8: int) -> int:
    """A price in 10^-8 tokens, refused off the tick."""
    return _on_grid(price, tick_e8, name="price", reason="PRICE_OFF_TICK", grid="tick_e8")


def _on_grid(value: Number, step: int, *, name: str, reason: str, grid: str) -> int:
    exact = scaled(value, E8, name=name)
    steps = int(exact // step)
    if exact <= 0 or exact != steps * step:
        # Below one step, the only valid neighbour is the first step.
        down, up = max(steps, 1) * step, (max(steps, 0) + 1) * step
        raise from_reason(
            reason,
            f"{name} {value} is not a positive multiple of {from_e8(step):f}; "
            f"the nearest are {from_e8(down):f} and {from_e8(up):f}",
            {"nearest_down_e8": str(down), "nearest_up_e8": str(up), grid: str(step)},
        )
    if exact >= UINT64:
        raise BadRequest(f"{name} {value} is too large", reason="INVALID_FIELD", metadata={"field": name})
    return int(exact)


def round_to_step(value: Number, step: Decimal, *, up: bool = False) -> Decimal:
    """The nearest multiple of a market's lot or tick that is not above `value` (`up`: not below)."""
    number = decimal(value, name="value")
    whole_steps = number // step
    if up and number % step:
        whole_steps += 1
    return whole_steps * step


def from_e8(value: int) -> Decimal:
    """10^-8 units as a Decimal without trailing zeros."""
    return _plain(Decimal(value).scaleb(-8))


def from_e6(value: int) -> Decimal:
    """10^-6 units as a Decimal without trailing zeros."""
    return _plain(Decimal(value).scaleb(-6))


def from_ppm(value: int) -> Decimal:
    """A rate in 10^-6 as a Decimal."""
    return from_e6(value)


def _plain(number: Decimal) -> Decimal:
    """Without exponent and trailing zeros: 1E+3 reads badly, 1000 does not."""
    return Decimal(f"{number.normalize():f}")


def seconds(duration: str | int | timedelta, *, name: str = "expiry") -> int:
    """A span of time: seconds, a timedelta, or text such as "90s", "15m", "24h", "30d"."""
    if isinstance(duration, timedelta):
        span = duration // timedelta(seconds=1)
    elif isinstance(duration, str):
        found = _DURATION.fullmatch(duration.strip())
        if found is None:
            raise BadRequest(
                f"{name} {duration!r} is no time span; write it like '90s', '15m', '24h' or '30d'",
                reason="INVALID_FIELD",
                metadata={"field": name, "given": duration},
            )
        span = int(found[1]) * _SECONDS[found[2]]
    elif isinstance(duration, int) and not isinstance(duration, bool):
        span = duration
    else:
        raise TypeError(
            f"{name} must be a str, an int of seconds or a timedelta, not {type(duration).__name__}"
        )
    if span <= 0:
        raise BadRequest(
            f"{name} must lie ahead, but is {duration!r}", reason="INVALID_FIELD", metadata={"field": name}
        )
    return span


def fraction(value: Number, *, name: str) -> Decimal:
    """A fraction of 0..1: "0.01", or "1%"."""
    if isinstance(value, str) and value.endswith("%"):
        number = decimal(value[:-1], name=name) / 100
    else:
        number = decimal(value, name=name)
    if not 0 <= number < 1:
        raise BadRequest(
            f"{name} must be at least 0 and below 1 (or below 100%), but is {value}",
            reason="INVALID_FIELD",
            metadata={"field": name, "given": str(value)},
        )
    return number
