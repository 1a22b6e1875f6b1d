"""
The whole law on one page: `apply_batch(state, batch) -> state`, in the order in which the circuit proves it.

Circuit twin: `circuits/batch/circuit.go`. Vectors: `transition.json`. Choices: `docs/transition.md`.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from zkclear.rules import actions
from zkclear.rules.batch import Batch, Outcome, RequestKind
from zkclear.rules.closing import (
    ClosingClass,
    check_bounds,
    close_absorbing,
    closing_class,
    open_interest_after,
)
from zkclear.rules.margin import withdrawable
from zkclear.rules.netting import Net, check_own_fills, net_fills, net_risks
from zkclear.rules.num import div_floor
from zkclear.rules.opening import Opening, advance_markets, open_accounts, resolve, value_accounts
from zkclear.rules.orders import authorise, check_filled, check_terms, did_not_grow, slot_after
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.requests import change_markets
from zkclear.rules.risks import (
    RiskKind,
    RiskRow,
    check_subjects,
    entry_risks,
    standing_still,
)
from zkclear.rules.state import Account, Market, Position, Slot, State
from zkclear.rules.units import (
    INSURANCE,
    PPM,
    SECONDS_BOUND,
    AccountId,
    Lots,
    Quote,
    Seconds,
    in_range,
)


@dataclass(frozen=True, slots=True)
class Clearing:
    """
    Everything that a batch did: the new state, and each opened account before and after.

    `markets` are at the batch's marks, with the configurations that judged it; `risks` in the order of the risk rows.
    """

    state: State
    markets: tuple[Market, ...]
    openings: Mapping[AccountId, Opening]
    closings: Mapping[AccountId, Account]
    classes: Mapping[AccountId, ClosingClass]
    outcomes: tuple[Outcome, ...]
    risks: tuple[RiskRow, ...]


def apply_batch(state: State, batch: Batch) -> State:
    """
    The state after a batch, or the one reason why the batch is invalid.

    Units:   as the batch words have them.
    Bounds:  every value that enters the state is checked where it arises.
    Rounds:  against the account, dust to account 0.
    Rejects: every reason of the rule book.
    Claims:  C1 to C9, C11.
    """
    return clear(state, batch).state


def clear(state: State, batch: Batch) -> Clearing:
    """
    One clearing cycle with all that a prover needs to show it.

    Units:   as `apply_batch`.
    Bounds:  as `apply_batch`.
    Rounds:  as `apply_batch`.
    Rejects: as `apply_batch`.
    Claims:  C1 to C9, C11.
    """
    elapsed = _check_header(state, batch)
    marked = advance_markets(state, batch, elapsed=elapsed)
    openings = open_accounts(state, batch, marked)
    standings = value_accounts(openings, marked)
    outcomes, asked = resolve(batch, openings, standings, marked)
    if batch.outcomes != outcomes:
        raise Rejected(
            Reject.BAD_OUTCOME,
            {"given": str(batch.outcomes), "expected": str(outcomes)},
        )
    _check_entries(batch, openings, marked)
    risks = (*asked, *entry_risks(batch.entries, standings, marked))
    check_subjects(risks)
    net = net_fills(batch, standings, marked)
    net_risks(risks, net)
    withdrawn = _withdrawals(batch, openings, marked, outcomes)
    dust = state.funding_dust + sum(opening.dust for opening in openings.values())
    credit = Quote(div_floor(dust, PPM))
    absorbs = any(row.kind is RiskKind.ABSORB for row in risks)
    closings, classes = {}, {}
    for account_id, opening in openings.items():
        bonus = credit if account_id == INSURANCE else Quote(0)
        cash = Quote(net.cash[account_id] + bonus - withdrawn[account_id])
        closing = _close(
            opening,
            account_id,
            net=net,
            cash=cash,
            slots=_slots_after(account_id, opening, batch, net),
        )
        check_bounds(opening.account, closing, marked)
        classes[account_id] = (
            close_absorbing(closing, marked)
            if absorbs and account_id == INSURANCE
            else closing_class(opening.account, closing, marked, withdrawn=withdrawn[account_id])
        )
        closings[account_id] = closing
    check_own_fills(batch, standings, net)
    _check_not_grown(_reducing(batch) | standing_still(risks), openings, closings)
    markets = change_markets(_with_open_interest(marked, openings, closings), batch.requests)
    after = State(
        accounts=MappingProxyType({**state.accounts, **closings}),
        markets=markets,
        timestamp=batch.timestamp,
        funding_dust=dust - PPM * credit,
        number=batch.number,
        next_request=batch.first_request + len(batch.requests),
    )
    return Clearing(
        state=after,
        markets=marked,
        openings=MappingProxyType(openings),
        closings=MappingProxyType(closings),
        classes=MappingProxyType(classes),
        outcomes=outcomes,
        risks=risks,
    )


def _check_header(state: State, batch: Batch) -> Seconds:
    """Refuse a batch that does not follow the state; gives the seconds since the last one."""
    expected = (state.number + 1, state.next_request)
    if (batch.number, batch.first_request) != expected:
        raise Rejected(
            Reject.WRONG_BATCH_NUMBER,
            {
                "expected": str(expected),
                "given": str((batch.number, batch.first_request)),
            },
        )
    in_range(
        batch.timestamp,
        state.timestamp,
        SECONDS_BOUND,
        reason=Reject.TIMESTAMP_REGRESSED,
        field="timestamp",
    )
    return Seconds(batch.timestamp - state.timestamp)


def _check_entries(batch: Batch, openings: Mapping[AccountId, Opening], markets: tuple[Market, ...]) -> None:
    """Order and terms of every entry, and the signature of those that need one."""
    for before, entry in zip(batch.entries, batch.entries[1:], strict=False):
        if entry.position <= before.position:
            raise Rejected(
                Reject.ENTRIES_NOT_INCREASING,
                {
                    "account": entry.account,
                    "slot": entry.slot,
                    "previous": str(before.position),
                },
            )
    for entry in batch.entries:
        check_terms(entry, markets, timestamp=batch.timestamp)
        if actions.is_risk(entry.action):
            continue
        authorise(
            openings[entry.account].account,
            entry.signer,
            timestamp=batch.timestamp,
            owner_only=entry.action == actions.WITHDRAW,
        )


def _withdrawals(
    batch: Batch,
    openings: Mapping[AccountId, Opening],
    markets: tuple[Market, ...],
    outcomes: tuple[Outcome, ...],
) -> dict[AccountId, Quote]:
    """Forced and signed withdrawals an account; their sum is at most what was withdrawable at opening."""
    totals: dict[AccountId, int] = defaultdict(int)
    for request, result in zip(batch.requests, outcomes, strict=True):
        if request.kind is RequestKind.WITHDRAW:
            totals[request.account] += result.amount
    for entry in batch.entries:
        if entry.action == actions.WITHDRAW:
            totals[entry.account] += entry.amount
    for account_id, total in totals.items():
        account = openings[account_id].account
        available = withdrawable(account.collateral, account.positions, markets)
        if total > available:
            raise Rejected(
                Reject.NOT_WITHDRAWABLE,
                {
                    "account": account_id,
                    "required_e6": total,
                    "available_e6": available,
                },
            )
    return defaultdict(lambda: Quote(0), {key: Quote(value) for key, value in totals.items()})


def _slots_after(account_id: AccountId, opening: Opening, batch: Batch, net: Net) -> Mapping[int, Slot]:
    """The account's slots with every signed entry of the batch taken in."""
    slots = dict(opening.stored.slots)
    for index, entry in enumerate(batch.entries):
        if entry.account != account_id:
            continue
        if actions.is_risk(entry.action):
            check_filled(entry, filled=Lots(net.filled[index]))
        else:
            stored = opening.stored.slot(entry.slot)
            slots[entry.slot] = slot_after(stored, entry, filled=Lots(net.filled[index]))
    return MappingProxyType(slots)


def _close(
    opening: Opening,
    account_id: AccountId,
    *,
    net: Net,
    cash: Quote,
    slots: Mapping[int, Slot],
) -> Account:
    """The account with all net changes added."""
    account = opening.account
    positions = tuple(
        Position(
            Lots(position.size + net.lots.get((account_id, market), 0)),
            position.funding_index,
        )
        for market, position in enumerate(account.positions)
    )
    return replace(
        account,
        collateral=Quote(account.collateral + cash),
        positions=positions,
        slots=slots,
    )


def _reducing(batch: Batch) -> set[tuple[AccountId, int]]:
    """The (account, market) pairs of REDUCE_ONLY orders."""
    return {
        (entry.account, entry.market)
        for entry in batch.entries
        if actions.is_order(entry.action) and actions.is_reduce_only(entry.action)
    }


def _check_not_grown(
    pairs: set[tuple[AccountId, int]],
    openings: Mapping[AccountId, Opening],
    closings: Mapping[AccountId, Account],
) -> None:
    """These positions end the batch no larger than they began and not flipped."""
    for account, market in sorted(pairs):
        before = openings[account].account.positions[market].size
        after = closings[account].positions[market].size
        if not did_not_grow(before, after):
            raise Rejected(
                Reject.REDUCE_ONLY_VIOLATION,
                {"account": account, "market": market, "before": before, "after": after},
            )


def _with_open_interest(
    markets: tuple[Market, ...],
    openings: Mapping[AccountId, Opening],
    closings: Mapping[AccountId, Account],
) -> tuple[Market, ...]:
    """The markets with the open interest that the batch leaves."""
    updated = []
    for index, market in enumerate(markets):
        sizes = [
            (
                openings[key].account.positions[index].size,
                closings[key].positions[index].size,
            )
            for key in openings
        ]
        updated.append(replace(market, open_interest=open_interest_after(market, sizes)))
    return tuple(updated)
