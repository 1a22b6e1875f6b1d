"""
`zkclear demo`: the whole of zkclear once, on a chain of its own, with real signatures, real proofs and a real audit.

First act: eight traders open accounts, a few hundred orders follow recorded prices over two markets, two traders take
money out. Second act: the crash of 6 April 2025 with a keeper, an insurance fund and too much leverage. Every batch is
proved and settled, and an auditor checks all of it from the chain alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

from rich.console import Console

from devnet import story
from devnet.crash import Crash
from devnet.network import Network, network
from devnet.oracles import Oracles
from devnet.processes import ProcessFailedError, tail
from devnet.stage import ACCOUNTS, DEPOSIT, Stage, elapsed_s, say
from devnet.tables import account_table, batch_table, funding_line, liquidation_table
from zkclear.client.errors import BaseError
from zkclear.client.models import Batch
from zkclear.client.risk import Liquidation

TICK_S = 5
"""How long a recorded price stands in the demo."""
SHAPES = ("tiny", "small")
FAILED = 1


def audit(running: Network) -> tuple[bool, str]:
    """`zkclear verify` as anybody would run it: an RPC URL and a contract. The verdict and its last line."""
    command = [
        *(sys.executable, "-m", "zkclear.cli", "verify"),
        *("--rpc", running.rpc_url, "--contract", running.deployment.settlement),
    ]
    plain = subprocess.run([*command, "--json"], check=False, capture_output=True, text=True)  # noqa: S603 - our own
    try:
        found = json.loads(plain.stdout)
    except ValueError:
        return False, f"the audit could not be made: {plain.stderr.strip()}"
    failures = [check for check in found["checks"] if check["verdict"] != "PASS"]
    lines = [f"  FAIL batch {each['batch']}: {each['name']}: {each['evidence']}" for each in failures]
    verdict = "PASS" if plain.returncode == 0 and found["verdict"] == "PASS" else "FAIL"
    lines.append(
        f"audit from the chain alone: {verdict}, {len(found['checks'])} checks, {len(failures)} failed"
    )
    return verdict == "PASS", "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the demo came to."""

    passed: bool
    audit: str
    batches: tuple[Batch, ...]
    paid: tuple[tuple[str, Decimal], ...]
    liquidations: tuple[Liquidation, ...]


def perform(stage: Stage) -> Outcome:
    """The story from the first deposit to the auditor's verdict, and its table."""
    plot = story.prices()
    with Oracles(stage.client, stage.network.oracles) as oracles:
        stage.say(f"opening {len(ACCOUNTS)} accounts, {DEPOSIT:,} tokens each")
        stage.open_accounts()
        oracles.show(plot[0].prices)
        stage.wait_accounts()
        for tick in plot:
            oracles.show(tick.prices)
            shown = ", ".join(f"{market} {price}" for market, price in tick.prices.items())
            stage.say(f"recorded prices of {tick.time_s}: {shown}")
            until = time.monotonic() + TICK_S
            stage.requote(list(story.quotes(tick)))
            stage.play(list(story.orders(tick)))
            time.sleep(max(0, until - time.monotonic()))
        stage.say(f"{stage.sent} orders sent, {stage.refused} refused; withdrawing")
        paid = stage.withdraw()
        crash = Crash(stage, oracles, plot[-1])
        crash.play()
        stage.say("waiting until every batch is settled")
        batches = stage.wait_settled()
    stage.say("auditing: replaying every batch, verifying every proof with py-ecc")
    passed, text = audit(stage.network)
    stage.console.print(batch_table(batches))
    liquidations = stage.client.liquidations(limit=1_000)
    stage.console.print(liquidation_table(liquidations))
    stage.console.print(account_table(crash.outcome()))
    for market in stage.client.markets():
        rates = stage.client.funding(market.name, limit=1_000)
        stage.console.print(funding_line(market, rates), highlight=False)
    for what, amount in paid:
        stage.console.print(f"{what}: {amount} tokens in the wallet", highlight=False)
    stage.console.print(text, highlight=False)
    return Outcome(passed, text, tuple(batches), tuple(paid), liquidations)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Where logs, journal and prover data go: a folder to keep, or one that ends with the demo."""
    if keep is not None:
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="zkclear-demo-") as name:
        yield Path(name)


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 if the audit passed, else 1. Everything that was started is ended."""
    parser = argparse.ArgumentParser(prog="zkclear demo", description=__doc__)
    parser.add_argument("--folder", type=Path, help="keep logs, journal and prover data here")
    parser.add_argument(
        "--json", action="store_true", help="the outcome as JSON on stdout, progress on stderr"
    )
    options = parser.parse_args(arguments)
    console = Console(stderr=options.json, width=None if sys.stdout.isatty() else 180)
    with _folder(options.folder) as folder:
        try:
            with network(folder, shapes=SHAPES, progress=partial(say, console)) as running:
                outcome = perform(Stage(running, console))
        except (ProcessFailedError, TimeoutError, RuntimeError, BaseError) as fault:
            console.print(f"demo: {fault}", highlight=False)
            for name in ("sequencer", "prover", "keeper"):
                log = folder / f"{name}.log"
                if log.exists():
                    console.print(f"last lines of the {name}:\n{tail(log)}", highlight=False)
            return FAILED
    console.print(f"done in {elapsed_s():.0f} s", highlight=False)
    if options.json:
        sys.stdout.write(json.dumps(asdict(outcome), default=str) + "\n")
    return 0 if outcome.passed else FAILED
