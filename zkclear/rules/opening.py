"""
How a batch begins: markets at its prices, accounts at their opening state, and the outcomes of its requests.

Circuit twins: `circuits/batch/markets.go`, `accounts_open.go`, `requests.go`. Vectors: `transition.json`.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from zkclear.rules import actions
from zkclear.rules.batch import Batch, Outcome, Request, RequestKind
from zkclear.rules.funding import advance, settle_account
from zkclear.rules.liquidation import Standing, stand
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.requests import apply_to_opening, check_requests, outcome
from zkclear.rules.risks import RiskRow, request_risk
from zkclear.rules.state import Account, Market, State, empty_account
from zkclear.rules.units import FEES, INSURANCE, AccountId, Seconds


@dataclass(frozen=True, slots=True)
class Opening:
    """An account as a batch opens it. `stored` is the old leaf's content (of a new account: empty, with its owner)."""

    stored: Account
    account: Account
    is_new: bool
    dust: int


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

    Named are also the taker of a LIQUIDATE request and the subject of a DELEVERAGE entry.

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
    named |= {request.taker for request in batch.requests if request.kind is RequestKind.LIQUIDATE}
    named |= {entry.subject for entry in batch.entries if entry.action == actions.DELEVERAGE}
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


def value_accounts(
    openings: Mapping[AccountId, Opening], markets: tuple[Market, ...]
) -> dict[AccountId, Standing]:
    """
    Every opened account valued at its opening state.

    Units:   quote.
    Bounds:  those of `margin`.
    Rounds:  requirements up.
    Rejects: nothing.
    Claims:  C4, C7.
    """
    return {account: stand(opening.account, markets) for account, opening in openings.items()}


def resolve(
    batch: Batch,
    openings: Mapping[AccountId, Opening],
    standings: Mapping[AccountId, Standing],
    markets: tuple[Market, ...],
) -> tuple[tuple[Outcome, ...], list[RiskRow]]:
    """
    The outcome of every request of the batch in queue order, and the risk rows of those that have one.

    Units:   quote or lots, by kind.
    Bounds:  defined for every request.
    Rounds:  as the rules of each.
    Rejects: UNLISTED_MARKET.
    Claims:  C9.
    """
    outcomes, rows = [], []
    for index, request in enumerate(batch.requests):
        if request.kind in (RequestKind.LIQUIDATE, RequestKind.CLOSE):
            result, row = request_risk(index, request, standings, markets)
            rows.append(row)
        else:
            result = outcome(request, openings[request.account].account, markets)
        outcomes.append(result)
    return tuple(outcomes), rows


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
    return resolve(batch, openings, value_accounts(openings, markets), markets)[0]
