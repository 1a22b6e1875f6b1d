"""
The keeper: looks, bids for the best chance, follows its one request to its outcome, claims the bond, and looks again.

It never has two requests of its taker in the queue. Whoever was faster is left alone for a while: longer each time.
"""

import threading
import time
from dataclasses import dataclass

import structlog

from zkclear.audit.chain import ChainError
from zkclear.client.amounts import from_e6, from_e8
from zkclear.client.backoff import Backoff
from zkclear.client.chain import ChainClient
from zkclear.client.contract import Resolution
from zkclear.client.errors import BaseError, ContractError, NetworkError
from zkclear.keeper.counters import Counters
from zkclear.keeper.settings import KeeperError, KeeperSettings
from zkclear.keeper.sizing import Chance, Terms, View, bids, chances
from zkclear.keeper.sources import Source
from zkclear.rules.liquidation import stand
from zkclear.rules.units import INSURANCE, AccountId, Quote

log = structlog.get_logger()

KEPT_BACK = 10_000
"""Accounts with a wait of their own; beyond so many, the waits that ended are forgotten."""
RETURNS_BOND = ("EXECUTED", "NOTHING_TO_DO")


@dataclass(frozen=True, slots=True)
class Pending:
    """A request of this keeper that waits: `chance` is what it was sent for, None if an earlier run sent it."""

    request: int
    block: int
    chance: Chance | None


class Keeper:
    """One taker account, one key, one source."""

    def __init__(
        self, source: Source, chain: ChainClient, settings: KeeperSettings, counters: Counters
    ) -> None:
        self._source = source
        self._chain = chain
        self._settings = settings
        self._counters = counters
        self._taker = AccountId(settings.account)
        self._terms = Terms(
            markets=settings.markets,
            health_below_ppm=settings.health_below_ppm,
            min_gain=Quote(settings.min_gain_e6),
            margin_ppm=settings.margin_ppm,
        )
        self._pending: Pending | None = None
        self._waits: dict[AccountId, tuple[Backoff, float]] = {}

    def prepare(self) -> None:
        """Checks wallet, taker and markets; takes up a request that an earlier run left. KeeperError says what is wrong."""
        check_wallet(self._chain, self._settings)
        waiting = self._chain.pending_risk(self._taker).own
        if waiting is not None:
            self._pending = Pending(waiting, self._chain.block, None)
            log.info("a request of this account waits already", request=waiting)
        elif not self._settings.dry_run:
            self._claim()

    def run(self, stop: threading.Event) -> None:
        """Rounds until `stop`; what does not answer is asked again after a while."""
        backoff = Backoff(first_ms=self._settings.backoff_ms, longest_ms=self._settings.backoff_longest_ms)
        while not stop.is_set():
            try:
                self.round()
            except (BaseError, ChainError) as error:
                if not _may_pass(error):
                    raise
                wait_ms = backoff.next_ms()
                self._counters.failures.labels(getattr(error, "reason", "") or "CHAIN").inc()
                log.warning("the round failed", error=str(error), next_try_ms=wait_ms)
                stop.wait(wait_ms / 1_000)
                continue
            backoff.reset()
            self._source.wait(stop, self._settings.poll_ms)

    def round(self) -> None:
        """One look: follows the request that waits, or else bids for the best chance there is."""
        if self._pending is not None and not self._follow(self._pending):
            return
        view = self._source.view(INSURANCE, self._taker)
        self._show(view)
        if self._taker not in view.accounts:
            log.info("the taker's account is not open yet", account=self._taker)
            return
        for chance in bids(view, self._terms, taker=self._taker):
            if self._is_kept_back(chance.account):
                continue
            if self._settings.dry_run:
                log.info("would bid", **words(chance))
                continue
            if self._bid(chance):
                return

    # ------------------------------------------------------------------ inside

    def _show(self, view: View) -> None:
        """Tells Prometheus what was seen."""
        taker = self._taker if self._taker in view.accounts else None
        seen = {each.account for each in chances(view, self._terms, taker=taker)}
        self._counters.at_risk.set(len(seen))
        if INSURANCE in view.accounts:
            self._counters.fund.set(stand(view.accounts[INSURANCE], view.markets).equity)

    def _bid(self, chance: Chance) -> bool:
        """Sends one request; whether the round ends with it."""
        own, targeted = self._chain.pending_risk(self._taker), self._chain.pending_risk(chance.account)
        if own.own is not None:
            log.info("another request of the taker waits", request=own.own)
            self._pending = Pending(own.own, self._chain.block, None)
            return True
        if targeted.targeted is not None:
            self._outcompeted(chance.account, why="RequestPending", request=targeted.targeted)
            return False
        size = from_e8(chance.lots * chance.lot_e8)
        try:
            sent = self._chain.liquidate(chance.account, chance.name, size, taker=self._taker)
        except ContractError as error:
            self._counters.bids.labels(error.name).inc()
            if error.name != "RequestPending":
                raise
            self._outcompeted(chance.account, why=error.name)
            return False
        assert sent.request is not None, "the contract queues one request"
        self._counters.bids.labels("SENT").inc()
        self._counters.pending.set(1)
        self._pending = Pending(sent.request, sent.block, chance)
        log.info("bid", request=sent.request, transaction=sent.hash, **words(chance))
        return True

    def _follow(self, pending: Pending) -> bool:
        """Whether the request has its outcome; then the bond is claimed, if it came back."""
        found = self._chain.resolution(pending.request, from_block=pending.block)
        if found is None:
            return False
        self._pending = None
        self._counters.pending.set(0)
        self._counters.liquidations.labels(found.outcome).inc()
        log.info(
            "resolved", request=found.request, batch=found.batch, outcome=found.outcome, lots=found.amount
        )
        if pending.chance is not None:
            self._judge(pending.chance, found)
        if found.outcome in RETURNS_BOND:
            self._claim()
        return True

    def _judge(self, chance: Chance, found: Resolution) -> None:
        if found.outcome == "EXECUTED":
            self._waits.pop(chance.account, None)
            self._counters.gain.inc(chance.gain)
        elif found.outcome == "NOTHING_TO_DO":
            self._outcompeted(chance.account, why=found.outcome, request=found.request)
        else:
            bond = self._chain.bond_e6
            self._counters.bonds_lost.inc(bond)
            wait_ms = self._keep_back(chance.account)
            log.warning(
                "the bond is lost",
                outcome=found.outcome,
                bond=f"{from_e6(bond):f}",
                account=chance.account,
                next_try_ms=wait_ms,
            )

    def _claim(self) -> None:
        """Sends what may be claimed to the wallet."""
        claimable = self._chain.balances().claimable
        if claimable:
            self._chain.claim()
            log.info("claimed", amount=f"{claimable:f}")

    def _outcompeted(self, account: AccountId, *, why: str, request: int | None = None) -> None:
        self._counters.outcompeted.inc()
        wait_ms = self._keep_back(account)
        log.info("somebody else was faster", account=account, why=why, request=request, next_try_ms=wait_ms)

    def _keep_back(self, account: AccountId) -> int:
        """Leaves an account alone for a while; how long, in milliseconds."""
        now = time.monotonic()
        if len(self._waits) >= KEPT_BACK:
            self._waits = {each: wait for each, wait in self._waits.items() if wait[1] > now}
        fresh = Backoff(first_ms=self._settings.backoff_ms, longest_ms=self._settings.backoff_longest_ms)
        backoff, _ = self._waits.get(account, (fresh, now))
        wait_ms = backoff.next_ms()
        self._waits[account] = backoff, now + wait_ms / 1_000
        return wait_ms

    def _is_kept_back(self, account: AccountId) -> bool:
        wait = self._waits.get(account)
        return wait is not None and wait[1] > time.monotonic()


def _may_pass(error: Exception) -> bool:
    """Whether the same round may work later: no answer, a revert, or a node that refused (an empty wallet is refilled)."""
    return isinstance(error, NetworkError | ChainError | ContractError) or (
        isinstance(error, BaseError) and error.reason == "NODE"
    )


def check_wallet(chain: ChainClient, settings: KeeperSettings) -> None:
    """The key owns the taker, can pay gas and the bond, and the markets exist; or KeeperError says what does not hold."""
    owner = chain.owner(settings.account)
    if owner != chain.address.lower():
        raise KeeperError(
            f"account {settings.account} belongs to {owner}, not to the key's {chain.address.lower()}"
        )
    listed = [market.name for market in chain.markets()]
    for name in settings.markets:
        if name not in listed:
            raise KeeperError(f"no market {name!r} is listed; listed are {', '.join(listed)}")
    if settings.dry_run:
        return
    balances, bond = chain.balances(), from_e6(chain.bond_e6)
    if balances.native_wei == 0:
        raise KeeperError(f"the wallet {chain.address} is empty: it cannot pay for gas")
    if balances.token + balances.claimable < bond:
        raise KeeperError(
            f"the wallet {chain.address} holds {balances.token:f} tokens, and a bid needs a bond of {bond:f}"
        )


def words(chance: Chance) -> dict[str, str | int]:
    """A chance as a log line has it."""
    return {
        name: value if isinstance(value, int | str) else f"{value:f}"
        for name, value in chance.shown().items()
    }
