"""Forgeries of the closing rule: accounts that end without the margin they need."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.attack.forging import (
    MARK,
    Pair,
    edited,
    forgery,
    pair,
    trade,
)
from tests.scenario import Venue, owner_of
from zkclear.rules import transition
from zkclear.rules.batch import Fill, Request, RequestKind
from zkclear.rules.closing import ClosingClass
from zkclear.v1 import witness_pb2 as pb


def _unhealthy(claimed: ClosingClass) -> Callable[[Venue], Pair]:
    """Account 2 buys for 60,000 with 1,000 of collateral, where the brackets ask for 1,200."""

    def make(venue: Venue) -> Pair:
        limit = MARK
        small, large = 20_000, 33_300
        entries = (venue.order(2, "BUY GTC", 40_000, limit), venue.order(3, "SELL IOC", 40_000, limit))
        venue.advance(requests=(Request(RequestKind.DEPOSIT, 3, amount=10**10),))
        honest = venue.draft(entries=entries, fills=(Fill(0, 1, small),))
        forged = replace(honest, fills=(Fill(0, 1, large),))
        rule = transition.closing_class

        def claim(opening: Any, closing: Any, *rest: Any, **named: Any) -> ClosingClass:
            if closing.owner == owner_of(2):
                return claimed
            return rule(opening, closing, *rest, **named)

        return pair(venue, honest, forged, closing_class=claim)

    return make


for _claimed in ClosingClass:
    forgery(f"C5 unhealthy closing called {_claimed.name}")(_unhealthy(_claimed))


@forgery("T5 an account without positions drained to a friend, called REDUCED")
def _(venue: Venue) -> Pair:
    """Buys dear, sells cheap: no position before or after, so the ratio reads 0 >= 0."""
    entries = (
        venue.order(2, "BUY GTC", 10_000, 19_000, nonce=1),
        venue.order(2, "SELL GTC", 10_000, 17_000, nonce=2),
        venue.order(3, "SELL IOC", 10_000, 17_500, nonce=1),
        venue.order(3, "BUY IOC", 10_000, 18_500, nonce=2),
    )
    honest = venue.draft(entries=entries, fills=())
    forged = replace(honest, fills=(Fill(0, 2, 10_000), Fill(1, 3, 10_000)))
    rule = transition.closing_class

    def claim(opening: Any, closing: Any, *rest: Any, **named: Any) -> ClosingClass:
        if closing.owner == owner_of(2):
            assert closing.collateral < 0
            return ClosingClass.REDUCED
        return rule(opening, closing, *rest, **named)

    return pair(venue, honest, forged, closing_class=claim)


@forgery("a healthy account called UNCHANGED")
def _(venue: Venue) -> Pair:
    control = venue.build(trade(venue)).witness

    def relabel(witness: pb.Witness) -> None:
        witness.accounts[2].closing = pb.CLOSING_CLASS_UNCHANGED

    return control, edited(control, relabel)
