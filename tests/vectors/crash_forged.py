"""Batches with a risk operation that an operator might forge, each with one thing wrong; the rule book names which."""

from collections.abc import Iterator
from dataclasses import replace

from tests.vectors.crash import (
    CHANGED,
    LISTED,
    Crash,
    absorb,
    change,
    close,
    deleverage,
    liquidate,
    risk_entry,
)
from zkclear.rules import actions
from zkclear.rules.batch import Batch, Entry, Fill, Outcome, OutcomeCode, Request, RequestKind
from zkclear.rules.deleveraging import needed_lots
from zkclear.rules.liquidation import allowed_lots, book_loss, discount
from zkclear.rules.state import State
from zkclear.rules.units import INSURANCE, AccountId

LATER = 99_333
"""A nonce whose slot no risk entry here has."""

Forgery = tuple[State, Batch]


def _fallen(equity: int, *, side: int = 1, fund: int = 10**9) -> Crash:
    """Account 2 at this equity; its maintenance is about 87,000,000 and half of it is the closeout."""
    day = Crash()
    day.prepare(side=side, fund=fund)
    day.mark_for(2, equity)
    return day


def _ordered(day: Crash, *entries: Entry, **fields: object) -> Forgery:
    if "requests" not in fields:
        fields["outcomes"] = ()
    return day.state, day.draft(entries=entries, **fields)


def _codes(given: Outcome, *, all_of_them: bool) -> Iterator[OutcomeCode]:
    """Codes that are not the given one: all, or the first."""
    others = [code for code in OutcomeCode if code != given.code]
    yield from others if all_of_them else others[:1]


def forged_outcomes() -> Iterator[Forgery]:
    """Each request with another code, and with one lot more and less."""
    day = _fallen(85_000_000)
    for request, all_of_them in (
        (liquidate(2, 4), True),
        (liquidate(2, 4, lots=7), False),
        (liquidate(3, 4), True),
        (liquidate(4, 3), False),
        (liquidate(2, 2), True),
        (liquidate(2, 4, market=7), False),
        (close(6, lots=500), True),
        (close(6), True),
        (close(2), False),
        (change(0, CHANGED), False),
    ):
        honest = day.draft(requests=(request,))
        (given,) = honest.outcomes
        yield day.state, honest
        for code in _codes(given, all_of_them=all_of_them):
            yield day.state, replace(honest, outcomes=(Outcome(code, given.amount),))
        yield day.state, replace(honest, outcomes=(Outcome(given.code, given.amount + 1),))
        if given.amount:
            yield day.state, replace(honest, outcomes=(Outcome(given.code, given.amount - 1),))
    bankrupt = _fallen(-1)
    asked = bankrupt.draft(requests=(liquidate(2, 4),))
    yield bankrupt.state, asked
    yield bankrupt.state, replace(asked, outcomes=(Outcome(OutcomeCode.EXECUTED, 5_000),))


def forged_fills() -> Iterator[Forgery]:
    """An order of an account below its maintenance, even one that only reduces; it may stand unfilled."""
    for side in (1, -1):
        day = _fallen(85_000_000, side=side)
        out = 0x49 if side > 0 else 0x48
        mine = day.order(2, out, 500, day.marks[0], nonce=LATER)
        other = day.order(4, 0x40 if side > 0 else 0x41, 500, day.marks[0], nonce=LATER)
        yield _ordered(day, mine, other, fills=(Fill(0, 1, 1),))
        yield _ordered(day, mine, other, fills=(Fill(1, 0, 1),))
        yield _ordered(day, mine, other)


def _book_terms(day: Crash, *, side: int) -> tuple[Entry, Entry]:
    """The worst legal liquidation in the book of account 2, and an order that meets it at its limit."""
    holding = day.holding(2)
    lots = allowed_lots(holding)
    limit = day.marks[0]
    while book_loss(holding, lots, limit - side) <= discount(holding, lots):
        limit -= side
    action = actions.LIQUIDATION_SELL if side > 0 else actions.LIQUIDATION_BUY
    taking = risk_entry(2, action, lots=lots, limit=limit)
    return taking, day.order(4, 0x40 if side > 0 else 0x41, lots, day.marks[0], nonce=LATER)


def forged_book() -> Iterator[Forgery]:
    """One lot more, one tick worse, the other side, not liquidatable, beside another; a maker; too many fills."""
    for side in (1, -1):
        day = _fallen(85_000_000, side=side)
        taking, made = _book_terms(day, side=side)
        fill = Fill(1, 0, taking.lots)
        yield _ordered(day, taking, made, fills=(fill,))
        for entry in (
            replace(taking, lots=taking.lots + 1),
            replace(taking, limit=taking.limit - side),
            replace(taking, action=taking.action ^ 1),
            replace(taking, market=1),
            replace(taking, account=5),
            replace(taking, account=4),
            replace(taking, account=0),
        ):
            yield _ordered(day, entry, made)
        yield _ordered(day, taking, made, fills=(replace(fill, lots=taking.lots + 1),))
        yield _ordered(day, taking, made, fills=(Fill(0, 1, 1),))
        yield _ordered(day, taking, made, fills=(Fill(1, 0, 10),), requests=(liquidate(2, 4, lots=1),))
        yield _ordered(day, replace(taking, lots=5), replace(taking, lots=6, nonce=1), made)
    fund = _fallen(40_000_000)
    fund.settle(entries=(absorb(2),))
    held = fund.holding(INSURANCE).lots
    sale = risk_entry(0, actions.LIQUIDATION_SELL, lots=held, limit=fund.marks[0])
    yield _ordered(fund, sale)
    yield _ordered(fund, replace(sale, lots=held + 1))
    yield _ordered(fund, replace(sale, limit=sale.limit - 1))
    yield _ordered(fund, replace(sale, action=actions.LIQUIDATION_BUY))


def forged_terms() -> Iterator[Forgery]:
    """A field of a risk entry that must be empty, or a fill that names one that has none."""
    day = _fallen(5_000_000)
    taking, made = _book_terms(day, side=1)
    for entry in (taking, absorb(2)):
        for fields in (
            {"nonce": 1_024},
            {"expiry": day.state.timestamp + 9},
            {"signer": 0xA0002},
            {"trigger": 1},
        ):
            yield _ordered(day, replace(entry, **fields), made)
    for fields in ({"lots": 0}, {"limit": 0}, {"market": 2}, {"market": 255}):
        yield _ordered(day, replace(taking, **fields), made)
    for fields in ({"lots": 1}, {"limit": 1}, {"market": 2}):
        yield _ordered(day, replace(absorb(2), **fields))
    yield _ordered(day, absorb(2), made, fills=(Fill(1, 0, 1),))


def forged_absorb() -> Iterator[Forgery]:
    """Not deep, healthy, no position, the fund itself, a fund that cannot, terms, and one hole paid twice."""
    shallow = _fallen(85_000_000)
    for account in (0, 1, 2, 3, 4):
        yield _ordered(shallow, absorb(account))
    deep = _fallen(5_000_000)
    yield _ordered(deep, absorb(2))
    taken = absorb(2)
    yield _ordered(deep, replace(taken, market=1))
    yield _ordered(deep, taken, requests=(liquidate(2, 4, lots=100),))
    yield _ordered(deep, taken, risk_entry(2, actions.LIQUIDATION_SELL, lots=1, limit=deep.marks[0], nonce=1))
    yield _ordered(_fallen(5_000_000, fund=10**8), absorb(2))
    yield _ordered(_fallen(-200_000_000), absorb(2), absorb(2, nonce=1))


def forged_deleverage() -> Iterator[Forgery]:
    """A lot too many, a wrong rank, side, subject or need; and a counterparty that sells more beside."""
    for side in (1, -1):
        day = _fallen(-60_000_000, side=side, fund=10**8)
        needed = int(needed_lots(day.holding(2), day.standing(INSURANCE)))
        first, second = deleverage(6, 2, needed - 100, 0), deleverage(3, 2, 100, 1)
        yield _ordered(day, first, second)
        yield _ordered(day, first, replace(second, lots=101))
        yield _ordered(day, replace(first, limit=1), replace(second, limit=0))
        for rank in (0, 2):
            yield _ordered(day, first, replace(second, limit=rank))
        yield _ordered(day, replace(first, limit=1))
        yield _ordered(day, replace(first, account=5))
        yield _ordered(day, replace(first, account=4))
        yield _ordered(day, replace(first, account=2))
        yield _ordered(day, replace(first, trigger=5))
        yield _ordered(day, replace(first, trigger=9))
        yield _ordered(day, replace(first, market=1))
        yield _ordered(day, replace(first, lots=0))
        more = day.order(3, 0x41 if side > 0 else 0x40, 200, day.marks[0], nonce=LATER)
        other = day.order(4, 0x40 if side > 0 else 0x41, 200, day.marks[0], nonce=LATER)
        only = deleverage(3, 2, 100, 0)
        yield _ordered(day, only, more, other, fills=(Fill(1, 2, 100),))
        yield _ordered(day, only, more, other, fills=(Fill(1, 2, 101),))
        out = risk_entry(2, 0xC1 if side > 0 else 0xC0, lots=1, limit=day.marks[0] + 200 * side)
        yield _ordered(day, out, only)
    rich = _fallen(-60_000_000)
    yield _ordered(rich, deleverage(3, 2, 1, 0))
    poor = _fallen(-60_000_000, fund=1)
    yield _ordered(poor, deleverage(6, 2, 5_000, 0))
    yield _ordered(poor, deleverage(6, 2, 5_001, 0))
    yield _ordered(poor, deleverage(3, 2, 5_001, 0))
    yield _ordered(poor, deleverage(6, 2, 4_000, 0), deleverage(3, 2, 1_001, 1))
    yield _ordered(_fallen(500_000, fund=1), deleverage(3, 2, 1, 0))


def forged_together() -> Iterator[Forgery]:
    """Requests that can be executed one by one and not in one batch, and an order beside a forced close."""
    day = _fallen(85_000_000)
    yield day.state, day.draft(requests=(close(6, lots=3_000), liquidate(2, 6, lots=1_500)))
    yield day.state, day.draft(requests=(close(5, lots=1_500), liquidate(2, 5, lots=1_500)))
    yield day.state, day.draft(requests=(close(5, lots=1_499), liquidate(2, 5, lots=1_500)))
    everything = Request(RequestKind.WITHDRAW, AccountId(4), amount=2**61)
    yield day.state, day.draft(requests=(liquidate(2, 4), everything))
    both = day.order(5, 0x40, 1_200, day.marks[0], nonce=LATER)
    other = day.order(4, 0x41, 1_200, day.marks[0], nonce=LATER)
    for lots in (1_000, 1_001):
        yield _ordered(day, both, other, requests=(close(5, lots=1_000),), fills=(Fill(1, 0, lots),))
    poor = _fallen(85_000_000, fund=10**8)
    yield poor.state, poor.draft(requests=(close(3, lots=5_000),))
    yield poor.state, poor.draft(requests=(close(3, lots=5_000), close(5, lots=5_000)))
    yield poor.state, poor.draft(requests=(close(3, lots=5_000), close(6, lots=5_000)))


def forged_requests() -> Iterator[Forgery]:
    """Requests that no batch can hold, twice or at all."""
    day = _fallen(85_000_000)
    for request in (close(6, lots=10), liquidate(2, 4, lots=10), change(0, CHANGED)):
        single = day.draft(requests=(request,))
        yield day.state, replace(single, requests=2 * single.requests, outcomes=2 * single.outcomes)
    honest = day.draft(requests=(change(2, LISTED),))
    yield day.state, honest
    for market in (3, 8):  # a row is left out, or there is none
        yield day.state, replace(honest, requests=(change(market, LISTED),))
    for request in (
        liquidate(2, 9),
        liquidate(9, 4),
        liquidate(2, 4, market=8),
        liquidate(2, 4, lots=0),
        close(5, lots=2**40),
    ):
        yield day.state, replace(honest, requests=(request,), outcomes=(Outcome(2, 0),))


def forgeries() -> Iterator[Forgery]:
    """All of them; an honest batch stands before those that change one thing in it."""
    yield from forged_outcomes()
    yield from forged_fills()
    yield from forged_book()
    yield from forged_terms()
    yield from forged_absorb()
    yield from forged_deleverage()
    yield from forged_together()
    yield from forged_requests()
