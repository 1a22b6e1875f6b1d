"""Forgeries of fills: trades that the two orders do not allow."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.attack.forging import (
    Pair,
    forgery,
    lenient_slot,
    nothing,
    pair,
    take_positions,
    trade,
)
from tests.scenario import Venue, key_of, owner_of
from zkclear.rules.batch import Entry, Fill, Request, RequestKind


def _fill_rule(name: str, entries: Callable[[Venue], tuple[Entry, ...]], **more: Callable[..., Any]) -> None:
    """A fill between two orders, each legal by itself."""

    def make(venue: Venue) -> Pair:
        forged = venue.draft(entries=entries(venue), fills=(Fill(0, 1, 10),))
        return pair(venue, trade(venue), forged, check_fill=nothing, **more)

    forgery(name)(make)


def _orders(
    buy: str, buy_limit: int, sell: str, sell_limit: int, **fields: Any
) -> Callable[[Venue], tuple[Entry, ...]]:
    return lambda venue: (
        venue.order(2, buy, 100, buy_limit),
        venue.order(3, sell, fields.pop("lots", 100), sell_limit, **fields),
    )


_fill_rule(
    "O4 a tick worse than the limit of a selling taker", _orders("BUY GTC", 18_039, "SELL GTC", 18_040)
)
_fill_rule("O14 IOC as maker", _orders("BUY IOC", 18_050, "SELL GTC", 18_040))
_fill_rule("O14 POST_ONLY as taker", _orders("BUY GTC", 18_050, "SELL POST_ONLY", 18_040))
_fill_rule("two buyers", _orders("BUY GTC", 18_050, "BUY GTC", 18_050))
_fill_rule("orders of two markets", _orders("BUY GTC", 18_050, "SELL GTC", 18_040, market=1))
_fill_rule(
    "O14 FOK as maker",
    lambda venue: (venue.order(2, "BUY FOK", 10, 18_050), venue.order(3, "SELL GTC", 100, 18_040)),
)


@forgery("O4 a tick worse than the limit of a buying taker")
def _(venue: Venue) -> Pair:
    entries = (venue.order(2, "SELL GTC", 100, 18_051), venue.order(3, "BUY GTC", 100, 18_050))
    forged = venue.draft(entries=entries, fills=(Fill(0, 1, 10),))
    return pair(venue, trade(venue), forged, check_fill=nothing)


@forgery("fill of no lots")
def _(venue: Venue) -> Pair:
    honest = trade(venue)
    return pair(venue, honest, replace(honest, fills=(Fill(0, 1, 60), Fill(0, 1, 0))), check_fill=nothing)


@forgery("fill names a cancel")
def _(venue: Venue) -> Pair:
    entries = (venue.order(2, "BUY GTC", 100, 18_050), venue.cancel(3, nonce=5))
    forged = venue.draft(entries=entries, fills=(Fill(0, 1, 1),))
    return pair(venue, trade(venue), forged, check_fill=nothing, slot_after=lenient_slot)


@forgery("fill names a withdrawal")
def _(venue: Venue) -> Pair:
    entries = (venue.order(2, "BUY GTC", 100, 18_050), venue.withdrawal(3, 5, nonce=5))
    forged = venue.draft(entries=entries, fills=(Fill(0, 1, 1),))
    return pair(venue, trade(venue), forged, check_fill=nothing, slot_after=lenient_slot)


@forgery("an account trades with itself")
def _(venue: Venue) -> Pair:
    entries = (venue.order(2, "BUY GTC", 10, 18_050), venue.order(2, "SELL GTC", 10, 18_040, nonce=1_025))
    return pair(
        venue, trade(venue), venue.draft(entries=entries, fills=(Fill(0, 1, 10),)), check_fill=nothing
    )


@forgery("two accounts of one owner trade")
def _(venue: Venue) -> Pair:
    requests = (
        Request(RequestKind.OPEN, 6, address=owner_of(2)),
        Request(RequestKind.DEPOSIT, 6, amount=10**9),
    )
    venue.advance(requests=requests)
    entries = (venue.order(2, "BUY GTC", 10, 18_050), venue.order(6, "SELL GTC", 10, 18_040, key=key_of(2)))
    return pair(
        venue, trade(venue), venue.draft(entries=entries, fills=(Fill(0, 1, 10),)), check_fill=nothing
    )


@forgery("O14 FOK filled in part")
def _(venue: Venue) -> Pair:
    entries = (venue.order(2, "BUY GTC", 100, 18_050), venue.order(3, "SELL FOK", 60, 18_040))
    honest = venue.draft(entries=entries, fills=(Fill(0, 1, 60),))
    return pair(venue, honest, replace(honest, fills=(Fill(0, 1, 59),)), slot_after=lenient_slot)


@forgery("O14 REDUCE_ONLY that grows over two fills")
def _(venue: Venue) -> Pair:
    take_positions(venue)
    entries = (
        venue.order(3, "BUY GTC REDUCE_ONLY", 70, 18_050, nonce=2_000),
        venue.order(4, "SELL IOC", 70, 18_040, nonce=2_000),
    )
    honest = venue.draft(entries=entries, fills=(Fill(0, 1, 30), Fill(0, 1, 30)))
    forged = replace(honest, fills=(Fill(0, 1, 30), Fill(0, 1, 31)))
    return pair(venue, honest, forged, _check_not_grown=nothing)


@forgery("REDUCE_ONLY without a position")
def _(venue: Venue) -> Pair:
    entries = (venue.order(2, "BUY GTC REDUCE_ONLY", 10, 18_050), venue.order(3, "SELL IOC", 10, 18_040))
    forged = venue.draft(entries=entries, fills=(Fill(0, 1, 1),))
    return pair(venue, replace(forged, fills=()), forged, _check_not_grown=nothing)
