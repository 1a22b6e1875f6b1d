"""A sealed batch as it comes from the sequencer, back to the record that the rules take."""

from collections.abc import Callable
from dataclasses import replace

from zkclear.crypto.tree import market_config_hash
from zkclear.rules.batch import Batch, Fill, Outcome, Request, RequestKind
from zkclear.rules.requests import CONFIG_HASH_BITS
from zkclear.rules.state import MarketConfig
from zkclear.rules.units import Address, Lots, Quote, Seconds, Ticks
from zkclear.rules.words import parse_entry, parse_request
from zkclear.v1 import batch_pb2 as pb


def parse_batch(message: pb.SealedBatch, *, queued_config: Callable[[int], MarketConfig]) -> Batch:
    """
    The batch of a message; what it says is judged by the rules afterwards.

    The word of a MARKET request has room for a part of its configuration's hash only: `queued_config` gives the
    configuration that the request of this number asks for, from the chain.

    Raises ValueError for a field of the wrong length and for a configuration with another hash, `Rejected` for a
    word that no entry or request has.
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
            _completed(parse_request(_number(request.payload, 32, "request payload")), number, queued_config)
            for number, request in enumerate(message.requests, start=message.first_request)
        ),
        outcomes=tuple(Outcome(request.outcome, Quote(request.amount)) for request in message.requests),
    )


def _completed(request: Request, number: int, queued_config: Callable[[int], MarketConfig]) -> Request:
    """A MARKET request with its configuration and the whole hash of it; any other as it is."""
    if request.kind is not RequestKind.MARKET:
        return request
    config = queued_config(number)
    config_hash = market_config_hash(config)
    if config_hash % (1 << CONFIG_HASH_BITS) != request.config_hash:
        raise ValueError(
            f"request {number} asks for a configuration with a hash that ends in {request.config_hash:#x}, "
            f"the chain has one with the hash {config_hash:#x}"
        )
    return replace(request, config=config, config_hash=config_hash)


def _number(raw: bytes, length: int, field: str) -> int:
    if len(raw) != length:
        raise ValueError(f"{field} must have {length} bytes, not {len(raw)}")
    return int.from_bytes(raw, "big")
