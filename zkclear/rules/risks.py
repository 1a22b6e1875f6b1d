"""
The risk operations of a batch: outcomes of LIQUIDATE and CLOSE requests, and the unsigned risk entries.

Each becomes one risk row of the circuit. Rules of a single position: `liquidation.py`; the whole: `docs/liquidation.md`.
Circuit twin: `circuits/batch/risk.go`. Vectors: `transition.json`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from zkclear.rules import actions
from zkclear.rules.batch import Batch, Entry, Outcome, OutcomeCode, Request, RequestKind
from zkclear.rules.liquidation import (
    Holding,
    Move,
    Standing,
    allowed_lots,
    book_loss,
    close_lots,
    deleverage,
    discount,
    fits,
    fund_fits,
    hold,
    is_deep,
    takeover,
    takeover_by_fund,
    takeover_lots,
)
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.state import Market
from zkclear.rules.units import INSURANCE, AccountId, Lots, Quote, in_range


class RiskKind(IntEnum):
    """What a risk row proves; the values are those of the witness."""

    TAKEOVER = 1
    CLOSE = 2
    BOOK = 3
    ABSORB = 4
    DELEVERAGE = 5


SINGLE = (RiskKind.TAKEOVER, RiskKind.CLOSE, RiskKind.BOOK)
"""Kinds of which an account is the subject of at most one executed a batch, and then of nothing else."""


@dataclass(frozen=True, slots=True)
class RiskRow:
    """
    One risk operation: `source` is the index of its request or entry, `lots` what is or would be moved.

    `move` is None where nothing moves here: a request that was not executed, or a liquidation in the book.
    """

    kind: RiskKind
    source: int
    subject: AccountId
    counterparty: AccountId
    market: int
    lots: Lots
    executed: bool
    move: Move | None


def count_risks(batch: Batch) -> int:
    """How many risk rows a batch needs: its CLOSE and LIQUIDATE requests and its risk entries. Claims: C7."""
    asked = sum(request.kind in (RequestKind.CLOSE, RequestKind.LIQUIDATE) for request in batch.requests)
    return asked + sum(actions.is_risk(entry.action) for entry in batch.entries)


def takeover_outcome(holding: Holding, taker: Standing, most: Lots) -> tuple[Outcome, Lots, Move | None]:
    """
    The one outcome of a LIQUIDATE request, the lots that it is about, and what moves.

    Units:   lots.
    Bounds:  defined for every state and request.
    Rounds:  as `liquidation.discount`.
    Rejects: nothing.
    Claims:  C7, C9.
    """
    lots = takeover_lots(holding, most)
    standing = holding.standing
    if holding.size == 0:
        return Outcome(OutcomeCode.NOTHING_TO_DO), lots, None
    if not standing.is_liquidatable:
        return Outcome(OutcomeCode.NOT_LIQUIDATABLE), lots, None
    if standing.equity < 0:
        return Outcome(OutcomeCode.NOTHING_TO_DO), lots, None
    moved = takeover(holding, lots)
    carrier = Holding(taker, holding.index, holding.market)
    if not fits(carrier, lots=moved.lots, gain=moved.share):
        return Outcome(OutcomeCode.TAKER_UNFIT), lots, None
    return Outcome(OutcomeCode.EXECUTED, Quote(lots)), lots, moved


def close_outcome(holding: Holding, fund: Standing, most: Lots) -> tuple[Outcome, Lots, Move | None]:
    """
    The one outcome of a CLOSE request, the lots that it is about, and what moves.

    Units:   lots.
    Bounds:  defined for every state and request.
    Rounds:  as `liquidation.discount`.
    Rejects: nothing.
    Claims:  C9.
    """
    lots = close_lots(holding, most)
    if holding.size == 0 or holding.standing.is_liquidatable:
        return Outcome(OutcomeCode.NOTHING_TO_DO), lots, None
    moved = takeover_by_fund(holding, lots)
    carrier = Holding(fund, holding.index, holding.market)
    if not fits(carrier, lots=moved.lots, gain=moved.share):
        return Outcome(OutcomeCode.FUND_UNFIT), lots, None
    return Outcome(OutcomeCode.EXECUTED, Quote(lots)), lots, moved


def request_risk(
    index: int, request: Request, standings: Mapping[AccountId, Standing], markets: tuple[Market, ...]
) -> tuple[Outcome, RiskRow]:
    """
    Outcome and risk row of a LIQUIDATE or CLOSE request, the `index`-th of its batch.

    Units:   lots.
    Bounds:  both accounts are opened.
    Rounds:  as `liquidation.discount`.
    Rejects: UNLISTED_MARKET.
    Claims:  C7, C9.
    """
    in_range(request.market, 0, len(markets), reason=Reject.UNLISTED_MARKET, field="market")
    holding = hold(standings[request.account], request.market, markets)
    if request.kind is RequestKind.LIQUIDATE:
        kind, counterparty = RiskKind.TAKEOVER, request.taker
        outcome, lots, moved = takeover_outcome(holding, standings[counterparty], request.lots)
    else:
        kind, counterparty = RiskKind.CLOSE, INSURANCE
        outcome, lots, moved = close_outcome(holding, standings[INSURANCE], request.lots)
    executed = outcome.code == OutcomeCode.EXECUTED
    return outcome, RiskRow(kind, index, request.account, counterparty, request.market, lots, executed, moved)


def _bad_terms(index: int, field: str, given: int, most: int) -> Rejected:
    return Rejected(
        Reject.LIQUIDATION_TERMS, {"entry": index, "field": field, "given": given, "maximum": most}
    )


def _not_liquidatable(standing: Standing) -> Rejected:
    return Rejected(
        Reject.NOT_LIQUIDATABLE, {"equity_e6": standing.equity, "maintenance_e6": standing.maintenance}
    )


def check_book(index: int, entry: Entry, holding: Holding) -> RiskRow:
    """
    The risk row of a liquidation in the book: less than the rule allows, at no worse price.

    Account 0 may always sell what it holds, at the mark or better.

    Units:   lots and ticks.
    Bounds:  1 <= lots <= allowed; loss at the limit <= discount.
    Rounds:  as `liquidation.discount`.
    Rejects: NOT_LIQUIDATABLE, LIQUIDATION_TERMS.
    Claims:  C7.
    """
    is_fund = entry.account == INSURANCE
    if not is_fund and not holding.standing.is_liquidatable:
        raise _not_liquidatable(holding.standing)
    if holding.direction != (1 if actions.is_sell(entry.action) else -1):
        raise _bad_terms(index, "side", entry.action, holding.size)
    most = holding.lots if is_fund else allowed_lots(holding)
    if not 1 <= entry.lots <= most:
        raise _bad_terms(index, "lots", entry.lots, most)
    worst = Quote(0) if is_fund else discount(holding, entry.lots)
    loss = book_loss(holding, entry.lots, entry.limit)
    if loss > worst:
        raise _bad_terms(index, "loss", loss, worst)
    return RiskRow(RiskKind.BOOK, index, entry.account, INSURANCE, entry.market, entry.lots, True, None)


def check_absorb(index: int, entry: Entry, holding: Holding) -> RiskRow:
    """
    The risk row of a position that the insurance account takes whole.

    Units:   lots.
    Bounds:  the account is deep; it is not account 0.
    Rounds:  as `liquidation.discount`.
    Rejects: NOT_LIQUIDATABLE, LIQUIDATION_TERMS.
    Claims:  C7.
    """
    if entry.account == INSURANCE or not is_deep(holding):
        raise _not_liquidatable(holding.standing)
    if holding.size == 0:
        raise _bad_terms(index, "lots", 0, 0)
    moved = takeover_by_fund(holding, holding.lots)
    return RiskRow(RiskKind.ABSORB, index, entry.account, INSURANCE, entry.market, holding.lots, True, moved)


def check_deleverage(
    index: int, entry: Entry, holding: Holding, other: Holding, fund: Standing, *, before: Lots
) -> RiskRow:
    """
    The risk row of lots that a counterparty takes because the insurance account cannot.

    Units:   lots; `before` are those of the entries with a lower rank.
    Bounds:  negative equity; the other side; no lot more than either holds or than is needed.
    Rounds:  as `liquidation.deleverage`.
    Rejects: NOT_LIQUIDATABLE, LIQUIDATION_TERMS, FUND_FIT.
    Claims:  C7.
    """
    if holding.standing.equity >= 0:
        raise _not_liquidatable(holding.standing)
    if holding.size == 0 or other.direction != -holding.direction:
        raise _bad_terms(index, "side", other.size, holding.size)
    most = min(other.lots, Lots(holding.lots - before))
    if not 1 <= entry.lots <= most:
        raise _bad_terms(index, "lots", entry.lots, most)
    left_before_last = Lots(holding.lots - before - entry.lots + 1)
    if entry.subject != INSURANCE and fund_fits(holding, fund, left_before_last):
        raise Rejected(Reject.FUND_FIT, {"entry": index, "lots": left_before_last})
    moved = deleverage(holding, entry.lots, before=before)
    return RiskRow(
        RiskKind.DELEVERAGE, index, entry.subject, entry.account, entry.market, entry.lots, True, moved
    )


def entry_risks(
    entries: Sequence[Entry], standings: Mapping[AccountId, Standing], markets: tuple[Market, ...]
) -> Iterator[RiskRow]:
    """
    The risk rows of a batch's risk entries: in their order, DELEVERAGE last, by (subject, market, rank).

    Units:   lots.
    Bounds:  ranks of one subject and market are 0, 1, 2, ..
    Rounds:  as the rules of each.
    Rejects: NOT_LIQUIDATABLE, LIQUIDATION_TERMS, FUND_FIT.
    Claims:  C7.
    """
    last = []
    for index, entry in enumerate(entries):
        holding = hold(standings[entry.account], entry.market, markets)
        if actions.is_liquidation(entry.action):
            yield check_book(index, entry, holding)
        elif entry.action == actions.ABSORB:
            yield check_absorb(index, entry, holding)
        elif entry.action == actions.DELEVERAGE:
            last.append((entry.subject, entry.market, entry.rank, index))
    done: dict[tuple[AccountId, int], tuple[int, int]] = defaultdict(
        lambda: (0, 0)
    )  # entries and lots so far
    for subject, market, rank, index in sorted(last):
        entry, (expected, before) = entries[index], done[subject, market]
        if rank != expected:
            raise _bad_terms(index, "rank", rank, expected)
        holding = hold(standings[subject], market, markets)
        other = hold(standings[entry.account], market, markets)
        yield check_deleverage(index, entry, holding, other, standings[INSURANCE], before=Lots(before))
        done[subject, market] = (expected + 1, before + entry.lots)


def check_subjects(rows: Sequence[RiskRow]) -> None:
    """
    Refuse an account that is liquidated twice.

    Units:   none.
    Bounds:  one executed takeover, close or book an account, and then nothing else.
    Rounds:  nothing.
    Rejects: SUBJECT_REPEATED.
    Claims:  C7.
    """
    single: dict[AccountId, int] = defaultdict(int)
    other: dict[AccountId, int] = defaultdict(int)
    for row in rows:
        if row.executed:
            (single if row.kind in SINGLE else other)[row.subject] += 1
    for account, count in single.items():
        if count > 1 or other[account] > 0:
            raise Rejected(Reject.SUBJECT_REPEATED, {"account": account})


def standing_still(rows: Sequence[RiskRow]) -> set[tuple[AccountId, int]]:
    """The (account, market) pairs that may not grow: subjects of executed operations, and whom they deleverage."""
    pairs = {(row.subject, row.market) for row in rows if row.executed}
    return pairs | {(row.counterparty, row.market) for row in rows if row.kind is RiskKind.DELEVERAGE}
