"""One real network a test session: Anvil, the contracts, sequencer, prover and a Go worker, shape tiny."""

from decimal import Decimal

import pytest

from devnet.network import network
from devnet.oracles import Oracles
from zkclear.client import Client

PRICES = {"ETH-USD": "3000.15", "BTC-USD": "60000"}


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    with network(tmp_path_factory.mktemp("network"), shapes=("tiny",), max_age_ms=1_500) as started:
        yield started


@pytest.fixture(scope="session")
def client(running):
    with Client(running.public, rpc_url=running.rpc_url) as opened:
        yield opened


@pytest.fixture(scope="session")
def oracles(running, client):
    with Oracles(client, running.oracles) as reporting:
        reporting.show({name: Decimal(price) for name, price in PRICES.items()})
        yield reporting
