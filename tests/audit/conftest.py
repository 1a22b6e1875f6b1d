"""Synthetic chains for all tests of the auditor; records are immutable, so they can share them."""

import pytest

from tests.audit import synthetic
from tests.audit.falsified import settled
from tests.risk_scenario import liquidated, relisted


@pytest.fixture(scope="session")
def honest():
    """Every kind of entry and request but the risk operations."""
    return synthetic.chain()


@pytest.fixture(scope="session")
def fallen():
    """An account falls, and is liquidated in every way but deleveraging."""
    return settled(liquidated)


@pytest.fixture(scope="session")
def listed():
    """Markets are listed and changed."""
    return settled(relisted)
