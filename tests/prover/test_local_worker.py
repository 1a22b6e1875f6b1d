"""The child worker: started again when it dies, ended with the service. A shell plays the worker."""

import os
import time

import pytest

from prover.proving.local_worker import LocalWorker

LIMIT_S = 30


@pytest.fixture
def worker(tmp_path):
    """A program that writes its process id and its arguments down, then waits to be told to stop."""
    program = tmp_path / "worker.sh"
    program.write_text(f'#!/bin/sh\necho "$$ $*" >> {tmp_path}/started\nexec sleep 1000\n')
    program.chmod(0o755)
    child = LocalWorker(program=program, address="127.0.0.1:1", name="local-1", shapes=["small", "tiny"])
    child.start()
    yield child, tmp_path / "started"
    child.stop()


def starts(path, *, count):
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        lines = path.read_text().splitlines() if path.exists() else []
        if len(lines) >= count:
            return [(int(line.split()[0]), line.split(maxsplit=1)[1]) for line in lines]
        time.sleep(0.02)
    pytest.fail(f"the worker was not started {count} times in {LIMIT_S} s")


def test_the_worker_is_told_where_and_what_to_prove(worker):
    _, path = worker
    ((_, arguments),) = starts(path, count=1)
    assert arguments == "worker --prover 127.0.0.1:1 --name local-1 --shapes small,tiny"


def test_a_worker_that_dies_is_started_again(worker):
    child, path = worker
    ((first, _),) = starts(path, count=1)
    os.kill(first, 9)
    (_, (second, _)) = starts(path, count=2)
    assert second != first
    assert child.process_id == second


def test_stopping_ends_the_worker_for_good(worker):
    child, path = worker
    starts(path, count=1)
    child.stop()
    assert child.process_id is None
    assert len(starts(path, count=1)) == 1
