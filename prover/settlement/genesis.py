"""The state that a contract was deployed with, read from the contract itself."""

from __future__ import annotations

from typing import Any

from web3.contract import Contract

from prover.settlement.dev_markets import Listing
from prover.settlement.errors import ChainMismatchError
from zkclear.crypto.tree import state_root
from zkclear.rules.state import MarketConfig, Rates, State, genesis
from zkclear.rules.units import FEES, Address, Lots, Ppm, Quote, Seconds


def read_listings(contract: Contract) -> tuple[Listing, ...]:
    """The listed markets in listing order."""
    count = int(contract.functions.marketCount().call())
    found = (contract.functions.market(index).call() for index in range(count))
    return tuple(Listing(name, _config(fields)) for name, fields, _ in found)


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


def _config(fields: Any) -> MarketConfig:
    """A market's rules from the ABI's struct, in the order of its fields."""
    lot_e8, tick_e8, quote_per_lot_tick, t1, t2, maintenance, initial, maker, taker, *rest = fields
    liquidation, keeper, close, closeout, funding, interest, status = rest
    return MarketConfig(
        lot_e8=lot_e8,
        tick_e8=tick_e8,
        quote_per_lot_tick=quote_per_lot_tick,
        t1=Quote(t1),
        t2=Quote(t2),
        maintenance=Rates(*(Ppm(rate) for rate in maintenance)),
        initial=Rates(*(Ppm(rate) for rate in initial)),
        maker_fee=Ppm(maker),
        taker_fee=Ppm(taker),
        liquidation_fee=Ppm(liquidation),
        keeper_share=Ppm(keeper),
        close_factor=Ppm(close),
        closeout=Ppm(closeout),
        max_funding_rate=Ppm(funding),
        max_open_interest=Lots(interest),
        status=status,
    )


def config_fields(config: MarketConfig) -> tuple[Any, ...]:
    """A market's rules as the ABI's struct."""
    return (
        config.lot_e8,
        config.tick_e8,
        config.quote_per_lot_tick,
        config.t1,
        config.t2,
        _rates(config.maintenance),
        _rates(config.initial),
        config.maker_fee,
        config.taker_fee,
        config.liquidation_fee,
        config.keeper_share,
        config.close_factor,
        config.closeout,
        config.max_funding_rate,
        config.max_open_interest,
        config.status,
    )


def _rates(rates: Rates) -> tuple[int, int, int]:
    return rates.r1, rates.r2, rates.r3
