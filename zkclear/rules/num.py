"""Divisions that say which way they round. Circuit twin: `circuits/num`."""


def div_ceil(numerator: int, divisor: int) -> int:
    """
    Smallest integer not below `numerator / divisor`.

    Units:   of the numerator over those of the divisor.
    Bounds:  divisor > 0; the numerator may be negative.
    Rounds:  up, towards plus infinity: a charge grows, a rebate shrinks, so against the account.
    Rejects: nothing.
    Claims:  C4, C6.
    """
    assert divisor > 0, "the divisor is a positive constant or a proved positive value"
    return -(-numerator // divisor)


def div_floor(numerator: int, divisor: int) -> int:
    """
    Largest integer not above `numerator / divisor`.

    Units:   of the numerator over those of the divisor.
    Bounds:  divisor > 0; the numerator may be negative.
    Rounds:  down, towards minus infinity: a credit shrinks, a debit grows, so against the account.
    Rejects: nothing.
    Claims:  C6.
    """
    assert divisor > 0, "the divisor is a positive constant or a proved positive value"
    return numerator // divisor
