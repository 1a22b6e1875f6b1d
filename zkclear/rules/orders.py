"""
Orders, withdrawals and cancels: who may sign them, when they count, what they leave in their slot.

Circuit twin: `circuits/rules/orders.go`. Fast twin: `sequencer/matching/engine.py`. Vectors: `orders.json`.
"""

from zkclear.rules import actions
from zkclear.rules.actions import TimeInForce
from zkclear.rules.batch import Entry
from zkclear.rules.margin import notional_at_entry
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.state import LIVE, Account, Market, Slot
from zkclear.rules.units import (
    ACCOUNT_BOUND,
    NONCE_BOUND,
    QUOTE_BOUND,
    SECONDS_BOUND,
    SIZE_BOUND,
    SLOT_CLOSED,
    SLOTS,
    TICKS_BOUND,
    Address,
    Lots,
    Seconds,
    in_range,
)


def authorise(account: Account, signer: Address, *, timestamp: Seconds, owner_only: bool = False) -> None:
    """
    Refuse a signature that does not speak for the account.

    Units:   timestamp of the batch; `agent_until` is inclusive.
    Bounds:  addresses of 160 bits; signer 0 (a failed recovery) authorises nothing, agent 0 is none.
    Rounds:  nothing.
    Rejects: SIGNER_NOT_AUTHORIZED, AGENT_EXPIRED.
    Claims:  C2.
    """
    if signer != 0 and signer == account.owner:
        return
    if signer == 0 or owner_only or signer != account.agent:
        raise Rejected(
            Reject.SIGNER_NOT_AUTHORIZED,
            {"recovered": hex(signer), "owner": hex(account.owner)},
        )
    if timestamp > account.agent_until:
        raise Rejected(
            Reject.AGENT_EXPIRED,
            {"agent_until_s": account.agent_until, "timestamp_s": timestamp},
        )


def check_terms(entry: Entry, markets: tuple[Market, ...], *, timestamp: Seconds) -> None:
    """
    Refuse an entry whose signed terms can never be part of a batch at this time.

    Units:   lots, ticks and seconds of the entry word.
    Bounds:  orders: 1 <= lots < 2^40, 1 <= limit < 2^32, notional < 2^56; withdrawals: 1 <= amount < 2^62;
             cancels: no end; risk entries: no signer, no end, a nonce that is only a place.
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE, ORDER_EXPIRED, UNKNOWN_ACTION, UNLISTED_MARKET, MARKET_HALTED, NOTIONAL_TOO_LARGE.
    Claims:  C2, C3.
    """
    in_range(entry.nonce, 0, NONCE_BOUND, reason=Reject.FIELD_OUT_OF_RANGE, field="nonce")
    in_range(entry.expiry, 0, SECONDS_BOUND, reason=Reject.FIELD_OUT_OF_RANGE, field="expiry")
    last = ACCOUNT_BOUND if entry.action == actions.DELEVERAGE else 1
    in_range(entry.trigger, 0, last, reason=Reject.FIELD_OUT_OF_RANGE, field="trigger")
    if actions.is_risk(entry.action):
        _check_risk_terms(entry, markets)
        return
    if entry.expiry < timestamp:
        raise Rejected(Reject.ORDER_EXPIRED, {"expiry_s": entry.expiry, "timestamp_s": timestamp})
    if actions.is_order(entry.action):
        _check_tradable(entry, markets)
    elif entry.action == actions.WITHDRAW:
        in_range(
            entry.amount,
            1,
            QUOTE_BOUND,
            reason=Reject.FIELD_OUT_OF_RANGE,
            field="amount",
        )
        in_range(entry.market, 0, 1, reason=Reject.FIELD_OUT_OF_RANGE, field="market")
    elif entry.action == actions.CANCEL:
        in_range(entry.amount, 0, 1, reason=Reject.FIELD_OUT_OF_RANGE, field="amount")
        _endless(entry)
        _listed_market(entry, markets)
    else:
        raise Rejected(Reject.UNKNOWN_ACTION, {"field": "action", "given": entry.action})


def _endless(entry: Entry) -> None:
    """Refuse an expiry where there is none: the field is all ones then, so that the entry has one word."""
    in_range(entry.expiry, SECONDS_BOUND - 1, SECONDS_BOUND, reason=Reject.FIELD_OUT_OF_RANGE, field="expiry")


def _check_tradable(entry: Entry, markets: tuple[Market, ...]) -> None:
    """Lots, limit, value and market of an entry that takes part in fills."""
    in_range(entry.lots, 1, SIZE_BOUND, reason=Reject.FIELD_OUT_OF_RANGE, field="lots")
    in_range(entry.limit, 1, TICKS_BOUND, reason=Reject.FIELD_OUT_OF_RANGE, field="limit")
    market = _listed_market(entry, markets)
    if market.config.status != LIVE:
        raise Rejected(Reject.MARKET_HALTED, {"market": entry.market, "status": market.config.status})
    notional_at_entry(entry.lots, entry.limit, quote_per_lot_tick=market.config.quote_per_lot_tick)


def _check_risk_terms(entry: Entry, markets: tuple[Market, ...]) -> None:
    """The fields of a risk entry; what it asks for is checked by `risks.entry_risks`."""
    for field, given, low, high in (
        ("signer", entry.signer, 0, 1),
        ("nonce", entry.nonce, 0, SLOTS),
    ):
        in_range(given, low, high, reason=Reject.FIELD_OUT_OF_RANGE, field=field)
    _endless(entry)
    if actions.is_liquidation(entry.action):
        _check_tradable(entry, markets)
        return
    _listed_market(entry, markets)
    if entry.action == actions.ABSORB:
        in_range(entry.amount, 0, 1, reason=Reject.FIELD_OUT_OF_RANGE, field="amount")
    else:
        in_range(entry.lots, 1, SIZE_BOUND, reason=Reject.FIELD_OUT_OF_RANGE, field="lots")
        in_range(entry.rank, 0, SLOTS, reason=Reject.FIELD_OUT_OF_RANGE, field="rank")


def check_filled(entry: Entry, *, filled: Lots) -> None:
    """
    Refuse more fills of a liquidation in the book than its lots; no other risk entry has fills.

    Units:   lots.
    Bounds:  0 <= filled <= lots.
    Rounds:  nothing.
    Rejects: OVERFILLED.
    Claims:  C7.
    """
    if filled > entry.lots:
        raise Rejected(Reject.OVERFILLED, {"lots": entry.lots, "filled_before": 0, "filled": filled})


def _listed_market(entry: Entry, markets: tuple[Market, ...]) -> Market:
    if not 0 <= entry.market < len(markets) or markets[entry.market].config.status == 0:
        raise Rejected(Reject.UNLISTED_MARKET, {"market": entry.market})
    return markets[entry.market]


def slot_after(stored: Slot, entry: Entry, *, filled: Lots) -> Slot:
    """
    The slot of an entry after a batch in which `filled` lots of it traded.

    A nonce above the stored one takes the slot over, an equal one continues, a lower one is dead.
    A WITHDRAW or CANCEL must be newer than what is stored, and closes its nonce for orders.

    Units:   lots; nonce below 2^56.
    Bounds:  the new filled count is at most the entry's lots, below 2^40.
    Rounds:  nothing.
    Rejects: NONCE_STALE, OVERFILLED, FOK_PARTIAL.
    Claims:  C2, C3.
    """
    if not actions.is_order(entry.action):
        assert filled == 0, "a fill names orders only"
        if entry.nonce <= stored.nonce:
            raise _stale(stored, entry)
        return Slot(entry.nonce, SLOT_CLOSED)
    if entry.nonce < stored.nonce:
        raise _stale(stored, entry)
    start = stored.filled if entry.nonce == stored.nonce else 0
    total = start + filled
    if total > entry.lots:
        raise Rejected(
            Reject.OVERFILLED,
            {"lots": entry.lots, "filled_before": start, "filled": filled},
        )
    if actions.time_in_force(entry.action) is TimeInForce.FOK and filled != entry.lots:
        raise Rejected(Reject.FOK_PARTIAL, {"lots": entry.lots, "filled": filled})
    return Slot(entry.nonce, Lots(total))


def _stale(stored: Slot, entry: Entry) -> Rejected:
    return Rejected(
        Reject.NONCE_STALE,
        {"slot": entry.slot, "slot_nonce": stored.nonce, "nonce": entry.nonce},
    )


def did_not_grow(before: Lots, after: Lots) -> bool:
    """
    Whether a position ends no larger than it began and not flipped.

    Units:   lots, signed.
    Bounds:  abs of both < 2^40.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  C5.
    """
    return 0 <= after <= before if before >= 0 else before <= after <= 0
