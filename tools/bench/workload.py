"""A batch that fills every row of a shape: what proving costs at most."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from prover.settlement.dev_markets import DEV_MARKETS
from zkclear.rules.actions import TimeInForce, order_code
from zkclear.rules.batch import Batch, Entry, Fill, Outcome, Request, RequestKind
from zkclear.rules.shapes import Shape
from zkclear.rules.state import State, empty_account, genesis
from zkclear.rules.units import FEES, AccountId, Address, Lots, Quote, Seconds, Ticks

START = Seconds(1_743_897_600)
COLLATERAL = Quote(10**12)
MARKS = (Ticks(18_053), Ticks(83_460))
LOTS = Lots(1_000)


def owner(account: int) -> Address:
    """Who owns an account of the workload; signatures are not what is measured here."""
    return Address(0xA0000 + account)


def opening_state(shape: Shape) -> State:
    """Accounts 2 .. A - 1, each with collateral."""
    state = genesis(
        tuple(listing.config for listing in DEV_MARKETS), fee_recipient=owner(FEES), timestamp=START
    )
    accounts = dict(state.accounts)
    for number in range(2, shape.accounts):
        opened = empty_account(owner(number), markets=len(state.markets))
        accounts[AccountId(number)] = replace(opened, collateral=COLLATERAL)
    return replace(state, accounts=MappingProxyType(accounts))


def full_batch(shape: Shape) -> Batch:
    """Every entry an order with fills, every account traded, every request row a deposit."""
    traders = range(2, shape.accounts)
    entries = sorted(
        (_order(traders[row % len(traders)], row) for row in range(shape.orders)),
        key=lambda entry: entry.position,
    )
    buys = [index for index, entry in enumerate(entries) if entry.account % 2 == 0]
    sells = [index for index, entry in enumerate(entries) if entry.account % 2 == 1]
    fills = []
    for row in range(shape.fills):
        maker = buys[row % len(buys)]
        market = entries[maker].market
        fitting = [index for index in sells if entries[index].market == market]
        fills.append(Fill(maker, fitting[(row // len(buys) + row) % len(fitting)], Lots(1)))
    deposits = tuple(
        Request(RequestKind.DEPOSIT, AccountId(traders[row % len(traders)]), amount=Quote(10**7))
        for row in range(shape.requests)
    )
    return Batch(
        number=1,
        timestamp=Seconds(START + 4),
        first_request=0,
        marks=MARKS,
        funding_steps=(7, -7),
        entries=tuple(entries),
        fills=tuple(fills),
        requests=deposits,
        outcomes=(Outcome(),) * len(deposits),
    )


def _order(account: int, row: int) -> Entry:
    market = (account // 2) % len(MARKS)
    return Entry(
        account=AccountId(account),
        market=market,
        action=order_code(sell=account % 2 == 1, tif=TimeInForce.GTC, reduce_only=False),
        lots=LOTS,
        limit=MARKS[market],
        expiry=Seconds(START + 3_600),
        nonce=1_024 + row,
        signer=owner(account),
    )
