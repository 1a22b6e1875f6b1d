"""The whole prover: sealed batches in, real proofs, settlements on a real chain, restarts on the way."""

import signal
import subprocess
import sys
import time

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from prover.config import load_settings
from prover.line import Line
from prover.proving.keys import ROOT
from prover.reports import Reporter
from prover.service import ProverProcess
from prover.settlement.anvil import development_account
from prover.settlement.worker import SettlementWorker
from prover.store import StoreError
from tests.chain import SETTLER, TOKEN_E6, Venue, deployed
from tests.processes import descendants, wait_for_end
from zkclear.rules.batch import Fill
from zkclear.v1 import batch_pb2

PROVED, SETTLED, FAILED = (
    batch_pb2.BATCH_STATUS_PROVED,
    batch_pb2.BATCH_STATUS_SETTLED,
    batch_pb2.BATCH_STATUS_FAILED,
)
LIMIT_S = 120
"""Far above what a proof of shape tiny takes; only a fault waits so long."""


def configuration(folder, *, url, deployment, sequencer, workers=1):
    (folder / "settlement.key").write_text(f"0x{development_account(SETTLER).key.hex()}")
    path = folder / "zkclear.toml"
    path.write_text(
        f"""
        [chain]
        rpc_urls = ["{url}"]
        contract = "{deployment.settlement}"
        finality = 1
        poll_ms = 100
        [prover]
        listen = "127.0.0.1:0"
        sequencer = "{sequencer.address}"
        data_path = "{folder / "data"}"
        local_workers = {workers}
        metrics_listen = "127.0.0.1:0"
        [settlement]
        key_file = "{folder / "settlement.key"}"
        """
    )
    return path


@pytest.mark.flow
def test_c11_sealed_batches_settle_with_real_proofs_and_survive_restarts(tmp_path, tiny_keys, sequencer):
    """Open and deposit, trade, withdraw; the prover is stopped between and starts from its disk and the chain."""
    with deployed(keys=[tiny_keys], block_time_s=1) as (url, deployment):
        path = configuration(tmp_path, url=url, deployment=deployment, sequencer=sequencer)
        venue = Venue(url, deployment)
        buyer, seller = venue.open(1_000 * TOKEN_E6), venue.open(1_000 * TOKEN_E6)
        orders = [
            venue.order(buyer, "BUY GTC", 100, 30_000, nonce=1_024),
            venue.order(seller, "SELL IOC", 100, 30_000, nonce=1_024),
        ]

        process = ProverProcess(load_settings(path))
        process.start()
        try:
            sequencer.give(venue.seal())
            proved = sequencer.wait_for(1, PROVED, limit_s=LIMIT_S)
            settled = sequencer.wait_for(1, SETTLED, limit_s=LIMIT_S)
            assert int.from_bytes(proved.new_root, "big") == venue.tree.root
            assert len(proved.proof.proof) == 384
            assert proved.proof.circuit_id == deployment.circuit_id
            receipt = venue.node.eth.get_transaction_receipt(settled.transaction_hash)
            assert (receipt["status"], receipt["gasUsed"]) == (1, settled.gas_used)
        finally:
            process.stop()

        sequencer.give(venue.seal(entries=orders, fills=[Fill(0, 1, 100)]))
        sequencer.give(venue.seal(entries=[venue.withdrawal(buyer, 5 * TOKEN_E6, nonce=2_048)]))
        process = ProverProcess(load_settings(path))
        process.start()
        try:
            for number in (2, 3):
                sequencer.wait_for(number, SETTLED, limit_s=LIMIT_S)
        finally:
            process.stop()

        assert venue.contract.functions.stateRoot().call() == venue.tree.root
        assert venue.contract.functions.batchNumber().call() == 3
        assert sequencer.asked_from[0] == 1
        assert set(sequencer.asked_from[1:]) <= {1, 2, 3, 4}
        told = [(report.number, report.status) for report in sequencer.progress]
        assert sorted(told) == sorted(set(told)), "nothing is told twice"
        owner = f"0x{int(orders[0].signer.hex(), 16):040x}"
        claimable = venue.contract.functions.claimable(venue.node.to_checksum_address(owner)).call()
        assert claimable == 5 * TOKEN_E6


def test_a_batch_that_breaks_the_rules_is_reported_and_the_service_says_it_is_ill(
    tmp_path, tiny_keys, sequencer
):
    with deployed(keys=[tiny_keys]) as (url, deployment):
        path = configuration(tmp_path, url=url, deployment=deployment, sequencer=sequencer, workers=0)
        venue = Venue(url, deployment)
        process = ProverProcess(load_settings(path))
        process.start()
        try:
            with grpc.insecure_channel(process.address) as channel:
                health = health_pb2_grpc.HealthStub(channel)
                service = health_pb2.HealthCheckRequest(service="zkclear.v1.ProverService")
                assert health.Check(service).status == health_pb2.HealthCheckResponse.SERVING
                bad = venue.seal()
                bad.timestamp_s = 1
                sequencer.give(bad)
                report = sequencer.wait_for(1, FAILED, limit_s=LIMIT_S)
                assert report.failure.startswith("TIMESTAMP_REGRESSED")
                assert health.Check(service).status == health_pb2.HealthCheckResponse.NOT_SERVING
                reflection = reflection_pb2_grpc.ServerReflectionStub(channel)
                asked = reflection_pb2.ServerReflectionRequest(list_services="")
                (answer,) = reflection.ServerReflectionInfo(iter([asked]))
                names = {each.name for each in answer.list_services_response.service}
                assert "zkclear.v1.ProverService" in names
        finally:
            process.stop()


def test_a_batch_that_the_contract_refuses_is_reported_and_the_service_says_it_is_ill(
    tmp_path, tiny_keys, sequencer
):
    """A proof that the deployed verifier does not take, as if this side had judged it wrongly."""
    with deployed(keys=[tiny_keys]) as (url, deployment):
        path = configuration(tmp_path, url=url, deployment=deployment, sequencer=sequencer, workers=0)
        path.write_text(path.read_text().replace("[settlement]", "[settlement]\nbump_after_s = 1"))
        venue = Venue(url, deployment)
        before, sealed = venue.tree, venue.seal()
        process = ProverProcess(load_settings(path))
        process.start()
        try:
            sequencer.give(sealed)
            deadline = time.monotonic() + LIMIT_S
            while process._stores.batches.roots(1) is None:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            proof = venue.proved(sealed, before=before).proof
            process._stores.batches.keep_proof(1, proof=proof, prove_us=1)
            report = sequencer.wait_for(1, FAILED, limit_s=LIMIT_S)
            assert report.failure == "settle of batch 1 reverts with ProofInvalid()"
            with grpc.insecure_channel(process.address) as channel:
                health = health_pb2_grpc.HealthStub(channel)
                service = health_pb2.HealthCheckRequest(service="zkclear.v1.ProverService")
                while health.Check(service).status != health_pb2.HealthCheckResponse.NOT_SERVING:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
        finally:
            process.stop()


@pytest.mark.parametrize("part", [(SettlementWorker, "step"), (Line, "take"), (Reporter, "tell_all")])
def test_a_part_that_breaks_ends_the_program(tmp_path, tiny_keys, sequencer, monkeypatch, part):
    """A prover whose batches, settlements or reports have ended in silence would look well and do nothing."""

    def broken(*_):
        raise ZeroDivisionError("a fault")

    with deployed(keys=[tiny_keys]) as (url, deployment):
        path = configuration(tmp_path, url=url, deployment=deployment, sequencer=sequencer, workers=0)
        process = ProverProcess(load_settings(path))
        monkeypatch.setattr(*part, broken)
        process.start()
        try:
            sequencer.give(Venue(url, deployment).seal())
            with pytest.raises(ZeroDivisionError):
                process.wait()
        finally:
            process.stop()


def test_a_data_folder_of_another_deployment_is_refused_at_start(tmp_path, tiny_keys, sequencer):
    """The same addresses on a chain that began anew, as after `dev reset`."""
    for timestamp_s in (1_700_000_000, 1_700_000_100):
        with deployed(keys=[tiny_keys], timestamp_s=timestamp_s) as (url, deployment):
            path = configuration(tmp_path, url=url, deployment=deployment, sequencer=sequencer, workers=0)
            if timestamp_s == 1_700_000_000:
                ProverProcess(load_settings(path)).stop()
                continue
            with pytest.raises(StoreError, match="the data folder belongs to deployment block"):
                ProverProcess(load_settings(path))


def test_the_program_stops_on_a_signal_and_takes_its_worker_along(tmp_path, tiny_keys, sequencer):
    with deployed(keys=[tiny_keys]) as (url, deployment):
        path = configuration(tmp_path, url=url, deployment=deployment, sequencer=sequencer)
        command = [sys.executable, "-m", "prover", "--config", str(path)]
        log = tmp_path / "log"
        with log.open("wb") as output:
            program = subprocess.Popen(command, cwd=ROOT, stderr=output)
        try:
            deadline = time.monotonic() + LIMIT_S
            while '"msg":"registered"' not in log.read_text():
                assert program.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            children = descendants(program.pid)
            assert len(children) == 1
            program.send_signal(signal.SIGTERM)
            assert program.wait(timeout=LIMIT_S) == 0
            wait_for_end(children)
        finally:
            if program.poll() is None:
                program.kill()
                program.wait()


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        (("finality = 1", "finalty = 1"), 6, "chain.finalty is unknown; did you mean finality?"),
        (("settlement.key", "no.key"), 6, "settlement.key_file"),
        (("rpc_urls", "id = 31338\n        rpc_urls"), 6, "outside development two that must agree"),
        (
            ('contract = "0x', 'contract = "0x00000000000000000000000000000000000000ff" # '),
            1,
            "there is no contract",
        ),
        (("poll_ms = 100", "poll_ms = 101"), 6, "WRONG_CIRCUIT: the deployed verifier of shape tiny"),
    ],
)
def test_the_program_says_in_one_sentence_why_it_does_not_start(tmp_path, sequencer, change, status, said):
    with deployed() as (url, deployment):
        path = configuration(tmp_path, url=url, deployment=deployment, sequencer=sequencer, workers=0)
        path.write_text(path.read_text().replace(*change))
        command = [sys.executable, "-m", "prover", "--config", str(path)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT_S, check=False)
        assert (done.returncode, said in done.stderr) == (status, True), done.stderr
        assert "Traceback" not in done.stderr
