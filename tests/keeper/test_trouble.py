"""A keeper in trouble: what is lost, renumbered, refused or too late never costs it a bond or its way back."""

import pytest
import structlog

from tests.keeper.bot import count, keeper, pending, settings
from tests.keeper.ground import ENTRY, LONG, RIVAL, SHORT, TAKER, back_to, exchange_of, snapshot
from zkclear.client import Client, DevSigner
from zkclear.client.errors import BadRequest, ContractError, NetworkError, RequestTimeout
from zkclear.keeper.keeper import check_wallet
from zkclear.keeper.sources import ChainSource, ExchangeSource
from zkclear.keeper.wallet import Wallet


def another(made, index, *, tokens, deposit):
    """A further account of development signer `index`, opened by the next batch."""
    wallet = Wallet(made.venue.rpc_url, made.venue.deployment.settlement, DevSigner(index))
    wallet.mint(tokens)
    account = wallet.open(deposit).account
    made.settle()
    return wallet, account


def undo(made, point, tree):
    back_to(made.venue.node, point)
    made.venue.tree, made.venue.next_request = tree, tree.state.next_request


def test_a_dry_run_claims_nothing(made):
    made.fall()
    keeper(made).round()
    dry = keeper(made, dry_run=True)
    made.settle()
    dry.round()
    assert count(dry, "liquidations", "EXECUTED") == 1
    assert made.clients[TAKER].balances().claimable == 20


def test_a_keeper_whose_last_tokens_are_the_bond_that_waits_starts_again(made):
    wallet, account = another(made, 8, tokens=520, deposit=500)
    made.fall()
    keeper(made, chain=wallet, account=account).round()
    assert wallet.balances().token == 0
    check_wallet(wallet, settings(account=account))
    again = keeper(made, chain=wallet, account=account)
    made.settle()
    again.round()
    assert (count(again, "liquidations", "EXECUTED"), wallet.balances().token) == (1, 20)


def test_a_claim_that_fails_is_tried_again(made, monkeypatch):
    made.fall()
    before, bot = made.free(TAKER), keeper(made)
    bot.round()
    made.settle()

    def silent(*_):
        raise NetworkError("gone", reason="UNAVAILABLE")

    with monkeypatch.context() as patch:
        patch.setattr(made.clients[TAKER], "claim", silent)
        with pytest.raises(NetworkError):
            bot.round()
    bot.round()
    assert made.free(TAKER) == before


def test_a_bid_whose_answer_is_lost_is_followed_with_its_gain(made, monkeypatch):
    made.fall()
    chain, bot = made.clients[TAKER], keeper(made)
    send = chain.liquidate

    def lost(*arguments, **options):
        send(*arguments, **options)
        raise RequestTimeout("no receipt", reason="NOT_MINED")

    with monkeypatch.context() as patch:
        patch.setattr(chain, "liquidate", lost)
        with pytest.raises(RequestTimeout):
            bot.round()
    bot.round()
    made.settle()
    bot.round()
    assert count(bot, "liquidations", "EXECUTED") == 1
    assert count(bot, "gain") > 0


def test_a_bond_that_is_lost_after_a_restart_is_counted_and_the_account_left_alone(made):
    made.fall()
    keeper(made).round()
    again = keeper(made)
    assert count(again, "pending") == 1
    made.settle(eth=ENTRY)
    made.fall()
    again.round()
    assert (count(again, "bonds_lost"), count(again, "pending")) == (20_000_000, 0)
    assert pending(made).own is None


def test_what_the_owner_sent_besides_is_no_liquidation(made):
    bot = keeper(made)
    made.clients[TAKER].request_withdrawal(TAKER, 10)
    bot = keeper(made)
    made.settle()
    bot.round()
    outcomes = bot._counters.liquidations.collect()[0].samples
    assert (outcomes, pending(made).own) == ([], None)


def test_a_request_that_a_reorganisation_undid_is_sent_again(made):
    made.fall()
    bot, point, tree = keeper(made), snapshot(made.venue.node), made.venue.tree
    bot.round()
    assert pending(made).own is not None
    undo(made, point, tree)
    made.settle()  # the other chain has grown past what was seen of this one
    made.settle()
    made.settle()
    assert pending(made).own is None
    with structlog.testing.capture_logs() as logs:
        bot.round()
    assert "the chain went back: the request is gone" in [each["event"] for each in logs]
    assert pending(made).own is not None


def test_a_request_that_a_reorganisation_renumbered_is_followed_under_its_new_number(made):
    made.fall()
    bot, point, tree = keeper(made), snapshot(made.venue.node), made.venue.tree
    bot.round()
    first = pending(made).own
    undo(made, point, tree)
    assert made.clients[RIVAL].deposit(RIVAL, 10).request == first
    made.clients[TAKER].liquidate(LONG, "ETH-USD", "0.3", taker=TAKER)
    with structlog.testing.capture_logs() as logs:
        bot.round()
        made.settle()
        bot.round()
    assert [each["request"] for each in logs if each["event"] == "resolved"] == [first + 1]
    assert count(bot, "liquidations", "EXECUTED") == 1
    assert count(bot, "gain") > 0


def test_a_call_that_is_mined_after_a_rivals_is_outcompeted(made, monkeypatch):
    """It passed the simulation, and the block had the rival's first: the receipt does not say why it reverted."""
    made.fall()
    chain, bot = made.clients[TAKER], keeper(made)

    def late(*_, **__):
        made.clients[RIVAL].liquidate(LONG, "ETH-USD", taker=RIVAL)
        raise ContractError("Reverted", ("0x01",))

    monkeypatch.setattr(chain, "liquidate", late)
    bot.round()
    assert (count(bot, "outcompeted"), count(bot, "bids", "Reverted")) == (1, 1)


def test_a_call_that_reverts_for_another_reason_is_no_rivals_doing(made, monkeypatch):
    made.fall()
    bot = keeper(made)

    def refused(*_, **__):
        raise ContractError("Reverted", ("0x01",))

    monkeypatch.setattr(made.clients[TAKER], "liquidate", refused)
    with pytest.raises(ContractError):
        bot.round()
    assert count(bot, "outcompeted") == 0


def test_a_node_without_the_batch_that_settled_the_request_is_asked_again(made, monkeypatch):
    made.fall()
    bot = keeper(made)
    bot.round()
    made.settle()

    def behind(*_, **__):
        raise BadRequest("resolved before", reason="INVALID_FIELD")

    with monkeypatch.context() as patch:
        patch.setattr(made.clients[TAKER], "resolution", behind)
        with pytest.raises(NetworkError):
            bot.round()
    bot.round()
    assert count(bot, "liquidations", "EXECUTED") == 1


def test_a_taker_without_margin_is_told_of_once_and_bids_nothing(made):
    wallet, account = another(made, 9, tokens=100, deposit=10)
    wallet.request_withdrawal(account, 9)
    made.fall()
    bot = keeper(made, chain=wallet, account=account, margin_ppm=1_000_000)
    with structlog.testing.capture_logs() as logs:
        bot.round()
        bot.round()
    told = [each for each in logs if each["event"].startswith("the taker has no margin")]
    assert ([each["account"] for each in told], wallet.pending_risk(account).own) == ([account], None)


def test_a_deposit_of_another_chain_is_forgotten_after_a_reorganisation(made):
    made.fall()
    point, tree = snapshot(made.venue.node), made.venue.tree
    with exchange_of(made) as served, Client(served.target) as client:
        source = ExchangeSource(client, made.clients[TAKER], health_below_ppm=10**6, streaming=False)
        first = made.clients[RIVAL].deposit(SHORT, 100).request
        assert source.view(0, TAKER).waiting == {}
        undo(made, point, tree)
        assert made.clients[RIVAL].deposit(LONG, 70).request == first
        assert source.view(0, TAKER).waiting == {LONG: 70_000_000}
        source.close()


def test_the_next_bond_is_allowed_before_it_is_needed(made):
    """A bid is then one transaction: an approval first would cost a block, and the race."""
    chain = made.clients[TAKER]
    assert chain.balances().allowance == 0
    bot = keeper(made)
    assert chain.balances().allowance == 20
    made.fall()
    before = chain.web3.eth.get_transaction_count(chain.address)
    bot.round()
    assert chain.web3.eth.get_transaction_count(chain.address) == before + 1
    made.settle()
    bot.round()
    assert chain.balances().allowance == 20


def test_the_source_of_the_chain_is_kept_between_rounds(made, monkeypatch):
    """Each view after the first reads what is new, and nothing twice."""
    source, parts = ChainSource(made.clients[TAKER]), []
    read = source._live._reader.read
    monkeypatch.setattr(
        source._live._reader, "read", lambda head, since=None: parts.append(since) or read(head, since=since)
    )
    source.view()
    made.settle()
    source.view()
    source.view()
    assert [each is None for each in parts] == [True, False]
