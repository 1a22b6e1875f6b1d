"""
The calldata of `settle`, both ways: `docs/encoding.md` read backwards, and written so that one batch has one encoding.

Contract twin: `Settlement.settle`. Nothing is judged here beyond form: a `Malformed` says which part has which length.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError

from zkclear.crypto.keccak import keccak256
from zkclear.rules import actions
from zkclear.rules.batch import Fill, Outcome
from zkclear.rules.units import Lots, Quote
from zkclear.rules.words import ENTRY_WIDTHS, FILL_BYTES, OUTCOME_BYTES, unpack

HEADER_TYPE = "(uint64,uint40,uint8,uint16,uint16,uint16,uint256,uint256,uint256,int64[])"
ARGUMENT_TYPES = (HEADER_TYPE, *("bytes",) * 5)
SELECTOR = keccak256(f"settle({','.join(ARGUMENT_TYPES)})".encode())[:4]

WORD_BYTES = 32
SIGNATURE_BYTES = 64
RECIPIENT_BYTES = 20
PROOF_BYTES = 384
_ACTION = 2
"""Index of the action among an entry word's fields."""


class Malformed(Exception):  # noqa: N818 - a verdict about calldata, not an error of ours
    """The bytes are not a `settle` call, or a part of them has the wrong length."""


@dataclass(frozen=True, slots=True)
class Header:
    """`Header` of the contract, field by field."""

    number: int
    timestamp: int
    shape: int
    entries: int
    fills: int
    requests: int
    old_root: int
    new_root: int
    h: int
    funding_steps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PriceReport:
    """One oracle report: Unix seconds, a price of 10^-8 a listed market (0: no opinion), and its signature."""

    time: int
    prices_e8: tuple[int, ...]
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedEntry:
    """An entry word with its signature, which a risk entry has not; `recipient` is set for a WITHDRAW only."""

    word: int
    signature: bytes
    recipient: bytes = b""


@dataclass(frozen=True, slots=True)
class SettleCall:
    """One call of `settle`, taken apart."""

    header: Header
    reports: tuple[PriceReport, ...]
    entries: tuple[SignedEntry, ...]
    fills: tuple[Fill, ...]
    outcomes: tuple[Outcome, ...]
    proof: bytes


def decode_call(data: bytes) -> SettleCall:
    """
    The call that `data` encodes.

    The bytes are encoded again and compared: a batch has exactly one calldata, whatever a decoder would let pass.
    """
    if data[:4] != SELECTOR:
        raise Malformed(f"the call begins with 0x{data[:4].hex()}, settle begins with 0x{SELECTOR.hex()}")
    try:
        head, reports, entries, fills, outcomes, proof = decode(ARGUMENT_TYPES, data[4:])
    except (DecodingError, OverflowError) as error:
        raise Malformed(f"the arguments of settle do not decode: {error}") from error
    number, timestamp, shape, entry_count, fill_count, request_count, old_root, new_root, h, steps = head
    header = Header(
        number,
        timestamp,
        shape,
        entry_count,
        fill_count,
        request_count,
        old_root,
        new_root,
        h,
        tuple(steps),
    )
    _check_length("proof", proof, PROOF_BYTES)
    call = SettleCall(
        header=header,
        reports=tuple(_reports(reports, markets=len(header.funding_steps))),
        entries=tuple(_entries(entries, count=header.entries)),
        fills=tuple(_fills(fills, count=header.fills)),
        outcomes=tuple(_outcomes(outcomes, count=header.requests)),
        proof=proof,
    )
    if encode_call(call) != data:
        raise Malformed("the call is not in its one canonical ABI encoding (offsets or padding differ)")
    return call


def encode_call(call: SettleCall) -> bytes:
    """The inverse of `decode_call`."""
    head = call.header
    arguments = (
        (
            head.number,
            head.timestamp,
            head.shape,
            head.entries,
            head.fills,
            head.requests,
            head.old_root,
            head.new_root,
            head.h,
            head.funding_steps,
        ),
        b"".join(
            report.time.to_bytes(8, "big")
            + b"".join(price.to_bytes(8, "big") for price in report.prices_e8)
            + report.signature
            for report in call.reports
        ),
        b"".join(
            entry.word.to_bytes(WORD_BYTES, "big") + entry.signature + entry.recipient
            for entry in call.entries
        ),
        b"".join(
            fill.maker.to_bytes(2, "big") + fill.taker.to_bytes(2, "big") + fill.lots.to_bytes(6, "big")
            for fill in call.fills
        ),
        b"".join(
            outcome.code.to_bytes(1, "big") + outcome.amount.to_bytes(8, "big") for outcome in call.outcomes
        ),
        call.proof,
    )
    try:
        return SELECTOR + encode(ARGUMENT_TYPES, arguments)
    except EncodingError as error:
        raise Malformed(f"the call does not fit its ABI types: {error}") from error


def _check_length(part: str, data: bytes, expected: int) -> None:
    if len(data) != expected:
        raise Malformed(f"{part}: {len(data)} bytes where {expected} are needed")


def _chunks(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def _integers(data: bytes, *sizes: int) -> Iterator[int]:
    start = 0
    for size in sizes:
        yield int.from_bytes(data[start : start + size], "big")
        start += size


def _reports(data: bytes, *, markets: int) -> Iterator[PriceReport]:
    size = 8 + 8 * markets + SIGNATURE_BYTES
    _check_length("reports", data, len(data) // size * size)
    for chunk in _chunks(data, size):
        time, *prices = _integers(chunk, *(8,) * (1 + markets))
        yield PriceReport(time, tuple(prices), chunk[-SIGNATURE_BYTES:])


def _entries(data: bytes, *, count: int) -> Iterator[SignedEntry]:
    """An entry's length depends on its action, so they are read one after the other."""
    start = 0
    for index in range(count):
        word = int.from_bytes(data[start : start + WORD_BYTES], "big")
        if word >> sum(ENTRY_WIDTHS):
            raise Malformed(f"entries: word {index} has more than {sum(ENTRY_WIDTHS)} bits")
        action = unpack(word, *ENTRY_WIDTHS)[_ACTION]
        end = start + WORD_BYTES + (0 if actions.is_risk(action) else SIGNATURE_BYTES)
        last = end + (RECIPIENT_BYTES if action == actions.WITHDRAW else 0)
        if last > len(data):
            raise Malformed(f"entries: {len(data)} bytes end inside entry {index} of {count}")
        yield SignedEntry(word, data[start + WORD_BYTES : end], data[end:last])
        start = last
    _check_length("entries", data, start)


def _fills(data: bytes, *, count: int) -> Iterator[Fill]:
    _check_length("fills", data, FILL_BYTES * count)
    for chunk in _chunks(data, FILL_BYTES):
        maker, taker, lots = _integers(chunk, 2, 2, 6)
        yield Fill(maker, taker, Lots(lots))


def _outcomes(data: bytes, *, count: int) -> Iterator[Outcome]:
    _check_length("outcomes", data, OUTCOME_BYTES * count)
    for chunk in _chunks(data, OUTCOME_BYTES):
        code, amount = _integers(chunk, 1, 8)
        yield Outcome(code, Quote(amount))
