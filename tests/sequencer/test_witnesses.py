"""What the sequencer seals, the prover can write a witness for: every risk operation, and a change of rules."""

import dataclasses

from prover.settlement.dev_markets import DEV_MARKETS
from prover.witness import build_witness, parse_batch
from sequencer.core.genesis import config_of_record
from tests.sequencer.crash import (
    BANKRUPT,
    FALLEN,
    KEEPER,
    OTHER,
    RICH,
    SUBJECT,
    TOKEN,
    crash,
    crash_floor,
    fall,
)
from zkclear.crypto.state_tree import StateTree
from zkclear.rules.batch import Request, RequestKind
from zkclear.rules.risks import RiskKind
from zkclear.rules.shapes import shape_by_name
from zkclear.rules.transition import clear
from zkclear.v1 import batch_pb2


def day():
    """A takeover, a close, a change of rules, a liquidation in the book, a deleverage, an absorption."""
    floor = crash_floor(fund_e6=30 * TOKEN, shapes=("tiny",))
    fall(floor, FALLEN)
    floor.request(Request(RequestKind.LIQUIDATE, SUBJECT, market=0, lots=100, taker=KEEPER))
    floor.seal()
    floor.request(Request(RequestKind.CLOSE, RICH, market=0, lots=50))
    floor.seal()
    config = dataclasses.replace(DEV_MARKETS[0].config, max_open_interest=50_000_000)
    floor.list_market(0, "ETH-USD", config)
    floor.submit(OTHER, "BUY GTC", 200, FALLEN * 10)
    fall(floor, FALLEN - 1)
    floor.seal()
    crash(floor, BANKRUPT - 40)
    for _ in range(3):
        floor.seal()
    return floor


def test_every_sealed_batch_has_a_witness_and_the_roots_meet():
    floor = day()
    exchange = floor.exchange
    assert {each.kind for each in exchange.liquidations} == set(RiskKind)
    tree = StateTree(exchange.genesis.state())
    for number in range(1, len(exchange.sealed) + 1):
        message = batch_pb2.SealedBatch.FromString(exchange.sealed.get(number).body)
        batch = parse_batch(message, queued_config=lambda request: config_of_record(floor.listings[request]))
        shape = shape_by_name(message.shape)
        witness = build_witness(tree, batch, shape=shape, domain=1).witness
        clearing = clear(tree.state, batch)
        assert len(witness.risks) == len(clearing.risks)
        tree.apply(clearing.state, clearing.openings)
        assert int.from_bytes(witness.new_root, "big") == tree.root
    assert tree.state == exchange.state
