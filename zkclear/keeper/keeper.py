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
from zkclear.client.errors import BadRequest, BaseError, ContractError, NetworkError
from zkclear.keeper.counters import Counters
from zkclear.keeper.settings import KeeperError, KeeperSettings
from zkclear.keeper.sizing import Chance, Terms, View, bids, chances
from zkclear.keeper.sources import Source
from zkclear.keeper.wallet import Wallet
from zkclear.rules.batch import RequestKind
from zkclear.rules.liquidation import stand
from zkclear.rules.reject import Rejected
from zkclear.rules.units import INSURANCE, AccountId, Quote
from zkclear.rules.words import parse_request

log = structlog.get_logger()

KEPT_BACK = 10_000
"""Accounts with a wait of their own; beyond so many, the waits that ended are forgotten."""
BLOCKS_BACK = 64
"""After a reorganisation a request may be settled this much before the block in which it was first seen."""


@dataclass(frozen=True, slots=True)
class Pending:
    """
    The request of the taker that waits, seen first at `block`.

    `account` is whose position it takes over, None if it is no takeover (its owner sent something else); `gain` what the
    bid was sent for, None if an earlier run sent it.
    """

    request: int
    block: int
    account: AccountId | None
    gain: Quote | None


class Keeper:
    """One taker account, one key, one source."""

    def __init__(self, source: Source, chain: Wallet, settings: KeeperSettings, counters: Counters) -> None:
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
        self._tried: Chance | None = None
        """The last bid, until something is known of it: its answer may get lost."""
        self._is_ready = False
        self._is_unfit = False
        self._waits: dict[AccountId, tuple[Backoff, float]] = {}

    def prepare(self) -> None:
        """Checks wallet, taker and markets; takes up a request that an earlier run left. KeeperError says what is wrong."""
        check_wallet(self._chain, self._settings)
        self._set_pending(self._waiting())
        if self._pending is not None:
            log.info("a request of this account waits already", request=self._pending.request)
        else:
            self._get_ready()

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
        self._get_ready()
        view = self._source.view(INSURANCE, self._taker)
        self._show(view)
        if self._taker not in view.accounts:
            log.info("the taker's account is not open yet", account=self._taker)
            return
        worth = [
            each
            for each in bids(view, self._terms, taker=self._taker)
            if not self._is_kept_back(each.account)
        ]
        if self._settings.dry_run:
            for chance in worth:
                log.info("would bid", **words(chance))
            return
        if not any(self._bid(chance) for chance in worth):
            # What was sent in an earlier round and is not mined yet was sent for something that is no longer there.
            self._chain.take_back()

    # ------------------------------------------------------------------ inside

    def _show(self, view: View) -> None:
        """Tells Prometheus what was seen, and the log, once, that the taker cannot carry any of it."""
        taker = self._taker if self._taker in view.accounts else None
        seen = list(chances(view, self._terms, taker=taker))
        self._counters.at_risk.set(len({each.account for each in seen}))
        if INSURANCE in view.accounts:
            self._counters.fund.set(stand(view.accounts[INSURANCE], view.markets).equity)
        allowed = [each for each in seen if each.allowed]
        is_unfit = taker is not None and bool(allowed) and not any(each.lots for each in allowed)
        if is_unfit and not self._is_unfit:
            log.warning("the taker has no margin for any of this: deposit into it", account=taker)
        self._is_unfit = is_unfit

    def _bid(self, chance: Chance) -> bool:
        """Sends one request; whether the round ends with it."""
        waiting = self._waiting()
        if waiting is not None:
            log.info("another request of the taker waits", request=waiting.request)
            self._set_pending(waiting)
            return True
        targeted = self._chain.pending_risk(chance.account).targeted
        if targeted is not None:
            self._outcompeted(chance.account, why="RequestPending", request=targeted)
            return False
        size = from_e8(chance.lots * chance.lot_e8)
        self._tried = chance
        try:
            sent = self._chain.liquidate(chance.account, chance.name, size, taker=self._taker)
        except ContractError as error:
            self._counters.bids.labels(error.name).inc()
            if not self._was_faster(error, chance.account):
                raise
            self._outcompeted(chance.account, why=error.name)
            return False
        assert sent.request is not None, "the contract queues one request"
        self._is_ready = False  # the bond is spent, and so is its allowance
        self._counters.bids.labels("SENT").inc()
        self._set_pending(Pending(sent.request, sent.block, chance.account, chance.gain))
        log.info("bid", request=sent.request, transaction=sent.hash, **words(chance))
        return True

    def _was_faster(self, error: ContractError, account: AccountId) -> bool:
        """Whether somebody else's request is why a call was refused; what was mined and reverted does not say."""
        return error.name == "RequestPending" or (
            error.name == "Reverted" and self._chain.pending_risk(account).targeted is not None
        )

    def _waiting(self) -> Pending | None:
        """The taker's request at the contract, whoever sent it."""
        block = self._chain.block  # asked before, so that the outcome is in a later one
        number = self._chain.pending_risk(self._taker).own
        if number is None:
            return None
        account, gain = self._subject(number), None
        if self._tried is not None and self._tried.account == account:
            gain = self._tried.gain
        return Pending(number, block, account, gain)

    def _subject(self, number: int) -> AccountId | None:
        """Whose position a request takes over."""
        try:
            request = parse_request(self._chain.payload(number))
        except Rejected:
            return None  # of a kind that this version does not know
        return request.account if request.kind is RequestKind.LIQUIDATE else None

    def _set_pending(self, pending: Pending | None) -> None:
        self._pending = pending
        self._counters.pending.set(pending is not None)

    def _follow(self, pending: Pending) -> bool:
        """Whether the request has its outcome, or is gone: then the keeper may bid again."""
        waiting = self._waiting()
        if waiting is not None:
            if waiting.request != pending.request:
                log.warning("the chain went back: another request waits", request=waiting.request)
                self._set_pending(waiting)
            return False
        if self._chain.block < pending.block:
            log.info("the node fell behind the block of the request", request=pending.request)
            return False
        try:
            first = max(pending.block - BLOCKS_BACK, 0)
            found = self._chain.resolution(pending.request, from_block=first)
        except BadRequest as error:  # it was settled, and the node does not have the batch yet
            raise NetworkError(str(error), reason="NO_OUTCOME") from error
        self._set_pending(None)
        self._tried = None
        if found is None:
            log.warning("the chain went back: the request is gone", request=pending.request)
            return True
        log.info(
            "resolved", request=found.request, batch=found.batch, outcome=found.outcome, lots=found.amount
        )
        if pending.account is not None:
            self._counters.liquidations.labels(found.outcome).inc()
            self._judge(pending.account, pending.gain, found)
        return True

    def _judge(self, account: AccountId, gain: Quote | None, found: Resolution) -> None:
        if found.outcome == "EXECUTED":
            self._waits.pop(account, None)
            self._counters.gain.inc(gain or 0)
        elif found.outcome == "NOTHING_TO_DO":
            self._outcompeted(account, why=found.outcome, request=found.request)
        else:
            bond = self._chain.bond_e6
            self._counters.bonds_lost.inc(bond)
            wait_ms = self._keep_back(account)
            log.warning(
                "the bond is lost",
                outcome=found.outcome,
                bond=f"{from_e6(bond):f}",
                account=account,
                next_try_ms=wait_ms,
            )

    def _get_ready(self) -> None:
        """Sends what may be claimed to the wallet, and allows the next bond; tried again until it has worked."""
        if self._is_ready or self._settings.dry_run:
            return
        claimable = self._chain.balances().claimable
        if claimable:
            self._chain.claim()
            log.info("claimed", amount=f"{claimable:f}")
        self._chain.approve_bond()
        self._is_ready = True

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
    if settings.dry_run or chain.pending_risk(settings.account).own is not None:
        return  # nothing is sent, or the bond of the request that waits is in the queue already
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
