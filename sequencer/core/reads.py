"""What the core shows: reads change nothing and are not journalled."""

import struct
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TypeVar
from zlib import crc32

from sequencer.batching.rows import Row
from sequencer.core.admission import require_open, require_row
from sequencer.core.answers import order_message
from sequencer.core.exchange import Exchange, RequestRecord
from sequencer.core.refusals import Refused
from sequencer.risk.exposure import available
from sequencer.risk.health import health
from sequencer.risk.liquidation_price import liquidation_price
from zkclear.rules.batch import RequestKind
from zkclear.v1 import account_pb2, audit_pb2, batch_pb2, market_data_pb2, oracle_pb2, order_pb2, trading_pb2

Item = TypeVar("Item")

PAGE_DEFAULT = 100
PAGE_BOUND = 1000
DEPTH_DEFAULT = 20
DEPTH_BOUND = 100
CHECKED_LEVELS = 20


def page(items: Iterable[Item], size: int, token: str) -> tuple[list[Item], str]:
    """One page of `items`, and the token of the next. A token is how many items came before."""
    size = min(size or PAGE_DEFAULT, PAGE_BOUND)
    if token and not (token.isascii() and token.isdigit() and len(token) < 12):
        raise Refused("INVALID_FIELD", field="page_token", allowed="next_page_token of the page before")
    start = int(token or "0")
    found = list(islice(items, start, start + size + 1))
    return found[:size], str(start + size) if len(found) > size else ""


def market_index(exchange: Exchange, name: str) -> int:
    """The index of a market, or MARKET_NOT_FOUND."""
    if name not in exchange.markets.names:
        raise Refused("MARKET_NOT_FOUND", name=name)
    return exchange.markets.names.index(name)


def market(exchange: Exchange, index: int) -> market_data_pb2.Market:
    """A listed market, the open batch included."""
    config = exchange.markets.configs[index]
    markets = exchange.state.markets if exchange.batch is None else exchange.batch.markets
    batch = exchange.batch
    interest = markets[index].open_interest if batch is None else batch.open_interest[index]
    return market_data_pb2.Market(
        name=exchange.markets.names[index],
        index=index,
        lot_e8=config.lot_e8,
        tick_e8=config.tick_e8,
        quote_per_lot_tick=config.quote_per_lot_tick,
        t1_e6=config.t1,
        t2_e6=config.t2,
        maintenance_ppm=[config.maintenance.r1, config.maintenance.r2, config.maintenance.r3],
        initial_ppm=[config.initial.r1, config.initial.r2, config.initial.r3],
        maker_fee_ppm=config.maker_fee,
        taker_fee_ppm=config.taker_fee,
        liquidation_fee_ppm=config.liquidation_fee,
        keeper_share_ppm=config.keeper_share,
        close_factor_ppm=config.close_factor,
        closeout_ppm=config.closeout,
        max_funding_rate_ppm=config.max_funding_rate,
        max_open_interest_e8=config.max_open_interest * config.lot_e8,
        status=market_data_pb2.MARKET_STATUS_LIVE,
        mark_price_e8=markets[index].mark * config.tick_e8,
        funding_index=markets[index].funding_index,
        open_interest_e8=interest * config.lot_e8,
        min_notional_e6=exchange.settings.min_notional_e6,
        price_band_ppm=exchange.settings.price_band_ppm,
    )


def list_markets(exchange: Exchange) -> market_data_pb2.ListMarketsResponse:
    """All markets, and what one signs for."""
    domain = exchange.genesis.domain
    return market_data_pb2.ListMarketsResponse(
        markets=[market(exchange, index) for index in range(exchange.listed)],
        domain=market_data_pb2.Domain(
            name="zkclear",
            version="1",
            chain_id=domain.chain_id,
            verifying_contract=domain.contract.to_bytes(20, "big"),
        ),
        asset=exchange.genesis.asset,
        sequencer=exchange.receipts.signer.to_bytes(20, "big"),
    )


def _levels(exchange: Exchange, index: int, *, sell: bool, depth: int) -> list[market_data_pb2.BookLevel]:
    config = exchange.markets.configs[index]
    return [
        market_data_pb2.BookLevel(
            price_e8=level.price * config.tick_e8, size_e8=level.lots * config.lot_e8, orders=level.count
        )
        for level in islice(exchange.engine.books[index].levels(sell=sell), depth)
    ]


def order_book(
    exchange: Exchange, request: market_data_pb2.GetOrderBookRequest
) -> market_data_pb2.GetOrderBookResponse:
    """The best levels and their checksum."""
    index = market_index(exchange, request.market)
    if request.depth > DEPTH_BOUND:
        raise Refused("INVALID_FIELD", field="depth", allowed=f"0 .. {DEPTH_BOUND}")
    depth = request.depth or DEPTH_DEFAULT
    sides = [_levels(exchange, index, sell=sell, depth=max(depth, CHECKED_LEVELS)) for sell in (False, True)]
    checked = [level for side in sides for level in side[:CHECKED_LEVELS]]
    return market_data_pb2.GetOrderBookResponse(
        sequence=len(exchange.receipts),
        bids=sides[0][:depth],
        asks=sides[1][:depth],
        crc32=crc32(b"".join(struct.pack("<QQ", level.price_e8, level.size_e8) for level in checked)),
    )


def list_trades(
    exchange: Exchange, request: market_data_pb2.ListTradesRequest
) -> market_data_pb2.ListTradesResponse:
    """Newest trades first."""
    index = market_index(exchange, request.market)
    config = exchange.markets.configs[index]
    trades, token = page(reversed(exchange.engine.trades[index]), request.page_size, request.page_token)
    return market_data_pb2.ListTradesResponse(
        trades=[
            market_data_pb2.Trade(
                trade_id=trade.number,
                market=request.market,
                price_e8=trade.price * config.tick_e8,
                size_e8=trade.lots * config.lot_e8,
                taker_side=order_pb2.SIDE_SELL if trade.taker_sells else order_pb2.SIDE_BUY,
                time_us=trade.time_us,
                batch=trade.batch if trade.batch <= len(exchange.sealed) else 0,
            )
            for trade in trades
        ],
        next_page_token=token,
    )


def _reports(exchange: Exchange, *, used: bool) -> list[oracle_pb2.SignedReport]:
    """The reports of the open batch, or the newest of each signer."""
    if used:
        reports = () if exchange.batch is None else exchange.batch.prices.reports
    else:
        reports = tuple(exchange.latest[signer] for signer in sorted(exchange.latest))
    return [
        oracle_pb2.SignedReport(
            report=oracle_pb2.PriceReport(time_s=report.time, prices_e8=report.prices),
            signature=report.signature,
            signer=report.signer.to_bytes(20, "big"),
        )
        for report in reports
    ]


def prices(exchange: Exchange) -> market_data_pb2.GetPricesResponse:
    """The marks of the open batch and where they come from."""
    markets = exchange.state.markets if exchange.batch is None else exchange.batch.markets
    marks = [
        market_data_pb2.MarkPrice(market=name, price_e8=row.mark * row.config.tick_e8)
        for name, row in zip(exchange.markets.names, markets, strict=False)
    ]
    timestamp = exchange.state.timestamp if exchange.batch is None else exchange.batch.timestamp
    return market_data_pb2.GetPricesResponse(
        prices=marks, timestamp_s=timestamp, reports=_reports(exchange, used=True)
    )


def reports(exchange: Exchange) -> oracle_pb2.GetReportsResponse:
    """The newest report of each signer."""
    panel = exchange.markets.panel
    return oracle_pb2.GetReportsResponse(
        reports=_reports(exchange, used=False),
        signers=[signer.to_bytes(20, "big") for signer in panel.signers],
        quorum=panel.quorum,
    )


def _row(exchange: Exchange, account: int) -> Row:
    batch, _ = require_open(exchange)
    return require_row(batch, account)


def account(exchange: Exchange, number: int) -> account_pb2.Account:
    """One account at the marks of the open batch."""
    row = _row(exchange, number)
    valuation = exchange.valuation
    assert valuation is not None, "an open batch has prices"
    orders = exchange.engine.accounts.get(number)
    equity = valuation.equity(row.collateral, row.sizes)
    maintenance = valuation.maintenance(row.sizes)
    exposure = None if orders is None else orders.exposure
    return account_pb2.Account(
        account=number,
        owner=row.owner.to_bytes(20, "big"),
        agent=row.agent.to_bytes(20, "big"),
        agent_until_s=row.agent_until,
        collateral_e6=row.collateral,
        equity_e6=equity,
        initial_e6=valuation.initial(row.sizes),
        maintenance_e6=maintenance,
        available_e6=available(row.collateral, row.sizes, exposure, valuation),
        withdrawable_e6=valuation.withdrawable(row.collateral, row.sizes),
        health_ppm=health(equity, maintenance),
        positions=[_position(exchange, row, index) for index in range(exchange.listed) if row.sizes[index]],
        open_orders=0 if orders is None else len(orders.live),
    )


def _position(exchange: Exchange, row: Row, index: int) -> account_pb2.Position:
    assert exchange.valuation is not None, "a row belongs to a batch with prices"
    assert exchange.batch is not None, "a row belongs to a batch"
    config = exchange.markets.configs[index]
    valuation, size = exchange.valuation, row.sizes[index]
    alone = [0] * index + [size]
    return account_pb2.Position(
        market=exchange.markets.names[index],
        size_e8=size * config.lot_e8,
        mark_price_e8=valuation.marks[index] * config.tick_e8,
        notional_e6=abs(size) * valuation.units[index],
        initial_e6=valuation.initial(alone),
        maintenance_e6=valuation.maintenance(alone),
        funding_index=exchange.batch.markets[index].funding_index,
        liquidation_price_e8=liquidation_price(row.collateral, row.sizes, index, valuation) * config.tick_e8,
    )


def list_accounts(
    exchange: Exchange, request: account_pb2.ListAccountsRequest
) -> account_pb2.ListAccountsResponse:
    """The accounts of an owner."""
    owned = sorted(exchange.accounts_of.get(int.from_bytes(request.owner, "big"), {}))
    known = [number for number in owned if exchange.batch is not None and exchange.batch.row(number)]
    numbers, token = page(known, request.page_size, request.page_token)
    return account_pb2.ListAccountsResponse(
        accounts=[account(exchange, number) for number in numbers], next_page_token=token
    )


def list_requests(
    exchange: Exchange, request: account_pb2.ListRequestsRequest
) -> account_pb2.ListRequestsResponse:
    """The L1 requests of an account, newest first."""
    records = exchange.requests_of.get(request.account, [])
    found, token = page(reversed(records), request.page_size, request.page_token)
    return account_pb2.ListRequestsResponse(
        requests=[_request(exchange, record) for record in found], next_page_token=token
    )


def _request(exchange: Exchange, record: RequestRecord) -> account_pb2.L1Request:
    request = record.queued.request
    names_market = request.kind in (RequestKind.CLOSE, RequestKind.LIQUIDATE, RequestKind.MARKET)
    is_listed = names_market and request.market < exchange.listed
    lot_e8 = exchange.markets.configs[request.market].lot_e8 if is_listed else 0
    return account_pb2.L1Request(
        request=record.queued.number,
        kind=account_pb2.RequestKind.Name(int(request.kind)),
        account=request.account,
        amount_e6=request.amount,
        address=request.address.to_bytes(20, "big"),
        until_s=request.until,
        outcome=record.outcome,
        paid_e6=record.paid,
        batch=record.batch,
        settlement=exchange.sealed.settlement(record.batch),
        market=exchange.markets.names[request.market] if is_listed else "",
        max_size_e8=request.lots * lot_e8,
        taker=request.taker,
        executed_size_e8=record.executed * lot_e8,
    )


def readers(exchange: Exchange, number: int) -> tuple[int, int, int]:
    """Owner, agent and the agent's last second: who may read what is private to an account."""
    row = _row(exchange, number)
    return row.owner, row.agent, row.agent_until


def order(exchange: Exchange, digest: bytes) -> order_pb2.Order:
    """One order."""
    found = exchange.orders.get(digest)
    if found is None:
        raise Refused("ORDER_NOT_FOUND", name=f"0x{digest.hex()}")
    return order_message(exchange, found)


def list_orders(exchange: Exchange, request: trading_pb2.ListOrdersRequest) -> trading_pb2.ListOrdersResponse:
    """An account's orders, newest first."""
    wanted = market_index(exchange, request.market) if request.market else None
    orders = exchange.engine.accounts.get(request.account)
    matching = (
        candidate
        for candidate in reversed([] if orders is None else orders.history)
        if wanted in (None, candidate.market) and request.status in (0, candidate.status)
    )
    found, token = page(matching, request.page_size, request.page_token)
    return trading_pb2.ListOrdersResponse(
        orders=[order_message(exchange, each) for each in found], next_page_token=token
    )


def nonce_state(exchange: Exchange, number: int) -> account_pb2.GetNonceStateResponse:
    """Every slot that an account used."""
    orders = exchange.engine.accounts.get(number)
    slots = {} if orders is None else orders.slots
    return account_pb2.GetNonceStateResponse(
        slots=[
            account_pb2.SlotState(
                slot=slot,
                nonce=use.nonce,
                digest=use.digest if use.order is not None and use.order.is_live else b"",
            )
            for slot, use in sorted(slots.items())
        ],
        server_time_us=exchange.now_us,
    )


def batch(exchange: Exchange, number: int) -> audit_pb2.Batch:
    """One sealed batch."""
    record = exchange.sealed.get(number)
    if record is None:
        raise Refused("BATCH_NOT_FOUND", name=number)
    return record.summary


def list_batches(exchange: Exchange, request: audit_pb2.ListBatchesRequest) -> audit_pb2.ListBatchesResponse:
    """Sealed batches, newest first."""
    numbers: Sequence[int] = range(len(exchange.sealed), 0, -1)
    found, token = page(numbers, request.page_size, request.page_token)
    return audit_pb2.ListBatchesResponse(
        batches=[batch(exchange, number) for number in found], next_page_token=token
    )


def proof(exchange: Exchange, number: int) -> batch_pb2.Proof:
    """The proof of a batch, once there is one."""
    record = exchange.sealed.get(number)
    if record is None:
        raise Refused("BATCH_NOT_FOUND", name=number)
    if record.proof is None:
        raise Refused("BATCH_NOT_FOUND", name=f"proof of batch {number}, which is not proved yet")
    return record.proof
