"""Settlement when the node, the wallet or the price of gas is against it: it says so, and goes on by itself."""

from dataclasses import replace

import pytest
from structlog.testing import capture_logs
from web3.exceptions import Web3RPCError

from prover.settlement.anvil import development_account
from tests.chain import PRICES_E8, SETTLER, TOKEN_E6, Venue, deployed
from tests.prover.test_settlement import GWEI, RULES, Desk


@pytest.fixture
def desk(tmp_path):
    with deployed() as (url, deployment):
        yield Desk(Venue(url, deployment), tmp_path)


def ask(desk, method, *values):
    answer = desk.venue.node.provider.make_request(method, list(values))
    assert "error" not in answer, answer


def warnings(logs):
    return [entry["cause"] for entry in logs if entry["log_level"] == "warning"]


def test_an_empty_wallet_is_said_once_and_costs_no_dearer_fee(desk):
    """The node takes nothing: a higher bid would only need more of what is missing."""
    desk.prove()
    ask(desk, "anvil_setBalance", desk.account.address, "0x0")
    with capture_logs() as logs:
        for _ in range(4):
            desk.worker.step()
            desk.now_s += RULES.bump_after_s
    (cause,) = warnings(logs)
    assert "insufficient funds" in cause.lower()
    assert len(desk.intents.of_batch(1)) == 1
    ask(desk, "anvil_setBalance", desk.account.address, hex(10**18))
    desk.worker.step()
    assert desk.chain.batch_number() == 1


def at_the_limit(desk):
    """The head waits with a fee that cannot be raised within the limit."""
    desk.mining(on=False)
    for _ in range(40):
        desk.worker.step()
        desk.now_s += RULES.bump_after_s
    fee = desk.intents.of_batch(1)[-1].fee
    assert 100 * fee.max_fee <= 100 * RULES.max_fee_gwei * GWEI < 115 * fee.max_fee


def test_a_transaction_at_the_fee_limit_that_the_node_lost_is_sent_again(desk):
    desk.prove()
    at_the_limit(desk)
    ask(desk, "anvil_dropAllTransactions")
    desk.restarted().step()
    desk.mine()
    assert desk.chain.batch_number() == 1


def test_a_lost_transaction_at_the_fee_limit_keeps_its_nonce_from_nobody(desk):
    """Somebody else settled its batch; the next batch takes the nonce, and need not outbid what no node has."""
    for _ in range(2):
        desk.venue.open(100 * TOKEN_E6)
        desk.prove()
    second = desk.batches.pop(2)
    at_the_limit(desk)
    ask(desk, "anvil_dropAllTransactions")
    stranger = Desk(desk.venue, desk.folder / "stranger")
    stranger.account = development_account(SETTLER + 1)
    stranger.batches[1] = desk.batches[1]
    stranger.restarted().step()
    desk.mine()
    desk.batches[2] = second
    desk.worker.step()
    desk.mine()
    desk.worker.step()
    assert [landed.number for landed in desk.settled] == [1, 2]


def test_gas_below_the_limit_is_paid_though_it_could_not_double(desk):
    """The limit bounds what is paid, not the room above it."""
    desk.prove()
    ask(desk, "anvil_setNextBlockBaseFeePerGas", hex(70 * GWEI))
    desk.mine()
    desk.worker.step()
    assert desk.chain.batch_number() == 1
    (intent,) = desk.intents.of_batch(1)
    assert intent.fee.max_fee == RULES.max_fee_gwei * GWEI


def test_a_refused_replacement_is_raised_further(desk, monkeypatch):
    """A node that wants more than the percentage: the dearer transaction is refused until it is dear enough."""
    desk.prove()
    desk.mining(on=False)
    desk.worker.step()
    send, first = desk.chain.send, desk.intents.of_batch(1)[0]

    def strict(raw):
        newest = desk.intents.of_batch(1)[-1]
        if 100 * newest.fee.max_fee < 130 * first.fee.max_fee:
            raise Web3RPCError("replacement transaction underpriced")
        send(raw)

    monkeypatch.setattr(desk.chain, "send", strict)
    with capture_logs() as logs:
        for _ in range(3):
            desk.now_s += RULES.bump_after_s
            desk.worker.step()
    assert len(warnings(logs)) == 1
    assert 100 * desk.intents.of_batch(1)[-1].fee.max_fee >= 130 * first.fee.max_fee
    desk.mine()
    desk.worker.step()
    assert [landed.transaction_hash for landed in desk.settled] == [desk.intents.of_batch(1)[-1].hash]


def after_a_first_batch(desk, **second):
    """A batch that landed, and one behind it that is not there yet."""
    desk.venue.open(100 * TOKEN_E6)
    desk.prove()
    for _ in range(2):
        desk.worker.step()
    return desk.prove(**second)


def refusal(desk):
    """What is reported when the contract goes on refusing; nothing is spent on it, and health shows it."""
    desk.worker.step()
    assert not desk.worker.has_failed
    for _ in range(3):
        desk.now_s += RULES.bump_after_s
        desk.worker.step()
    ((number, text),) = desk.failed
    assert desk.worker.has_failed
    assert (desk.transactions(), desk.intents.of_batch(number)) == (number - 1, [])
    return text


def test_a_price_that_moved_too_far_is_named(desk):
    after_a_first_batch(desk, prices_e8=(600_000_000_000, PRICES_E8[1]))
    assert refusal(desk) == (
        "settle of batch 2 reverts with PriceMoveTooLarge(market 0, last 30000, median 60000)"
    )


def test_a_report_that_is_older_than_its_batch_may_have_is_named(desk):
    second = after_a_first_batch(desk)
    old = second.sealed.timestamp_s - 31
    second.sealed.reports = desk.venue.reports(old, PRICES_E8)
    assert refusal(desk).startswith(f"settle of batch 2 reverts with ReportOutOfWindow(time {old}, earliest ")


def test_a_batch_that_comes_too_late_is_named_and_the_next_ones_wait_behind_it(desk):
    """Its root is what they build on: only a freeze leads out, so the alarm must come before."""
    late = after_a_first_batch(desk)
    desk.prove()
    ask(desk, "evm_increaseTime", 3_700)
    desk.mine()
    assert refusal(desk).startswith(
        f"settle of batch 2 reverts with TimestampOutOfWindow(timestamp {late.sealed.timestamp_s}, earliest "
    )
    assert desk.intents.of_batch(3) == []


def test_a_batch_that_comes_too_early_waits_for_the_chains_time(desk):
    late = after_a_first_batch(desk)
    early = late.sealed.timestamp_s + 300
    late.sealed.timestamp_s = early
    late.sealed.reports = desk.venue.reports(early, PRICES_E8)
    assert "TimestampOutOfWindow" in refusal(desk)
    ask(desk, "evm_increaseTime", 300)
    desk.mine()
    desk.worker.step()
    assert desk.chain.batch_number() == 2
    assert not desk.worker.has_failed


def test_a_failed_batch_that_somebody_else_settles_is_no_trouble_any_more(desk):
    proved = desk.prove()
    desk.batches[1] = replace(proved, old_root=123)
    assert "StaleRoot" in refusal(desk)
    stranger = Desk(desk.venue, desk.folder / "stranger")
    stranger.account = development_account(SETTLER + 1)
    stranger.batches[1] = proved
    stranger.restarted().step()
    desk.worker.step()
    assert [landed.number for landed in desk.settled] == [1]
    assert not desk.worker.has_failed


def test_a_node_that_goes_away_while_sending_gets_the_same_bytes_later(desk, monkeypatch):
    desk.prove()

    def gone(_):
        raise ConnectionError("no route")

    with monkeypatch.context() as patch:
        patch.setattr(desk.chain, "send", gone)
        with pytest.raises(ConnectionError):
            desk.worker.step()
    desk.now_s += 10 * RULES.bump_after_s
    desk.worker.step()
    desk.worker.step()
    assert [landed.transaction_hash for landed in desk.settled] == [desk.intents.of_batch(1)[0].hash]
