"""
Who is at risk, what was liquidated, and what a takeover would bring: reads of `LiquidationService`.

Accounts are taken as they stand in the open batch, at its marks: so would the next batch find them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sequencer.batching.open_batch import OpenBatch
from sequencer.batching.rows import Row
from sequencer.core.admission import require_open, require_row
from sequencer.core.calldata import liquidate_calldata
from sequencer.core.exchange import Exchange
from sequencer.core.liquidations import LiquidationRecord
from sequencer.core.reads import health, market_index, page
from sequencer.core.refusals import Refused
from sequencer.risk.health import settled_worth
from sequencer.risk.margin import Valuation
from zkclear.rules.batch import OutcomeCode, RequestKind
from zkclear.rules.liquidation import Holding, Standing, hold, stand, takeover, takeover_lots
from zkclear.rules.num import div_floor
from zkclear.rules.risks import takeover_outcome
from zkclear.rules.state import Account, Position
from zkclear.rules.units import INSURANCE, PPM, SIZE_BOUND, Lots, Quote
from zkclear.v1 import liquidation_pb2, order_pb2

ALERTS_BOUND = 10_000
"""Accounts in one answer to the alert streams, the nearest to liquidation first: about 1 MB."""
PRICE_SCALE = 10**10
"""Quote (10^-6 tokens) a lot (in 10^-8 base units) to tokens * 10^8 a base unit."""


@dataclass(frozen=True, slots=True)
class _Found:
    account: int
    equity: int
    maintenance: int


def standing_of(row: Row, batch: OpenBatch) -> Standing:
    """The account of a row as the rule book values it, were the next batch opened now at the same marks."""
    positions = tuple(
        Position(Lots(size), market.funding_index)
        for size, market in zip(row.sizes, batch.markets, strict=True)
    )
    return stand(
        Account(owner=row.owner, positions=positions, collateral=Quote(row.collateral)), batch.markets
    )


def _worths(batch: OpenBatch, valuation: Valuation) -> Iterator[_Found]:
    """Every account with a position but the insurance account, which no keeper can take anything from."""
    for account in batch.named:
        row = batch.row(account)
        assert row is not None, "who is named is open"
        yield _Found(account, valuation.equity(row.collateral, row.sizes), valuation.maintenance(row.sizes))
    for account, stored in batch.state.accounts.items():
        if account not in batch.named:
            yield _Found(account, *settled_worth(stored, batch.markets, valuation))


def _at_risk(exchange: Exchange, bound_ppm: int) -> list[_Found]:
    """Accounts whose health is below a bound (0: liquidatable ones), the lowest first; ties by number."""
    batch, valuation = require_open(exchange)
    bound = bound_ppm or PPM
    found = [
        each
        for each in _worths(batch, valuation)
        if each.maintenance > 0 and each.equity * PPM < bound * each.maintenance and each.account != INSURANCE
    ]
    return sorted(found, key=lambda each: (health(each.equity, each.maintenance), each.account))


def _pending(exchange: Exchange, account: int) -> int:
    """Number + 1 of the LIQUIDATE request of an account that the contract still holds, or 0."""
    for record in reversed(exchange.requests_of.get(account, [])):
        request = record.queued.request
        if request.kind is RequestKind.LIQUIDATE and request.account == account:
            is_done = exchange.sealed.settlement(record.batch) == order_pb2.SETTLEMENT_SETTLED
            return 0 if is_done else record.queued.number + 1
    return 0


def _allowed(holding: Holding) -> Lots:
    """What one takeover may take now: nothing of a healthy account, and nothing where only a hole is left."""
    standing = holding.standing
    if not standing.is_liquidatable or standing.equity < 0:
        return Lots(0)
    return takeover_lots(holding, Lots(SIZE_BOUND - 1))


def _at_risk_message(exchange: Exchange, found: _Found) -> liquidation_pb2.AtRisk:
    batch, _ = require_open(exchange)
    row = require_row(batch, found.account)
    standing = standing_of(row, batch)
    positions = []
    for index, name in enumerate(exchange.markets.names):
        holding = hold(standing, index, batch.markets)
        if holding.size:
            lot_e8 = batch.markets[index].config.lot_e8
            positions.append(
                liquidation_pb2.RiskPosition(
                    market=name, size_e8=holding.size * lot_e8, allowed_e8=_allowed(holding) * lot_e8
                )
            )
    return liquidation_pb2.AtRisk(
        account=found.account,
        owner=row.owner.to_bytes(20, "big"),
        equity_e6=found.equity,
        maintenance_e6=found.maintenance,
        health_ppm=health(found.equity, found.maintenance),
        positions=positions,
        liquidate_request=_pending(exchange, found.account),
    )


def list_at_risk(
    exchange: Exchange, request: liquidation_pb2.ListAtRiskRequest
) -> liquidation_pb2.ListAtRiskResponse:
    """Accounts at risk, nearest to liquidation first."""
    wanted = market_index(exchange, request.market) if request.market else None
    batch, _ = require_open(exchange)
    found = (
        each
        for each in _at_risk(exchange, request.health_below_ppm)
        if wanted is None or require_row(batch, each.account).sizes[wanted]
    )
    accounts, token = page(found, request.page_size, request.page_token)
    return liquidation_pb2.ListAtRiskResponse(
        accounts=[_at_risk_message(exchange, each) for each in accounts], next_page_token=token
    )


def alerts(exchange: Exchange, bound_ppm: int) -> liquidation_pb2.ListAtRiskResponse:
    """As `list_at_risk`, all in one answer, for the alert streams."""
    found = _at_risk(exchange, bound_ppm)[:ALERTS_BOUND]
    return liquidation_pb2.ListAtRiskResponse(accounts=[_at_risk_message(exchange, each) for each in found])


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
    return Lots(lots) if lots else max(Lots(1), _allowed(holding))


def prepare_liquidation(
    exchange: Exchange, request: liquidation_pb2.PrepareLiquidationRequest
) -> liquidation_pb2.PrepareLiquidationResponse:
    """The call of `Settlement.liquidate` and its outcome, were the request taken now."""
    index = market_index(exchange, request.market)
    batch, _ = require_open(exchange)
    row, taker = (require_row(batch, account) for account in (request.account, request.taker))
    if request.account == INSURANCE:
        raise Refused("ACCOUNT_NOT_FOUND", name="0, the insurance account, which is never liquidated")
    if row.owner == taker.owner:
        raise Refused("INVALID_FIELD", field="taker", allowed="an account of another owner")
    holding = hold(standing_of(row, batch), index, batch.markets)
    standing = holding.standing
    pending = _pending(exchange, request.account)
    margins = {"equity_e6": standing.equity, "maintenance_e6": standing.maintenance}
    if pending:
        raise Refused("LIQUIDATION_PENDING", **margins, request=pending - 1)
    if not standing.is_liquidatable:
        raise Refused("NOT_LIQUIDATABLE", **margins)
    asked = _asked_lots(request, holding)
    outcome, lots, _ = takeover_outcome(holding, standing_of(taker, batch), asked)
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
