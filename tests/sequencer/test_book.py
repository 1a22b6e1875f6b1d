"""Price-time priority is not proved by the circuit: here the fast book is compared with the slow model."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.refusals import Refused
from sequencer.core.settings import Settings
from tests.sequencer.floor import Floor
from tests.sequencer.model_book import ModelBook, ModelOrder

TIFS = ("GTC", "GTC", "IOC", "FOK", "POST_ONLY")
RICH_E6 = 10**15
SUBMIT = st.tuples(
    st.just("submit"),
    st.integers(2, 5),
    st.booleans(),
    st.sampled_from(TIFS),
    st.integers(1, 40).map(lambda units: 5 * units),
    st.integers(29_995, 30_005),
    st.integers(0, 5),
)
CANCEL = st.tuples(st.just("cancel"), st.integers(0, 60))
HISTORY = st.lists(st.one_of(SUBMIT, SUBMIT, SUBMIT, CANCEL), min_size=1, max_size=60)


def rich_floor(**changes):
    floor = Floor(settings=dataclasses.replace(Settings(max_unproved=10**9), **changes))
    floor.open(4, amount_e6=RICH_E6)
    floor.price()
    return floor


class Pair:
    """The core and the model, told the same."""

    def __init__(self):
        self.floor = rich_floor()
        self.model = ModelBook()
        self.orders = []  # (name, account, nonce, model order)

    def submit(self, account, sell, *terms):
        tif, lots, limit, slot = terms
        live = {(account, nonce % 1024): order for _, account, nonce, order in self.orders}
        replaced = live.get((account, slot))
        if replaced is not None and replaced not in self.model.resting:
            replaced = None
        side = "SELL" if sell else "BUY"
        command = self.floor.order_command(
            account, f"{side} {tif}", lots, limit, nonce=self.floor.nonce(slot), replace=True
        )
        order = ModelOrder(command.digest, account, sell, tif, lots, limit, 0)
        expected = self.model.submit(order, replaced=replaced)
        try:
            self.floor.send(command)
            taken = True
        except Refused as refusal:
            assert refusal.reason in ("FOK_NOT_FILLABLE", "POST_ONLY_WOULD_TAKE")
            taken = False
        assert taken == expected
        if taken:
            self.orders.append((command.digest, account, command.nonce, order))

    def cancel(self, index):
        if not self.orders:
            return
        name, account, nonce, _ = self.orders[index % len(self.orders)]
        expected = self.model.cancel(name)
        try:
            done = not self.floor.cancel(account, nonce).already_exists
        except Refused as refusal:
            assert refusal.reason in ("ORDER_ALREADY_FINAL", "NONCE_STALE")
            done = False
        assert done == expected

    def compare(self):
        book = self.floor.exchange.engine.books[0]
        for sell in (False, True):
            fast = [(order.digest, order.remaining) for level in book.levels(sell=sell) for order in level]
            assert fast == [(order.name, order.rest) for order in self.model.queue(sell=sell)]
            for level in book.levels(sell=sell):
                assert level.lots == sum(order.remaining for order in level)
                assert level.count == len(list(level))
        for name, _, _, order in self.orders:
            assert self.floor.exchange.orders[name].filled == order.filled


@given(HISTORY)
def test_the_fast_book_trades_like_the_slow_model(history):
    pair = Pair()
    for kind, *arguments in history:
        getattr(pair, kind)(*arguments)
        pair.compare()


@pytest.mark.parametrize("sell", [False, True])
def test_a_better_price_goes_first_and_an_older_order_before_a_younger(sell):
    floor = rich_floor()
    maker, taker = ("SELL GTC", "BUY IOC") if sell else ("BUY GTC", "SELL IOC")
    better = -1 if sell else 1
    worse = floor.submit(2, maker, 10, 30_000 - better).order
    old = floor.submit(2, maker, 10, 30_000).order
    young = floor.submit(3, maker, 10, 30_000).order
    best = floor.submit(3, maker, 10, 30_000 + better).order
    floor.submit(4, taker, 25, 30_000)
    filled = [floor.exchange.orders[order.digest].filled for order in (best, old, young, worse)]
    assert filled == [10, 10, 5, 0]
