"""A keeper beside a real sequencer and a real contract: SDK, alerts, takeover, settlement and claim. No proofs are made."""

import threading
from decimal import Decimal

import pytest

from prover.settlement.calldata import settle_arguments
from tests.sequencer.running import SHAPES, chain, sequencer
from zkclear.client import Client, DevSigner
from zkclear.keeper.counters import Counters
from zkclear.keeper.keeper import Keeper
from zkclear.keeper.settings import KeeperSettings
from zkclear.keeper.sources import ChainSource, ExchangeSource
from zkclear.keeper.wallet import Wallet
from zkclear.rules.transition import clear
from zkclear.v1 import admin_pb2, batch_pb2

LONG, SHORT, TAKER = 2, 3, 4
SIGNERS = {LONG: 3, SHORT: 4, TAKER: 5}


class Market:
    """A sequencer whose batches are settled here, with a client and an owner for each account."""

    def __init__(self, running):
        self.running, self.venue = running, running.venue
        self.client = Client(f"127.0.0.1:{running.ports['port']}")
        contract = self.venue.deployment.settlement
        self.chains = {n: Wallet(self.venue.rpc_url, contract, DevSigner(s)) for n, s in SIGNERS.items()}
        self.traders = {n: self.client.trading(DevSigner(s), n) for n, s in SIGNERS.items()}

    def open(self):
        for account, client in self.chains.items():
            client.mint(10_000)
            assert client.open(160 if account == LONG else 5_000).account == account
            self.running.wait_for_account(account)

    def price(self, eth):
        """Reports until the mark follows: a second report of the same second is not looked at."""

        def follows():
            self.running.price(eth)
            return self.client.market("ETH-USD").mark_price == eth

        self.running.wait_for(follows, f"a mark of {eth}")

    def settle(self):
        """Seals what is open and settles every batch that was sealed."""
        self.running.admin.SealBatch(admin_pb2.SealBatchRequest())
        wanted = self.running.status().sealed_batch
        first = self.venue.tree.state.number + 1
        if wanted < first:
            return
        request = batch_pb2.StreamSealedBatchesRequest(from_number=first)
        for message in self.running.batches.StreamSealedBatches(request):
            self._settle(message.batch)
            if message.batch.number == wanted:
                return

    def _settle(self, sealed):
        before = self.venue.tree
        proved = self.venue.proved(sealed, before=before)
        arguments = settle_arguments(proved, shape_index=SHAPES.index(sealed.shape)).as_list()
        self.venue.send(self.venue.contract.functions.settle(*arguments))
        clearing = clear(before.state, self.venue.parsed(sealed))
        self.venue.tree = before.fork()
        self.venue.tree.apply(clearing.state, clearing.openings)

    def takes(self, request):
        """Whether the sequencer has taken a request into a batch."""
        rows = self.client.account(LONG).requests()
        return any(row.request == request and row.batch for row in rows)


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    with (
        chain() as venue,
        sequencer(
            venue,
            tmp_path_factory.mktemp("keeper"),
            **{"batching.max_shape": "small", "batching.max_age_ms": 300, "risk.keeper_grace_s": 3600},
        ) as running,
    ):
        made = Market(running)
        running.price(3_000)
        made.open()
        made.traders[SHORT].place("ETH-USD", "sell", 1, 3_000)
        bought = made.traders[LONG].place("ETH-USD", "buy", 1, 3_000, tif="IOC")
        assert bought.filled == 1
        yield made
        made.client.close()


def test_from_an_alert_of_the_sequencer_to_the_claim_on_the_contract(market):
    chain_client = market.chains[TAKER]
    state = market.client.account(LONG).state()
    (position,) = state.positions
    assert position.liquidation_price is not None
    assert 2_910 < position.liquidation_price < 3_000
    assert market.client.at_risk() == ()

    settings = KeeperSettings(account=TAKER, poll_ms=3_600_000)
    source = ExchangeSource(market.client, chain_client, health_below_ppm=10**6, streaming=True)
    counters, stop = Counters("test"), threading.Event()
    keeper = Keeper(source, chain_client, settings, counters)
    keeper.prepare()
    before = chain_client.balances().token
    runner = threading.Thread(target=keeper.run, args=(stop,))
    runner.start()
    try:
        market.price(2_910)  # an alert wakes the keeper, whose own clock would let it sleep for an hour
        market.running.wait_for(lambda: chain_client.pending_risk(TAKER).own is not None, "the bid")
    finally:
        stop.set()
        runner.join(30)
        source.close()
    assert not runner.is_alive()
    request = chain_client.pending_risk(TAKER).own
    market.running.wait_for(lambda: market.takes(request), "the sequencer to take the request")
    market.settle()
    assert chain_client.pending_risk(TAKER).own is None
    keeper.round()
    assert counters.liquidations.labels("EXECUTED")._value.get() == 1
    assert chain_client.balances().token == before

    (taken,) = market.client.account(TAKER).positions()
    (left,) = market.client.account(LONG).positions()
    assert (taken.size, left.size) == (Decimal("0.3"), Decimal("0.7"))
    (shown,) = market.client.liquidations(account=LONG)
    assert (shown.kind, shown.counterparty, shown.size) == ("TAKEOVER", TAKER, Decimal("0.3"))
    assert counters.gain._value.get() == shown.counterparty_part * 10**6


def test_the_prepared_call_is_what_the_keeper_would_send(market):
    """After the first takeover the account may be healthy again: a deeper fall makes it liquidatable again."""
    market.price(2_870)
    market.running.wait_for(lambda: market.client.at_risk() != (), "an account at risk")
    (risky,) = market.client.at_risk()
    prepared = market.client.prepare_liquidation(LONG, "ETH-USD", taker=TAKER)
    assert (risky.account, prepared.outcome, prepared.size) == (LONG, "EXECUTED", risky.positions[0].allowed)
    chain_client = market.chains[TAKER]
    assert (prepared.bond, prepared.contract) == (20, market.venue.deployment.settlement.lower())
    sent = chain_client.liquidate(LONG, "ETH-USD", prepared.size, taker=TAKER)
    assert sent.request is not None
    market.running.wait_for(
        lambda: market.client.at_risk()[0].liquidate_request == sent.request, "the request"
    )


def test_after_settlement_the_chain_alone_says_what_the_exchange_says(market):
    market.settle()
    chain_client = market.chains[TAKER]
    source = ExchangeSource(market.client, chain_client, health_below_ppm=2**31 - 1, streaming=False)
    here, there = source.view(0, TAKER), ChainSource(chain_client).view()
    source.close()
    for number in (LONG, SHORT, TAKER):
        assert here.accounts[number].owner == there.accounts[number].owner
        assert here.accounts[number].collateral == there.accounts[number].collateral
        sizes = [position.size for position in there.accounts[number].positions[:2]]
        assert [position.size for position in here.accounts[number].positions] == sizes
    assert [each.mark for each in here.markets] == [each.mark for each in there.markets[:2]]
    assert [each.config for each in here.markets] == [each.config for each in there.markets[:2]]


def test_a_preview_by_the_sequencer(market):
    shown = market.client.account(SHORT).preview("ETH-USD", "buy", "0.1", "2800")
    assert (shown.would_fill, shown.refusals) == (0, ())
    refused = market.client.account(SHORT).preview("ETH-USD", "buy", "1000", "2800")
    assert "INSUFFICIENT_MARGIN" in refused.refusals
    assert market.client.funding("ETH-USD")[0].batch >= 1
