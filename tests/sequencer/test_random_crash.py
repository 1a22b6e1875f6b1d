"""A long day of crashes: whatever is liquidated, by whom, every batch follows the rules, and the journal tells it again."""

from collections import defaultdict
from dataclasses import replace

import pytest

from prover.settlement.dev_markets import DEV_MARKETS
from sequencer.core.commands import Configure
from sequencer.core.machine import Machine
from tests.sequencer.floor import KEY
from tests.sequencer.test_random_run import (
    REFUSALS_NEVER_MET,
    Day,
    check_batches,
    check_receipts,
    everything,
    rebuilt,
)
from zkclear.rules import actions
from zkclear.rules.batch import Request, RequestKind
from zkclear.rules.deleveraging import deleveraging_plan
from zkclear.rules.funding import settle_account
from zkclear.rules.liquidation import hold, stand
from zkclear.rules.risks import RiskKind
from zkclear.rules.state import Rates
from zkclear.rules.transition import clear
from zkclear.v1 import batch_pb2

STEPS = 3_000
ETH = DEV_MARKETS[0].config
RULES = (
    ETH,
    replace(ETH, maintenance=Rates(40_000, 60_000, 100_000), taker_fee=800, close_factor=500_000),
    replace(ETH, maker_fee=0, liquidation_fee=30_000, keeper_share=100_000, closeout=800_000),
)
"""What the governor may change of a market."""


class Crash(Day):
    """Small accounts, a small fund, prices that jump, keepers and owners who ask the contract for what they may."""

    def __init__(self, seed, *, shapes, amount_e6, fund_e6):
        super().__init__(seed, shapes=shapes, amount_e6=amount_e6)
        settings = replace(self.floor.settings, keeper_grace_s=2)
        self.floor.do(Configure(settings.record()))
        self.floor.request(Request(RequestKind.DEPOSIT, 0, amount=fund_e6))
        self.floor.seal()

    def price(self, _):
        """Up to 6 % either way, which the contract takes after ten seconds."""
        self.floor.now_us += 10 * 10**6
        move = self.eth * 6 // 100
        self.eth = min(6_000, max(1_500, self.eth + self.random.randrange(-move, move + 1)))
        self.floor.price(eth=self.eth, btc=self.eth * 20)

    def request(self, account):
        lots = self.random.choice((1, 20, 500, 2**40 - 1))
        market = self.random.randrange(2)
        kind = self.random.randrange(9)
        if kind == 8:
            self.floor.list_market(0, "ETH-USD", self.random.choice(RULES))
        elif kind < 2:
            self.floor.request(Request(RequestKind.CLOSE, account, market=market, lots=lots))
        elif kind < 4:
            super().request(account)
        else:
            since = self.floor.exchange.desk.since
            subject = self.random.choice(sorted(since)) if since else account
            taker = 2 + (subject + self.random.randrange(1, 8)) % 8
            if subject > 1:
                self.floor.request(
                    Request(RequestKind.LIQUIDATE, subject, market=market, lots=lots, taker=taker)
                )

    def withdraw(self, account):
        if self.random.random() < 0.2:
            super().withdraw(account)

    def step(self):
        super().step()
        self.check_watch()

    def check_watch(self):
        """Exactly those are watched whom the rule book calls liquidatable at the open batch; none of their orders rests."""
        exchange = self.floor.exchange
        batch = exchange.batch
        openings = {
            account: settle_account(leaf, batch.markets).account
            for account, leaf in exchange.state.accounts.items()
        } | {account: opening.account for account, opening in batch.openings.items()}
        expected = {key for key, leaf in openings.items() if stand(leaf, batch.markets).is_liquidatable}
        assert exchange.desk.since.keys() == expected
        for account in exchange.desk.since:
            orders = exchange.engine.accounts.get(account)
            assert orders is None or not orders.live


def check_ranking(floor):
    """Every deleverage is the ranking's beginning, at the opening of its batch."""
    exchange = floor.exchange
    state = exchange.genesis.state()
    for number in range(1, len(exchange.sealed) + 1):
        batch = rebuilt(batch_pb2.SealedBatch.FromString(exchange.sealed.get(number).body), floor.listings)
        clearing = clear(state, batch)
        asked = defaultdict(list)
        for entry in batch.entries:
            if entry.action == actions.DELEVERAGE:
                asked[entry.subject, entry.market].append((entry.rank, entry.account, entry.lots))
        openings = {
            account: settle_account(leaf, clearing.markets).account
            for account, leaf in state.accounts.items()
        } | {account: opening.account for account, opening in clearing.openings.items()}
        standings = {account: stand(each, clearing.markets) for account, each in openings.items()}
        for (subject, market), rows in asked.items():
            holding = hold(standings[subject], market, clearing.markets)
            plan = deleveraging_plan(holding, subject, standings, clearing.markets)
            assert [row[1:] for row in sorted(rows)] == plan[: len(rows)]
        state = clearing.state


@pytest.mark.parametrize(
    ("seed", "shapes", "amount_e6", "fund_e6", "kinds"),
    [
        (11, ("tiny",), 150 * 10**6, 20 * 10**6, set(RiskKind)),
        (12, ("tiny", "small"), 150 * 10**6, 1_000 * 10**6, {RiskKind.BOOK, RiskKind.ABSORB, RiskKind.CLOSE}),
        (13, ("tiny", "small", "medium"), 100 * 10**6, 1, {RiskKind.BOOK, RiskKind.DELEVERAGE}),
    ],
)
def test_a_day_of_crashes_follows_the_rules_and_can_be_told_again(seed, shapes, amount_e6, fund_e6, kinds):
    day = Crash(seed, shapes=shapes, amount_e6=amount_e6, fund_e6=fund_e6)
    for _ in range(STEPS):
        day.step()
    day.floor.seal()
    assert not REFUSALS_NEVER_MET & day.refusals.keys(), day.refusals
    exchange = day.floor.exchange
    assert kinds <= {each.kind for each in exchange.liquidations}
    check_batches(day.floor)
    check_receipts(day.floor)
    check_ranking(day.floor)
    again = Machine(KEY)
    for record in day.floor.journal:
        again.replay(record)
    assert everything(again) == everything(day.floor.machine)
