"""A real sequencer in its own processes, beside a development chain: what a trader, an oracle and an operator meet."""

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from prometheus_client.parser import text_string_to_metric_families

from devnet.processes import free_port
from prover.settlement.anvil import anvil, development_account
from prover.settlement.deploy import deploy_plan
from tests.chain import ACCEPTING, DEPLOYER, ORACLES, Venue, plan, secret
from zkclear.crypto.eip712 import order_digest, price_report_digest, read_access_digest, withdraw_digest
from zkclear.crypto.signatures import address_of, sign
from zkclear.v1 import (
    account_pb2,
    account_pb2_grpc,
    admin_pb2,
    admin_pb2_grpc,
    audit_pb2_grpc,
    batch_pb2_grpc,
    liquidation_pb2_grpc,
    market_data_pb2_grpc,
    oracle_pb2,
    oracle_pb2_grpc,
    order_pb2,
    trading_pb2,
    trading_pb2_grpc,
)

ROOT = Path(__file__).resolve().parents[2]
START_LIMIT_S = 300
SHAPES = ("tiny", "small", "medium")


@contextmanager
def chain():
    """Anvil with a deployment whose verifiers accept every proof: no proof is made here."""
    with anvil() as node:
        made = deploy_plan(
            plan(),
            [(shape, ACCEPTING) for shape in SHAPES],
            rpc_url=node.rpc_url,
            deployer_key=development_account(DEPLOYER).key,
        )
        yield Venue(node.rpc_url, made)


def configuration(folder, venue, **changes):
    """A zkclear.toml for the deployment; `changes` are section.key=value."""
    key = folder / "receipt.key"
    key.write_text(f"0x{secret('receipts'):064x}")
    values = {
        "chain.rpc_urls": [venue.rpc_url],
        "chain.id": venue.deployment.chain_id,
        "chain.contract": venue.deployment.settlement,
        "chain.finality": 0,
        "chain.poll_ms": 50,
        "gateway.listen": "127.0.0.1:0",
        "gateway.internal_listen": "127.0.0.1:0",
        "gateway.rate_orders_per_s": 100_000,
        "gateway.rate_burst": 100_000,
        "batching.max_age_ms": 60_000,
        "oracle.stale_after_s": 3600,
        "journal.path": str(folder / "journal"),
        "sequencer.key_file": str(key),
        "metrics.listen": f"127.0.0.1:{free_port()}",
        **changes,
    }
    path = folder / "zkclear.toml"
    path.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items()))
    return path


@dataclass
class Running:
    """A started sequencer and channels to it."""

    process: subprocess.Popen
    ports: dict
    venue: Venue
    metrics: str

    def __post_init__(self):
        self.public = grpc.insecure_channel(f"127.0.0.1:{self.ports['port']}")
        self.internal = grpc.insecure_channel(f"127.0.0.1:{self.ports['internal_port']}")
        self.trading = trading_pb2_grpc.TradingServiceStub(self.public)
        self.accounts = account_pb2_grpc.AccountServiceStub(self.public)
        self.markets = market_data_pb2_grpc.MarketDataServiceStub(self.public)
        self.audit = audit_pb2_grpc.AuditServiceStub(self.public)
        self.oracle = oracle_pb2_grpc.OracleServiceStub(self.public)
        self.admin = admin_pb2_grpc.AdminServiceStub(self.internal)
        self.batches = batch_pb2_grpc.BatchServiceStub(self.internal)
        self.liquidation = liquidation_pb2_grpc.LiquidationServiceStub(self.public)
        self.serial = 0

    @property
    def domain(self):
        return self.venue.domain

    def price(self, eth=3000, btc=60_000, *, seconds=None):
        """Two of three oracles agree."""
        now = int(time.time()) if seconds is None else seconds
        prices = [eth * 10**8, btc * 10**8]
        for key in ORACLES[:2]:
            digest = price_report_digest(self.domain, time=now, prices_e8=prices)
            report = oracle_pb2.PriceReport(time_s=now, prices_e8=prices)
            self.oracle.SubmitReport(
                oracle_pb2.SubmitReportRequest(report=report, signature=sign(digest, key))
            )

    def account(self, number):
        return self.accounts.GetAccount(account_pb2.GetAccountRequest(account=number)).account

    def status(self):
        return self.admin.GetStatus(admin_pb2.GetStatusRequest())

    def wait_for_account(self, number):
        """Waits until the deposit of an account is in the open batch."""

        def is_there():
            try:
                return self.account(number).collateral_e6 > 0
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.NOT_FOUND
                return False

        self.wait_for(is_there, f"account {number}")

    def wait_for(self, condition, what):
        deadline = time.monotonic() + START_LIMIT_S
        while not condition():
            assert time.monotonic() < deadline, f"waited too long for {what}"
            time.sleep(0.02)

    def metric(self, name, **labels):
        """The value of a served metric, None if there is none; gauges are set once a second."""
        with urllib.request.urlopen(f"http://{self.metrics}/metrics", timeout=START_LIMIT_S) as response:
            families = text_string_to_metric_families(response.read().decode())
        samples = (sample for family in families for sample in family.samples)
        found = (each.value for each in samples if (each.name, each.labels) == (f"zkclear_{name}", labels))
        return next(found, None)

    def next_nonce(self):
        self.serial += 1
        return int(time.time() * 1000) * 1024 + self.serial % 1024

    def order(self, account, action, size_e8, price_e8, *, key, domain=None, replace=False, **changes):
        """A signed order; `changes` replace fields before they are signed."""
        fields = {
            "account": account,
            "market": "ETH-USD",
            "action": action,
            "size_e8": size_e8,
            "limit_price_e8": price_e8,
            "expiry_s": int(time.time()) + 600,
            "nonce": self.next_nonce(),
            **changes,
        }
        signed = {**fields, "expiry": fields["expiry_s"]}
        del signed["expiry_s"]
        digest = order_digest(domain or self.domain, **signed)
        return trading_pb2.SubmitOrderRequest(
            fields=order_pb2.OrderFields(**fields), signature=sign(digest, key), replace=replace
        )

    def withdrawal(self, account, amount_e6, *, key, recipient, asset):
        fields = {
            "account": account,
            "recipient": recipient.to_bytes(20, "big"),
            "asset": asset,
            "amount_e6": amount_e6,
            "expiry_s": int(time.time()) + 600,
            "nonce": self.next_nonce(),
        }
        digest = withdraw_digest(
            self.domain,
            account=account,
            recipient=recipient,
            asset=asset,
            amount_e6=amount_e6,
            expiry=fields["expiry_s"],
            nonce=fields["nonce"],
        )
        return account_pb2.SubmitWithdrawalRequest(
            fields=account_pb2.WithdrawalFields(**fields), signature=sign(digest, key)
        )

    def read_access(self, account, key):
        until = int(time.time()) + 60
        digest = read_access_digest(self.domain, account=account, valid_until=until)
        access = trading_pb2.ReadAccess(account=account, valid_until_s=until, signature=sign(digest, key))
        return (("zkclear-read-bin", access.SerializeToString()),)


@contextmanager
def started(venue, folder, **changes):
    """Starts `python -m sequencer`, and waits for its end after telling it to, if it still runs."""
    path = configuration(folder, venue, **changes)
    ready = folder / f"ready-{time.monotonic_ns()}"
    command = [sys.executable, "-m", "sequencer", "--config", str(path), "--ready-file", str(ready)]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stderr=log, env={**os.environ})
    try:
        deadline = time.monotonic() + START_LIMIT_S
        while not ready.exists():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline, "the sequencer does not become ready"
            time.sleep(0.05)
        running = Running(
            process,
            json.loads(ready.read_text()),
            venue,
            tomllib.loads(path.read_text())["metrics"]["listen"],
        )
        yield running
        running.public.close()
        running.internal.close()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(START_LIMIT_S)


@contextmanager
def sequencer(venue, folder, **changes):
    """As `started`, for a sequencer that must end with status 0."""
    with started(venue, folder, **changes) as running:
        yield running
    assert running.process.returncode == 0, (folder / "log").read_text()


def reason_of(error):
    """The ErrorInfo of a refused call."""
    status = rpc_status.from_call(error)
    return info_of(status)


def info_of(status):
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    return info


def owner_key(account):
    return secret(f"owner {account}")


def owner_address(account):
    return address_of(owner_key(account))
