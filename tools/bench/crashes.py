"""Historical attacks on thin markets, replayed on the rule book: who gains, what the fund loses, who else is touched."""

from __future__ import annotations

from tests.crashes.attacks import ATTACKS, FUND, PATHS, replay

USD = 10**6


def _usd(quote: int) -> str:
    """Whole dollars, rounded to the nearest."""
    return f"{(quote + USD // 2) // USD:,}"


def _swing(name: str) -> str:
    """The price path as multiples of the entry price."""
    multiples = [multiple for _, multiple in PATHS[name]["path"]]
    return f"x{max(multiples) / 1_000:.2f}, then x{multiples[-1] / 1_000:.2f}"


def tables() -> list[tuple[str, list[str], list[list[str]]]]:
    """One row an attack and listing: title, column names, rows."""
    rows = []
    for name in ATTACKS:
        for limited in (False, True):
            found = replay(name, limited=limited)
            rows.append(
                [
                    f"{name} {PATHS[name]['when'][:4]}, {'cap and brackets' if limited else 'as in history'}",
                    _swing(name),
                    _usd(PATHS[name]["taken_usd"] * USD),
                    _usd(found.cap),
                    _usd(found.profit),
                    _usd(found.fund_worst),
                    _usd(found.budget) if limited else "-",
                    f"{found.absorbed:,}",
                    f"{found.deleveraged:,}",
                    str(found.touched),
                    f"{found.batches:,}",
                ]
            )
    names = [
        "attack, listing",
        "price",
        "taken in history",
        "cap",
        "attacker gains",
        "fund loses at worst",
        "budget",
        "lots absorbed",
        "lots deleveraged",
        "others touched",
        "batches",
    ]
    return [(f"crashes, dollars; the fund has {_usd(FUND)}", names, rows)]
