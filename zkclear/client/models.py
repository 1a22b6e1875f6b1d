"""What the exchange says, in Decimals and names; made from messages, never changed."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from zkclear.client.amounts import PPM, from_e6, from_e8, from_ppm
from zkclear.v1 import account_pb2, audit_pb2, batch_pb2, market_data_pb2, order_pb2

STEPS = ("SEQUENCED", "BATCHED", "PROVED", "SETTLED")
"""How final something is; steps only go up."""


OUTCOMES = {1: "EXECUTED", 2: "NOTHING_TO_DO", 3: "NOT_LIQUIDATABLE", 4: "TAKER_UNFIT", 5: "FUND_UNFIT"}
"""What became of a request that a batch took."""


def step_of(value: int) -> str:
    """The name of a settlement step."""
    return order_pb2.Settlement.Name(value).removeprefix("SETTLEMENT_")


def outcome_of(code: int) -> str | None:
    """The name of an outcome, None while no batch took the request; a code that this version does not know is shown as it is."""
    return OUTCOMES.get(code, str(code)) if code else None


def reached(step: str, wanted: str) -> bool:
    """Whether `step` is at least `wanted`."""
    return step in STEPS and STEPS.index(step) >= STEPS.index(wanted)


def hex_text(raw: bytes) -> str:
    """Bytes as people write them."""
    return "0x" + raw.hex()


@dataclass(frozen=True, slots=True)
class Market:
    """A listed market: its rules and its live values. `mark_price` is None before the first price."""

    name: str
    index: int
    lot: Decimal
    tick: Decimal
    mark_price: Decimal | None
    maker_fee: Decimal
    taker_fee: Decimal
    initial: tuple[Decimal, ...]
    maintenance: tuple[Decimal, ...]
    thresholds: tuple[Decimal, Decimal]
    max_funding_rate: Decimal
    liquidation_fee: Decimal
    keeper_share: Decimal
    close_factor: Decimal
    closeout: Decimal
    open_interest: Decimal
    max_open_interest: Decimal
    min_notional: Decimal
    price_band: Decimal
    lot_e8: int
    tick_e8: int

    @classmethod
    def of(cls, message: Any) -> "Market":
        """The market of a message."""
        return cls(
            name=message.name,
            index=message.index,
            lot=from_e8(message.lot_e8),
            tick=from_e8(message.tick_e8),
            mark_price=from_e8(message.mark_price_e8) if message.mark_price_e8 else None,
            maker_fee=from_ppm(message.maker_fee_ppm),
            taker_fee=from_ppm(message.taker_fee_ppm),
            initial=tuple(map(from_ppm, message.initial_ppm)),
            maintenance=tuple(map(from_ppm, message.maintenance_ppm)),
            thresholds=(from_e6(message.t1_e6), from_e6(message.t2_e6)),
            max_funding_rate=from_ppm(message.max_funding_rate_ppm),
            liquidation_fee=from_ppm(message.liquidation_fee_ppm),
            keeper_share=from_ppm(message.keeper_share_ppm),
            close_factor=from_ppm(message.close_factor_ppm),
            closeout=from_ppm(message.closeout_ppm),
            open_interest=from_e8(message.open_interest_e8),
            max_open_interest=from_e8(message.max_open_interest_e8),
            min_notional=from_e6(message.min_notional_e6),
            price_band=from_ppm(message.price_band_ppm),
            lot_e8=message.lot_e8,
            tick_e8=message.tick_e8,
        )


@dataclass(frozen=True, slots=True)
class Level:
    """One price of a book and what rests there."""

    price: Decimal
    size: Decimal
    orders: int


@dataclass(frozen=True, slots=True)
class OrderBook:
    """The best levels of both sides, best first."""

    market: str
    sequence: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]

    @classmethod
    def of(cls, market: str, message: market_data_pb2.GetOrderBookResponse) -> "OrderBook":
        """The book of a message."""

        def levels(side: Any) -> tuple[Level, ...]:
            return tuple(Level(from_e8(row.price_e8), from_e8(row.size_e8), row.orders) for row in side)

        return cls(market, message.sequence, levels(message.bids), levels(message.asks))


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade; `batch` is None until the batch that takes it is sealed."""

    trade_id: int
    market: str
    price: Decimal
    size: Decimal
    taker_side: str
    time_us: int
    batch: int | None

    @classmethod
    def of(cls, message: Any) -> "Trade":
        """The trade of a message."""
        return cls(
            trade_id=message.trade_id,
            market=message.market,
            price=from_e8(message.price_e8),
            size=from_e8(message.size_e8),
            taker_side=order_pb2.Side.Name(message.taker_side).removeprefix("SIDE_").lower(),
            time_us=message.time_us,
            batch=message.batch or None,
        )


@dataclass(frozen=True, slots=True)
class Position:
    """One position; + is long. `liquidation_price` is the mark at which the account would be liquidatable; None: no mark is."""

    market: str
    size: Decimal
    mark_price: Decimal
    notional: Decimal
    initial: Decimal
    maintenance: Decimal
    liquidation_price: Decimal | None

    @classmethod
    def of(cls, message: Any) -> "Position":
        """The position of a message."""
        return cls(
            market=message.market,
            size=from_e8(message.size_e8),
            mark_price=from_e8(message.mark_price_e8),
            notional=from_e6(message.notional_e6),
            initial=from_e6(message.initial_e6),
            maintenance=from_e6(message.maintenance_e6),
            liquidation_price=from_e8(message.liquidation_price_e8) if message.liquidation_price_e8 else None,
        )


@dataclass(frozen=True, slots=True)
class AccountState:
    """A margin account at the marks of the open batch; liquidatable when `health` is below 1."""

    account: int
    owner: str
    agent: str | None
    agent_until_s: int
    collateral: Decimal
    equity: Decimal
    initial: Decimal
    maintenance: Decimal
    available: Decimal
    withdrawable: Decimal
    health: Decimal
    positions: tuple[Position, ...]
    open_orders: int

    @classmethod
    def of(cls, message: account_pb2.Account) -> "AccountState":
        """The account of a message."""
        return cls(
            account=message.account,
            owner=hex_text(message.owner),
            agent=hex_text(message.agent) if any(message.agent) else None,
            agent_until_s=message.agent_until_s,
            collateral=from_e6(message.collateral_e6),
            equity=from_e6(message.equity_e6),
            initial=from_e6(message.initial_e6),
            maintenance=from_e6(message.maintenance_e6),
            available=from_e6(message.available_e6),
            withdrawable=from_e6(message.withdrawable_e6),
            health=Decimal(message.health_ppm) / PPM,
            positions=tuple(map(Position.of, message.positions)),
            open_orders=message.open_orders,
        )


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the contract's queue; `batch` and `outcome` are None until one takes it."""

    request: int
    kind: str
    account: int
    amount: Decimal
    address: str | None
    until_s: int
    paid: Decimal
    market: str | None
    max_size: Decimal
    executed_size: Decimal
    taker: int | None
    outcome: str | None
    batch: int | None
    settlement: str | None

    @classmethod
    def of(cls, message: Any) -> "Request":
        """The request of a message."""
        return cls(
            request=message.request,
            kind=account_pb2.RequestKind.Name(message.kind).removeprefix("REQUEST_KIND_"),
            account=message.account,
            amount=from_e6(message.amount_e6),
            address=hex_text(message.address) if message.address else None,
            until_s=message.until_s,
            paid=from_e6(message.paid_e6),
            market=message.market or None,
            max_size=from_e8(message.max_size_e8),
            executed_size=from_e8(message.executed_size_e8),
            taker=message.taker or None,
            outcome=outcome_of(message.outcome),
            batch=message.batch or None,
            settlement=step_of(message.settlement) if message.settlement else None,
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """A sealed batch and how far it has come; what is not known yet is None."""

    number: int
    shape: str
    status: str
    timestamp_s: int
    orders: int
    fills: int
    requests: int
    accounts: int
    old_root: str | None
    new_root: str | None
    l1_transaction: str | None
    gas_used: int | None
    sealed_time_us: int
    proved_time_us: int | None
    settled_time_us: int | None
    witness_us: int | None
    prove_us: int | None
    mark_prices: tuple[Decimal, ...]
    failure: str | None

    @classmethod
    def of(cls, message: audit_pb2.Batch) -> "Batch":
        """The batch of a message."""
        return cls(
            number=message.number,
            shape=message.shape,
            status=batch_pb2.BatchStatus.Name(message.status).removeprefix("BATCH_STATUS_"),
            timestamp_s=message.timestamp_s,
            orders=message.orders,
            fills=message.fills,
            requests=message.requests,
            accounts=message.accounts,
            old_root=hex_text(message.old_root) if message.old_root else None,
            new_root=hex_text(message.new_root) if message.new_root else None,
            l1_transaction=hex_text(message.l1_tx) if message.l1_tx else None,
            gas_used=message.gas_used or None,
            sealed_time_us=message.sealed_time_us,
            proved_time_us=message.proved_time_us or None,
            settled_time_us=message.settled_time_us or None,
            witness_us=message.witness_us or None,
            prove_us=message.prove_us or None,
            mark_prices=tuple(map(from_e8, message.mark_prices_e8)),
            failure=message.failure or None,
        )


@dataclass(frozen=True, slots=True)
class Proof:
    """The proof of a batch as the verifier takes it, with its public inputs."""

    proof: str
    h: str
    r: str
    y: str
    shape: str
    circuit_id: str
    verifying_key_hash: str

    @classmethod
    def of(cls, message: Any) -> "Proof":
        """The proof of a message."""
        return cls(
            proof=hex_text(message.proof),
            h=hex_text(message.h),
            r=hex_text(message.r),
            y=hex_text(message.y),
            shape=message.shape,
            circuit_id=hex_text(message.circuit_id),
            verifying_key_hash=hex_text(message.verifying_key_hash),
        )
