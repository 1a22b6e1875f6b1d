"""Who is at risk, what was liquidated, what a takeover would bring: told by the rule book at the marks of the moment."""

import json
from pathlib import Path

import pytest
from eth_abi.abi import decode
from hypothesis import given
from hypothesis import strategies as st

from sequencer.core.questions import QUESTIONS
from sequencer.core.settings import Settings
from sequencer.risk.health import settled_worth
from sequencer.risk.margin import Valuation
from tests.sequencer.crash import BANKRUPT, DEEP, FALLEN, KEEPER, SUBJECT, crash_floor, fall
from tests.sequencer.floor import ETH_TICK, Floor, owner_of
from tests.sequencer.test_batches import body
from tests.sequencer.test_orders import position, refused, trade
from tests.sequencer.test_random_run import Day
from tests.sequencer.test_risk import COLLATERAL, LISTED, MARKS, SIZES, markets
from zkclear.crypto.keccak import keccak256
from zkclear.rules.batch import OutcomeCode, Request, RequestKind
from zkclear.rules.funding import settle_account
from zkclear.rules.margin import equity, margin_maintenance
from zkclear.rules.state import Account, Market, Position
from zkclear.v1 import batch_pb2, liquidation_pb2

LOT_E8 = 100_000
TOKEN = 10**6
ROOT = Path(__file__).resolve().parents[2]


def ask(floor, name, request, response):
    return response.FromString(QUESTIONS[name](floor.exchange, request.SerializeToString()))


def at_risk(floor, **changes):
    request = liquidation_pb2.ListAtRiskRequest(**changes)
    return ask(floor, "ListAtRisk", request, liquidation_pb2.ListAtRiskResponse)


def liquidations(floor, **changes):
    request = liquidation_pb2.ListLiquidationsRequest(**changes)
    return ask(floor, "ListLiquidations", request, liquidation_pb2.ListLiquidationsResponse).liquidations


def prepare(floor, account=SUBJECT, *, market="ETH-USD", lots=0, taker=KEEPER, size_e8=None):
    size_e8 = lots * LOT_E8 if size_e8 is None else size_e8
    request = liquidation_pb2.PrepareLiquidationRequest(
        account=account, market=market, max_size_e8=size_e8, taker=taker
    )
    return ask(floor, "PrepareLiquidation", request, liquidation_pb2.PrepareLiquidationResponse)


@given(
    MARKS,
    SIZES,
    COLLATERAL,
    st.tuples(st.integers(-(2**40), 2**40), st.integers(-(2**40), 2**40)),
)
def test_c7_the_worth_of_an_untouched_account_is_the_rule_books(marks, sizes, collateral, indexes):
    rows = tuple(
        Market(row.config, mark=row.mark, funding_index=index)
        for row, index in zip(markets(marks), (*indexes, *(0,) * 6), strict=True)
    )
    stored = Account(
        owner=1,
        positions=tuple(Position(size, 7) for size in (*sizes, *(0,) * 6)),
        collateral=collateral,
    )
    if any(sizes):
        settled = settle_account(stored, rows).account
        expected = (
            equity(settled.collateral, settled.positions, rows),
            margin_maintenance(settled.positions, rows),
        )
    else:
        expected = (collateral, 0)
    assert settled_worth(stored, rows, Valuation(rows, listed=LISTED)) == expected


# Accounts at risk.


def test_accounts_at_risk_come_nearest_to_liquidation_first():
    floor = Floor(settings=Settings(max_unproved=10**9, keeper_grace_s=3600))
    for account, tokens in ((2, 200), (3, 170), (4, 190)):
        floor.open(1, amount_e6=tokens * TOKEN, first=account)
    floor.open(1, amount_e6=10**6 * TOKEN, first=5)
    floor.price()
    for account in (2, 3, 4):
        trade(floor, account, 5, 1_000)
    floor.seal()
    assert list(at_risk(floor).accounts) == []
    near = at_risk(floor, health_below_ppm=3_000_000).accounts
    assert [each.account for each in near] == [3, 4, 2]
    assert [allowed.allowed_e8 for each in near for allowed in each.positions] == [0, 0, 0]
    fall(floor, 2_890)
    found = at_risk(floor).accounts
    assert [each.account for each in found] == [3]
    (worst,) = found
    # 170 tokens less the fee of 1.5 and the fall of 110: 58.5, and 2.5 % of 2,890 are needed.
    assert (worst.equity_e6, worst.maintenance_e6) == (58_500_000, 72_250_000)
    assert worst.health_ppm == 58_500_000 * 10**6 // 72_250_000
    assert worst.owner == owner_of(3).to_bytes(20, "big")
    (held,) = worst.positions
    assert (held.market, held.size_e8, held.allowed_e8) == ("ETH-USD", 1_000 * LOT_E8, 300 * LOT_E8)
    page = at_risk(floor, health_below_ppm=3_000_000, page_size=2)
    assert [each.account for each in page.accounts] == [3, 4]
    rest = at_risk(floor, health_below_ppm=3_000_000, page_size=2, page_token=page.next_page_token)
    assert ([each.account for each in rest.accounts], rest.next_page_token) == ([2], "")
    assert list(at_risk(floor, market="BTC-USD").accounts) == []
    assert [each.account for each in at_risk(floor, market="ETH-USD").accounts] == [3]
    assert refused(at_risk, floor, market="NO-USD").reason == "MARKET_NOT_FOUND"


def test_what_the_open_batch_did_counts():
    """A deposit that the batch has taken already lifts the account out of danger; a trade puts it in."""
    floor = crash_floor(grace_s=3600)
    fall(floor, FALLEN)
    assert [each.account for each in at_risk(floor).accounts] == [SUBJECT]
    floor.request(Request(RequestKind.DEPOSIT, SUBJECT, amount=100 * TOKEN))
    assert list(at_risk(floor).accounts) == []


def test_the_alert_question_gives_the_same_accounts():
    floor = crash_floor(grace_s=3600)
    fall(floor, FALLEN)
    answer = QUESTIONS["alerts"](floor.exchange, (0).to_bytes(4, "big"))
    assert liquidation_pb2.ListAtRiskResponse.FromString(answer) == at_risk(floor)


def test_a_bankrupt_account_offers_a_keeper_nothing():
    floor = crash_floor(grace_s=3600, fund_e6=0)
    floor.exchange.paused = True  # else the other side is deleveraged at once
    fall(floor, BANKRUPT, seconds=30)
    (found,) = at_risk(floor).accounts
    assert found.equity_e6 < 0
    assert found.health_ppm < 0
    assert [each.allowed_e8 for each in found.positions] == [0]
    assert prepare(floor).outcome == OutcomeCode.NOTHING_TO_DO


def test_health_lists_every_account_whatever_batch_or_request_touched_it():
    """The board against every account by itself, while the day goes on."""
    day = Day(5, shapes=("tiny", "small"), amount_e6=150 * TOKEN)
    compared = 0
    for step in range(400):
        day.step()
        if step % 4:
            continue
        exchange = day.floor.exchange
        rows = {number: exchange.batch.row(number) for number in range(2, 12)}
        expected = []
        for number, row in rows.items():
            maintenance = exchange.valuation.maintenance(row.sizes)
            if maintenance:
                worth = exchange.valuation.equity(row.collateral, row.sizes)
                expected.append((worth * 10**6 // maintenance, number, worth, maintenance))
        found = list(exchange.board.below(exchange.batch, exchange.valuation, 2**62))
        assert [tuple(each) for each in found] == sorted(expected)
        for bound in (0, 1_000_000, found[-1].ratio if found else 5, found[0].ratio + 1 if found else 5):
            below = list(exchange.board.below(exchange.batch, exchange.valuation, bound))
            assert below == [each for each in found if each.equity * 10**6 < bound * each.maintenance]
            compared += len(below)
    assert compared > 100


# What a takeover would bring.


@pytest.mark.parametrize(
    ("price", "lots"), [(FALLEN, 0), (FALLEN, 100), (FALLEN, 10_000), (DEEP, 0), (DEEP, 999)]
)
def test_a_prepared_takeover_is_the_one_that_happens(price, lots):
    floor = crash_floor(grace_s=3600)
    floor.exchange.paused = True  # a deep account would not wait for a keeper
    fall(floor, price, seconds=30)
    told = prepare(floor, lots=lots)
    assert told.outcome == OutcomeCode.EXECUTED
    _, _, asked, _ = decode(["uint32", "uint8", "uint64", "uint32"], told.calldata[4:])
    keeper = floor.exchange.batch.row(KEEPER).collateral
    record = liquidate(floor, asked)
    assert (record.outcome, record.executed * LOT_E8) == (told.outcome, told.size_e8)
    moved = record.executed
    paid = keeper - floor.exchange.batch.row(KEEPER).collateral
    assert paid == moved * price * 10**3 - told.expected_gain_e6
    assert told.mark_price_e8 == price * 10 * ETH_TICK
    # The price of a base unit, to the nearest 10^-8 of a token.
    assert abs(told.price_e8 * moved * LOT_E8 - paid * 10**10) * 2 <= moved * LOT_E8
    floor.seal()
    (liquidation,) = liquidations(floor)
    assert (liquidation.size_e8, liquidation.counterparty_e6) == (told.size_e8, told.expected_gain_e6)


def test_the_call_is_the_contracts():
    floor = crash_floor(grace_s=3600)
    fall(floor, FALLEN)
    told = prepare(floor, lots=120)
    abi = json.loads((ROOT / "contracts/abi/Settlement.json").read_text())
    (function,) = (each for each in abi if each.get("name") == "liquidate")
    types = [each["type"] for each in function["inputs"]]
    assert told.calldata[:4] == keccak256(f"liquidate({','.join(types)})".encode())[:4]
    assert decode(types, told.calldata[4:]) == (SUBJECT, 0, 120, KEEPER)
    assert told.contract == floor.exchange.genesis.record["contract"]
    assert told.bond_e6 == 20 * TOKEN
    assert told.deadline_s == floor.exchange.now_s + 86_400


def test_a_short_is_bought_back_above_what_it_costs():
    """A keeper that takes a short gets more than the mark."""
    floor = Floor(settings=Settings(max_unproved=10**9, keeper_grace_s=3600))
    floor.open(1, amount_e6=200 * TOKEN)
    floor.open(3, amount_e6=10**6 * TOKEN, first=3)
    floor.price()
    trade(floor, 3, SUBJECT, 1_000)
    floor.seal()
    fall(floor, 3_130)
    told = prepare(floor)
    assert (told.outcome, told.size_e8) == (OutcomeCode.EXECUTED, 300 * LOT_E8)
    assert told.price_e8 > told.mark_price_e8
    (found,) = at_risk(floor).accounts
    assert found.positions[0].size_e8 == -1_000 * LOT_E8


def test_a_poor_taker_is_told():
    floor = crash_floor(grace_s=3600)
    floor.open(1, amount_e6=5 * TOKEN, first=6)
    fall(floor, FALLEN)
    told = prepare(floor, taker=6)
    assert (told.outcome, told.size_e8, told.price_e8) == (OutcomeCode.TAKER_UNFIT, 0, 0)
    assert told.expected_gain_e6 == 0
    assert prepare(floor, taker=6, lots=1).outcome == OutcomeCode.EXECUTED


def test_another_market_has_nothing_to_take():
    floor = crash_floor(grace_s=3600)
    fall(floor, FALLEN)
    told = prepare(floor, market="BTC-USD")
    assert (told.outcome, told.size_e8) == (OutcomeCode.NOTHING_TO_DO, 0)


def test_what_the_contract_would_refuse_is_refused_with_its_reason():
    floor = crash_floor(grace_s=3600)
    floor.request(Request(RequestKind.OPEN, 6, address=owner_of(SUBJECT)))
    healthy = refused(prepare, floor)
    assert healthy.reason == "NOT_LIQUIDATABLE"
    assert set(healthy.metadata) == {"equity_e6", "maintenance_e6"}
    fall(floor, FALLEN)
    cases = {
        "MARKET_NOT_FOUND": {"market": "NO-USD"},
        "ACCOUNT_NOT_FOUND": {"taker": 99},
        "SIZE_OFF_LOT": {"size_e8": LOT_E8 + 1},
        "SIZE_OUT_OF_RANGE": {"size_e8": 2**40 * LOT_E8},
        "INVALID_FIELD": {"taker": 6},
    }
    for reason, changes in cases.items():
        assert refused(prepare, floor, **changes).reason == reason
    assert refused(prepare, floor, 99).reason == "ACCOUNT_NOT_FOUND"
    assert refused(prepare, floor, 0).reason == "ACCOUNT_NOT_FOUND"
    assert refused(prepare, floor, taker=0).reason == "INVALID_FIELD", "nobody owns account 0"
    off = refused(prepare, floor, size_e8=LOT_E8 + 1).metadata
    assert off == {"lot_e8": "100000", "nearest_down_e8": "100000", "nearest_up_e8": "200000"}


def liquidate(floor, lots):
    floor.request(Request(RequestKind.LIQUIDATE, SUBJECT, market=0, lots=lots, taker=KEEPER))
    return floor.exchange.requests[-1]


def settle(floor, number):
    report = batch_pb2.ReportProgressRequest(number=number, status=batch_pb2.BATCH_STATUS_SETTLED)
    floor.exchange.sealed.progress(report, time_us=floor.now_us)


def test_a_liquidation_that_the_contract_still_holds_is_pending():
    floor = crash_floor(grace_s=3600)
    fall(floor, FALLEN)
    record = liquidate(floor, 1)
    number = record.queued.number
    assert record.outcome == OutcomeCode.EXECUTED
    assert at_risk(floor, health_below_ppm=2_000_000).accounts[0].liquidate_request == number + 1
    floor.seal()
    refusal = refused(prepare, floor)
    assert (refusal.reason, refusal.metadata["request"]) == ("LIQUIDATION_PENDING", str(number))
    settle(floor, len(floor.exchange.sealed))
    assert at_risk(floor, health_below_ppm=2_000_000).accounts[0].liquidate_request == 0
    assert prepare(floor).outcome == OutcomeCode.EXECUTED


# What was liquidated.


def test_a_takeover_is_listed_with_both_parts_of_the_discount():
    floor = crash_floor(grace_s=3600)
    fall(floor, FALLEN)
    liquidate(floor, 10**6)
    assert list(liquidations(floor)) == [], "only what is sealed"
    floor.seal()
    (found,) = liquidations(floor)
    discount = 300 * FALLEN * 10**3 * 15_000 // 10**6
    assert found == liquidation_pb2.Liquidation(
        kind=liquidation_pb2.LIQUIDATION_KIND_TAKEOVER,
        account=SUBJECT,
        market="ETH-USD",
        size_e8=300 * LOT_E8,
        counterparty=KEEPER,
        discount_e6=discount,
        counterparty_e6=discount // 2,
        batch=len(floor.exchange.sealed),
        time_s=body(floor, len(floor.exchange.sealed)).timestamp_s,
    )
    assert list(liquidations(floor, account=KEEPER)) == []
    assert list(liquidations(floor, market="BTC-USD")) == []
    assert list(liquidations(floor, account=SUBJECT, market="ETH-USD")) == [found]


def test_a_liquidation_in_the_book_is_listed_at_its_fills():
    floor = crash_floor()
    floor.submit(4, "BUY GTC", 100, 28_650)
    floor.submit(4, "BUY GTC", 50, 28_640)
    fall(floor, FALLEN)
    floor.seal()
    (found,) = liquidations(floor)
    assert found.kind == liquidation_pb2.LIQUIDATION_KIND_BOOK
    assert (found.size_e8, found.counterparty) == (150 * LOT_E8, 0)
    assert found.discount_e6 == (100 * 50 + 50 * 60) * 100  # ticks below the mark, 100 quote a lot and tick
    assert position(floor, SUBJECT) == 850


def test_an_absorbed_hole_and_a_deleverage_are_listed():
    floor = crash_floor(fund_e6=0)
    fall(floor, BANKRUPT, seconds=30)
    floor.seal()
    (found,) = liquidations(floor)
    assert (found.kind, found.counterparty) == (liquidation_pb2.LIQUIDATION_KIND_DELEVERAGE, 3)
    assert found.size_e8 == 1_000 * LOT_E8
    assert found.discount_e6 == found.counterparty_e6 == -11_500_000
    floor = crash_floor()
    fall(floor, BANKRUPT, seconds=30)
    floor.seal()
    (found,) = liquidations(floor)
    assert (found.kind, found.counterparty) == (liquidation_pb2.LIQUIDATION_KIND_ABSORB, 0)
    assert found.discount_e6 == found.counterparty_e6 == -11_500_000


def test_a_forced_close_is_listed_and_a_refused_takeover_is_not():
    floor = crash_floor()
    floor.request(Request(RequestKind.CLOSE, SUBJECT, market=0, lots=200))
    liquidate(floor, 10)
    assert floor.exchange.requests[-1].outcome == OutcomeCode.NOT_LIQUIDATABLE
    floor.seal()
    (found,) = liquidations(floor)
    assert (found.kind, found.size_e8) == (liquidation_pb2.LIQUIDATION_KIND_CLOSE, 200 * LOT_E8)
