"""Cases of `zkclear/rules/requests.py`."""

from collections.abc import Iterator
from typing import Any

from tests.vectors import records
from tests.vectors.drawer import AGENT, BTC, ETH, OWNER, account, case, markets
from zkclear.crypto.tree import market_config_hash
from zkclear.rules.batch import Request, RequestKind

MODULE = "requests"
CLAIMS = ("C5", "C9")
NOTES = {
    "Bound": "the last legal value, the first illegal one",
    "Repeated": "one OPEN, WITHDRAW, AGENT, CLOSE, LIQUIDATE an account and MARKET a market; any number of deposits",
    "Market": "a configuration changes; its hash is split between the request and its outcome",
    "Forced": "pays the smaller of what was asked and what may leave, perhaps nothing",
}


def _plain(kind: RequestKind, number: int = 2, **fields: Any) -> records.Plain:
    return records.request_to_plain(Request(kind, number, **fields))


def _risk_requests() -> Iterator[dict[str, Any]]:
    closes = _plain(RequestKind.CLOSE, lots=5)
    liquidates = _plain(RequestKind.LIQUIDATE, lots=5, taker=3)
    for asked in (closes, liquidates):
        for lots in (0, 1, 2**40 - 1, 2**40):
            yield case("check_requests", "Bound", requests=[{**asked, "lots": lots}])
        yield case("check_requests", "Bound", requests=[{**asked, "amount": 1}])
        yield case("check_requests", "Repeated", requests=[asked, {**asked, "market": 1}])
        yield case("check_requests", "Repeated", requests=[asked, {**asked, "account": 3}])
    yield case("check_requests", "Repeated", requests=[closes, liquidates])
    yield case("check_requests", "Bound", requests=[_plain(RequestKind.DEPOSIT, amount=1, lots=1)])


def _market_requests() -> Iterator[dict[str, Any]]:
    changes = [
        _plain(RequestKind.MARKET, 0, market=index, config=config, config_hash=market_config_hash(config))
        for index, config in enumerate((ETH, BTC))
    ]
    yield case("check_requests", "Market", requests=changes)
    yield case("check_requests", "Market", "Repeated", requests=[changes[0], {**changes[1], "market": 0}])
    yield case("check_requests", "Market", requests=[{**changes[0], "account": 1}])
    yield case("check_requests", "Market", requests=[{**changes[0], "config": None}])
    for config_hash in (0, 2**200 - 1, 2**200, 2**254 - 1, int(changes[0]["config_hash"])):
        asked = {**changes[0], "config_hash": config_hash}
        yield case("outcome", "Market", request=asked, account=account(5), markets=markets(30_000, 90_000))


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
    yield from _risk_requests()
    yield from _market_requests()
