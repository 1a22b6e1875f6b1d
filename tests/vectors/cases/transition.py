"""Cases of `zkclear/rules/transition.py`: a short day, and one refusal for each reason that a batch can meet."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.vectors import records
from tests.vectors.crash import bankrupt_day, crash_day
from tests.vectors.crash_forged import forgeries
from tests.vectors.drawer import case
from tests.vectors.scenario import START, Exchange, owner_of, trading_day
from zkclear.rules.batch import Batch, Entry, Fill, Outcome, Request, RequestKind
from zkclear.rules.state import State

MODULE = "transition"
CLAIMS = ("C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C11")
NOTES = {
    "Day": "batches that follow each other; the state of one is the start of the next",
    "Forged": "a batch that an operator might try, and the one reason why it is none",
    "Crash": "liquidation, forced close, absorption, deleveraging and a market's change; falling and rising",
    "Risk": "a batch with a risk operation that an operator might try; honest ones stand beside the forged",
}


def _apply(state: State, batch: Batch, *flags: str) -> dict[str, Any]:
    return case(
        "apply_batch", *flags, state=records.state_to_plain(state), batch=records.batch_to_plain(batch)
    )


def _traded() -> tuple[Exchange, Batch]:
    """Two funded accounts, and an honest batch in which 2 buys 60 lots from 3."""
    exchange = Exchange()
    exchange.open(2, 3)
    entries = (exchange.order(2, 0x40, 100, 18_050), exchange.order(3, 0x41, 60, 18_040))
    return exchange, exchange.draft(entries=entries, fills=(Fill(0, 1, 60),))


def _changed(batch: Batch, index: int, **fields: Any) -> Batch:
    entries = list(batch.entries)
    entries[index] = replace(entries[index], **fields)
    return replace(batch, entries=tuple(entries))


def _forged_entries(batch: Batch) -> Iterator[Batch]:
    yield _changed(batch, 0, signer=0)
    yield _changed(batch, 0, signer=0xBAD)
    yield _changed(batch, 0, expiry=batch.timestamp - 1)
    yield _changed(batch, 0, lots=59)
    yield _changed(batch, 1, limit=18_051)
    yield _changed(batch, 0, market=2)
    yield _changed(batch, 0, market=1)
    yield _changed(batch, 0, action=0x42)
    yield _changed(batch, 1, action=0x47)
    yield _changed(batch, 0, action=0x48)
    yield _changed(batch, 1, action=0x45, lots=61)
    yield _changed(batch, 1, account=2, signer=owner_of(2))
    yield _changed(batch, 1, account=9)
    yield replace(batch, entries=tuple(reversed(batch.entries)))
    yield replace(batch, entries=(batch.entries[0], *batch.entries), fills=())


def _forged_rest(batch: Batch) -> Iterator[Batch]:
    yield replace(batch, fills=(Fill(0, 1, 61),))
    yield replace(batch, fills=(Fill(0, 2, 1),))
    yield replace(batch, fills=(Fill(0, 1, 0),))
    yield replace(batch, number=batch.number + 1)
    yield replace(batch, first_request=batch.first_request + 1)
    yield replace(batch, timestamp=START - 1)
    yield replace(batch, marks=(0, 1))
    yield replace(batch, marks=batch.marks[:1])
    yield replace(batch, funding_steps=(10**9, 0))
    yield replace(batch, requests=(Request(RequestKind.OPEN, 2, address=1),), outcomes=(Outcome(),))
    yield replace(batch, requests=(Request(RequestKind.DEPOSIT, 8, amount=1),), outcomes=(Outcome(),))
    yield replace(batch, requests=(Request(RequestKind.DEPOSIT, 2, amount=1),), outcomes=(Outcome(1, 1),))
    yield replace(batch, requests=(Request(RequestKind.DEPOSIT, 2, amount=1),), outcomes=())


def _forged_money(exchange: Exchange) -> Iterator[tuple[State, Batch]]:
    def draft(*entries: Entry, fills: tuple[Fill, ...] = ()) -> tuple[State, Batch]:
        return exchange.state, exchange.draft(entries=entries, fills=fills)

    payout = Entry(2, 0, 0x80, 0, 10**9 + 1, START + 500, 4_096, owner_of(2))
    yield draft(payout)
    yield draft(replace(payout, limit=10**9))
    yield draft(replace(payout, limit=6 * 10**8), replace(payout, limit=6 * 10**8, nonce=4_097))
    unhealthy = (exchange.order(2, 0x40, 40_000, 18_050), exchange.order(3, 0x41, 40_000, 18_050))
    yield draft(*unhealthy, fills=(Fill(0, 1, 40_000),))
    drain = (  # account 2 buys dear and sells cheap: no position at the end, and the money gone
        exchange.order(2, 0x40, 1_000, 40_000),
        exchange.order(2, 0x41, 1_000, 1, nonce=1_025),
        exchange.order(3, 0x41, 1_000, 30_000),
        exchange.order(3, 0x40, 1_000, 10_000, nonce=1_025),
    )
    yield draft(*drain, fills=(Fill(2, 0, 1_000), Fill(3, 1, 1_000)))


def cases() -> Iterator[dict[str, Any]]:
    for state, batch in trading_day().history:
        yield _apply(state, batch, "Day")
    exchange, honest = _traded()
    yield _apply(exchange.state, honest, "Day")
    for forged in (*_forged_entries(honest), *_forged_rest(honest)):
        yield _apply(exchange.state, forged, "Forged")
    for state, forged in _forged_money(exchange):
        yield _apply(state, forged, "Forged")
    exchange.settle(entries=honest.entries, fills=honest.fills)
    replayed = replace(honest, number=honest.number + 1, timestamp=honest.timestamp + 1)
    yield _apply(exchange.state, replayed, "Forged")
    for side in (1, -1):
        for state, batch in (*crash_day(side=side).history, *bankrupt_day(side=side).history):
            yield _apply(state, batch, "Day", "Crash")
    for state, batch in forgeries():
        yield _apply(state, batch, "Risk")
