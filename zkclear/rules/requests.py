"""
L1 requests: what each does to the opening state of its account, and which one outcome it has.

Circuit twin: `circuits/rules/requests.go`. Vectors: `requests.json`.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from zkclear.rules.batch import EXECUTED, Outcome, Request, RequestKind
from zkclear.rules.margin import withdrawable
from zkclear.rules.markets import check_change
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.state import Account, Market
from zkclear.rules.units import (
    ACCOUNT_BOUND,
    ADDRESS_BOUND,
    QUOTE_BOUND,
    SECONDS_BOUND,
    SIZE_BOUND,
    Quote,
    in_range,
)

CONFIG_HASH_BITS = 200
"""A MARKET's payload holds its configuration hash modulo 2 to this, its outcome the rest."""
SINGLE = (
    RequestKind.OPEN,
    RequestKind.WITHDRAW,
    RequestKind.CLOSE,
    RequestKind.LIQUIDATE,
    RequestKind.AGENT,
    RequestKind.MARKET,
)
"""Kinds of which a batch takes at most one an account and market, so that a row points to one request of a kind."""


def check_requests(requests: Sequence[Request]) -> None:
    """
    Refuse a run of requests that no batch can hold.

    Units:   as the request words have them.
    Bounds:  amounts 1..2^62-1, addresses of 160 bits, seconds below 2^40; lots 1..2^40-1; at most one of the
             kinds of `SINGLE` an account, of MARKET one a market; a MARKET names account 0 and has its configuration.
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE, REQUEST_REPEATED, BAD_MARKET_CONFIG.
    Claims:  C9.
    """
    counts = Counter(single_key(request) for request in requests if request.kind in SINGLE)
    for (kind, number), count in counts.items():
        if count > 1:
            raise Rejected(
                Reject.REQUEST_REPEATED,
                {"kind": kind.name, "account": number, "count": count},
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
        closes = request.kind in (RequestKind.CLOSE, RequestKind.LIQUIDATE)
        low, high = (1, SIZE_BOUND) if closes else (0, 1)
        in_range(request.lots, low, high, reason=Reject.FIELD_OUT_OF_RANGE, field="lots")
        if request.kind is RequestKind.MARKET and (request.config is None or request.account != 0):
            raise Rejected(Reject.BAD_MARKET_CONFIG, {"market": request.market, "field": "config"})


def single_key(request: Request) -> tuple[RequestKind, int]:
    """What a batch may hold once: the kind and its account, of a MARKET its market. Claims: C9."""
    number = request.market if request.kind is RequestKind.MARKET else request.account
    return request.kind, int(number)


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
    The one outcome of a request at the opening state of its account; of CLOSE and LIQUIDATE: `risks.request_risk`.

    Units:   quote; a forced withdrawal pays min(requested, withdrawable), perhaps 0.
    Bounds:  defined for every request and every state.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  C9.
    """
    if request.kind is RequestKind.MARKET:
        return Outcome(EXECUTED, Quote(request.config_hash >> CONFIG_HASH_BITS))
    if request.kind is not RequestKind.WITHDRAW:
        return Outcome(EXECUTED, Quote(0))
    available = withdrawable(opening.collateral, opening.positions, markets)
    return Outcome(EXECUTED, Quote(min(request.amount, available)))


def change_markets(markets: tuple[Market, ...], requests: Sequence[Request]) -> tuple[Market, ...]:
    """
    The markets as a batch leaves them: listed and changed at its end, so that it is judged by the old rules itself.

    Units:   as `MarketConfig`.
    Bounds:  a change names a listed market and keeps lot and tick; a listing names the next free row.
    Rounds:  nothing.
    Rejects: BAD_MARKET_CONFIG, REBATE_TOO_LARGE, UNLISTED_MARKET.
    Claims:  C1, C9.
    """
    rows = list(markets)
    for request in requests:
        if request.kind is RequestKind.MARKET:
            assert request.config is not None, "check_requests refused it"
            in_range(request.market, 0, len(rows), reason=Reject.UNLISTED_MARKET, field="market")
            rows[request.market] = check_change(rows, request.market, request.config)
    return tuple(rows)
