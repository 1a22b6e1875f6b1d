"""TradingService: signed orders and cancels in, answers of the core out."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import grpc
from google.rpc import status_pb2

from sequencer.core.commands import CancelAll, CancelOrder, Command, SubmitOrder
from sequencer.core.genesis import Genesis
from sequencer.core.refusals import Refused
from sequencer.gateway.access import require_access
from sequencer.gateway.fields import Fields, invalid
from sequencer.gateway.limits import RateLimits
from sequencer.gateway.refusals import status_of
from sequencer.gateway.signing import Signed
from sequencer.link import Link
from zkclear.crypto.eip712 import cancel_all_digest, cancel_order_digest, order_digest
from zkclear.rules.units import ACCOUNT_BOUND, NONCE_BOUND
from zkclear.v1 import order_pb2, trading_pb2

ITEMS_BOUND = 50
DIGEST_BYTES = 32
ALL_MARKETS = "ALL"

Item = TypeVar("Item")
Prepared = tuple[Command, Signed]


class TradingService:
    """Checks what needs no state, recovers signers, and passes commands on."""

    def __init__(
        self,
        link: Link,
        genesis: Genesis,
        fields: Fields,
        *,
        rates: RateLimits,
        cancel_rates: RateLimits,
        preview_rates: RateLimits,
        order_bytes: int,
    ) -> None:
        self._link = link
        self._domain = genesis.domain
        self._fields = fields
        self._rates = rates
        self._preview_rates = preview_rates  # by host, since nobody signs a preview
        self._cancel_rates = cancel_rates  # of their own: who is at the limit can still cancel
        self._order_bytes = order_bytes

    def SubmitOrder(  # noqa: N802 - the name in the proto
        self, request: trading_pb2.SubmitOrderRequest, context: grpc.ServicerContext
    ) -> bytes:
        """One order."""
        del context
        return self._one(self._order(request))

    def SubmitOrders(  # noqa: N802
        self, request: trading_pb2.SubmitOrdersRequest, context: grpc.ServicerContext
    ) -> trading_pb2.SubmitOrdersResponse:
        """Up to 50 independent orders."""
        del context
        outcomes = self._many(request.items, self._order)
        response = trading_pb2.SubmitOrdersResponse()
        for outcome in outcomes:
            item = response.items.add()
            if isinstance(outcome, bytes):
                item.accepted.ParseFromString(outcome)
            else:
                item.refused.CopyFrom(outcome)
        return response

    def CancelOrder(  # noqa: N802
        self, request: trading_pb2.CancelOrderRequest, context: grpc.ServicerContext
    ) -> bytes:
        """One cancel."""
        del context
        return self._one(self._cancel(request))

    def CancelOrders(  # noqa: N802
        self, request: trading_pb2.CancelOrdersRequest, context: grpc.ServicerContext
    ) -> trading_pb2.CancelOrdersResponse:
        """Up to 50 independent cancels."""
        del context
        response = trading_pb2.CancelOrdersResponse()
        for outcome in self._many(request.items, self._cancel):
            item = response.items.add()
            if isinstance(outcome, bytes):
                item.accepted.ParseFromString(outcome)
            else:
                item.refused.CopyFrom(outcome)
        return response

    def CancelAllOrders(  # noqa: N802
        self, request: trading_pb2.CancelAllOrdersRequest, context: grpc.ServicerContext
    ) -> bytes:
        """Everything of an account."""
        del context
        fields = request.fields
        market = -1 if fields.market == ALL_MARKETS else self._fields.market(fields.market)
        if fields.before_nonce >= NONCE_BOUND:
            raise invalid("fields.before_nonce", "0 .. 2^56-1")
        self._fields.expiry(fields.expiry_s)
        signed = Signed(
            self._domain,
            lambda domain: cancel_all_digest(
                domain,
                account=fields.account,
                market=fields.market,
                before_nonce=fields.before_nonce,
                expiry=fields.expiry_s,
            ),
            request.signature,
        )
        self._cancel_rates.spend(signed.signer)
        command = CancelAll(
            digest=signed.digest,
            account=fields.account,
            market=market,
            before_nonce=fields.before_nonce,
            expiry=fields.expiry_s,
            signer=signed.signer,
        )
        return self._one((command, signed))

    def PreviewOrder(  # noqa: N802
        self, request: trading_pb2.PreviewOrderRequest, context: grpc.ServicerContext
    ) -> bytes:
        """What an order would do; nothing is signed, nothing is changed."""
        host, _, _ = context.peer().rpartition(":")
        self._preview_rates.spend(int.from_bytes(host.encode(), "big"))
        self._fields.terms(request.fields)
        require_account(request.fields.account)
        return self._link.ask("PreviewOrder", request.SerializeToString())

    def GetOrder(  # noqa: N802
        self, request: trading_pb2.GetOrderRequest, context: grpc.ServicerContext
    ) -> trading_pb2.GetOrderResponse:
        """One order, for its account."""
        if len(request.digest) != DIGEST_BYTES:
            raise invalid("digest", "32 bytes")
        answer = self._link.ask("GetOrder", request.SerializeToString())
        response = trading_pb2.GetOrderResponse.FromString(answer)
        account = response.order.fields.account
        require_access(context, account, link=self._link, domain=self._domain)
        return response

    def ListOrders(  # noqa: N802
        self, request: trading_pb2.ListOrdersRequest, context: grpc.ServicerContext
    ) -> bytes:
        """An account's orders."""
        require_access(context, request.account, link=self._link, domain=self._domain)
        return self._link.ask("ListOrders", request.SerializeToString())

    def _one(self, prepared: Prepared) -> bytes:
        command, signed = prepared
        outcome = self._link.do([command])[0]
        if isinstance(outcome, Refused):
            raise signed.explain(outcome, self._domain)
        return outcome

    def _many(
        self, items: Sequence[Item], prepare: Callable[[Item], Prepared]
    ) -> list[bytes | status_pb2.Status]:
        """Prepares each item, sends what is left as one frame, and puts the answers into the items' order."""
        if not 1 <= len(items) <= ITEMS_BOUND:
            raise invalid("items", f"1 .. {ITEMS_BOUND} items")
        outcomes: list[bytes | status_pb2.Status | None] = []
        sent: list[tuple[int, Prepared]] = []
        for index, item in enumerate(items):
            try:
                sent.append((index, prepare(item)))
                outcomes.append(None)
            except Refused as refusal:
                outcomes.append(status_of(refusal))
        answers = self._link.do([command for _, (command, _) in sent]) if sent else []
        for (index, (_, signed)), answer in zip(sent, answers, strict=True):
            if isinstance(answer, Refused):
                outcomes[index] = status_of(signed.explain(answer, self._domain))
            else:
                outcomes[index] = answer
        return [outcome for outcome in outcomes if outcome is not None]

    def _order(self, request: trading_pb2.SubmitOrderRequest) -> Prepared:
        if request.ByteSize() > self._order_bytes:
            raise invalid("message", f"at most {self._order_bytes} bytes, not {request.ByteSize()}")
        fields = request.fields
        numbers = self._fields.order(fields)
        require_account(fields.account)
        if request.self_trade not in order_pb2.SelfTrade.values():
            raise invalid("self_trade", "CANCEL_MAKER, CANCEL_TAKER or CANCEL_BOTH")
        signed = Signed(
            self._domain,
            lambda domain: order_digest(
                domain,
                account=fields.account,
                market=fields.market,
                action=fields.action,
                size_e8=fields.size_e8,
                limit_price_e8=fields.limit_price_e8,
                expiry=fields.expiry_s,
                nonce=fields.nonce,
            ),
            request.signature,
        )
        self._rates.spend(signed.signer)
        command = SubmitOrder(
            digest=signed.digest,
            account=fields.account,
            market=numbers.market,
            action=numbers.action,
            lots=numbers.lots,
            limit=numbers.limit,
            expiry=fields.expiry_s,
            nonce=fields.nonce,
            signer=signed.signer,
            signature=signed.signature,
            replace=request.replace,
            self_trade=request.self_trade,
        )
        return command, signed

    def _cancel(self, request: trading_pb2.CancelOrderRequest) -> Prepared:
        fields = request.fields
        market = self._fields.market(fields.market)
        require_account(fields.account)
        self._fields.nonce(fields.nonce)
        signed = Signed(
            self._domain,
            lambda domain: cancel_order_digest(
                domain, account=fields.account, market=fields.market, nonce=fields.nonce
            ),
            request.signature,
        )
        self._cancel_rates.spend(signed.signer)
        command = CancelOrder(
            digest=signed.digest,
            account=fields.account,
            market=market,
            nonce=fields.nonce,
            signer=signed.signer,
            signature=signed.signature,
        )
        return command, signed


def require_account(account: int) -> None:
    """Refuses a number that no tree has room for."""
    if account >= ACCOUNT_BOUND:
        raise Refused("ACCOUNT_NOT_FOUND", name=account)
