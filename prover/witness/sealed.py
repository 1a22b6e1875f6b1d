"""A sealed batch as it comes from the sequencer, back to the record that the rules take."""

from zkclear.rules.batch import Batch, Fill, Outcome
from zkclear.rules.units import Address, Lots, Quote, Seconds, Ticks
from zkclear.rules.words import parse_entry, parse_request
from zkclear.v1 import batch_pb2 as pb


def parse_batch(message: pb.SealedBatch) -> Batch:
    """
    The batch of a message; what it says is judged by the rules afterwards.

    Raises ValueError for a field of the wrong length, `Rejected` for a word that no entry or request has.
    """
    return Batch(
        number=message.number,
        timestamp=Seconds(message.timestamp_s),
        first_request=message.first_request,
        marks=tuple(Ticks(mark) for mark in message.marks),
        funding_steps=tuple(message.funding_steps),
        entries=tuple(
            parse_entry(_number(entry.word, 32, "entry word"), Address(_number(entry.signer, 20, "signer")))
            for entry in message.entries
        ),
        fills=tuple(Fill(fill.maker, fill.taker, Lots(fill.lots)) for fill in message.fills),
        requests=tuple(
            parse_request(_number(request.payload, 32, "request payload")) for request in message.requests
        ),
        outcomes=tuple(Outcome(request.outcome, Quote(request.amount)) for request in message.requests),
    )


def _number(raw: bytes, length: int, field: str) -> int:
    if len(raw) != length:
        raise ValueError(f"{field} must have {length} bytes, not {len(raw)}")
    return int.from_bytes(raw, "big")
