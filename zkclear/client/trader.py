"""Orders, cancels and withdrawals of one account, signed with one key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from zkclear.client.amounts import (
    Number,
    from_e6,
    from_e8,
    money_e6,
    seconds,
)
from zkclear.client.connection import Connection
from zkclear.client.errors import (
    BadRequest,
    BaseError,
    ExchangeNotAvailable,
    InvalidNonce,
    InvalidOrder,
    PermissionDenied,
    from_reason,
)
from zkclear.client.models import hex_text, step_of
from zkclear.client.new_order import NewOrder, OrderPreview, now_s, order_fields, preview
from zkclear.client.nonces import Nonces
from zkclear.client.order import Order, poll
from zkclear.client.signers import Signer
from zkclear.client.transport import error_of_status
from zkclear.crypto import eip712
from zkclear.rules import actions
from zkclear.rules.units import SLOTS
from zkclear.v1 import account_pb2, audit_pb2, batch_pb2, order_pb2, trading_pb2

ITEMS_A_CALL = 50
NONCE_TRIES = 3
READ_ACCESS_S = 12 * 3_600
READ_ACCESS_KEY = "zkclear-read-bin"


@dataclass(slots=True)
class Withdrawal:
    """A signed withdrawal that a batch will pay; `wait` asks how far that batch is."""

    connection: Connection = field(repr=False)
    digest: bytes
    amount: Decimal
    recipient: str
    batch: int
    settlement: str

    def wait(self, step: str = "SETTLED", *, timeout: float = 60) -> "Withdrawal":
        """Waits until its batch has come this far; returns itself."""

        def look() -> str | None:
            self.settlement = batch_step(self.connection, self.batch)
            return self.settlement

        poll(look, step, timeout=timeout, what=f"batch {self.batch}")
        return self


def batch_step(connection: Connection, number: int) -> str:
    """How far a batch is, as a step; SEQUENCED while it is open."""
    try:
        answer = connection.call(connection.audit.GetBatch, audit_pb2.GetBatchRequest(number=number))
    except BadRequest as error:
        if error.reason != "BATCH_NOT_FOUND":
            raise
        return "SEQUENCED"
    status = batch_pb2.BatchStatus.Name(answer.batch.status).removeprefix("BATCH_STATUS_")
    if status == "FAILED":
        raise ExchangeNotAvailable(
            f"batch {number} was given up: {answer.batch.failure}", reason="BATCH_FAILED"
        )
    return "BATCHED" if status == "SEALED" else status


class Trader:
    """One account and one key. Nonces, digests and signatures are made here; every receipt is checked."""

    def __init__(self, connection: Connection, signer: Signer, account: int) -> None:
        self._connection = connection
        self._signer = signer
        self.account = account
        self._nonces: Nonces | None = None
        self._read: trading_pb2.ReadAccess | None = None

    @property
    def contract(self) -> str:
        """The contract that orders settle on."""
        return f"0x{self._connection.domain.contract:040x}"

    # ------------------------------------------------------------------ orders

    def place(
        self, market: str, side: str, size: Number, price: Number | None = None, **options: Any
    ) -> Order:
        """
        Places one order and returns it as the exchange took it, or raises what refused it.

        `price` None is a market order: IOC, capped at mark and slippage. Options: `tif` ("GTC", "IOC", "FOK", "POST_ONLY"),
        `reduce_only`, `expiry` ("24h", seconds or a timedelta), `slippage` ("0.01" or "1%"), `self_trade`.
        """
        new = NewOrder(market, side, size, price, **options)
        for attempt in range(NONCE_TRIES):
            nonce = self._fresh_nonce()
            try:
                return self._submit(self._request(new, nonce))
            except InvalidNonce:
                # Somebody else trades this account as well: ask which slots are free, and sign anew.
                if attempt == NONCE_TRIES - 1:
                    raise
                self._learn()
            except (BaseError, TypeError):
                self._slots.release(nonce)
                raise
        raise AssertionError("the last attempt returns or raises")

    def place_many(self, orders: Iterable[NewOrder]) -> list[Order | BaseError]:
        """
        Places orders independently of each other: an Order or the error of each, in their order.

        A nonce that is refused is an error here and not tried again. If one of them cannot be signed, none is sent.
        """
        requests = self._requests(orders)
        results: list[Order | BaseError] = []
        for start in range(0, len(requests), ITEMS_A_CALL):
            chunk = requests[start : start + ITEMS_A_CALL]
            answer = self._connection.call(
                self._connection.trading.SubmitOrders, trading_pb2.SubmitOrdersRequest(items=chunk)
            )
            for request, item in zip(chunk, answer.items, strict=True):
                if item.WhichOneof("outcome") == "refused":
                    self._slots.release(request.fields.nonce)
                    results.append(_error_of_item(item.refused))
                else:
                    results.append(self._accepted(item.accepted, request.fields))
        return results

    def replace(
        self, order: Order, *, size: Number | None = None, price: Number | None = None, **options: Any
    ) -> Order:
        """Places an order in the slot of another, which ends; it keeps its place only at the same price and no larger."""
        code = actions.parse_order_action(order.action)
        given = {
            "tif": actions.time_in_force(code).name,
            "reduce_only": actions.is_reduce_only(code),
            **options,
        }
        new = NewOrder(
            order.market,
            "sell" if actions.is_sell(code) else "buy",
            order.size if size is None else size,
            order.price if price is None else price,
            **given,
        )
        nonce = self._slots.take_in(order.nonce % SLOTS)
        return self._submit(self._request(new, nonce, replace=True))

    def close_position(self, market: str, *, slippage: Number = "0.01") -> Order:
        """A reduce-only market order of the whole position."""
        request = account_pb2.GetAccountRequest(account=self.account)
        held = self._connection.call(self._connection.accounts.GetAccount, request).account
        size = next((row.size_e8 for row in held.positions if row.market == market), 0)
        if size == 0:
            raise InvalidOrder(
                f"account {self.account} has no position in {market}",
                reason="REDUCE_ONLY_VIOLATION",
                metadata={"position_e8": "0"},
            )
        side = "sell" if size > 0 else "buy"
        return self.place(market, side, from_e8(abs(size)), reduce_only=True, slippage=slippage)

    def preview(
        self, market: str, side: str, size: Number, price: Number | None = None, **options: Any
    ) -> OrderPreview:
        """What `place` with these arguments would do now; nothing is signed and nothing changes."""
        return preview(self._connection, self.account, NewOrder(market, side, size, price, **options))

    def order(self, digest: bytes | str) -> Order:
        """An order by its digest."""
        raw = bytes.fromhex(digest.removeprefix("0x")) if isinstance(digest, str) else digest
        return Order(self, self.look_up(raw))

    def orders(self, market: str = "", *, status: str = "", limit: int = 100) -> tuple[Order, ...]:
        """The account's orders, newest first; of one market or status if given."""
        wanted = f"ORDER_STATUS_{status or 'UNSPECIFIED'}"
        request = trading_pb2.ListOrdersRequest(account=self.account, market=market, status=wanted)
        rows = self._connection.pages(
            self._connection.trading.ListOrders, request, "orders", limit, metadata=self._access()
        )
        return tuple(Order(self, row) for row in rows)

    def look_up(self, digest: bytes) -> Any:
        """An order as the exchange has it now."""
        request = trading_pb2.GetOrderRequest(digest=digest)
        answer = self._connection.call(self._connection.trading.GetOrder, request, metadata=self._access())
        return answer.order

    # ----------------------------------------------------------------- cancels

    def cancel(self, order: Order | bytes | str, *, binding: bool = False) -> list[Order]:
        """
        Takes an order off the book and returns what ended.

        `binding` signs a newer nonce of its slot: the cancel enters the batch, and the order can never settle after it.
        """
        request = self._cancel_request(order, binding=binding)
        answer = self._connection.call(self._connection.trading.CancelOrder, request)
        return self._cancelled(request, answer)

    def cancel_many(
        self, orders: Iterable[Order | bytes | str], *, binding: bool = False
    ) -> list[list[Order] | BaseError]:
        """Cancels independently of each other: what each ended, or its error."""
        requests = [self._cancel_request(order, binding=binding) for order in orders]
        results: list[list[Order] | BaseError] = []
        for start in range(0, len(requests), ITEMS_A_CALL):
            chunk = requests[start : start + ITEMS_A_CALL]
            answer = self._connection.call(
                self._connection.trading.CancelOrders, trading_pb2.CancelOrdersRequest(items=chunk)
            )
            for request, item in zip(chunk, answer.items, strict=True):
                refused = item.WhichOneof("outcome") == "refused"
                results.append(
                    _error_of_item(item.refused) if refused else self._cancelled(request, item.accepted)
                )
        return results

    def cancel_all(self, market: str = "ALL") -> list[Order]:
        """Takes all orders of the account off the book, in one market or in all. It binds the sequencer, not the proof."""
        fields = trading_pb2.CancelAllFields(
            account=self.account,
            market=market,
            before_nonce=self._slots.now(),
            expiry_s=now_s() + 60,
        )
        digest = eip712.cancel_all_digest(
            self._connection.domain,
            account=fields.account,
            market=fields.market,
            before_nonce=fields.before_nonce,
            expiry=fields.expiry_s,
        )
        request = trading_pb2.CancelAllOrdersRequest(fields=fields, signature=self._signer.sign(digest))
        answer = self._connection.call(self._connection.trading.CancelAllOrders, request)
        self._connection.receipts.take(answer.receipt, action=digest)
        return self._ended(answer.orders)

    # ------------------------------------------------------------- withdrawals

    def withdraw(
        self, amount: Number, *, recipient: str | None = None, expiry: str | int | timedelta = "1h"
    ) -> Withdrawal:
        """Signs a withdrawal to `recipient` (default: the signer). The owner alone may; the recipient then claims it on L1."""
        to = bytes.fromhex(recipient.removeprefix("0x")) if recipient else self._signer.address
        nonce = self._fresh_nonce()
        fields = account_pb2.WithdrawalFields(
            account=self.account,
            recipient=to,
            asset=self._connection.listed.asset,
            amount_e6=money_e6(amount),
            expiry_s=now_s() + seconds(expiry),
            nonce=nonce,
        )
        digest = eip712.withdraw_digest(
            self._connection.domain,
            account=fields.account,
            recipient=int.from_bytes(to, "big"),
            asset=fields.asset,
            amount_e6=fields.amount_e6,
            expiry=fields.expiry_s,
            nonce=nonce,
        )
        request = account_pb2.SubmitWithdrawalRequest(fields=fields, signature=self._signer.sign(digest))
        try:
            answer = self._connection.call(self._connection.accounts.SubmitWithdrawal, request)
        finally:
            self._slots.release(nonce)  # it takes the slot over, but leaves no live order in it
        self._connection.receipts.take(answer.receipt, action=digest)
        taken = answer.withdrawal
        return Withdrawal(
            self._connection,
            digest=digest,
            amount=from_e6(taken.fields.amount_e6),
            recipient=hex_text(to),
            batch=taken.batch,
            settlement=step_of(taken.settlement),
        )

    # ------------------------------------------------------------------ inside

    @property
    def _slots(self) -> Nonces:
        if self._nonces is None:
            self._nonces = Nonces()
            self._learn()
        return self._nonces

    def _fresh_nonce(self) -> int:
        """A nonce in a free slot; orders that ended since the slots were last asked for have freed theirs."""
        try:
            return self._slots.take()
        except InvalidOrder:
            self._learn()
            return self._slots.take()

    def _learn(self) -> None:
        """Asks which slots live orders use, and how late it is at the exchange."""
        request = account_pb2.GetNonceStateRequest(account=self.account)
        try:
            answer = self._connection.call(
                self._connection.accounts.GetNonceState, request, metadata=self._access()
            )
        except PermissionDenied as error:
            raise from_reason(
                "SIGNER_NOT_AUTHORIZED",
                f"{hex_text(self._signer.address)} is neither the owner nor a present agent of account {self.account}",
                error.metadata,
            ) from error
        assert self._nonces is not None, "_slots makes them"
        self._nonces.learn(
            {row.slot: row.nonce for row in answer.slots},
            busy=[row.slot for row in answer.slots if row.digest],
            server_time_us=answer.server_time_us,
        )

    def _access(self) -> tuple[tuple[str, bytes], ...]:
        """A signature that lets this account's private reads through, made anew before it ends."""
        if self._read is None or self._read.valid_until_s < now_s() + 60:
            until = now_s() + READ_ACCESS_S
            digest = eip712.read_access_digest(
                self._connection.domain, account=self.account, valid_until=until
            )
            self._read = trading_pb2.ReadAccess(
                account=self.account, valid_until_s=until, signature=self._signer.sign(digest)
            )
        return ((READ_ACCESS_KEY, self._read.SerializeToString()),)

    def _request(self, new: NewOrder, nonce: int, *, replace: bool = False) -> trading_pb2.SubmitOrderRequest:
        """The signed form of an order; what is off its lot or tick is refused here."""
        fields = order_fields(self._connection, self.account, new, nonce=nonce)
        return trading_pb2.SubmitOrderRequest(
            fields=fields,
            signature=self._signer.sign(self._digest(fields)),
            replace=replace,
            self_trade=_self_trade(new.self_trade),
        )

    def _requests(self, orders: Iterable[NewOrder]) -> list[trading_pb2.SubmitOrderRequest]:
        """The signed forms of many orders; if one of them cannot be signed, none is sent."""
        requests: list[trading_pb2.SubmitOrderRequest] = []
        for new in orders:
            nonce = self._fresh_nonce()
            try:
                requests.append(self._request(new, nonce))
            except (BaseError, TypeError):
                for unsent in (nonce, *(request.fields.nonce for request in requests)):
                    self._slots.release(unsent)
                raise
        return requests

    def _digest(self, fields: order_pb2.OrderFields) -> bytes:
        return eip712.order_digest(
            self._connection.domain,
            account=fields.account,
            market=fields.market,
            action=fields.action,
            size_e8=fields.size_e8,
            limit_price_e8=fields.limit_price_e8,
            expiry=fields.expiry_s,
            nonce=fields.nonce,
        )

    def _submit(self, request: trading_pb2.SubmitOrderRequest) -> Order:
        answer = self._connection.call(self._connection.trading.SubmitOrder, request)
        return self._accepted(answer, request.fields)

    def _accepted(self, answer: Any, fields: order_pb2.OrderFields) -> Order:
        """The order of an answer, with its receipt checked and its slot kept while it is live."""
        self._connection.receipts.take(answer.receipt, action=self._digest(fields))
        order = Order(self, answer.order)
        if order.ended:
            self._slots.release(order.nonce)
        return order

    def _cancel_request(self, order: Order | bytes | str, *, binding: bool) -> trading_pb2.CancelOrderRequest:
        known = order if isinstance(order, Order) else self.order(order)
        nonce = self._slots.take_in(known.nonce % SLOTS) if binding else known.nonce
        fields = trading_pb2.CancelFields(account=self.account, market=known.market, nonce=nonce)
        return trading_pb2.CancelOrderRequest(
            fields=fields, signature=self._signer.sign(self._cancel_digest(fields))
        )

    def _cancel_digest(self, fields: trading_pb2.CancelFields) -> bytes:
        return eip712.cancel_order_digest(
            self._connection.domain, account=fields.account, market=fields.market, nonce=fields.nonce
        )

    def _cancelled(self, request: trading_pb2.CancelOrderRequest, answer: Any) -> list[Order]:
        self._connection.receipts.take(answer.receipt, action=self._cancel_digest(request.fields))
        self._slots.release(request.fields.nonce)
        return self._ended(answer.orders)

    def _ended(self, messages: Sequence[Any]) -> list[Order]:
        ended = [Order(self, message) for message in messages]
        for order in ended:
            self._slots.release(order.nonce)
        return ended


def _error_of_item(status: Any) -> BaseError:
    """The error of one refused item of a list."""
    return error_of_status(status) or BadRequest(status.message, reason="UNKNOWN")


def _self_trade(name: str) -> str:
    """The message's name of what happens instead of a trade with oneself."""
    known = [each.removeprefix("SELF_TRADE_") for each in order_pb2.SelfTrade.keys()[1:]]
    if name.upper() not in known:
        raise BadRequest(
            f"self_trade {name!r} is unknown; it is one of {', '.join(known)}",
            reason="INVALID_FIELD",
            metadata={"field": "self_trade", "allowed": ", ".join(known)},
        )
    return f"SELF_TRADE_{name.upper()}"
