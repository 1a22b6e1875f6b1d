"""The gateway's process: two gRPC servers in front of one core."""

import json
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from sequencer.config import Configuration
from sequencer.core.genesis import read_genesis
from sequencer.core.refusals import Refused
from sequencer.gateway.fields import FieldLimits, Fields
from sequencer.gateway.internal import AdminService, BatchService
from sequencer.gateway.limits import RateLimits
from sequencer.gateway.liquidation import ALERT_STREAMS, LiquidationService
from sequencer.gateway.registration import register
from sequencer.gateway.services import AccountService, AuditService, MarketDataService, OracleService
from sequencer.gateway.trading import TradingService
from sequencer.link import Link
from zkclear.service.addresses import is_loopback
from zkclear.service.configuration import ConfigurationError
from zkclear.service.sections import TlsSettings
from zkclear.v1 import (
    account_pb2,
    admin_pb2,
    audit_pb2,
    batch_pb2,
    liquidation_pb2,
    market_data_pb2,
    oracle_pb2,
    trading_pb2,
)

STOP_GRACE_S = 5
HEALTH_EVERY_S = 1
CORE_EVERY_MS = 50
INTERNAL_THREADS = 16
"""Each stream of sealed batches holds one; a handful of provers at most."""
ORDER_TAKING = "zkclear.v1.TradingService"

_Served = tuple[Any, object, list[tuple[str, int]]]
"""The module of a proto, what implements its service, and the largest requests by method."""

log = structlog.get_logger()


def _options(configuration: Configuration) -> list[tuple[str, int]]:
    bound = configuration.gateway.max_message_bytes
    return [
        ("grpc.max_receive_message_length", bound),
        ("grpc.max_send_message_length", 64 << 20),
        ("grpc.so_reuseport", 0),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ("grpc.keepalive_permit_without_calls", 1),
    ]


def _listen(server: grpc.Server, address: str, tls: TlsSettings, *, key: str, mutual: bool) -> int:
    """Opens a port; gives its number, which is new if the address asks for port 0."""
    try:
        if tls.cert_file is None or tls.key_file is None:
            return server.add_insecure_port(address)
        pair = [(tls.key_file.read_bytes(), tls.cert_file.read_bytes())]
        authority = tls.ca_file.read_bytes() if mutual and tls.ca_file is not None else None
        credentials = grpc.ssl_server_credentials(
            pair, root_certificates=authority, require_client_auth=authority is not None
        )
        return server.add_secure_port(address, credentials)
    except (OSError, RuntimeError) as cause:
        raise ConfigurationError(f"{key} {address} cannot be listened on: {cause}") from cause


class Gateway:
    """Both servers with their health, from start to stop."""

    def __init__(
        self, configuration: Configuration, record: dict[str, Any], path: str, stop: threading.Event
    ) -> None:
        self._configuration = configuration
        self._link = Link(path)
        self._healths: list[health.HealthServicer] = []
        self._services: list[str] = []
        genesis = read_genesis(record)
        settings = configuration.gateway
        limits = FieldLimits(settings.max_order_lifetime_s, settings.nonce_ahead_s)
        fields = Fields(genesis, limits, find=self._market)
        rates, cancel_rates, preview_rates = (
            RateLimits(per_second=settings.rate_orders_per_s, burst=settings.rate_burst) for _ in range(3)
        )
        limit = settings.max_order_bytes
        trading = TradingService(
            self._link,
            genesis,
            fields,
            rates=rates,
            cancel_rates=cancel_rates,
            preview_rates=preview_rates,
            order_bytes=limit,
        )
        bounded = ("SubmitOrder", "CancelOrder", "CancelAllOrders", "PreviewOrder")
        self._public = self._server(
            settings.threads + ALERT_STREAMS,
            [
                (trading_pb2, trading, [(name, limit) for name in bounded]),
                (market_data_pb2, MarketDataService(self._link), []),
                (
                    account_pb2,
                    AccountService(self._link, genesis, fields, rates),
                    [("SubmitWithdrawal", limit)],
                ),
                (audit_pb2, AuditService(self._link), []),
                (oracle_pb2, OracleService(self._link, genesis), [("SubmitReport", limit)]),
                (liquidation_pb2, LiquidationService(self._link, stop), []),
            ],
        )
        internal: list[_Served] = [(batch_pb2, BatchService(self._link, stop), [])]
        if is_loopback(settings.internal_listen):
            internal.append((admin_pb2, AdminService(self._link), []))
        self._internal = self._server(INTERNAL_THREADS, internal)

    def _market(self, name: str) -> market_data_pb2.Market:
        """What the core lists under a name, or its refusal."""
        request = market_data_pb2.GetMarketRequest(name=name).SerializeToString()
        response = self._link.ask("GetMarket", request)
        return market_data_pb2.GetMarketResponse.FromString(response).market

    def _server(self, threads: int, services: list[_Served]) -> grpc.Server:
        server = grpc.server(
            ThreadPoolExecutor(threads, thread_name_prefix="grpc"), options=_options(self._configuration)
        )
        names = []
        for module, implementation, limits in services:
            (descriptor,) = module.DESCRIPTOR.services_by_name.values()
            names.append(register(server, descriptor, implementation, limits=limits))
        checker = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(checker, server)
        reflection.enable_server_reflection([*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server)
        self._healths.append(checker)
        self._services += names
        return server

    def start(self) -> tuple[int, int]:
        """Listens; gives the public and the internal port."""
        settings, tls = self._configuration.gateway, self._configuration.tls
        public = _listen(self._public, settings.listen, tls, key="gateway.listen", mutual=False)
        internal = _listen(
            self._internal, settings.internal_listen, tls, key="gateway.internal_listen", mutual=True
        )
        self._set_health()
        self._public.start()
        self._internal.start()
        return public, internal

    def wait_for_core(self, stop: threading.Event) -> bool:
        """Waits until the core answers; False if told to stop before."""
        while not self._link.is_up:
            if stop.wait(CORE_EVERY_MS / 1000):
                return False
        self._set_health()
        return True

    def serve(self, stop: threading.Event) -> None:
        """Keeps the health honest until told to stop, then lets running calls end."""
        parent = os.getppid()
        while not stop.wait(HEALTH_EVERY_S) and os.getppid() == parent:
            self._set_health()
        stop.set()
        ended = [server.stop(STOP_GRACE_S) for server in (self._public, self._internal)]
        for event in ended:
            event.wait(STOP_GRACE_S + 1)
        self._link.close()

    def _set_health(self) -> None:
        """Orders are served while prices are fresh and the core takes them; the rest while the core answers."""
        waiting = "RECOVERING"
        if self._link.is_up:
            try:
                answer = self._link.ask("GetStatus")
                waiting = admin_pb2.GetStatusResponse.FromString(answer).waiting
            except Refused as refusal:
                waiting = refusal.reason
        status = health_pb2.HealthCheckResponse
        for checker in self._healths:
            for name in ("", *self._services):
                good = waiting == "" if name == ORDER_TAKING else waiting != "RECOVERING"
                checker.set(name, status.SERVING if good else status.NOT_SERVING)


def run_gateway(
    configuration: Configuration, record: dict[str, Any], path: str, ready_file: Path | None = None
) -> None:
    """The gateway process from start to SIGTERM. `ready_file` gets the ports once the core answers."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor decides
    gateway = Gateway(configuration, record, path, stop)
    public, internal = gateway.start()
    log.info("gateway ready", port=public, internal_port=internal)
    if gateway.wait_for_core(stop) and ready_file is not None:
        partial = ready_file.with_name(f"{ready_file.name}.partial")
        partial.write_text(json.dumps({"port": public, "internal_port": internal}), encoding="utf-8")
        partial.rename(ready_file)
    gateway.serve(stop)
    log.info("gateway stopped")
