"""
The smallest exchange that can be talked to over a real port: it signs receipts and keeps what it was sent.

It matches nothing. What an order becomes is the sequencer's business and its tests'; here it is what the client makes of answers.
"""
# ruff: noqa: N802 - the names are gRPC's

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from tests.scenario import CHAIN, key_of, owner_of
from zkclear.crypto import eip712
from zkclear.crypto.keccak import keccak256
from zkclear.crypto.signatures import recover, sign, to_long
from zkclear.v1 import (
    account_pb2,
    account_pb2_grpc,
    liquidation_pb2,
    liquidation_pb2_grpc,
    market_data_pb2,
    market_data_pb2_grpc,
    oracle_pb2,
    oracle_pb2_grpc,
    order_pb2,
    receipt_pb2,
    trading_pb2,
    trading_pb2_grpc,
)

SEQUENCER = 500
ETH = market_data_pb2.Market(
    name="ETH-USD", index=0, lot_e8=100_000, tick_e8=10_000_000, mark_price_e8=3_000 * 10**8
)


def refusal(reason, *, code=code_pb2.FAILED_PRECONDITION, message="refused", retry_ms=0, **metadata):
    """A `google.rpc.Status` as the gateway sends it."""
    details = []
    for detail in (
        error_details_pb2.ErrorInfo(reason=reason, domain="zkclear", metadata=metadata),
        *([_retry_info(retry_ms)] if retry_ms else []),
    ):
        packed = any_pb2.Any()
        packed.Pack(detail)
        details.append(packed)
    return status_pb2.Status(code=code, message=message, details=details)


def _retry_info(milliseconds):
    info = error_details_pb2.RetryInfo()
    info.retry_delay.FromMilliseconds(milliseconds)
    return info


class Exchange(
    market_data_pb2_grpc.MarketDataServiceServicer,
    trading_pb2_grpc.TradingServiceServicer,
    account_pb2_grpc.AccountServiceServicer,
    oracle_pb2_grpc.OracleServiceServicer,
    liquidation_pb2_grpc.LiquidationServiceServicer,
):
    """Answers well, unless `answers` holds refusals to give first."""

    def __init__(self):
        self.answers = []
        self.calls = []
        self.orders = {}
        self.slots = []
        self.previous = bytes(32)
        self.sequence = 0
        self.contract = CHAIN.contract
        self.chain_id = CHAIN.chain_id
        self.receipt_key = key_of(SEQUENCER)
        self.markets = [ETH]
        self.at_risk = []
        self.accounts = {}
        self.alerts = []
        self.requests = []
        self.before = {}

    def _take(self, name, request, context):
        self.calls.append((name, request))
        if name in self.before:
            self.before[name](request, context)
        if self.answers:
            status = self.answers.pop(0)
            if isinstance(status, grpc.StatusCode):
                context.abort(status, "not now")
            if status is not None:
                context.abort_with_status(rpc_status.to_status(status))

    def receipt(self, action):
        self.sequence += 1
        fields = {
            "sequence": self.sequence,
            "action": action,
            "result": keccak256(b"taken"),
            "previous": self.previous,
            "time_us": time.time_ns() // 1_000,
        }
        self.previous = eip712.receipt_struct_hash(**fields)
        signature = to_long(sign(eip712.receipt_digest(CHAIN, **fields), self.receipt_key))
        return receipt_pb2.Receipt(**fields, signature=signature, result_bytes=b"taken")

    def ListMarkets(self, request, context):
        self._take("ListMarkets", request, context)
        return market_data_pb2.ListMarketsResponse(
            markets=self.markets,
            domain=market_data_pb2.Domain(
                name="zkclear",
                version="1",
                chain_id=self.chain_id,
                verifying_contract=self.contract.to_bytes(20, "big"),
            ),
            asset="USD",
            sequencer=owner_of(SEQUENCER).to_bytes(20, "big"),
        )

    def GetMarket(self, request, context):
        self._take("GetMarket", request, context)
        return market_data_pb2.GetMarketResponse(market=ETH)

    def ListTrades(self, request, context):
        self._take("ListTrades", request, context)
        start = int(request.page_token or 0)
        rows = [
            market_data_pb2.Trade(trade_id=number, market="ETH-USD", taker_side=1)
            for number in range(start, min(start + request.page_size, 2_500))
        ]
        more = start + len(rows) < 2_500
        return market_data_pb2.ListTradesResponse(
            trades=rows, next_page_token=str(start + len(rows)) if more else ""
        )

    def GetNonceState(self, request, context):
        self._take("GetNonceState", request, context)
        return account_pb2.GetNonceStateResponse(slots=self.slots, server_time_us=time.time_ns() // 1_000)

    def digest(self, fields):
        return eip712.order_digest(
            CHAIN,
            account=fields.account,
            market=fields.market,
            action=fields.action,
            size_e8=fields.size_e8,
            limit_price_e8=fields.limit_price_e8,
            expiry=fields.expiry_s,
            nonce=fields.nonce,
        )

    def _accept(self, request):
        digest = self.digest(request.fields)
        order = order_pb2.Order(
            fields=request.fields,
            digest=digest,
            signer=recover(digest, request.signature).to_bytes(20, "big"),
            status=order_pb2.ORDER_STATUS_OPEN,
            settlement=order_pb2.SETTLEMENT_SEQUENCED,
        )
        self.orders[digest] = order
        return trading_pb2.SubmitOrderResponse(order=order, receipt=self.receipt(digest))

    def SubmitOrder(self, request, context):
        self._take("SubmitOrder", request, context)
        return self._accept(request)

    def SubmitOrders(self, request, context):
        self._take("SubmitOrders", request, context)
        items = [
            trading_pb2.SubmitOrdersItem(refused=refusal("INSUFFICIENT_MARGIN", required_e6="5"))
            if item.fields.size_e8 > 10**9
            else trading_pb2.SubmitOrdersItem(accepted=self._accept(item))
            for item in request.items
        ]
        return trading_pb2.SubmitOrdersResponse(items=items)

    def GetOrder(self, request, context):
        self._take("GetOrder", request, context)
        access = trading_pb2.ReadAccess.FromString(dict(context.invocation_metadata())["zkclear-read-bin"])
        digest = eip712.read_access_digest(CHAIN, account=access.account, valid_until=access.valid_until_s)
        assert recover(digest, access.signature) == owner_of(access.account)
        return trading_pb2.GetOrderResponse(order=self.orders[request.digest])

    def CancelOrder(self, request, context):
        self._take("CancelOrder", request, context)
        fields = request.fields
        action = eip712.cancel_order_digest(
            CHAIN, account=fields.account, market=fields.market, nonce=fields.nonce
        )
        ended = [
            order for order in self.orders.values() if order.fields.nonce % 1_024 == fields.nonce % 1_024
        ]
        for order in ended:
            order.status = order_pb2.ORDER_STATUS_CANCELLED
            order.cancel_reason = order_pb2.CANCEL_REASON_REQUESTED
        return trading_pb2.CancelOrderResponse(orders=ended, receipt=self.receipt(action))

    def PreviewOrder(self, request, context):
        self._take("PreviewOrder", request, context)
        return trading_pb2.PreviewOrderResponse(
            would_fill_e8=request.fields.size_e8,
            average_price_e8=request.fields.limit_price_e8,
            fee_e6=750_000,
            equity_after_e6=-5,
            available_e6=-6,
            refusals=["INSUFFICIENT_MARGIN"],
        )

    def ListFundingRates(self, request, context):
        self._take("ListFundingRates", request, context)
        return market_data_pb2.ListFundingRatesResponse(
            rates=[market_data_pb2.FundingRate(batch=7, step=-3, funding_index=12, rate_ppm=-40, time_s=100)]
        )

    def GetAccount(self, request, context):
        self._take("GetAccount", request, context)
        known = self.accounts.get(request.account, account_pb2.Account(account=request.account))
        return account_pb2.GetAccountResponse(account=known)

    def ListRequests(self, request, context):
        self._take("ListRequests", request, context)
        return account_pb2.ListRequestsResponse(
            requests=[row for row in self.requests if row.account == request.account]
        )

    def ListAtRisk(self, request, context):
        self._take("ListAtRisk", request, context)
        return liquidation_pb2.ListAtRiskResponse(accounts=self.at_risk)

    def ListLiquidations(self, request, context):
        self._take("ListLiquidations", request, context)
        row = liquidation_pb2.Liquidation(
            kind=liquidation_pb2.LIQUIDATION_KIND_TAKEOVER,
            account=2,
            market="ETH-USD",
            size_e8=-5 * 10**7,
            counterparty=3,
            discount_e6=1_500_000,
            counterparty_e6=750_000,
            batch=9,
            time_s=100,
        )
        return liquidation_pb2.ListLiquidationsResponse(liquidations=[row])

    def PrepareLiquidation(self, request, context):
        self._take("PrepareLiquidation", request, context)
        return liquidation_pb2.PrepareLiquidationResponse(
            contract=self.contract.to_bytes(20, "big"),
            calldata=b"call",
            bond_e6=20_000_000,
            size_e8=request.max_size_e8 or 10**8,
            outcome=4,
        )

    def StreamMarginAlerts(self, request, context):
        """One connection gives the first list of messages that is left; None in it is silence."""
        self._take("StreamMarginAlerts", request, context)
        for message in self.alerts.pop(0) if self.alerts else ():
            if message is None:
                while context.is_active():
                    time.sleep(0.01)
                return
            yield message

    def SubmitReport(self, request, context):
        self._take("SubmitReport", request, context)
        report = request.report
        digest = eip712.price_report_digest(CHAIN, time=report.time_s, prices_e8=list(report.prices_e8))
        return oracle_pb2.SubmitReportResponse(
            signer=recover(digest, request.signature).to_bytes(20, "big"), newest=True
        )


@contextmanager
def serving():
    """An exchange and its address, on a free port."""
    exchange = Exchange()
    server = grpc.server(ThreadPoolExecutor(4))
    market_data_pb2_grpc.add_MarketDataServiceServicer_to_server(exchange, server)
    trading_pb2_grpc.add_TradingServiceServicer_to_server(exchange, server)
    account_pb2_grpc.add_AccountServiceServicer_to_server(exchange, server)
    oracle_pb2_grpc.add_OracleServiceServicer_to_server(exchange, server)
    liquidation_pb2_grpc.add_LiquidationServiceServicer_to_server(exchange, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield exchange, f"127.0.0.1:{port}"
    finally:
        server.stop(None).wait()
