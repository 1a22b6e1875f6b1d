"""Metrics are served for as long as the program runs."""

import urllib.error
import urllib.request

import pytest
from prometheus_client import CollectorRegistry, Gauge

from zkclear.service.configuration import ConfigurationError
from zkclear.service.metrics import metrics_served


def test_metrics_are_there_inside_and_gone_outside_and_a_port_in_use_is_said():
    registry = CollectorRegistry()
    Gauge("zkclear_one", "One.", registry=registry).set(1)
    with metrics_served(registry, "127.0.0.1:0", setting="metrics.listen") as port:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
            assert "zkclear_one 1.0" in response.read().decode()
        with (
            pytest.raises(ConfigurationError, match=rf"metrics\.listen 127\.0\.0\.1:{port} cannot be"),
            metrics_served(registry, f"127.0.0.1:{port}", setting="metrics.listen"),
        ):
            pass
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10)


@pytest.mark.parametrize("listen", ["nowhere", "127.0.0.1:", "127.0.0.1:65536"])
def test_an_address_that_is_none_is_said(listen):
    with (
        pytest.raises(ConfigurationError, match="cannot be listened on"),
        metrics_served(CollectorRegistry(), listen, setting="metrics.listen"),
    ):
        pass
