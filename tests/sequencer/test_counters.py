"""What Prometheus sees of the oracle."""

from sequencer.core.commands import TakeReport
from sequencer.core.counters import Counters
from tests.sequencer.floor import ORACLES, Floor


def ages(floor, counters):
    counters.show(floor.exchange, lag_blocks=0, now_us=floor.now_us)
    return [
        counters.registry.get_sample_value("zkclear_oracle_age_seconds", {"market": name})
        for name in ("ETH-USD", "BTC-USD")
    ]


def test_the_market_that_has_no_fresh_price_is_the_one_whose_age_grows():
    """All prices are agreed together, so the age of the agreed ones would not tell which market is silent."""
    floor, counters = Floor(), Counters("test")
    assert ages(floor, counters) == [None, None]
    floor.price()
    floor.now_us += 5 * 10**6
    assert ages(floor, counters) == [5, 5]
    for signer in ORACLES[:2]:
        silent_on_btc = (3_000 * 10**8, 0)
        floor.do(TakeReport(floor.now_us // 10**6, silent_on_btc, signer, bytes([signer]) * 64))
    floor.now_us += 10**6
    assert ages(floor, counters) == [1, 6]


def test_an_opinion_counts_when_a_quorum_has_it():
    floor, counters = Floor(), Counters("test")
    floor.price()
    floor.now_us += 5 * 10**6
    prices = (3_000 * 10**8, 60_000 * 10**8)
    floor.do(TakeReport(floor.now_us // 10**6, prices, ORACLES[0], bytes([ORACLES[0]]) * 64))
    assert ages(floor, counters) == [5, 5]
    floor.do(TakeReport(floor.now_us // 10**6, prices, ORACLES[2], bytes([ORACLES[2]]) * 64))
    assert ages(floor, counters) == [0, 0]
