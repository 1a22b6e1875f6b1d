"""
Fills and fees: which two orders may trade, at which price, and what each side pays.

Circuit twin: `circuits/rules/fills.go`. Fast twin: `sequencer/matching/engine.py`. Vectors: `fills.json`.
"""

from dataclasses import dataclass

from zkclear.rules import actions
from zkclear.rules.actions import TimeInForce
from zkclear.rules.batch import Entry, Fill
from zkclear.rules.num import div_ceil
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.state import MarketConfig
from zkclear.rules.units import PPM, Address, Lots, Ppm, Quote, Ticks, in_range


def fee(cost: Quote, rate: Ppm) -> Quote:
    """
    Fee on a trade of `cost`; a negative rate gives a negative fee, a rebate.

    Units:   quote * ppm / ppm -> quote.
    Bounds:  0 <= cost < 2^56, abs(rate) < 2^20.
    Rounds:  up: a charge grows, a rebate shrinks, so against the account.
    Rejects: nothing.
    Claims:  C4, C6.
    """
    return Quote(div_ceil(cost * rate, PPM))


@dataclass(frozen=True, slots=True)
class Legs:
    """What one fill moves: the price, and the cash of each side (quote, signed) and of whom the fees go to."""

    price: Ticks
    cost: Quote
    maker_cash: Quote
    taker_cash: Quote
    fees: Quote
    maker_lots: Lots
    taker_lots: Lots


def check_fill(
    fill: Fill,
    maker: Entry,
    taker: Entry,
    *,
    maker_owner: Address,
    taker_owner: Address,
) -> None:
    """
    Refuse a fill that the two signed orders do not allow.

    Units:   ticks; the price is the maker's limit.
    Bounds:  lots >= 1; the size is bounded by both orders' slots (`orders.slot_after`).
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE, UNKNOWN_ACTION, MARKET_MISMATCH, SAME_SIDE, SAME_ACCOUNT, SAME_OWNER, IOC_MAKES,
             POST_ONLY_TAKES, PRICE_BEYOND_LIMIT.
    Claims:  C2, C3.
    """
    in_range(fill.lots, 1, 2**48, reason=Reject.FIELD_OUT_OF_RANGE, field="fill.lots")
    if not actions.is_order(maker.action):
        raise Rejected(Reject.UNKNOWN_ACTION, {"entry": fill.maker, "given": maker.action})
    if not (actions.is_order(taker.action) or actions.is_liquidation(taker.action)):
        raise Rejected(Reject.UNKNOWN_ACTION, {"entry": fill.taker, "given": taker.action})
    if maker.market != taker.market:
        raise Rejected(Reject.MARKET_MISMATCH, {"maker": maker.market, "taker": taker.market})
    if actions.is_sell(maker.action) == actions.is_sell(taker.action):
        raise Rejected(Reject.SAME_SIDE, {"maker": fill.maker, "taker": fill.taker})
    if maker.account == taker.account:
        raise Rejected(Reject.SAME_ACCOUNT, {"account": maker.account})
    if maker_owner == taker_owner:
        raise Rejected(Reject.SAME_OWNER, {"owner": hex(maker_owner)})
    if actions.time_in_force(maker.action) in (TimeInForce.IOC, TimeInForce.FOK):
        raise Rejected(Reject.IOC_MAKES, {"entry": fill.maker})
    if actions.time_in_force(taker.action) is TimeInForce.POST_ONLY:
        raise Rejected(Reject.POST_ONLY_TAKES, {"entry": fill.taker})
    worse = taker.limit < maker.limit if actions.is_sell(maker.action) else taker.limit > maker.limit
    if worse:
        raise Rejected(Reject.PRICE_BEYOND_LIMIT, {"price": maker.limit, "limit": taker.limit})


def legs(fill: Fill, maker: Entry, config: MarketConfig) -> Legs:
    """
    What a fill moves: buyer pays the cost, seller gets it, both pay their fee.

    Account 1 gets the fees; account 0 if the taker is a liquidation.

    Units:   quote; sizes in lots, + for the buyer.
    Bounds:  cost < 2^56, since the maker's whole order is; the three cash legs sum to 0.
    Rounds:  each fee up: against the account that pays it.
    Rejects: nothing.
    Claims:  C3, C6.
    """
    cost = Quote(fill.lots * maker.limit * config.quote_per_lot_tick)
    maker_fee, taker_fee = fee(cost, config.maker_fee), fee(cost, config.taker_fee)
    direction = 1 if actions.is_sell(maker.action) else -1  # + when the maker receives the cost
    return Legs(
        price=maker.limit,
        cost=cost,
        maker_cash=Quote(direction * cost - maker_fee),
        taker_cash=Quote(-direction * cost - taker_fee),
        fees=Quote(maker_fee + taker_fee),
        maker_lots=Lots(-direction * fill.lots),
        taker_lots=Lots(direction * fill.lots),
    )
