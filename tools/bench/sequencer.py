"""Orders a second: the matching core alone, and through the whole service with signatures, journal and receipts."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sequencer.core.settings import Settings
from tests.sequencer.floor import Floor
from tests.sequencer.running import Running, chain, sequencer
from zkclear.v1 import trading_pb2

Tables = Iterator[tuple[str, list[str], list[list[str]]]]

CORE_ORDERS = 20_000
UNARY_ORDERS = 2_000
BATCH_ORDERS = 5_000
ITEMS = 50
CLIENTS = 4
ACCOUNTS = 4
DEPOSIT_E6 = 10**12
SEED = 1


def _flow(count: int) -> Iterator[tuple[int, bool, int, int]]:
    """Account, side, lots and ticks from the mark: a random flow that trades about twice in three orders."""
    rng = random.Random(SEED)  # noqa: S311 - the same flow in every run, no secret
    for index in range(count):
        yield index % ACCOUNTS, rng.random() < 1 / 2, rng.randrange(5, 50), rng.randrange(-100, 100)


def _core() -> list[list[str]]:
    """The core in this process: admission, margin, matching, receipts, and sealing under the rule book."""
    floor = Floor(settings=Settings(max_unproved=10**9))
    floor.open(ACCOUNTS, amount_e6=DEPOSIT_E6)
    floor.price()
    commands = [
        floor.order_command(
            2 + account,
            "SELL GTC" if sells else "BUY GTC",
            lots,
            30_000 + away,
            nonce=1024 * (index + 1) + index % 997,
            replace=True,
        )
        for index, (account, sells, lots, away) in enumerate(_flow(CORE_ORDERS))
    ]
    started = time.perf_counter_ns()
    for command in commands:
        floor.now_us += 20
        floor.machine.apply(floor.now_us, command)
    taken = time.perf_counter_ns() - started
    exchange = floor.exchange
    return [
        [
            "core alone, signed receipts",
            f"{CORE_ORDERS:,}",
            f"{exchange.engine.trade_count:,}",
            f"{len(exchange.sealed):,}",
            f"{CORE_ORDERS * 10**9 // taken:,}",
            f"{taken // CORE_ORDERS // 1000} us",
        ]
    ]


def _signed(service: Running, accounts: list[int], count: int) -> list[trading_pb2.SubmitOrderRequest]:
    return [
        service.order(
            accounts[account],
            "SELL GTC" if sells else "BUY GTC",
            lots * 100_000,
            (30_000 + away) * 10_000_000,
            key=service.venue.owners[accounts[account]],
            nonce=1024 * (index + 1) + index % 997,
            replace=True,
        )
        for index, (account, sells, lots, away) in enumerate(_flow(count))
    ]


def _timed(call: Any, requests: list[Any]) -> tuple[int, list[int]]:
    """All requests from a few clients at once: nanoseconds altogether, and of each call, sorted."""

    def one(request: Any) -> int:
        began = time.perf_counter_ns()
        response = call(request)
        taken = time.perf_counter_ns() - began
        assert all(item.HasField("accepted") for item in getattr(response, "items", ())), response
        return taken

    started = time.perf_counter_ns()
    with ThreadPoolExecutor(CLIENTS) as pool:
        latencies = sorted(pool.map(one, requests))
    return time.perf_counter_ns() - started, latencies


def _row(what: str, orders: int, taken: int, latencies: list[int]) -> list[str]:
    return [
        what,
        f"{orders:,}",
        f"{orders * 10**9 // taken:,}",
        f"{latencies[len(latencies) // 2] // 1000:,} us",
        f"{latencies[len(latencies) * 99 // 100] // 1000:,} us",
    ]


def _service() -> list[list[str]]:
    """Python clients on the same cores; every answer waits for the journal."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, chain() as venue:
        options = {"batching.max_unproved": 10**6, "gateway.max_open_orders": 1024}
        with sequencer(venue, Path(folder), **options) as service:
            service.price()
            accounts = [venue.open(DEPOSIT_E6) for _ in range(ACCOUNTS)]
            service.wait_for_account(accounts[-1])
            orders = _signed(service, accounts, UNARY_ORDERS + BATCH_ORDERS)
            unary, rest = orders[:UNARY_ORDERS], orders[UNARY_ORDERS:]
            rows.append(_row("SubmitOrder", UNARY_ORDERS, *_timed(service.trading.SubmitOrder, unary)))
            batches = [
                trading_pb2.SubmitOrdersRequest(items=rest[start : start + ITEMS])
                for start in range(0, len(rest), ITEMS)
            ]
            rows.append(
                _row(
                    f"SubmitOrders, {ITEMS} a call",
                    BATCH_ORDERS,
                    *_timed(service.trading.SubmitOrders, batches),
                )
            )
    return rows


def tables() -> Tables:
    """Both tables, each when it is measured."""
    yield (
        "the matching core, one process",
        ["what", "orders", "trades", "batches", "orders/s", "an order"],
        _core(),
    )
    yield (
        f"through gRPC, {CLIENTS} clients on the same cores, every answer journalled",
        ["call", "orders", "orders/s", "P50 a call", "P99 a call"],
        _service(),
    )
