"""
L1 requests: what each does to the opening state of its account, and which one outcome it has.

Circuit twin: `circuits/rules/requests.go`. Vectors: `requests.json`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from zkclear.rules.batch import EXECUTED, Outcome, Request, RequestKind
from zkclear.rules.margin import withdrawable
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.state import Account, Market
from zkclear.rules.units import (
    ACCOUNT_BOUND,
    ADDRESS_BOUND,
    QUOTE_BOUND,
    SECONDS_BOUND,
    Quote,
    in_range,
)

SINGLE = (RequestKind.OPEN, RequestKind.WITHDRAW, RequestKind.AGENT)
"""Kinds of which a batch takes at most one an account, so that each account row points to one request of a kind."""


def check_requests(requests: Sequence[Request]) -> None:
    """
    Refuse a run of requests that no batch can hold.

    Units:   as the request words have them.
    Bounds:  amounts 1..2^62-1, addresses of 160 bits, seconds below 2^40; one OPEN, WITHDRAW, AGENT an account.
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE, REQUEST_REPEATED.
    Claims:  C9.
    """
    counts = Counter((request.kind, request.account) for request in requests if request.kind in SINGLE)
    for (kind, account), count in counts.items():
        if count > 1:
            raise Rejected(
                Reject.REQUEST_REPEATED,
                {"kind": kind.name, "account": account, "count": count},
            )
    for request in requests:
        in_range(
            request.account,
            0,
            ACCOUNT_BOUND,
            reason=Reject.FIELD_OUT_OF_RANGE,
            field="account",
        )
        in_range(
            request.address,
            0,
            ADDRESS_BOUND,
            reason=Reject.FIELD_OUT_OF_RANGE,
            field="address",
        )
        in_range(
            request.until,
            0,
            SECONDS_BOUND,
            reason=Reject.FIELD_OUT_OF_RANGE,
            field="until",
        )
        carries = request.kind in (RequestKind.DEPOSIT, RequestKind.WITHDRAW)
        low, high = (1, QUOTE_BOUND) if carries else (0, 1)
        in_range(request.amount, low, high, reason=Reject.FIELD_OUT_OF_RANGE, field="amount")


def apply_to_opening(account: Account, requests: Iterable[Request]) -> Account:
    """
    The account with its deposits and its new agent: what the batch's conditions look at.

    Units:   quote.
    Bounds:  amounts below 2^62 each.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  C9.
    """
    for request in requests:
        if request.kind is RequestKind.DEPOSIT:
            account = replace(account, collateral=Quote(account.collateral + request.amount))
        elif request.kind is RequestKind.AGENT:
            account = replace(account, agent=request.address, agent_until=request.until)
    return account


def outcome(request: Request, opening: Account, markets: Sequence[Market]) -> Outcome:
    """
    The one outcome of a request at the opening state of its account.

    Units:   quote; a forced withdrawal pays min(requested, withdrawable), perhaps 0.
    Bounds:  defined for every request and every state.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  C9.
    """
    if request.kind is not RequestKind.WITHDRAW:
        return Outcome(EXECUTED, Quote(0))
    available = withdrawable(opening.collateral, opening.positions, markets)
    return Outcome(EXECUTED, Quote(min(request.amount, available)))
