"""What every part of a client shares: the services of one exchange, its constants, and the receipts that it gave."""

from collections.abc import Callable, Iterator
from typing import Any

import grpc

from zkclear.audit.chain import domain_of
from zkclear.client.errors import AuthenticationError, from_reason
from zkclear.client.models import hex_text
from zkclear.client.receipts import ReceiptBook
from zkclear.client.transport import DEADLINE_S, RETRIES, Transport
from zkclear.crypto.eip712 import NAME, VERSION, Domain
from zkclear.v1 import (
    account_pb2_grpc,
    audit_pb2_grpc,
    liquidation_pb2_grpc,
    market_data_pb2,
    market_data_pb2_grpc,
    oracle_pb2_grpc,
    trading_pb2_grpc,
)

PAGE_SIZE = 1_000
"""The longest page that a server gives."""


class Connection:
    """
    One exchange. There is no traffic until the first call.

    With `rpc_url`, what the exchange says one signs for is compared with the contract before anything is signed; `contract` pins it.
    """

    def __init__(
        self,
        target: str,
        *,
        rpc_url: str | None = None,
        contract: str | None = None,
        credentials: grpc.ChannelCredentials | None = None,
        deadline_s: int = DEADLINE_S,
        retries: int = RETRIES,
    ) -> None:
        self.transport = Transport(target, credentials=credentials, deadline_s=deadline_s, retries=retries)
        self.rpc_url = rpc_url
        self._contract = contract
        channel = self.transport.channel
        self.market_data = market_data_pb2_grpc.MarketDataServiceStub(channel)
        self.accounts = account_pb2_grpc.AccountServiceStub(channel)
        self.trading = trading_pb2_grpc.TradingServiceStub(channel)
        self.audit = audit_pb2_grpc.AuditServiceStub(channel)
        self.liquidation = liquidation_pb2_grpc.LiquidationServiceStub(channel)
        self.oracle = oracle_pb2_grpc.OracleServiceStub(channel)
        self._listed: market_data_pb2.ListMarketsResponse | None = None
        self._domain: Domain | None = None
        self._receipts: ReceiptBook | None = None

    def call(self, method: Callable[..., Any], request: Any, **options: Any) -> Any:
        """The answer of one method; see `Transport.call`."""
        return self.transport.call(method, request, **options)

    def pages(
        self, method: Callable[..., Any], request: Any, name: str, limit: int, **options: Any
    ) -> Iterator[Any]:
        """At most `limit` rows of a list, page after page."""
        left = limit
        while left > 0:
            request.page_size = min(left, PAGE_SIZE)
            answer = self.call(method, request, **options)
            rows = list(getattr(answer, name))[:left]
            yield from rows
            left -= len(rows)
            if not rows or not answer.next_page_token:
                return
            request.page_token = answer.next_page_token

    def list_markets(self) -> market_data_pb2.ListMarketsResponse:
        """All markets as they are now."""
        self._listed = self.call(self.market_data.ListMarkets, market_data_pb2.ListMarketsRequest())
        return self._listed

    @property
    def listed(self) -> market_data_pb2.ListMarketsResponse:
        """The exchange's constants (grids, domain, asset, sequencer), read once; live values in it may be old."""
        return self._listed or self.list_markets()

    @property
    def domain(self) -> Domain:
        """What one signs for, compared with the contract where that is known."""
        if self._domain is None:
            said = self.listed.domain
            domain = Domain(chain_id=said.chain_id, contract=int.from_bytes(said.verifying_contract, "big"))
            self._check_domain(said, domain)
            self._domain = domain
        return self._domain

    @property
    def receipts(self) -> ReceiptBook:
        """Every receipt that came over this connection, checked."""
        if self._receipts is None:
            self._receipts = ReceiptBook(self.domain, self.listed.sequencer)
        return self._receipts

    def grid(self, name: str) -> Any:
        """A market's constants, without asking again."""
        for market in self.listed.markets:
            if market.name == name:
                return market
        raise from_reason(
            "MARKET_NOT_FOUND",
            f"no market {name!r}; listed are {', '.join(market.name for market in self.listed.markets)}",
            {"name": name},
        )

    def close(self) -> None:
        """Ends the connection."""
        self.transport.close()

    def _check_domain(self, said: market_data_pb2.Domain, domain: Domain) -> None:
        contract = hex_text(said.verifying_contract)
        wrong = None
        if (said.name, said.version) != (NAME, VERSION):
            wrong = f"the exchange signs for {said.name} {said.version}, this client for {NAME} {VERSION}"
        elif self._contract is not None and self._contract.lower() != contract:
            wrong = f"the exchange settles on {contract}, expected was {self._contract}"
        elif self.rpc_url is not None and domain_of(self.rpc_url, contract) != domain:
            wrong = f"the contract {contract} at {self.rpc_url} has another EIP-712 domain"
        if wrong is not None:
            raise AuthenticationError(
                f"{wrong}; nothing is signed for it", reason="DOMAIN_MISMATCH", metadata={"domain": contract}
            )
