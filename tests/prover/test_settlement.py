"""The settlement worker on a real chain: each batch lands once, whatever happens between two steps."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from prover.proving.records import ProvedBatch
from prover.settlement.anvil import development_account
from prover.settlement.chain import Chain
from prover.settlement.errors import ChainMismatchError, SettlementError
from prover.settlement.intents import IntentStore
from prover.settlement.outbox import Outbox, SettlementRules, raw_payload
from prover.settlement.worker import SettlementWorker
from tests.chain import REFUSING, SETTLER, TOKEN_E6, Venue, deployed
from zkclear.service.fees import Fee

RULES = SettlementRules(finality=0, max_fee_gwei=100, bump_after_s=30, bump_percent=15, max_in_flight=3)
GWEI = 10**9


@dataclass
class Desk:
    """A venue with its settlement worker, which can be killed and started again."""

    venue: Venue
    folder: Path
    rules: SettlementRules = RULES
    batches: dict[int, ProvedBatch] = field(default_factory=dict)
    settled: list = field(default_factory=list)
    failed: list = field(default_factory=list)
    now_s: int = 1_000

    def __post_init__(self) -> None:
        self.chain = Chain(
            [self.venue.rpc_url],
            chain_id=self.venue.deployment.chain_id,
            contract=self.venue.deployment.settlement,
        )
        self.account = development_account(SETTLER)
        self.intents = IntentStore(self.folder / "settlement.sqlite3")
        self.worker = self.restarted()

    def restarted(self) -> SettlementWorker:
        """A worker that knows only what is on the disk and on the chain."""
        self.intents.close()
        self.intents = IntentStore(self.folder / "settlement.sqlite3")
        self.worker = SettlementWorker(
            chain=self.chain,
            intents=self.intents,
            outbox=Outbox(self.chain, self.account, self.intents, self.rules, clock_s=lambda: self.now_s),
            proved=self.batches.get,
            on_settled=self.settled.append,
            on_failed=lambda *failure: self.failed.append(failure),
        )
        return self.worker

    def prove(self, **batch) -> ProvedBatch:
        before = self.venue.tree
        proved = self.venue.proved(self.venue.seal(**batch), before=before)
        self.batches[proved.number] = proved
        return proved

    def mine(self, blocks: int = 1) -> None:
        for _ in range(blocks):
            self.venue.node.provider.make_request("evm_mine", [])

    def mining(self, *, on: bool) -> None:
        self.venue.node.provider.make_request("evm_setAutomine", [on])

    def transactions(self) -> int:
        """How many transactions of the settlement key were mined."""
        return self.chain.nonce(self.account.address)


@pytest.fixture
def desk(tmp_path):
    with deployed() as (url, deployment):
        yield Desk(Venue(url, deployment), tmp_path)


def test_c11_batches_land_in_order_and_the_chain_has_the_rule_books_root(desk):
    for amount in (100, 200):
        desk.venue.open(amount * TOKEN_E6)
        desk.prove()
    for _ in range(3):
        desk.worker.step()
    assert [landed.number for landed in desk.settled] == [1, 2]
    assert desk.chain.position(desk.chain.head()) == (2, desk.venue.tree.root)
    assert desk.transactions() == 2
    assert desk.settled[1].new_root == desk.venue.tree.root


def test_nothing_is_sent_without_a_proof(desk):
    desk.worker.step()
    assert desk.transactions() == 0


def test_a_crash_between_record_and_send_loses_nothing(desk, monkeypatch):
    """The intent is on the disk, the transaction nowhere: the next process sends the same bytes."""
    desk.prove()

    def die(_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(desk.chain, "send", die)
        with pytest.raises(KeyboardInterrupt):
            desk.worker.step()
    (recorded,) = desk.intents.of_batch(1)
    assert desk.chain.batch_number() == 0

    desk.restarted().step()
    desk.worker.step()
    assert [landed.transaction_hash for landed in desk.settled] == [recorded.hash]
    assert len(desk.intents.of_batch(1)) == 1
    assert desk.transactions() == 1


def test_a_crash_between_send_and_note_settles_nothing_twice(desk):
    desk.prove()
    desk.worker.step()
    assert desk.settled == []  # mined, but the process died before it looked
    for _ in range(3):
        desk.restarted().step()
    assert [landed.number for landed in desk.settled] == [1]
    assert desk.transactions() == 1


def test_sending_a_mined_transaction_again_is_harmless(desk):
    desk.prove()
    desk.worker.step()
    (intent,) = desk.intents.of_batch(1)
    desk.worker.outbox._send(intent)
    desk.worker.step()
    assert desk.chain.batch_number() == 1
    assert desk.transactions() == 1


def test_a_batch_that_somebody_else_settled_is_done(desk):
    """Anyone may call settle; ours is then not sent, and theirs is reported."""
    proved = desk.prove()
    stranger = Desk(desk.venue, desk.folder / "stranger")
    stranger.account = development_account(SETTLER + 1)
    stranger.batches[1] = proved
    stranger.restarted().step()
    desk.worker.step()
    assert [landed.number for landed in desk.settled] == [1]
    assert desk.transactions() == 0


def test_another_batch_with_our_number_stops_everything(desk):
    desk.venue.open(100 * TOKEN_E6)
    theirs = desk.prove()
    desk.worker.step()
    desk.batches[1] = replace(theirs, new_root=theirs.new_root + 1)
    with pytest.raises(ChainMismatchError, match="somebody settled another batch"):
        desk.worker.step()


def test_a_waiting_transaction_is_replaced_by_a_dearer_one_with_the_same_payload(desk):
    desk.prove()
    desk.mining(on=False)
    desk.worker.step()
    desk.now_s += RULES.bump_after_s - 1
    desk.worker.step()
    assert len(desk.intents.of_batch(1)) == 1
    desk.now_s += 1
    desk.worker.step()
    first, second = desk.intents.of_batch(1)
    assert (second.nonce, raw_payload(second.raw)) == (first.nonce, raw_payload(first.raw))
    assert 100 * second.fee.max_fee >= 115 * first.fee.max_fee
    assert 100 * second.fee.tip >= 115 * first.fee.tip
    desk.mine()
    desk.worker.step()
    assert [landed.transaction_hash for landed in desk.settled] == [second.hash]
    assert desk.transactions() == 1


def test_a_replacement_that_was_recorded_but_never_sent_loses_nothing(desk, monkeypatch):
    desk.prove()
    desk.mining(on=False)
    desk.worker.step()
    desk.now_s += RULES.bump_after_s
    with monkeypatch.context() as patch:
        patch.setattr(desk.chain, "send", lambda _: None)
        desk.worker.step()
    desk.mine()  # the first one
    desk.mining(on=True)
    for _ in range(2):
        desk.restarted().step()
    assert [landed.transaction_hash for landed in desk.settled] == [desk.intents.of_batch(1)[0].hash]
    assert desk.transactions() == 1


def test_gas_above_the_limit_is_waited_out(desk):
    desk.prove()
    node = desk.venue.node.provider
    node.make_request("anvil_setNextBlockBaseFeePerGas", [hex(100 * GWEI)])
    desk.mine()
    desk.worker.step()
    desk.now_s += 10 * RULES.bump_after_s
    desk.worker.step()
    assert desk.intents.of_batch(1) == []
    assert desk.failed == []
    node.make_request("anvil_setNextBlockBaseFeePerGas", [hex(1 * GWEI)])
    desk.mine()
    desk.worker.step()
    assert desk.chain.batch_number() == 1


def test_a_nonce_used_elsewhere_is_given_up(desk, monkeypatch):
    """Another use of the key took the nonce of a recorded intent: a fresh transaction takes its place."""
    desk.prove()
    with monkeypatch.context() as patch:
        patch.setattr(desk.chain, "send", lambda _: None)
        desk.worker.step()
    transfer = {"from": desk.account.address, "to": desk.account.address, "value": 1}
    node = desk.venue.node
    node.eth.wait_for_transaction_receipt(node.eth.send_transaction(transfer))
    desk.worker.step()
    assert [intent.nonce for intent in desk.intents.of_batch(1)] == [0, 1]
    desk.worker.step()
    assert [landed.number for landed in desk.settled] == [1]


def test_a_batch_is_settled_only_when_it_is_final(desk):
    desk.rules = replace(RULES, finality=2)
    desk.prove()
    desk.restarted().step()
    for _ in range(2):
        desk.worker.step()
        assert desk.settled == []
        desk.mine()
    desk.worker.step()
    assert [landed.number for landed in desk.settled] == [1]


def test_a_reorganisation_before_finality_brings_the_batch_back(desk):
    desk.rules = replace(RULES, finality=2)
    desk.prove()
    node = desk.venue.node.provider
    before = node.make_request("evm_snapshot", [])["result"]
    desk.restarted().step()
    assert desk.chain.batch_number() == 1
    node.make_request("evm_revert", [before])
    assert desk.chain.batch_number() == 0
    desk.worker.step()
    desk.mine(2)
    desk.worker.step()
    assert [landed.number for landed in desk.settled] == [1]
    assert len(desk.intents.of_batch(1)) == 1


def test_a_refused_batch_is_named_with_the_contracts_values_and_costs_nothing(desk):
    desk.venue.open(100 * TOKEN_E6)
    good = desk.prove()
    desk.batches[1] = replace(good, old_root=123)
    desk.worker.step()
    assert desk.failed == []  # perhaps a block later it is accepted
    desk.now_s += RULES.bump_after_s
    desk.worker.step()
    desk.now_s += RULES.bump_after_s
    desk.worker.step()
    ((number, text),) = desk.failed
    assert number == 1
    assert text == f"settle of batch 1 reverts with StaleRoot(expected {good.old_root}, given 123)"
    assert desk.transactions() == 0
    desk.batches[1] = good
    desk.worker.step()
    assert desk.chain.batch_number() == 1


def test_a_refused_proof_costs_nothing_either(tmp_path):
    with deployed(verifier=REFUSING) as (url, deployment):
        desk = Desk(Venue(url, deployment), tmp_path)
        desk.prove()
        desk.worker.step()
        desk.now_s += RULES.bump_after_s
        desk.worker.step()
        assert [(number, "a verifier refuses" in text) for number, text in desk.failed] == [(1, True)]
        assert desk.transactions() == 0


def test_a_race_that_was_lost_costs_gas_and_nothing_else(desk):
    """Somebody else's settlement is mined first in the same block: ours reverts, the batch is done."""
    desk.venue.open(100 * TOKEN_E6)
    proved = desk.prove()
    stranger = Desk(desk.venue, desk.folder / "stranger")
    stranger.account = development_account(SETTLER + 1)
    stranger.batches[1] = proved
    stranger.restarted()
    desk.mining(on=False)
    desk.worker.step()
    stranger.worker.step()
    stranger.now_s += RULES.bump_after_s
    stranger.worker.step()  # the dearer one goes first
    desk.mine()
    desk.mining(on=True)
    (ours,) = desk.intents.of_batch(1)
    assert desk.chain.receipt(ours.hash)["status"] == 0
    desk.worker.step()
    assert [landed.transaction_hash for landed in desk.settled] == [stranger.intents.of_batch(1)[1].hash]
    desk.prove()
    desk.worker.step()
    desk.worker.step()
    assert [landed.number for landed in desk.settled] == [1, 2]
    assert [intent.nonce for intent in desk.intents.of_batch(2)] == [1]


def test_batches_behind_the_head_do_not_wait_for_it(desk):
    """Three at once, in the order of their nonces, in one block; the fourth comes after."""
    for _ in range(4):
        desk.venue.open(100 * TOKEN_E6)
        desk.prove()
    desk.mining(on=False)
    desk.worker.step()
    desk.worker.step()
    assert [[each.nonce for each in desk.intents.of_batch(number)] for number in (1, 2, 3, 4)] == [
        [0],
        [1],
        [2],
        [],
    ]
    desk.mine()
    assert desk.chain.batch_number() == 3
    desk.worker.step()
    desk.mine()
    desk.worker.step()
    assert [landed.number for landed in desk.settled] == [1, 2, 3, 4]
    assert desk.chain.state_root() == desk.venue.tree.root
    assert desk.transactions() == 4


def test_only_the_head_is_made_dearer(desk):
    for _ in range(2):
        desk.venue.open(100 * TOKEN_E6)
        desk.prove()
    desk.mining(on=False)
    desk.worker.step()
    desk.now_s += RULES.bump_after_s
    desk.worker.step()
    assert [len(desk.intents.of_batch(number)) for number in (1, 2)] == [2, 1]
    desk.mine()
    assert desk.chain.batch_number() == 2


def test_transactions_that_the_node_lost_are_sent_again(desk):
    for _ in range(3):
        desk.venue.open(100 * TOKEN_E6)
        desk.prove()
    desk.mining(on=False)
    desk.worker.step()
    desk.venue.node.provider.make_request("anvil_dropAllTransactions", [])
    desk.restarted().step()
    desk.mine()
    assert desk.chain.batch_number() == 3
    assert [len(desk.intents.of_batch(number)) for number in (1, 2, 3)] == [1, 1, 1]


def test_a_hole_in_the_nonces_is_filled(desk):
    """Somebody else settles the head, the node drops ours: the batch behind it takes the free nonce."""
    for _ in range(2):
        desk.venue.open(100 * TOKEN_E6)
        desk.prove()
    desk.mining(on=False)
    desk.worker.step()
    desk.venue.node.provider.make_request("anvil_dropAllTransactions", [])
    stranger = Desk(desk.venue, desk.folder / "stranger")
    stranger.account = development_account(SETTLER + 1)
    stranger.batches[1] = desk.batches[1]
    stranger.restarted().step()
    desk.mine()
    desk.worker.step()
    desk.mine()
    desk.worker.step()
    assert [landed.number for landed in desk.settled] == [1, 2]
    assert [each.nonce for each in desk.intents.of_batch(2)] == [1, 0]
    assert desk.transactions() == 1


def test_when_the_head_reverts_the_batches_behind_it_still_land_once(desk):
    """The head loses its race, its follower is then valid in the same block."""
    for _ in range(2):
        desk.venue.open(100 * TOKEN_E6)
        desk.prove()
    desk.mining(on=False)
    desk.worker.step()
    stranger = Desk(desk.venue, desk.folder / "stranger")
    stranger.account = development_account(SETTLER + 1)
    stranger.batches[1] = desk.batches[1]
    stranger.restarted().step()
    stranger.now_s += RULES.bump_after_s
    stranger.worker.step()
    desk.mine()
    desk.mining(on=True)
    for _ in range(3):
        desk.worker.step()
    assert [landed.number for landed in desk.settled] == [1, 2]
    assert desk.chain.state_root() == desk.venue.tree.root


def test_nodes_that_disagree_are_not_acted_upon(desk):
    desk.prove()
    # Another genesis time, hence another first root: a batch of one chain cannot settle on the other.
    with deployed(timestamp_s=int(time.time()) - 60) as (other_url, other):
        assert other.settlement == desk.venue.deployment.settlement
        urls = [desk.venue.rpc_url, other_url]
        desk.chain = Chain(urls, chain_id=31_337, contract=other.settlement)
        desk.restarted()
        desk.worker.step()  # both are at batch 0: it goes to both, and the second one cannot settle it
        assert desk.transactions() == 1
        with pytest.raises(SettlementError, match="the nodes disagree about batchNumber"):
            desk.worker.step()
    assert desk.settled == []


def test_a_batch_that_reverts_when_mined_is_tried_three_times_at_most(tmp_path, monkeypatch):
    """A node whose trial runs lie: each attempt burns gas, so their number is bounded."""
    with deployed(verifier=REFUSING) as (url, deployment):
        desk = Desk(Venue(url, deployment), tmp_path)
        desk.prove()
        monkeypatch.setattr(desk.chain, "estimate", lambda *_, **__: 1_000_000)
        for _ in range(6):
            desk.worker.step()
            desk.now_s += RULES.bump_after_s
        assert desk.transactions() == 3
        ((number, text),) = desk.failed
        assert number == 1
        assert text.startswith("settle of batch 1 reverts with unknown error")


def test_a_chain_that_forgot_final_batches_stops_everything(desk):
    node = desk.venue.node.provider
    before = node.make_request("evm_snapshot", [])["result"]
    desk.prove()
    desk.worker.step()
    desk.worker.step()
    node.make_request("evm_revert", [before])
    with pytest.raises(ChainMismatchError, match="batch 1 was final"):
        desk.worker.step()


def test_another_chain_or_a_missing_contract_is_refused(desk):
    url, deployment = desk.venue.rpc_url, desk.venue.deployment
    with pytest.raises(ChainMismatchError, match="is on chain 31337, not on chain 1"):
        Chain([url], chain_id=1, contract=deployment.settlement)
    with pytest.raises(ChainMismatchError, match="there is no contract"):
        Chain([url], chain_id=31_337, contract="0x" + "12" * 20)
    with pytest.raises(SettlementError, match="does not answer"):
        Chain(["http://127.0.0.1:9"], chain_id=31_337, contract=deployment.settlement)


def test_fees_survive_the_disk_to_the_last_wei(desk):
    """Fees are above 2^63 on no chain, but the store must not be what bounds them."""
    desk.prove()
    desk.worker.step()
    (intent,) = desk.intents.of_batch(1)
    huge = replace(intent, hash=bytes(32), fee=Fee(max_fee=2**70, tip=2**65 + 1))
    desk.intents.record(huge)
    assert desk.intents.of_batch(1)[1] == huge
