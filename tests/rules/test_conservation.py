"""Random batches on the rule book: nothing is created, nothing is lost, nobody ends below the rule."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.effort import times
from tests.vectors.scenario import Exchange, trading_day
from zkclear.rules.batch import Batch, Fill, Request, RequestKind
from zkclear.rules.margin import equity, margin_initial
from zkclear.rules.reject import Reject, Rejected
from zkclear.rules.state import State
from zkclear.rules.transition import apply_batch


def total_claim(state: State) -> int:
    """10^6 times all collateral, plus all pending funding, plus the dust: invariant I-1's left side."""
    pending = sum(
        -position.size * (market.funding_index - position.funding_index)
        for account in state.accounts.values()
        for position, market in zip(account.positions, state.markets, strict=True)
    )
    collateral = sum(account.collateral for account in state.accounts.values())
    return 10**6 * collateral + pending + state.funding_dust


def moved_by_requests(batch: Batch) -> int:
    """Deposits minus withdrawals, forced and signed, of a batch."""
    paid = sum(
        outcome.amount
        for request, outcome in zip(batch.requests, batch.outcomes, strict=True)
        if request.kind is RequestKind.WITHDRAW
    )
    forced = sum(request.amount for request in batch.requests if request.kind is RequestKind.DEPOSIT) - paid
    return forced - sum(entry.amount for entry in batch.entries if entry.action == 0x80)


def check_invariants(before: State, batch: Batch, after: State) -> None:
    """I-1 and I-3 over one batch."""
    assert total_claim(after) - total_claim(before) == 10**6 * moved_by_requests(batch)
    assert 0 <= after.funding_dust < 10**6
    for index, market in enumerate(after.markets):
        sizes = [account.positions[index].size for account in after.accounts.values()]
        assert sum(sizes) == 0
        assert market.open_interest == sum(max(size, 0) for size in sizes)


def test_c6_c8_a_trading_day_conserves_every_unit() -> None:
    """The scripted day of the vectors keeps I-1 and I-3 after every batch."""
    day = trading_day()
    states = [state for state, _ in day.history[1:]] + [day.state]
    for (before, batch), after in zip(day.history, states, strict=True):
        check_invariants(before, batch, after)


TRADES = st.tuples(
    st.integers(2, 5),  # maker
    st.integers(2, 5),  # taker
    st.booleans(),  # maker sells
    st.integers(1, 30_000),  # lots
    st.integers(-300, 300),  # maker's limit over the mark, ticks
)
BATCHES = st.lists(
    st.tuples(
        st.lists(TRADES, max_size=4),
        st.integers(-400, 400),  # move of the mark
        st.integers(-5_000, 5_000),  # funding step
        st.integers(0, 2**31),  # forced withdrawal of account 2, 0 = none
    ),
    min_size=1,
    max_size=6,
)


def _orders(
    exchange: Exchange, trades: list[tuple[int, int, bool, int, int]]
) -> dict[str, tuple[object, ...]]:
    entries, pairs, nonce = [], [], 1_024 * (exchange.state.number + 2)
    for number, (maker, taker, sells, lots, offset) in enumerate(trades):
        limit = exchange.marks[0] + offset
        actions = (0x41, 0x40) if sells else (0x40, 0x41)
        made = exchange.order(maker, actions[0], lots, limit, nonce=nonce + 2 * number)
        took = exchange.order(taker, actions[1], lots, limit, nonce=nonce + 2 * number + 1)
        entries += [made, took]
        pairs.append((made, took, lots))
    entries.sort(key=lambda entry: entry.position)
    fills = tuple(Fill(entries.index(made), entries.index(took), lots) for made, took, lots in pairs)
    return {"entries": tuple(entries), "fills": fills}


@settings(max_examples=times(150), deadline=None)
@given(BATCHES)
def test_c5_c6_random_batches_conserve_and_close_by_the_rule(
    batches: list[tuple[list[object], int, int, int]],
) -> None:
    """Whatever the rule book accepts keeps every unit; what it refuses, it refuses for a trading reason."""
    exchange = Exchange()
    exchange.open(2, 3)
    exchange.open(4, 5, amount=3 * 10**8)
    allowed = {
        Reject.SAME_ACCOUNT,
        Reject.CLOSING_RULE,
        Reject.LIQUIDATABLE_FILLED,
        Reject.FUNDING_STEP_TOO_LARGE,
        Reject.NOT_WITHDRAWABLE,
    }
    for trades, move, step, withdrawal in batches:
        exchange.marks = (max(1_000, exchange.marks[0] + move), exchange.marks[1])
        requests = (Request(RequestKind.WITHDRAW, 2, amount=withdrawal),) if withdrawal else ()
        before = exchange.state
        try:
            batch = exchange.draft(requests=requests, funding_steps=(step, 0), **_orders(exchange, trades))
            after = apply_batch(before, batch)
        except Rejected as refusal:
            assert refusal.reason in allowed
            continue
        check_invariants(before, batch, after)
        exchange.state = after


@settings(max_examples=times(100), deadline=None)
@given(st.integers(1, 60_000), st.integers(-300, 300))
def test_c5_a_new_position_is_taken_exactly_when_it_ends_healthy(lots: int, offset: int) -> None:
    """An account that opens a position is accepted iff its closing equity covers its initial margin."""
    exchange = Exchange()
    exchange.open(2, amount=10**8)
    exchange.open(3, amount=10**12)
    limit = exchange.marks[0] + offset
    entries = (exchange.order(2, 0x40, lots, limit), exchange.order(3, 0x41, lots, limit))
    batch = exchange.draft(entries=entries, fills=(Fill(1, 0, lots),))
    try:
        after = apply_batch(exchange.state, batch)
    except Rejected as refusal:
        assert refusal.reason is Reject.CLOSING_RULE
        richer = Exchange()
        richer.open(2, amount=10**12)
        richer.open(3, amount=10**12)
        after = apply_batch(richer.state, batch)
        poor = after.accounts[2].collateral - 10**12 + 10**8
        assert equity(poor, after.accounts[2].positions, after.markets) < margin_initial(
            after.accounts[2].positions, after.markets
        )
    else:
        account = after.accounts[2]
        worth = equity(account.collateral, account.positions, after.markets)
        assert worth >= margin_initial(account.positions, after.markets)


def test_c2_a_settled_batch_cannot_be_applied_again() -> None:
    """Every batch of the day, replayed with a fresh number, is refused or changes no balance."""
    day = trading_day()
    for _, batch in day.history:
        if not batch.fills:
            continue
        again = replace(
            batch,
            number=day.state.number + 1,
            first_request=day.state.next_request,
            timestamp=day.state.timestamp,
            funding_steps=(0, 0),
            requests=(),
            outcomes=(),
        )
        try:
            apply_batch(day.state, again)
        except Rejected as refusal:
            assert refusal.reason in (Reject.OVERFILLED, Reject.NONCE_STALE, Reject.AGENT_EXPIRED)
        else:
            raise AssertionError(f"batch {batch.number} was taken twice")
