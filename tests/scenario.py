"""
A market whose entries are signed by real keys and whose batches become witnesses.

For tests of proofs, flows and attacks. `Venue` holds the state and its tree; `scripted` is a short history that
meets every kind of entry, request and closing in batches of shape `tiny`.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from prover.witness import Built, build_witness
from tests.vectors.drawer import BTC, ETH
from tests.vectors.scenario import START, Exchange
from zkclear.crypto.bind import domain_word
from zkclear.crypto.eip712 import Domain
from zkclear.crypto.entry import Listing, entry_digest, listing
from zkclear.crypto.keccak import keccak256
from zkclear.crypto.signatures import ORDER, address_of, recover, sign
from zkclear.crypto.state_tree import StateTree
from zkclear.rules import actions, netting, opening, risks, transition
from zkclear.rules.batch import Batch, Entry, Fill, Request, RequestKind
from zkclear.rules.shapes import TINY, Shape
from zkclear.rules.state import MarketConfig, State, genesis
from zkclear.rules.units import SECONDS_BOUND, AccountId, Address, Seconds

CHAIN = Domain(chain_id=31_337, contract=0xC1EA2)
DOMAIN = domain_word(chain_id=31_337, contract=0xC1EA2, circuit_id=bytes(32))
ASSET = "USDC"
LISTINGS = (listing("ETH-USD", ETH), listing("BTC-USD", BTC))
HOUR = 3_600


def key_of(account: int) -> int:
    """The private key of an account's owner, the same in every run."""
    return int.from_bytes(keccak256(f"zkclear test account {account}".encode()), "big") % (ORDER - 1) + 1


def owner_of(account: int) -> Address:
    """The address that owns an account; account 0 has no owner."""
    return Address(address_of(key_of(account)) if account else 0)


@dataclass(frozen=True)
class Signed:
    """An entry with the signature that calldata carries; `entry.signer` is what ecrecover gives for it."""

    entry: Entry
    signature: bytes
    recipient: int | None = None


def sign_entry(
    entry: Entry,
    key: int,
    *,
    recipient: int | None = None,
    domain: Domain = CHAIN,
    listings: Sequence[Listing] = LISTINGS,
) -> Signed:
    """Sign an entry as its wallet does, and recover the signer as the contract does."""
    digest = entry_digest(domain, entry, listings=listings, asset=ASSET, recipient=recipient)
    signature = sign(digest, key)
    return Signed(replace(entry, signer=Address(recover(digest, signature))), signature, recipient)


class Venue(Exchange):
    """An `Exchange` of real keys that keeps the tree of its state and builds a witness of every batch."""

    listings: Sequence[Listing] = LISTINGS
    """What wallets know of the markets."""

    def __init__(self, configs: tuple[MarketConfig, ...] = (ETH, BTC), *, shape: Shape = TINY) -> None:
        super().__init__(configs, rows=shape.markets)
        self.shape = shape
        self.state = genesis(
            configs, fee_recipient=owner_of(1), timestamp=Seconds(START), markets=shape.markets
        )
        self.tree = StateTree(self.state, account_depth=shape.account_depth)

    def build(self, batch: Batch | None = None, **fields: Any) -> Built:
        """The witness of the next batch; nothing moves."""
        return build_witness(self.tree, batch or self.draft(**fields), shape=self.shape, domain=DOMAIN)

    def advance(self, batch: Batch | None = None, **fields: Any) -> Built:
        """The witness of the next batch, which then is the last one."""
        drafted = batch or self.draft(**fields)
        built = self.build(drafted)
        self.history.append((self.state, drafted))
        self.tree, self.state = built.tree, built.clearing.state
        return built

    def settle(self, **fields: Any) -> State:
        """Apply the next batch."""
        return self.advance(**fields).clearing.state

    def open(self, *accounts: int, amount: int = 10**9) -> State:
        """Open accounts, each with a deposit."""
        return self.settle(requests=self.opening(*accounts, amount=amount))

    def opening(self, *accounts: int, amount: int = 10**9) -> tuple[Request, ...]:
        """Requests that open accounts, each with a deposit."""
        return tuple(
            request
            for account in accounts
            for request in (
                Request(RequestKind.OPEN, AccountId(account), address=owner_of(account)),
                Request(RequestKind.DEPOSIT, AccountId(account), amount=amount),
            )
        )

    def order(
        self, account: int, action: int | str, lots: int, limit: int, *, nonce: int = 1_024, **fields: Any
    ) -> Entry:
        """A signed order, good for an hour, in market 0 unless `market` says otherwise; `key` signs, or the owner."""
        key = fields.pop("key", key_of(account))
        code = actions.parse_order_action(action) if isinstance(action, str) else action
        unsigned = {"market": 0, "expiry": self.state.timestamp + HOUR, "signer": 0, **fields}
        entry = Entry(account=account, action=code, lots=lots, limit=limit, nonce=nonce, **unsigned)
        return sign_entry(entry, key, listings=self.listings).entry

    def withdrawal(self, account: int, amount: int, *, nonce: int, **fields: Any) -> Entry:
        """A signed withdrawal to the account's owner."""
        key = fields.pop("key", key_of(account))
        times = {"expiry": self.state.timestamp + HOUR, **fields}
        entry = Entry(
            account=account,
            market=0,
            action=actions.WITHDRAW,
            lots=amount >> 32,
            limit=amount & (2**32 - 1),
            nonce=nonce,
            signer=0,
            **times,
        )
        return sign_entry(entry, key, recipient=owner_of(account)).entry

    def cancel(self, account: int, *, nonce: int) -> Entry:
        """A signed cancellation of whatever is in the slot of `nonce`."""
        entry = Entry(
            account=account,
            market=0,
            action=actions.CANCEL,
            lots=0,
            limit=0,
            expiry=SECONDS_BOUND - 1,
            nonce=nonce,
            signer=0,
        )
        return sign_entry(entry, key_of(account)).entry


def scripted(venue: Venue) -> Iterator[tuple[str, Batch]]:
    """Named batches, each to be applied before the next is drawn: `for name, batch in scripted(v): v.advance(batch)`."""
    yield "open and deposit", venue.draft(requests=venue.opening(2, 3))
    yield "open more", venue.draft(requests=venue.opening(4, 5, amount=5 * 10**8))
    yield (
        "partial fill, funding",
        venue.draft(
            entries=(venue.order(2, "BUY GTC", 100, 18_050), venue.order(3, "SELL IOC", 60, 18_040)),
            fills=(Fill(0, 1, 60),),
            funding_steps=(5, -7),
        ),
    )
    venue.marks = (18_253, 83_000)
    yield (
        "partial fill continued, prices changed",
        venue.draft(
            entries=(
                venue.order(2, "BUY GTC", 100, 18_050),
                venue.order(4, "SELL IOC", 40, 18_050, nonce=77),
            ),
            fills=(Fill(0, 1, 40),),
            funding_steps=(-3, 11),
        ),
    )
    yield (
        "fill or kill in the second market",
        venue.draft(
            entries=(
                venue.order(4, "SELL POST_ONLY", 30, 83_010, nonce=2_050, market=1),
                venue.order(5, "BUY FOK", 30, 83_010, nonce=2_048, market=1),
            ),
            fills=(Fill(0, 1, 30),),
            funding_steps=(1, 1),
        ),
    )
    agent = owner_of(77)
    yield (
        "agent, forced withdrawal, deposit",
        venue.draft(
            requests=(
                Request(RequestKind.AGENT, AccountId(3), address=agent, until=Seconds(START + 100)),
                Request(RequestKind.WITHDRAW, AccountId(2), amount=2**61),
                Request(RequestKind.DEPOSIT, AccountId(2), amount=10**7),
            ),
            funding_steps=(9, -9),
        ),
    )
    yield (
        "signed withdrawal, cancel, agent's reduce-only order",
        venue.draft(
            entries=(
                venue.cancel(2, nonce=9_216),
                venue.order(3, "BUY GTC REDUCE_ONLY", 60, 18_250, nonce=4_097, key=key_of(77)),
                venue.withdrawal(3, 5_000_000, nonce=4_096),
                venue.order(5, "SELL GTC", 60, 18_240, nonce=3_000),
            ),
            fills=(Fill(2, 3, 55),),
        ),
    )
    yield (
        "leverage",
        venue.draft(
            entries=(
                venue.order(3, "SELL GTC", 11_000, 18_253, nonce=5_000),
                venue.order(4, "BUY IOC", 11_000, 18_260, nonce=5_000),
            ),
            fills=(Fill(0, 1, 10_400),),
        ),
    )
    venue.marks = (17_980, 83_000)
    yield (
        "reduced below the initial margin",
        venue.draft(
            entries=(
                venue.order(4, "SELL IOC REDUCE_ONLY", 3_000, 17_900, nonce=6_000),
                venue.order(5, "BUY GTC", 3_000, 17_980, nonce=6_000),
            ),
            fills=(Fill(1, 0, 1_500), Fill(1, 0, 1_500)),
        ),
    )
    yield "agent revoked", venue.draft(requests=(Request(RequestKind.AGENT, AccountId(3)),))
    yield (
        "every row in use",
        venue.draft(
            entries=tuple(
                venue.order(account, side, 40, 17_980, nonce=7_000)
                for account, side in ((2, "SELL GTC"), (3, "BUY GTC"), (4, "SELL IOC"), (5, "BUY GTC"))
            ),
            fills=(Fill(0, 1, 20), Fill(0, 3, 20), Fill(1, 2, 20), Fill(3, 2, 20)),
            requests=tuple(
                Request(RequestKind.DEPOSIT, AccountId(n), amount=n * 10**6) for n in (2, 3, 4, 5)
            ),
            funding_steps=(-1_000, 1_000),
        ),
    )
    yield "empty", venue.draft()


CLEARING = (transition, opening, netting, risks)
"""The modules that clear a batch and name the rules that they use."""


@contextmanager
def lawless(**rules: Callable[..., Any]) -> Iterator[None]:
    """Replace rules wherever a batch is cleared, for a while, as an operator would who forges a batch."""
    with ExitStack() as stack:
        for name, rule in rules.items():
            homes = [module for module in CLEARING if hasattr(module, name)]
            assert homes, f"no rule of the transition is called {name}"
            for module in homes:
                stack.enter_context(patch.object(module, name, rule))
        yield
