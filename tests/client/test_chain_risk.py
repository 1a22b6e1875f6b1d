"""Takeovers and forced closes called through the SDK: what they take, what waits, and the contract's refusals by name."""

from decimal import Decimal

import pytest

from tests.chain import deployed
from zkclear.client import ChainClient, DevSigner
from zkclear.client.contract import ContractReader, PendingRisk
from zkclear.client.errors import BadRequest, ContractError, InvalidOrder

SUBJECT, TAKER, OTHER = 2, 3, 4


@pytest.fixture(scope="module")
def chain():
    """Accounts 2 (signer 3), 3 and 4 (signer 4), and 5 (signer 5)."""
    with deployed() as (rpc_url, made):
        clients = {n: ChainClient(rpc_url, made.settlement, DevSigner(n)) for n in (3, 4, 5)}
        for n, accounts in ((3, 1), (4, 2), (5, 1)):
            clients[n].mint(1_000)
            for _ in range(accounts):
                clients[n].open(100)
        yield rpc_url, made, clients


@pytest.fixture
def keeper(chain):
    return chain[2][4]


def caught(call):
    with pytest.raises(ContractError) as error:
        call()
    return error.value.name, error.value.values


def test_the_bond_and_the_markets_are_the_contracts(chain):
    rpc_url, made, _ = chain
    reader = ContractReader(rpc_url, made.settlement)
    assert (reader.bond_e6, reader.fee_e6, reader.chain_id) == (20_000_000, 1_000_000, 31_337)
    assert [(each.index, each.name, each.lot_e8) for each in reader.markets()] == [
        (0, "ETH-USD", 100_000),
        (1, "BTC-USD", 10_000),
    ]
    assert (reader.batch_number, reader.queue_head, reader.queue_length) == (0, 0, 8)
    assert reader.payload(reader.queue_length) == 0


@pytest.mark.parametrize(
    ("arguments", "name", "values"),
    [
        ((99, "ETH-USD", TAKER), "UnknownAccount", (99,)),
        ((0, "ETH-USD", TAKER), "UnknownAccount", (0,)),
        ((SUBJECT, "ETH-USD", 5), "NotOwner", (5,)),
        ((OTHER, "ETH-USD", TAKER), "SameOwner", (OTHER, TAKER)),
        ((TAKER, "ETH-USD", TAKER), "SameOwner", (TAKER, TAKER)),
    ],
)
def test_a_takeover_that_the_contract_refuses_takes_nothing(keeper, arguments, name, values):
    account, market, taker = arguments
    before = keeper.balances().token
    found, given = caught(lambda: keeper.liquidate(account, market, taker=taker))
    assert (found, given[: len(values)]) == (name, values)
    assert keeper.balances().token == before
    assert keeper.pending_risk(TAKER) == PendingRisk(None, None)


def test_a_size_that_is_none_is_refused_before_anything_is_sent(keeper):
    with pytest.raises(BadRequest, match="no market 'DOGE-USD'; listed are ETH-USD, BTC-USD"):
        keeper.liquidate(SUBJECT, "DOGE-USD", taker=TAKER)
    for size in ("0", "0.0005", "-1"):
        with pytest.raises(InvalidOrder, match="not a positive multiple of"):
            keeper.request_close(TAKER, "ETH-USD", size)
    # 2^40 lots are representable on the wire, and one too many for the contract.
    name, values = caught(lambda: keeper.liquidate(SUBJECT, "ETH-USD", Decimal(2**40) / 1000, taker=TAKER))
    assert (name, values) == ("AmountOutOfRange", (2**40, 1, 2**40 - 1))


def test_a_takeover_pulls_the_bond_and_waits_in_both_accounts(chain, keeper):
    before = keeper.balances().token
    sent = keeper.liquidate(SUBJECT, "ETH-USD", "0.5", taker=TAKER)
    assert keeper.balances().token == before - 20
    assert keeper.balances().allowance == 0
    assert keeper.pending_risk(TAKER) == PendingRisk(own=sent.request, targeted=None)
    assert keeper.pending_risk(SUBJECT) == PendingRisk(own=None, targeted=sent.request)
    assert keeper.resolution(sent.request, from_block=sent.block) is None
    again = caught(lambda: keeper.liquidate(SUBJECT, "BTC-USD", taker=OTHER))
    assert again == ("RequestPending", (SUBJECT, sent.request))
    second = caught(lambda: keeper.liquidate(5, "ETH-USD", taker=TAKER))
    assert second == ("RequestPending", (TAKER, sent.request))
    # A stranger's takeover does not keep the owner from leaving.
    owner = chain[2][3]
    closing = owner.request_close(SUBJECT, "ETH-USD")
    assert owner.pending_risk(SUBJECT) == PendingRisk(own=closing.request, targeted=sent.request)


def test_a_forced_close_costs_the_fee_and_is_the_owners(chain, keeper):
    owner = chain[2][5]
    before = owner.balances().token
    assert owner.request_close(5, "BTC-USD", "0.25").request is not None
    assert owner.balances().token == before - 1
    assert caught(lambda: owner.request_close(5, "BTC-USD"))[0] == "RequestPending"
    name, values = caught(lambda: keeper.request_close(5, "ETH-USD"))
    assert (name, values) == ("NotOwner", (5, keeper.address.lower()))


def test_a_wallet_without_the_bond_is_refused_by_the_token(chain):
    rpc_url, made, _ = chain
    poor = ChainClient(rpc_url, made.settlement, DevSigner(6))
    poor.mint(110)
    account = poor.open(100).account
    name, values = caught(lambda: poor.liquidate(1, "ETH-USD", taker=account))
    assert (name, values[1:]) == ("ERC20InsufficientBalance", (10_000_000, 20_000_000))
