"""
From signed fields to commands: everything that can be refused without knowing an account.

Nothing is rounded: a size off its lot or a price off its tick is refused with the nearest valid values.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sequencer.core.genesis import Genesis
from sequencer.core.refusals import Refused
from zkclear.rules import actions
from zkclear.rules.num import div_floor
from zkclear.rules.reject import Rejected
from zkclear.rules.units import (
    NONCE_BOUND,
    NOTIONAL_BOUND,
    QUOTE_BOUND,
    SECONDS_BOUND,
    SIZE_BOUND,
    SLOTS,
    TICKS_BOUND,
)
from zkclear.v1 import account_pb2, order_pb2
from zkclear.v1.market_data_pb2 import Market

ADDRESS_BYTES = 20
MICROSECONDS = 1_000_000
MILLISECONDS = 1_000


@dataclass(frozen=True, slots=True)
class FieldLimits:
    """How far ahead expiry and nonce may lie, seconds."""

    max_order_lifetime_s: int
    nonce_ahead_s: int


def now_us() -> int:
    """The gateway's clock."""
    return time.time_ns() // 1000


def invalid(field: str, allowed: str) -> Refused:
    """INVALID_FIELD, with what would be right."""
    return Refused("INVALID_FIELD", server_time_us=now_us(), field=field, allowed=allowed)


@dataclass(frozen=True, slots=True)
class OrderNumbers:
    """An order in the core's units."""

    market: int
    action: int
    lots: int
    limit: int


@dataclass(frozen=True, slots=True)
class Listed:
    """What never changes of a listed market."""

    index: int
    lot_e8: int
    tick_e8: int
    quote_per_lot_tick: int


class Fields:
    """Checks of signed fields against the listed markets and the clock."""

    def __init__(self, genesis: Genesis, limits: FieldLimits, *, find: Callable[[str], Market]) -> None:
        self._genesis = genesis
        self._limits = limits
        self._find = find
        self._markets = {
            name: Listed(index, config.lot_e8, config.tick_e8, config.quote_per_lot_tick)
            for index, (name, config) in enumerate(zip(genesis.names, genesis.configs, strict=True))
        }

    def market(self, name: str) -> int:
        """The index of a market."""
        return self._listed(name).index

    def _listed(self, name: str) -> Listed:
        """A market of the deployment, or one that was listed since then: the core knows, or refuses the name."""
        found = self._markets.get(name)
        if found is None:
            market = self._find(name)
            found = Listed(market.index, market.lot_e8, market.tick_e8, market.quote_per_lot_tick)
            self._markets[name] = found
        return found

    def order(self, fields: order_pb2.OrderFields) -> OrderNumbers:
        """The order in lots and ticks, with a nonce and an expiry that may be taken now."""
        numbers = self.terms(fields)
        self.nonce(fields.nonce)
        self.expiry(fields.expiry_s)
        return numbers

    def terms(self, fields: order_pb2.OrderFields) -> OrderNumbers:
        """The order in lots and ticks; nonce and expiry are not looked at."""
        config = self._listed(fields.market)
        try:
            action = actions.parse_order_action(fields.action)
        except Rejected as cause:
            raise Refused(
                "UNKNOWN_ACTION",
                server_time_us=now_us(),
                field="fields.action",
                allowed=", ".join(actions.ORDER_CODES),
            ) from cause
        lots = _exact(fields.size_e8, config.lot_e8, reason="SIZE_OFF_LOT", name="lot_e8")
        if not 1 <= lots < SIZE_BOUND:
            raise Refused(
                "SIZE_OUT_OF_RANGE",
                minimum=config.lot_e8,
                maximum=(SIZE_BOUND - 1) * config.lot_e8,
                given=fields.size_e8,
            )
        limit = _exact(fields.limit_price_e8, config.tick_e8, reason="PRICE_OFF_TICK", name="tick_e8")
        if not 1 <= limit < TICKS_BOUND:
            raise invalid(
                "fields.limit_price_e8", f"{config.tick_e8} .. {(TICKS_BOUND - 1) * config.tick_e8}"
            )
        value = lots * limit * config.quote_per_lot_tick
        if value >= NOTIONAL_BOUND:
            raise Refused("NOTIONAL_TOO_LARGE", minimum=1, maximum=NOTIONAL_BOUND - 1, given=value)
        return OrderNumbers(config.index, action, lots, limit)

    def nonce(self, nonce: int) -> None:
        """Refuses a nonce beyond its width or a day ahead of the clock (`unix_ms * 1024 + slot` is how SDKs count)."""
        if nonce >= NONCE_BOUND:
            raise invalid("fields.nonce", "0 .. 2^56-1")
        now_ms = time.time_ns() // MICROSECONDS
        latest = (now_ms + self._limits.nonce_ahead_s * MILLISECONDS) * SLOTS + SLOTS - 1
        if nonce > latest:
            raise Refused(
                "NONCE_TOO_FAR",
                slot=nonce % SLOTS,
                slot_nonce=latest,
                digest="",
                next_free=now_ms * SLOTS + nonce % SLOTS,
            )

    def expiry(self, expiry_s: int) -> None:
        """Refuses an expiry that has passed or is further away than orders may live."""
        now = time.time_ns() // 1000
        now_s = now // MICROSECONDS
        latest = min(now_s + self._limits.max_order_lifetime_s, SECONDS_BOUND - 1)
        allowed = f"{now_s} .. {latest}"
        if expiry_s < now_s:
            raise Refused("ORDER_EXPIRED", server_time_us=now, field="fields.expiry_s", allowed=allowed)
        if expiry_s > latest:
            raise Refused("EXPIRY_TOO_FAR", server_time_us=now, field="fields.expiry_s", allowed=allowed)

    def withdrawal(self, fields: account_pb2.WithdrawalFields) -> None:
        """Refuses a withdrawal whose fields no batch can carry."""
        if len(fields.recipient) != ADDRESS_BYTES or not any(fields.recipient):
            raise invalid("fields.recipient", "20 bytes, not all 0")
        if fields.recipient == self._genesis.record["contract"]:
            raise invalid("fields.recipient", "another address than the contract itself")
        if fields.asset != self._genesis.asset:
            raise invalid("fields.asset", self._genesis.asset)
        if not 1 <= fields.amount_e6 < QUOTE_BOUND:
            raise invalid("fields.amount_e6", "1 .. 2^62-1")
        self.nonce(fields.nonce)
        self.expiry(fields.expiry_s)


def _exact(value: int, step: int, *, reason: str, name: str) -> int:
    """`value / step`, which must be whole."""
    whole = div_floor(value, step)
    if whole * step != value:
        raise Refused(
            reason,
            nearest_down_e8=whole * step,
            nearest_up_e8=(whole + 1) * step,
            **{name: step},
        )
    return whole
