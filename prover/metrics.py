"""What Prometheus sees of the prover. Durations are counted in integers and shown in seconds by the library."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from prover.line import Line
from prover.proving.jobs import JobQueue
from prover.settlement.intents import IntentStore
from prover.settlement.outbox import Outbox
from prover.settlement.watch import ChainWatch
from prover.store import BatchStore

MICROSECONDS = 1_000_000
WITNESS_SECONDS = [step / 1000 for step in (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)]
PROVE_SECONDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)
GAS = [100_000 * step for step in (3, 4, 5, 6, 8, 10, 20, 50, 100, 160)]
"""A transaction has at most 2^24."""


class Metrics:
    """What happened, counted as it happens; `parts` are asked whenever somebody reads."""

    def __init__(self, parts: Collector) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(parts)
        self._witness = self._histogram("witness_seconds", "Time to build a witness.", WITNESS_SECONDS)
        self._prove = self._histogram(
            "prove_seconds", "Time to make a proof, as its worker says.", PROVE_SECONDS
        )
        self._gas = self._histogram("settle_gas", "Gas of a settlement, whoever sent it.", GAS)
        self._gas_per_fill = Gauge(
            "zkclear_settle_gas_per_fill", "Gas a fill of the newest batch with any.", registry=self.registry
        )

    def _histogram(self, name: str, text: str, buckets: Sequence[float]) -> Histogram:
        return Histogram(f"zkclear_{name}", text, ("shape",), registry=self.registry, buckets=buckets)

    def witness_built(self, shape: str, took_us: int) -> None:
        """A batch is ready to be proved."""
        self._witness.labels(shape).observe(took_us / MICROSECONDS)

    def proved(self, shape: str, took_us: int) -> None:
        """A proof was verified."""
        self._prove.labels(shape).observe(took_us / MICROSECONDS)

    def settled(self, shape: str, *, gas: int, fills: int) -> None:
        """A batch is final."""
        self._gas.labels(shape).observe(gas)
        if fills:
            self._gas_per_fill.set(gas // fills)


@dataclass(frozen=True, eq=False)
class Parts(Collector):
    """Reads what the parts of the prover know already. What is not known is left out."""

    queue: JobQueue
    batches: BatchStore
    intents: IntentStore
    outbox: Outbox
    watch: ChainWatch
    line: Line
    max_lag_s: int
    build: Mapping[str, str]
    """The values of `build_info`, but the key of each shape."""
    keys: Mapping[str, str]
    """The hash of the verifying key of each shape."""
    clock_s: Callable[[], int] = lambda: int(time.time())

    def collect(self) -> Iterator[Metric]:
        """All of it."""
        yield from self._jobs()
        yield from self._ages()
        yield _counts(
            "settle_tx", "Settlement transactions by what became of them.", "status", self.outbox.counts
        )
        yield from self._chain()
        build = GaugeMetricFamily(
            "zkclear_build_info", "Always 1.", labels=[*self.build, "shape", "verifying_key_hash"]
        )
        for shape, key in self.keys.items():
            build.add_metric([*self.build.values(), shape, key], 1)
        yield build

    def _jobs(self) -> Iterator[Metric]:
        census = self.queue.census()
        yield _gauges("prover_jobs", "Jobs by state.", "state", census.states)
        yield _gauge("prover_workers", "Workers that hold a lease or asked for one lately.", census.workers)
        yield _count("lease_expired", "Leases that ended without a proof.", census.expired)
        yield _count(
            "proof_rejected", "Proofs that were not for their job or did not verify.", census.rejected
        )

    def _ages(self) -> Iterator[Metric]:
        """By the batch's own timestamp, which is what the contract goes by."""
        now_s, settled = self.clock_s(), self.intents.last_settled()
        waiting = {
            "sealed": self.batches.oldest_time(after=settled, proved=False),
            "proved": self.batches.oldest_time(after=settled, proved=True),
        }
        newest = self.batches.sealed(settled)
        times = waiting | {"settled": None if newest is None else newest.timestamp_s}
        ages = {stage: now_s - at for stage, at in times.items() if at is not None}
        yield _gauges(
            "batch_age_seconds", "Age of the oldest batch that is so far and no further.", "stage", ages
        )
        open_times = [at for at in waiting.values() if at is not None]
        if open_times:
            left = min(open_times) + self.max_lag_s - now_s
            yield _gauge("settle_window_seconds", "Until the contract takes the oldest batch no more.", left)

    def _chain(self) -> Iterator[Metric]:
        watch = self.watch
        yield _count("l1_reorg", "Newest blocks that were gone at the next look.", watch.reorganisations)
        if watch.queue is None or watch.vault is None:
            return
        yield _gauge("l1_head_lag_blocks", "Blocks between the newest and the final one.", watch.lag_blocks)
        yield _gauge("requests_pending", "L1 requests that no settled batch took.", watch.queue.waiting)
        if watch.queue.deadline_s is not None:
            left = watch.queue.deadline_s - self.clock_s()
            yield _gauge("request_deadline_seconds", "Until anyone may freeze the contract.", left)
        owed = self.line.owed.get(watch.vault.batch)
        if owed is not None:
            yield _gauge(
                "reserves_delta_quote",
                "Tokens for accounts in the vault, less what accounts hold; below 0 is a hole, above 0 a gift.",
                watch.vault.for_accounts - owed,
            )


def _gauge(name: str, text: str, value: int) -> Metric:
    return GaugeMetricFamily(f"zkclear_{name}", text, value=value)


def _gauges(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = GaugeMetricFamily(f"zkclear_{name}", text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _count(name: str, text: str, value: int) -> Metric:
    return CounterMetricFamily(f"zkclear_{name}", text, value=value)


def _counts(name: str, text: str, label: str, values: Mapping[str, int]) -> Metric:
    family = CounterMetricFamily(f"zkclear_{name}", text, labels=[label])
    for key, value in dict(values).items():
        family.add_metric([key], value)
    return family
