"""The sums that must hold after every batch: conservation (I-1), zero sum (I-3), and what the vault owes (I-2)."""

from dataclasses import dataclass

from zkclear.rules.funding import payment
from zkclear.rules.state import State
from zkclear.rules.units import PPM, Quote


@dataclass(frozen=True, slots=True)
class Books:
    """
    Sums over all accounts of a state.

    `exact` is in 10^-6 quote, with pending funding and the state's dust: only deposits and withdrawals move it.
    `liability` is `C` of the safety rules: what all accounts would hold if each were opened now.
    """

    exact: int
    liability: Quote
    sizes: tuple[int, ...]
    longs: tuple[int, ...]


def books(state: State) -> Books:
    """The sums of a state."""
    exact, liability = state.funding_dust, 0
    sizes, longs = [0] * len(state.markets), [0] * len(state.markets)
    for account in state.accounts.values():
        exact += PPM * account.collateral
        liability += account.collateral
        for index, (position, market) in enumerate(zip(account.positions, state.markets, strict=True)):
            whole, dust = payment(position.size, index=market.funding_index, settled=position.funding_index)
            exact += PPM * whole + dust
            liability += whole
            sizes[index] += position.size
            longs[index] += max(position.size, 0)
    return Books(exact, Quote(liability), tuple(sizes), tuple(longs))


def disagreements(state: State, sums: Books, *, paid_in: int, paid_out: int) -> list[str]:
    """
    What is wrong with a state's `sums`, in words; empty if nothing is.

    `paid_in` and `paid_out` are all deposits that batches consumed and all that batches credited to recipients.
    """
    wrong = []
    if sums.exact != PPM * (paid_in - paid_out):
        wrong.append(
            f"accounts hold {sums.exact} millionths of a quote unit, {paid_in} - {paid_out} quote came in"
        )
    for index, market in enumerate(state.markets):
        if sums.sizes[index]:
            wrong.append(f"market {index}: positions sum to {sums.sizes[index]} lots, not 0")
        if market.open_interest != sums.longs[index]:
            wrong.append(
                f"market {index}: open interest {market.open_interest}, longs sum to {sums.longs[index]} lots"
            )
    return wrong
