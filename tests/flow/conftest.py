"""One real network a test session: Anvil, the contracts, sequencer, prover and a Go worker, shape tiny."""

from decimal import Decimal

import pytest

from devnet.network import network
from devnet.oracles import Oracles
from tests.flow.waiting import until
from zkclear.client import Client, DevSigner
from zkclear.client.errors import BaseError

PRICES = {"ETH-USD": Decimal("3000.15"), "BTC-USD": Decimal(60_000)}
DEPOSIT = 10_000


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """The network; its logs are in pytest's temporary folder."""
    with network(tmp_path_factory.mktemp("network"), shapes=("tiny",), max_age_ms=1_500) as started:
        yield started


@pytest.fixture(scope="session")
def client(running):
    """The SDK, which compares the exchange's domain with the contract's."""
    with Client(running.public, rpc_url=running.rpc_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def oracles(running, client):
    """Three signers reporting fixed prices for as long as the session lasts."""
    with Oracles(client, running.oracles) as reporting:
        reporting.show(PRICES)
        yield reporting


def funded(client, account: int) -> bool:
    """Whether the account's first deposit is in the live state."""
    try:
        return client.account(account).state().collateral > 0
    except BaseError as refusal:
        assert refusal.reason == "ACCOUNT_NOT_FOUND"
        return False


@pytest.fixture(scope="session")
def traders(running, client, oracles):
    """Accounts 2 and 3, each with a deposit that a batch has taken, as (maker, taker)."""
    opened = []
    for number in (1, 2):
        signer = DevSigner(number)
        chain = client.chain(running.rpc_url, signer)
        chain.mint(2 * DEPOSIT)
        assert number + 1 == chain.open(DEPOSIT).account
        opened.append(client.trading(signer, number + 1))
    for trader in opened:
        until(lambda account=trader.account: funded(client, account), f"account {trader.account}")
    return tuple(opened)
