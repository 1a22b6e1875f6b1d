"""
Whether those were deleveraged whose turn it was.

The proof shows side, price and need of every lot, not the order of the accounts: `zkclear.rules.deleveraging` does.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from zkclear.rules import actions
from zkclear.rules.batch import Batch
from zkclear.rules.deleveraging import deleveraging_plan
from zkclear.rules.funding import settle_account
from zkclear.rules.liquidation import Standing, hold, stand
from zkclear.rules.state import State
from zkclear.rules.transition import Clearing
from zkclear.rules.units import AccountId, Lots

Row = tuple[int, AccountId, Lots]
"""Index of a DELEVERAGE entry, the account that gives up lots, and how many."""


def opening_standings(state: State, clearing: Clearing) -> dict[AccountId, Standing]:
    """Every account of the state at the batch's marks with its funding settled, opened by the batch or not."""
    untouched = {
        number: settle_account(account, clearing.markets).account
        for number, account in state.accounts.items()
        if number not in clearing.openings
    }
    opened = {number: opening.account for number, opening in clearing.openings.items()}
    return {number: stand(account, clearing.markets) for number, account in (untouched | opened).items()}


def rows_of(batch: Batch) -> Mapping[tuple[AccountId, int], list[Row]]:
    """The DELEVERAGE entries of a batch by subject and market, in the order of their ranks."""
    found: dict[tuple[AccountId, int], list[tuple[int, Row]]] = defaultdict(list)
    for index, entry in enumerate(batch.entries):
        if entry.action == actions.DELEVERAGE:
            found[entry.subject, entry.market].append((entry.rank, (index, entry.account, entry.lots)))
    return {key: [row for _, row in sorted(ranked)] for key, ranked in found.items()}


def check(state: State, batch: Batch, clearing: Clearing) -> tuple[bool, str] | None:
    """
    Whether each list of deleveraged accounts is the ranking's, or a beginning of it; None if there is no such list.

    The last account of a list may give up less than the ranking says: a batch holds only so many rows.
    """
    lists = rows_of(batch)
    if not lists:
        return None
    standings = opening_standings(state, clearing)
    wrong, right = [], []
    for (subject, market), rows in sorted(lists.items()):
        holding = hold(standings[subject], market, clearing.markets)
        plan = deleveraging_plan(holding, subject, standings, clearing.markets)
        named = f"account {subject}, market {market}"
        faults = compare(rows, plan)
        wrong += [f"{named}: {fault}" for fault in faults]
        whom = ", ".join(f"account {account} {lots} lots" for _, account, lots in rows)
        right.append(f"{named}: {whom}, {len(rows)} of {len(plan)} rows of the ranking")
    return not wrong, "; ".join(wrong or right)


def compare(rows: Sequence[Row], plan: Sequence[tuple[AccountId, Lots]]) -> list[str]:
    """What is not as ranked: the entry, and what the ranking says; only the last account may give up less."""
    faults = []
    for rank, (index, account, lots) in enumerate(rows):
        if rank >= len(plan):
            faults.append(f"entry {index} takes {lots} lots of account {account}, the ranking needs no more")
            continue
        expected, most = plan[rank]
        is_last = rank == len(rows) - 1
        if account != expected or lots > most or (lots < most and not is_last):
            faults.append(
                f"entry {index} (rank {rank}) takes {lots} lots of account {account}, "
                f"the ranking says {most} of account {expected}"
            )
    return faults
