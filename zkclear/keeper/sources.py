"""
Where a keeper learns what is at risk: from the exchange, or from the chain alone.

The exchange knows the marks and positions of this moment. The chain knows the last settled batch: its state is rebuilt from
calldata as the auditor does, and its marks are those of that batch, however old; whoever bids by them sees later than others.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Protocol

import structlog
from web3.exceptions import BlockNotFound

from zkclear.audit.chain import Block
from zkclear.audit.live import LiveState
from zkclear.client.alerts import MarginAlerts
from zkclear.client.amounts import PPM
from zkclear.client.backoff import Backoff
from zkclear.client.client import Client
from zkclear.client.contract import ContractReader, node_errors
from zkclear.client.errors import BadRequest, BaseError, ExchangeNotAvailable, NetworkError
from zkclear.keeper.sizing import View
from zkclear.rules.batch import RequestKind
from zkclear.rules.funding import settle_account
from zkclear.rules.reject import Rejected
from zkclear.rules.state import Account, Market, MarketConfig, Position, Rates
from zkclear.rules.units import AccountId, Address, FundingIndex, Lots, Ppm, Quote, Ticks
from zkclear.rules.words import parse_request
from zkclear.v1 import account_pb2, market_data_pb2

log = structlog.get_logger()

LOOKED_AT = 200
"""Accounts at risk that are looked at in one round, nearest to liquidation first."""
GLANCE_S = 0.05
"""How quickly an alert or a stop is noticed."""
VIEW_TRIES = 5
"""Marks move once a batch; a view that falls between two batches is read again."""
QUEUE_READ = 2_000
"""Waiting requests that are read; with more of them nobody knows who has been topped up, and nothing is bid."""


class Source(Protocol):
    """Gives views."""

    def view(self, *accounts: int) -> View:
        """Accounts at risk and these, as they are now."""

    def wait(self, stop: threading.Event, timeout_ms: int) -> None:
        """Returns when something may have changed, at `stop`, or after the time."""

    def close(self) -> None:
        """Ends what was begun."""


class Queue:
    """The deposits that wait in the contract's queue: the next batches bring them before anything is judged."""

    def __init__(self, chain: ContractReader) -> None:
        self._chain = chain
        self._block: Block | None = None
        self._read: dict[int, int] = {}

    def deposits(self) -> Mapping[AccountId, Mapping[int, Quote]]:
        """What waits for each account, by request number. Raises ExchangeNotAvailable if the queue is too long to be read."""
        with node_errors(self._chain.rpc_url):
            if self._block is None or self._at(self._block.number) != self._block:
                self._read = {}  # after a reorganisation the same numbers may name other requests
            self._block = self._at("latest")
            head, length = self._call("queueHead"), self._call("queueLength")
            if length - head > QUEUE_READ:
                raise ExchangeNotAvailable(
                    f"{length - head} requests wait in the queue, more than {QUEUE_READ}",
                    reason="QUEUE_TOO_LONG",
                )
            self._read = {
                number: self._read.get(number) or self._call("request", number)[0]
                for number in range(head, length)
            }
        return _deposits(self._read)

    def _call(self, name: str, *arguments: int) -> Any:
        """A read of the contract at the block that the queue is read at."""
        assert self._block is not None, "a block was read first"
        call = self._chain.contract.functions[name](*arguments)
        return call.call(block_identifier=self._block.number)

    def _at(self, which: Any) -> Block | None:
        """A block of the node's chain; None if there is none."""
        try:
            found = self._chain.web3.eth.get_block(which)
        except BlockNotFound:
            return None
        return Block(found["number"], bytes(found["hash"]))


class ExchangeSource:
    """The exchange's word, woken by its margin alerts, and the deposits of the queue that it has not taken yet."""

    def __init__(
        self, client: Client, chain: ContractReader, *, health_below_ppm: int, streaming: bool
    ) -> None:
        self._client = client
        self._queue = Queue(chain)
        self._health_below = Decimal(health_below_ppm) / PPM
        self._changed = threading.Event()
        self._closed = threading.Event()
        self._alerts: MarginAlerts | None = None
        self._fault: BaseError | None = None
        self._listener = threading.Thread(target=self._listen, name="margin-alerts", daemon=True)
        if streaming:
            self._listener.start()

    def view(self, *accounts: int) -> View:
        """The marks and accounts of this moment, without those that are not open; raises what refused or did not answer."""
        if self._fault is not None:
            raise self._fault
        self._changed.clear()
        for _ in range(VIEW_TRIES):
            listed, found, waiting = self._read(accounts)
            # Accounts are worth what they are at the marks of their moment: none may have moved meanwhile.
            if _prices(listed) == _prices(self._client.connection.list_markets().markets):
                break
        else:
            raise ExchangeNotAvailable(
                "the marks move faster than the accounts at risk can be read", reason="MARKS_MOVED"
            )
        names, markets = tuple(market.name for market in listed), tuple(map(market_of, listed))
        known = {number: account_of(row, names, markets) for number, row in found.items()}
        return View(names, markets, MappingProxyType(known), waiting)

    def _read(
        self, accounts: Sequence[int]
    ) -> tuple[tuple[market_data_pb2.Market, ...], dict[AccountId, Any], dict[AccountId, Quote]]:
        """
        The markets, and after them these accounts and those at risk with the deposits that wait for each.

        Each account is read after its deposits, so that one which moves from the queue into it meanwhile counts twice, never not.
        """
        connection = self._client.connection
        listed, deposits = tuple(connection.list_markets().markets), self._queue.deposits()
        risky = self._client.at_risk(health_below=self._health_below, limit=LOOKED_AT)
        found: dict[AccountId, Any] = {}
        waiting: dict[AccountId, Quote] = {}
        for number in map(AccountId, {*accounts, *(each.account for each in risky)}):
            try:
                if number in deposits:
                    waiting[number] = self._untaken(number, deposits[number])
                request = account_pb2.GetAccountRequest(account=number)
                found[number] = connection.call(connection.accounts.GetAccount, request).account
            except BadRequest as error:
                if error.reason != "ACCOUNT_NOT_FOUND":
                    raise  # else it is not open yet
        return listed, found, waiting

    def wait(self, stop: threading.Event, timeout_ms: int) -> None:
        """Returns with the next alert, at `stop`, or after the time."""
        deadline = time.monotonic() + timeout_ms / 1_000
        while time.monotonic() < deadline and not self._changed.is_set() and not stop.wait(GLANCE_S):
            pass

    def close(self) -> None:
        """Ends the stream."""
        self._closed.set()
        if self._alerts is not None:
            self._alerts.close()

    def _untaken(self, account: AccountId, deposits: Mapping[int, Quote]) -> Quote:
        """What of an account's deposits no batch of the exchange has: the others are in its collateral already."""
        taken = {row.request for row in self._client.account(account).requests(limit=QUEUE_READ) if row.batch}
        return Quote(sum(amount for number, amount in deposits.items() if number not in taken))

    def _listen(self) -> None:
        """Wakes the keeper with every alert that says something; the first of each connection is all accounts at risk."""
        backoff = Backoff()
        while not self._closed.is_set():
            self._alerts = self._client.margin_alerts(health_below=self._health_below)
            if self._closed.is_set():  # between the two lines above
                return
            try:
                for alert in self._alerts:
                    backoff.reset()
                    if alert.snapshot or alert.accounts or alert.recovered:
                        self._changed.set()
            except NetworkError as error:
                wait_ms = backoff.next_ms()
                log.warning("no margin alerts", error=str(error), next_try_ms=wait_ms)
                self._closed.wait(wait_ms / 1_000)
            except BaseError as error:
                self._fault = error
                self._changed.set()
                return


class ChainSource:
    """The state after the last settled batch, which follows the chain as the auditor would."""

    def __init__(self, chain: ContractReader) -> None:
        self._live = LiveState(chain.rpc_url, chain.contract.address)

    def view(self, *accounts: int) -> View:
        """Every account at the last settled marks, with funding settled; an account that no batch opened yet is missing."""
        del accounts
        follower = self._live.update()
        state = follower.state
        assert state is not None, "a state that cannot be replayed is no update"
        settled = {
            number: settle_account(account, state.markets).account
            for number, account in state.accounts.items()
        }
        waiting = {
            number: Quote(sum(amounts.values())) for number, amounts in _deposits(follower.waiting()).items()
        }
        names = tuple(market.name for market in follower.markets)
        return View(names, state.markets, MappingProxyType(settled), waiting)

    def wait(self, stop: threading.Event, timeout_ms: int) -> None:
        """Returns at `stop`, or after the time."""
        stop.wait(timeout_ms / 1_000)

    def close(self) -> None:
        """Nothing runs."""


def _deposits(payloads: Mapping[int, int]) -> dict[AccountId, dict[int, Quote]]:
    """The deposits among requests, by account and number."""
    waiting: dict[AccountId, dict[int, Quote]] = defaultdict(dict)
    for number, payload in payloads.items():
        try:
            request = parse_request(payload)
        except Rejected:
            continue  # of a kind that this version does not know: it brings no deposit
        if request.kind is RequestKind.DEPOSIT:
            waiting[request.account][number] = request.amount
    return waiting


def _prices(markets: Iterable[market_data_pb2.Market]) -> list[tuple[str, int, int]]:
    """What accounts are valued by."""
    return [(market.name, market.mark_price_e8, market.funding_index) for market in markets]


def market_of(message: market_data_pb2.Market) -> Market:
    """A market of the exchange as the rule book has it."""
    config = MarketConfig(
        lot_e8=message.lot_e8,
        tick_e8=message.tick_e8,
        quote_per_lot_tick=message.quote_per_lot_tick,
        t1=Quote(message.t1_e6),
        t2=Quote(message.t2_e6),
        maintenance=Rates(*map(Ppm, message.maintenance_ppm)),
        initial=Rates(*map(Ppm, message.initial_ppm)),
        maker_fee=Ppm(message.maker_fee_ppm),
        taker_fee=Ppm(message.taker_fee_ppm),
        liquidation_fee=Ppm(message.liquidation_fee_ppm),
        keeper_share=Ppm(message.keeper_share_ppm),
        close_factor=Ppm(message.close_factor_ppm),
        closeout=Ppm(message.closeout_ppm),
        max_funding_rate=Ppm(message.max_funding_rate_ppm),
        max_open_interest=Lots(message.max_open_interest_e8 // message.lot_e8),  # a multiple of the lot
    )
    return Market(
        config,
        mark=Ticks(message.mark_price_e8 // message.tick_e8),  # marks are on their tick
        funding_index=FundingIndex(message.funding_index),
        open_interest=Lots(message.open_interest_e8 // message.lot_e8),
    )


def account_of(message: Any, names: tuple[str, ...], markets: tuple[Market, ...]) -> Account:
    """
    An account of the exchange as the rule book has it, with its funding settled.

    Its collateral is what its equity leaves of its positions' values, which holds funding that is due already.
    """
    lots = {row.market: row.size_e8 for row in message.positions}
    positions = tuple(
        Position(Lots(_quotient(lots.get(name, 0), market.config.lot_e8)), market.funding_index)
        for name, market in zip(names, markets, strict=True)
    )
    value = sum(
        position.size * market.mark * market.config.quote_per_lot_tick
        for position, market in zip(positions, markets, strict=True)
    )
    return Account(
        owner=Address(int.from_bytes(message.owner, "big")),
        positions=positions,
        collateral=Quote(message.equity_e6 - value),
    )


def _quotient(size_e8: int, lot_e8: int) -> int:
    """A size in lots; positions are on their lot."""
    lots, rest = divmod(size_e8, lot_e8)
    assert rest == 0, "the exchange's sizes are on their lot"
    return lots
