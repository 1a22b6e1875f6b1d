"""What the core answers with, as messages."""

from sequencer.core.exchange import Exchange
from sequencer.matching.orders import LiveOrder
from zkclear.rules import actions
from zkclear.rules.num import div_floor
from zkclear.v1 import order_pb2, receipt_pb2


def order_message(exchange: Exchange, order: LiveOrder) -> order_pb2.Order:
    """An order as the public sees it."""
    config = exchange.markets.configs[order.market]
    average = div_floor(order.cost_ticks * config.tick_e8, order.filled) if order.filled else 0
    return order_pb2.Order(
        fields=order_pb2.OrderFields(
            account=order.account,
            market=exchange.markets.names[order.market],
            action=actions.ORDER_NAMES[order.action],
            size_e8=order.lots * config.lot_e8,
            limit_price_e8=order.limit * config.tick_e8,
            expiry_s=order.expiry,
            nonce=order.nonce,
        ),
        digest=order.digest,
        signer=order.signer.to_bytes(20, "big"),
        filled_e8=order.filled * config.lot_e8,
        average_price_e8=average,
        status=order.status,
        cancel_reason=order.reason,
        settlement=exchange.sealed.settlement(order.batch),
        sequence=order.sequence,
        batch=order.batch,
        refusal=f"REASON_{order.refusal or 'UNSPECIFIED'}",
        time_us=order.time_us,
    )


def submit_result(exchange: Exchange, order: LiveOrder) -> receipt_pb2.ActionResult:
    """What a receipt says of an order that was taken."""
    config = exchange.markets.configs[order.market]
    return receipt_pb2.ActionResult(
        submit=receipt_pb2.SubmitResult(
            status=order.status,
            filled_e8=order.filled * config.lot_e8,
            cost_e6=order.cost_ticks * config.quote_per_lot_tick,
            cancel_reason=order.reason,
            batch=order.batch,
        )
    )


def refusal_result(reason: str, metadata: dict[str, str]) -> receipt_pb2.ActionResult:
    """What a receipt says of an action that was refused."""
    return receipt_pb2.ActionResult(
        refusal=receipt_pb2.Refusal(
            reason=f"REASON_{reason}",
            metadata=[receipt_pb2.Metadata(name=name, value=metadata[name]) for name in sorted(metadata)],
        )
    )
