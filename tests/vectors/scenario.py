"""A scripted market on the rule book alone: signed by plain numbers, for vectors and property tests."""

from dataclasses import replace
from typing import Any

from tests.vectors.drawer import BTC, ETH
from zkclear.rules.batch import Batch, Entry, Fill, Request, RequestKind
from zkclear.rules.opening import advance_markets, open_accounts, resolve_requests
from zkclear.rules.shapes import MARKETS
from zkclear.rules.state import MarketConfig, State, genesis
from zkclear.rules.transition import apply_batch
from zkclear.rules.units import Seconds

FEE_RECIPIENT = 0xFEE
START = 1_743_897_600


def owner_of(account: int) -> int:
    """The address that owns an account of the scenario."""
    return FEE_RECIPIENT if account == 1 else 0xA0000 + account


class Exchange:
    """Holds a state and applies one batch after the other; `history` keeps (state, batch) pairs."""

    def __init__(self, configs: tuple[MarketConfig, ...] = (ETH, BTC), *, rows: int = MARKETS) -> None:
        self.state: State = genesis(
            configs, fee_recipient=FEE_RECIPIENT, timestamp=Seconds(START), markets=rows
        )
        self.marks = (18_053, 83_460)[: len(configs)]
        self.history: list[tuple[State, Batch]] = []

    def draft(self, **fields: Any) -> Batch:
        """The next batch with these fields, its entries sorted and its outcomes as the rules give them."""
        entries = tuple(sorted(fields.pop("entries", ()), key=lambda entry: entry.position))
        batch = Batch(
            **{
                "number": self.state.number + 1,
                "timestamp": self.state.timestamp + 4,
                "first_request": self.state.next_request,
                "marks": self.marks,
                "funding_steps": (0,) * len(self.marks),
                "entries": entries,
                **fields,
            }
        )
        if "outcomes" in fields:
            return batch
        elapsed = Seconds(batch.timestamp - self.state.timestamp)
        markets = advance_markets(self.state, batch, elapsed=elapsed)
        openings = open_accounts(self.state, batch, markets)
        return replace(batch, outcomes=resolve_requests(batch, openings, markets))

    def settle(self, **fields: Any) -> State:
        """Apply the next batch."""
        batch = self.draft(**fields)
        after = apply_batch(self.state, batch)
        self.history.append((self.state, batch))
        self.state = after
        return after

    def open(self, *accounts: int, amount: int = 10**9) -> State:
        """Open accounts, each with a deposit."""
        requests = []
        for account in accounts:
            requests.append(Request(RequestKind.OPEN, account, address=owner_of(account)))
            requests.append(Request(RequestKind.DEPOSIT, account, amount=amount))
        return self.settle(requests=tuple(requests))

    def order(
        self, account: int, action: int, lots: int, limit: int, *, nonce: int = 1_024, **fields: Any
    ) -> Entry:
        """An order in market 0, good for an hour, signed by the account's owner."""
        base = {
            "market": 0,
            "expiry": self.state.timestamp + 3_600,
            "signer": owner_of(account),
        }
        return Entry(
            account=account, action=action, lots=lots, limit=limit, nonce=nonce, **{**base, **fields}
        )


def trading_day() -> Exchange:
    """A short day that meets every kind of entry and request, two markets, funding and a price change."""
    day = Exchange()
    day.open(2, 3)
    day.open(4, 5, amount=5 * 10**8)
    first = (day.order(2, 0x40, 100, 18_050), day.order(3, 0x41, 60, 18_040))
    day.settle(entries=first, fills=(Fill(0, 1, 60),), funding_steps=(5, -7))
    day.marks = (18_253, 83_000)
    again = (day.order(2, 0x40, 100, 18_050), day.order(4, 0x43, 40, 18_050, nonce=77))
    day.settle(entries=again, fills=(Fill(0, 1, 40),), funding_steps=(-3, 11))
    bitcoin = (
        day.order(4, 0x41, 30, 83_010, nonce=2_050, market=1),
        day.order(5, 0x44, 30, 83_010, nonce=2_048, market=1),
    )
    day.settle(entries=bitcoin, fills=(Fill(0, 1, 30),), funding_steps=(1, 1))
    day.settle(
        requests=(
            Request(RequestKind.AGENT, 3, address=0xA6E47, until=START + 100),
            Request(RequestKind.WITHDRAW, 2, amount=2**61),
            Request(RequestKind.DEPOSIT, 2, amount=10**7),
        ),
        funding_steps=(9, -9),
    )
    payout = Entry(3, 0, 0x80, 0, 5_000_000, START + 500, 4_096, owner_of(3))
    cancel = Entry(2, 0, 0x82, 0, 0, 2**40 - 1, 9_216, owner_of(2))
    close = day.order(3, 0x48, 60, 18_250, nonce=4_097, signer=0xA6E47)
    other = day.order(5, 0x41, 60, 18_240, nonce=3_000)
    day.settle(entries=(payout, cancel, close, other), fills=(Fill(2, 3, 55),))
    day.settle()
    return day
