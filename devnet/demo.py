"""
`zkclear demo`: the whole of zkclear once, on a chain of its own, with real signatures, real proofs and a real audit.

Eight traders open accounts, a few hundred orders follow recorded prices over two markets, every batch is proved and
settled, two traders take money out, and an auditor checks all of it from the chain alone.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from devnet import story
from devnet.network import Network, network
from devnet.oracles import Oracles
from devnet.processes import ProcessFailedError, tail
from zkclear.client import Client, DevSigner, NewOrder, Trader
from zkclear.client.errors import BaseError
from zkclear.client.models import Batch

ACCOUNTS = (*story.MAKERS, *story.TAKERS)
TOKENS = 60_000
DEPOSIT = 50_000
SIGNED_WITHDRAWAL = Decimal(1_000)
FORCED_WITHDRAWAL = Decimal(2_500)
TICK_S = 5
"""How long a recorded price stands in the demo."""
SETTLE_LIMIT_S = 300
SHAPES = ("tiny", "small")
FAILED = 1


class Stage:
    """One run of the demo on a running network."""

    def __init__(self, running: Network, console: Console) -> None:
        self.network = running
        self.console = console
        self.client = Client(running.public, rpc_url=running.rpc_url)
        self.traders: dict[int, Trader] = {}
        self.sent = 0
        self.refused = 0

    def say(self, text: str) -> None:
        """A line of progress."""
        say(self.console, text)

    def open_accounts(self) -> None:
        """Development signer n opens account n + 1 with a first deposit; the sequencer sees it at finality."""
        signers = {account: DevSigner(account - 1) for account in ACCOUNTS}
        chains = {
            account: self.client.chain(self.network.rpc_url, signer) for account, signer in signers.items()
        }
        with ThreadPoolExecutor(len(chains)) as pool:
            list(pool.map(lambda chain: chain.mint(TOKENS), chains.values()))
        for account, chain in chains.items():
            opened = chain.open(DEPOSIT)
            if opened.account != account:
                raise RuntimeError(f"the contract gave account {opened.account}, not {account}")
            self.traders[account] = self.client.trading(signers[account], account)

    def wait_accounts(self) -> None:
        """Until a batch has taken every first deposit."""
        deadline = time.monotonic() + SETTLE_LIMIT_S
        for account in ACCOUNTS:
            while not self._funded(account):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"account {account} has no deposit after {SETTLE_LIMIT_S} s")
                time.sleep(1 / 5)

    def _funded(self, account: int) -> bool:
        try:
            return self.client.account(account).state().collateral > 0
        except BaseError as refusal:
            if refusal.reason != "ACCOUNT_NOT_FOUND":
                raise
            return False

    def play(self, parts: Sequence[story.Part]) -> None:
        """Sends orders, those of one account together, in the order of the plot."""
        for account, orders in _runs(parts):
            for answer in self.traders[account].place_many(orders):
                self.sent += 1
                self.refused += isinstance(answer, BaseError)

    def requote(self, parts: Sequence[story.Part]) -> None:
        """The makers take their old quotes away and offer new ones."""
        for account in story.MAKERS:
            self.traders[account].cancel_all()
        self.play(parts)

    def wait_settled(self) -> list[Batch]:
        """All batches, oldest first, once the last one that holds something is final on L1."""
        deadline = time.monotonic() + SETTLE_LIMIT_S
        while True:
            batches = sorted(self.client.batches(limit=1_000), key=lambda batch: batch.number)
            failed = [batch for batch in batches if batch.failure]
            if failed:
                raise RuntimeError(f"batch {failed[0].number} was given up: {failed[0].failure}")
            if batches and all(batch.status == "SETTLED" and batch.gas_used for batch in batches):
                return batches
            if time.monotonic() > deadline:
                waiting = [batch.number for batch in batches if not batch.gas_used]
                raise TimeoutError(f"batches {waiting} are not settled after {SETTLE_LIMIT_S} s")
            time.sleep(1 / 2)

    def withdraw(self) -> list[tuple[str, Decimal]]:
        """One signed withdrawal, one forced through L1, both claimed; what each owner got."""
        signed, forced = story.TAKERS[0], story.TAKERS[1]
        chains = {
            account: self.client.chain(self.network.rpc_url, DevSigner(account - 1))
            for account in (signed, forced)
        }
        before = {account: chain.balances().token for account, chain in chains.items()}
        chains[forced].request_withdrawal(forced, FORCED_WITHDRAWAL)
        self.traders[signed].withdraw(SIGNED_WITHDRAWAL).wait("SETTLED", timeout=SETTLE_LIMIT_S)
        deadline = time.monotonic() + SETTLE_LIMIT_S
        while chains[forced].balances().claimable == 0:
            if time.monotonic() > deadline:
                raise TimeoutError("the forced withdrawal was not paid")
            time.sleep(1 / 2)
        for chain in chains.values():
            chain.claim()
        after = {account: chain.balances().token for account, chain in chains.items()}
        return [
            (f"account {signed}, signed withdrawal", after[signed] - before[signed]),
            (f"account {forced}, forced through L1 (fee 1 paid)", after[forced] - before[forced]),
        ]


_STARTED = time.monotonic()


def say(console: Console, text: str) -> None:
    """A line of progress with the seconds since the demo began."""
    console.print(f"[dim]{time.monotonic() - _STARTED:6.1f} s[/dim]  {text}", highlight=False)


def _runs(parts: Sequence[story.Part]) -> Iterator[tuple[int, list[NewOrder]]]:
    """Consecutive orders of one account, so that a batch call keeps the order of the plot."""
    orders: list[NewOrder] = []
    for index, part in enumerate(parts):
        orders.append(part.order)
        if index + 1 == len(parts) or parts[index + 1].account != part.account:
            yield part.account, orders
            orders = []


def _short(root: str | None) -> str:
    return "-" if root is None else f"{root[:8]}..{root[-4:]}"


def batch_table(batches: Sequence[Batch]) -> Table:
    """What each batch held and cost. The seal time counts from the first batch's."""
    table = Table(title="batches, all settled on the chain", title_justify="left")
    for name in (
        "batch",
        "shape",
        "orders",
        "fills",
        "accounts",
        "requests",
        "sealed",
        "witness",
        "prove",
        "gas",
        "gas/fill",
    ):
        table.add_column(name, justify="left" if name == "shape" else "right")
    for name in ("root before", "root after"):
        table.add_column(name)
    first = batches[0].sealed_time_us
    for batch in batches:
        table.add_row(
            str(batch.number),
            batch.shape,
            str(batch.orders),
            str(batch.fills),
            str(batch.accounts),
            str(batch.requests),
            f"{(batch.sealed_time_us - first) / 10**6:.1f} s",
            "-" if batch.witness_us is None else f"{batch.witness_us / 1_000:.0f} ms",
            "-" if batch.prove_us is None else f"{batch.prove_us / 10**6:.2f} s",
            "-" if batch.gas_used is None else f"{batch.gas_used:,}",
            f"{batch.gas_used // batch.fills:,}" if batch.gas_used and batch.fills else "-",
            _short(batch.old_root),
            _short(batch.new_root),
        )
    return table


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
        stage.say("waiting until every batch is settled")
        batches = stage.wait_settled()
    stage.say("auditing: replaying every batch, verifying every proof with py-ecc")
    passed, text = audit(stage.network)
    stage.console.print(batch_table(batches))
    for what, amount in paid:
        stage.console.print(f"{what}: {amount} tokens in the wallet", highlight=False)
    stage.console.print(text, highlight=False)
    return Outcome(passed, text, tuple(batches), tuple(paid))


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
            for name in ("sequencer", "prover"):
                log = folder / f"{name}.log"
                if log.exists():
                    console.print(f"last lines of the {name}:\n{tail(log)}", highlight=False)
            return FAILED
    console.print(f"done in {time.monotonic() - _STARTED:.0f} s", highlight=False)
    if options.json:
        sys.stdout.write(json.dumps(asdict(outcome), default=str) + "\n")
    return 0 if outcome.passed else FAILED
