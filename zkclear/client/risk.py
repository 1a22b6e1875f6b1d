"""Accounts at risk, what taking one over would bring, what was liquidated, and the funding that markets charged."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from zkclear.client.amounts import PPM, from_e6, from_e8, from_ppm
from zkclear.client.models import hex_text, outcome_of
from zkclear.v1 import liquidation_pb2, market_data_pb2

HEALTH_PPM_MAX = 2**31 - 1
"""Health travels as a signed 32-bit number of 10^-6."""


@dataclass(frozen=True, slots=True)
class RiskPosition:
    """A position of an account at risk (+ long), and what one takeover may take of it now."""

    market: str
    size: Decimal
    allowed: Decimal


@dataclass(frozen=True, slots=True)
class AtRisk:
    """An account near or below its maintenance margin; `liquidate_request` waits for it, if one does."""

    account: int
    owner: str
    equity: Decimal
    maintenance: Decimal
    health: Decimal
    positions: tuple[RiskPosition, ...]
    liquidate_request: int | None

    @classmethod
    def of(cls, message: Any) -> "AtRisk":
        """The account of a message."""
        return cls(
            account=message.account,
            owner=hex_text(message.owner),
            equity=from_e6(message.equity_e6),
            maintenance=from_e6(message.maintenance_e6),
            health=Decimal(message.health_ppm) / PPM,
            positions=tuple(
                RiskPosition(row.market, from_e8(row.size_e8), from_e8(row.allowed_e8))
                for row in message.positions
            ),
            liquidate_request=message.liquidate_request - 1 if message.liquidate_request else None,
        )


@dataclass(frozen=True, slots=True)
class MarginAlert:
    """One message of the stream: all accounts at risk (`snapshot`), or what changed since the message before."""

    sequence: int
    snapshot: bool
    accounts: tuple[AtRisk, ...]
    recovered: tuple[int, ...]

    @classmethod
    def of(cls, message: Any) -> "MarginAlert":
        """The alert of a message."""
        return cls(
            sequence=message.sequence,
            snapshot=message.snapshot,
            accounts=tuple(map(AtRisk.of, message.accounts)),
            recovered=tuple(message.recovered),
        )


@dataclass(frozen=True, slots=True)
class PreparedLiquidation:
    """The call of `Settlement.liquidate`, and what it would bring if the marks stayed. `price` is what the taker pays."""

    contract: str
    calldata: str
    bond: Decimal
    mark_price: Decimal
    price: Decimal
    size: Decimal
    expected_gain: Decimal
    deadline_s: int
    outcome: str | None

    @classmethod
    def of(cls, message: liquidation_pb2.PrepareLiquidationResponse) -> "PreparedLiquidation":
        """The call of a message."""
        return cls(
            contract=hex_text(message.contract),
            calldata=hex_text(message.calldata),
            bond=from_e6(message.bond_e6),
            mark_price=from_e8(message.mark_price_e8),
            price=from_e8(message.price_e8),
            size=from_e8(message.size_e8),
            expected_gain=from_e6(message.expected_gain_e6),
            deadline_s=message.deadline_s,
            outcome=outcome_of(message.outcome),
        )


@dataclass(frozen=True, slots=True)
class Liquidation:
    """What left an account (+ if it was long), to whom, and what that cost it against the mark."""

    kind: str
    account: int
    market: str
    size: Decimal
    counterparty: int
    discount: Decimal
    counterparty_part: Decimal
    batch: int
    time_s: int

    @classmethod
    def of(cls, message: Any) -> "Liquidation":
        """The liquidation of a message."""
        return cls(
            kind=liquidation_pb2.LiquidationKind.Name(message.kind).removeprefix("LIQUIDATION_KIND_"),
            account=message.account,
            market=message.market,
            size=from_e8(message.size_e8),
            counterparty=message.counterparty,
            discount=from_e6(message.discount_e6),
            counterparty_part=from_e6(message.counterparty_e6),
            batch=message.batch,
            time_s=message.time_s,
        )


@dataclass(frozen=True, slots=True)
class FundingRate:
    """The funding step of one batch in 10^-6 quote a lot (+: longs pay), and as a rate of the mark an hour."""

    batch: int
    time_s: int
    rate: Decimal
    step: int
    funding_index: int

    @classmethod
    def of(cls, message: market_data_pb2.FundingRate) -> "FundingRate":
        """The step of a message."""
        return cls(
            batch=message.batch,
            time_s=message.time_s,
            rate=from_ppm(message.rate_ppm),
            step=message.step,
            funding_index=message.funding_index,
        )
