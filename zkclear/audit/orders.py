"""What the chain says about one order, withdrawal or cancel: by the digest that its wallet signed."""

from collections.abc import Iterable
from dataclasses import dataclass

from zkclear.audit.batches import AuditedBatch
from zkclear.rules import actions
from zkclear.rules.batch import Entry


@dataclass(frozen=True, slots=True)
class Trade:
    """One fill of an order: lots at a price in ticks."""

    lots: int
    price: int
    is_maker: bool


@dataclass(frozen=True, slots=True)
class Appearance:
    """An entry in a settled batch, with its fills there."""

    batch: int
    index: int
    transaction: bytes
    entry: Entry
    trades: tuple[Trade, ...]

    @property
    def lots(self) -> int:
        """How much of it was filled in this batch."""
        return sum(trade.lots for trade in self.trades)


def find(batches: Iterable[AuditedBatch], digest: bytes) -> list[Appearance]:
    """Every batch that carries the entry with this digest; an order may be filled over several."""
    return [
        Appearance(
            batch=each.batch.number,
            index=index,
            transaction=each.settled.transaction,
            entry=each.batch.entries[index],
            trades=_trades(each, index),
        )
        for each in batches
        for index, name in enumerate(each.digests)
        if name == digest
    ]


def _trades(each: AuditedBatch, index: int) -> tuple[Trade, ...]:
    """A fill's price is its maker's limit."""
    return tuple(
        Trade(fill.lots, each.batch.entries[fill.maker].limit, is_maker=fill.maker == index)
        for fill in each.batch.fills
        if index in (fill.maker, fill.taker)
    )


_INSTRUCTIONS = {
    actions.WITHDRAW: "WITHDRAW",
    actions.CANCEL: "CANCEL",
    actions.LIQUIDATION_BUY: "LIQUIDATION BUY",
    actions.LIQUIDATION_SELL: "LIQUIDATION SELL",
    actions.ABSORB: "ABSORB",
    actions.DELEVERAGE: "DELEVERAGE",
}


def describe(entry: Entry) -> str:
    """What an entry is, in a word or two."""
    return _INSTRUCTIONS.get(entry.action) or actions.ORDER_NAMES[entry.action]
