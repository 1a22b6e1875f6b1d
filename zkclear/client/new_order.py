"""An order before it is signed: its fields on the market's grid, and what the exchange says would become of it."""

import time
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from zkclear.client.amounts import (
    E8,
    Number,
    fraction,
    from_e6,
    from_e8,
    price_e8,
    round_to_step,
    seconds,
    size_e8,
)
from zkclear.client.connection import Connection
from zkclear.client.errors import BadRequest, ExchangeNotAvailable
from zkclear.rules import actions
from zkclear.rules.actions import TimeInForce
from zkclear.v1 import order_pb2, trading_pb2


@dataclass(frozen=True, slots=True)
class NewOrder:
    """One order of `place_many`, with the arguments of `place`."""

    market: str
    side: str
    size: Number
    price: Number | None = None
    tif: str = "GTC"
    reduce_only: bool = False
    expiry: str | int | timedelta = "24h"
    slippage: Number = "0.01"
    self_trade: str = "CANCEL_MAKER"


@dataclass(frozen=True, slots=True)
class OrderPreview:
    """What an order would do at the book and the marks of this moment; `refusals` are reasons, none if it would be taken."""

    would_fill: Decimal
    average_price: Decimal | None
    fee: Decimal
    equity_after: Decimal
    initial_after: Decimal
    maintenance_after: Decimal
    required: Decimal
    available: Decimal
    liquidation_price: Decimal | None
    refusals: tuple[str, ...]

    @classmethod
    def of(cls, message: trading_pb2.PreviewOrderResponse) -> "OrderPreview":
        """The preview of a message."""
        return cls(
            would_fill=from_e8(message.would_fill_e8),
            average_price=from_e8(message.average_price_e8) if message.average_price_e8 else None,
            fee=from_e6(message.fee_e6),
            equity_after=from_e6(message.equity_after_e6),
            initial_after=from_e6(message.initial_after_e6),
            maintenance_after=from_e6(message.maintenance_after_e6),
            required=from_e6(message.required_e6),
            available=from_e6(message.available_e6),
            liquidation_price=from_e8(message.liquidation_price_e8) if message.liquidation_price_e8 else None,
            refusals=tuple(message.refusals),
        )


def order_fields(connection: Connection, account: int, new: NewOrder, *, nonce: int) -> Any:
    """The fields of an order as they are signed; what is off its lot or tick is refused here."""
    grid = connection.grid(new.market)
    price = _capped_price(connection, new) if new.price is None else new.price
    return order_pb2.OrderFields(
        account=account,
        market=new.market,
        action=_action(new),
        size_e8=size_e8(new.size, lot_e8=grid.lot_e8),
        limit_price_e8=price_e8(price, tick_e8=grid.tick_e8),
        expiry_s=now_s() + seconds(new.expiry),
        nonce=nonce,
    )


def preview(connection: Connection, account: int, new: NewOrder) -> OrderPreview:
    """What an order would do at the book and the marks of this moment; nothing is signed and nothing changes."""
    request = trading_pb2.PreviewOrderRequest(fields=order_fields(connection, account, new, nonce=0))
    return OrderPreview.of(connection.call(connection.trading.PreviewOrder, request))


def now_s() -> int:
    """Unix seconds."""
    return time.time_ns() // 10**9


def _capped_price(connection: Connection, new: NewOrder) -> Decimal:
    """The worst price of a market order: the mark with its slippage, rounded so that the cap holds."""
    markets = {market.name: market for market in connection.list_markets().markets}
    grid = markets[new.market]
    if not grid.mark_price_e8:
        raise ExchangeNotAvailable(f"{new.market} has no price yet", reason="ORACLE_STALE")
    slippage = fraction(new.slippage, name="slippage")
    sells = new.side.lower() == "sell"
    cap = Decimal(grid.mark_price_e8) / E8 * (1 - slippage if sells else 1 + slippage)
    return round_to_step(cap, from_e8(grid.tick_e8), up=sells)


def _action(new: NewOrder) -> str:
    """The action string of an order; a side or time in force that does not exist is refused with those that do."""
    side, tif = new.side.upper(), "IOC" if new.price is None else new.tif.upper()
    if side not in ("BUY", "SELL"):
        raise BadRequest(
            f"side {new.side!r} is neither 'buy' nor 'sell'",
            reason="INVALID_FIELD",
            metadata={"field": "side", "allowed": "buy, sell"},
        )
    if tif not in TimeInForce.__members__:
        raise BadRequest(
            f"tif {new.tif!r} is unknown; it is one of {', '.join(TimeInForce.__members__)}",
            reason="INVALID_FIELD",
            metadata={"field": "tif", "allowed": ", ".join(TimeInForce.__members__)},
        )
    code = actions.order_code(sell=side == "SELL", tif=TimeInForce[tif], reduce_only=new.reduce_only)
    return actions.ORDER_NAMES[code]
