"""
No queue can stop the exchange: on every state, every request has an outcome and a batch that carries it.

The contract freezes an exchange whose oldest request is not taken in time, so a request that no batch could carry
would be a weapon. Several requests of one account can contradict each other; then a batch takes the first of them.
"""

import sys
from collections import Counter
from dataclasses import replace
from random import Random

from tests.rules.effort import times
from tests.rules.test_conservation import check_invariants
from tests.rules.worlds import World, draw_request, draw_world
from zkclear.rules.batch import EXECUTED, Batch, OutcomeCode, Request, RequestKind
from zkclear.rules.closing import ClosingClass
from zkclear.rules.orders import did_not_grow
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.transition import Clearing, clear
from zkclear.rules.units import INSURANCE, TICKS_BOUND, AccountId, Lots, Quote, Ticks

SINGLES, PAIRS, QUEUES = times(4_000), times(1_000), times(150)
MOVING = (RequestKind.LIQUIDATE, RequestKind.CLOSE, RequestKind.WITHDRAW)


def _check_subject(cleared: Clearing) -> None:
    """The subject of an executed takeover or close ends reduced or better, by the closing rule's own numbers."""
    for row in cleared.risks:
        if not row.executed or row.lots == 0 or row.subject == row.counterparty:
            continue  # nothing moves; only account 0 could be closed by itself, and nobody can ask for it
        before, after = cleared.openings[row.subject].account, cleared.closings[row.subject]
        assert cleared.classes[row.subject] in (ClosingClass.REDUCED, ClosingClass.HEALTHY)
        assert did_not_grow(before.positions[row.market].size, after.positions[row.market].size)


def test_c7_c9_every_request_alone_has_an_outcome_and_a_batch() -> None:
    """Single requests on states at every edge: the outcome is total, the batch that carries it is accepted."""
    rng, seen = Random("single requests"), Counter[tuple[str, int]]()
    for _ in range(SINGLES):
        world = draw_world(rng, accounts=rng.choice((3, 4, 6)), markets=rng.choice((1, 2, 8)))
        batch = world.draft((draw_request(rng, world),))
        cleared = clear(world.state, batch)
        _check_subject(cleared)
        check_invariants(world.state, batch, cleared.state)
        seen[batch.requests[0].kind.name, int(batch.outcomes[0].code)] += 1
    sys.stdout.write(f"{SINGLES} requests: {sorted(seen.items())}\n")
    for code in OutcomeCode:
        if code != OutcomeCode.FUND_UNFIT:
            assert seen["LIQUIDATE", code] > SINGLES // 100
    for code in (OutcomeCode.EXECUTED, OutcomeCode.NOTHING_TO_DO, OutcomeCode.FUND_UNFIT):
        assert seen["CLOSE", code] > SINGLES // 100


def test_c7_c9_a_takeover_never_contradicts_another_request_of_its_subject() -> None:
    """Below maintenance nothing is paid out and nothing is closed by request, so any other request of it fits beside."""
    rng, executed = Random("takeover and another"), 0
    for _ in range(PAIRS):
        world = draw_world(rng, accounts=5, markets=2)
        taking = draw_request(rng, world)
        while taking.kind is not RequestKind.LIQUIDATE or taking.taker == taking.account:
            taking = draw_request(rng, world)
        account = taking.account
        other = rng.choice(
            (
                Request(RequestKind.WITHDRAW, account, amount=Quote(2**60)),
                Request(RequestKind.CLOSE, account, market=rng.randrange(2), lots=Lots(2**39)),
                Request(RequestKind.DEPOSIT, account, amount=Quote(rng.choice((1, 10**6, 10**12)))),
                Request(RequestKind.AGENT, account, address=0xC000),
            )
        )
        pair = (taking, other) if rng.random() < 0.5 else (other, taking)
        batch = world.draft(pair)
        is_taken = batch.outcomes[pair.index(taking)].code == EXECUTED
        if other.kind is RequestKind.CLOSE and (taking.taker == 0 or account == 0) and not is_taken:
            continue  # account 0 would carry both, which the next test looks at
        executed += is_taken
        check_invariants(world.state, batch, clear(world.state, batch).state)
    assert executed > PAIRS // 10


def _longest_prefix(world: World, queue: list[Request]) -> tuple[Batch, Clearing]:
    """The most requests from the head of the queue that one batch can carry."""
    for count in range(len(queue), 0, -1):
        try:
            batch = world.draft(queue[:count])
            return batch, clear(world.state, batch)
        except Rejected as refusal:
            assert refusal.reason in (
                Reject.REQUEST_REPEATED,
                Reject.CLOSING_RULE,
                Reject.REDUCE_ONLY_VIOLATION,
            ), refusal
    raise AssertionError(f"nothing can carry {queue[0]}")


def test_c7_c9_every_queue_drains() -> None:
    """Queues of requests that contradict each other: every batch takes at least the first, at any marks."""
    rng, taken, batches = Random("queues"), 0, 0
    for _ in range(QUEUES):
        world = draw_world(rng, accounts=4, markets=2)
        queue = [draw_request(rng, world, fresh=10 + place) for place in range(rng.randrange(2, 9))]
        while queue:
            batch, cleared = _longest_prefix(world, queue)
            check_invariants(world.state, batch, cleared.state)
            taken, batches = taken + len(batch.requests), batches + 1
            world.state = replace(cleared.state, timestamp=batch.timestamp)
            queue = queue[len(batch.requests) :]
            world.marks = tuple(
                Ticks(min(TICKS_BOUND - 1, max(1, mark * rng.choice((95, 100, 105)) // 100)))
                for mark in world.marks
            )
            world.steps = (0,) * len(world.marks)
    sys.stdout.write(f"{taken} requests in {batches} batches\n")
    assert taken > batches > QUEUES


def _own(request: Request) -> AccountId | None:
    """The account whose one pending request this is, as the contract counts."""
    match request.kind:
        case RequestKind.WITHDRAW | RequestKind.CLOSE:
            return request.account
        case RequestKind.LIQUIDATE:
            return request.taker
    return None


def test_c9_what_the_contract_lets_wait_contradicts_only_through_several_closes() -> None:
    """One own request an account and none of account 0: then only the fund can be asked for more than it can carry."""
    rng, tried, conflicts = Random("pairs of the contract"), 0, 0
    while tried < PAIRS:
        world = draw_world(rng, accounts=5, markets=rng.choice((1, 2)))
        pair = [draw_request(rng, world, fresh=7 + place) for place in range(2)]
        owners = [owner for owner in map(_own, pair) if owner is not None]
        by_fund = any(request.kind in MOVING and request.account == INSURANCE for request in pair)
        if by_fund or INSURANCE in owners or len(set(owners)) < len(owners):
            continue
        try:
            batch = world.draft(pair)
        except Rejected as refusal:
            assert refusal.reason is Reject.REQUEST_REPEATED
            continue
        tried += 1
        try:
            clear(world.state, batch)
        except Rejected as refusal:
            conflicts += 1
            assert refusal.reason is Reject.CLOSING_RULE
            assert [request.kind for request in pair] == [RequestKind.CLOSE] * 2
            assert [outcome.code for outcome in batch.outcomes] == [EXECUTED] * 2
    sys.stdout.write(f"{tried} pairs, {conflicts} contradictions\n")


def test_c9_requests_that_contradict_each_other_are_taken_one_after_the_other() -> None:
    """A taker that withdraws: together no batch carries both, one by one each has its outcome."""
    rng, conflicts = Random("contradictions"), 0
    while conflicts < 5:
        world = draw_world(rng, accounts=4, markets=1)
        taking = draw_request(rng, world)
        if taking.kind is not RequestKind.LIQUIDATE or taking.taker in (0, taking.account):
            continue
        queue = [taking, Request(RequestKind.WITHDRAW, AccountId(taking.taker), amount=Quote(2**60))]
        batch, cleared = _longest_prefix(world, queue)
        if len(batch.requests) == 1:
            conflicts += 1
            world.state = cleared.state
            second, _ = _longest_prefix(world, queue[1:])
            assert second.outcomes[0].code == EXECUTED
