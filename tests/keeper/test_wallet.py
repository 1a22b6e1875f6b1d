"""A keeper's transactions on a chain that does not take them at once."""

import threading
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

from tests.keeper.bot import keeper, pending
from tests.keeper.ground import LONG, RIVAL, SIGNERS, TAKER
from zkclear.client import DevSigner
from zkclear.client.errors import BaseError, ExchangeNotAvailable, RequestTimeout
from zkclear.keeper import wallet as wallets
from zkclear.keeper.sources import ChainSource
from zkclear.keeper.wallet import FeeTerms, Wallet
from zkclear.service.fees import GWEI, Fee

PLAIN = hex(wallets.PLAIN_GAS)


def wallet_of(made, *, stop=None, **terms):
    """Another program with the keeper's key."""
    contract = made.venue.deployment.settlement
    return Wallet(
        made.venue.rpc_url,
        contract,
        DevSigner(SIGNERS[TAKER]),
        terms=FeeTerms(**{"bump_after_s": 1, **terms}),
        stop=stop,
    )


def ask(made, method, *parameters):
    answer = made.venue.node.provider.make_request(method, list(parameters))
    assert "error" not in answer, answer
    return answer.get("result")


@contextmanager
def not_mining(made):
    ask(made, "evm_setAutomine", False)
    try:
        yield
    finally:
        ask(made, "anvil_dropAllTransactions")
        ask(made, "evm_setAutomine", True)


def in_pool(made, wallet):
    """Transactions of the wallet that wait, by what they offer."""
    return [int(each["maxFeePerGas"], 16) for each in pool(made, wallet)]


def pool(made, wallet):
    """The wallet's transactions that wait."""
    found = ask(made, "txpool_content")["pending"]
    return [
        each for key, rows in found.items() if key.lower() == wallet.address.lower() for each in rows.values()
    ]


def sent(made, wallet, call):
    """What `call` gives or raises in a thread of its own, once something of it waits in the pool."""
    found = []

    def run():
        try:
            found.append(call())
        except BaseError as error:
            found.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: in_pool(made, wallet), thread)
    return thread, found


def wait_for(condition, thread):
    """Until the thread, which goes on meanwhile, has made the condition true."""
    for _ in range(200):
        if condition():
            return
        thread.join(0.05)
    raise AssertionError("it did not come to that")


def given_up(made, wallet, monkeypatch, call):
    """Leaves a transaction in the pool."""
    with monkeypatch.context() as patch:
        patch.setattr(wallets, "GIVE_UP_S", 0)
        patch.setattr(wallet, "_terms", replace(wallet._terms, bump_after_s=0))
        with pytest.raises(RequestTimeout, match=r"0x[0-9a-f]{64} is not mined yet"):
            call()
    (offered,) = in_pool(made, wallet)
    return offered


def nonce_of(wallet):
    return wallet.web3.eth.get_transaction_count(wallet.address)


def test_a_transaction_that_the_base_fee_left_behind_is_sent_again_for_more(made):
    wallet = wallet_of(made)
    wallet.approve_bond()
    before = nonce_of(wallet)
    with not_mining(made):
        thread, found = sent(made, wallet, lambda: wallet.deposit(TAKER, 15))
        (offered,) = in_pool(made, wallet)
        ask(made, "anvil_setNextBlockBaseFeePerGas", hex(10 * offered))
        ask(made, "evm_mine")
        for _ in range(200):
            if max(in_pool(made, wallet), default=0) > 10 * offered:
                break
            thread.join(0.05)
        assert nonce_of(wallet) == before
        ask(made, "evm_mine")
        thread.join(30)
    assert not thread.is_alive()
    assert found[0].request is not None
    assert nonce_of(wallet) == before + 1


def test_what_was_given_up_is_replaced_by_the_next_decision(made, monkeypatch):
    wallet = wallet_of(made)
    wallet.approve_bond()
    before = nonce_of(wallet)
    with not_mining(made):
        offered = given_up(made, wallet, monkeypatch, lambda: wallet.deposit(TAKER, 15))
        again = given_up(made, wallet, monkeypatch, lambda: wallet.deposit(TAKER, 16))
        assert again * 100 >= offered * 115
        other = wallet_of(made)  # after a restart nobody knows what was offered
        assert given_up(made, wallet, monkeypatch, lambda: other.deposit(TAKER, 17)) > again
        ask(made, "evm_mine")
    assert nonce_of(wallet) == before + 1
    head = wallet.queue_length - 1
    assert wallet.payload(head) >> 144 & (2**64 - 1) == 17_000_000


def test_a_bid_that_waits_is_taken_back_when_the_price_is_back(made, monkeypatch):
    """Mined an hour later it would only cost the bond."""
    wallet = made.clients[TAKER]
    healthy = ChainSource(wallet).view()
    made.fall()
    seen = SimpleNamespace(view=lambda *_: fallen)
    fallen = ChainSource(wallet).view()
    bot, before = keeper(made, seen), nonce_of(wallet)
    with not_mining(made):
        given_up(made, wallet, monkeypatch, bot.round)
        seen.view = lambda *_: healthy
        thread, _ = sent(made, wallet, bot.round)
        wait_for(lambda: [each["gas"] for each in pool(made, wallet)] == [PLAIN], thread)
        ask(made, "evm_mine")
        thread.join(30)
    assert not thread.is_alive()
    assert (pending(made).own, nonce_of(wallet)) == (None, before + 1)
    assert wallet.take_back() is False


def test_nothing_is_paid_beyond_the_limit(made, monkeypatch):
    dear = wallet_of(made, max_fee_gwei=1)
    ask(made, "anvil_setNextBlockBaseFeePerGas", hex(5 * GWEI))
    ask(made, "evm_mine")
    with pytest.raises(ExchangeNotAvailable, match=r"a unit of gas costs [67] gwei, more than 1"):
        dear.approve_bond()
    with not_mining(made):
        wallet = wallet_of(made)
        wallet._offered = nonce_of(wallet), Fee(99 * GWEI, 99 * GWEI)
        with pytest.raises(ExchangeNotAvailable, match="to replace it costs more than 100 gwei"):
            wallet.approve_bond()
        assert in_pool(made, wallet) == []


def test_a_stop_does_not_wait_for_a_block(made):
    stop = threading.Event()
    wallet = wallet_of(made, stop=stop, bump_after_s=120)
    with not_mining(made):
        thread, found = sent(made, wallet, wallet.approve_bond)
        stop.set()
        thread.join(30)
        assert not thread.is_alive()
    assert isinstance(found[0], RequestTimeout)


def test_a_nonce_that_another_program_took_is_said(made):
    wallet, other = wallet_of(made, bump_after_s=120), wallet_of(made, bump_after_s=120)
    with not_mining(made):
        thread, found = sent(made, wallet, wallet.approve_bond)
        second, _ = sent(made, other, other.take_back)
        wait_for(lambda: [each["gas"] for each in pool(made, wallet)] == [PLAIN], second)
        ask(made, "evm_mine")
        thread.join(30)
        second.join(30)
    assert isinstance(found[0], ExchangeNotAvailable)
    assert "another transaction of" in str(found[0])


def test_the_race_is_won_by_whoever_is_mined_first_and_both_keepers_go_on(made):
    """Both are in one block; the rival pays more, and the second call reverts there."""
    made.fall()
    bot, rival = keeper(made), made.clients[RIVAL]
    rival.approve_bond()
    with not_mining(made):
        thread, found = sent(made, made.clients[TAKER], bot.round)
        rival._offered = nonce_of(rival), Fee(20 * GWEI, 10 * GWEI)
        second, _ = sent(made, rival, lambda: rival.liquidate(LONG, "ETH-USD", taker=RIVAL))
        ask(made, "evm_mine")
        thread.join(30)
        second.join(30)
    assert found == [None]
    assert (pending(made).own, pending(made, RIVAL).own is None) == (None, False)
    assert bot._counters.outcompeted._value.get() == 1
