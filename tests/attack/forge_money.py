"""Forgeries of money and positions: cash, fees, deposits and withdrawals out of nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from tests.attack.forging import (
    STRANGER,
    Pair,
    always,
    forgery,
    pair,
    trade,
)
from tests.scenario import Venue, owner_of
from zkclear.rules import transition
from zkclear.rules.batch import Batch, Outcome, Request, RequestKind
from zkclear.rules.closing import ClosingClass
from zkclear.rules.fills import Legs, legs


def _legs(name: str, change: Callable[[Legs], Legs]) -> None:
    def make(venue: Venue) -> Pair:
        batch = trade(venue)
        return pair(venue, batch, batch, legs=lambda *inputs: change(legs(*inputs)))

    forgery(name)(make)


_legs(
    "O4 the taker's fee one unit lower",
    lambda out: replace(out, taker_cash=out.taker_cash + 1, fees=out.fees - 1),
)
_legs(
    "O4 the maker's fee one unit higher",
    lambda out: replace(out, maker_cash=out.maker_cash - 1, fees=out.fees + 1),
)
_legs("a fee that reaches nobody", lambda out: replace(out, fees=out.fees - 1))
_legs("a fee out of nothing", lambda out: replace(out, fees=out.fees + 1))
_legs("the buyer pays a unit less", lambda out: replace(out, maker_cash=out.maker_cash + 1))
_legs("the buyer gets a lot more", lambda out: replace(out, maker_lots=out.maker_lots + 1))
_legs("the seller sells a lot less", lambda out: replace(out, taker_lots=out.taker_lots + 1))
_legs(
    "both sides move a lot less",
    lambda out: replace(out, maker_lots=out.maker_lots - 1, taker_lots=out.taker_lots + 1),
)


def _net(name: str, change: Callable[[Any], None], **more: Callable[..., Any]) -> None:
    def make(venue: Venue) -> Pair:
        batch = trade(venue)
        honest = transition.net_fills

        def bent(*inputs: Any) -> Any:
            net = honest(*inputs)
            change(net)
            return net

        return pair(venue, batch, batch, net_fills=bent, **more)

    forgery(name)(make)


def _move(net: dict[Any, int], source: Any, target: Any, amount: int) -> None:
    net[source] -= amount
    net[target] += amount


_net("P6 cash moved to another account", lambda net: _move(net.cash, 2, 3, 1_000))
_net("P6 fees moved to a friend", lambda net: _move(net.cash, 1, 3, 1))
_net("P6 position moved to another market", lambda net: _move(net.lots, (2, 0), (2, 1), 60))
_net("P6 filled lots moved to another order", lambda net: _move(net.filled, 1, 0, 1))
_net(
    "P2 more cash than the account has, called healthy",
    lambda net: _move(net.cash, 2, 3, 2**61),
    closing_class=always(ClosingClass.HEALTHY),
)


@forgery("O9 deposit that nobody made")
def _(venue: Venue) -> Pair:
    batch = trade(venue)

    def credit(account: Any, _: Any) -> Any:
        return replace(
            account, collateral=account.collateral + (10**6 if account.owner == owner_of(2) else 0)
        )

    return pair(venue, batch, batch, apply_to_opening=credit)


def _deposit(name: str, credit: Callable[[int], int]) -> None:
    def make(venue: Venue) -> Pair:
        batch = venue.draft(requests=(Request(RequestKind.DEPOSIT, 2, amount=777),))

        def apply(account: Any, requests: Any) -> Any:
            amount = sum(request.amount for request in requests)
            return replace(account, collateral=account.collateral + credit(amount))

        return pair(venue, batch, batch, apply_to_opening=apply)

    forgery(name)(make)


_deposit("O9 deposit credited twice", lambda amount: 2 * amount)
_deposit("O9 deposit credited a unit too high", lambda amount: amount + (amount > 0))
_deposit("deposit kept by the operator", lambda _: 0)


def _outcome(name: str, request: Request, forged: Outcome) -> None:
    def make(venue: Venue) -> Pair:
        batch = venue.draft(requests=(request,))
        lie = replace(batch, outcomes=(forged,))
        return pair(
            venue,
            batch,
            lie,
            outcome=lambda *_: forged,
            withdrawable=lambda *_: 2**61,
            closing_class=always(ClosingClass.HEALTHY),
        )

    forgery(name)(make)


_FORCED = Request(RequestKind.WITHDRAW, 2, amount=2**61)
_outcome("O10 forced withdrawal a unit above what is withdrawable", _FORCED, Outcome(1, 10**9 + 1))
_outcome("I-11 forced withdrawal a unit below what is due", _FORCED, Outcome(1, 10**9 - 1))
_outcome("I-11 forced withdrawal not executed", _FORCED, Outcome(2, 0))
_outcome("outcome 0, which is padding", _FORCED, Outcome(0, 0))
_outcome("a deposit that pays out", Request(RequestKind.DEPOSIT, 2, amount=5), Outcome(1, 5))
_outcome("O10 forced withdrawal above the request", replace(_FORCED, amount=1_000), Outcome(1, 1_001))


@forgery("T3 signed withdrawal above what is withdrawable")
def _(venue: Venue) -> Pair:
    honest, forged = (
        venue.draft(entries=(venue.withdrawal(2, amount, nonce=7),)) for amount in (10**9, 10**9 + 1)
    )
    return pair(
        venue, honest, forged, withdrawable=lambda *_: 2**61, closing_class=always(ClosingClass.HEALTHY)
    )


@forgery("T3 signed and forced withdrawals that are too large together")
def _(venue: Venue) -> Pair:
    request = Request(RequestKind.WITHDRAW, 2, amount=10**9)
    honest, forged = (
        venue.draft(entries=entries, requests=(request,))
        for entries in ((), (venue.withdrawal(2, 1, nonce=7),))
    )
    return pair(
        venue, honest, forged, withdrawable=lambda *_: 2**61, closing_class=always(ClosingClass.HEALTHY)
    )


@forgery("an account taken over by opening it again")
def _(venue: Venue) -> Pair:
    honest = venue.draft(requests=(Request(RequestKind.OPEN, 6, address=STRANGER),))
    without = {number: account for number, account in venue.state.accounts.items() if number != 2}
    control = venue.build(honest).witness
    venue.tree = venue.tree.fork()
    venue.tree.state = venue.state = replace(venue.state, accounts=without)
    forged = venue.draft(requests=(Request(RequestKind.OPEN, 2, address=STRANGER),))
    return control, venue.build(forged).witness


@forgery("C11 an account opened that nothing names")
def _(venue: Venue) -> Pair:
    batch = trade(venue)
    honest = transition.open_accounts

    def more(state: Any, drafted: Batch, markets: Any) -> Any:
        named = replace(drafted, requests=(Request(RequestKind.DEPOSIT, 5, amount=1),))
        return honest(state, drafted, markets) | {5: honest(state, named, markets)[5]}

    def settled(account: Any, _: Any) -> Any:
        return account

    return pair(venue, batch, batch, open_accounts=more, apply_to_opening=settled)


@forgery("P7 account rows that fall")
def _(venue: Venue) -> Pair:
    batch = trade(venue, fills=())
    control = venue.build(batch).witness
    with patch("prover.witness.builder.sorted", lambda _: [0, 1, 3, 2], create=True):
        return control, venue.build(batch).witness
