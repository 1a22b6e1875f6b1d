"""The state that a contract was deployed with, read from the contract itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from web3.contract import Contract

from prover.settlement.dev_markets import Listing
from prover.settlement.errors import ChainMismatchError
from zkclear.crypto.tree import state_root
from zkclear.rules.markets import config_of_fields
from zkclear.rules.state import State, genesis
from zkclear.rules.units import FEES, Address, Seconds


def read_listings(contract: Contract) -> tuple[Listing, ...]:
    """
    The markets of the deployment, in listing order, as they were then.

    Later rules and later markets come with the batches that consumed their requests.
    """
    block, _ = contract.functions.genesis().call()
    events = contract.events.MarketListed().get_logs(
        argument_filters={"batch": 0}, from_block=block, to_block=block
    )
    found = sorted((event["args"] for event in events), key=lambda listed: int(listed["market"]))
    return tuple(Listing(listed["name"], config_of_fields(_fields(listed["config"]))) for listed in found)


def _fields(struct: Mapping[str, Any]) -> tuple[Any, ...]:
    """A struct of an event, which comes with names, as the plain tuple that a call gives."""
    return tuple(_fields(each) if isinstance(each, Mapping) else each for each in struct.values())


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
