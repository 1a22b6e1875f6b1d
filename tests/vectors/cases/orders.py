"""Cases of `zkclear/rules/orders.py`."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.vectors import records
from tests.vectors.drawer import AGENT, ETH, OWNER, STRANGER, account, case, entry, markets
from zkclear.rules.state import Market

MODULE = "orders"
CLAIMS = ("C2", "C3", "C5")
NOTES = {
    "Bound": "the last legal value, the first illegal one",
    "Signer": "who may speak for an account, and when",
    "Nobody": "a failed recovery gives 0, and so does an account without owner or agent",
    "Slot": "higher takes over, equal continues, lower is dead",
    "Closed": "a withdrawal or a cancel leaves no room for an order of the same nonce",
    "FillOrKill": "whole in this batch, or the batch is invalid",
    "Risk": "an unsigned risk entry: no signer, no end, a nonce that is only a place",
    "Side": "zero is neither long nor short; crossing it is growth",
}
WITHDRAW, CANCEL = 0x80, 0x82
RISK = {"signer": 0, "expiry": 2**40 - 1, "nonce": 1_023, "trigger": 0}
EMPTY = {"lots": 0, "limit": 0}


def _authorise(signer: int, *flags: str, timestamp: int = 1_000, **options: Any) -> dict[str, Any]:
    holder = options.pop("account", account(agent=AGENT, agent_until=1_000))
    owner_only = options.pop("owner_only", False)
    return case(
        "authorise", *flags, account=holder, signer=signer, timestamp=timestamp, owner_only=owner_only
    )


def _terms(*flags: str, timestamp: int = 1_000, rows: Any = None, **fields: Any) -> dict[str, Any]:
    listed = markets(30_000, 90_000) if rows is None else rows
    return case("check_terms", *flags, entry=entry(**fields), markets=listed, timestamp=timestamp)


def _slot(stored: list[int], filled: int, *flags: str, **fields: Any) -> dict[str, Any]:
    return case("slot_after", *flags, stored=stored, filled=filled, entry=entry(**fields))


def _signers() -> Iterator[dict[str, Any]]:
    for signer in (OWNER, AGENT, STRANGER):
        yield _authorise(signer, "Signer")
    yield _authorise(AGENT, "Signer", "Bound", timestamp=1_001)
    yield _authorise(AGENT, "Signer", owner_only=True)
    yield _authorise(OWNER, "Signer", timestamp=2**40 - 1, owner_only=True)
    yield _authorise(0, "Nobody")
    yield _authorise(0, "Nobody", account=account(owner=0))
    yield _authorise(0, "Nobody", account=account(owner=0, agent=0, agent_until=2**40 - 1))


def _all_terms() -> Iterator[dict[str, Any]]:
    yield _terms()
    for lots in (0, 1, 2**40 - 1, 2**40):
        yield _terms("Bound", lots=lots, limit=1)
    for limit in (0, 1, 2**32 - 1, 2**32):
        yield _terms("Bound", lots=1, limit=limit)
    for expiry in (999, 1_000, 2**40 - 1, 2**40):
        yield _terms("Bound", expiry=expiry)
    for nonce in (0, 2**56 - 1, 2**56):
        yield _terms("Bound", nonce=nonce)
    for market in (1, 2):
        yield _terms("Bound", market=market)
    yield _terms("Bound", lots=2**25, limit=2**25)  # 2^50 * 100 > 2^56
    yield _terms("Bound", trigger=1)
    for action in (0x00, 0x3F, 0x4F, 0x50, 0x81, 0x83, 0xC0):
        yield _terms("Bound", action=action)
    halted = [records.market_to_plain(Market(replace(ETH, status=2), 30_000))]
    yield _terms(rows=halted)
    for lots, limit in ((0, 1), (2**30 - 1, 2**32 - 1), (2**30, 0), (0, 0)):
        yield _terms("Bound", action=WITHDRAW, lots=lots, limit=limit)
    yield _terms(action=WITHDRAW, lots=0, limit=1, market=1)
    yield _terms(action=CANCEL, lots=0, limit=0, expiry=2**40 - 1)
    yield _terms(action=CANCEL, lots=0, limit=1, expiry=2**40 - 1)
    yield _terms(action=CANCEL, lots=0, limit=0, market=7, expiry=2**40 - 1)
    for expiry in (2_000, 2**40 - 2):
        yield _terms("Bound", action=CANCEL, lots=0, limit=0, expiry=expiry)


def _risk_terms() -> Iterator[dict[str, Any]]:
    halted = [records.market_to_plain(Market(replace(ETH, status=2), 30_000))]
    absorbs = {**RISK, **EMPTY, "action": 0xC2}
    deleverages = {**RISK, "lots": 1, "limit": 0, "action": 0xC3}
    for terms in ({**RISK, "action": 0xC0}, {**RISK, "action": 0xC1}, absorbs, deleverages):
        yield _terms("Risk", **terms)
        for field, value in (
            ("signer", 1),
            ("expiry", 2**40 - 2),
            ("expiry", 2**40),
            ("nonce", 1_024),
            ("market", 2),
            ("market", 255),
            ("trigger", 1),
            ("trigger", 2**24 - 1),
            ("trigger", 2**24),
            ("lots", 0),
            ("lots", 1),
            ("lots", 2**40 - 1),
            ("lots", 2**40),
            ("limit", 0),
            ("limit", 1_023),
            ("limit", 1_024),
        ):
            yield _terms("Risk", "Bound", **{**terms, field: value})
        yield _terms("Risk", rows=halted, **terms)
        yield _terms("Risk", timestamp=2**40 - 1, **terms)
    for action in (0xC4, 0xFF):
        yield _terms("Risk", **{**RISK, "action": action})


def _slots() -> Iterator[dict[str, Any]]:
    for stored in ([0, 0], [1_024, 5], [2_048, 4], [2_048, 10], [3_072, 0]):
        for filled in (0, 1, 6, 7, 10, 11):
            yield _slot(stored, filled, "Slot")
    for stored in ([0, 0], [2_047, 3], [2_048, 0], [2_049, 0]):
        yield _slot(stored, 0, "Closed", action=WITHDRAW, lots=0, limit=1)
        yield _slot(stored, 0, "Closed", action=CANCEL, lots=0, limit=0)
    yield _slot([2_048, 2**40 - 1], 1, "Closed", lots=2**40 - 1)
    for filled in (0, 9, 10):
        yield _slot([0, 0], filled, "FillOrKill", action=0x44)
    yield _slot([2_048, 1], 9, "FillOrKill", action=0x44)


def cases() -> Iterator[dict[str, Any]]:
    yield from _signers()
    yield from _all_terms()
    yield from _slots()
    for before in (-5, -1, 0, 1, 5):
        for after in (-6, -5, -4, -1, 0, 1, 4, 5, 6):
            yield case("did_not_grow", "Side", before=before, after=after)
    yield from _risk_terms()
