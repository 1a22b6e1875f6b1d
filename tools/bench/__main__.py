"""`make bench [ARGS="--shapes tiny,small --runs 3"]`: constraints, proving, gas, the core, gateway, crashes, auditor."""

from __future__ import annotations

import argparse
import json
import sys
import time
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.vectors.crypto_calls import CALLS, decode
from tools.bench import chain, circuits, crashes, machine, risk_chain, sequencer

ROOT = Path(__file__).resolve().parents[2]
BUDGET = {"order": 3_600, "account": 11_000, "fill": 150, "request": 1_200, "word": 110}
"""Constraints a row, design section 8."""
SECTIONS_GAS = ("tiny", "small")
"""Shapes whose settlement is measured; their keys are made in a minute."""


def table(title: str, names: list[str], rows: list[list[str]]) -> Table:
    """A table with the first column left and all others right."""
    made = Table(title=title, title_justify="left")
    for index, name in enumerate(names):
        made.add_column(name, justify="left" if index == 0 else "right")
    for row in rows:
        made.add_row(*row)
    return made


def constraint_tables(counts: list[dict[str, object]]) -> list[Table]:
    """Constraints by section and shape, and by row against the budget."""
    shapes = [str(row["shape"]) for row in counts]
    by_shape = {str(row["shape"]): dict(row["sections"]) for row in counts}  # type: ignore[call-overload]
    sections = list(by_shape[shapes[0]])
    rows = [[name, *(f"{by_shape[shape][name]:,}" for shape in shapes)] for name in sections]
    rows.append(["all", *(f"{row['constraints']:,}" for row in counts)])
    units = json.loads((ROOT / "circuits" / "testdata" / "constraints.json").read_text())["units"]
    against = [
        [name, f"{units[name]:,}", f"{limit:,}", f"{100 * units[name] // limit} %"]
        for name, limit in BUDGET.items()
    ]
    against += [[name, f"{count:,}", "-", "-"] for name, count in units.items() if name not in BUDGET]
    return [
        table("constraints by section", ["section", *shapes], rows),
        table("constraints a row, against the budget", ["row", "measured", "budget", "ratio"], against),
    ]


def proving_table(names: list[str], *, runs: int) -> Table:
    """Full batches: time and memory, and what a fill costs."""
    rows = []
    for name in names:
        found = circuits.prove(name, runs=runs)
        figures = found.figures
        whole = int(figures["solve_ms"]) + int(figures["prove_ms"])
        rows.append(
            [
                name,
                f"{int(figures['constraints']):,}",
                str(found.fills),
                f"{found.witness_ms} ms",
                f"{figures['solve_ms']} ms",
                f"{int(figures['prove_ms']) / 1000:.2f} s",
                f"{whole / found.fills:.1f} ms",
                f"{figures['verify_us']} us",
                f"{int(figures['peak_memory_mib']):,} MiB",
            ]
        )
    names_row = [
        "shape, full",
        "constraints",
        "fills",
        "witness",
        "solve",
        "prove",
        "a fill",
        "verify",
        "memory",
    ]
    return table("proving (Groth16, BN254)", names_row, rows)


def gas_table() -> Table:
    """`settle` as whole transactions with real proofs."""
    rows = [
        [
            f"{each.shape}, {each.what}",
            str(each.orders),
            str(each.fills),
            str(each.requests),
            f"{each.gas:,}",
            f"{each.verifier:,}",
            f"{each.calldata:,}",
            f"{each.rest:,}",
            f"{each.gas // each.fills:,}" if each.fills else "-",
        ]
        for each in (*chain.measure(SECTIONS_GAS), *risk_chain.measure())
    ]
    return table(
        "gas of settle, whole transactions (21,000 + verifier + calldata + rest)",
        ["batch", "orders", "fills", "requests", "gas", "verifier", "calldata", "rest", "gas a fill"],
        rows,
    )


def audit_table() -> Table:
    """One proof, checked with py-ecc; the key is loaded before the clock starts."""
    cases = json.loads((ROOT / "tests" / "vectors" / "groth16.json").read_text())["cases"]
    good = next(case["in"] for case in cases if case.get("out") is True)
    verify = partial(CALLS["verify"], decode(good))
    verify()
    started = time.perf_counter_ns()
    verify()
    taken = (time.perf_counter_ns() - started) // 10**6
    return table("auditor", ["what", "time"], [["one proof with py-ecc", f"{taken} ms"]])


def main() -> int:
    """Prints every table as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--shapes", default="", help="shapes to prove; default: all that fit in memory")
    parser.add_argument("--runs", type=int, default=3, help="how often to prove; the best counts")
    parser.add_argument(
        "--only", choices=("circuits", "gas", "sequencer", "crashes", "audit"), help="one part alone"
    )
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 170)
    console.print(machine.description(), highlight=False)
    if options.only in (None, "circuits"):
        counts = circuits.constraints()
        for each in constraint_tables(counts):
            console.print(each)
        chosen = options.shapes.split(",") if options.shapes else None
        names = chosen or circuits.affordable(counts, memory_mib=machine.memory_mib())
        console.print(proving_table(names, runs=options.runs))
    if options.only in (None, "gas"):
        console.print(gas_table())
    if options.only in (None, "sequencer"):
        for title, names_row, rows in sequencer.tables():
            console.print(table(title, names_row, rows))
    if options.only in (None, "crashes"):
        for title, names_row, rows in crashes.tables():
            console.print(table(title, names_row, rows))
    if options.only in (None, "audit"):
        console.print(audit_table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
