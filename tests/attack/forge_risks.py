"""Forgeries of liquidation, forced close and absorption: one rule bent in each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.attack.falling import BANKRUPT, DEEP, LATER, SHALLOW, Floor, closing, fallen
from tests.attack.forging import Pair, always, forgery, nothing, pair
from tests.scenario import Venue
from tests.vectors.crash import absorb, close, liquidate, risk_entry
from zkclear.rules import actions, liquidation, risks, transition
from zkclear.rules.batch import Batch, Entry, Fill, Outcome, OutcomeCode, Request, RequestKind
from zkclear.rules.closing import ClosingClass
from zkclear.rules.liquidation import Move, allowed_lots, book_loss, discount
from zkclear.rules.netting import Net
from zkclear.rules.risks import RiskKind, RiskRow
from zkclear.rules.units import FEES, INSURANCE


def _told(floor: Floor, request: Request, code: int, amount: int) -> tuple[Batch, Batch]:
    """A request with its outcome, and with a forged one."""
    honest = floor.draft(requests=(request,))
    assert honest.outcomes != (Outcome(code, amount),)
    return honest, replace(honest, outcomes=(Outcome(code, amount),))


def _outcome(name: str, equity: int, request: Request, forged: tuple[int, int], *, fund: int = 10**9) -> None:
    """The outcome of a request is another one; nothing moves unless it says EXECUTED."""

    def make(_: Venue) -> Pair:
        floor = fallen(equity, fund=fund)
        honest, told = _told(floor, request, *forged)
        code, amount = forged
        is_takeover = request.kind is RequestKind.LIQUIDATE
        rule = "takeover_outcome" if is_takeover else "close_outcome"
        moving = liquidation.takeover if is_takeover else liquidation.takeover_by_fund

        def bent(holding: Any, _: Any, most: int) -> Any:
            given = Outcome(OutcomeCode(code), amount)
            lots = amount if code == OutcomeCode.EXECUTED else most
            return given, lots, moving(holding, lots) if code == OutcomeCode.EXECUTED else None

        return pair(floor, honest, told, closing_class=closing, **{rule: bent})

    forgery(name)(make)


_outcome("K1 a healthy account liquidated", SHALLOW, liquidate(3, 4), (1, 1_500))
_outcome("K1 a takeover of one lot more than the close factor allows", SHALLOW, liquidate(2, 4), (1, 1_501))
_outcome("a takeover of one lot less than it must be", SHALLOW, liquidate(2, 4), (1, 1_499))
_outcome("a takeover of more than was asked", SHALLOW, liquidate(2, 4, lots=7), (1, 8))
_outcome("I-11 a takeover refused as NOT_LIQUIDATABLE", SHALLOW, liquidate(2, 4), (3, 0))
_outcome("I-11 a takeover refused as TAKER_UNFIT", SHALLOW, liquidate(2, 4), (4, 0))
_outcome("I-11 a takeover refused as NOTHING_TO_DO", SHALLOW, liquidate(2, 4), (2, 0))
_outcome(
    "a healthy account said to have NOTHING_TO_DO, so that the bond comes back",
    SHALLOW,
    liquidate(3, 4),
    (2, 0),
)
_outcome("a keeper made to take over a bankrupt account", BANKRUPT, liquidate(2, 4), (1, 5_000))
_outcome("I-11 a forced close refused as FUND_UNFIT", SHALLOW, close(3, lots=500), (5, 0))
_outcome("I-11 a forced close of a lot less", SHALLOW, close(3, lots=500), (1, 499))
_outcome("a forced close of a liquidatable account", SHALLOW, close(2, lots=500), (1, 500))
_outcome("a forced close that the fund cannot carry", SHALLOW, close(3), (1, 5_000), fund=10**6)


def _moved(
    name: str, rule: str, bend: Callable[[Move], Move], draw: Callable[[Floor], Batch], *, equity: int
) -> None:
    """The cash of a risk operation is another one by a unit or more."""

    def make(_: Venue) -> Pair:
        floor = fallen(equity)
        honest = draw(floor)
        lawful = getattr(risks, rule)
        return pair(
            floor,
            honest,
            honest,
            closing_class=closing,
            **{rule: lambda *inputs, **named: bend(lawful(*inputs, **named))},
        )

    forgery(name)(make)


def _takes(floor: Floor) -> Batch:
    return floor.draft(requests=(liquidate(2, 4),))


def _absorbs(floor: Floor) -> Batch:
    return floor.draft(entries=(absorb(2),))


_moved(
    "a discount of one unit more",
    "takeover",
    lambda move: replace(move, discount=move.discount + 1),
    _takes,
    equity=SHALLOW,
)
_moved(
    "a discount of one unit less",
    "takeover",
    lambda move: replace(move, discount=move.discount - 1),
    _takes,
    equity=SHALLOW,
)
_moved(
    "K2 a keeper's share of one unit more",
    "takeover",
    lambda move: replace(move, share=move.share + 1),
    _takes,
    equity=SHALLOW,
)
_moved(
    "a takeover below the mark",
    "takeover",
    lambda move: replace(move, value=move.value - 1),
    _takes,
    equity=SHALLOW,
)
_moved(
    "a takeover of lots out of nothing",
    "takeover",
    lambda move: replace(move, lots=move.lots - 1),
    _takes,
    equity=SHALLOW,
)
_moved(
    "an absorption that keeps the account's equity",
    "takeover_by_fund",
    lambda move: replace(move, discount=move.discount + 10**6, share=move.share + 10**6),
    _absorbs,
    equity=DEEP,
)


@forgery("I-6 an order of a liquidatable account filled")
def _(_: Venue) -> Pair:
    floor = fallen(SHALLOW)
    mine = floor.order(2, "SELL IOC REDUCE_ONLY", 500, floor.marks[0], nonce=LATER)
    other = floor.order(4, "BUY GTC", 500, floor.marks[0], nonce=LATER)
    honest = floor.draft(entries=(mine, other))
    return pair(floor, honest, replace(honest, fills=(Fill(1, 0, 1),)), check_own_fills=nothing)


def _sale(floor: Floor) -> tuple[Entry, Entry]:
    """The worst legal liquidation in the book of account 2, and a bid at the mark."""
    holding = floor.holding(2)
    lots, limit = allowed_lots(holding), floor.marks[0]
    while book_loss(holding, lots, limit - 1) <= discount(holding, lots):
        limit -= 1
    bid = floor.order(4, "BUY GTC", 3_000, floor.marks[0], nonce=LATER)
    return risk_entry(2, actions.LIQUIDATION_SELL, lots=lots, limit=limit), bid


def _listed(index: int, entry: Entry, holding: Any) -> RiskRow:
    """A row for whatever the entry says."""
    return RiskRow(RiskKind.BOOK, index, entry.account, INSURANCE, entry.market, entry.lots, True, None)


def _book(name: str, bend: Callable[[Entry], Entry], *, equity: int = SHALLOW) -> None:
    def make(_: Venue) -> Pair:
        floor = fallen(equity)
        sale, bid = _sale(floor)
        honest = floor.draft(entries=(sale, bid), fills=(Fill(1, 0, 100),))
        bent = floor.draft(entries=(bend(sale), bid), fills=(Fill(1, 0, 100),))
        return pair(floor, honest, bent, check_book=_listed)

    forgery(name)(make)


_book("a liquidation in the book of one lot more", lambda sale: replace(sale, lots=sale.lots + 1))
_book("a liquidation in the book one tick worse", lambda sale: replace(sale, limit=sale.limit - 1))


@forgery("a liquidation in the book of a healthy account")
def _(_: Venue) -> Pair:
    floor = fallen(SHALLOW)
    cover = risk_entry(3, actions.LIQUIDATION_BUY, lots=100, limit=floor.marks[0])
    offer = floor.order(4, "SELL GTC", 3_000, floor.marks[0], nonce=LATER)
    honest = floor.draft(entries=(offer,))
    forged = floor.draft(entries=(cover, offer), fills=(Fill(1, 0, 100),))
    return pair(floor, honest, forged, check_book=_listed)


@forgery("fees of a liquidation in the book paid to account 1")
def _(_: Venue) -> Pair:
    floor = fallen(SHALLOW)
    batch = floor.draft(entries=_sale(floor), fills=(Fill(1, 0, 100),))
    lawful = transition.net_fills

    def bent(*inputs: Any) -> Net:
        net = lawful(*inputs)
        net.cash[FEES] += net.cash[INSURANCE]
        net.cash[INSURANCE] = 0
        return net

    return pair(floor, batch, batch, net_fills=bent)


@forgery("a takeover and a liquidation in the book of one account")
def _(_: Venue) -> Pair:
    floor = fallen(SHALLOW)
    sale, bid = _sale(floor)
    fields = {"entries": (sale, bid), "fills": (Fill(1, 0, 100),)}
    honest, forged = floor.draft(**fields), floor.draft(**fields, requests=(liquidate(2, 4, lots=10),))
    return pair(floor, honest, forged, check_subjects=nothing)


@forgery("K4 an account absorbed that is not deep")
def _(_: Venue) -> Pair:
    floor = fallen(SHALLOW)
    return pair(floor, _takes(floor), _absorbs(floor), is_deep=always(True))


@forgery("one hole paid twice")
def _(_: Venue) -> Pair:
    floor = fallen(-200_000_000)
    forged = floor.draft(entries=(absorb(2), absorb(2, nonce=1)))
    return pair(floor, _absorbs(floor), forged, _check_not_grown=nothing)


@forgery("an absorption that the fund cannot carry")
def _(_: Venue) -> Pair:
    floor, rich = fallen(DEEP, fund=10**8), fallen(DEEP)
    honest = rich.build(_absorbs(rich)).witness
    _, forged = pair(floor, floor.draft(), _absorbs(floor), close_absorbing=always(ClosingClass.HEALTHY))
    return honest, forged
