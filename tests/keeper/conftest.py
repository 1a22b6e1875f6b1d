"""A market for each file of tests, as it was opened for each test of it."""

import pytest

from tests.keeper.ground import ground, undone


@pytest.fixture(scope="module")
def market():
    """Opened and traded once."""
    with ground() as made:
        yield made


@pytest.fixture
def made(market):
    """The market as it was opened; each test may do what it likes."""
    with undone(market):
        yield market
