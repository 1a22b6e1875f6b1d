"""How hard Hypothesis looks, and which tests stay together when several processes share them."""

import pytest
import structlog
from hypothesis import settings

settings.register_profile("quick", deadline=None, derandomize=True)
settings.register_profile("long", deadline=None, max_examples=20_000)
settings.load_profile("quick")


@pytest.fixture(autouse=True)
def logs_end_with_their_test():
    """A command that ran inside a test logs to that test's standard error, which is closed behind it."""
    yield
    structlog.reset_defaults()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """A file's tests share its fixtures, and all flows share one network: each group stays in one process."""
    for item in items:
        flow = item.path.parent.name == "flow"
        item.add_marker(pytest.mark.xdist_group("flow" if flow else str(item.path)))
