"""
Who proves what: jobs, leases and attempts, in memory. What must survive a restart is in the batch store.

Time comes from outside as milliseconds of a monotonic clock, so that tests move it by hand.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

WORKER_GONE_MS = 90_000
"""An idle worker asks for a job every half minute."""
MAX_WORKERS = 1_000
"""More registrations than any fleet has; the oldest without a lease makes room."""


class JobState(Enum):
    """Where a job stands."""

    QUEUED = 1
    LEASED = 2
    DONE = 3
    FAILED = 4


@dataclass(frozen=True, slots=True)
class Inputs:
    """The public inputs that a proof must be for, computed by this side."""

    h: int
    r: int
    y: int


@dataclass(frozen=True, slots=True)
class Job:
    """One batch to prove in one circuit."""

    batch: int
    shape: str
    circuit: bytes
    inputs: Inputs
    state: JobState = JobState.QUEUED
    attempts: int = 0
    worker: str = ""
    failure: str = ""

    @property
    def id(self) -> str:
        """Batch and circuit: a second proof for the same job changes nothing."""
        return f"{self.batch}-{self.shape}-{self.circuit.hex()[:16]}"


@dataclass(frozen=True, slots=True)
class Worker:
    """A registered worker and the constraint systems that it holds, by shape."""

    id: str
    name: str
    circuits: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class _Lease:
    worker: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Census:
    """How many jobs, by state, and workers there are, and what went wrong since the start."""

    states: Mapping[str, int]
    workers: int
    expired: int
    rejected: int


class LeaseLostError(Exception):
    """The worker or the job is not known, or the lease is another's by now."""


class NotFailedError(Exception):
    """Only a failed job can be retried."""


@dataclass(slots=True)
class JobQueue:
    """All jobs since the start. Every method may be called from any thread."""

    clock_ms: Callable[[], int]
    lease_ms: int
    max_attempts: int
    on_failed: Callable[[Job], None]
    _jobs: dict[str, Job] = field(default_factory=dict)
    _workers: dict[str, Worker] = field(default_factory=dict)
    _leases: dict[str, _Lease] = field(default_factory=dict)
    _seen_ms: dict[str, int] = field(default_factory=dict)
    """When each worker asked for something last."""
    _expired: int = 0
    _rejected: int = 0
    _closed: bool = False
    _changed: threading.Condition = field(default_factory=lambda: threading.Condition(threading.RLock()))

    def register(self, name: str, circuits: Mapping[str, bytes]) -> Worker:
        """A new identity for a worker; an older one of the same name ends, and its leases with it."""
        with self._changed:
            for old in [worker for worker in self._workers.values() if worker.name == name]:
                self._forget(old, reason=f"worker {name} registered again")
            if len(self._workers) >= MAX_WORKERS:
                busy = {lease.worker for lease in self._leases.values()}
                idle = next((worker for key, worker in self._workers.items() if key not in busy), None)
                assert idle is not None, "there are fewer leases than workers that may register"
                self._forget(idle, reason="made room")
            worker = Worker(id=secrets.token_hex(16), name=name, circuits=dict(circuits))
            self._workers[worker.id] = worker
            self._seen_ms[worker.id] = self.clock_ms()
            return worker

    def add(self, job: Job) -> None:
        """Queues a job; one that is known already stays as it is."""
        with self._changed:
            self._jobs.setdefault(job.id, job)
            self._changed.notify_all()

    def lease(self, worker_id: str, *, wait_ms: int) -> Job | None:
        """The oldest batch that the worker can prove, waiting up to `wait_ms` for one; None if there is none."""
        with self._changed:
            end = self.clock_ms() + wait_ms
            while True:
                worker = self._worker(worker_id)
                self.expire()
                if job := self._next(worker):
                    leased = replace(
                        job, state=JobState.LEASED, attempts=job.attempts + 1, worker=worker.name
                    )
                    self._jobs[job.id] = leased
                    self._leases[job.id] = _Lease(worker.id, self.clock_ms() + self.lease_ms)
                    return leased
                left = end - self.clock_ms()
                if left <= 0 or self._closed:
                    return None
                ends = [lease.until_ms - self.clock_ms() for lease in self._leases.values()]
                self._changed.wait(max(1, min([left, *ends])) / 1000)

    def renew(self, worker_id: str, job_id: str) -> None:
        """Keeps a lease for another full term. Raises LeaseLostError."""
        with self._changed:
            self.holder(worker_id, job_id)
            self._leases[job_id] = _Lease(worker_id, self.clock_ms() + self.lease_ms)

    def holder(self, worker_id: str, job_id: str) -> Job:
        """The job, if the worker holds its lease. Raises LeaseLostError."""
        with self._changed:
            self.expire()
            lease = self._leases.get(job_id)
            if lease is None or lease.worker != worker_id:
                raise LeaseLostError(
                    f"job {job_id!r} is not leased to this worker (any more); lease a job again"
                )
            return self._jobs[job_id]

    def job(self, job_id: str) -> Job:
        """A job by its id. Raises LeaseLostError: a service that restarted knows older jobs no more."""
        with self._changed:
            self.expire()
            if job_id not in self._jobs:
                raise LeaseLostError(f"there is no job {job_id!r}")
            return self._jobs[job_id]

    def fail(self, worker_id: str, job_id: str, reason: str) -> Job:
        """Gives a leased job back with a reason. Raises LeaseLostError."""
        with self._changed:
            self.holder(worker_id, job_id)
            return self._give_back(job_id, reason)

    def reject(self, worker_id: str, job_id: str, reason: str) -> None:
        """Counts a wrong proof; it costs its worker the lease, and the holder nothing if it is another's."""
        with self._changed:
            self._rejected += 1
            if (lease := self._leases.get(job_id)) is not None and lease.worker == worker_id:
                self._give_back(job_id, reason)

    def complete(self, job_id: str) -> None:
        """A verified proof is kept; whoever still holds the job has worked in vain."""
        with self._changed:
            self._leases.pop(job_id, None)
            self._jobs[job_id] = replace(self._jobs[job_id], state=JobState.DONE, failure="")

    def complete_batch(self, batch: int) -> None:
        """A batch that is settled needs no proof any more, whoever made the one that settled it."""
        with self._changed:
            for job_id in [job.id for job in self._jobs.values() if job.batch == batch]:
                self.complete(job_id)

    def retry(self, job_id: str) -> None:
        """Puts a failed job back with all its attempts. Raises LeaseLostError, NotFailedError."""
        with self._changed:
            job = self.job(job_id)
            if job.state is not JobState.FAILED:
                raise NotFailedError(f"job {job_id} is {job.state.name}; only a FAILED job can be retried")
            self._jobs[job_id] = replace(job, state=JobState.QUEUED, attempts=0)
            self._changed.notify_all()

    def jobs(self, *, after: str, limit: int) -> list[Job]:
        """Jobs by batch number, from behind the job `after` on (empty: from the first)."""
        with self._changed:
            self.expire()
            ordered = sorted(self._jobs.values(), key=lambda job: (job.batch, job.id))
            start = next((place + 1 for place, job in enumerate(ordered) if job.id == after), 0)
            return ordered[start : start + limit]

    def census(self) -> Census:
        """What an operator wants to know at a glance. A worker that was not heard of lately counts as gone."""
        with self._changed:
            self.expire()
            busy = {lease.worker for lease in self._leases.values()}
            since_ms = self.clock_ms() - WORKER_GONE_MS
            present = [key for key in self._workers if key in busy or self._seen_ms[key] >= since_ms]
            states = {state.name.lower(): 0 for state in JobState}
            for job in self._jobs.values():
                states[job.state.name.lower()] += 1
            return Census(states, len(present), self._expired, self._rejected)

    def close(self) -> None:
        """Lets everyone go who waits for a job: the service is stopping."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def expire(self) -> None:
        """Gives back every job whose lease has ended: a dead worker costs a lease, nothing more."""
        with self._changed:
            now = self.clock_ms()
            for job_id, lease in list(self._leases.items()):
                if lease.until_ms <= now:
                    self._expired += 1
                    worker = self._jobs[job_id].worker
                    self._give_back(job_id, f"the lease of worker {worker} ended without a proof")

    def _next(self, worker: Worker) -> Job | None:
        able = (
            job
            for job in self._jobs.values()
            if job.state is JobState.QUEUED and worker.circuits.get(job.shape) == job.circuit
        )
        return min(able, key=lambda job: job.batch, default=None)

    def _worker(self, worker_id: str) -> Worker:
        worker = self._workers.get(worker_id)
        if worker is None:
            raise LeaseLostError("this worker is not registered (any more); register again")
        self._seen_ms[worker_id] = self.clock_ms()
        return worker

    def _give_back(self, job_id: str, reason: str) -> Job:
        self._leases.pop(job_id, None)
        job = self._jobs[job_id]
        spent = job.attempts >= self.max_attempts
        job = replace(job, state=JobState.FAILED if spent else JobState.QUEUED, failure=reason)
        self._jobs[job_id] = job
        self._changed.notify_all()
        if spent:
            self.on_failed(job)
        return job

    def _forget(self, worker: Worker, *, reason: str) -> None:
        del self._workers[worker.id], self._seen_ms[worker.id]
        for job_id in [key for key, lease in self._leases.items() if lease.worker == worker.id]:
            self._give_back(job_id, reason)
