"""One run of the demo on a running network: accounts, orders, waiting, and lines of progress."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial

from rich.console import Console

from devnet import story
from devnet.network import Network
from zkclear.client import ChainClient, Client, DevSigner, NewOrder, Trader
from zkclear.client.errors import BaseError
from zkclear.client.models import Batch

ACCOUNTS = (*story.MAKERS, *story.TAKERS)
TOKENS = 60_000
DEPOSIT = 50_000
SIGNED_WITHDRAWAL = Decimal(1_000)
FORCED_WITHDRAWAL = Decimal(2_500)
QUIET_LIMIT_S = 300
"""Far more than any proof of the demo takes; a busy machine is slow, and only a fault is silent for so long."""
TELL_S = 20
"""A wait says that it goes on."""

_STARTED = time.monotonic()


def elapsed_s() -> float:
    """Seconds since the demo began."""
    return time.monotonic() - _STARTED


def say(console: Console, text: str) -> None:
    """A line of progress with the seconds since the demo began."""
    console.print(f"[dim]{elapsed_s():6.1f} s[/dim]  {text}", highlight=False)


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
        chains = {account: self.chain(account - 1) for account in ACCOUNTS}
        with ThreadPoolExecutor(len(chains)) as pool:
            list(pool.map(lambda chain: chain.mint(TOKENS), chains.values()))
        for account, chain in chains.items():
            opened = chain.open(DEPOSIT)
            if opened.account != account:
                raise RuntimeError(f"the contract gave account {opened.account}, not {account}")
            self.traders[account] = self.client.trading(DevSigner(account - 1), account)

    def wait_accounts(self, accounts: Iterable[int] = ACCOUNTS) -> None:
        """Until a batch has taken every first deposit."""
        for account in accounts:
            self.wait(partial(self._funded, account), f"the first deposit of account {account}")

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Until `condition` holds; TimeoutError names `what` if meanwhile no batch is settled for QUIET_LIMIT_S."""
        settled, told = -1, time.monotonic()
        while not condition():
            newest = sum(map(_is_settled, self._batches()))
            if newest != settled:
                settled, deadline = newest, time.monotonic() + QUIET_LIMIT_S
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"{what} did not happen, and no batch was settled for {QUIET_LIMIT_S} s ({settled} are)"
                )
            if time.monotonic() - told > TELL_S:
                told = time.monotonic()
                self.say(f"waiting for {what}; {settled} batches are settled")
            time.sleep(1 / 5)

    def _batches(self) -> list[Batch]:
        """All sealed batches, oldest first; RuntimeError if one was given up."""
        batches = sorted(self.client.batches(limit=1_000), key=lambda batch: batch.number)
        failed = [batch for batch in batches if batch.failure]
        if failed:
            raise RuntimeError(f"batch {failed[0].number} was given up: {failed[0].failure}")
        return batches

    def chain(self, signer: int) -> ChainClient:
        """The contract, as development signer `signer` calls it."""
        return self.client.chain(self.network.rpc_url, DevSigner(signer))

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
        self.wait(
            lambda: bool(batches := self._batches()) and all(map(_is_settled, batches)), "the last settlement"
        )
        return self._batches()

    def withdraw(self) -> list[tuple[str, Decimal]]:
        """One signed withdrawal, one forced through L1, both claimed; what each owner got."""
        signed, forced = story.TAKERS[0], story.TAKERS[1]
        chains = {account: self.chain(account - 1) for account in (signed, forced)}
        before = {account: chain.balances().token for account, chain in chains.items()}
        chains[forced].request_withdrawal(forced, FORCED_WITHDRAWAL)
        taken = self.traders[signed].withdraw(SIGNED_WITHDRAWAL).batch
        self.wait(lambda: _settled(self._batches(), taken), "the signed withdrawal")
        self.wait(lambda: chains[forced].balances().claimable > 0, "the forced withdrawal")
        for chain in chains.values():
            chain.claim()
        after = {account: chain.balances().token for account, chain in chains.items()}
        return [
            (f"account {signed}, signed withdrawal", after[signed] - before[signed]),
            (f"account {forced}, forced through L1 (fee 1 paid)", after[forced] - before[forced]),
        ]


def _is_settled(batch: Batch) -> bool:
    """Whether a batch is final on L1 and its cost known."""
    return batch.status == "SETTLED" and batch.gas_used is not None


def _settled(batches: Sequence[Batch], number: int) -> bool:
    """Whether batch `number` is sealed and settled."""
    return any(batch.number == number and _is_settled(batch) for batch in batches)


def _runs(parts: Sequence[story.Part]) -> Iterator[tuple[int, list[NewOrder]]]:
    """Consecutive orders of one account, so that a batch call keeps the order of the plot."""
    orders: list[NewOrder] = []
    for index, part in enumerate(parts):
        orders.append(part.order)
        if index + 1 == len(parts) or parts[index + 1].account != part.account:
            yield part.account, orders
            orders = []
