"""Witnesses of a scripted market in shape `tiny`: what Python builds is what the Go circuit reads and proves."""

from collections.abc import Iterator
from typing import Any

from tests.risk_scenario import HISTORIES, RiskVenue
from tests.scenario import Venue, scripted
from zkclear.crypto.bind import bind
from zkclear.rules.batch import Batch

MODULE = "witness"
CLAIMS = ["C1", "C7", "C11"]
NOTES = {
    "Scripted": "every kind of entry, request and closing, in a short history of two markets",
    "Risk": "every risk operation on both sides, executed and not, and markets listed and changed, in four histories",
    "Full": "every row of the shape in use",
    "Empty": "no entry and no request: accounts 0 and 1 alone",
}
FLAGS = {"every row in use": ["Scripted", "Full"], "empty": ["Scripted", "Empty"]}


def cases() -> Iterator[dict[str, Any]]:
    """One case a batch: the serialised witness and the public inputs that its words bind to."""
    venue = Venue()
    yield from (_case(venue, name, batch, "Scripted") for name, batch in scripted(venue))
    for history in HISTORIES:
        crashed = RiskVenue()
        yield from (_case(crashed, name, batch, "Risk") for name, batch in history(crashed))


def _case(venue: Venue, name: str, batch: Batch, flag: str) -> dict[str, Any]:
    built = venue.advance(batch)
    binding = bind(built.words)
    return {
        "call": "build_witness",
        "flags": FLAGS.get(name, [flag]),
        "in": {"batch": name, "shape": venue.shape.name},
        "out": {
            "witness": built.witness.SerializeToString(deterministic=True),
            "words": built.words,
            "h": binding.h,
            "r": binding.r,
            "y": binding.y,
        },
    }
