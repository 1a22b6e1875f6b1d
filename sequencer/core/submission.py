"""Orders in: admission, matching, and what rests afterwards."""

from dataclasses import dataclass

from sequencer.batching.open_batch import OpenBatch
from sequencer.core.admission import (
    require_nonce,
    require_open,
    require_row,
    require_signer,
    require_trading,
    require_unexpired,
)
from sequencer.core.answers import order_message, refusal_result, submit_result
from sequencer.core.commands import SubmitOrder
from sequencer.core.exchange import Exchange
from sequencer.core.refusals import Refused, SequencedRefusal
from sequencer.matching.orders import AccountOrders, LiveOrder, SlotUse
from sequencer.matching.planning import Plan, Planner
from sequencer.risk.exposure import Need, need, only_shrinks
from zkclear.rules import actions
from zkclear.rules.actions import TimeInForce
from zkclear.rules.num import div_ceil, div_floor
from zkclear.rules.units import NOTIONAL_BOUND, PPM, SIZE_BOUND, SLOTS
from zkclear.v1 import order_pb2, trading_pb2


@dataclass(slots=True)
class Submission:
    """An order on its way through admission; `leaving` is the live order that it replaces."""

    order: LiveOrder
    orders: AccountOrders
    self_trade: int
    leaving: LiveOrder | None


def submit_order(exchange: Exchange, command: SubmitOrder) -> trading_pb2.SubmitOrderResponse:
    """Takes an order, or refuses it; a digest that was sequenced before gets its answer again."""
    known = exchange.orders.get(command.digest)
    if known is not None:
        return _again(exchange, known)
    submission = _admit(exchange, command)
    order = submission.order
    try:
        check_book_and_margin(exchange, submission)
        _match(exchange, submission)
    except SequencedRefusal as refusal:
        order.status = order_pb2.ORDER_STATUS_REFUSED
        order.reason = order_pb2.CANCEL_REASON_REFUSED
        order.refusal = refusal.reason
        _sequence(exchange, submission, refusal)
        refusal.receipt = _receipt(exchange, order)
        raise
    _sequence(exchange, submission, None)
    return _response(exchange, order, again=False)


def _again(exchange: Exchange, order: LiveOrder) -> trading_pb2.SubmitOrderResponse:
    if order.refusal:
        result = exchange.receipts.result(order.sequence)
        metadata = {item.name: item.value for item in result.refusal.metadata}
        refusal = Refused(order.refusal, **metadata)
        refusal.receipt = _receipt(exchange, order)
        raise refusal
    return _response(exchange, order, again=True)


def _receipt(exchange: Exchange, order: LiveOrder) -> bytes:
    receipt = exchange.receipts.show(order.sequence)
    assert receipt is not None, "a sequenced order has a receipt"
    return receipt.SerializeToString()


def _response(exchange: Exchange, order: LiveOrder, *, again: bool) -> trading_pb2.SubmitOrderResponse:
    return trading_pb2.SubmitOrderResponse(
        order=order_message(exchange, order),
        receipt=exchange.receipts.show(order.sequence),
        already_exists=again,
    )


def _sequence(exchange: Exchange, submission: Submission, refusal: Refused | None) -> None:
    """Gives the order its receipt and remembers it. Only an order that was taken uses its nonce up."""
    order, orders = submission.order, submission.orders
    result = (
        submit_result(exchange, order)
        if refusal is None
        else refusal_result(refusal.reason, refusal.metadata)
    )
    link = exchange.receipts.add(order.digest, result, time_us=exchange.now_us)
    order.sequence, order.time_us = link.sequence, exchange.now_us
    exchange.orders[order.digest] = order
    orders.history.append(order)
    if refusal is None:
        orders.slots[order.slot] = SlotUse(order.nonce, order.digest, order)
        if order.is_live:
            exchange.watch(order)
    exchange.note_content()


def _admit(exchange: Exchange, command: SubmitOrder) -> Submission:
    """Everything that is refused without a trace."""
    batch, _ = require_trading(exchange)
    row = require_row(batch, command.account)
    require_signer(exchange, row, command.signer, digest=command.digest)
    require_unexpired(exchange, command.expiry)
    orders = exchange.engine.orders_of(command.account)
    use = orders.slots.get(command.nonce % SLOTS)
    require_nonce(use, command.nonce, replace=command.replace)
    check_band(exchange, batch, command)
    leaving = use.order if use is not None and use.order is not None and use.order.is_live else None
    check_open_orders(exchange, orders, leaving)
    order = LiveOrder(
        digest=command.digest,
        account=command.account,
        owner=row.owner,
        market=command.market,
        action=command.action,
        lots=command.lots,
        limit=command.limit,
        expiry=command.expiry,
        nonce=command.nonce,
        signer=command.signer,
        signature=command.signature,
    )
    return Submission(order, orders, command.self_trade, leaving)


def check_open_orders(exchange: Exchange, orders: AccountOrders, leaving: LiveOrder | None) -> None:
    """Refuses an order of an account that has as many live ones as it may have, beside the one that it replaces."""
    if len(orders.live) - (leaving is not None) >= exchange.settings.max_open_orders:
        raise Refused("OPEN_ORDER_LIMIT", limit=exchange.settings.max_open_orders)


def check_band(exchange: Exchange, batch: OpenBatch, command: SubmitOrder) -> None:
    """Refuses a limit too far from the mark and an order too small to be worth its proof."""
    config = exchange.markets.configs[command.market]
    settings = exchange.settings
    mark = batch.prices.marks[command.market]
    lowest = max(1, div_ceil(mark * (PPM - settings.price_band_ppm), PPM))
    highest = div_floor(mark * (PPM + settings.price_band_ppm), PPM)
    if not lowest <= command.limit <= highest:
        raise Refused(
            "PRICE_OUT_OF_BAND",
            minimum=lowest * config.tick_e8,
            maximum=highest * config.tick_e8,
            given=command.limit * config.tick_e8,
        )
    value = command.lots * command.limit * config.quote_per_lot_tick
    if value < settings.min_notional_e6 and not actions.is_reduce_only(command.action):
        raise Refused(
            "MIN_NOTIONAL", minimum=settings.min_notional_e6, maximum=NOTIONAL_BOUND - 1, given=value
        )


def check_book_and_margin(exchange: Exchange, submission: Submission) -> None:
    """What is refused with a receipt before anything moves; that orders are taken now was seen before."""
    batch, valuation = require_open(exchange)
    order, orders, leaving = submission.order, submission.orders, submission.leaving
    row = require_row(batch, order.account)
    config = exchange.markets.configs[order.market]
    size = row.sizes[order.market]
    book = exchange.engine.books[order.market]
    if row.is_liquidatable:  # until it is not, keepers and the book close its positions, and it may deposit
        raise SequencedRefusal(
            "INSUFFICIENT_MARGIN",
            required_e6=valuation.maintenance(row.sizes),
            available_e6=valuation.equity(row.collateral, row.sizes),
        )
    if order.reduce_only:
        most = max(0, size if order.sell else -size)
        if order.lots > most:
            raise SequencedRefusal(
                "REDUCE_ONLY_VIOLATION", position_e8=size * config.lot_e8, limit=most * config.lot_e8
            )
    if order.tif is TimeInForce.POST_ONLY and book.crosses(sell=order.sell, limit=order.limit):
        best = book.best(sell=not order.sell)
        assert best is not None, "what is crossed has a price"
        raise SequencedRefusal("POST_ONLY_WOULD_TAKE", best_price_e8=best * config.tick_e8)
    if order.reduce_only:
        return  # the check at each fill suffices for what can only shrink
    after = abs(size + (-order.lots if order.sell else order.lots))
    if after > abs(size) and (after >= SIZE_BOUND or valuation.too_valuable(after, order.market)):
        most = min(SIZE_BOUND, div_ceil(NOTIONAL_BOUND, valuation.units[order.market])) - 1
        raise SequencedRefusal("POSITION_LIMIT", position_e8=size * config.lot_e8, limit=most * config.lot_e8)
    if leaving is not None:
        exchange.engine.expose(leaving, -leaving.remaining)
    try:
        if only_shrinks(size, orders.exposure, order.market, sell=order.sell, lots=order.lots):
            return
        needed: Need = need(
            row.collateral,
            row.sizes,
            orders.exposure,
            valuation,
            market=order.market,
            sell=order.sell,
            lots=order.lots,
            limit=order.limit,
        )
    finally:
        if leaving is not None:
            exchange.engine.expose(leaving, leaving.remaining)
    if not needed.is_met:
        raise SequencedRefusal(
            "INSUFFICIENT_MARGIN", required_e6=needed.required, available_e6=needed.available
        )


def _match(exchange: Exchange, submission: Submission) -> None:
    """Trades as far as it goes; a batch without room is sealed and the next one goes on."""
    order = submission.order
    leaving = submission.leaving
    while True:
        batch, valuation = require_open(exchange)
        plan = Planner(
            exchange.engine.books[order.market],
            batch,
            valuation,
            taker=order,
            self_trade=submission.self_trade,
            leaving=leaving,
        ).run()
        if order.tif is TimeInForce.FOK and plan.remaining:
            if plan.is_cut and not batch.is_empty:
                exchange.seal()
                if leaving is not None and not leaving.is_live:  # the next batch began with its end
                    leaving = None
                if _goes_on(exchange, order):
                    continue
                order.reason = order_pb2.CANCEL_REASON_UNSPECIFIED
            filled = order.lots - plan.remaining
            lot_e8 = exchange.markets.configs[order.market].lot_e8
            raise SequencedRefusal("FOK_NOT_FILLABLE", fillable_e8=filled * lot_e8)
        if plan.ends and not plan.steps and not order.filled:
            refuse_first(exchange, order, plan)
        if leaving is not None:
            if not plan.steps and _keeps_place(leaving, order):
                exchange.engine.take_place(leaving, order, order_pb2.CANCEL_REASON_REPLACED)
                return
            exchange.engine.drop(leaving, order_pb2.CANCEL_REASON_REPLACED)
            leaving = None
        exchange.engine.commit(plan, order, batch, time_us=exchange.now_us)
        exchange.note_content()
        if not plan.is_cut:
            break
        exchange.seal()
        if not _goes_on(exchange, order):
            return
    _finish(exchange, order, plan)


def refuse_first(exchange: Exchange, order: LiveOrder, plan: Plan) -> None:
    """An order whose very first fill may not be is refused, with the numbers that forbid it."""
    batch, _ = require_open(exchange)
    config = exchange.markets.configs[order.market]
    position = require_row(batch, order.account).sizes[order.market] * config.lot_e8
    if plan.ends == order_pb2.CANCEL_REASON_SELF_TRADE:
        raise SequencedRefusal("SELF_TRADE", position_e8=position, limit=0)
    if plan.ends == order_pb2.CANCEL_REASON_LIMIT:
        limit = batch.open_interest_limits[order.market] * config.lot_e8
        raise SequencedRefusal("OPEN_INTEREST_LIMIT", position_e8=position, limit=limit)


def _keeps_place(old: LiveOrder, new: LiveOrder) -> bool:
    """A replacement keeps its place if it is no better for its owner: same price, not larger."""
    return (
        old.market == new.market
        and old.sell == new.sell
        and old.limit == new.limit
        and new.lots <= old.remaining
        and new.tif in (TimeInForce.GTC, TimeInForce.POST_ONLY)
    )


def _goes_on(exchange: Exchange, order: LiveOrder) -> bool:
    """Whether an order may also be part of the batch that began just now."""
    assert exchange.batch is not None, "a sealed batch is followed by an open one"
    row = exchange.batch.row(order.account)
    assert row is not None, "accounts do not vanish"
    if exchange.waiting:
        order.end(order_pb2.CANCEL_REASON_HALTED)
    elif order.expiry < exchange.batch.timestamp:
        order.end(order_pb2.CANCEL_REASON_EXPIRED)
    elif not row.may_sign(order.signer, timestamp=exchange.batch.timestamp):
        order.end(order_pb2.CANCEL_REASON_SIGNER)
    elif row.is_liquidatable:
        order.end(order_pb2.CANCEL_REASON_LIQUIDATED)
    else:
        return True
    return False


def _finish(exchange: Exchange, order: LiveOrder, plan: Plan) -> None:
    """Lets the rest stand on the book, or ends it."""
    if order.remaining == 0:
        return
    if plan.ends:
        order.end(plan.ends)
    elif order.tif in (TimeInForce.IOC, TimeInForce.FOK):
        order.end(order_pb2.CANCEL_REASON_IOC_REMAINDER)
    else:
        exchange.engine.rest(order)
