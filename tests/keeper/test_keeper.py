"""A keeper on a real chain: it takes over, follows, claims, loses, waits and starts again."""

import threading
from decimal import Decimal

import pytest

from tests.keeper.bot import count, keeper, pending, settings
from tests.keeper.ground import (
    ENTRY,
    FALLEN,
    LONG,
    RIVAL,
    SHORT,
    SIGNERS,
    TAKER,
    exchange_of,
    pay_out,
    show,
)
from zkclear.audit.chain import ChainError, ChainReader
from zkclear.client import Client, DevSigner
from zkclear.client.contract import ContractReader, PendingRisk
from zkclear.client.errors import NetworkError
from zkclear.keeper.counters import Counters
from zkclear.keeper.keeper import Keeper, check_wallet
from zkclear.keeper.settings import KeeperError
from zkclear.keeper.sizing import Terms, bids
from zkclear.keeper.sources import ChainSource, ExchangeSource
from zkclear.keeper.wallet import Wallet
from zkclear.v1 import account_pb2, liquidation_pb2, market_data_pb2


def test_nobody_is_bid_for_before_the_price_has_fallen(made):
    bot = keeper(made)
    bot.round()
    assert (pending(made), count(bot, "at_risk")) == (PendingRisk(None, None), 0)


def test_a_takeover_from_the_chain_alone_from_the_fall_to_the_claim(made):
    made.fall()
    before, bot = made.free(TAKER), keeper(made)
    bot.round()
    own = pending(made).own
    assert own is not None
    assert made.free(TAKER) == before - 20
    bot.round()  # it waits: there is never a second request
    assert (pending(made).own, count(bot, "bids", "SENT")) == (own, 1)
    made.settle()
    assert made.state.accounts[TAKER].positions[0].size == 300
    assert made.state.accounts[LONG].positions[0].size == 700
    bot.round()
    assert made.free(TAKER) == before
    assert made.clients[TAKER].balances().claimable == 0
    assert count(bot, "liquidations", "EXECUTED") == 1
    assert count(bot, "gain") > 0
    assert count(bot, "bonds_lost") == 0


def test_the_expected_gain_is_what_the_rules_pay(made):
    made.fall()
    source = ChainSource(made.clients[TAKER])
    (bid,) = bids(source.view(TAKER), Terms(), taker=TAKER)
    before = made.state.accounts[TAKER].collateral
    made.clients[TAKER].liquidate(LONG, "ETH-USD", taker=TAKER)
    made.settle()
    paid = bid.lots * made.state.markets[0].mark * 100
    assert made.state.accounts[TAKER].collateral == before - paid + bid.gain
    assert bid.gain > 0


def test_exchange_and_chain_give_the_same_bids(made):
    made.fall()
    chain = made.clients[TAKER]
    with exchange_of(made) as served, Client(served.target) as client:
        source = ExchangeSource(client, chain, health_below_ppm=10**6, streaming=False)
        seen = bids(source.view(0, TAKER), Terms(), taker=TAKER)
        source.close()
    assert seen == bids(ChainSource(chain).view(TAKER), Terms(), taker=TAKER)
    assert [each.lots for each in seen] == [300]


def test_a_takeover_seen_through_the_exchange(made):
    made.fall()
    with exchange_of(made) as served, Client(served.target) as client:
        source = ExchangeSource(client, made.clients[TAKER], health_below_ppm=10**6, streaming=False)
        bot = keeper(made, source)
        bot.round()
        made.settle()
        show(served, made.state)
        bot.round()
        source.close()
    assert count(bot, "liquidations", "EXECUTED") == 1
    assert count(bot, "fund") == made.state.accounts[0].collateral


def test_whoever_was_faster_is_left_alone_and_no_bond_is_at_stake(made):
    made.fall()
    made.clients[RIVAL].liquidate(LONG, "ETH-USD", taker=RIVAL)
    before, bot = made.free(TAKER), keeper(made)
    bot.round()
    bot.round()
    assert (pending(made), made.free(TAKER)) == (PendingRisk(None, None), before)
    assert count(bot, "outcompeted") == 1  # the second round does not even ask


def test_a_call_that_comes_second_in_the_same_block_is_outcompeted_too(made, monkeypatch):
    """The rival's request is mined between our look at the queue and our call."""
    made.fall()
    chain, bot = made.clients[TAKER], keeper(made)
    look = chain.pending_risk

    def late(account):
        seen = look(account)
        if account == LONG:
            made.clients[RIVAL].liquidate(LONG, "ETH-USD", taker=RIVAL)
        return seen

    monkeypatch.setattr(chain, "pending_risk", late)
    bot.round()
    assert count(bot, "bids", "RequestPending") == 1
    assert count(bot, "outcompeted") == 1


def test_a_price_that_comes_back_costs_the_bond_and_the_keeper_waits(made):
    made.fall()
    before, bot = made.free(TAKER), keeper(made)
    bot.round()
    made.settle(eth=ENTRY)
    made.fall()
    bot.round()
    assert count(bot, "liquidations", "NOT_LIQUIDATABLE") == 1
    assert count(bot, "bonds_lost") == 20_000_000
    assert (made.free(TAKER), pending(made).own) == (before - 20, None)


def test_a_position_that_is_gone_returns_the_bond(made):
    made.fall()
    before, bot = made.free(TAKER), keeper(made)
    bot.round()
    made.settle(eth=ENTRY, requests=0)
    closing = made.trade(buyer=SHORT, seller=LONG, lots=1_000, price=ENTRY, nonce=2_048)
    made.settle(requests=0, **closing)
    made.settle()
    bot.round()
    assert count(bot, "liquidations", "NOTHING_TO_DO") == 1
    assert count(bot, "outcompeted") == 1
    assert made.free(TAKER) == before


def test_a_deposit_that_waits_is_seen_before_a_bond_is_at_stake(made):
    made.fall()
    made.clients[RIVAL].deposit(LONG, 100)
    bot = keeper(made)
    bot.round()
    assert pending(made).own is None


def test_a_deposit_that_the_exchange_has_taken_counts_once(made):
    """It stays in the contract's queue until its batch is settled, and is in the exchange's collateral before."""
    made.fall()
    chain = made.clients[TAKER]
    with exchange_of(made) as served, Client(served.target) as client:
        source = ExchangeSource(client, chain, health_below_ppm=10**6, streaming=False)
        request = made.clients[RIVAL].deposit(LONG, 100).request
        assert source.view(0, TAKER).waiting == {LONG: 100_000_000}
        served.requests = [account_pb2.L1Request(request=request, account=LONG, batch=7)]
        assert source.view(0, TAKER).waiting == {LONG: 0}
        served.requests = [account_pb2.L1Request(request=request, account=LONG)]
        assert source.view(0, TAKER).waiting == {LONG: 100_000_000}
        source.close()


def test_a_batch_that_settles_while_the_chain_is_read_mixes_no_two_states(made, monkeypatch):
    """Its deposit must count once, in the queue or in the account: else the bond would be lost."""
    made.fall()
    made.clients[RIVAL].deposit(LONG, 100)
    source, read = ChainSource(made.clients[TAKER]), ChainReader.read
    before = made.state

    def late(self, head, **since):
        made.settle()
        return read(self, head, **since)

    with monkeypatch.context() as patch:
        patch.setattr(ChainReader, "read", late)
        seen = source.view()
    assert made.state.number == before.number + 1
    assert seen.accounts[LONG].collateral == before.accounts[LONG].collateral
    assert (dict(seen.waiting), bids(seen, Terms(), taker=TAKER)) == ({LONG: 100_000_000}, [])
    seen = source.view()
    assert seen.accounts[LONG].collateral == made.state.accounts[LONG].collateral
    assert (dict(seen.waiting), bids(seen, Terms(), taker=TAKER)) == ({}, [])


def test_a_view_between_two_marks_is_read_again(made):
    """Half of it at the old marks and half at the new ones would be an account that never was."""
    made.fall()
    with exchange_of(made) as served, Client(served.target) as client:
        source = ExchangeSource(client, made.clients[TAKER], health_below_ppm=10**6, streaming=False)
        fallen = source.view(0, TAKER)
        old = [market_data_pb2.Market.FromString(each.SerializeToString()) for each in served.markets]
        old[0].mark_price_e8 = 3_000 * 10**8
        new, told = served.markets, []

        def moving(request, context):
            told.append(request)
            served.markets = old if len(told) == 1 else new

        served.before["ListMarkets"] = moving
        assert source.view(0, TAKER) == fallen
        assert len(told) == 4

        def always(request, context):
            told.append(request)
            served.markets = (old, new)[len(told) % 2]

        served.before["ListMarkets"] = always
        with pytest.raises(NetworkError, match="the marks move faster"):
            source.view(0, TAKER)
        source.close()


def test_a_dry_run_sends_nothing(made):
    made.fall()
    before, bot = made.free(TAKER), keeper(made, dry_run=True)
    bot.round()
    assert (pending(made).own, made.free(TAKER), count(bot, "at_risk")) == (None, before, 1)


def test_a_keeper_that_starts_again_takes_up_its_request_and_claims_what_is_left(made):
    made.fall()
    before = made.free(TAKER)
    keeper(made).round()
    again = keeper(made)
    again.round()
    made.settle()
    again.round()
    assert count(again, "liquidations", "EXECUTED") == 1
    assert made.free(TAKER) == before

    made.settle(eth=2_850)
    keeper(made).round()
    made.settle()
    keeper(made)  # the outcome came while nobody looked
    assert made.free(TAKER) == before


def test_a_request_of_the_taker_that_another_program_sent_is_waited_for(made):
    made.fall()
    bot = keeper(made)
    made.clients[TAKER].request_withdrawal(TAKER, 10)
    bot.round()
    assert pending(made, LONG).targeted is None
    made.settle()
    bot.round()
    assert made.clients[LONG].pending_risk(LONG).targeted is not None


def test_a_taker_that_no_batch_opened_yet_waits(made):
    made.fall()
    chain = Wallet(made.venue.rpc_url, made.venue.deployment.settlement, DevSigner(7))
    chain.mint(1_000)
    account = chain.open(500).account
    bot = Keeper(ChainSource(chain), chain, settings(account=account), Counters("test"))
    bot.prepare()
    bot.round()
    assert chain.pending_risk(account).own is None
    made.settle()
    bot.round()
    assert chain.pending_risk(account).own is not None


@pytest.mark.parametrize("markets", [("BTC-USD",), ()])
def test_terms_of_the_settings_hold(made, markets):
    made.fall()
    bot = keeper(made, markets=markets, min_gain_e6=0 if markets else 10**9)
    bot.round()
    assert pending(made).own is None


def test_what_a_wallet_lacks_is_said_in_one_sentence(made):
    chain = made.clients[TAKER]
    with pytest.raises(KeeperError, match=f"account {RIVAL} belongs to 0x.*, not to the key's"):
        check_wallet(chain, settings(account=RIVAL))
    with pytest.raises(KeeperError, match="no market 'DOGE-USD' is listed; listed are ETH-USD, BTC-USD"):
        check_wallet(chain, settings(markets=("DOGE-USD",)))
    poor = Wallet(made.venue.rpc_url, made.venue.deployment.settlement, DevSigner(8))
    poor.mint(119)
    account = poor.open(100).account
    with pytest.raises(KeeperError, match="holds 19 tokens, and a bid needs a bond of 20"):
        check_wallet(poor, settings(account=account))
    check_wallet(poor, settings(account=account, dry_run=True))
    pay_out(made.venue.node, poor.address)
    with pytest.raises(KeeperError, match="is empty: it cannot pay for gas"):
        check_wallet(poor, settings(account=account))


def test_a_node_that_goes_away_is_waited_for(made):
    class Gone:
        asked = 0

        def view(self, *_accounts):
            self.asked += 1
            if self.asked == 3:
                stop.set()
            raise (NetworkError("gone", reason="UNAVAILABLE"), ChainError("gone"))[self.asked % 2]

    stop, source = threading.Event(), Gone()
    bot = keeper(made, source, backoff_ms=1, backoff_longest_ms=2)
    bot.run(stop)
    assert source.asked == 3
    assert count(bot, "failures", "UNAVAILABLE") == 1
    assert count(bot, "failures", "CHAIN") == 2


def test_an_alert_wakes_a_keeper_that_would_sleep_for_an_hour(made):
    made.fall()
    with exchange_of(made) as served, Client(served.target) as client:
        served.at_risk, risky = [], served.at_risk
        woken = threading.Event()

        def alerts():
            woken.wait(30)
            served.at_risk = risky
            yield liquidation_pb2.StreamMarginAlertsResponse(sequence=1, snapshot=True, accounts=risky)
            threading.Event().wait(5)

        served.alerts = [alerts()]
        source = ExchangeSource(client, made.clients[TAKER], health_below_ppm=10**6, streaming=True)
        bot, stop = keeper(made, source, poll_ms=3_600_000), threading.Event()
        runner = threading.Thread(target=bot.run, args=(stop,))
        runner.start()
        try:
            woken.set()
            for _ in range(600):
                if pending(made).own is not None:
                    break
                stop.wait(0.05)
        finally:
            stop.set()
            runner.join(30)
            source.close()
        assert not runner.is_alive()
    assert pending(made).own is not None


def test_a_queue_that_cannot_be_read_whole_stops_the_bids(made, monkeypatch):
    made.fall()
    monkeypatch.setattr("zkclear.keeper.sources.QUEUE_READ", 0)
    made.clients[RIVAL].deposit(SHORT, 10)
    with exchange_of(made) as served, Client(served.target) as client:
        source = ExchangeSource(client, made.clients[TAKER], health_below_ppm=10**6, streaming=False)
        bot = keeper(made, source)
        with pytest.raises(NetworkError, match="1 requests wait in the queue"):
            bot.round()
        source.close()


def test_the_ground_is_what_the_tests_think_it_is(made):
    made.fall()
    reader = ContractReader(made.venue.rpc_url, made.venue.deployment.settlement)
    assert reader.owner(TAKER) == made.clients[TAKER].address.lower()
    assert made.state.markets[0].mark == FALLEN * 10
    assert set(SIGNERS) <= set(made.state.accounts)
    assert made.free(TAKER) == Decimal(5_000)
