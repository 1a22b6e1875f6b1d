"""Who may speak in the clear: a process on this machine. Everybody else needs mutual TLS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import grpc

from zkclear.service.addresses import is_loopback
from zkclear.service.configuration import ConfigurationError
from zkclear.service.sections import TlsSettings

MESSAGE_BYTES = 4 << 20
CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.keepalive_time_ms", 360_000),
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 5_000),
]
"""
A server takes pings every five minutes and cuts whoever pings more often. A sequencer that comes back is found within
seconds; gRPC's own pause would grow to two minutes.
"""
SERVER_OPTIONS = [
    ("grpc.max_receive_message_length", MESSAGE_BYTES),
    ("grpc.so_reuseport", 0),
]
"""Two servers on one port would share the workers between them without a word; the second is refused."""


def open_port(server: grpc.Server, address: str, tls: TlsSettings) -> int:
    """Lets the server listen; the port, which is new if the address asks for port 0."""
    files = _files(tls)
    if files is None and not is_loopback(address):
        raise ConfigurationError(
            f"prover.listen {address} is reachable from other machines: give tls.cert_file, tls.key_file and tls.ca_file"
        )
    try:
        if files is None:
            return server.add_insecure_port(address)
        certificate, key, authority = files
        credentials = grpc.ssl_server_credentials(
            [(key, certificate)], root_certificates=authority, require_client_auth=True
        )
        return server.add_secure_port(address, credentials)
    except RuntimeError as cause:
        raise ConfigurationError(f"prover.listen {address} cannot be listened on: {cause}") from cause


def open_channel(address: str, tls: TlsSettings) -> grpc.Channel:
    """A connection to another of our services."""
    files = _files(tls)
    if files is None:
        if not is_loopback(address):
            raise ConfigurationError(
                f"prover.sequencer {address} is another machine: give tls.cert_file, tls.key_file and tls.ca_file"
            )
        return grpc.insecure_channel(address, options=CHANNEL_OPTIONS)
    certificate, key, authority = files
    credentials = grpc.ssl_channel_credentials(
        root_certificates=authority, private_key=key, certificate_chain=certificate
    )
    return grpc.secure_channel(address, credentials, options=CHANNEL_OPTIONS)


def worker_certificates(tls: TlsSettings) -> Sequence[str]:
    """The options with which a local worker presents the same certificate."""
    if _files(tls) is None:
        return ()
    return ("--ca", str(tls.ca_file), "--certificate", str(tls.cert_file), "--key", str(tls.key_file))


def _files(tls: TlsSettings) -> tuple[bytes, bytes, bytes] | None:
    """Certificate, key and authority; None if none is given."""
    paths: list[Path | None] = [tls.cert_file, tls.key_file, tls.ca_file]
    given = [path for path in paths if path is not None]
    if not given:
        return None
    if len(given) != len(paths):
        raise ConfigurationError("tls needs cert_file, key_file and ca_file together")
    try:
        certificate, key, authority = (path.read_bytes() for path in given)
    except OSError as cause:
        raise ConfigurationError(f"a file of tls cannot be read: {cause}") from cause
    return certificate, key, authority
