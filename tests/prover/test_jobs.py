"""Leases and attempts, by a clock that the test moves."""

import threading

import pytest

from prover.proving.jobs import Inputs, Job, JobQueue, JobState, LeaseLostError, NotFailedError

CIRCUIT = bytes(range(32))
LEASE_MS = 60_000


class Clock:
    def __init__(self) -> None:
        self.ms = 1_000_000

    def __call__(self) -> int:
        return self.ms


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def failed():
    return []


@pytest.fixture
def queue(clock, failed):
    return JobQueue(clock_ms=clock, lease_ms=LEASE_MS, max_attempts=3, on_failed=failed.append)


def job(batch, *, shape="tiny", circuit=CIRCUIT):
    return Job(batch, shape, circuit, Inputs(h=1, r=2, y=3))


def worker(queue, name="w", shape="tiny"):
    return queue.register(name, {shape: CIRCUIT}).id


def state_of(queue, batch):
    return next(each for each in queue.jobs(after="", limit=100) if each.batch == batch)


def test_the_oldest_batch_is_leased_first(queue):
    for batch in (7, 5, 6):
        queue.add(job(batch))
    one, other = worker(queue, "one"), worker(queue, "other")
    assert [queue.lease(each, wait_ms=0).batch for each in (one, other, one)] == [5, 6, 7]
    assert queue.lease(one, wait_ms=0) is None


def test_a_worker_gets_no_job_of_a_shape_or_circuit_that_it_does_not_hold(queue):
    queue.add(job(1, shape="small"))
    queue.add(job(2, circuit=bytes(32)))
    assert queue.lease(worker(queue), wait_ms=0) is None
    assert queue.lease(worker(queue, "big", "small"), wait_ms=0).batch == 1


def test_a_lease_ends_at_its_term_and_not_before(queue, clock):
    queue.add(job(1))
    first, second = worker(queue, "first"), worker(queue, "second")
    leased = queue.lease(first, wait_ms=0)
    clock.ms += LEASE_MS - 1
    assert queue.lease(second, wait_ms=0) is None
    queue.renew(first, leased.id)
    clock.ms += LEASE_MS - 1
    assert queue.lease(second, wait_ms=0) is None
    clock.ms += 1
    assert queue.lease(second, wait_ms=0).attempts == 2
    with pytest.raises(LeaseLostError, match="not leased to this worker"):
        queue.renew(first, leased.id)


def test_after_three_attempts_a_job_has_failed_for_good_and_is_reported_once(queue, clock, failed):
    queue.add(job(1))
    me = worker(queue, "shaky")
    for attempt in (1, 2, 3):
        assert queue.lease(me, wait_ms=0).attempts == attempt
        clock.ms += LEASE_MS
        queue.expire()
    assert queue.lease(me, wait_ms=0) is None
    assert [(each.batch, each.state, each.attempts) for each in failed] == [(1, JobState.FAILED, 3)]
    assert "lease of worker shaky ended" in failed[0].failure


def test_a_failed_job_that_is_retried_has_all_its_attempts_again(queue, failed):
    queue.add(job(1))
    me = worker(queue)
    for _ in range(3):
        queue.fail(me, queue.lease(me, wait_ms=0).id, "out of memory")
    assert failed[0].failure == "out of memory"
    queue.retry(failed[0].id)
    assert queue.lease(me, wait_ms=0).attempts == 1


def test_only_a_failed_job_can_be_retried(queue):
    queue.add(job(1))
    with pytest.raises(NotFailedError, match="is QUEUED"):
        queue.retry(job(1).id)


def test_only_the_holder_can_fail_a_job(queue):
    queue.add(job(1))
    holder, other = worker(queue, "holder"), worker(queue, "other")
    leased = queue.lease(holder, wait_ms=0)
    with pytest.raises(LeaseLostError):
        queue.fail(other, leased.id, "not mine")
    assert state_of(queue, 1).state is JobState.LEASED


def test_a_worker_that_registers_again_gives_its_job_back(queue):
    queue.add(job(1))
    queue.lease(worker(queue, "same"), wait_ms=0)
    again = worker(queue, "same")
    assert queue.lease(again, wait_ms=0).attempts == 2


def test_an_unknown_worker_is_told_to_register(queue):
    with pytest.raises(LeaseLostError, match="register again"):
        queue.lease("nobody", wait_ms=0)


def test_a_known_job_that_is_added_again_stays_as_it_is(queue):
    queue.add(job(1))
    me = worker(queue)
    done = queue.lease(me, wait_ms=0)
    queue.complete(done.id)
    queue.add(job(1))
    assert state_of(queue, 1).state is JobState.DONE
    assert queue.lease(me, wait_ms=0) is None


def test_a_waiting_worker_gets_a_job_as_soon_as_there_is_one(queue):
    """The wait is far longer than the test may take: only being woken can end it."""
    me = worker(queue)
    found = []
    waiting = threading.Thread(target=lambda: found.append(queue.lease(me, wait_ms=3_600_000)))
    waiting.start()
    queue.add(job(9))
    waiting.join()
    assert found[0].batch == 9


def test_closing_lets_a_waiting_worker_go(queue):
    me = worker(queue)
    found = []
    waiting = threading.Thread(target=lambda: found.append(queue.lease(me, wait_ms=3_600_000)))
    waiting.start()
    queue.close()
    waiting.join()
    assert found == [None]


def test_a_settled_batch_is_not_proved_any_more(queue):
    queue.add(job(1))
    queue.add(job(2))
    me = worker(queue)
    leased = queue.lease(me, wait_ms=0)
    queue.complete_batch(1)
    with pytest.raises(LeaseLostError):
        queue.renew(me, leased.id)
    assert [each.state for each in queue.jobs(after="", limit=9)] == [JobState.DONE, JobState.QUEUED]


def test_pages_go_by_batch_number(queue):
    for batch in (3, 1, 2):
        queue.add(job(batch))
    first = queue.jobs(after="", limit=2)
    assert [each.batch for each in first] == [1, 2]
    assert [each.batch for each in queue.jobs(after=first[-1].id, limit=2)] == [3]


def test_the_census_counts_jobs_workers_and_what_went_wrong(queue, clock):
    """A worker counts as long as it holds a lease or asks now and then."""
    for batch in (1, 2, 3):
        queue.add(job(batch))
    idle, busy = worker(queue, "idle"), worker(queue, "busy")
    leased = queue.lease(busy, wait_ms=0)
    census = queue.census()
    assert census.states == {"queued": 2, "leased": 1, "done": 0, "failed": 0}
    assert (census.workers, census.expired, census.rejected) == (2, 0, 0)
    queue.reject(idle, leased.id, "not the holder")
    assert (queue.census().states["leased"], queue.census().rejected) == (1, 1)
    queue.reject(busy, leased.id, "wrong")
    assert (queue.census().states["leased"], queue.census().rejected) == (0, 2)
    assert state_of(queue, 1).failure == "wrong"
    queue.lease(busy, wait_ms=0)
    clock.ms += LEASE_MS
    assert (queue.census().states["leased"], queue.census().expired) == (0, 1)
    assert queue.census().workers == 2
    clock.ms += 30_001
    assert queue.census().workers == 0
    queue.lease(idle, wait_ms=0)
    for _ in range(2):
        clock.ms += LEASE_MS - 1
        queue.renew(idle, leased.id)
    assert queue.census().workers == 1
    other = worker(queue, "other", "small")
    clock.ms += LEASE_MS - 1
    assert queue.lease(other, wait_ms=0) is None
    clock.ms += LEASE_MS - 1
    assert queue.census().workers == 1, "the other one asked lately, the lease has ended"
