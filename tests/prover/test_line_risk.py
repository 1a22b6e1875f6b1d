"""The line with risk entries and with markets that are listed on the way: who signed, what it is called, what waits."""

import pytest

from prover.entries import SigningContext
from prover.line import BadBatchError, Line
from prover.proving.jobs import JobQueue
from prover.settlement.errors import SettlementError
from prover.store import BatchStore
from tests.chain import PRICES_E8, TOKEN_E6, chain_of, deployed
from tests.risk_chain import SOL, SOL_E8, RiskVenue
from tests.vectors.crash import risk_entry
from zkclear.rules import actions
from zkclear.rules.batch import Fill
from zkclear.v1 import witness_pb2
from zkclear.v1.batch_pb2 import SealedBatch

CRASHED_E8 = (279_000_000_000, PRICES_E8[1])
OPENED, TRADED, SOLD, LISTED, NEW = 1, 2, 3, 4, 5
"""Numbers of the batches."""


@pytest.fixture(scope="module")
def history():
    """Two accounts trade, the price falls, one is liquidated in the book; a market is listed, and both trade there."""
    with deployed() as (url, deployment):
        venue = RiskVenue(url, deployment)
        names = list(venue.listings)
        genesis = venue.tree
        falls, rich = venue.open(500 * TOKEN_E6), venue.open(10_000 * TOKEN_E6)
        batches = [venue.seal()]
        orders = [
            venue.order(falls, "BUY GTC", 2_000, 30_000, nonce=1_024),
            venue.order(rich, "SELL IOC", 2_000, 30_000, nonce=1_024),
        ]
        batches.append(venue.seal(entries=orders, fills=[Fill(0, 1, 2_000)]))
        bid = venue.order(rich, "BUY GTC", 50, 27_890, nonce=2_048)
        sale = venue.risk(risk_entry(falls, actions.LIQUIDATION_SELL, lots=60, limit=27_880, nonce=9))
        batches.append(venue.seal(entries=[sale, bid], fills=[Fill(1, 0, 50)], prices_e8=CRASHED_E8))
        venue.queue_market(2, SOL)
        batches.append(venue.seal())
        orders = [
            venue.order(falls, "BUY GTC", 1, 15_000, nonce=4_096, market=2),
            venue.order(rich, "SELL IOC", 1, 15_000, nonce=4_096, market=2),
        ]
        prices = (*PRICES_E8, SOL_E8)
        batches.append(venue.seal(entries=orders, fills=[Fill(0, 1, 1)], prices_e8=prices))
        yield venue, names, genesis, batches


@pytest.fixture
def line(history, tmp_path, tiny_keys):
    """Makes lines over one data folder, as a restart does."""
    venue, names, genesis, _ = history

    def made(*, settled=0, root=None, queued_market=None):
        queue = JobQueue(clock_ms=lambda: 0, lease_ms=1_000, max_attempts=3, on_failed=lambda _: None)
        return Line(
            store=BatchStore(tmp_path / "batches.sqlite3"),
            queue=queue,
            keys={"tiny": tiny_keys},
            signing=SigningContext(venue.domain, names, "USD"),
            domain=venue.deployment.domain_word,
            tree=genesis,
            settled_number=settled,
            settled_root=genesis.root if root is None else root,
            queued_market=queued_market or chain_of(venue).queued_market,
        )

    return made


def taken(line, batches):
    for batch in batches:
        line.take(batch)
    return line


def copied(batch):
    copy = SealedBatch()
    copy.CopyFrom(batch)
    return copy


def test_c7_a_liquidation_in_the_book_is_taken_with_its_risk_row(history, line):
    venue, _, _, batches = history
    whole = taken(line(), batches)
    assert whole.tree.root == venue.tree.root
    witness = witness_pb2.Witness.FromString(whole.store.witness(SOLD))
    (row,) = witness.risks
    assert (row.kind, row.source, row.lots) == (witness_pb2.RISK_KIND_BOOK, 0, 60)
    assert witness.entries[0].signer == bytes(20)


@pytest.mark.parametrize("field", ["signature", "recipient"])
def test_c7_a_risk_entry_that_somebody_signed_is_refused(history, line, field):
    """The contract reads its word and nothing else, so more could be proved, but never settled."""
    _, _, _, batches = history
    whole = taken(line(), batches[:TRADED])
    bad = copied(batches[SOLD - 1])
    setattr(bad.entries[0], field, bytes([1]) * {"signature": 64, "recipient": 20}[field])
    with pytest.raises(BadBatchError, match="entry 0 of batch 3 is a risk entry, which nobody signs"):
        whole.take(bad)


def test_c7_a_risk_entry_with_a_signer_is_refused(history, line):
    _, _, _, batches = history
    whole = taken(line(), batches[:TRADED])
    bad = copied(batches[SOLD - 1])
    bad.entries[0].signer = bad.entries[1].signer
    with pytest.raises(BadBatchError, match="entry 0 of batch 3 is a risk entry, which nobody signs"):
        whole.take(bad)


def test_c2_an_order_without_a_signature_is_refused(history, line):
    """Only risk entries go without one."""
    _, _, _, batches = history
    whole = taken(line(), batches[:TRADED])
    bad = copied(batches[SOLD - 1])
    bad.entries[1].signature = b""
    with pytest.raises(BadBatchError, match="batch 3 cannot be proved"):
        whole.take(bad)


def test_c9_a_listed_market_is_known_by_its_name_from_the_next_batch_on(history, line):
    """The digest of an order has the market's name, which comes with the request that listed it."""
    _, _, _, batches = history
    whole = taken(line(), batches[:SOLD])
    assert [each.name for each in whole.signing.listings] == ["ETH-USD", "BTC-USD"]
    whole.take(batches[LISTED - 1])
    assert [each.name for each in whole.signing.listings] == ["ETH-USD", "BTC-USD", "SOL-USD"]
    whole.take(batches[NEW - 1])
    witness = witness_pb2.Witness.FromString(whole.store.witness(LISTED))
    assert [(row.market, len(row.config_hash)) for row in witness.market_changes] == [(2, 32)]


def test_c9_a_restart_lists_the_market_again(history, line):
    """Once before its batch is settled, once after: the names grow in the same step."""
    venue, _, _, batches = history
    first = taken(line(), batches[:LISTED])
    root = first.tree.root
    first.store.close()
    for settled in (0, LISTED):
        again = line(settled=settled, root=root if settled else None)
        again.replay()
        assert (again.next, len(again.signing.listings)) == (NEW, 3)
        again.store.close()
    last = taken(line(settled=LISTED, root=root), [])
    last.replay()
    assert taken(last, batches[LISTED:]).tree.root == venue.tree.root


def test_c9_a_request_with_another_hash_than_the_chains_is_refused(history, line):
    _, _, _, batches = history
    whole = taken(line(), batches[:SOLD])
    bad = copied(batches[LISTED - 1])
    bad.requests[0].payload = bad.requests[0].payload[:-1] + bytes([bad.requests[0].payload[-1] ^ 1])
    with pytest.raises(BadBatchError, match="asks for a configuration with a hash that ends in"):
        whole.take(bad)
    whole.take(batches[LISTED - 1])


def test_while_the_chain_does_not_know_the_request_nothing_of_the_batch_is_kept(history, line):
    """A node behind the sequencer's: the batch waits, and goes through once the node has the request."""
    venue, _, _, batches = history
    behind = [True]

    def queued(request):
        return chain_of(venue).queued_market(10**6 if behind[0] else request)

    whole = taken(line(queued_market=queued), batches[:SOLD])
    with pytest.raises(SettlementError, match="the chain has no MARKET request 1000000"):
        whole.take(batches[LISTED - 1])
    assert (whole.next, whole.store.sealed(LISTED)) == (LISTED, None)
    behind[0] = False
    whole.take(batches[LISTED - 1])
    assert whole.next == NEW


def test_a_request_that_is_no_market_is_none_on_the_chain(history):
    """Request 0 opened an account."""
    venue, _, _, _ = history
    with pytest.raises(SettlementError, match="no MARKET request 0"):
        chain_of(venue).queued_market(0)
    market = venue.contract.functions.queueLength().call() - 1
    assert chain_of(venue).queued_market(market) == SOL
