"""Every question that the core answers, by name: request bytes in, response bytes out."""

from collections.abc import Callable

from sequencer.core import reads, risk_reads
from sequencer.core.at_risk import alerts, list_at_risk
from sequencer.core.exchange import Exchange
from sequencer.core.funding_reads import list_funding_rates
from sequencer.core.preview import preview_order
from sequencer.core.refusals import Refused
from zkclear.v1 import account_pb2, admin_pb2, audit_pb2, liquidation_pb2, market_data_pb2, trading_pb2

Question = Callable[[Exchange, bytes], bytes]


def _get_market(exchange: Exchange, request: bytes) -> bytes:
    name = market_data_pb2.GetMarketRequest.FromString(request).name
    found = reads.market(exchange, reads.market_index(exchange, name))
    return market_data_pb2.GetMarketResponse(market=found).SerializeToString()


def _order_book(exchange: Exchange, request: bytes) -> bytes:
    asked = market_data_pb2.GetOrderBookRequest.FromString(request)
    return reads.order_book(exchange, asked).SerializeToString()


def _trades(exchange: Exchange, request: bytes) -> bytes:
    asked = market_data_pb2.ListTradesRequest.FromString(request)
    return reads.list_trades(exchange, asked).SerializeToString()


def _funding(exchange: Exchange, request: bytes) -> bytes:
    asked = market_data_pb2.ListFundingRatesRequest.FromString(request)
    return list_funding_rates(exchange, asked).SerializeToString()


def _preview(exchange: Exchange, request: bytes) -> bytes:
    asked = trading_pb2.PreviewOrderRequest.FromString(request)
    return preview_order(exchange, asked).SerializeToString()


def _at_risk(exchange: Exchange, request: bytes) -> bytes:
    asked = liquidation_pb2.ListAtRiskRequest.FromString(request)
    return list_at_risk(exchange, asked).SerializeToString()


def _alerts(exchange: Exchange, request: bytes) -> bytes:
    return alerts(exchange, int.from_bytes(request, "big")).SerializeToString()


def _liquidations(exchange: Exchange, request: bytes) -> bytes:
    asked = liquidation_pb2.ListLiquidationsRequest.FromString(request)
    return risk_reads.list_liquidations(exchange, asked).SerializeToString()


def _prepared(exchange: Exchange, request: bytes) -> bytes:
    asked = liquidation_pb2.PrepareLiquidationRequest.FromString(request)
    return risk_reads.prepare_liquidation(exchange, asked).SerializeToString()


def _account(exchange: Exchange, request: bytes) -> bytes:
    number = account_pb2.GetAccountRequest.FromString(request).account
    found = reads.account(exchange, number)
    return account_pb2.GetAccountResponse(account=found).SerializeToString()


def _accounts(exchange: Exchange, request: bytes) -> bytes:
    asked = account_pb2.ListAccountsRequest.FromString(request)
    return reads.list_accounts(exchange, asked).SerializeToString()


def _requests(exchange: Exchange, request: bytes) -> bytes:
    asked = account_pb2.ListRequestsRequest.FromString(request)
    return reads.list_requests(exchange, asked).SerializeToString()


def _nonces(exchange: Exchange, request: bytes) -> bytes:
    number = account_pb2.GetNonceStateRequest.FromString(request).account
    return reads.nonce_state(exchange, number).SerializeToString()


def _order(exchange: Exchange, request: bytes) -> bytes:
    digest = trading_pb2.GetOrderRequest.FromString(request).digest
    return trading_pb2.GetOrderResponse(order=reads.order(exchange, digest)).SerializeToString()


def _orders(exchange: Exchange, request: bytes) -> bytes:
    asked = trading_pb2.ListOrdersRequest.FromString(request)
    return reads.list_orders(exchange, asked).SerializeToString()


def _batch(exchange: Exchange, request: bytes) -> bytes:
    number = audit_pb2.GetBatchRequest.FromString(request).number
    return audit_pb2.GetBatchResponse(batch=reads.batch(exchange, number)).SerializeToString()


def _batches(exchange: Exchange, request: bytes) -> bytes:
    asked = audit_pb2.ListBatchesRequest.FromString(request)
    return reads.list_batches(exchange, asked).SerializeToString()


def _proof(exchange: Exchange, request: bytes) -> bytes:
    number = audit_pb2.GetProofRequest.FromString(request).number
    return audit_pb2.GetProofResponse(proof=reads.proof(exchange, number)).SerializeToString()


def _receipt(exchange: Exchange, request: bytes) -> bytes:
    sequence = audit_pb2.GetReceiptRequest.FromString(request).sequence
    receipt = exchange.receipts.show(sequence)
    if receipt is None:
        raise Refused("ORDER_NOT_FOUND", name=f"receipt {sequence}")
    return audit_pb2.GetReceiptResponse(receipt=receipt).SerializeToString()


def _status(exchange: Exchange, request: bytes) -> bytes:
    del request
    batch = exchange.batch
    return admin_pb2.GetStatusResponse(
        sequence=len(exchange.receipts),
        open_batch=exchange.state.number + 1,
        open_entries=0 if batch is None else len(batch.entries),
        open_fills=0 if batch is None else len(batch.fills),
        open_accounts=0 if batch is None else len(batch.named),
        sealed_batch=len(exchange.sealed),
        proved_batch=exchange.sealed.proved,
        settled_batch=exchange.sealed.settled,
        paused=exchange.paused,
        waiting=exchange.waiting,
        requests_known=len(exchange.requests),
        requests_consumed=len(exchange.requests)
        - len(exchange.queue)
        + (0 if batch is None else len(batch.requests)),
        timestamp_s=0 if batch is None else batch.timestamp,
        resting_orders=exchange.engine.resting,
    ).SerializeToString()


def _sealed(exchange: Exchange, request: bytes) -> bytes:
    record = exchange.sealed.get(int.from_bytes(request, "big"))
    return b"" if record is None else record.body


def _readers(exchange: Exchange, request: bytes) -> bytes:
    owner, agent, until = reads.readers(exchange, int.from_bytes(request, "big"))
    return owner.to_bytes(20, "big") + agent.to_bytes(20, "big") + until.to_bytes(8, "big")


QUESTIONS: dict[str, Question] = {
    "ListMarkets": lambda exchange, _: reads.list_markets(exchange).SerializeToString(),
    "GetMarket": _get_market,
    "GetOrderBook": _order_book,
    "ListTrades": _trades,
    "ListFundingRates": _funding,
    "PreviewOrder": _preview,
    "ListAtRisk": _at_risk,
    "alerts": _alerts,
    "ListLiquidations": _liquidations,
    "PrepareLiquidation": _prepared,
    "GetPrices": lambda exchange, _: reads.prices(exchange).SerializeToString(),
    "GetReports": lambda exchange, _: reads.reports(exchange).SerializeToString(),
    "GetAccount": _account,
    "ListAccounts": _accounts,
    "ListRequests": _requests,
    "GetNonceState": _nonces,
    "GetOrder": _order,
    "ListOrders": _orders,
    "GetBatch": _batch,
    "ListBatches": _batches,
    "GetProof": _proof,
    "GetReceipt": _receipt,
    "GetStatus": _status,
    "sealed": _sealed,
    "readers": _readers,
}
