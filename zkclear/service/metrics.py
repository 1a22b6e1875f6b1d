"""Where Prometheus reads what a program counts."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server

from zkclear.service.configuration import ConfigurationError


@contextmanager
def metrics_served(registry: CollectorRegistry, listen: str, *, setting: str) -> Iterator[int]:
    """
    Answers at HOST:PORT as long as the context lasts; gives the port, which is new if 0 was asked for.

    Raises ConfigurationError if the address, which `setting` gave, cannot be had.
    """
    host, _, port = listen.rpartition(":")
    try:
        server, thread = start_http_server(int(port), addr=host.strip("[]"), registry=registry)
    except (OSError, ValueError, OverflowError) as cause:
        raise ConfigurationError(f"{setting} {listen} cannot be listened on: {cause}") from cause
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
