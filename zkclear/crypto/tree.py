"""
What the state root is made of: slot leaves, account leaves, the markets hash and the root itself.

Circuit twin: `circuits/tree/tree.go`. Contract twin: `TreeLib.sol`. Vectors: `tree.json`. Layout: `docs/encoding.md`.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from zkclear.crypto.poseidon2 import TAG_ACCOUNT, TAG_MARKET, TAG_SLOT, TAG_STATE, sponge
from zkclear.crypto.sparse_tree import SparseTree
from zkclear.rules.reject import Reject
from zkclear.rules.shapes import ACCOUNT_DEPTH, MARKETS, SLOT_DEPTH
from zkclear.rules.state import (
    UNLISTED,
    Account,
    Market,
    MarketConfig,
    Position,
    Slot,
    State,
)
from zkclear.rules.units import (
    ADDRESS_BOUND,
    FUNDING_INDEX_BOUND,
    NONCE_BOUND,
    PPM,
    PPM_BOUND,
    QUOTE_BOUND,
    SECONDS_BOUND,
    SIZE_BOUND,
    TICKS_BOUND,
    in_range,
)
from zkclear.rules.words import pack

EMPTY_ACCOUNT_LEAF = 0
"""The leaf of an account that was never opened."""
SIZE_OFFSET = SIZE_BOUND
COLLATERAL_OFFSET = QUOTE_BOUND
FUNDING_OFFSET = FUNDING_INDEX_BOUND
MAKER_FEE_OFFSET = PPM_BOUND
CONFIG_CACHE = 4 * MARKETS
"""Configurations change rarely; a few generations of all markets stay hashed."""


def _bounded(value: int, low: int, high: int, field: str) -> int:
    """`value`, refused with FIELD_OUT_OF_RANGE unless low <= value < high."""
    in_range(value, low, high, reason=Reject.FIELD_OUT_OF_RANGE, field=field)
    return value


def slot_leaf(slot: Slot) -> int:
    """
    The leaf of an order slot: `SLOT * 2^96 + nonce * 2^40 + filled`, not hashed.

    Units:   filled in lots.
    Bounds:  nonce < 2^56, filled < 2^40: the value is below 2^99, so it cannot pass for a node.
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE.
    Claims:  C3, C11.
    """
    nonce = _bounded(slot.nonce, 0, NONCE_BOUND, "slot nonce")
    filled = _bounded(slot.filled, 0, SIZE_BOUND, "slot filled")
    return TAG_SLOT << 96 | nonce << 40 | filled


UNUSED_SLOT_LEAF = TAG_SLOT << 96


def slot_tree(slots: Mapping[int, Slot]) -> SparseTree:
    """The tree of an account's slots; all that are not in the mapping are unused. Claims: C3, C11."""
    tree = SparseTree(SLOT_DEPTH, empty_leaf=UNUSED_SLOT_LEAF)
    tree.update({number: slot_leaf(slot) for number, slot in slots.items()})
    return tree


def slots_root(slots: Mapping[int, Slot]) -> int:
    """The root of an account's slots. Claims: C3, C11."""
    return slot_tree(slots).root


def _position_field(position: Position) -> int:
    size = _bounded(position.size, 1 - SIZE_BOUND, SIZE_BOUND, "position size")
    index = _bounded(
        position.funding_index,
        1 - FUNDING_INDEX_BOUND,
        FUNDING_INDEX_BOUND,
        "position funding index",
    )
    return (size + SIZE_OFFSET) << 63 | (index + FUNDING_OFFSET)


def account_elements(account: Account, *, slots_root: int) -> list[int]:
    """
    What the account leaf hashes: owner and collateral, agent, slots root, positions two by two.

    Units:   collateral in quote, sizes in lots.
    Bounds:  as `docs/encoding.md`; the number of markets is even.
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE.
    Claims:  C11.
    """
    assert len(account.positions) % 2 == 0, "positions are packed two by two"
    owner = _bounded(account.owner, 0, ADDRESS_BOUND, "owner")
    agent = _bounded(account.agent, 0, ADDRESS_BOUND, "agent")
    until = _bounded(account.agent_until, 0, SECONDS_BOUND, "agent until")
    collateral = _bounded(account.collateral, 1 - QUOTE_BOUND, QUOTE_BOUND, "collateral")
    fields = [_position_field(position) for position in account.positions]
    return [
        owner << 64 | (collateral + COLLATERAL_OFFSET),
        agent << 40 | until,
        slots_root,
        *(fields[i] << 104 | fields[i + 1] for i in range(0, len(fields), 2)),
    ]


def account_leaf(account: Account, *, slots: int | None = None) -> int:
    """
    The leaf of an opened account; `slots` is the root of its slots where the caller already has it.

    Units:   field elements.
    Bounds:  as `account_elements`.
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE.
    Claims:  C11.
    """
    root = slots_root(account.slots) if slots is None else slots
    return sponge(TAG_ACCOUNT, account_elements(account, slots_root=root))


def market_config_elements(config: MarketConfig) -> list[int]:
    """
    A market's configuration in three words of 200, 225 and 160 bits.

    Units:   as `MarketConfig`.
    Bounds:  as `docs/encoding.md`; abs(maker_fee) < 2^20.
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE.
    Claims:  C4, C11.
    """
    maker_fee = _bounded(config.maker_fee, 1 - PPM_BOUND, PPM_BOUND, "maker fee")
    maintenance, initial = config.maintenance, config.initial
    return [
        pack(
            (config.quote_per_lot_tick, 24),
            (config.lot_e8, 64),
            (config.tick_e8, 64),
            (config.max_open_interest, 40),
            (config.status, 8),
        ),
        pack(
            (config.t1, 62),
            (config.t2, 62),
            (maintenance.r1, 20),
            (maintenance.r2, 20),
            (maintenance.r3, 20),
            (maker_fee + MAKER_FEE_OFFSET, 21),
            (config.taker_fee, 20),
        ),
        pack(
            (initial.r1, 20),
            (initial.r2, 20),
            (initial.r3, 20),
            (config.liquidation_fee, 20),
            (config.keeper_share, 20),
            (config.close_factor, 20),
            (config.closeout, 20),
            (config.max_funding_rate, 20),
        ),
    ]


@lru_cache(maxsize=CONFIG_CACHE)
def market_config_hash(config: MarketConfig) -> int:
    """The hash of a market's configuration. Rejects: FIELD_OUT_OF_RANGE. Claims: C4, C11."""
    return sponge(TAG_MARKET, market_config_elements(config))


def market_live_word(market: Market) -> int:
    """
    Mark, funding index and open interest of a market in one word; 0 for an unlisted row.

    Units:   ticks, 10^-6 quote a lot, lots.
    Bounds:  mark < 2^32, abs(funding index) < 2^62, open interest < 2^40.
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE.
    Claims:  C6, C11.
    """
    if market == UNLISTED:
        return 0
    mark = _bounded(market.mark, 0, TICKS_BOUND, "mark")
    index = _bounded(
        market.funding_index,
        1 - FUNDING_INDEX_BOUND,
        FUNDING_INDEX_BOUND,
        "funding index",
    )
    interest = _bounded(market.open_interest, 0, SIZE_BOUND, "open interest")
    return mark << 112 | (index + FUNDING_OFFSET) << 48 | interest


def markets_hash(markets: Sequence[Market]) -> int:
    """
    The hash of all market rows: configuration hash and live word of each.

    Units:   field elements.
    Bounds:  one row a market of the shape, unlisted ones included.
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE.
    Claims:  C11.
    """
    elements = [
        element
        for market in markets
        for element in (market_config_hash(market.config), market_live_word(market))
    ]
    return sponge(TAG_MARKET, elements)


def state_root_of_parts(*, accounts_root: int, markets_hash: int, timestamp: int, funding_dust: int) -> int:
    """
    The state root of its four parts.

    Units:   timestamp in Unix seconds, dust in 10^-6 quote.
    Bounds:  timestamp < 2^40, 0 <= dust < 10^6.
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE.
    Claims:  C6, C11.
    """
    time = _bounded(timestamp, 0, SECONDS_BOUND, "timestamp")
    dust = _bounded(funding_dust, 0, PPM, "funding dust")
    return sponge(TAG_STATE, [accounts_root, markets_hash, time << 64 | dust])


def state_root(state: State, *, account_depth: int = ACCOUNT_DEPTH) -> int:
    """
    The root of a whole state, from nothing: the slow truth that `StateTree` is compared with.

    Units:   field elements.
    Bounds:  account ids below 4^account_depth.
    Rounds:  nothing.
    Rejects: FIELD_OUT_OF_RANGE; IndexError for an account id beyond the tree.
    Claims:  C11.
    """
    accounts = SparseTree(account_depth, empty_leaf=EMPTY_ACCOUNT_LEAF)
    accounts.update({number: account_leaf(account) for number, account in state.accounts.items()})
    return state_root_of_parts(
        accounts_root=accounts.root,
        markets_hash=markets_hash(state.markets),
        timestamp=state.timestamp,
        funding_dust=state.funding_dust,
    )
