"""Attacks on thin markets, replayed on the sequencer's core: who gains, what the fund loses, who else is touched."""

from __future__ import annotations

from collections.abc import Iterator

from tests.crashes.attacks import ATTACKS, PATHS, VARIANTS
from tests.crashes.stage import FUND, USD
from tests.crashes.tricks import TRICKS

Tables = Iterator[tuple[str, list[str], list[list[str]]]]


def _usd(quote: int) -> str:
    """Whole dollars, rounded to the nearest."""
    return f"{(quote + USD // 2) // USD:,}"


def _swing(name: str) -> str:
    """The price path as multiples of the entry price."""
    multiples = [multiple for _, multiple in PATHS[name]["path"]]
    return f"x{max(multiples) / 1_000:.2f}, then x{multiples[-1] / 1_000:.2f}"


def _histories() -> list[list[str]]:
    """One row an attack of history and listing."""
    rows = []
    for name, attack in ATTACKS.items():
        for variant in VARIANTS:
            found = attack(variant).result()
            rows.append(
                [
                    f"{name} {PATHS[name]['when'][:4]}, {variant.title}",
                    _swing(name),
                    _usd(PATHS[name]["taken_usd"] * USD),
                    _usd(found.cap),
                    _usd(found.profit),
                    _usd(found.fund_worst),
                    _usd(found.budget) if variant.limited else "-",
                    _usd(found.fund_free),
                    f"{found.absorbed:,}",
                    f"{found.helped:,}",
                    f"{found.deleveraged:,}",
                    str(found.touched),
                    f"{found.batches:,}",
                ]
            )
    return rows


def _tricks() -> list[list[str]]:
    """One row a trick."""
    rows = []
    for title, trick in TRICKS.items():
        stage = trick()
        stage.floor.seal()
        rows.append(
            [
                title,
                _usd(stage.gained),
                _usd(stage.fund_lost),
                _usd(FUND - stage.worst),
                _usd(stage.free),
                str(stage.touched),
                f"{len(stage.floor.exchange.sealed):,}",
            ]
        )
    return rows


def tables() -> Tables:
    """Title, column names and rows of each table, as soon as it is known."""
    names = [
        "attack, listing",
        "price",
        "taken in history",
        "cap",
        "attacker gains",
        "fund loses at worst",
        "budget",
        "fund free at worst",
        "lots absorbed",
        "by keepers, book",
        "deleveraged",
        "others touched",
        "batches",
    ]
    yield f"crashes of history, dollars; the fund has {_usd(FUND)}", names, _histories()
    names = [
        "what else attackers could try",
        "attacker gains",
        "fund loses",
        "at worst",
        "fund free at worst",
        "others touched",
        "batches",
    ]
    yield (
        f"tricks, dollars; the fund has {_usd(FUND)}, the cap of the thin market is 100,000",
        names,
        _tricks(),
    )
