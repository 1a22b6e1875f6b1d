"""The state that a contract was deployed with, read from the contract itself."""

from __future__ import annotations

from web3.contract import Contract

from prover.settlement.dev_markets import Listing
from prover.settlement.errors import ChainMismatchError
from zkclear.crypto.tree import state_root
from zkclear.rules.markets import config_of_fields
from zkclear.rules.state import State, genesis
from zkclear.rules.units import FEES, Address, Seconds


def read_listings(contract: Contract) -> tuple[Listing, ...]:
    """The listed markets in listing order."""
    count = int(contract.functions.marketCount().call())
    found = (contract.functions.market(index).call() for index in range(count))
    return tuple(Listing(name, config_of_fields(fields)) for name, fields, _ in found)


def read_genesis(contract: Contract) -> State:
    """
    The state before batch 1.

    The contract hashed the same state in its constructor; whether that gave the same root is checked where the root
    of block `genesis()` is known: at deployment, or against the old root of batch 1.
    """
    _, timestamp = contract.functions.genesis().call()
    fee_recipient = int(contract.functions.owner(FEES).call(), 16)
    return genesis(
        tuple(listing.config for listing in read_listings(contract)),
        fee_recipient=Address(fee_recipient),
        timestamp=Seconds(int(timestamp)),
    )


def require_genesis_root(contract: Contract) -> int:
    """The root of a contract that has settled nothing yet, equal by our rules and by its own. Refuses otherwise."""
    ours = state_root(read_genesis(contract))
    theirs = int(contract.functions.stateRoot().call())
    if ours != theirs:
        raise ChainMismatchError(f"the contract's first root is {theirs:#x}, the rule book's {ours:#x}")
    return ours
