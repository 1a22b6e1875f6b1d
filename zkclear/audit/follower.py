"""
The audited state of a deployment: the history is taken in parts, in its order, and each part is judged as it comes.

This is the one place that rebuilds a state from a chain. `audit.py` gives it all of a history at once, `live.py` what is new.
"""

from zkclear.audit.batches import BatchAuditor
from zkclear.audit.context import prepare
from zkclear.audit.deployment import check_deployment, check_genesis, require_possible
from zkclear.audit.inputs import Inputs, Listing
from zkclear.audit.progress import Progress, silent
from zkclear.audit.report import Report
from zkclear.audit.totals import Counted, check_claims, check_complete, check_reserves, check_state
from zkclear.rules.reject import Rejected
from zkclear.rules.state import State


class Follower:
    """
    Where a history has led to so far. What is wrong with a part is in `report`; a state is only as good as that.

    Whoever may have to go back keeps a `fork`.
    """

    def __init__(self, auditor: BatchAuditor) -> None:
        self.auditor = auditor
        self.counted = Counted()

    @property
    def report(self) -> Report:
        """Every check since the beginning, or since the fork."""
        return self.auditor.report

    @property
    def state(self) -> State | None:
        """The state after the last batch; None once a batch could not be replayed."""
        return self.auditor.replay.state

    @property
    def markets(self) -> tuple[Listing, ...]:
        """The markets that are listed after it."""
        return self.auditor.markets

    def waiting(self) -> dict[int, int]:
        """The requests that no batch has consumed yet, by number; none once a batch could not be replayed."""
        if self.state is None:
            return {}
        known, number = self.auditor.context.requests, self.state.next_request
        found = {}
        while number in known:  # at most as many as are known
            found[number] = known[number]
            number += 1
        return found

    def fork(self) -> "Follower":
        """The same place, from which the history goes on on its own, with an empty report."""
        twin = Follower(self.auditor.fork(Report()))
        twin.counted = self.counted
        return twin

    def take(self, part: Inputs, *, progress: Progress = silent) -> None:
        """Every check of the batches of a part but their proofs, and whether it follows the part before without a gap."""
        self.auditor.context.learn(part.requests, part.markets)
        self.auditor.replay.queue.add(part.requests)
        for done, settled in enumerate(part.batches):
            progress("batches replayed", done, len(part.batches))
            self.auditor.take(settled)
        progress("batches replayed", len(part.batches), len(part.batches))

    def conclude(self, part: Inputs) -> None:
        """The contract's own books at the end of a part that was taken."""
        report, replay, totals = self.report, self.auditor.replay, part.totals
        self.counted = check_complete(report, part, self.counted)
        if replay.tree is not None:
            check_state(report, totals, replay.tree, self.markets)
        check_claims(report, totals, self.counted, replay.queue)
        if replay.tree is not None:
            check_reserves(report, totals, replay.tree.state)


def begin(report: Report, first: Inputs) -> Follower | None:
    """
    A follower at the first root, which the first part of the history must start from.

    None if the deployment is none that the contract could have made.
    """
    try:
        require_possible(first.deployment)
        auditor = BatchAuditor(prepare(first.deployment), report)
    except (Rejected, ValueError) as error:
        report.add("deployment", False, f"no contract of ours was deployed like this: {error}")
        return None
    check_deployment(report, first.deployment)
    assert auditor.replay.tree is not None, "no batch was taken yet"
    check_genesis(report, first, computed=auditor.replay.tree.root)
    return Follower(auditor)
