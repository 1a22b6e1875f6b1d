"""
What the state root commits to: accounts, their order slots, markets, the time and the funding dust.

Records are immutable; a transition builds new ones. Layout of each leaf: `docs/encoding.md`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from zkclear.rules.shapes import MARKETS
from zkclear.rules.units import (
    FEES,
    INSURANCE,
    AccountId,
    Address,
    FundingIndex,
    Lots,
    Ppm,
    Quote,
    Seconds,
    Ticks,
)

LIVE = 1
"""Status of a market that takes orders; 0 is an unlisted row."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One order slot: the newest nonce that used it, and how much of that order is filled."""

    nonce: int = 0
    filled: Lots = Lots(0)


UNUSED_SLOT = Slot()
NO_SLOTS: Mapping[int, Slot] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Position:
    """Size in one market (+ long) and the funding index up to which funding was settled."""

    size: Lots = Lots(0)
    funding_index: FundingIndex = FundingIndex(0)


@dataclass(frozen=True, slots=True)
class Account:
    """One leaf of the account tree. `slots` maps slot number to a used slot; all others are unused."""

    owner: Address
    positions: tuple[Position, ...]
    collateral: Quote = Quote(0)
    agent: Address = Address(0)
    agent_until: Seconds = Seconds(0)
    slots: Mapping[int, Slot] = field(default_factory=lambda: NO_SLOTS)

    def slot(self, number: int) -> Slot:
        """The slot `number`, unused if nothing was ever signed into it."""
        return self.slots.get(number, UNUSED_SLOT)


@dataclass(frozen=True, slots=True)
class Rates:
    """Three marginal rates, one a bracket, not decreasing."""

    r1: Ppm
    r2: Ppm
    r3: Ppm


@dataclass(frozen=True, slots=True)
class MarketConfig:
    """The rules of one market; units and bounds as in design sections 4 and 5."""

    lot_e8: int
    tick_e8: int
    quote_per_lot_tick: int
    t1: Quote
    t2: Quote
    maintenance: Rates
    initial: Rates
    maker_fee: Ppm
    taker_fee: Ppm
    liquidation_fee: Ppm
    keeper_share: Ppm
    close_factor: Ppm
    closeout: Ppm
    max_funding_rate: Ppm
    max_open_interest: Lots
    status: int = LIVE


@dataclass(frozen=True, slots=True)
class Market:
    """A market's configuration and its live values after the last batch (mark 0 before the first)."""

    config: MarketConfig
    mark: Ticks = Ticks(0)
    funding_index: FundingIndex = FundingIndex(0)
    open_interest: Lots = Lots(0)


ZERO_RATES = Rates(Ppm(0), Ppm(0), Ppm(0))
UNLISTED = Market(
    MarketConfig(
        lot_e8=0,
        tick_e8=0,
        quote_per_lot_tick=0,
        t1=Quote(0),
        t2=Quote(0),
        maintenance=ZERO_RATES,
        initial=ZERO_RATES,
        maker_fee=Ppm(0),
        taker_fee=Ppm(0),
        liquidation_fee=Ppm(0),
        keeper_share=Ppm(0),
        close_factor=Ppm(0),
        closeout=Ppm(0),
        max_funding_rate=Ppm(0),
        max_open_interest=Lots(0),
        status=0,
    )
)
"""The row of a market that is not listed: everything zero."""


@dataclass(frozen=True, slots=True)
class State:
    """
    Everything that the state root commits to, and the batch number, which the contract keeps.

    `markets` has one row a market of the shape, listed ones first; `funding_dust` is in 10^-6 quote, below 10^6.
    """

    accounts: Mapping[AccountId, Account]
    markets: tuple[Market, ...]
    timestamp: Seconds
    funding_dust: int = 0
    number: int = 0
    next_request: int = 0

    @property
    def listed(self) -> int:
        """How many markets are listed."""
        return sum(1 for market in self.markets if market != UNLISTED)


def empty_account(owner: Address, *, markets: int) -> Account:
    """An account as it is opened: nothing in it, no agent, no slot used."""
    return Account(owner=owner, positions=(Position(),) * markets)


def genesis(
    configs: tuple[MarketConfig, ...],
    *,
    fee_recipient: Address,
    timestamp: Seconds,
    markets: int = MARKETS,
) -> State:
    """
    The state of a freshly deployed contract: accounts 0 and 1, the listed markets, nothing else.

    Units:   timestamp in Unix seconds, that of the deployment's block.
    Bounds:  at most `markets` configurations.
    Rounds:  nothing.
    Rejects: nothing; the contract's constructor refuses a bad configuration.
    Claims:  C11.
    """
    assert len(configs) <= markets, "more markets than the shapes have rows"
    rows = tuple(Market(config) for config in configs) + (UNLISTED,) * (markets - len(configs))
    accounts = {
        INSURANCE: empty_account(Address(0), markets=markets),
        FEES: empty_account(fee_recipient, markets=markets),
    }
    return State(accounts=MappingProxyType(accounts), markets=rows, timestamp=timestamp)
