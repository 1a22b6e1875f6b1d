"""The exchange from outside: reads for everybody, and the doors to trading and to the chain."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

from zkclear.client.alerts import MarginAlerts
from zkclear.client.amounts import PPM, Number, from_ppm, scaled, size_e8
from zkclear.client.chain import ChainClient
from zkclear.client.connection import Connection
from zkclear.client.errors import BadRequest
from zkclear.client.models import (
    AccountState,
    Batch,
    Market,
    OrderBook,
    Position,
    Proof,
    Request,
    Trade,
)
from zkclear.client.new_order import NewOrder, OrderPreview, preview
from zkclear.client.oracle import Oracle
from zkclear.client.receipts import ReceiptBook
from zkclear.client.risk import HEALTH_PPM_MAX, AtRisk, FundingRate, Liquidation, PreparedLiquidation
from zkclear.client.signers import LocalSigner, Signer
from zkclear.client.trader import Trader
from zkclear.crypto.eip712 import Domain
from zkclear.v1 import account_pb2, audit_pb2, liquidation_pb2, market_data_pb2


class Client:
    """
    An exchange at `target`; there is no traffic until the first call.

    Options: `rpc_url` (compare the exchange's EIP-712 domain with the contract before anything is signed), `contract` (pin it),
    `credentials` (TLS), `deadline_s`, `retries`.
    """

    def __init__(self, target: str, **options: Any) -> None:
        self.connection = Connection(target, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection."""
        self.connection.close()

    @property
    def domain(self) -> Domain:
        """The EIP-712 domain that one signs for."""
        return self.connection.domain

    @property
    def receipts(self) -> ReceiptBook:
        """Every receipt that this client got."""
        return self.connection.receipts

    def markets(self) -> tuple[Market, ...]:
        """All listed markets, by index."""
        return tuple(map(Market.of, self.connection.list_markets().markets))

    def market(self, name: str) -> Market:
        """One market as it is now."""
        request = market_data_pb2.GetMarketRequest(name=name)
        return Market.of(self.connection.call(self.connection.market_data.GetMarket, request).market)

    def book(self, market: str, *, depth: int = 20) -> OrderBook:
        """The best levels of a market's book."""
        request = market_data_pb2.GetOrderBookRequest(market=market, depth=depth)
        return OrderBook.of(market, self.connection.call(self.connection.market_data.GetOrderBook, request))

    def trades(self, market: str, *, limit: int = 100) -> tuple[Trade, ...]:
        """A market's trades, newest first."""
        request = market_data_pb2.ListTradesRequest(market=market)
        method = self.connection.market_data.ListTrades
        return tuple(map(Trade.of, self.connection.pages(method, request, "trades", limit)))

    def prices(self) -> dict[str, Decimal | None]:
        """The marks of the open batch by market; None before the first price."""
        return {market.name: market.mark_price for market in self.markets()}

    def funding(self, market: str, *, limit: int = 100) -> tuple[FundingRate, ...]:
        """The funding steps of a market, newest first."""
        request = market_data_pb2.ListFundingRatesRequest(market=market)
        method = self.connection.market_data.ListFundingRates
        return tuple(map(FundingRate.of, self.connection.pages(method, request, "rates", limit)))

    def at_risk(self, *, health_below: Number = 1, market: str = "", limit: int = 100) -> tuple[AtRisk, ...]:
        """Accounts with positions and a health below the bound (1: the liquidatable ones), nearest to liquidation first."""
        request = liquidation_pb2.ListAtRiskRequest(health_below_ppm=_health_ppm(health_below), market=market)
        method = self.connection.liquidation.ListAtRisk
        return tuple(map(AtRisk.of, self.connection.pages(method, request, "accounts", limit)))

    def margin_alerts(self, *, health_below: Number = 1, **options: Any) -> MarginAlerts:
        """
        First every account with a health below the bound, then every change; an iterator that connects again by itself.

        Options: `patience_s` and `silence_s` of `MarginAlerts`.
        """
        request = liquidation_pb2.StreamMarginAlertsRequest(health_below_ppm=_health_ppm(health_below))
        method, target = self.connection.liquidation.StreamMarginAlerts, self.connection.transport.target
        return MarginAlerts(method, request, target=target, **options)

    def liquidations(
        self, *, account: int = 0, market: str = "", limit: int = 100
    ) -> tuple[Liquidation, ...]:
        """What was liquidated, newest first; of one account or market if given."""
        request = liquidation_pb2.ListLiquidationsRequest(account=account, market=market)
        method = self.connection.liquidation.ListLiquidations
        return tuple(map(Liquidation.of, self.connection.pages(method, request, "liquidations", limit)))

    def prepare_liquidation(
        self, account: int, market: str, *, taker: int, max_size: Number | None = None
    ) -> PreparedLiquidation:
        """The call that takes a position over, and what it would bring at the marks of this moment. Sends nothing."""
        lot_e8 = self.connection.grid(market).lot_e8
        request = liquidation_pb2.PrepareLiquidationRequest(
            account=account,
            market=market,
            max_size_e8=0 if max_size is None else size_e8(max_size, lot_e8=lot_e8),
            taker=taker,
        )
        method = self.connection.liquidation.PrepareLiquidation
        return PreparedLiquidation.of(self.connection.call(method, request))

    def account(self, number: int) -> "AccountView":
        """The account with this number; nothing is read yet."""
        return AccountView(self.connection, number)

    def sub_accounts(self, owner: str | bytes, *, limit: int = 100) -> tuple[AccountState, ...]:
        """The accounts of an owner."""
        raw = bytes.fromhex(owner.removeprefix("0x")) if isinstance(owner, str) else owner
        request = account_pb2.ListAccountsRequest(owner=raw)
        method = self.connection.accounts.ListAccounts
        return tuple(map(AccountState.of, self.connection.pages(method, request, "accounts", limit)))

    def batches(self, *, limit: int = 100) -> tuple[Batch, ...]:
        """Sealed batches, newest first."""
        request = audit_pb2.ListBatchesRequest()
        method = self.connection.audit.ListBatches
        return tuple(map(Batch.of, self.connection.pages(method, request, "batches", limit)))

    def batch(self, number: int) -> Batch:
        """One sealed batch."""
        request = audit_pb2.GetBatchRequest(number=number)
        return Batch.of(self.connection.call(self.connection.audit.GetBatch, request).batch)

    def proof(self, number: int) -> Proof:
        """The proof of a batch."""
        request = audit_pb2.GetProofRequest(number=number)
        return Proof.of(self.connection.call(self.connection.audit.GetProof, request).proof)

    def trading(self, signer: Signer, account: int) -> Trader:
        """Trades for an account with the key of its owner or of its agent."""
        return Trader(self.connection, signer, account)

    def oracle(self, signer: Signer) -> Oracle:
        """Sends price reports signed by one oracle's key."""
        return Oracle(self.connection, signer)

    def chain(self, rpc_url: str, signer: LocalSigner) -> ChainClient:
        """Calls the contract that this exchange settles on."""
        return ChainClient(rpc_url, f"0x{self.domain.contract:040x}", signer)


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account: what it holds, and what it asked of the contract."""

    connection: Connection
    number: int

    def state(self) -> AccountState:
        """The account as it is now."""
        request = account_pb2.GetAccountRequest(account=self.number)
        answer = self.connection.call(self.connection.accounts.GetAccount, request)
        return AccountState.of(answer.account)

    def positions(self) -> tuple[Position, ...]:
        """The account's positions."""
        return self.state().positions

    def preview(
        self, market: str, side: str, size: Number, price: Number | None = None, **options: Any
    ) -> OrderPreview:
        """What an order with the arguments of `Trader.place` would do now; needs no key."""
        return preview(self.connection, self.number, NewOrder(market, side, size, price, **options))

    def requests(self, *, limit: int = 100) -> tuple[Request, ...]:
        """The account's L1 requests, newest first."""
        request = account_pb2.ListRequestsRequest(account=self.number)
        method = self.connection.accounts.ListRequests
        return tuple(map(Request.of, self.connection.pages(method, request, "requests", limit)))


def _health_ppm(health: Number) -> int:
    """A health bound in 10^-6, rounded down, as health itself is."""
    value = int(scaled(health, PPM, name="health_below"))
    if not 0 < value <= HEALTH_PPM_MAX:
        raise BadRequest(
            f"health_below must be at least 0.000001 and at most {from_ppm(HEALTH_PPM_MAX):f}, but is {health}",
            reason="INVALID_FIELD",
            metadata={"field": "health_below", "given": str(health)},
        )
    return value
