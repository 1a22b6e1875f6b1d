"""Draws rule cases: runs the rule, records its answer or its one reason."""

from collections.abc import Sequence
from typing import Any

from tests.vectors import records
from tests.vectors.calls import CALLS
from zkclear.rules.batch import Entry
from zkclear.rules.reject import Rejected
from zkclear.rules.state import Account, Market, MarketConfig, Position, Rates, Slot

ETH = MarketConfig(
    lot_e8=100_000,
    tick_e8=10_000_000,
    quote_per_lot_tick=100,
    t1=100_000_000_000,
    t2=500_000_000_000,
    maintenance=Rates(10_000, 20_000, 50_000),
    initial=Rates(20_000, 40_000, 100_000),
    maker_fee=-50,
    taker_fee=300,
    liquidation_fee=10_000,
    keeper_share=500_000,
    close_factor=300_000,
    closeout=500_000,
    max_funding_rate=1_000,
    max_open_interest=10**9,
)
BTC = MarketConfig(
    lot_e8=1_000,
    tick_e8=100_000_000,
    quote_per_lot_tick=10,
    t1=200_000_000_000,
    t2=1_000_000_000_000,
    maintenance=Rates(8_000, 16_000, 40_000),
    initial=Rates(16_000, 32_000, 80_000),
    maker_fee=20,
    taker_fee=250,
    liquidation_fee=8_000,
    keeper_share=500_000,
    close_factor=300_000,
    closeout=500_000,
    max_funding_rate=2_000,
    max_open_interest=10**9,
)
OWNER, AGENT, STRANGER = 0xA11CE, 0xA6E47, 0xBADBAD


def case(call: str, *flags: str, **inputs: Any) -> dict[str, Any]:
    """One case: the rule's answer to these inputs, or the reason of its refusal."""
    row: dict[str, Any] = {"call": call, "flags": list(flags), "in": inputs}
    try:
        row["out"] = CALLS[call](inputs)
    except Rejected as refusal:
        row["reject"] = str(refusal.reason)
    return row


def account(
    collateral: int = 0, sizes: Sequence[int] = (0, 0), indexes: Sequence[int] = (0, 0), **fields: Any
) -> records.Plain:
    """A plain account with one position a market."""
    positions = tuple(Position(size, index) for size, index in zip(sizes, indexes, strict=True))
    slots = {number: Slot(*slot) for number, slot in fields.pop("slots", {}).items()}
    return records.account_to_plain(
        Account(
            owner=fields.pop("owner", OWNER),
            positions=positions,
            collateral=collateral,
            slots=slots,
            **fields,
        )
    )


def markets(*marks: int, indexes: Sequence[int] = (0, 0)) -> list[records.Plain]:
    """ETH and BTC at these marks and funding indexes."""
    rows = [Market(ETH, marks[0], indexes[0]), Market(BTC, marks[1], indexes[1])]
    return [records.market_to_plain(row) for row in rows]


def entry(**fields: Any) -> records.Plain:
    """A plain BUY GTC of 10 lots at 30,000 ticks by account 2, unless told otherwise."""
    base = {
        "account": 2,
        "market": 0,
        "action": 0x40,
        "lots": 10,
        "limit": 30_000,
        "expiry": 2_000,
        "nonce": 2_048,
        "signer": OWNER,
        "trigger": 0,
    }
    return records.entry_to_plain(Entry(**{**base, **fields}))
