"""
The whole law on one page: `apply_batch(state, batch) -> state`, in the order in which the circuit proves it.

Circuit twin: `circuits/batch/circuit.go`. Vectors: `transition.json`. Choices: `docs/transition.md`.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from zkclear.rules import actions
from zkclear.rules.batch import Batch, Outcome, Request, RequestKind
from zkclear.rules.closing import (
    ClosingClass,
    check_bounds,
    closing_class,
    open_interest_after,
)
from zkclear.rules.fills import check_fill, legs
from zkclear.rules.funding import advance, settle_account
from zkclear.rules.margin import withdrawable
from zkclear.rules.num import div_floor
from zkclear.rules.orders import authorise, check_terms, did_not_grow, slot_after
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.requests import apply_to_opening, check_requests, outcome
from zkclear.rules.state import Account, Market, Position, Slot, State, empty_account
from zkclear.rules.units import (
    FEES,
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
class Opening:
    """An account as a batch opens it. `stored` is the old leaf's content (of a new account: empty, with its owner)."""

    stored: Account
    account: Account
    is_new: bool
    dust: int


@dataclass(frozen=True, slots=True)
class Clearing:
    """Everything that a batch did: the new state, and each opened account before and after."""

    state: State
    markets: tuple[Market, ...]
    openings: Mapping[AccountId, Opening]
    closings: Mapping[AccountId, Account]
    classes: Mapping[AccountId, ClosingClass]
    outcomes: tuple[Outcome, ...]


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
    outcomes = resolve_requests(batch, openings, marked)
    if batch.outcomes != outcomes:
        raise Rejected(
            Reject.BAD_OUTCOME,
            {"given": str(batch.outcomes), "expected": str(outcomes)},
        )
    _check_entries(batch, openings, marked)
    net = _net_fills(batch, openings, marked)
    withdrawn = _withdrawals(batch, openings, marked, outcomes)
    dust = state.funding_dust + sum(opening.dust for opening in openings.values())
    credit = Quote(div_floor(dust, PPM))
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
        classes[account_id] = closing_class(opening.account, closing, marked, withdrawn=withdrawn[account_id])
        closings[account_id] = closing
    _check_reduce_only(batch, openings, closings)
    markets = _with_open_interest(marked, openings, closings)
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


def advance_markets(state: State, batch: Batch, *, elapsed: Seconds) -> tuple[Market, ...]:
    """
    The markets at the batch's marks and funding indexes; open interest is still the old one.

    Units:   marks in ticks, steps in 10^-6 quote a lot.
    Bounds:  one mark and one step a listed market.
    Rounds:  nothing.
    Rejects: UNLISTED_MARKET and those of `funding.advance`.
    Claims:  C1, C6.
    """
    listed = state.listed
    if len(batch.marks) != listed or len(batch.funding_steps) != listed:
        raise Rejected(
            Reject.UNLISTED_MARKET,
            {
                "listed": listed,
                "marks": len(batch.marks),
                "funding_steps": len(batch.funding_steps),
            },
        )
    moved = tuple(
        advance(market, mark=mark, step=step, elapsed=elapsed)
        for market, mark, step in zip(state.markets[:listed], batch.marks, batch.funding_steps, strict=True)
    )
    return moved + state.markets[listed:]


def open_accounts(state: State, batch: Batch, markets: tuple[Market, ...]) -> dict[AccountId, Opening]:
    """
    Accounts 0 and 1 and every account that an entry or a request names, in id order, at their opening state.

    No other account may be opened: settling its funding would move the root in a way that calldata does not show.

    Units:   quote.
    Bounds:  the requests are those of `check_requests`.
    Rounds:  funding down, against the account.
    Rejects: ACCOUNT_NOT_FOUND, ACCOUNT_EXISTS and those of `check_requests`.
    Claims:  C6, C9, C11.
    """
    check_requests(batch.requests)
    requests: dict[AccountId, list[Request]] = defaultdict(list)
    for request in batch.requests:
        requests[request.account].append(request)
    named = {INSURANCE, FEES, *requests, *(entry.account for entry in batch.entries)}
    openings = {}
    for account_id in sorted(named):
        mine = requests.get(account_id, [])
        opens = next((request for request in mine if request.kind is RequestKind.OPEN), None)
        exists = account_id in state.accounts
        if opens is not None and exists:
            raise Rejected(Reject.ACCOUNT_EXISTS, {"account": account_id})
        if opens is None and not exists:
            raise Rejected(Reject.ACCOUNT_NOT_FOUND, {"account": account_id})
        stored = (
            state.accounts[account_id]
            if opens is None
            else empty_account(opens.address, markets=len(state.markets))
        )
        settled = settle_account(stored, markets)
        openings[account_id] = Opening(
            stored=stored,
            account=apply_to_opening(settled.account, mine),
            is_new=opens is not None,
            dust=settled.dust,
        )
    return openings


def resolve_requests(
    batch: Batch, openings: Mapping[AccountId, Opening], markets: tuple[Market, ...]
) -> tuple[Outcome, ...]:
    """
    The outcome of every request of the batch, in queue order.

    Units:   quote.
    Bounds:  defined for every request.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  C9.
    """
    return tuple(outcome(request, openings[request.account].account, markets) for request in batch.requests)


def _check_entries(batch: Batch, openings: Mapping[AccountId, Opening], markets: tuple[Market, ...]) -> None:
    """Order, terms and signature of every entry."""
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
        authorise(
            openings[entry.account].account,
            entry.signer,
            timestamp=batch.timestamp,
            owner_only=entry.action == actions.WITHDRAW,
        )


@dataclass(frozen=True, slots=True)
class _Net:
    """Sums over the fills: lots by entry, lots by (account, market), cash by account."""

    filled: dict[int, int]
    lots: dict[tuple[AccountId, int], int]
    cash: dict[AccountId, int]


def _net_fills(batch: Batch, openings: Mapping[AccountId, Opening], markets: tuple[Market, ...]) -> _Net:
    """Every fill checked, and all effects added up: addition commutes, so no order between fills matters."""
    net = _Net(filled=defaultdict(int), lots=defaultdict(int), cash=defaultdict(int))
    for fill in batch.fills:
        for index in (fill.maker, fill.taker):
            in_range(
                index,
                0,
                len(batch.entries),
                reason=Reject.FILL_INDEX_OUT_OF_RANGE,
                field="fill.index",
            )
        maker, taker = batch.entries[fill.maker], batch.entries[fill.taker]
        owners = [openings[entry.account].account.owner for entry in (maker, taker)]
        check_fill(fill, maker, taker, maker_owner=owners[0], taker_owner=owners[1])
        moved = legs(fill, maker, markets[maker.market].config)
        net.filled[fill.maker] += fill.lots
        net.filled[fill.taker] += fill.lots
        net.lots[maker.account, maker.market] += moved.maker_lots
        net.lots[taker.account, taker.market] += moved.taker_lots
        net.cash[maker.account] += moved.maker_cash
        net.cash[taker.account] += moved.taker_cash
        net.cash[FEES] += moved.fees
    return net


def _withdrawals(
    batch: Batch,
    openings: Mapping[AccountId, Opening],
    markets: tuple[Market, ...],
    outcomes: tuple[Outcome, ...],
) -> dict[AccountId, Quote]:
    """Forced and signed withdrawals an account; their sum is at most what was withdrawable at opening."""
    totals: dict[AccountId, int] = defaultdict(int)
    for request, result in zip(batch.requests, outcomes, strict=True):
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


def _slots_after(account_id: AccountId, opening: Opening, batch: Batch, net: _Net) -> Mapping[int, Slot]:
    """The account's slots with every entry of the batch taken in."""
    slots = dict(opening.stored.slots)
    for index, entry in enumerate(batch.entries):
        if entry.account == account_id:
            stored = opening.stored.slot(entry.slot)
            slots[entry.slot] = slot_after(stored, entry, filled=Lots(net.filled[index]))
    return MappingProxyType(slots)


def _close(
    opening: Opening,
    account_id: AccountId,
    *,
    net: _Net,
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


def _check_reduce_only(
    batch: Batch,
    openings: Mapping[AccountId, Opening],
    closings: Mapping[AccountId, Account],
) -> None:
    """A REDUCE_ONLY order's position ends the batch no larger than it began and not flipped."""
    for index, entry in enumerate(batch.entries):
        if actions.is_order(entry.action) and actions.is_reduce_only(entry.action):
            before = openings[entry.account].account.positions[entry.market].size
            after = closings[entry.account].positions[entry.market].size
            if not did_not_grow(before, after):
                raise Rejected(
                    Reject.REDUCE_ONLY_VIOLATION,
                    {"entry": index, "before": before, "after": after},
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
