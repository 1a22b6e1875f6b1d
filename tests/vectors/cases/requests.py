"""Cases of `zkclear/rules/requests.py`."""

from collections.abc import Iterator
from typing import Any

from tests.vectors import records
from tests.vectors.drawer import AGENT, OWNER, account, case, markets
from zkclear.rules.batch import Request, RequestKind

MODULE = "requests"
CLAIMS = ("C5", "C9")
NOTES = {
    "Bound": "the last legal value, the first illegal one",
    "Repeated": "a batch holds one OPEN, WITHDRAW and AGENT an account, and any number of deposits",
    "Forced": "pays the smaller of what was asked and what may leave, perhaps nothing",
}


def _plain(kind: RequestKind, number: int = 2, **fields: Any) -> records.Plain:
    return records.request_to_plain(Request(kind, number, **fields))


def cases() -> Iterator[dict[str, Any]]:
    opening = _plain(RequestKind.OPEN, address=OWNER)
    deposit = _plain(RequestKind.DEPOSIT, amount=10**7)
    withdraw = _plain(RequestKind.WITHDRAW, amount=10**7)
    agent = _plain(RequestKind.AGENT, address=AGENT, until=5_000)
    yield case("check_requests", requests=[])
    yield case("check_requests", "Repeated", requests=[opening, deposit, deposit, withdraw, agent])
    for repeated in (opening, withdraw, agent):
        yield case("check_requests", "Repeated", requests=[repeated, deposit, repeated])
    yield case("check_requests", "Repeated", requests=[withdraw, {**withdraw, "account": 3}])
    for amount in (0, 1, 2**62 - 1, 2**62):
        yield case("check_requests", "Bound", requests=[{**deposit, "amount": amount}])
    for until in (2**40 - 1, 2**40):
        yield case("check_requests", "Bound", requests=[{**agent, "until": until}])
    yield case("check_requests", "Bound", requests=[{**opening, "address": 2**160}])
    yield case("check_requests", "Bound", requests=[{**opening, "amount": 1}])
    yield case("check_requests", "Bound", requests=[{**deposit, "account": 2**24}])
    rows = markets(30_000, 90_000)
    for collateral in (-1, 0, 1, 29_999_999, 30_000_000, 30_000_001, 10**9):
        holder = account(collateral, (500, -1_500))
        for amount in (1, 10**7, 2**62 - 1):
            asked = {**withdraw, "amount": amount}
            yield case("outcome", "Forced", request=asked, account=holder, markets=rows)
    for request in (opening, deposit, agent):
        yield case("outcome", request=request, account=account(5, (0, 0)), markets=rows)
    yield case("apply_to_opening", account=account(5), requests=[deposit, withdraw, agent, deposit])
