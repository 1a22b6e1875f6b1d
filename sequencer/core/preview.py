"""What an order would do at this moment, found out with the checks that would meet it; nothing is changed."""

from collections.abc import Callable
from dataclasses import dataclass

from sequencer.batching.open_batch import OpenBatch
from sequencer.batching.rows import Row
from sequencer.core.admission import require_open, require_row, require_trading
from sequencer.core.commands import SubmitOrder
from sequencer.core.exchange import Exchange
from sequencer.core.reads import market_index
from sequencer.core.refusals import Refused
from sequencer.core.submission import (
    Submission,
    check_band,
    check_book_and_margin,
    check_open_orders,
    refuse_first,
)
from sequencer.matching.orders import AccountOrders, LiveOrder
from sequencer.matching.planning import Plan, Planner
from sequencer.risk.exposure import Need, available, need, only_shrinks
from sequencer.risk.liquidation_price import liquidation_price
from zkclear.rules import actions
from zkclear.rules.actions import TimeInForce
from zkclear.rules.fills import fee
from zkclear.rules.num import div_floor
from zkclear.rules.units import FEES, INSURANCE, Lots, Ppm, Quote
from zkclear.v1 import order_pb2, trading_pb2

NO_CHOICE = order_pb2.SELF_TRADE_UNSPECIFIED


class _NextBatch(OpenBatch):
    """The batch that would follow if the open one were sealed now: all its room is free, and accounts open as they stand."""

    def __init__(self, batch: OpenBatch) -> None:
        self._before = batch
        self.largest = batch.largest
        self.prices = batch.prices
        self.entries = {}
        self.named = set()
        self.open_interest = list(batch.open_interest)
        self.open_interest_limits = [
            max(Lots(now), market.config.max_open_interest)
            for now, market in zip(batch.open_interest, batch.markets, strict=True)
        ]

    def row(self, account: int) -> Row | None:
        """The account as the batch after the open one would find it."""
        row = self._before.row(account)
        return None if row is None else row.reopened()

    def has_room(self, *, entries: int, fills: int, accounts: int, risks: int = 0) -> bool:
        """Whether that much fits into one batch."""
        accounts += len((INSURANCE, FEES))
        return self.largest.fits(orders=entries, fills=fills, accounts=accounts, requests=0, risks=risks)


@dataclass(frozen=True, slots=True)
class _After:
    """The account after the fills that the order would have at once: lots, their cost in lots * ticks, fees in quote."""

    lots: int
    cost_ticks: int
    fees: int
    collateral: int
    sizes: list[int]


def _order(exchange: Exchange, fields: order_pb2.OrderFields, row: Row) -> LiveOrder:
    """The order in lots and ticks; the gateway saw that both are whole."""
    market = market_index(exchange, fields.market)
    config = exchange.state.markets[market].config
    return LiveOrder(
        digest=b"",
        account=fields.account,
        owner=row.owner,
        market=market,
        action=actions.parse_order_action(fields.action),
        lots=div_floor(fields.size_e8, config.lot_e8),
        limit=div_floor(fields.limit_price_e8, config.tick_e8),
        expiry=0,
        nonce=0,
        signer=row.owner,
        signature=b"",
    )


def _command(order: LiveOrder) -> SubmitOrder:
    return SubmitOrder(
        digest=b"",
        account=order.account,
        market=order.market,
        action=order.action,
        lots=order.lots,
        limit=order.limit,
        expiry=0,
        nonce=0,
        signer=order.signer,
        signature=b"",
        replace=False,
        self_trade=NO_CHOICE,
    )


def _plan(exchange: Exchange, order: LiveOrder) -> Plan:
    """
    Whom the order would meet. If this batch has no room for all of it, it is tried as in the next one, at the same marks.

    So no preview walks a whole book: an order for more makers than a batch holds gets further than shown.
    """
    batch, valuation = require_open(exchange)

    def planned(where: OpenBatch) -> Plan:
        book = exchange.engine.books[order.market]
        return Planner(book, where, valuation, taker=order, self_trade=NO_CHOICE).run()

    plan = planned(batch)
    return planned(_NextBatch(batch)) if plan.is_cut else plan


def _require_fills(exchange: Exchange, order: LiveOrder, plan: Plan) -> None:
    """Refuses what matching would refuse."""
    if order.tif is TimeInForce.FOK and plan.remaining:
        raise Refused("FOK_NOT_FILLABLE")
    if plan.ends and not plan.steps:
        refuse_first(exchange, order, plan)


def _refusals(exchange: Exchange, order: LiveOrder, orders: AccountOrders, plan: Plan) -> list[str]:
    """The first reason of each check that would refuse the order, in the order in which they come."""
    batch, _ = require_open(exchange)
    submission = Submission(order, orders, NO_CHOICE, None)
    checks: tuple[Callable[[], object], ...] = (
        lambda: require_trading(exchange),
        lambda: check_band(exchange, batch, _command(order)),
        lambda: check_open_orders(exchange, orders, None),
        lambda: check_book_and_margin(exchange, submission),
        lambda: _require_fills(exchange, order, plan),
    )
    reasons = []
    for check in checks:
        try:
            check()
        except Refused as refusal:
            if refusal.reason not in reasons:
                reasons.append(refusal.reason)
    return reasons


def _need(exchange: Exchange, order: LiveOrder, orders: AccountOrders, row: Row) -> Need:
    """What the order needs; one that can only shrink the position needs nothing."""
    _, valuation = require_open(exchange)
    size = row.sizes[order.market]
    if order.reduce_only or only_shrinks(
        size, orders.exposure, order.market, sell=order.sell, lots=order.lots
    ):
        return Need(0, available(row.collateral, row.sizes, orders.exposure, valuation))
    return need(
        row.collateral,
        row.sizes,
        orders.exposure,
        valuation,
        market=order.market,
        sell=order.sell,
        lots=order.lots,
        limit=order.limit,
    )


def _after(exchange: Exchange, order: LiveOrder, row: Row, plan: Plan) -> _After:
    _, valuation = require_open(exchange)
    fills = [(step.lots, step.maker.limit) for step in plan.steps if step.lots]
    rate = Ppm(valuation.fees[order.market][1])
    per_tick = valuation.per_tick[order.market]
    trial = plan.trials.get(order.account)
    return _After(
        lots=sum(lots for lots, _ in fills),
        cost_ticks=sum(lots * price for lots, price in fills),
        fees=sum(fee(Quote(lots * price * per_tick), rate) for lots, price in fills),
        collateral=row.collateral if trial is None else trial.collateral,
        sizes=row.sizes if trial is None else trial.sizes,
    )


def preview_order(
    exchange: Exchange, request: trading_pb2.PreviewOrderRequest
) -> trading_pb2.PreviewOrderResponse:
    """
    Fills, margin and reasons of refusal; an order that would be refused fills nothing.

    Units:   those of the response; the average price is rounded to nearest, half up.
    Errors:  MARKET_NOT_FOUND, ACCOUNT_NOT_FOUND; ORACLE_STALE before the first prices.
    """
    batch, valuation = require_open(exchange)
    row = require_row(batch, request.fields.account)
    order = _order(exchange, request.fields, row)
    orders = exchange.engine.accounts.get(order.account) or AccountOrders(exchange.listed)
    plan = _plan(exchange, order)
    refusals = _refusals(exchange, order, orders, plan)
    after = _after(exchange, order, row, Plan(remaining=order.lots) if refusals else plan)
    needed = _need(exchange, order, orders, row)
    config = batch.markets[order.market].config
    average = div_floor(2 * after.cost_ticks * config.tick_e8 + after.lots, 2 * after.lots or 1)
    price = liquidation_price(after.collateral, after.sizes, order.market, valuation)
    return trading_pb2.PreviewOrderResponse(
        would_fill_e8=after.lots * config.lot_e8,
        average_price_e8=average,
        fee_e6=after.fees,
        equity_after_e6=valuation.equity(after.collateral, after.sizes),
        initial_after_e6=valuation.initial(after.sizes),
        maintenance_after_e6=valuation.maintenance(after.sizes),
        required_e6=max(0, needed.required),
        available_e6=needed.available,
        liquidation_price_e8=price * config.tick_e8,
        refusals=refusals,
    )
