"""The contract's own books at the audited block, against what its events and the replay add up to."""

from dataclasses import dataclass, replace

from zkclear.audit.books import books
from zkclear.audit.inputs import Inputs, Listing, Totals
from zkclear.audit.ledger import QueueMoney, holdings
from zkclear.audit.report import Report
from zkclear.crypto.state_tree import StateTree
from zkclear.rules.state import State


@dataclass(frozen=True, slots=True)
class Counted:
    """How many batches and requests were seen without a gap, and the claims that were credited and paid, e6."""

    batches: int = 0
    requests: int = 0
    credited: int = 0
    fees: int = 0
    claimed: int = 0

    def money(self, part: Inputs) -> "Counted":
        """With the claims of a further part of the history."""
        return replace(
            self,
            credited=self.credited + sum(credit.amount for each in part.batches for credit in each.credits),
            fees=self.fees + sum(credit.amount for credit in part.fee_credits),
            claimed=self.claimed + part.claimed,
        )


def check_complete(report: Report, part: Inputs, before: Counted) -> Counted:
    """Whether a part of the history has every batch and request since the one before; what was seen with it."""
    totals = part.totals
    numbers = [settled.number for settled in part.batches]
    batches = before.batches + len(numbers)
    complete = batches == totals.batch_number and numbers == list(range(before.batches + 1, batches + 1))
    report.add(
        "batches",
        complete,
        f"{totals.batch_number} batches settled by block {totals.block}"
        if complete
        else f"the contract counts {totals.batch_number}, the events are {numbers}",
    )
    queued = [request.number for request in part.requests]
    requests = before.requests + len(queued)
    whole = requests == totals.queue_length and queued == list(range(before.requests, requests))
    report.add(
        "queue",
        whole,
        f"{totals.queue_length} requests were queued, {totals.queue_head} consumed"
        if whole
        else f"the contract counts {totals.queue_length} requests, the events are {queued}",
    )
    return replace(before.money(part), batches=batches, requests=requests)


def check_state(report: Report, totals: Totals, tree: StateTree, markets: tuple[Listing, ...]) -> None:
    """The contract's root, time, queue, marks and markets, against those of the replay; `markets` are the names."""
    state = tree.state
    rules = tuple(
        Listing(listing.name, market.config)
        for listing, market in zip(markets, state.markets[: state.listed], strict=False)
    )
    pairs: dict[str, tuple[object, object]] = {
        "state root": (tree.root, totals.state_root),
        "timestamp": (state.timestamp, totals.last_timestamp),
        "queue head": (state.next_request, totals.queue_head),
        "marks": (tuple(market.mark for market in state.markets[: state.listed]), totals.marks),
        "markets": (rules, totals.markets),
    }
    wrong = [
        f"{name}: computed {ours}, contract {theirs}"
        for name, (ours, theirs) in pairs.items()
        if ours != theirs
    ]
    report.add(
        "final state",
        not wrong,
        "; ".join(wrong)
        or f"replaying gives stateRoot() {tree.root:#x} and the rules of {state.listed} markets",
        batch=totals.batch_number or None,
    )


def check_claims(report: Report, totals: Totals, counted: Counted, queue: QueueMoney) -> None:
    """Claims and queued money are what the events add up to."""
    claims = counted.credited + counted.fees - counted.claimed
    report.add(
        "claims",
        claims == totals.total_claims,
        f"{counted.credited} e6 credited by batches + {counted.fees} e6 fees - {counted.claimed} e6 claimed = {claims} e6"
        + ("" if claims == totals.total_claims else f", but the contract owes {totals.total_claims} e6"),
    )
    waiting = (totals.queue_head, totals.queue_length)
    for name, computed, stated in (
        ("queued deposits", queue.deposits(*waiting), totals.queued_deposits),
        ("queued bonds", queue.bonds(*waiting), totals.queued_bonds),
    ):
        report.add(
            name,
            computed == stated,
            f"{computed} e6 wait in requests {totals.queue_head}..{totals.queue_length}"
            + ("" if computed == stated else f", the contract says {stated} e6"),
        )


def check_reserves(report: Report, totals: Totals, state: State) -> None:
    """The tokens cover claims, the queue and every account (I-2)."""
    owed = holdings(
        books(state),
        claims=totals.total_claims,
        deposits=totals.queued_deposits,
        bonds=totals.queued_bonds,
    )
    report.add(
        "reserves",
        totals.token_balance >= owed.total,
        f"{totals.token_balance} e6 in the vault; {owed}; surplus {totals.token_balance - owed.total} e6",
    )
