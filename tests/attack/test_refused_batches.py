"""Whatever the rules refuse in a crash, the circuit refuses too, when an operator clears it without them."""

from collections.abc import Iterator
from contextlib import suppress

import pytest

from prover.witness import Built
from tests.attack.lenient import LENIENT
from tests.circuit import Verdict, check
from tests.prover.random_crash import RandomCrash
from tests.rules.effort import times
from tests.scenario import lawless
from zkclear.rules.batch import Batch
from zkclear.rules.reject import Reject, Rejected
from zkclear.v1 import witness_pb2 as pb

pytestmark = pytest.mark.attack

SEEDS = range(207, 307)
STEPS = 12
EACH = times(2)
"""How many batches of each reason the circuit is asked about."""
REASONS = {
    Reject.NOT_LIQUIDATABLE,
    Reject.LIQUIDATION_TERMS,
    Reject.FUND_FIT,
    Reject.FUND_UNFIT,
    Reject.CLOSING_RULE,
    Reject.SUBJECT_REPEATED,
}


def built(crash: RandomCrash, batch: Batch) -> Built | None:
    """The batch by the rules that are in force; None if the shape has no room for it."""
    try:
        return crash.venue.build(batch)
    except ValueError as cause:
        assert "does not fit shape" in str(cause)
        return None


def settled(crash: RandomCrash, batch: Batch) -> bool:
    """Whether the rules take the batch, and the shape: then the crash goes on from it."""
    taken = built(crash, batch)
    if taken is not None:
        crash.venue.tree, crash.venue.state = taken.tree, taken.clearing.state
    return taken is not None


def refused(seed: int) -> Iterator[tuple[Reject, pb.Witness]]:
    """Every batch of a random crash that the rules refuse for one of `REASONS`, cleared without them."""
    crash = RandomCrash(seed)
    for _ in range(4):
        with suppress(Rejected):
            settled(crash, crash.venue.draft(**crash.trade()))
    for _ in range(STEPS):
        crash.move_prices()
        for fields in crash.candidates():
            try:
                batch = crash.venue.draft(**fields)
                if settled(crash, batch):
                    break
            except Rejected as refusal:
                if refusal.reason not in REASONS:
                    continue
                with lawless(**LENIENT):
                    forged = built(crash, batch)
                if forged is not None:
                    yield refusal.reason, forged.witness


def test_c5_c7_whatever_the_rules_refuse_in_a_crash_has_no_proof():
    """Batches at the edges of every verdict that break one rule or more: each fails in a constraint."""
    asked = dict.fromkeys(REASONS, 0)
    for seed in SEEDS:
        for reason, witness in refused(seed):
            if asked[reason] < EACH:
                asked[reason] += 1
                verdict, said = check(witness)
                assert verdict is Verdict.UNSATISFIED, (
                    f"seed {seed}, batch {witness.number}, {reason}: {said}"
                )
        if min(asked.values()) == EACH:
            return
    raise AssertionError(f"not every reason was met {EACH} times: {asked}")
