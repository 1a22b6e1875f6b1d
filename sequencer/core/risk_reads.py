"""
What was liquidated, and what a takeover would bring: reads of `LiquidationService`.

Accounts are taken as they stand in the open batch, at its marks: so would the next batch find them.
"""

from collections.abc import Sequence

from sequencer.batching.open_batch import OpenBatch
from sequencer.batching.rows import Row
from sequencer.core.admission import require_open, require_row
from sequencer.core.calldata import liquidate_calldata
from sequencer.core.exchange import Exchange
from sequencer.core.liquidations import LiquidationRecord
from sequencer.core.reads import market_index, page
from sequencer.core.refusals import Refused
from zkclear.rules.batch import OutcomeCode, RequestKind
from zkclear.rules.liquidation import Holding, Standing, hold, stand, takeover, takeover_lots
from zkclear.rules.num import div_floor
from zkclear.rules.risks import takeover_outcome
from zkclear.rules.state import Account, Position
from zkclear.rules.units import INSURANCE, SIZE_BOUND, Address, Lots, Quote
from zkclear.v1 import liquidation_pb2, order_pb2

NOBODY = 0
PRICE_SCALE = 10**10
"""Quote (10^-6 tokens) a lot (in 10^-8 base units) to tokens * 10^8 a base unit."""


def pending_liquidation(exchange: Exchange, account: int) -> int:
    """Number + 1 of the LIQUIDATE request of an account that the contract still holds, or 0."""
    for record in reversed(exchange.requests_of.get(account, [])):
        request = record.queued.request
        if request.kind is RequestKind.LIQUIDATE and request.account == account:
            is_done = exchange.sealed.settlement(record.batch) == order_pb2.SETTLEMENT_SETTLED
            return 0 if is_done else record.queued.number + 1
    return 0


def standing_of(owner: int, collateral: int, sizes: Sequence[int], batch: OpenBatch) -> Standing:
    """An account as the rule book values it, were the next batch opened now at the same marks."""
    positions = tuple(
        Position(Lots(size), market.funding_index) for size, market in zip(sizes, batch.markets, strict=True)
    )
    account = Account(owner=Address(owner), positions=positions, collateral=Quote(collateral))
    return stand(account, batch.markets)


def _standing(row: Row, batch: OpenBatch) -> Standing:
    return standing_of(row.owner, row.collateral, row.sizes, batch)


def allowed_now(holding: Holding) -> Lots:
    """What one takeover may take now: nothing of a healthy account, and nothing where only a hole is left."""
    standing = holding.standing
    if not standing.is_liquidatable or standing.equity < 0:
        return Lots(0)
    return takeover_lots(holding, Lots(SIZE_BOUND - 1))


def list_liquidations(
    exchange: Exchange, request: liquidation_pb2.ListLiquidationsRequest
) -> liquidation_pb2.ListLiquidationsResponse:
    """What sealed batches liquidated, newest first."""
    wanted = market_index(exchange, request.market) if request.market else None
    matching = (
        record
        for record in reversed(exchange.liquidations)
        if wanted in (None, record.market) and request.account in (0, record.account)
    )
    found, token = page(matching, request.page_size, request.page_token)
    return liquidation_pb2.ListLiquidationsResponse(
        liquidations=[_liquidation(exchange, record) for record in found], next_page_token=token
    )


def _liquidation(exchange: Exchange, record: LiquidationRecord) -> liquidation_pb2.Liquidation:
    lot_e8 = exchange.state.markets[record.market].config.lot_e8
    return liquidation_pb2.Liquidation(
        kind=liquidation_pb2.LiquidationKind.Name(int(record.kind)),
        account=record.account,
        market=exchange.markets.names[record.market],
        size_e8=record.lots * lot_e8,
        counterparty=record.counterparty,
        discount_e6=record.discount,
        counterparty_e6=record.share,
        batch=record.batch,
        time_s=record.timestamp,
    )


def _asked_lots(request: liquidation_pb2.PrepareLiquidationRequest, holding: Holding) -> Lots:
    """The lots of the call: as asked for, or as many as are allowed now."""
    lot_e8 = holding.market.config.lot_e8
    lots = div_floor(request.max_size_e8, lot_e8)
    if lots * lot_e8 != request.max_size_e8:
        raise Refused(
            "SIZE_OFF_LOT", lot_e8=lot_e8, nearest_down_e8=lots * lot_e8, nearest_up_e8=(lots + 1) * lot_e8
        )
    if lots >= SIZE_BOUND:
        most = (SIZE_BOUND - 1) * lot_e8
        raise Refused("SIZE_OUT_OF_RANGE", minimum=lot_e8, maximum=most, given=request.max_size_e8)
    # The contract takes no call of 0 lots; where nothing is allowed the outcome says so.
    return Lots(lots) if lots else max(Lots(1), allowed_now(holding))


def prepare_liquidation(
    exchange: Exchange, request: liquidation_pb2.PrepareLiquidationRequest
) -> liquidation_pb2.PrepareLiquidationResponse:
    """The call of `Settlement.liquidate` and its outcome, were the request taken now."""
    index = market_index(exchange, request.market)
    batch, _ = require_open(exchange)
    row, taker = (require_row(batch, account) for account in (request.account, request.taker))
    if request.account == INSURANCE:
        raise Refused("ACCOUNT_NOT_FOUND", name="0, the insurance account, which is never liquidated")
    if taker.owner in (NOBODY, row.owner):
        raise Refused("INVALID_FIELD", field="taker", allowed="an account of another owner")
    holding = hold(_standing(row, batch), index, batch.markets)
    standing = holding.standing
    pending = pending_liquidation(exchange, request.account)
    margins = {"equity_e6": standing.equity, "maintenance_e6": standing.maintenance}
    if pending:
        raise Refused("LIQUIDATION_PENDING", **margins, request=pending - 1)
    if not standing.is_liquidatable:
        raise Refused("NOT_LIQUIDATABLE", **margins)
    asked = _asked_lots(request, holding)
    outcome, lots, _ = takeover_outcome(holding, _standing(taker, batch), asked)
    executed = outcome.code == OutcomeCode.EXECUTED
    share = takeover(holding, lots).share if executed else 0
    lot_e8 = holding.market.config.lot_e8
    return liquidation_pb2.PrepareLiquidationResponse(
        contract=exchange.genesis.domain.contract.to_bytes(20, "big"),
        calldata=liquidate_calldata(account=request.account, market=index, lots=asked, taker=request.taker),
        bond_e6=exchange.genesis.bond_e6,
        mark_price_e8=holding.market.mark * holding.market.config.tick_e8,
        price_e8=_price_e8(holding, lots, share) if executed else 0,
        size_e8=lots * lot_e8 if executed else 0,
        expected_gain_e6=share,
        deadline_s=exchange.now_s + exchange.genesis.deadline_s,
        outcome=int(outcome.code),
    )


def _price_e8(holding: Holding, lots: int, share: int) -> int:
    """What the taker pays or gets a base unit, its share of the discount taken off; rounds to nearest, half up."""
    config = holding.market.config
    size_e8 = lots * config.lot_e8
    exact = holding.market.mark * config.tick_e8 * size_e8 - holding.direction * share * PRICE_SCALE
    return div_floor(2 * exact + size_e8, 2 * size_e8)
