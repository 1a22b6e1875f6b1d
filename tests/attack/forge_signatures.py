"""Forgeries of who signed and what: entries that their account never approved."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.attack.forging import (
    STRANGER,
    Pair,
    forgery,
    nothing,
    pair,
    prepared,
    trade,
    with_entry,
)
from tests.scenario import ASSET, CHAIN, LISTINGS, Venue, key_of, owner_of
from tests.vectors.drawer import BTC, ETH
from zkclear.crypto.entry import entry_digest
from zkclear.crypto.signatures import recover, sign
from zkclear.rules import actions
from zkclear.rules.batch import Request, RequestKind


def _unsigned(signer: int) -> Callable[[Venue], Pair]:
    def make(venue: Venue) -> Pair:
        honest = trade(venue)
        return pair(venue, honest, with_entry(honest, 0, signer=signer), authorise=nothing)

    return make


forgery("O1 order without a signature")(_unsigned(0))
forgery("O1 order signed by a stranger")(_unsigned(STRANGER))
forgery("O1 order signed by another account's owner")(_unsigned(owner_of(3)))

SIGNED_FIELDS: dict[str, dict[str, Any]] = {
    "account": {"account": 3},
    "market": {"market": 1},
    "action": {"action": actions.parse_order_action("SELL GTC")},
    "lots": {"lots": 101},
    "limit": {"limit": 18_051},
    "expiry": {"expiry": 2**40 - 2},
    "nonce": {"nonce": 1_025},
}


def _changed_field(changes: dict[str, Any]) -> Callable[[Venue], Pair]:
    """An order resting without a fill, so that nothing but its signature can be wrong."""

    def make(venue: Venue) -> Pair:
        order = venue.order(2, "BUY GTC", 100, 18_050)
        digests = [
            entry_digest(CHAIN, entry, listings=LISTINGS, asset=ASSET)
            for entry in (order, replace(order, **changes))
        ]
        signer = recover(digests[1], sign(digests[0], key_of(2)))
        assert signer != owner_of(2)
        honest = venue.draft(entries=(order,))
        return pair(venue, honest, with_entry(honest, 0, signer=signer, **changes), authorise=nothing)

    return make


for _field, _changes in SIGNED_FIELDS.items():
    forgery(f"O2 {_field} changed after signing")(_changed_field(_changes))


def _agent(venue: Venue, until: int) -> None:
    requests = (Request(RequestKind.AGENT, 2, address=STRANGER, until=venue.state.timestamp + until),)
    venue.advance(requests=requests)


@forgery("T4 agent past its last second")
def _(venue: Venue) -> Pair:
    _agent(venue, 8)
    batch = trade(venue, entries=(venue.order(2, "BUY GTC", 100, 18_050, key=key_of(99)),), fills=())
    late = replace(batch, timestamp=venue.state.timestamp + 9)
    return pair(venue, batch, late, authorise=nothing)


@forgery("agent withdraws")
def _(venue: Venue) -> Pair:
    _agent(venue, 100)
    honest = venue.draft(entries=(venue.withdrawal(2, 1_000, nonce=7),))
    forged = venue.draft(entries=(venue.withdrawal(2, 1_000, nonce=7, key=key_of(99)),))
    return pair(venue, honest, forged, authorise=nothing)


@forgery("agent that nobody appointed")
def _(venue: Venue) -> Pair:
    honest = venue.draft(entries=(venue.order(2, "BUY GTC", 1, 18_050),))
    forged = venue.draft(entries=(venue.order(2, "BUY GTC", 1, 18_050, key=key_of(99)),))

    def appoint(account: Any, _: Any) -> Any:
        return replace(account, agent=STRANGER, agent_until=2**40 - 1)

    return pair(venue, honest, forged, apply_to_opening=appoint)


@forgery("O12 signer 0 for an account without an agent")
def _(venue: Venue) -> Pair:
    honest = venue.draft(entries=(venue.order(2, "BUY GTC", 1, 18_050),))
    return pair(venue, honest, with_entry(honest, 0, signer=0), authorise=nothing)


@forgery("signer 0 speaks for the insurance fund, whose owner is 0")
def _(venue: Venue) -> Pair:
    order = venue.order(2, "BUY GTC", 1, 18_050)
    return pair(
        venue,
        venue.draft(entries=(order,)),
        venue.draft(entries=(replace(order, account=0, signer=0),)),
        authorise=nothing,
    )


def _terms(name: str, changes: Callable[[Venue], dict[str, Any]], **more: Callable[..., Any]) -> None:
    def make(venue: Venue) -> Pair:
        order = venue.order(2, "BUY GTC", 100, 18_050)
        forged = replace(order, **changes(venue))
        return pair(
            venue,
            venue.draft(entries=(order,)),
            venue.draft(entries=(forged,)),
            check_terms=nothing,
            **more,
        )

    forgery(name)(make)


_terms("expired by a second", lambda venue: {"expiry": venue.state.timestamp + 3})
_terms("order of no lots", lambda _: {"lots": 0})
_terms("order at price 0", lambda _: {"limit": 0})
_terms("order worth 2^56", lambda _: {"lots": 2**40 - 1, "limit": 2**32 - 1})
_terms("order in a market that is not listed", lambda _: {"market": 5})


@forgery("O17 order in a halted market")
def _(_: Venue) -> Pair:
    venue = prepared(configs=(ETH, replace(BTC, status=2)))
    live = venue.order(2, "BUY GTC", 1, 18_050)
    halted = venue.order(2, "BUY GTC", 1, 83_000, market=1)
    return pair(venue, venue.draft(entries=(live,)), venue.draft(entries=(halted,)), check_terms=nothing)
