"""Child processes that end with their parent: started in order, stopped in reverse, by pid."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

START_LIMIT_S = 180
"""A prover may have to compile a verifier first."""
STOP_LIMIT_S = 20
FIXED_PORTS = range(10_000, 32_768)
"""Below the ports of outgoing connections, as Linux has them (`ip_local_port_range`)."""
POLL_S = 1 / 10  # a fraction of a second between two looks


class ProcessFailedError(RuntimeError):
    """A child ended, or never became ready; the text has the last lines that it wrote."""


def free_port() -> int:
    """A TCP port that nobody uses now, and that the system gives to no outgoing connection before it is listened on."""
    while True:
        port = random.choice(FIXED_PORTS)  # noqa: S311 - not a secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@contextmanager
def python_module(
    module: str, *arguments: str, log: Path, settings: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """
    `python -m module arguments`, its output in `log`; SIGTERM at the end, SIGKILL only if that is ignored.

    `settings` are environment variables of its own, such as a key.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own modules with arguments from here
            [sys.executable, "-m", module, *arguments],
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            env={**_environment(), **(settings or {})},
            start_new_session=True,
        )
    try:
        yield process
    finally:
        stop(process)


def _environment() -> Mapping[str, str]:
    """The environment without settings of another zkclear: they would win over the file that is written here."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ZKCLEAR_")}


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process politely, then for certain."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=STOP_LIMIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_serving(process: subprocess.Popen[bytes], target: str, *, log: Path, service: str = "") -> None:
    """Returns once the gRPC health service at `target` says SERVING; raises ProcessFailedError if it never does."""
    deadline = time.monotonic() + START_LIMIT_S
    request = health_pb2.HealthCheckRequest(service=service)
    with grpc.insecure_channel(target) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise ProcessFailedError(
                    f"{target}: the process ended with {process.returncode}:\n{tail(log)}"
                )
            if _serving(stub, request):
                return
            time.sleep(POLL_S)
    raise ProcessFailedError(f"{target} did not serve within {START_LIMIT_S} s:\n{tail(log)}")


def _serving(stub: health_pb2_grpc.HealthStub, request: health_pb2.HealthCheckRequest) -> bool:
    """Whether it serves now; a refused connection or an unknown service means not yet."""
    try:
        return bool(stub.Check(request, timeout=1).status == health_pb2.HealthCheckResponse.SERVING)
    except grpc.RpcError:
        return False


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
