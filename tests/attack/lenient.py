"""
An operator who checks nothing: every refusal of the rule book taken out, and what moves computed as the rules do.

A batch that the rules refuse, cleared by these laws, is a witness in which all roots, paths and sums fit. Only the
refused rule itself is left for the circuit to find.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.attack.forging import bent_advance, lenient_slot, nothing
from zkclear.rules import actions
from zkclear.rules.batch import Entry, Request
from zkclear.rules.closing import ClosingClass, closing_class
from zkclear.rules.liquidation import Standing, deleverage, hold, takeover_by_fund
from zkclear.rules.reject import Rejected
from zkclear.rules.risks import RiskKind, RiskRow
from zkclear.rules.state import Market
from zkclear.rules.units import INSURANCE, AccountId, Lots


def any_risks(
    entries: Sequence[Entry], standings: Mapping[AccountId, Standing], markets: tuple[Market, ...]
) -> Iterator[RiskRow]:
    """`risks.entry_risks` without its conditions."""
    before: dict[tuple[AccountId, int], int] = defaultdict(int)
    for index, entry in enumerate(entries):
        holding = hold(standings[entry.account], entry.market, markets)
        place = (index, entry.account, INSURANCE, entry.market)
        if actions.is_liquidation(entry.action):
            yield RiskRow(RiskKind.BOOK, *place, entry.lots, True, None)
        elif entry.action == actions.ABSORB:
            moved = takeover_by_fund(holding, holding.lots)
            yield RiskRow(RiskKind.ABSORB, *place, holding.lots, True, moved)
    last = [each for each in enumerate(entries) if each[1].action == actions.DELEVERAGE]
    for index, entry in sorted(last, key=lambda each: (each[1].subject, each[1].market, each[1].rank)):
        holding = hold(standings[entry.subject], entry.market, markets)
        moved = deleverage(holding, entry.lots, before=Lots(before[entry.subject, entry.market]))
        before[entry.subject, entry.market] += entry.lots
        names = (entry.subject, entry.account, entry.market)
        yield RiskRow(RiskKind.DELEVERAGE, index, *names, entry.lots, True, moved)


def any_class(*inputs: Any, **named: Any) -> ClosingClass:
    """The class of an account as the rule has it, and REDUCED where it has none."""
    try:
        return closing_class(*inputs, **named)
    except Rejected:
        return ClosingClass.REDUCED


def any_open_interest(market: Market, sizes: Sequence[tuple[Lots, Lots]]) -> Lots:
    """`closing.open_interest_after` without its limit."""
    return Lots(market.open_interest + sum(max(after, 0) - max(before, 0) for before, after in sizes))


def any_change(markets: tuple[Market, ...], requests: Sequence[Request]) -> tuple[Market, ...]:
    """`requests.change_markets` without its check of configurations, which is the contract's."""
    rows = list(markets)
    for request in requests:
        if request.config is not None:
            rows[request.market] = replace(rows[request.market], config=request.config)
    return tuple(rows)


LENIENT: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(
        (
            "check_requests",
            "check_terms",
            "authorise",
            "check_subjects",
            "check_fill",
            "check_filled",
            "check_own_fills",
            "check_bounds",
            "_check_not_grown",
        ),
        nothing,
    ),
    "advance": bent_advance,
    "slot_after": lenient_slot,
    "withdrawable": lambda *_: 2**200,
    "entry_risks": any_risks,
    "closing_class": any_class,
    "close_absorbing": lambda *_: ClosingClass.HEALTHY,
    "open_interest_after": any_open_interest,
    "change_markets": any_change,
}
"""Every rule that refuses, by its name in the modules that clear a batch; `lawless` takes them."""
