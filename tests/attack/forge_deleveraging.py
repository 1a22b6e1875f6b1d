"""Forgeries of deleveraging: who gives up how many lots, in which order and at which price."""

from dataclasses import replace
from typing import Any

from tests.attack.falling import BANKRUPT, DEEP, LATER, Floor, closing, fallen
from tests.attack.forging import Pair, always, forgery, nothing, pair
from tests.scenario import Venue
from tests.vectors.crash import deleverage
from zkclear.rules import liquidation, risks, transition
from zkclear.rules.batch import Batch, Entry, Fill
from zkclear.rules.deleveraging import needed_lots
from zkclear.rules.liquidation import Move
from zkclear.rules.risks import RiskKind, RiskRow
from zkclear.rules.units import INSURANCE


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
