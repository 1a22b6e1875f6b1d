"""The whole prover with markets that change and risk entries: settled for real, begun anew, and waiting for a node."""

import shutil
import time

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from prover.config import load_settings
from prover.service import ProverProcess
from prover.settlement.dev_markets import Listing
from tests.chain import PRICES_E8, TOKEN_E6, deployed
from tests.prover.test_process import LIMIT_S, SETTLED, configuration
from tests.risk_chain import CHANGED, SOL, SOL_E8, RiskVenue
from tests.vectors.crash import risk_entry
from zkclear.rules import actions
from zkclear.rules.batch import Fill, OutcomeCode

SERVING, ILL = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


def started(path):
    process = ProverProcess(load_settings(path))
    process.start()
    return process


@pytest.mark.flow
def test_c9_the_prover_begins_anew_after_the_markets_changed(tmp_path, tiny_keys, sequencer):
    """
    New rules for the first market and a takeover are settled; then the data folder is lost and a market is listed.

    The contract shows today's markets, the first batch was cleared by those of the deployment.
    """
    with deployed(keys=[tiny_keys], block_time_s=1) as (url, deployment):
        path = configuration(tmp_path, url=url, deployment=deployment, sequencer=sequencer)
        venue = RiskVenue(url, deployment)
        falls, rich = venue.open(500 * TOKEN_E6), venue.open(10_000 * TOKEN_E6)
        venue.queue_market(0, Listing("ETH-USD", CHANGED))
        process = started(path)
        try:
            sequencer.give(venue.seal(requests=4))
            sequencer.wait_for(1, SETTLED, limit_s=LIMIT_S)
            orders = [
                venue.order(falls, "BUY GTC", 2_000, 30_000, nonce=1_024),
                venue.order(rich, "SELL IOC", 2_000, 30_000, nonce=1_024),
            ]
            sequencer.give(venue.seal(entries=orders, fills=[Fill(0, 1, 2_000)]))
            sequencer.wait_for(2, SETTLED, limit_s=LIMIT_S)
        finally:
            process.stop()
        assert venue.contract.functions.market(0).call()[1][8] == CHANGED.taker_fee
        shutil.rmtree(tmp_path / "data")

        venue.queue_market(2, SOL)
        request = venue.liquidate(falls, rich)
        process = started(path)
        try:
            taken = venue.seal(prices_e8=(279_000_000_000, PRICES_E8[1]))
            assert venue.outcome(taken, request) == (OutcomeCode.EXECUTED, 600)
            sequencer.give(taken)
            sequencer.wait_for(3, SETTLED, limit_s=LIMIT_S)
            bid = venue.order(rich, "BUY GTC", 600, 27_890, nonce=4_096)
            sale = venue.risk(risk_entry(falls, actions.LIQUIDATION_SELL, lots=100, limit=27_880))
            prices = (279_000_000_000, PRICES_E8[1], SOL_E8)
            sequencer.give(venue.seal(entries=[sale, bid], fills=[Fill(1, 0, 100)], prices_e8=prices))
            sequencer.wait_for(4, SETTLED, limit_s=LIMIT_S)
        finally:
            process.stop()
        assert venue.contract.functions.stateRoot().call() == venue.tree.root
        assert venue.tree.state.listed == venue.contract.functions.marketCount().call() == 3
        venue.check_money()


def test_a_batch_whose_request_the_node_does_not_know_yet_waits_for_it(tmp_path, tiny_keys, sequencer):
    """The sequencer's node is ahead of the prover's: not healthy meanwhile, nothing failed, and then it goes on."""
    with deployed(keys=[tiny_keys]) as (url, deployment):
        path = configuration(tmp_path, url=url, deployment=deployment, sequencer=sequencer, workers=0)
        venue = RiskVenue(url, deployment)
        before, genesis = venue.rpc("evm_snapshot"), venue.tree
        venue.queue_market(2, SOL)
        sealed = venue.seal()
        assert venue.rpc("evm_revert", before) is True
        venue.tree = genesis
        process = started(path)
        try:
            with grpc.insecure_channel(process.address) as channel:
                health = health_pb2_grpc.HealthStub(channel)
                sequencer.give(sealed)
                wait_for(health, ILL)
                assert sequencer.progress == []
                venue.queue_market(2, SOL)
                wait_for(health, SERVING)
        finally:
            process.stop()
        assert sequencer.progress == []


def wait_for(health, status):
    """Until the prover says so."""
    deadline = time.monotonic() + LIMIT_S
    service = health_pb2.HealthCheckRequest(service="zkclear.v1.ProverService")
    while health.Check(service).status != status:
        assert time.monotonic() < deadline
        time.sleep(0.05)
