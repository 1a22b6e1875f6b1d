"""What the vault must hold for all accounts: invariant I-2 of a state, to be compared with the chain's own books."""

from __future__ import annotations

from zkclear.rules.num import div_ceil
from zkclear.rules.state import State
from zkclear.rules.units import PPM, Quote


def owed(state: State) -> Quote:
    """
    All collateral with the funding that no account has settled yet, and the dust.

    Units:   quote.
    Rounds:  up, once: a vault that is short by a unit is short.
    """
    exact = state.funding_dust
    for account in state.accounts.values():
        exact += PPM * account.collateral
        for position, market in zip(account.positions, state.markets, strict=True):
            if position.size != 0:
                exact -= position.size * (market.funding_index - position.funding_index)
    return Quote(div_ceil(exact, PPM))
