"""
Accounts at risk, for `LiquidationService`: nearest to liquidation first, as they stand in the open batch at its marks.

Whoever asks, every account is valued once a batch; an answer costs what it shows.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from sequencer.core.admission import require_open, require_row
from sequencer.core.exchange import Exchange
from sequencer.core.reads import market_index, page
from sequencer.core.risk_reads import allowed_now, pending_liquidation, standing_of
from sequencer.risk.health import Worth, health
from zkclear.rules.liquidation import hold
from zkclear.rules.units import PPM, AccountId
from zkclear.v1 import liquidation_pb2

ALERTS_BOUND = 1000
"""Accounts in one answer to the alert streams, the nearest first: some 45 ms of the core, once a second at most."""


def _worths(exchange: Exchange, bound_ppm: int) -> Iterator[Worth]:
    """Accounts whose health is below a bound; 0 stands for 1,000,000, i.e. the liquidatable ones."""
    batch, valuation = require_open(exchange)
    return exchange.board.below(batch, valuation, bound_ppm or PPM)


def _owner_and_sizes(exchange: Exchange, account: int) -> tuple[int, Sequence[int]]:
    """Without opening accounts that the batch does not name."""
    batch, _ = require_open(exchange)
    if account in batch.named:
        row = require_row(batch, account)
        return row.owner, row.sizes
    stored = batch.state.accounts[AccountId(account)]
    return stored.owner, [position.size for position in stored.positions]


def _message(exchange: Exchange, worth: Worth) -> liquidation_pb2.AtRisk:
    batch, valuation = require_open(exchange)
    owner, sizes = _owner_and_sizes(exchange, worth.account)
    allowed = [0] * len(sizes)
    if worth.equity < worth.maintenance:
        collateral = worth.equity - valuation.equity(0, sizes)
        standing = standing_of(owner, collateral, sizes, batch)
        allowed = [int(allowed_now(hold(standing, index, batch.markets))) for index in range(len(sizes))]
    return liquidation_pb2.AtRisk(
        account=worth.account,
        owner=owner.to_bytes(20, "big"),
        equity_e6=worth.equity,
        maintenance_e6=worth.maintenance,
        health_ppm=health(worth.equity, worth.maintenance),
        positions=[
            liquidation_pb2.RiskPosition(
                market=name,
                size_e8=sizes[index] * batch.markets[index].config.lot_e8,
                allowed_e8=allowed[index] * batch.markets[index].config.lot_e8,
            )
            for index, name in enumerate(exchange.markets.names)
            if sizes[index]
        ],
        liquidate_request=pending_liquidation(exchange, worth.account),
    )


def list_at_risk(
    exchange: Exchange, request: liquidation_pb2.ListAtRiskRequest
) -> liquidation_pb2.ListAtRiskResponse:
    """
    A page of accounts at risk.

    Errors: MARKET_NOT_FOUND; ORACLE_STALE before the first prices; INVALID_FIELD for a token that no page gave.
    """
    wanted = market_index(exchange, request.market) if request.market else None
    found = (
        worth
        for worth in _worths(exchange, request.health_below_ppm)
        if wanted is None or _owner_and_sizes(exchange, worth.account)[1][wanted]
    )
    worths, token = page(found, request.page_size, request.page_token)
    return liquidation_pb2.ListAtRiskResponse(
        accounts=[_message(exchange, worth) for worth in worths], next_page_token=token
    )


def alerts(exchange: Exchange, bound_ppm: int) -> liquidation_pb2.ListAtRiskResponse:
    """The nearest `ALERTS_BOUND` of them in one answer, for the alert streams."""
    found = islice(_worths(exchange, bound_ppm), ALERTS_BOUND)
    return liquidation_pb2.ListAtRiskResponse(accounts=[_message(exchange, worth) for worth in found])
