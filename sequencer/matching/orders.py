"""Orders as the sequencer follows them, and what it keeps of each account's orders."""

from sequencer.batching.open_batch import SignedEntry
from sequencer.risk.exposure import Exposure
from zkclear.rules import actions
from zkclear.rules.batch import Entry
from zkclear.rules.units import SLOTS, AccountId, Address, Lots, Seconds, Ticks
from zkclear.v1 import order_pb2
from zkclear.v1.order_pb2 import CancelReason, OrderStatus

LIVE = frozenset({order_pb2.ORDER_STATUS_OPEN, order_pb2.ORDER_STATUS_PARTIALLY_FILLED})


class LiveOrder:
    """
    One sequenced order, from admission to its end and beyond; or a liquidation, which nobody signed and which only takes.

    `owner` is that of the account. `sequence` and `time_us` are those of its receipt. `previous`, `next` and `level` hang
    it into a book while it rests there.
    """

    __slots__ = (
        "account",
        "action",
        "batch",
        "cost_ticks",
        "digest",
        "expiry",
        "filled",
        "is_liquidation",
        "level",
        "limit",
        "lots",
        "market",
        "next",
        "nonce",
        "owner",
        "previous",
        "reason",
        "reduce_only",
        "refusal",
        "sell",
        "sequence",
        "signature",
        "signer",
        "status",
        "tif",
        "time_us",
    )

    def __init__(
        self,
        *,
        digest: bytes,
        account: int,
        owner: int,
        market: int,
        action: int,
        lots: int,
        limit: int,
        expiry: int,
        nonce: int,
        signer: int,
        signature: bytes,
    ) -> None:
        self.digest = digest
        self.account = account
        self.owner = owner
        self.market = market
        self.action = action
        self.lots = lots
        self.limit = limit
        self.expiry = expiry
        self.nonce = nonce
        self.signer = signer
        self.signature = signature
        self.sell = actions.is_sell(action)
        self.tif = actions.time_in_force(action)
        self.is_liquidation = actions.is_liquidation(action)
        self.reduce_only = actions.is_reduce_only(action) or self.is_liquidation
        self.filled = 0
        self.cost_ticks = 0
        self.batch = 0
        self.sequence = 0
        self.time_us = 0
        self.status: OrderStatus = order_pb2.ORDER_STATUS_OPEN
        self.reason: CancelReason = order_pb2.CANCEL_REASON_UNSPECIFIED
        self.refusal = ""
        self.previous: LiveOrder | None = None
        self.next: LiveOrder | None = None
        self.level: object | None = None

    @property
    def remaining(self) -> int:
        """Lots not filled yet."""
        return self.lots - self.filled

    @property
    def slot(self) -> int:
        """Its order slot."""
        return self.nonce % SLOTS

    @property
    def is_live(self) -> bool:
        """Whether it can still fill."""
        return self.status in LIVE

    def record_fill(self, lots: int, price: int, batch: int) -> None:
        """Adds a fill and moves the status."""
        self.filled += lots
        self.cost_ticks += lots * price
        self.batch = batch
        whole = self.filled == self.lots
        self.status = order_pb2.ORDER_STATUS_FILLED if whole else order_pb2.ORDER_STATUS_PARTIALLY_FILLED

    def end(self, reason: CancelReason) -> None:
        """Ends it before it was filled whole."""
        expired = reason == order_pb2.CANCEL_REASON_EXPIRED
        self.status = order_pb2.ORDER_STATUS_EXPIRED if expired else order_pb2.ORDER_STATUS_CANCELLED
        self.reason = reason

    def signed_entry(self) -> SignedEntry:
        """The entry that a batch with a fill of this order carries."""
        entry = Entry(
            account=AccountId(self.account),
            market=self.market,
            action=self.action,
            lots=Lots(self.lots),
            limit=Ticks(self.limit),
            expiry=Seconds(self.expiry),
            nonce=self.nonce,
            signer=Address(self.signer),
        )
        return SignedEntry(entry, self.signature)


class SlotUse:
    """The newest nonce that was accepted in a slot, by which digest, and the order if it is one."""

    __slots__ = ("digest", "nonce", "order")

    def __init__(self, nonce: int, digest: bytes, order: LiveOrder | None) -> None:
        self.nonce = nonce
        self.digest = digest
        self.order = order


class AccountOrders:
    """What the sequencer keeps of an account's orders: slots in use, live ones, all ones, and their exposure."""

    __slots__ = ("exposure", "history", "live", "slots")

    def __init__(self, markets: int) -> None:
        self.slots: dict[int, SlotUse] = {}
        self.live: dict[bytes, LiveOrder] = {}
        self.history: list[LiveOrder] = []
        self.exposure = Exposure(markets)
