"""Cases of `zkclear/rules/words.py`."""

from collections.abc import Iterator
from typing import Any

from tests.vectors import records
from tests.vectors.crash import absorb, deleverage, risk_entry
from tests.vectors.drawer import AGENT, ETH, OWNER, case, entry
from zkclear.crypto.tree import market_config_hash
from zkclear.rules import actions, words
from zkclear.rules.batch import Batch, Entry, Fill, Outcome, Request, RequestKind

MODULE = "words"
CLAIMS = ("C1", "C9")
NOTES = {
    "Widest": "every field at its largest value: neighbours must not touch",
    "Overflow": "one field one above its width",
    "Kinds": "each request kind has its own layout, unused bits are 0",
    "Padding": "a batch is padded with zeros to its shape",
}
WIDEST = {
    "account": 2**32 - 1,
    "market": 2**8 - 1,
    "action": 2**8 - 1,
    "lots": 2**40 - 1,
    "limit": 2**32 - 1,
    "expiry": 2**40 - 1,
    "nonce": 2**56 - 1,
    "trigger": 2**32 - 1,
}
REQUESTS = (
    Request(RequestKind.OPEN, 2, address=OWNER),
    Request(RequestKind.DEPOSIT, 2, amount=2**62 - 1),
    Request(RequestKind.WITHDRAW, 16_777_215, amount=1),
    Request(RequestKind.AGENT, 3, address=AGENT, until=2**40 - 1),
)
RISK_REQUESTS = (
    Request(RequestKind.CLOSE, 2, market=1, lots=5),
    Request(RequestKind.CLOSE, 2**32 - 1, market=2**8 - 1, lots=2**40 - 1),
    Request(RequestKind.LIQUIDATE, 2, market=1, lots=5, taker=4),
    Request(RequestKind.LIQUIDATE, 0, market=2**8 - 1, lots=2**40 - 1, taker=2**32 - 1),
    Request(RequestKind.MARKET, 0, market=3, config_hash=market_config_hash(ETH)),
    Request(RequestKind.MARKET, 0, market=2**8 - 1, config_hash=2**200 - 1),
    Request(RequestKind.MARKET, 0, config_hash=2**254 - 1),
)


def _batch(**fields: Any) -> records.Plain:
    batch = Batch(
        number=7,
        timestamp=1_743_897_600,
        first_request=11,
        marks=(18_053, 83_460),
        funding_steps=(-3, 4),
        entries=tuple(Entry(**entry(account=2 + index, signer=OWNER + index)) for index in range(4)),
        fills=(Fill(0, 1, 5), Fill(2, 1, 1), Fill(2, 3, 2**48 - 1), Fill(3, 0, 9)),
        requests=REQUESTS,
        outcomes=(Outcome(), Outcome(), Outcome(1, 2**62 - 1), Outcome()),
    )
    return {**records.batch_to_plain(batch), **fields}


def _vector(batch: records.Plain, *flags: str, shape: str = "tiny") -> dict[str, Any]:
    return case(
        "batch_words", *flags, batch=batch, shape=shape, domain=2**248 - 1, old_root=5, new_root=2**253
    )


def _risks() -> Iterator[dict[str, Any]]:
    """Risk entries and the requests of liquidation and listing."""
    entries = (
        risk_entry(2, actions.LIQUIDATION_SELL, lots=1_500, limit=17_400),
        absorb(3, nonce=1, market=1),
        deleverage(4, 3, 2**40 - 1, 1_023, nonce=1_023),
        deleverage(5, 2**24 - 1, 1, 0),
    )
    for risk in entries:
        yield case("entry_word", "Kinds", entry=records.entry_to_plain(risk))
    for request in RISK_REQUESTS:
        yield case("request_word", "Kinds", request=records.request_to_plain(request))
        yield case("parse_request", "Kinds", word=words.request_word(request))
    for request, padding in zip(RISK_REQUESTS[:3:2], (160, 128), strict=True):
        yield case("parse_request", "Padding", word=words.request_word(request) | 1)
        yield case("parse_request", "Padding", word=words.request_word(request) | 1 << (padding - 1))
    for field, value in (("market", 2**8), ("lots", 2**40), ("taker", 2**32)):
        asked = records.request_to_plain(RISK_REQUESTS[3])
        yield case("request_word", "Overflow", request={**asked, field: value})
    asked = (*RISK_REQUESTS[:3:2], RISK_REQUESTS[4], RISK_REQUESTS[6])
    given = (Outcome(1, 5), Outcome(4, 0), *(Outcome(1, row.config_hash >> 200) for row in asked[2:]))
    yield _vector(
        _batch(
            entries=[records.entry_to_plain(risk) for risk in entries],
            fills=[],
            requests=[records.request_to_plain(row) for row in asked],
            outcomes=[[int(row.code), row.amount] for row in given],
        ),
        "Kinds",
    )


def cases() -> Iterator[dict[str, Any]]:
    yield case("entry_word", entry=entry())
    yield case("entry_word", "Widest", entry=entry(**WIDEST))
    for field, value in WIDEST.items():
        yield case("entry_word", "Widest", entry={**entry(**dict.fromkeys(WIDEST, 0)), field: value})
        yield case("entry_word", "Overflow", entry=entry(**{field: value + 1}))
    for request in REQUESTS:
        yield case("request_word", "Kinds", request=records.request_to_plain(request))
        yield case("parse_request", "Kinds", word=words.request_word(request))
    for kind in (0, 4, 5, 7, 255):
        yield case("parse_request", "Kinds", word=kind << 240)
    yield case("parse_request", "Padding", word=(1 << 240) | 1)
    yield case("parse_request", "Overflow", word=1 << 248)
    for outcome in ([1, 0], [1, 2**64 - 1], [5, 3]):
        yield case("outcome_word", outcome=outcome)
    yield case("outcome_word", "Overflow", outcome=[1, 2**64])
    for count in range(5):
        yield case("fill_words", "Padding", fills=[[index, index + 1, index + 2] for index in range(count)])
    yield case("fill_words", "Widest", fills=[[2**16 - 1, 0, 0], [0, 2**16 - 1, 0], [0, 0, 2**48 - 1]])
    yield _vector(_batch())
    yield _vector(_batch(), "Padding", shape="small")
    empty = {"entries": [], "fills": [], "requests": [], "outcomes": []}
    yield _vector(_batch(**empty), "Padding")
    yield _vector(_batch(entries=[entry(account=2 + index) for index in range(5)]), "Overflow")
    yield _vector(_batch(fills=[[0, 1, 1]] * 5), "Overflow")
    yield from _risks()
