"""What the prover counts, as Prometheus reads it."""

import time
import urllib.request
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from prover.config import load_settings
from prover.line import Line
from prover.metrics import Metrics, Parts
from prover.proving.jobs import JobQueue
from prover.reserves import owed
from prover.service import ProverProcess
from prover.settlement.watch import ChainWatch
from prover.store import BatchStore
from tests.chain import PRICES_E8, TOKEN_E6, Venue, deployed
from tests.prover.test_process import LIMIT_S, SETTLED, configuration
from tests.prover.test_settlement import RULES, Desk
from tests.rules.test_conservation import total_claim
from zkclear import __version__
from zkclear.rules.batch import Fill
from zkclear.service.metrics import metrics_served
from zkclear.v1.batch_pb2 import SealedBatch


def read(address):
    """Every sample at an address: name -> value, or name -> labels -> value if it has labels."""
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as response:
        text = response.read().decode()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = tuple(sample.labels.values())
            found[(sample.name.removeprefix("zkclear_"), *labels)] = sample.value
    return found


@pytest.mark.flow
def test_a_batchs_whole_way_is_counted(tmp_path, tiny_keys, sequencer):
    """Sealed, proved by a real worker, settled on a real chain: each step is seen at the real endpoint."""
    with deployed(keys=[tiny_keys], block_time_s=1) as (url, deployment):
        path = configuration(tmp_path, url=url, deployment=deployment, sequencer=sequencer)
        venue = Venue(url, deployment)
        buyer, seller = venue.open(1_000 * TOKEN_E6), venue.open(1_000 * TOKEN_E6)
        process = ProverProcess(load_settings(path))
        process.start()
        try:
            before = wait_for(process, lambda seen: ("requests_pending",) in seen)
            assert before["requests_pending",] == 4  # each account opens and deposits
            assert 0 < before["request_deadline_seconds",] <= 86_400
            assert before["reserves_delta_quote",] == 0
            orders = [
                venue.order(buyer, "BUY GTC", 100, 30_000, nonce=1_024),
                venue.order(seller, "SELL IOC", 100, 30_000, nonce=1_024),
            ]
            sequencer.give(venue.seal())
            sequencer.give(venue.seal(entries=orders, fills=[Fill(0, 1, 100)]))
            sequencer.wait_for(2, SETTLED, limit_s=LIMIT_S)
            gas = venue.node.eth.get_transaction_receipt(
                next(each for each in sequencer.progress if each.gas_used).transaction_hash
            )["gasUsed"]
            seen = wait_for(process, lambda seen: seen.get(("requests_pending",)) == 0)
        finally:
            process.stop()
    assert {name: seen[name, "tiny"] for name in ("witness_seconds_count", "prove_seconds_count")} == {
        "witness_seconds_count": 2,
        "prove_seconds_count": 2,
    }
    assert seen["settle_gas_count", "tiny"] == 2
    assert seen["settle_gas_sum", "tiny"] > gas > 400_000
    assert seen["settle_gas_per_fill",] == seen["settle_gas_sum", "tiny"] - gas
    assert (seen["settle_tx_total", "sent"], seen["settle_tx_total", "landed"]) == (2, 2)
    assert (seen["prover_jobs", "done"], seen["prover_jobs", "queued"], seen["prover_workers",]) == (2, 0, 1)
    assert (seen["lease_expired_total",], seen["proof_rejected_total",], seen["l1_reorg_total",]) == (0, 0, 0)
    assert seen["l1_head_lag_blocks",] >= 1  # a block may come between the two questions
    assert seen["batch_age_seconds", "settled"] >= 0
    assert ("batch_age_seconds", "sealed") not in seen
    assert ("settle_window_seconds",) not in seen
    assert ("request_deadline_seconds",) not in seen
    assert seen["reserves_delta_quote",] == 0
    (build,) = (key for key in seen if key[0] == "build_info")
    assert set(build[1:]) == {
        __version__,
        f"0x{deployment.circuit_id.hex()}",
        "tiny",
        f"0x{tiny_keys.verifying_key_hash.hex()}",
    }


def wait_for(process, condition):
    """What the endpoint says as soon as a condition holds."""
    deadline = time.monotonic() + LIMIT_S
    while not condition(seen := read(process.metrics_address)):
        assert time.monotonic() < deadline, seen
        time.sleep(0.1)
    return seen


@pytest.fixture
def desk(tmp_path):
    with deployed() as (url, deployment):
        yield Desk(Venue(url, deployment), tmp_path)


@pytest.fixture
def parts(desk, tmp_path):
    """The parts of a prover over one desk, at a time that the test sets."""
    queue = JobQueue(clock_ms=lambda: 0, lease_ms=1_000, max_attempts=3, on_failed=lambda _: None)
    batches = BatchStore(tmp_path / "batches.sqlite3")
    line = Line(
        store=batches,
        queue=queue,
        keys={},
        signing=None,
        domain=0,
        tree=desk.venue.tree,
        settled_number=0,
        settled_root=desk.venue.tree.root,
        queued_market=desk.chain.queued_market,
    )
    return Parts(
        queue=queue,
        batches=batches,
        intents=desk.intents,
        outbox=desk.worker.outbox,
        watch=ChainWatch(desk.chain, RULES.finality),
        line=line,
        max_lag_s=desk.chain.max_lag_s(),
        build={"version": "1"},
        keys={},
    )


def shown(parts):
    with metrics_served(Metrics(parts).registry, "127.0.0.1:0", setting="x") as port:
        return read(f"127.0.0.1:{port}")


def test_ages_are_those_of_the_oldest_batch_at_each_step(desk, parts):
    proof = desk.prove().proof
    for number in (1, 2, 3):
        parts.batches.add(SealedBatch(number=number, timestamp_s=1_000 * number))
    parts.batches.keep_roots(1, old_root=0, new_root=1)
    parts.batches.keep_proof(1, proof=proof, prove_us=1)
    at = replace(parts, clock_s=lambda: 4_000)
    seen = shown(at)
    assert {key: value for key, value in seen.items() if key[0] == "batch_age_seconds"} == {
        ("batch_age_seconds", "sealed"): 2_000,
        ("batch_age_seconds", "proved"): 3_000,
    }
    assert seen["settle_window_seconds",] == 600
    for _ in range(2):
        desk.worker.step()
    seen = shown(at)
    assert {key: value for key, value in seen.items() if key[0] == "batch_age_seconds"} == {
        ("batch_age_seconds", "sealed"): 2_000,
        ("batch_age_seconds", "settled"): 3_000,
    }
    assert seen["settle_window_seconds",] == 1_600


def test_nothing_is_said_of_a_chain_that_was_not_looked_at(parts):
    names = {name for name, *_ in shown(parts)}
    assert not names & {"requests_pending", "l1_head_lag_blocks", "reserves_delta_quote"}


def test_the_queue_and_the_vault_are_the_contracts(desk, parts):
    desk.venue.open(100 * TOKEN_E6)
    parts.watch.look()
    deadline = desk.venue.contract.functions.request(0).call()[1]
    seen = shown(replace(parts, clock_s=lambda: deadline - 9))
    assert (seen["requests_pending",], seen["request_deadline_seconds",]) == (2, 9)
    assert seen["reserves_delta_quote",] == 0


def test_c8_a_unit_that_is_missing_in_the_vault_is_seen_and_so_is_a_gift(desk, parts):
    """The line knows what accounts hold after the batch that the chain is at; one quote unit is a difference."""
    account = desk.venue.open(100 * TOKEN_E6)
    desk.prove()
    desk.worker.step()
    desk.prove(entries=[desk.venue.withdrawal(account, 5 * TOKEN_E6, nonce=1_024)])
    parts.line.owed[1] = 100 * TOKEN_E6
    parts.watch.look()
    assert shown(parts)["reserves_delta_quote",] == 0
    desk.worker.step()
    parts.watch.look()
    assert ("reserves_delta_quote",) not in shown(parts)  # of batch 2 the line knows nothing yet
    parts.line.owed[2] = owed(desk.venue.tree.state)
    assert shown(parts)["reserves_delta_quote",] == 0
    desk.venue.send(desk.venue.token.functions.mint(desk.venue.deployment.settlement, 1))
    parts.watch.look()
    assert shown(parts)["reserves_delta_quote",] == 1
    parts.line.owed[2] += 2
    assert shown(parts)["reserves_delta_quote",] == -1


def test_what_accounts_are_owed_counts_funding_that_nobody_settled(desk):
    """Rounded up, for a vault that is short by a unit is short."""
    buyer, seller = desk.venue.open(1_000 * TOKEN_E6), desk.venue.open(1_000 * TOKEN_E6)
    orders = [
        desk.venue.order(buyer, "BUY GTC", 100, 30_000, nonce=1_024),
        desk.venue.order(seller, "SELL IOC", 100, 30_000, nonce=1_024),
    ]
    desk.prove()
    desk.prove(entries=orders, fills=[Fill(0, 1, 100)])
    state = desk.venue.tree.state
    assert owed(state) == 2_000 * TOKEN_E6
    market = replace(state.markets[0], funding_index=state.markets[0].funding_index + 12_345)
    for dust, expected in ((0, 2_000 * TOKEN_E6), (1, 2_000 * TOKEN_E6 + 1), (999_999, 2_000 * TOKEN_E6 + 1)):
        later = replace(state, markets=(market, *state.markets[1:]), funding_dust=dust)
        assert owed(later) == expected == -(-total_claim(later) // 10**6)
    alone = replace(later, accounts={seller: state.accounts[seller]})
    assert owed(alone) == -(-total_claim(alone) // 10**6)
    assert owed(alone) - state.accounts[seller].collateral == 3  # 1.2345 of funding and a dust of 0.999999


def test_a_block_that_is_gone_counts_as_a_reorganisation(desk):
    watch = ChainWatch(desk.chain, 2)
    before = desk.venue.node.provider.make_request("evm_snapshot", [])["result"]
    desk.mine(3)
    watch.look()
    assert (watch.lag_blocks, watch.reorganisations) == (2, 0)
    desk.mine()
    watch.look()
    assert watch.reorganisations == 0
    desk.venue.node.provider.make_request("evm_revert", [before])
    watch.look()  # the chain is shorter now
    assert watch.reorganisations == 1
    before = desk.venue.node.provider.make_request("evm_snapshot", [])["result"]
    desk.mine()
    watch.look()
    desk.venue.node.provider.make_request("evm_revert", [before])
    desk.venue.send(desk.venue.token.functions.mint(desk.venue.deployment.settlement, 1))
    watch.look()  # as long as before, another block
    assert watch.reorganisations == 2


def test_transactions_are_counted_by_what_became_of_them(desk, monkeypatch):
    desk.prove()
    desk.mining(on=False)
    desk.worker.step()
    desk.now_s += RULES.bump_after_s
    desk.worker.step()
    desk.venue.node.provider.make_request("anvil_dropAllTransactions", [])
    desk.worker.step()
    desk.mine()
    desk.worker.step()
    counts = desk.worker.outbox.counts
    assert counts == {"sent": 1, "replaced": 1, "sent_again": 1, "landed": 1, "reverted": 0}

    desk.mining(on=True)
    late = desk.prove(prices_e8=(600_000_000_000, PRICES_E8[1]))
    monkeypatch.setattr(desk.chain, "estimate", lambda *_, **__: 1_000_000)
    for _ in range(2):
        desk.worker.step()
    assert (late.number, counts["sent"], counts["reverted"]) == (2, 3, 1)
    desk.worker.step()
    assert (counts["sent"], counts["reverted"]) == (4, 2)
