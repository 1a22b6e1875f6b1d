"""What a batch carries: entries, fills, requests with their outcomes, prices and funding steps."""

from dataclasses import dataclass
from enum import IntEnum

from zkclear.rules.units import SLOTS, AccountId, Address, Lots, Quote, Seconds, Ticks

AMOUNT_SPLIT = 32
"""A WITHDRAW's amount stands in the order fields: `amount = lots * 2^32 + limit`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One signed entry: an order, a WITHDRAW or a CANCEL.

    `lots`, `limit`, `trigger` are the word's fields A (40 bits), B (32) and C (32); `signer` is what ecrecover gives.
    """

    account: AccountId
    market: int
    action: int
    lots: Lots
    limit: Ticks
    expiry: Seconds
    nonce: int
    signer: Address
    trigger: Ticks = Ticks(0)

    @property
    def slot(self) -> int:
        """The slot that this entry uses."""
        return self.nonce % SLOTS

    @property
    def amount(self) -> Quote:
        """The amount of a WITHDRAW."""
        return Quote((self.lots << AMOUNT_SPLIT) | self.limit)

    @property
    def position(self) -> tuple[AccountId, int]:
        """Sort key inside a batch: (account, slot)."""
        return self.account, self.slot


@dataclass(frozen=True, slots=True)
class Fill:
    """`lots` traded between two entries of the batch, by index, at the maker's limit."""

    maker: int
    taker: int
    lots: Lots


class RequestKind(IntEnum):
    """Kinds of L1 request that this version consumes; the numbers of the others are kept free."""

    OPEN = 1
    DEPOSIT = 2
    WITHDRAW = 3
    AGENT = 6


@dataclass(frozen=True, slots=True)
class Request:
    """
    One entry of the L1 queue.

    OPEN: `address` = owner. DEPOSIT, WITHDRAW: `amount`. AGENT: `address` = agent (0 revokes), `until`.
    """

    kind: RequestKind
    account: AccountId
    amount: Quote = Quote(0)
    address: Address = Address(0)
    until: Seconds = Seconds(0)


EXECUTED = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request: code, and for a WITHDRAW the amount paid."""

    code: int = EXECUTED
    amount: Quote = Quote(0)


@dataclass(frozen=True, slots=True)
class Batch:
    """One clearing cycle. `marks` and `funding_steps` have one element a listed market."""

    number: int
    timestamp: Seconds
    first_request: int
    marks: tuple[Ticks, ...]
    funding_steps: tuple[int, ...]
    entries: tuple[Entry, ...] = ()
    fills: tuple[Fill, ...] = ()
    requests: tuple[Request, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
