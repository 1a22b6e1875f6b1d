"""Gas of `settle` with risk operations, shape tiny, on a real chain with real proofs; beside the same batch without one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from prover.proving.keys import load_keys
from tests.chain import PRICES_E8, TOKEN_E6, deployed
from tests.risk_chain import SOL, RiskVenue
from tests.vectors.crash import absorb, risk_entry
from tools.bench.chain import Settled, Yard
from zkclear.rules import actions
from zkclear.rules.batch import Fill
from zkclear.rules.units import Lots

FALLS, RICH, KEEPER = 2, 3, 4
LOTS = Lots(2_000)
LOW_E8, DEEP_E8 = 279_000_000_000, 276_000_000_000
"""ETH at 2,790: account 2 is below maintenance; at 2,760: below half of it."""


class _Day:
    """A venue with a trade that went wrong; every measurement starts from the same morning."""

    def __init__(self, venue: RiskVenue) -> None:
        self.venue = venue
        self._yard = Yard(venue, ["tiny"])

    def settle(self, what: str, *, eth_e8: int = PRICES_E8[0], **fields: Any) -> Settled:
        """One batch at a price of ETH."""
        before = self.venue.tree
        sealed = self.venue.seal(prices_e8=(eth_e8, PRICES_E8[1]), **fields)
        return self._yard.settle(what, before, sealed)

    @contextmanager
    def again(self) -> Iterator[None]:
        """Chain and venue go back behind it."""
        venue = self.venue
        kept = venue.tree, venue.next_request, list(venue.listings), dict(venue.owners)
        snapshot = venue.rpc("evm_snapshot")
        venue.pass_time(120)
        yield
        venue.rpc("evm_revert", snapshot)
        venue.tree, venue.next_request, venue.listings, venue.owners = kept


def _morning(day: _Day) -> None:
    venue = day.venue
    for amount in (500, 10_000):
        venue.open(amount * TOKEN_E6)
    day.settle("open")
    venue.open(10_000 * TOKEN_E6)
    venue.give_fund(1_000 * TOKEN_E6)
    day.settle("open")
    orders = [
        venue.order(FALLS, "BUY GTC", LOTS, 30_000, nonce=1_024),
        venue.order(RICH, "SELL IOC", LOTS, 30_000, nonce=1_024),
    ]
    day.settle("trade", entries=orders, fills=[Fill(0, 1, LOTS)])


def _book(day: _Day) -> Settled:
    bid = day.venue.order(KEEPER, "BUY GTC", 500, 27_890, nonce=2_048)
    sale = day.venue.risk(risk_entry(FALLS, actions.LIQUIDATION_SELL, lots=600, limit=27_870))
    return day.settle(
        "liquidation in the book", eth_e8=LOW_E8, entries=[sale, bid], fills=[Fill(1, 0, Lots(500))]
    )


def _takeover(day: _Day, *, low: bool) -> Settled:
    day.venue.liquidate(FALLS, KEEPER)
    if low:
        return day.settle("takeover, bond returned", eth_e8=LOW_E8)
    return day.settle("takeover refused, bond to the fund")


def _close(day: _Day) -> Settled:
    day.venue.request_close(RICH, lots=700)
    return day.settle("forced close")


def _listing(day: _Day) -> Settled:
    day.venue.queue_market(2, SOL)
    return day.settle("market listed")


def measure() -> list[Settled]:
    """Each risk operation alone in a batch, and an empty batch."""
    cases: tuple[Callable[[_Day], Settled], ...] = (
        lambda day: day.settle("empty"),
        lambda day: _takeover(day, low=True),
        lambda day: _takeover(day, low=False),
        _close,
        _book,
        lambda day: day.settle("absorption", eth_e8=DEEP_E8, entries=[day.venue.risk(absorb(FALLS))]),
        _listing,
    )
    found = []
    with deployed(keys=[load_keys("tiny")]) as (rpc_url, deployment):
        day = _Day(RiskVenue(rpc_url, deployment))
        _morning(day)
        for case in cases:
            with day.again():
                found.append(case(day))
    return found
