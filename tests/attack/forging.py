"""
The operator's forgeries: each takes an exchange and gives an honest witness and a forged one.

An operator computes with whatever rules he likes, so a forgery is a batch cleared with one rule replaced: roots, paths
and slots all fit, and only the replaced rule tells the forged witness from an honest one. What cannot be had that way is
written into the finished witness. Names begin with the case of the safety plan, where it has one.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.scenario import Venue, lawless, owner_of
from zkclear.rules import actions
from zkclear.rules.batch import Batch, Entry, Fill
from zkclear.rules.closing import ClosingClass
from zkclear.rules.state import Market, Slot
from zkclear.v1 import witness_pb2 as pb

Pair = tuple[pb.Witness, pb.Witness]
FORGERIES: dict[str, Callable[[Venue], Pair]] = {}
MARK = 18_053
STRANGER = owner_of(99)


def forgery(name: str) -> Callable[[Callable[[Venue], Pair]], Callable[[Venue], Pair]]:
    """Enter a forgery under its name."""

    def enter(make: Callable[[Venue], Pair]) -> Callable[[Venue], Pair]:
        assert name not in FORGERIES
        FORGERIES[name] = make
        return make

    return enter


def prepared(**options: Any) -> Venue:
    """An exchange with four funded accounts, 2 to 5."""
    venue = Venue(**options)
    venue.advance(requests=venue.opening(2, 3))
    venue.advance(requests=venue.opening(4, 5))
    return venue


def nothing(*_: Any, **__: Any) -> None:
    """A check that never refuses."""


def trade(venue: Venue, **fields: Any) -> Batch:
    """The honest batch that most forgeries bend: 2 buys 60 lots of 100 from 3, below 3's limit by nothing."""
    entries = (venue.order(2, "BUY GTC", 100, 18_050), venue.order(3, "SELL IOC", 60, 18_040))
    return venue.draft(**{"entries": entries, "fills": (Fill(0, 1, 60),), **fields})


def pair(venue: Venue, honest: Batch, forged: Batch, **laws: Callable[..., Any]) -> Pair:
    """Both witnesses; the forged batch is cleared with `laws` in the place of the rules of these names."""
    control = venue.build(honest).witness
    with lawless(**laws):
        return control, venue.build(forged).witness


def with_entry(batch: Batch, index: int, **changes: Any) -> Batch:
    """The batch with fields of one entry changed after it was signed."""
    entries = list(batch.entries)
    entries[index] = replace(entries[index], **changes)
    return replace(batch, entries=tuple(entries))


def edited(witness: pb.Witness, edit: Callable[[pb.Witness], None]) -> pb.Witness:
    """A copy of a witness with something written over."""
    copy = pb.Witness.FromString(witness.SerializeToString())
    edit(copy)
    assert copy != witness
    return copy


def lenient_slot(stored: Slot, entry: Entry, *, filled: int) -> Slot:
    """The slot rule without its refusals."""
    if not actions.is_order(entry.action):
        return Slot(entry.nonce, 2**40 - 1)
    return Slot(entry.nonce, (stored.filled if entry.nonce == stored.nonce else 0) + filled)


def take_positions(venue: Venue) -> None:
    """Account 2 is long 60, account 3 short 60."""
    entries = (
        venue.order(2, "BUY GTC", 60, 18_050, nonce=500),
        venue.order(3, "SELL IOC", 60, 18_040, nonce=500),
    )
    venue.advance(entries=entries, fills=(Fill(0, 1, 60),))


def always(claimed: ClosingClass) -> Callable[..., ClosingClass]:
    """A closing rule that says the same of everybody."""
    return lambda *_, **__: claimed


def bent_advance(market: Market, *, mark: int, step: int, **_: int) -> Market:
    """The market rule without its bounds."""
    return replace(market, mark=mark, funding_index=market.funding_index + step)
