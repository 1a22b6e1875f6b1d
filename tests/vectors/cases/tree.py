"""Cases of `zkclear/crypto/tree.py` and `zkclear/crypto/sparse_tree.py`."""

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.vectors import records
from tests.vectors.crypto_calls import case
from tests.vectors.drawer import AGENT, BTC, ETH, OWNER, account
from zkclear.crypto.poseidon2_constants import FIELD
from zkclear.rules.state import UNLISTED, Market, Position, Slot, State, empty_account, genesis

MODULE = "tree"
CLAIMS = ("C3", "C6", "C11")
NOTES = {
    "Empty": "a subtree in which nothing was set, at each depth in use",
    "Genesis": "the root that the contract's constructor computes by itself",
    "Bound": "last legal value, first illegal one, one far beyond",
    "Sign": "negative collateral, size and funding index: offsets, not two's complement",
    "Place": "one leaf at each of the four places of each level: the path's order is child order without its own",
    "Unlisted": "an unlisted row: the offset of the maker fee stays, the live word is 0",
    "Closed": "a slot that a WITHDRAW or CANCEL took",
    "Random": "drawn with a fixed seed",
}
UNUSED = 2 << 96
TIME = 1_760_000_000


def _genesis(rows: int) -> State:
    return genesis((ETH, BTC), fee_recipient=0xFEE, timestamp=TIME, markets=rows)


def _busy(rows: int, draw: random.Random) -> State:
    """A state with accounts, positions, slots, prices and dust."""
    state = _genesis(rows)
    accounts = dict(state.accounts)
    for number in (2, 3, 5, 64, 255):
        positions = tuple(
            Position(draw.randrange(-(10**6), 10**6), draw.randrange(-(10**12), 10**12))
            if row < 2
            else Position()
            for row in range(rows)
        )
        nonces = [draw.randrange(2**56) for _ in range(4)]
        accounts[number] = replace(
            empty_account(OWNER + number, markets=rows),
            positions=positions,
            collateral=draw.randrange(-(10**9), 10**12),
            agent=AGENT,
            agent_until=TIME + 86_400,
            slots={nonce % 1024: Slot(nonce, draw.randrange(2**40)) for nonce in nonces},
        )
    markets = (
        Market(ETH, 30_001, -123_456_789, 900_000),
        Market(BTC, 90_007, 987_654, 12_345),
        *state.markets[2:],
    )
    return replace(state, accounts=accounts, markets=markets, timestamp=TIME + 7, funding_dust=999_999)


def _state(state: State, *flags: str, depth: int) -> dict[str, Any]:
    return case("state_root", *flags, state=records.state_to_plain(state), account_depth=depth)


def _leaves() -> Iterator[dict[str, Any]]:
    for nonce, filled in ((0, 0), (1, 1), (2**56 - 1, 2**40 - 2), (2**56, 0), (0, 2**40), (2**100, 0)):
        yield case("slot_leaf", "Bound", nonce=nonce, filled=filled)
    yield case("slot_leaf", "Closed", nonce=1_760_000_000_000 * 1024 + 7, filled=2**40 - 1)
    yield case("slots_root", "Empty", slots=[])
    yield case("slots_root", slots=[[0, 1024, 5], [1, 1025, 6], [1023, 2047, 7]])
    for collateral in (0, 2**62 - 1, 1 - 2**62, 2**62, -(2**62), 2**80):
        yield case("account_leaf", "Bound", "Sign", account=account(collateral))
    for size in (2**40 - 1, 1 - 2**40, 2**40, -(2**40)):
        yield case("account_leaf", "Bound", "Sign", account=account(0, (0, size)))
    for index in (2**62 - 1, 1 - 2**62, 2**62, -(2**62)):
        yield case("account_leaf", "Bound", "Sign", account=account(0, (0, 0), (index, 0)))
    agent = {"agent": 2**160 - 1, "agent_until": 2**40 - 1, "slots": {3: (2**56 - 1021, 9)}}
    yield case("account_leaf", account=account(-5, (7, -8), (-9, 10), **agent))
    yield case("account_leaf", "Bound", account=account(owner=2**160))
    yield case("account_leaf", "Bound", account=account(agent_until=2**40))
    eight = records.account_to_plain(empty_account(0xFEE, markets=8))
    yield case("account_leaf", "Genesis", account=eight)


def _markets() -> Iterator[dict[str, Any]]:
    for config in (ETH, BTC, replace(ETH, maker_fee=1 - 2**20), replace(ETH, maker_fee=2**20)):
        yield case("market_config_hash", config=records.config_to_plain(config))
    yield case("market_config_hash", "Unlisted", config=records.config_to_plain(UNLISTED.config))
    yield case(
        "market_config_hash", "Bound", config=records.config_to_plain(replace(ETH, quote_per_lot_tick=2**24))
    )
    yield case("market_live_word", "Unlisted", market=records.market_to_plain(UNLISTED))
    for live in (
        (0, 0, 0),
        (2**32 - 1, 2**62 - 1, 2**40 - 1),
        (1, 1 - 2**62, 1),
        (2**32, 0, 0),
        (1, 2**62, 0),
    ):
        yield case("market_live_word", "Bound", market=records.market_to_plain(Market(ETH, *live)))


def _trees(draw: random.Random) -> Iterator[dict[str, Any]]:
    for depth, leaf in ((1, 0), (4, 0), (12, 0), (5, UNUSED)):
        yield case("empty_root", "Empty", depth=depth, leaf=leaf)
    for index in [place << 2 * level for level in range(5) for place in range(1, 4)] + [0, 1023]:
        yield case("sparse_tree", "Place", depth=5, empty_leaf=UNUSED, leaves=[[index, 77]], index=index)
    many = [[index, draw.randrange(FIELD)] for index in draw.sample(range(4**12), 12)]
    for index in (many[0][0], many[1][0] ^ 1, 0):
        yield case("sparse_tree", "Random", depth=12, empty_leaf=0, leaves=many, index=index)
    for index in (0, 27, 4**4 - 1, 4**4):
        siblings = [draw.randrange(FIELD) for _ in range(12)]
        yield case(
            "root_from_path", "Bound", leaf=draw.randrange(FIELD), index=index, siblings=siblings, depth=4
        )
    yield case("root_from_path", "Bound", leaf=1, index=0, siblings=[0] * 11, depth=4)
    yield case("root_from_path", "Bound", leaf=FIELD, index=0, siblings=[0] * 12, depth=4)


def cases() -> Iterator[dict[str, Any]]:
    draw = random.Random(11)
    yield from _leaves()
    yield from _markets()
    yield from _trees(draw)
    for rows, depth in ((2, 4), (8, 12)):
        yield _state(_genesis(rows), "Genesis", depth=depth)
        yield _state(_busy(rows, draw), "Random", depth=depth)
    alone = genesis((), fee_recipient=0xFEE, timestamp=TIME)
    yield _state(alone, "Genesis", "Unlisted", depth=12)
    yield _state(replace(_genesis(2), funding_dust=10**6), "Bound", depth=4)
    yield _state(replace(_genesis(2), timestamp=2**40), "Bound", depth=4)
