"""Forgeries of liquidation, forced close, absorption, deleveraging and listing: one rule bent in each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.attack.forging import Pair, always, forgery, nothing, pair
from tests.scenario import Venue
from tests.vectors.crash import CHANGED, Crash, absorb, change, close, deleverage, liquidate, risk_entry
from tests.vectors.drawer import BTC
from zkclear.rules import actions, liquidation, risks, transition
from zkclear.rules.batch import Batch, Entry, Fill, Outcome, OutcomeCode, Request, RequestKind
from zkclear.rules.closing import ClosingClass, closing_class
from zkclear.rules.deleveraging import needed_lots
from zkclear.rules.liquidation import Move, allowed_lots, book_loss, discount
from zkclear.rules.netting import Net
from zkclear.rules.reject import Rejected
from zkclear.rules.risks import RiskKind, RiskRow
from zkclear.rules.units import FEES, INSURANCE

LATER = 99_333
"""A nonce whose slot no risk entry here has."""


class Floor(Venue, Crash):
    """A venue whose accounts fall: 2 long against 3, 5,000 lots, and a fund."""


def fallen(equity: int, *, fund: int = 10**9) -> Floor:
    """Account 2 at this equity; its maintenance is about 87,000,000 and half of it is the closeout."""
    floor = Floor()
    floor.marks = (18_000, 83_460)
    floor.advance(requests=floor.opening(2, amount=300_000_000))
    floor.advance(requests=floor.opening(3, 4, amount=10**10))
    floor.advance(requests=(Request(RequestKind.DEPOSIT, INSURANCE, amount=fund),))
    floor.trade(2, 3, 5_000)
    floor.mark_for(2, equity)
    return floor


def closing(*inputs: Any, **named: Any) -> ClosingClass:
    """The class of an account as the rule has it, and REDUCED where it has none, so that nothing else is forged."""
    try:
        return closing_class(*inputs, **named)
    except Rejected:
        return ClosingClass.REDUCED


SHALLOW, DEEP, BANKRUPT = 85_000_000, 5_000_000, -60_000_000


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


def _deleveraging(floor: Floor) -> tuple[Batch, int]:
    """Account 3 closes the fewest lots against account 2."""
    needed = int(needed_lots(floor.holding(2), floor.standing(INSURANCE)))
    return floor.draft(entries=(deleverage(3, 2, needed, 0),)), needed


@forgery("I-7 a lot deleveraged that the fund could take")
def _(_: Venue) -> Pair:
    floor = fallen(BANKRUPT, fund=10**8)
    honest, needed = _deleveraging(floor)
    forged = floor.draft(entries=(deleverage(3, 2, needed + 1, 0),))
    return pair(floor, honest, forged, fund_fits=always(False))


@forgery("I-7 a deleverage at a price a unit worse")
def _(_: Venue) -> Pair:
    floor = fallen(BANKRUPT, fund=10**8)
    honest, _ = _deleveraging(floor)
    lawful = risks.deleverage

    def bent(*inputs: Any, **named: Any) -> Move:
        move = lawful(*inputs, **named)
        return replace(move, discount=move.discount - 1, share=move.share - 1)

    return pair(floor, honest, honest, deleverage=bent)


def _taken(index: int, entry: Entry, holding: Any, *_: Any, before: int) -> RiskRow:
    """A row for whatever a DELEVERAGE entry says."""
    move = liquidation.deleverage(holding, entry.lots, before=before)
    return RiskRow(
        RiskKind.DELEVERAGE, index, entry.subject, entry.account, entry.market, entry.lots, True, move
    )


def _against(name: str, *entries: Entry, equity: int = BANKRUPT) -> None:
    """Deleveraging that the rules refuse; the honest batch is one of a bankrupt account."""

    def make(_: Venue) -> Pair:
        control = fallen(BANKRUPT, fund=10**8)
        honest, _ = _deleveraging(control)
        floor = fallen(equity, fund=10**8)
        laws = {"_check_not_grown": nothing, "closing_class": closing}
        _, forged = pair(floor, floor.draft(), floor.draft(entries=entries), check_deleverage=_taken, **laws)
        return control.build(honest).witness, forged

    forgery(name)(make)


_against("I-7 an account deleveraged that has no position", deleverage(4, 2, 100, 0))
_against("I-7 a deleverage of more lots than the bankrupt account has", deleverage(3, 2, 5_001, 0))
_against("I-7 a deleverage against an account that still has equity", deleverage(3, 2, 100, 0), equity=DEEP)


@forgery("a deleverage whose rank does not begin at 0")
def _(_: Venue) -> Pair:
    floor = fallen(BANKRUPT, fund=10**8)
    honest, needed = _deleveraging(floor)
    lawful = transition.entry_risks

    def unranked(entries: tuple[Entry, ...], *rest: Any) -> Any:
        return lawful(tuple(replace(entry, limit=0) for entry in entries), *rest)

    forged = floor.draft(entries=(deleverage(3, 2, needed, 1),))
    return pair(floor, honest, forged, entry_risks=unranked)


@forgery("I-7 a counterparty that sells more beside its deleverage")
def _(_: Venue) -> Pair:
    floor = fallen(BANKRUPT, fund=10**8)
    only = deleverage(3, 2, 100, 0)
    more = floor.order(3, "SELL GTC", 200, floor.marks[0], nonce=LATER)
    other = floor.order(4, "BUY GTC", 200, floor.marks[0], nonce=LATER)
    honest = floor.draft(entries=(only, more, other), fills=(Fill(1, 2, 100),))
    return pair(floor, honest, replace(honest, fills=(Fill(1, 2, 101),)), _check_not_grown=nothing)


@forgery("a market changed to another configuration than was queued")
def _(_: Venue) -> Pair:
    floor = fallen(SHALLOW)
    honest = floor.draft(requests=(change(0, CHANGED),))
    other = change(0, replace(CHANGED, liquidation_fee=10**6))
    forged = replace(honest, requests=(other,))
    return pair(floor, honest, forged, resolve=_resolved(honest))


def _resolved(batch: Batch) -> Callable[..., Any]:
    """Outcomes as they stand in a batch, whatever the requests are."""
    return lambda *_: (batch.outcomes, [])


@forgery("a market listed that leaves a row out")
def _(_: Venue) -> Pair:
    floor = fallen(SHALLOW)
    honest = floor.draft(requests=(change(2, BTC),))
    forged = replace(honest, requests=(change(3, BTC),))
    lawful = transition.change_markets

    def skipping(markets: Any, requests: Any) -> Any:
        rows = list(lawful(markets, [replace(request, market=2) for request in requests]))
        rows[3], rows[2] = rows[2], rows[3]
        return tuple(rows)

    return pair(floor, honest, forged, change_markets=skipping)
