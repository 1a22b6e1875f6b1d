"""The positions that sealed batches took from their holders, as `LiquidationService.ListLiquidations` shows them."""

from collections.abc import Iterator
from dataclasses import dataclass

from sequencer.batching.open_batch import Sealing
from zkclear.rules import actions
from zkclear.rules.risks import RiskKind, RiskRow
from zkclear.rules.units import AccountId


@dataclass(frozen=True, slots=True)
class LiquidationRecord:
    """
    One executed risk operation. `lots` left the account, + if it was long; `discount` (quote) is what it lost against the
    mark, of which the counterparty kept `share`. In the book both are what the fills gave, and nobody shares.
    """

    kind: RiskKind
    account: AccountId
    market: int
    lots: int
    counterparty: AccountId
    discount: int
    share: int
    batch: int
    timestamp: int


def _in_book(row: RiskRow, sealing: Sealing) -> tuple[int, int]:
    """Lots that left a position in the book, signed, and what they brought less than the mark."""
    batch = sealing.batch
    market = sealing.clearing.markets[row.market]
    sign = 1 if actions.is_sell(batch.entries[row.source].action) else -1
    lots = loss = 0
    for fill in batch.fills:
        if fill.taker == row.source:
            price = batch.entries[fill.maker].limit
            lots += fill.lots
            loss += sign * (market.mark - price) * market.config.quote_per_lot_tick * fill.lots
    return sign * lots, loss


def liquidations_of(sealing: Sealing) -> Iterator[LiquidationRecord]:
    """What a sealed batch took from whom, in the order of its risk rows; operations that moved nothing are left out."""
    for row in sealing.clearing.risks:
        if not row.executed:
            continue
        share = 0
        if row.kind is RiskKind.BOOK:
            lots, discount = _in_book(row, sealing)
            if lots == 0:
                continue
        else:
            assert row.move is not None, "an executed operation outside the book moves a position"
            lots, discount, share = int(row.move.lots), int(row.move.discount), int(row.move.share)
        yield LiquidationRecord(
            kind=row.kind,
            account=row.subject,
            market=row.market,
            lots=lots,
            counterparty=row.counterparty,
            discount=discount,
            share=share,
            batch=sealing.batch.number,
            timestamp=sealing.batch.timestamp,
        )
