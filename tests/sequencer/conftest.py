"""One chain and one running sequencer for all tests that only look and trade."""

from types import SimpleNamespace

import pytest

from tests.sequencer.running import chain, sequencer


@pytest.fixture(scope="session")
def venue():
    with chain() as made:
        yield made


@pytest.fixture(scope="session")
def market(venue, tmp_path_factory):
    """A sequencer with fresh prices and two funded accounts: `.service`, `.buyer`, `.seller` and their keys."""
    with sequencer(venue, tmp_path_factory.mktemp("sequencer")) as service:
        buyer, seller = (venue.open(10_000 * 10**6) for _ in range(2))
        service.price()
        service.wait_for_account(seller)
        yield SimpleNamespace(
            service=service,
            buyer=buyer,
            seller=seller,
            buyer_key=venue.owners[buyer],
            seller_key=venue.owners[seller],
        )
