"""Forgeries of what was filled before: replays, overfills, dead orders."""

from dataclasses import replace

from tests.attack.forging import Pair, edited, forgery, lenient_slot, nothing, pair, trade
from tests.scenario import Venue
from zkclear.rules.batch import Batch, Entry, Fill
from zkclear.rules.state import Slot
from zkclear.v1 import witness_pb2 as pb


@forgery("fill beyond the maker's size")
def _(venue: Venue) -> Pair:
    honest = trade(
        venue, entries=(venue.order(2, "BUY GTC", 100, 18_050), venue.order(3, "SELL IOC", 200, 18_040))
    )
    return pair(venue, honest, replace(honest, fills=(Fill(0, 1, 101),)), slot_after=lenient_slot)


@forgery("fill beyond the taker's size")
def _(venue: Venue) -> Pair:
    honest = trade(venue)
    return pair(venue, honest, replace(honest, fills=(Fill(0, 1, 61),)), slot_after=lenient_slot)


@forgery("fill beyond the size over two fills")
def _(venue: Venue) -> Pair:
    honest = trade(venue, fills=(Fill(0, 1, 30), Fill(0, 1, 30)))
    return pair(
        venue, honest, replace(honest, fills=(Fill(0, 1, 30), Fill(0, 1, 31))), slot_after=lenient_slot
    )


@forgery("O3 filled order again in the next batch")
def _(venue: Venue) -> Pair:
    first = trade(venue, fills=(Fill(0, 1, 60),))
    venue.advance(first)
    more = venue.order(4, "SELL IOC", 60, 18_040)
    honest = venue.draft(entries=(first.entries[0], more), fills=(Fill(0, 1, 40),))
    return pair(venue, honest, replace(honest, fills=(Fill(0, 1, 41),)), slot_after=lenient_slot)


@forgery("O3 filled order again, its slot said to be unused")
def _(venue: Venue) -> Pair:
    first = trade(venue, fills=(Fill(0, 1, 60),))
    venue.advance(first)
    more = venue.order(4, "SELL IOC", 60, 18_040)
    honest = venue.draft(entries=(first.entries[0], more), fills=(Fill(0, 1, 40),))
    forged = replace(honest, fills=(Fill(0, 1, 60),))

    def forget(_: Slot, entry: Entry, *, filled: int) -> Slot:
        return Slot(entry.nonce, filled)

    def unused(witness: pb.Witness) -> None:
        witness.entries[0].stored_nonce = witness.entries[0].stored_filled = 0

    control, witness = pair(venue, honest, forged, slot_after=forget)
    return control, edited(witness, unused)


@forgery("T9 order with a nonce below the one in its slot")
def _(venue: Venue) -> Pair:
    venue.advance(entries=(venue.order(2, "BUY GTC", 1, 18_000, nonce=2_048),))
    newer, older = (venue.order(2, "BUY GTC", 1, 18_000, nonce=nonce) for nonce in (3_072, 1_024))
    return pair(venue, venue.draft(entries=(newer,)), venue.draft(entries=(older,)), slot_after=lenient_slot)


@forgery("cancelled order fills")
def _(venue: Venue) -> Pair:
    honest = trade(venue)
    venue.advance(entries=(venue.cancel(2, nonce=1_024),))
    fresh = trade(venue, entries=(venue.order(2, "BUY GTC", 100, 18_050, nonce=2_048), honest.entries[1]))
    forged = trade(venue, entries=honest.entries)
    return pair(venue, fresh, forged, slot_after=lambda _, entry, **__: Slot(entry.nonce, 2**40 - 1))


@forgery("O13 signed withdrawal served twice")
def _(venue: Venue) -> Pair:
    payout, another = (venue.withdrawal(2, 1_000, nonce=nonce) for nonce in (7, 1_031))
    venue.advance(entries=(payout,))
    return pair(
        venue, venue.draft(entries=(another,)), venue.draft(entries=(payout,)), slot_after=lenient_slot
    )


def _unsorted(batch: Batch, entries: tuple[Entry, ...]) -> Batch:
    return replace(batch, entries=entries, fills=())


@forgery("O15 two orders of one slot in one batch")
def _(venue: Venue) -> Pair:
    low, other, high = (venue.order(2, "BUY GTC", 1, 18_000, nonce=nonce) for nonce in (1_024, 1_025, 2_048))
    honest = venue.draft(entries=(low, other))
    forged = _unsorted(honest, (low, high))
    control, witness = pair(venue, honest, forged, _check_entries=nothing)

    def carried(row: pb.Witness) -> None:
        row.entries[1].stored_nonce = low.nonce

    return control, edited(witness, carried)


@forgery("one order twice in one batch")
def _(venue: Venue) -> Pair:
    order, other, seller = (
        venue.order(2, "BUY GTC", 100, 18_050),
        venue.order(2, "BUY GTC", 100, 18_050, nonce=1_025),
        venue.order(3, "SELL IOC", 200, 18_040),
    )
    fills = (Fill(0, 2, 50), Fill(1, 2, 50))
    honest = venue.draft(entries=(order, other, seller), fills=fills)
    forged = replace(honest, entries=(order, order, seller))

    def whole(_: Slot, entry: Entry, *, filled: int) -> Slot:
        return Slot(entry.nonce, 100 if entry.account == 2 else filled)

    def carried(row: pb.Witness) -> None:
        row.entries[1].stored_nonce, row.entries[1].stored_filled = order.nonce, 50

    control, witness = pair(venue, honest, forged, _check_entries=nothing, slot_after=whole)
    return control, edited(witness, carried)


@forgery("entries of falling accounts")
def _(venue: Venue) -> Pair:
    honest = trade(venue, fills=())
    return pair(venue, honest, _unsorted(honest, honest.entries[::-1]), _check_entries=nothing)
