"""What a batch carries: entries, fills, requests with their outcomes, prices and funding steps."""

from dataclasses import dataclass
from enum import IntEnum

from zkclear.rules.state import MarketConfig
from zkclear.rules.units import SLOTS, AccountId, Address, Lots, Quote, Seconds, Ticks

AMOUNT_SPLIT = 32
"""A WITHDRAW's amount stands in the order fields: `amount = lots * 2^32 + limit`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One entry: a signed order, WITHDRAW or CANCEL, or a risk entry, which nobody signs (signer 0).

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
    def rank(self) -> int:
        """The place of a DELEVERAGE entry among those of its subject and market."""
        return int(self.limit)

    @property
    def subject(self) -> AccountId:
        """The account whose position a DELEVERAGE entry takes over."""
        return AccountId(self.trigger)

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
    """Kinds of L1 request."""

    OPEN = 1
    DEPOSIT = 2
    WITHDRAW = 3
    CLOSE = 4
    LIQUIDATE = 5
    AGENT = 6
    MARKET = 7


@dataclass(frozen=True, slots=True)
class Request:
    """
    One entry of the L1 queue.

    OPEN: `address` = owner. DEPOSIT, WITHDRAW: `amount`. AGENT: `address` = agent (0 revokes), `until`.
    CLOSE: `market`, `lots` at most. LIQUIDATE: these and `taker`. MARKET (account 0): `market`, `config` and its
    Poseidon2 hash, which the rules take from whoever read the request from the chain.
    """

    kind: RequestKind
    account: AccountId
    amount: Quote = Quote(0)
    address: Address = Address(0)
    until: Seconds = Seconds(0)
    market: int = 0
    lots: Lots = Lots(0)
    taker: AccountId = AccountId(0)
    config: MarketConfig | None = None
    config_hash: int = 0


class OutcomeCode(IntEnum):
    """What became of a request; the numbers are those of the contract."""

    EXECUTED = 1
    NOTHING_TO_DO = 2
    NOT_LIQUIDATABLE = 3
    TAKER_UNFIT = 4
    FUND_UNFIT = 5


EXECUTED = OutcomeCode.EXECUTED


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became of a request: code and amount.

    WITHDRAW: quote paid. CLOSE, LIQUIDATE: lots moved. MARKET: the high bits of the configuration's hash.
    """

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
