"""
The words of a batch: every bit that a proof speaks of, one layout for Python, Go and Solidity.

Circuit twin: `circuits/bind/words.go`. Contract twin: `WordsLib.sol`. Vectors: `words.json`. Layout: `docs/encoding.md`.
"""

from collections.abc import Iterable, Sequence

from zkclear.rules.batch import Batch, Entry, Fill, Outcome, Request, RequestKind
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.requests import CONFIG_HASH_BITS
from zkclear.rules.shapes import Shape
from zkclear.rules.units import (
    FUNDING_STEP_BOUND,
    AccountId,
    Address,
    Lots,
    Quote,
    Seconds,
    Ticks,
    in_range,
)

WORD_BITS = 248
MARKS_A_WORD = 4
FILLS_A_WORD = 3
FILL_BYTES = 10
OUTCOME_BYTES = 9


def pack(*fields: tuple[int, int]) -> int:
    """
    Concatenate (value, bits) fields, the first in the high bits.

    Units:   bits.
    Bounds:  0 <= value < 2^bits for each field.
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE.
    Claims:  C1.
    """
    word = 0
    for value, bits in fields:
        in_range(
            value,
            0,
            1 << bits,
            reason=Reject.FIELD_OUT_OF_RANGE,
            field=f"field of {bits} bits",
        )
        word = (word << bits) | value
    return word


def unpack(word: int, *widths: int) -> tuple[int, ...]:
    """
    Split a word into fields of the given widths, the first from the high bits: the inverse of `pack`.

    Units:   bits.
    Bounds:  word below 2^(sum of widths).
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE.
    Claims:  C1.
    """
    in_range(
        word,
        0,
        1 << sum(widths),
        reason=Reject.FIELD_OUT_OF_RANGE,
        field=f"word of {sum(widths)} bits",
    )
    fields = []
    for bits in reversed(widths):
        fields.append(word & ((1 << bits) - 1))
        word >>= bits
    return tuple(reversed(fields))


ENTRY_WIDTHS = (32, 8, 8, 40, 32, 40, 56, 32)


def entry_word(entry: Entry) -> int:
    """The signed fields of an entry as one word of 248 bits; the signer is a word of its own. Claims: C1."""
    fields = (
        entry.account,
        entry.market,
        entry.action,
        entry.lots,
        entry.limit,
        entry.expiry,
        entry.nonce,
        entry.trigger,
    )
    return pack(*zip(fields, ENTRY_WIDTHS, strict=True))


def parse_entry(word: int, signer: Address) -> Entry:
    """The entry of a word and a recovered signer: the inverse of `entry_word`. Rejects: FIELD_OUT_OF_RANGE."""
    account, market, action, lots, limit, expiry, nonce, trigger = unpack(word, *ENTRY_WIDTHS)
    return Entry(
        account=AccountId(account),
        market=market,
        action=action,
        lots=Lots(lots),
        limit=Ticks(limit),
        expiry=Seconds(expiry),
        nonce=nonce,
        signer=signer,
        trigger=Ticks(trigger),
    )


def request_word(request: Request) -> int:
    """A request as the contract stores it: 248 bits, kind and account first. Claims: C1, C9."""
    head = ((request.kind, 8), (request.account, 32))
    if request.kind is RequestKind.OPEN:
        return pack(*head, (request.address, 160), (0, 48))
    if request.kind is RequestKind.AGENT:
        return pack(*head, (request.address, 160), (request.until, 40), (0, 8))
    if request.kind is RequestKind.CLOSE:
        return pack(*head, (request.market, 8), (request.lots, 40), (0, 160))
    if request.kind is RequestKind.LIQUIDATE:
        return pack(*head, (request.market, 8), (request.lots, 40), (request.taker, 32), (0, 128))
    if request.kind is RequestKind.MARKET:
        return pack(
            *head, (request.market, 8), (request.config_hash % (1 << CONFIG_HASH_BITS), CONFIG_HASH_BITS)
        )
    return pack(*head, (request.amount, 64), (0, 144))


def parse_request(word: int) -> Request:
    """
    The request of a word: the inverse of `request_word`, but for what a MARKET's word does not hold.

    A MARKET comes back with the low bits of its configuration's hash; the rest is in the contract's event.

    Units:   as the word has them.
    Bounds:  word below 2^248, unused bits 0.
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE, also for a kind that does not exist.
    Claims:  C1, C9.
    """
    kind, account, body = unpack(word, 8, 32, 208)
    owner = AccountId(account)
    if kind == RequestKind.OPEN:
        address, spare = unpack(body, 160, 48)
        request = Request(RequestKind.OPEN, owner, address=Address(address))
    elif kind == RequestKind.AGENT:
        address, until, spare = unpack(body, 160, 40, 8)
        request = Request(RequestKind.AGENT, owner, address=Address(address), until=Seconds(until))
    elif kind in (RequestKind.DEPOSIT, RequestKind.WITHDRAW):
        amount, spare = unpack(body, 64, 144)
        request = Request(RequestKind(kind), owner, amount=Quote(amount))
    elif kind == RequestKind.CLOSE:
        market, lots, spare = unpack(body, 8, 40, 160)
        request = Request(RequestKind.CLOSE, owner, market=market, lots=Lots(lots))
    elif kind == RequestKind.LIQUIDATE:
        market, lots, taker, spare = unpack(body, 8, 40, 32, 128)
        request = Request(
            RequestKind.LIQUIDATE, owner, market=market, lots=Lots(lots), taker=AccountId(taker)
        )
    elif kind == RequestKind.MARKET:
        market, low = unpack(body, 8, CONFIG_HASH_BITS)
        request, spare = Request(RequestKind.MARKET, owner, market=market, config_hash=low), 0
    else:
        raise Rejected(Reject.FIELD_OUT_OF_RANGE, {"field": "request kind", "given": kind})
    in_range(spare, 0, 1, reason=Reject.FIELD_OUT_OF_RANGE, field="request padding")
    return request


def outcome_word(outcome: Outcome) -> int:
    """Outcome code 8, amount 64. Claims: C1, C9."""
    return pack((outcome.code, 8), (outcome.amount, 64))


def _fill_field(fill: Fill) -> int:
    return pack((fill.maker, 16), (fill.taker, 16), (fill.lots, 48))


def fill_words(fills: Sequence[Fill]) -> list[int]:
    """Three fills of 80 bits a word, missing ones 0. Claims: C1."""
    fields = [_fill_field(fill) for fill in fills]
    return _groups(fields, size=FILLS_A_WORD, bits=8 * FILL_BYTES)


def _groups(fields: Sequence[int], *, size: int, bits: int) -> list[int]:
    """`size` fields of `bits` bits a word, the first in the high bits, the last word padded with 0."""
    words = []
    for start in range(0, len(fields), size):
        group = [*fields[start : start + size], *(0 for _ in range(size))][:size]
        words.append(pack(*((field, bits) for field in group)))
    return words


def mark_words(marks: Sequence[Ticks]) -> list[int]:
    """Four marks of 56 bits a word. Claims: C1."""
    return _groups(marks, size=MARKS_A_WORD, bits=56)


def step_words(steps: Sequence[int]) -> list[int]:
    """Four funding steps of 56 bits a word, offset by 2^55; a missing one is a plain 0. Claims: C1, C6."""
    return _groups([step + FUNDING_STEP_BOUND for step in steps], size=MARKS_A_WORD, bits=56)


def header_word(batch: Batch) -> int:
    """Number, timestamp, the four counts and the first request in 232 bits. Claims: C1."""
    return pack(
        (batch.number, 64),
        (batch.timestamp, 40),
        (len(batch.entries), 16),
        (len(batch.fills), 16),
        (len(batch.requests), 16),
        (len(batch.marks), 16),
        (batch.first_request, 64),
    )


def _padded(words: Iterable[int], length: int, *, section: str) -> list[int]:
    filled = list(words)
    if len(filled) > length:
        raise Rejected(
            Reject.COUNT_OVERFLOW,
            {"section": section, "given": len(filled), "maximum": length},
        )
    return filled + [0] * (length - len(filled))


def word_count(shape: Shape) -> int:
    """How many words a batch of this shape has. Claims: C1."""
    markets = -(-shape.markets // MARKS_A_WORD)
    fills = -(-shape.fills // FILLS_A_WORD)
    return 4 + 2 * markets + 2 * shape.orders + fills + 2 * shape.requests


def batch_words(batch: Batch, shape: Shape, *, domain: int, old_root: int, new_root: int) -> list[int]:
    """
    The whole vector `d` of a batch, padded to its shape: what the proof and the contract agree on.

    Units:   words below 2^248, the two roots below the field modulus.
    Bounds:  the batch fits the shape.
    Rounds:  nothing.
    Rejects: COUNT_OVERFLOW, FIELD_OUT_OF_RANGE.
    Claims:  C1.
    """
    in_range(
        len(batch.fills),
        0,
        shape.fills + 1,
        reason=Reject.COUNT_OVERFLOW,
        field="fills",
    )
    markets = -(-shape.markets // MARKS_A_WORD)
    entries = [word for entry in batch.entries for word in (entry_word(entry), entry.signer)]
    requests = [
        word
        for request, result in zip(batch.requests, batch.outcomes, strict=True)
        for word in (request_word(request), outcome_word(result))
    ]
    return [
        domain,
        header_word(batch),
        old_root,
        new_root,
        *_padded(mark_words(batch.marks), markets, section="markets"),
        *_padded(step_words(batch.funding_steps), markets, section="markets"),
        *_padded(entries, 2 * shape.orders, section="orders"),
        *_padded(fill_words(batch.fills), -(-shape.fills // FILLS_A_WORD), section="fills"),
        *_padded(requests, 2 * shape.requests, section="requests"),
    ]
