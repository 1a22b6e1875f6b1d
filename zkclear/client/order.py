"""An order that was placed: its fields as signed, and what has become of it."""

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol

from zkclear.audit.evidence import OrderEvidence, order_evidence
from zkclear.audit.source import ChainSource
from zkclear.client.amounts import from_e8
from zkclear.client.errors import BadRequest, InvalidOrder, RequestTimeout
from zkclear.client.models import STEPS, hex_text, reached, step_of
from zkclear.v1 import order_pb2

POLL_S = 0.2
ENDED = ("FILLED", "CANCELLED", "EXPIRED", "REFUSED")


def check_step(step: str) -> None:
    """Refuses what is no step of settlement."""
    if step not in STEPS:
        raise BadRequest(f"{step!r} is no step; they are {', '.join(STEPS)}", reason="INVALID_FIELD")


def poll(look: Callable[[], str | None], step: str, *, timeout: float, what: str) -> None:
    """Looks until the step is reached; RequestTimeout tells the last one that was seen."""
    check_step(step)
    deadline = time.monotonic() + timeout
    while True:
        seen = look()
        if seen is not None and reached(seen, step):
            return
        if time.monotonic() >= deadline:
            raise RequestTimeout(
                f"{what} is {seen or 'not in a batch'} after {timeout} s, not {step}", reason="WAIT"
            )
        time.sleep(min(POLL_S, max(deadline - time.monotonic(), 0)))


class _Desk(Protocol):
    """What an order needs of its trader."""

    def look_up(self, digest: bytes) -> Any:
        """The order as the exchange has it now."""

    def cancel(self, order: "Order", *, binding: bool = False) -> "list[Order]":
        """Takes the order off the book."""

    @property
    def contract(self) -> str:
        """The contract that it settles on."""


class Order:
    """A handle: `refresh` and `wait` ask the exchange, `verify` asks the chain alone."""

    def __init__(self, desk: _Desk, message: Any) -> None:
        self._desk = desk
        self._message = message

    def __repr__(self) -> str:
        fields = self._message.fields
        return (
            f"Order({fields.market} {fields.action} {self.size} at {self.price}, {self.status}, "
            f"filled {self.filled}, {hex_text(self.digest)})"
        )

    @property
    def digest(self) -> bytes:
        """The order's name: what its wallet signed."""
        return bytes(self._message.digest)

    @property
    def account(self) -> int:
        """The account that it trades for."""
        return int(self._message.fields.account)

    @property
    def market(self) -> str:
        """Its market."""
        return str(self._message.fields.market)

    @property
    def action(self) -> str:
        """Side, time in force and whether it only reduces, as signed."""
        return str(self._message.fields.action)

    @property
    def nonce(self) -> int:
        """Its nonce; the slot is `nonce mod 1024`."""
        return int(self._message.fields.nonce)

    @property
    def size(self) -> Decimal:
        """How much it trades at most."""
        return from_e8(self._message.fields.size_e8)

    @property
    def price(self) -> Decimal:
        """The worst price that it accepts."""
        return from_e8(self._message.fields.limit_price_e8)

    @property
    def expiry_s(self) -> int:
        """The last second at which it can be filled."""
        return int(self._message.fields.expiry_s)

    @property
    def filled(self) -> Decimal:
        """How much was filled."""
        return from_e8(self._message.filled_e8)

    @property
    def average_price(self) -> Decimal | None:
        """The average price of its fills."""
        return from_e8(self._message.average_price_e8) if self._message.average_price_e8 else None

    @property
    def status(self) -> str:
        """OPEN, PARTIALLY_FILLED, FILLED, CANCELLED, EXPIRED or REFUSED."""
        return order_pb2.OrderStatus.Name(self._message.status).removeprefix("ORDER_STATUS_")

    @property
    def cancel_reason(self) -> str | None:
        """Why it ended unfilled, if it did."""
        if not self._message.cancel_reason:
            return None
        return order_pb2.CancelReason.Name(self._message.cancel_reason).removeprefix("CANCEL_REASON_")

    @property
    def settlement(self) -> str:
        """The lowest step among its fills."""
        return step_of(self._message.settlement)

    @property
    def batch(self) -> int | None:
        """The batch that takes its newest fill."""
        return int(self._message.batch) or None

    @property
    def sequence(self) -> int:
        """The number of its receipt."""
        return int(self._message.sequence)

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen to it on the book."""
        return self.status in ENDED

    def refresh(self) -> "Order":
        """Asks the exchange; returns itself."""
        self._message = self._desk.look_up(self.digest)
        return self

    def wait(self, step: str = "SETTLED", *, timeout: float = 60) -> "Order":
        """
        Waits until all that was filled has come this far; returns itself.

        InvalidOrder if it ended without a fill, RequestTimeout if the time ran out.
        """

        def look() -> str | None:
            self.refresh()
            if self.ended and not self.filled and step != "SEQUENCED":
                raise InvalidOrder(
                    f"the order ended {self.status} ({self.cancel_reason}) without a fill: nothing to settle",
                    reason="ORDER_ALREADY_FINAL",
                    metadata={"status": self.status},
                )
            return self.settlement

        poll(look, step, timeout=timeout, what="the order")
        return self

    def cancel(self, *, binding: bool = False) -> "list[Order]":
        """Takes it off the book; `binding` also closes its slot in the next batch, so that it can never settle."""
        return self._desk.cancel(self, binding=binding)

    def verify(self, rpc_url: str) -> OrderEvidence:
        """What the chain alone says about it: every batch up to its own replayed, its batches' proofs verified."""
        return order_evidence(ChainSource(rpc_url, self._desk.contract).collect(), self.digest)
