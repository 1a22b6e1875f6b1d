"""The prover as one process: batches in, jobs out to workers, proofs in, settlements out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import grpc
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from web3.exceptions import Web3Exception

from prover import assembly
from prover.addresses import SERVER_OPTIONS, open_channel, open_port, worker_certificates
from prover.config import Settings
from prover.line import BadBatchError
from prover.proving.jobs import Job, JobQueue, LeaseLostError
from prover.proving.keys import circuits_program
from prover.proving.local_worker import LocalWorker
from prover.proving.server import Desk, ProverServicer
from prover.reports import Reporter, answer
from prover.settlement.chain import Chain, Landed
from prover.settlement.errors import ChainMismatchError, SettlementError
from prover.settlement.watch import ChainWatch
from prover.store import StoreError
from zkclear.crypto.groth16 import ProofRejected, Verifier, verifying_key
from zkclear.service.keys import load_key
from zkclear.service.metrics import metrics_served
from zkclear.v1 import batch_pb2, batch_pb2_grpc, prover_pb2, prover_pb2_grpc

PASSWORD_VARIABLE = "ZKCLEAR_SETTLEMENT_PASSWORD"  # noqa: S105 - the name of the variable
THREADS = 64
"""Each waiting worker holds one for up to 30 s."""
RECONNECT_S = 1
LOOK_EVERY_NS = 5 * 10**9
"""A dozen calls to the node each time, for people and alarms."""
STOP_GRACE_S = 2
CHAIN_SILENT = (OSError, Web3Exception, SettlementError)
"""What it looks like when the chain cannot be used now; it is waited for."""
SERVICE = prover_pb2.DESCRIPTOR.services_by_name["ProverService"].full_name

log = structlog.get_logger("prover")


class ProverProcess:
    """Everything wired together: `start`, then `wait`, then `stop`."""

    def __init__(self, settings: Settings) -> None:
        """Reads the chain first, then its own files, and refuses to go on if the two do not fit."""
        self._settings = settings
        self._stop = threading.Event()
        self._fault: Exception | None = None
        self._ill: set[str] = set()
        account = load_key(
            settings.settlement.key_file,
            setting="settlement.key_file",
            password_variable=PASSWORD_VARIABLE,
            chain_id=settings.chain.id,
        )
        self._chain = Chain(
            settings.chain.rpc_urls, chain_id=settings.chain.id, contract=settings.chain.contract
        )
        self._keys = assembly.contract_keys(self._chain, settings.prover)
        self._verifiers = {
            shape: Verifier(verifying_key(keys.verifying_key)) for shape, keys in self._keys.items()
        }
        self._stores = assembly.open_stores(self._chain, settings.prover)
        self._queue = JobQueue(
            clock_ms=lambda: time.monotonic_ns() // 10**6,
            lease_ms=1000 * settings.prover.lease_s,
            max_attempts=settings.prover.max_attempts,
            on_failed=self._job_failed,
        )
        self._channel = open_channel(settings.prover.sequencer, settings.tls)
        self._stub = batch_pb2_grpc.BatchServiceStub(self._channel)
        self._reporter = Reporter(
            self._stores.batches, self._stores.intents, self._stub, circuit_id=self._chain.circuit_id()
        )
        self._line = assembly.replayed_line(
            self._chain, self._stores, self._queue, self._keys, finality=settings.chain.finality
        )
        self._settlement = assembly.settlement_worker(
            self._chain,
            account,
            self._stores,
            settings,
            on_settled=self._landed,
            on_failed=self._reporter.failed,
        )
        self._watch = ChainWatch(self._chain, settings.chain.finality)
        self._metrics = assembly.metrics(
            self._chain,
            self._stores,
            self._queue,
            self._keys,
            line=self._line,
            worker=self._settlement,
            watch=self._watch,
        )
        self._line.on_witness = self._metrics.witness_built
        self._health = health.HealthServicer()
        self._server = self._grpc_server()
        self._port = open_port(self._server, settings.prover.listen, settings.tls)
        self._serving = ExitStack()
        self._metrics_port = self._serving.enter_context(
            metrics_served(
                self._metrics.registry, settings.prover.metrics_listen, setting="prover.metrics_listen"
            )
        )
        self._workers: list[LocalWorker] = []
        self._threads = [
            threading.Thread(target=self._guarded, args=(target,), name=name, daemon=True)
            for name, target in (
                ("batches", self._take_batches),
                ("settlement", self._settle),
                ("reports", lambda: self._reporter.run(self._stop)),
            )
        ]

    @property
    def address(self) -> str:
        """Where workers find the service; the port is the real one."""
        return f"{self._settings.prover.listen.rpartition(':')[0]}:{self._port}"

    @property
    def metrics_address(self) -> str:
        """Where Prometheus reads; the port is the real one."""
        return f"{self._settings.prover.metrics_listen.rpartition(':')[0]}:{self._metrics_port}"

    def start(self) -> None:
        """Serves, proves and settles in the background."""
        self._server.start()
        self._show_health()
        for thread in self._threads:
            thread.start()
        self._start_workers()
        log.info(
            "prover started",
            listen=self.address,
            metrics=self.metrics_address,
            next_batch=self._line.next,
        )

    def wait(self) -> None:
        """Until somebody asks to stop; raises what made going on impossible."""
        while not self._stop.wait(1):
            pass
        if self._fault is not None:
            raise self._fault

    def request_stop(self) -> None:
        """Makes `wait` return; may be called from a signal handler."""
        self._stop.set()

    def stop(self) -> None:
        """Ends workers, calls and threads; what was promised is on the disk already."""
        self._stop.set()
        self._reporter.wake()
        self._show_health()
        self._queue.close()
        for worker in self._workers:
            worker.stop()
        self._server.stop(STOP_GRACE_S).wait()
        self._channel.close()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        self._serving.close()
        self._stores.close()

    def _grpc_server(self) -> grpc.Server:
        server = grpc.server(ThreadPoolExecutor(THREADS, thread_name_prefix="call"), options=SERVER_OPTIONS)
        desk = Desk(
            queue=self._queue,
            keys=self._keys,
            witness=self._witness,
            verify=self._verify,
            accept=self._accept,
        )
        prover_pb2_grpc.add_ProverServiceServicer_to_server(ProverServicer(desk), server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, server)
        names = (SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, server)
        return server

    def _start_workers(self) -> None:
        settings = self._settings.prover
        for index in range(settings.local_workers):
            worker = LocalWorker(
                program=circuits_program(settings.program),
                address=self.address,
                name=f"local-{index + 1}",
                shapes=sorted(self._keys),
                keys_path=settings.keys_path,
                certificates=worker_certificates(self._settings.tls),
            )
            worker.start()
            self._workers.append(worker)

    # What the parts ask for.

    def _witness(self, number: int) -> bytes:
        witness = self._stores.batches.witness(number)
        if witness is None:
            raise LeaseLostError(f"batch {number} is settled, so its proof is not needed any more")
        return witness

    def _verify(self, job: Job, proof: bytes) -> bool:
        """With py-ecc: a second implementation beside the one that made the proof, in about a second."""
        try:
            self._verifiers[job.shape].check(proof, [job.inputs.h, job.inputs.r, job.inputs.y])
        except ProofRejected as cause:
            log.warning("proof rejected", job=job.id, worker=job.worker, cause=str(cause))
            return False
        return True

    def _accept(self, job: Job, proof: batch_pb2.Proof, prove_us: int) -> None:
        self._stores.batches.keep_proof(job.batch, proof=proof, prove_us=prove_us)
        self._metrics.proved(job.shape, prove_us)
        log.info("proved", batch=job.batch, worker=job.worker, prove_us=prove_us)
        self._reporter.wake()

    def _job_failed(self, job: Job) -> None:
        log.error("proving failed", job=job.id, attempts=job.attempts, cause=job.failure)
        self._reporter.failed(job.batch, f"no proof after {job.attempts} attempts: {job.failure}")

    def _landed(self, landed: Landed) -> None:
        transaction = f"0x{landed.transaction_hash.hex()}"
        log.info("settled", batch=landed.number, transaction=transaction, gas_used=landed.gas_used)
        sealed = self._stores.batches.sealed(landed.number)
        if sealed is not None:  # else the sequencer has not given it yet, as after a lost data folder
            self._metrics.settled(sealed.shape, gas=landed.gas_used, fills=len(sealed.fills))
        self._queue.complete_batch(
            landed.number
        )  # somebody else may have settled it before it was proved here
        self._stores.batches.forget_witness(landed.number)
        self._reporter.wake()

    # The threads.

    def _guarded(self, target: Callable[[], None]) -> None:
        """A part that breaks ends the process: without it the others would go on as if all were well."""
        try:
            target()
        except Exception as cause:  # noqa: BLE001 - whatever it is, `wait` raises it
            self._end(cause)

    def _take_batches(self) -> None:
        """Streams sealed batches until told to stop, from the next one on after every break."""
        silent = False
        while not self._stop.is_set():
            try:
                self._stream()
                silent = False
            except grpc.RpcError as cause:
                if not silent and not self._stop.is_set():
                    log.warning("no batches from the sequencer", answer=answer(cause))
                silent = True
            except BadBatchError as cause:
                log.error("batch refused", batch=cause.number, cause=cause.text)  # noqa: TRY400 - an answer, not a fault here
                self._reporter.failed(cause.number, cause.text)
                self._mark("batches", well=False)
                return  # later batches build on this one; earlier ones are still proved and settled
            except (ChainMismatchError, StoreError) as cause:
                self._end(cause)
                return
            except (
                CHAIN_SILENT
            ) as cause:  # a new market's rules come from the chain; the batch waits for them
                log.warning("a batch waits for the chain", batch=self._line.next, cause=str(cause))
                self._mark("batches", well=False)
            self._stop.wait(RECONNECT_S)

    def _stream(self) -> None:
        request = batch_pb2.StreamSealedBatchesRequest(from_number=self._line.next)
        call: Any = self._stub.StreamSealedBatches(request)
        closer = threading.Thread(target=self._cancel_on_stop, args=(call,), daemon=True)
        closer.start()
        for response in call:
            self._line.take(response.batch)
            self._mark("batches", well=True)

    def _cancel_on_stop(self, call: Any) -> None:
        """A stream waits for the next batch for ever; stopping must not."""
        while call.is_active() and not self._stop.wait(1):
            pass
        call.cancel()

    def _settle(self) -> None:
        """Looks at the chain again and again; a chain that cannot be used is waited for."""
        poll_s = self._settings.chain.poll_ms / 1000
        looked_ns = 0
        while not self._stop.wait(poll_s):
            try:
                self._settlement.step()
                self._mark("chain", well=True)
                self._mark("settlement", well=not self._settlement.has_failed)
                if time.monotonic_ns() - looked_ns >= LOOK_EVERY_NS:
                    self._watch.look()
                    looked_ns = time.monotonic_ns()
            except ChainMismatchError as cause:
                self._end(cause)
                return
            except CHAIN_SILENT as cause:
                if "chain" not in self._ill:
                    log.warning("the chain cannot be used now", cause=str(cause))
                self._mark("chain", well=False)

    def _end(self, cause: Exception) -> None:
        """Going on would be wrong; the process ends with this sentence."""
        log.error("stopping", cause=str(cause))
        self._fault = cause
        self._stop.set()

    def _mark(self, part: str, *, well: bool) -> None:
        """Remembers which part is ill; the health service shows whether any is."""
        before = bool(self._ill)
        (self._ill.discard if well else self._ill.add)(part)
        if before != bool(self._ill):
            self._show_health()

    def _show_health(self) -> None:
        status = health_pb2.HealthCheckResponse
        value = status.NOT_SERVING if self._ill or self._stop.is_set() else status.SERVING
        for name in ("", SERVICE):
            self._health.set(name, value)
