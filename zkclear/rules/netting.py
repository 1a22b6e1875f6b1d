"""
All effects of a batch added up: addition commutes, so no order between fills matters.

Circuit twins: `circuits/batch/fills.go`, `nets.go`. Vectors: `transition.json`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zkclear.rules import actions
from zkclear.rules.batch import Batch
from zkclear.rules.fills import check_fill, legs
from zkclear.rules.liquidation import Standing
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.risks import RiskRow
from zkclear.rules.state import Market
from zkclear.rules.units import FEES, INSURANCE, AccountId, in_range


@dataclass(frozen=True, slots=True)
class Net:
    """Sums over the fills: lots by entry, lots by (account, market), cash by account."""

    filled: dict[int, int]
    lots: dict[tuple[AccountId, int], int]
    cash: dict[AccountId, int]


def net_fills(batch: Batch, standings: Mapping[AccountId, Standing], markets: tuple[Market, ...]) -> Net:
    """
    Every fill checked and added up.

    Units:   lots and quote.
    Bounds:  those of `fills`.
    Rounds:  fees up: against the account that pays.
    Rejects: FILL_INDEX_OUT_OF_RANGE and those of `fills.check_fill`.
    Claims:  C2, C3, C6.
    """
    net = Net(filled=defaultdict(int), lots=defaultdict(int), cash=defaultdict(int))
    for fill in batch.fills:
        for index in (fill.maker, fill.taker):
            in_range(
                index,
                0,
                len(batch.entries),
                reason=Reject.FILL_INDEX_OUT_OF_RANGE,
                field="fill.index",
            )
        maker, taker = batch.entries[fill.maker], batch.entries[fill.taker]
        owners = [standings[entry.account].account.owner for entry in (maker, taker)]
        check_fill(fill, maker, taker, maker_owner=owners[0], taker_owner=owners[1])
        moved = legs(fill, maker, markets[maker.market].config)
        net.filled[fill.maker] += fill.lots
        net.filled[fill.taker] += fill.lots
        net.lots[maker.account, maker.market] += moved.maker_lots
        net.lots[taker.account, taker.market] += moved.taker_lots
        net.cash[maker.account] += moved.maker_cash
        net.cash[taker.account] += moved.taker_cash
        net.cash[INSURANCE if actions.is_liquidation(taker.action) else FEES] += moved.fees
    return net


def check_own_fills(batch: Batch, standings: Mapping[AccountId, Standing], net: Net) -> None:
    """
    Refuse a fill of a signed order whose account is liquidatable.

    Units:   lots.
    Bounds:  none.
    Rounds:  nothing.
    Rejects: LIQUIDATABLE_FILLED.
    Claims:  C7.
    """
    for index, entry in enumerate(batch.entries):
        filled = net.filled[index] > 0 and actions.is_order(entry.action)
        if filled and standings[entry.account].is_liquidatable:
            raise Rejected(Reject.LIQUIDATABLE_FILLED, {"account": entry.account})


def net_risks(risks: Sequence[RiskRow], net: Net) -> None:
    """
    What risk operations move, added to the fills.

    Units:   lots and quote; the cash of one move sums to 0.
    Bounds:  those of `liquidation`.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  C6, C7.
    """
    for row in risks:
        if row.move is not None:
            net.lots[row.subject, row.market] -= row.move.lots
            net.lots[row.counterparty, row.market] += row.move.lots
            net.cash[row.subject] += row.move.subject_cash
            net.cash[row.counterparty] += row.move.counterparty_cash
            net.cash[INSURANCE] += row.move.fund_cash
