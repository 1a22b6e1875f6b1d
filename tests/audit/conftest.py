"""One synthetic chain for all tests of the auditor; records are immutable, so they can share it."""

import pytest

from tests.audit import synthetic


@pytest.fixture(scope="session")
def honest():
    return synthetic.chain()
