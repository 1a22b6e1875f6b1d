"""
From an entry of a batch back to the digest that its wallet signed.

Contract twin: `EntryLib.sol`; whatever it refuses is refused here, so that each entry has one encoding. Vectors: `eip712.json`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from zkclear.crypto.eip712 import (
    Domain,
    cancel_order_digest,
    order_digest,
    withdraw_digest,
)
from zkclear.rules.actions import CANCEL, ORDER_NAMES, WITHDRAW, is_order
from zkclear.rules.batch import Entry
from zkclear.rules.state import MarketConfig
from zkclear.rules.units import QUOTE_BOUND, SECONDS_BOUND


@dataclass(frozen=True, slots=True)
class Listing:
    """What turns lots and ticks of a market into the numbers that a wallet shows."""

    name: str
    lot_e8: int
    tick_e8: int


def listing(name: str, config: MarketConfig) -> Listing:
    """The listing of a configured market."""
    return Listing(name=name, lot_e8=config.lot_e8, tick_e8=config.tick_e8)


def entry_digest(
    domain: Domain,
    entry: Entry,
    *,
    listings: Sequence[Listing],
    asset: str,
    recipient: int | None = None,
) -> bytes:
    """
    The EIP-712 digest of an entry: Order, Withdraw or CancelOrder by its action.

    Units:   `sizeE8 = lots * lot_e8`, `limitPriceE8 = ticks * tick_e8`; `asset` is the collateral's symbol.
    Bounds:  listings in listing order; a recipient for a WITHDRAW and for nothing else.
    Rounds:  nothing.
    Rejects: ValueError for an action, market or field that the contract refuses.
    Claims:  C2.
    """
    if entry.trigger != 0:
        raise ValueError(f"field C of the entry word must be 0, but is {entry.trigger}")
    if (recipient is not None) != (entry.action == WITHDRAW):
        raise ValueError(f"action {entry.action:#x}: a WITHDRAW has a recipient, and nothing else has one")
    if recipient is not None:
        return _withdrawal(domain, entry, asset=asset, recipient=recipient)
    if entry.action != CANCEL and not is_order(entry.action):
        raise ValueError(f"action {entry.action:#x} is not a signed entry's")
    if entry.market >= len(listings):
        raise ValueError(f"market {entry.market} is not listed: there are {len(listings)}")
    market = listings[entry.market]
    if entry.action == CANCEL:
        return _cancel(domain, entry, market)
    return order_digest(
        domain,
        account=entry.account,
        market=market.name,
        action=ORDER_NAMES[entry.action],
        size_e8=entry.lots * market.lot_e8,
        limit_price_e8=entry.limit * market.tick_e8,
        expiry=entry.expiry,
        nonce=entry.nonce,
    )


def _withdrawal(domain: Domain, entry: Entry, *, asset: str, recipient: int) -> bytes:
    if entry.market != 0:
        raise ValueError(f"the market of a WITHDRAW must be 0, but is {entry.market}")
    if entry.amount >= QUOTE_BOUND:
        raise ValueError(f"the amount must be below 2^62, but is {entry.amount}")
    return withdraw_digest(
        domain,
        account=entry.account,
        recipient=recipient,
        asset=asset,
        amount_e6=entry.amount,
        expiry=entry.expiry,
        nonce=entry.nonce,
    )


def _cancel(domain: Domain, entry: Entry, market: Listing) -> bytes:
    if (entry.lots, entry.limit, entry.expiry) != (0, 0, SECONDS_BOUND - 1):
        raise ValueError(
            "a CANCEL has fields A and B 0 and expiry 2^40 - 1, "
            f"but these are {entry.lots}, {entry.limit}, {entry.expiry}"
        )
    return cancel_order_digest(domain, account=entry.account, market=market.name, nonce=entry.nonce)
