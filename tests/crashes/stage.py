"""
An exchange for the replay of attacks: the sequencer's own core in this process, with nobody but the attackers in a thin market.

The stage plays gateway, oracles, L1 feed and clock; what is matched, refused, liquidated, sealed and paid is the core's.
Every batch that was sealed is applied again by the rule book alone: `histories`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from prover.settlement.dev_markets import DEV_MARKETS
from sequencer.core.commands import TakeReport
from sequencer.core.exchange import RequestRecord
from sequencer.core.liquidations import LiquidationRecord
from sequencer.core.refusals import Refused
from sequencer.core.settings import MICROSECONDS, Settings
from tests.rules.test_conservation import check_invariants
from tests.sequencer.floor import ORACLES, Floor
from tests.sequencer.test_random_run import rebuilt
from zkclear.rules.batch import Batch, Request, RequestKind
from zkclear.rules.margin import requirement
from zkclear.rules.markets import check_config
from zkclear.rules.state import Account, MarketConfig, State
from zkclear.rules.transition import Clearing, clear
from zkclear.rules.units import INSURANCE, PPM, AccountId, Lots, Quote
from zkclear.v1 import batch_pb2

USD = 10**6
FUND = 1_000_000 * USD
ETH, THIN = 0, 2
"""Rows: ETH-USD and BTC-USD of the deployment, then the thin market that the queue listed."""
INNOCENT = (2, 3)
"""Two traders in ETH-USD alone; all others come after them."""
ETH_E8, BTC_E8 = 3_000 * 10**8, 60_000 * 10**8
MOST = Lots(2**40 - 1)
BUSY_S = 30
"""After that prices are stale and the last batch was sealed by its age."""
SETTINGS = Settings(max_unproved=10**9)
"""The defaults of the configuration; no prover runs here, so nothing waits for proofs."""


class Settled(NamedTuple):
    """A sealed batch, the state before it and what the rule book makes of it."""

    before: State
    batch: Batch
    clearing: Clearing


class Stage:
    """The core with a fund, two innocent traders in ETH-USD, and a thin market at its entry price, in ticks."""

    def __init__(self, config: MarketConfig, *, entry: int, fund: int = FUND) -> None:
        check_config(config)
        self.config, self.entry = config, entry
        self.fund = fund
        self.floor = Floor(settings=SETTINGS)
        self.prices_e8 = [ETH_E8, BTC_E8]
        self.deposited = 0
        self.attackers: tuple[int, ...] = ()
        self.taken_until = 0
        self.report()
        for _ in INNOCENT:
            self.open(10_000 * USD)
        if fund:
            self.floor.request(Request(RequestKind.DEPOSIT, INSURANCE, amount=Quote(fund)))
        self.trade(*INNOCENT, 30_000, market=ETH)
        self.list_market("THIN-USD", config, entry=entry)
        self.before = self.innocent
        self.worst = self.free = self.equity(INSURANCE)

    # What the outside does.

    def report(self) -> None:
        """Two of three oracles agree on the prices of now."""
        seconds = self.floor.now_us // MICROSECONDS
        for signer in ORACLES[:2]:
            self.floor.do(TakeReport(seconds, tuple(self.prices_e8), signer, bytes([signer]) * 64))

    def list_market(self, name: str, config: MarketConfig, *, entry: int) -> None:
        """The governor lists a market through the queue, and the oracles report its price, in ticks."""
        self.floor.list_market(len(self.prices_e8), name, config)
        self.prices_e8.append(entry * config.tick_e8)
        self.wait(1)
        self.report()

    def open(self, amount: int) -> int:
        """A new account with a deposit, numbered as the contract does."""
        account = max(self.known) + 1
        self.floor.open(1, amount_e6=amount, first=account)
        return account

    @property
    def known(self) -> set[int]:
        """All accounts, with those that the open batch opens."""
        exchange = self.floor.exchange
        opening = exchange.batch.openings if exchange.batch is not None else {}
        return {int(account) for account in (*exchange.state.accounts, *opening)}

    def attack_with(self, *amounts: int) -> list[int]:
        """Accounts of the attackers, each with a deposit."""
        made = [self.open(amount) for amount in amounts]
        self.deposited += sum(amounts)
        self.attackers += tuple(made)
        return made

    def tick(self, price: int, *, elapsed: int, market: int = THIN) -> None:
        """
        One price of a market in ticks, after some seconds.

        The oracles report as much of the move as the contract takes after the last batch: were they to report all of it, the
        exchange would stand still (`tricks.stale_marks`), and nobody could be paid by the fund but by forced closes.
        """
        self.wait(elapsed)
        mark, timestamp = self.followed(market)
        panel = self.floor.exchange.markets.panel
        seconds = self.floor.now_us // MICROSECONDS - timestamp
        most = mark * (panel.max_move + panel.max_move_a_second * seconds) // PPM
        self.show(min(max(price, mark - most, 1), mark + most), market=market)

    def followed(self, market: int) -> tuple[int, int]:
        """Mark and time of the batch that the next one will follow: the open one if it has anything in it."""
        exchange = self.floor.exchange
        if exchange.batch is not None and not exchange.batch.is_empty:
            return int(exchange.batch.prices.marks[market]), int(exchange.batch.timestamp)
        return int(exchange.state.markets[market].mark), int(exchange.state.timestamp)

    def wait(self, seconds: int) -> None:
        """Time passes; the core's clock ticks when something is due, which old prices leave nothing of."""
        for _ in range(min(seconds, BUSY_S)):
            self.floor.wait(1)
        self.floor.wait(max(0, seconds - BUSY_S))

    def show(self, price: int, *, market: int = THIN) -> None:
        """The oracles report a price in ticks as it is."""
        self.prices_e8[market] = price * self.floor.exchange.markets.configs[market].tick_e8
        self.report()
        self.note_fund()

    def note_fund(self) -> None:
        """What the fund is worth at its worst, and what it has left for other markets at its worst."""
        exchange = self.floor.exchange
        row = exchange.batch.row(INSURANCE)
        self.worst = min(self.worst, self.equity(INSURANCE))
        self.free = min(self.free, self.equity(INSURANCE) - exchange.valuation.initial(row.sizes))

    # What traders do.

    def trade(
        self, buyer: int, seller: int, lots: int, *, price: int | None = None, market: int = THIN
    ) -> int:
        """A trade between two accounts, at the mark unless told; the lots that the exchange let through."""
        before = self.size(buyer, market)
        limit = self.mark(market) if price is None else price
        if self.try_order(seller, "SELL GTC", lots, limit, market=market):
            self.try_order(buyer, "BUY IOC", lots, limit, market=market)
            self.floor.cancel_all(seller)
        return self.size(buyer, market) - before

    def try_order(self, account: int, action: str, lots: int, limit: int, *, market: int = THIN) -> bool:
        """Whether the exchange takes an order."""
        try:
            self.floor.submit(account, action, lots, limit, market=market)
        except Refused:
            return False
        return True

    def take_out(self, *accounts: int) -> None:
        """Withdrawals by L1 request, which nobody can refuse, of all that may leave."""
        asked = (
            Request(RequestKind.WITHDRAW, AccountId(account), amount=Quote(2**61))
            for account in accounts or self.attackers
        )
        self.floor.request(*asked)

    def close(self, account: int, *, lots: int = MOST, market: int = THIN) -> RequestRecord:
        """A forced close against the insurance account."""
        asked = Request(RequestKind.CLOSE, AccountId(account), market=market, lots=Lots(lots))
        return self.ask(asked)

    def take_over(self, account: int, taker: int, *, lots: int = MOST, market: int = THIN) -> RequestRecord:
        """A keeper's request."""
        asked = Request(
            RequestKind.LIQUIDATE,
            AccountId(account),
            market=market,
            lots=Lots(lots),
            taker=AccountId(taker),
        )
        return self.ask(asked)

    def ask(self, request: Request) -> RequestRecord:
        """An L1 request, and what became of it."""
        self.floor.request(request)
        return self.floor.exchange.requests[-1]

    # What there is to see.

    def mark(self, market: int = THIN) -> int:
        """The mark of the open batch, ticks."""
        return int(self.floor.exchange.batch.prices.marks[market])

    def size(self, account: int, market: int = THIN) -> int:
        """Lots of an account in the open batch."""
        return int(self.floor.exchange.batch.row(account).sizes[market])

    def equity(self, account: int) -> int:
        """What an account is worth in the open batch."""
        row = self.floor.exchange.batch.row(account)
        return int(self.floor.exchange.valuation.equity(row.collateral, row.sizes))

    @property
    def withdrawn(self) -> int:
        """What the attackers took out."""
        requests = (
            record
            for record in self.floor.exchange.requests
            if record.queued.request.account in self.attackers
        )
        return sum(record.paid for record in requests)

    @property
    def gained(self) -> int:
        """What the attackers took out and still hold, less what they brought."""
        held = sum(max(0, self.equity(account)) for account in self.attackers)
        return self.withdrawn + held - self.deposited

    @property
    def fund_lost(self) -> int:
        """What the fund has less than it began with."""
        return self.fund - self.equity(INSURANCE)

    @property
    def innocent(self) -> tuple[Account, ...]:
        """The leaves of the traders in the other market."""
        return tuple(self.floor.exchange.state.accounts[AccountId(account)] for account in INNOCENT)

    @property
    def touched(self) -> int:
        """How many of them are not what they were before the attack."""
        return sum(old != new for old, new in zip(self.before, self.innocent, strict=True))

    @property
    def lots_by_kind(self) -> Counter:
        """Lots that left their holder, by risk operation."""
        counted: Counter = Counter()
        for each in self.liquidations:
            counted[each.kind] += abs(each.lots)
        return counted

    @property
    def liquidations(self) -> list[LiquidationRecord]:
        """All executed risk operations of sealed batches."""
        return self.floor.exchange.liquidations

    def histories(self) -> Iterator[Settled]:
        """Every sealed batch from the first state on, as the prover reads it, by the rule book alone."""
        self.floor.seal()
        exchange = self.floor.exchange
        state = exchange.genesis.state()
        for number in range(1, len(exchange.sealed) + 1):
            message = batch_pb2.SealedBatch.FromString(exchange.sealed.get(number).body)
            batch = rebuilt(message, self.floor.listings)
            clearing = clear(state, batch)
            yield Settled(state, batch, clearing)
            state = clearing.state
        assert state == exchange.state

    def check(self) -> int:
        """I-1 and I-3 over every sealed batch; how many there are."""
        count = 0
        for each in self.histories():
            check_invariants(each.before, each.batch, each.clearing.state)
            count += 1
        return count


def thin_market(**changes: object) -> MarketConfig:
    """The rules of a thin market: those of ETH-USD with `changes`, nothing to pay for trading, a dear liquidation."""
    base = replace(DEV_MARKETS[0].config, maker_fee=0, taker_fee=0, liquidation_fee=50_000)
    return replace(base, **changes)


def initial_margin(config: MarketConfig, lots: int, *, mark: int) -> int:
    """What a position of so many lots needs at a mark, quote."""
    value = Quote(lots * mark * config.quote_per_lot_tick)
    return int(requirement(value, t1=config.t1, t2=config.t2, rates=config.initial))
