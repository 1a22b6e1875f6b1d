"""Random crashes against the real circuit: whatever batch the rules accept has a proof."""

from collections import Counter

from prover.witness import Built
from tests.circuit import Verdict, check
from tests.prover.random_crash import RandomCrash
from zkclear.rules.batch import OutcomeCode
from zkclear.rules.reject import Rejected
from zkclear.rules.risks import RiskKind

SEEDS = range(117, 123)
STEPS = 12


def accepted(crash: RandomCrash, fields) -> Built | None:
    """The witness of a batch, from which the venue goes on; None if the rules refuse it or it is too large."""
    try:
        built = crash.venue.build(**fields)
    except Rejected:
        return None
    except ValueError as cause:
        assert "does not fit shape" in str(cause)
        return None
    crash.venue.tree, crash.venue.state = built.tree, built.clearing.state
    return built


def history(seed: int):
    """Every batch of a seed that the rules accept."""
    crash = RandomCrash(seed)
    trades = (accepted(crash, crash.trade()) for _ in range(4))
    yield from (built for built in trades if built is not None)
    for step in range(STEPS):
        crash.move_prices()
        built = next(filter(None, (accepted(crash, fields) for fields in crash.candidates())), None)
        assert built is not None, f"seed {seed}, step {step}: a single request must always have a batch"
        yield built


def test_c7_whatever_batch_the_rules_accept_the_circuit_proves():
    """At the edges of every verdict, with rules from the ends of their bounds; all operations and outcomes occur."""
    risks, outcomes = Counter(), Counter()
    for seed in SEEDS:
        for built in history(seed):
            verdict, said = check(built.witness)
            assert verdict is Verdict.PROVABLE, f"seed {seed}, batch {built.witness.number}: {said}"
            risks.update((risk.kind, risk.executed) for risk in built.clearing.risks)
            outcomes.update(outcome.code for outcome in built.clearing.outcomes)
    assert {(kind, True) for kind in RiskKind} <= set(risks)
    assert {(RiskKind.TAKEOVER, False), (RiskKind.CLOSE, False)} <= set(risks)
    assert set(OutcomeCode) <= set(outcomes)
