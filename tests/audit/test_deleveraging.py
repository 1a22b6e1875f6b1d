"""Who is deleveraged: any other list than the ranking's is named, though the proof would allow it."""

import pytest

from tests.audit import synthetic
from tests.audit.falsified import evidence, failures, settled
from tests.risk_scenario import bankrupt
from tests.scenario import lawless
from tests.vectors.crash import deleverage
from zkclear.audit.deleveraging import compare, opening_standings
from zkclear.rules.batch import Request, RequestKind
from zkclear.rules.transition import clear

BY_RANK = ("deleveraging by rank", 5)
"""A fund that can carry nothing: three accounts are ranked."""
IN_PART = ("deleveraging of what the fund cannot carry", 2)
"""A fund that can carry a part: one account gives up the rest."""


def ranked(change, *, step=BY_RANK):
    """The history of `bankrupt` up to a deleveraging, whose list `change` alters as an operator might."""
    wanted, subject = step

    def history(venue):
        for name, batch in bankrupt(venue):
            if name == wanted:
                rows = change([(entry.account, entry.lots) for entry in venue.deleveraging(subject)])
                entries = (
                    deleverage(who, subject, lots, rank, nonce=5) for rank, (who, lots) in enumerate(rows)
                )
                yield name, venue.draft(entries=tuple(entries))
                return
            yield name, batch

    return settled(history).inputs


def test_a_beginning_of_the_ranking_passes_whose_last_account_gives_up_a_part():
    def beginning(rows):
        assert len(rows) == 3
        first, (second, most), _ = rows
        return [first, (second, most - 1)]

    inputs = ranked(beginning)
    assert failures(inputs) == []
    assert "2 of 3 rows of the ranking" in evidence(inputs, "deleveraging", len(inputs.batches))


def swapped(rows):
    """Both give up what the ranking says, in the other order."""
    return rows[::-1]


def passed_over(rows):
    """The first of the ranking gives up nothing."""
    return rows[1:]


def spared(rows):
    """The first gives up a lot less than it must before the next is asked."""
    (first, most), (second, lots), *_ = rows
    return [(first, most - 1), (second, lots)]


def shared(rows):
    """The last gives up a part, and an account that the ranking does not need gives up the rest."""
    ((only, lots),) = rows
    return [(only, lots - 10), (3 if only != 3 else 6, 10)]


@pytest.mark.parametrize(
    ("change", "step"),
    [(swapped, BY_RANK), (passed_over, BY_RANK), (spared, BY_RANK), (shared, IN_PART)],
    ids=["swapped", "passed over", "spared", "shared"],
)
def test_a_list_that_the_proof_allows_and_the_ranking_does_not_is_named(change, step):
    inputs = ranked(change, step=step)
    number = len(inputs.batches)
    assert failures(inputs) == [("deleveraging", number)]
    assert "the ranking" in evidence(inputs, "deleveraging", number)


@pytest.mark.parametrize(
    ("rows", "faults"),
    [
        ([(0, 6, 70), (1, 3, 30)], 0),
        ([(0, 6, 70)], 0),
        ([(0, 6, 69)], 0),
        ([(0, 6, 70), (1, 3, 29)], 0),
        ([(0, 6, 71)], 1),
        ([(0, 6, 70), (1, 3, 31)], 1),
        ([(0, 6, 69), (1, 3, 30)], 1),
        ([(0, 3, 30)], 1),
        ([(0, 3, 30), (1, 6, 70)], 2),
        ([(0, 6, 70), (1, 4, 30)], 1),
        ([(0, 6, 70), (1, 3, 30), (2, 4, 1)], 1),
    ],
)
def test_a_list_is_the_ranking_or_a_beginning_of_it(rows, faults):
    """The ranking wants 70 lots of account 6, then 30 of account 3."""
    assert len(compare(rows, [(6, 70), (3, 30)])) == faults


def test_accounts_are_ranked_with_their_funding_and_the_deposits_of_the_batch():
    """Account 3 is short 5,000 lots and gets 10^-3 quote for each, account 5 pays for 20,000; account 6 deposits."""
    venue = synthetic.Replayed()
    venue.prepare()
    batch = venue.draft(funding_steps=(1_000, 0), requests=(Request(RequestKind.DEPOSIT, 6, amount=7),))
    clearing = clear(venue.state, batch)
    found = opening_standings(venue.state, clearing)
    assert 3 not in clearing.openings
    before = venue.state.accounts
    moved = {number: found[number].account.collateral - before[number].collateral for number in (3, 5, 6)}
    assert moved == {3: 5, 5: -20, 6: 20 + 7}


def test_c7_a_lot_beyond_what_is_needed_is_refused_by_the_rules():
    def beyond(rows):
        ((only, lots),) = rows
        return [(only, lots + 1)]

    with lawless(fund_fits=lambda *_: False):
        inputs = ranked(beyond, step=IN_PART)
    number = len(inputs.batches)
    assert ("replay", number) in failures(inputs)
    assert "FUND_FIT" in evidence(inputs, "replay", number)
