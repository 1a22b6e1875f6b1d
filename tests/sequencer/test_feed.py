"""The L1 feed: what is final is told once, and in order."""

import pytest

from prover.settlement.dev_markets import DEV_MARKETS
from sequencer.core.admission import require_open
from sequencer.core.questions import QUESTIONS
from sequencer.core.refusals import Refused
from sequencer.feeds.l1 import REQUESTS_BOUND, L1Feed
from sequencer.feeds.settlement import ChainError, SettlementReader
from tests.sequencer.floor import Floor, market_record, owner_of
from zkclear.crypto.tree import market_config_hash
from zkclear.rules.batch import Request, RequestKind
from zkclear.rules.units import AccountId, Quote
from zkclear.rules.words import request_word
from zkclear.v1 import batch_pb2


class Chain:
    """A contract whose blocks the test mines: each block holds the queue's length and the settled batch."""

    def __init__(self):
        self.payloads_queued = []
        self.blocks = [(0, 0)]
        self.final = 0
        self.reads = 0
        self.listings = {}

    def queue(self, *requests):
        self.payloads_queued += [request_word(request).to_bytes(32, "big") for request in requests]

    def mine(self, *, settled=0):
        self.blocks.append((len(self.payloads_queued), settled))

    def heads(self):
        return len(self.blocks) - 1, self.final

    def queue_length(self, block):
        self.reads += 1
        return self.blocks[block][0]

    def payloads(self, first, count, *, block):
        assert first + count <= self.blocks[block][0]
        return self.payloads_queued[first : first + count]

    def queued_market(self, number, *, block):
        assert number < self.blocks[block][0]
        return self.listings[number]

    def batch_number(self, block):
        return self.blocks[block][1]

    def settlement_transaction(self, number, *, block):
        assert number <= self.blocks[block][1]
        return bytes([number]) * 32


class Line:
    """The feed's line to a core in this process."""

    def __init__(self, floor):
        self.floor = floor
        self.heads = None

    def note(self, head, final):
        self.heads = (head, final)

    def ask(self, question, request=b""):
        return QUESTIONS[question](self.floor.exchange, request)

    def do_one(self, command):
        return self.floor.do(command)


def opening(account):
    return (
        Request(RequestKind.OPEN, account, address=owner_of(account)),
        Request(RequestKind.DEPOSIT, account, amount=10**9),
    )


@pytest.fixture
def met():
    chain, floor = Chain(), Floor()
    floor.price()
    return chain, floor, L1Feed(chain, Line(floor))


def test_only_final_requests_are_told(met):
    chain, floor, feed = met
    chain.queue(*opening(2))
    chain.mine()
    feed.poll()
    assert floor.exchange.requests == []
    chain.final = 1
    feed.poll()
    assert floor.exchange.batch.row(2).collateral == 10**9


def test_a_block_is_read_once_and_a_request_told_once(met):
    chain, floor, feed = met
    chain.queue(*opening(2))
    chain.mine()
    chain.final = 1
    for _ in range(3):
        feed.poll()
    assert chain.reads == 1
    again = L1Feed(chain, Line(floor))  # after a restart of the feed
    again.poll()
    assert len(floor.exchange.requests) == 2


def test_a_long_queue_is_told_in_pieces(met):
    chain, floor, feed = met
    chain.queue(*opening(2), *(Request(RequestKind.DEPOSIT, 2, amount=1),) * REQUESTS_BOUND)
    chain.mine()
    chain.final = 1
    feed.poll()
    assert len(floor.exchange.requests) == REQUESTS_BOUND
    feed.poll()
    assert len(floor.exchange.requests) == REQUESTS_BOUND + 2


def test_a_market_request_is_told_with_what_it_asks_for(met):
    chain, floor, feed = met
    config = DEV_MARKETS[1].config
    chain.queue(*opening(2))
    chain.listings[2] = {"name": "SOL-USD", **market_record(config)}
    chain.queue(
        Request(RequestKind.MARKET, 0, market=2, config=config, config_hash=market_config_hash(config))
    )
    chain.mine()
    chain.final = 1
    feed.poll()
    assert floor.exchange.markets.names == ["ETH-USD", "BTC-USD", "SOL-USD"]


def test_a_settled_batch_becomes_settled(met):
    chain, floor, feed = met
    chain.queue(*opening(2))
    chain.mine()
    chain.final = 1
    feed.poll()
    floor.seal()
    chain.mine(settled=1)
    chain.final = 2
    feed.poll()
    summary = floor.exchange.sealed.get(1).summary
    assert (summary.status, summary.l1_tx) == (batch_pb2.BATCH_STATUS_SETTLED, b"\x01" * 32)


def test_a_batch_settled_by_somebody_else_pauses_matching(met):
    chain, floor, feed = met
    chain.mine(settled=1)
    chain.final = 1
    feed.poll()
    assert floor.exchange.waiting == "SEQUENCER_PAUSED"


def test_without_prices_nobody_knows_accounts():
    with pytest.raises(Refused) as caught:
        require_open(Floor().exchange)
    assert caught.value.reason == "ORACLE_STALE"


def test_a_node_that_lags_behind_its_own_block_is_asked_again_and_the_core_never_sees_its_zeros():
    """A queue of one request whose payload is still 0: the reader refuses, the feed polls again later."""
    reader = SettlementReader.__new__(SettlementReader)
    answers = iter([0, request_word(Request(RequestKind.DEPOSIT, AccountId(2), amount=Quote(10**7)))])
    reader._call = lambda *_, **__: (next(answers), 0)
    with pytest.raises(ChainError, match="no request 5 in block 9"):
        reader.payloads(5, 1, block=9)
    assert len(reader.payloads(5, 1, block=9)) == 1
