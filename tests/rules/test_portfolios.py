"""
One verdict in three places: ten thousand portfolios on the edges of the rules.

The rule book says who is liquidatable, how many lots may go, at which discount, and what becomes of a request; the
sequencer's fast twin and the circuit's gadgets must say the same. The seed is fixed; the counts are printed.
"""

import json
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from sequencer.risk.liquidation import book_terms, is_liquidatable, liquidatable_accounts
from sequencer.risk.margin import Valuation
from tests import circuit
from tests.rules.effort import times
from tests.rules.worlds import World, draw_request, draw_world
from tests.vectors import records
from tests.vectors.calls import CALLS
from tests.vectors.generate import encode
from zkclear.rules.batch import Request, RequestKind
from zkclear.rules.funding import settle_account
from zkclear.rules.liquidation import (
    allowed_lots,
    book_loss,
    chunk_lots,
    discount,
    hold,
    is_deep,
    stand,
)
from zkclear.rules.opening import advance_markets
from zkclear.rules.state import UNLISTED
from zkclear.rules.units import INSURANCE, NOTIONAL_BOUND, TICKS_BOUND, Lots, Seconds

COUNT = times(10_000)
SEED = "portfolios"


@cache
def portfolios() -> list[tuple[World, Request]]:
    """States of three accounts in one to eight markets, each with a LIQUIDATE or CLOSE of one account."""
    rng, drawn = Random(SEED), []
    while len(drawn) < COUNT:
        world = draw_world(rng, accounts=3, markets=rng.choice((1, 1, 2, 3, 8)))
        request = draw_request(rng, world)
        if request.kind in (RequestKind.LIQUIDATE, RequestKind.CLOSE):
            drawn.append((world, request))
    return drawn


def _case(world: World, request: Request) -> dict[str, Any]:
    """The request as a case of `liquidation.json`, answered by the rule book."""
    rows = [market for market in world.rows if market != UNLISTED]
    takes = request.kind is RequestKind.LIQUIDATE
    carrier = request.taker if takes else INSURANCE
    call = "takeover_outcome" if takes else "close_outcome"
    plain = {
        "account": records.account_to_plain(world.state.accounts[request.account]),
        "taker" if takes else "fund": records.account_to_plain(world.state.accounts[carrier]),
        "markets": [records.market_to_plain(market) for market in rows],
        "index": request.market % len(rows),
        "most": request.lots,
    }
    for part in ("account", "taker" if takes else "fund"):
        plain[part]["positions"] = plain[part]["positions"][: len(rows)]
    return {"call": call, "in": plain, "out": CALLS[call](plain)}


def test_c7_rule_book_and_circuit_give_ten_thousand_portfolios_one_verdict(tmp_path: Path) -> None:
    """Outcome, lots and the cash of all three sides of each request, by the rule book and by the circuit's gadgets."""
    cases = [_case(world, request) for world, request in portfolios()]
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(encode(case)) + "\n" for case in cases))
    done = circuit.run("replay", "--cases", path)
    seen = Counter((case["call"], int(case["out"]["code"])) for case in cases)
    sys.stdout.write(f"{len(cases)} cases, seed {SEED!r}: {sorted(seen.items())}\n{done.stdout}")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-2_000:]
    assert min(seen.values()) > COUNT // 100
    assert len(seen) == 4 + 3


def test_c7_rule_book_and_sequencer_give_ten_thousand_portfolios_one_verdict() -> None:
    """Who is liquidatable, of every account of every state; with funding pending, which the fast twin settles itself."""
    seen: Counter[str] = Counter()
    for world, _ in portfolios():
        rows = advance_markets(world.state, world.draft(()), elapsed=Seconds(4))
        valuation = Valuation(rows, listed=len(world.marks))
        below = []
        for number, account in world.state.accounts.items():
            standing = stand(settle_account(account, rows).account, rows)
            assert is_liquidatable(account, rows, valuation) == standing.is_liquidatable
            if standing.is_liquidatable:
                below.append(number)
            difference = standing.equity - standing.maintenance
            seen["one unit" if abs(difference) <= 1 else "further"] += 1
            seen["negative"] += standing.equity < 0
        stored = world.state.accounts
        found = liquidatable_accounts(stored, stored, {}, markets=rows, valuation=valuation)
        assert found == sorted(below)
    sys.stdout.write(f"{3 * COUNT} accounts, seed {SEED!r}: {dict(seen)}\n")
    assert seen["one unit"] > COUNT // 10
    assert seen["negative"] > COUNT // 10


def test_c7_the_terms_of_a_liquidation_in_the_book_are_the_worst_legal_ones() -> None:
    """The limit that the sequencer sends is legal, and one tick worse is not; it sends nothing only where nothing is legal."""
    sent = 0
    for world, request in portfolios():
        holding = hold(world.standing(request.account), request.market, world.rows)
        if request.account == INSURANCE or holding.size == 0 or not holding.standing.is_liquidatable:
            continue
        terms = book_terms(holding, account=request.account)
        most = min(allowed_lots(holding), chunk_lots(holding))
        if terms is None:  # nothing may go, or nothing at the mark: a hole is never paid in the book
            assert most == 0 or discount(holding, Lots(1)) < 0 or discount(holding, most) < 0
            continue
        sent += 1
        lots, limit = terms
        unit = holding.market.config.quote_per_lot_tick
        assert 1 <= lots <= most
        assert lots * limit * unit < NOTIONAL_BOUND
        assert book_loss(holding, Lots(lots), limit) <= discount(holding, Lots(lots))
        worse = limit - holding.direction
        if 1 <= worse < TICKS_BOUND:
            assert book_loss(holding, Lots(lots), worse) > discount(holding, Lots(lots))
        assert is_deep(holding) or lots <= allowed_lots(holding)
    sys.stdout.write(f"{sent} liquidations in the book\n")
    assert sent > COUNT // 20
