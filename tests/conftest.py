"""How hard Hypothesis looks, and which tests stay together when several processes share them."""

import pytest
import structlog
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

FLOWS = "tests/flow/"

settings.register_profile("quick", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=20_000)
settings.load_profile("quick")


@pytest.fixture(autouse=True)
def logs_end_with_their_test():
    """A command that ran inside a test logs to that test's standard error, which is closed behind it."""
    yield
    structlog.reset_defaults()


class Rooms(LoadFileScheduling):
    """A file's tests share its fixtures, and all flows share one network: each stays in one process."""

    def _split_scope(self, nodeid):
        file = super()._split_scope(nodeid)
        return FLOWS if file.startswith(FLOWS) else file


def pytest_xdist_make_scheduler(config, log):
    """Who shares what when several processes share the tests."""
    return Rooms(config, log)
