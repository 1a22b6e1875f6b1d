"""The rule behind each `call` of the rule vectors, on plain integers: one table for the generator and for pytest."""

from collections.abc import Callable
from typing import Any

from tests.vectors import records
from tests.vectors.records import Plain
from zkclear.rules import (
    closing,
    deleveraging,
    fills,
    funding,
    liquidation,
    margin,
    markets,
    num,
    orders,
    requests,
    risks,
    words,
)
from zkclear.rules.batch import Entry, Fill, Outcome
from zkclear.rules.shapes import shape_by_name
from zkclear.rules.state import UNLISTED, Rates, Slot
from zkclear.rules.transition import apply_batch


def _rows(plain: Plain) -> tuple[Any, Any]:
    account = records.account_from_plain(plain["account"])
    return account, [records.market_from_plain(market) for market in plain["markets"]]


def _margins(plain: Plain) -> Plain:
    account, rows = _rows(plain)
    return {
        "equity": margin.equity(account.collateral, account.positions, rows),
        "maintenance": margin.margin_maintenance(account.positions, rows),
        "initial": margin.margin_initial(account.positions, rows),
        "withdrawable": margin.withdrawable(account.collateral, account.positions, rows),
    }


def _advance(plain: Plain) -> Plain:
    market = records.market_from_plain(plain["market"])
    moved = funding.advance(market, mark=plain["mark"], step=plain["step"], elapsed=plain["elapsed"])
    return {"mark": moved.mark, "funding_index": moved.funding_index}


def _settle(plain: Plain) -> Plain:
    account, rows = _rows(plain)
    settled = funding.settle_account(account, rows)
    return {"account": records.account_to_plain(settled.account), "dust": settled.dust}


def _slot_after(plain: Plain) -> list[int]:
    slot = orders.slot_after(Slot(*plain["stored"]), Entry(**plain["entry"]), filled=plain["filled"])
    return [slot.nonce, slot.filled]


def _authorise(plain: Plain) -> bool:
    account = records.account_from_plain(plain["account"])
    orders.authorise(account, plain["signer"], timestamp=plain["timestamp"], owner_only=plain["owner_only"])
    return True


def _terms(plain: Plain) -> bool:
    rows = tuple(records.market_from_plain(market) for market in plain["markets"])
    orders.check_terms(Entry(**plain["entry"]), rows, timestamp=plain["timestamp"])
    return True


def _check_fill(plain: Plain) -> bool:
    fills.check_fill(
        Fill(*plain["fill"]),
        Entry(**plain["maker"]),
        Entry(**plain["taker"]),
        maker_owner=plain["maker_owner"],
        taker_owner=plain["taker_owner"],
    )
    return True


def _legs(plain: Plain) -> Plain:
    config = records.config_from_plain(plain["config"])
    moved = fills.legs(Fill(*plain["fill"]), Entry(**plain["maker"]), config)
    names = ("price", "cost", "maker_cash", "taker_cash", "fees", "maker_lots", "taker_lots")
    return {name: getattr(moved, name) for name in names}


def _requests(plain: Plain) -> bool:
    requests.check_requests([records.request_from_plain(row) for row in plain["requests"]])
    return True


def _outcome(plain: Plain) -> list[int]:
    account, rows = _rows(plain)
    result = requests.outcome(records.request_from_plain(plain["request"]), account, rows)
    return [result.code, result.amount]


def _opening(plain: Plain) -> Plain:
    account = records.account_from_plain(plain["account"])
    mine = [records.request_from_plain(row) for row in plain["requests"]]
    return records.account_to_plain(requests.apply_to_opening(account, mine))


def _closing(plain: Plain) -> int:
    rows = [records.market_from_plain(market) for market in plain["markets"]]
    opening = records.account_from_plain(plain["opening"])
    after = records.account_from_plain(plain["closing"])
    closing.check_bounds(opening, after, rows)
    return int(closing.closing_class(opening, after, rows, withdrawn=plain["withdrawn"]))


def _close_absorbing(plain: Plain) -> int:
    account, rows = _rows(plain)
    return int(closing.close_absorbing(account, rows))


def _open_interest(plain: Plain) -> int:
    market = records.market_from_plain(plain["market"])
    return closing.open_interest_after(market, [(before, after) for before, after in plain["sizes"]])


def _config(plain: Plain) -> bool:
    markets.check_config(records.config_from_plain(plain["config"]))
    return True


def _batch_words(plain: Plain) -> list[int]:
    return words.batch_words(
        records.batch_from_plain(plain["batch"]),
        shape_by_name(plain["shape"]),
        domain=plain["domain"],
        old_root=plain["old_root"],
        new_root=plain["new_root"],
    )


def _requirement(plain: Plain) -> int:
    return margin.requirement(
        plain["notional"], t1=plain["t1"], t2=plain["t2"], rates=Rates(plain["r1"], plain["r2"], plain["r3"])
    )


def _notional_at_entry(plain: Plain) -> int:
    return margin.notional_at_entry(
        plain["lots"], plain["ticks"], quote_per_lot_tick=plain["quote_per_lot_tick"]
    )


def _payment(plain: Plain) -> list[int]:
    return list(funding.payment(plain["size"], index=plain["index"], settled=plain["settled"]))


def _step_limit(plain: Plain) -> int:
    config = records.config_from_plain(plain["config"])
    return funding.step_limit(config, mark=plain["mark"], elapsed=plain["elapsed"])


def _holding(plain: Plain, name: str = "account") -> liquidation.Holding:
    rows = tuple(records.market_from_plain(market) for market in plain["markets"])
    standing = liquidation.stand(records.account_from_plain(plain[name]), rows)
    return liquidation.hold(standing, plain["index"], rows)


def _liquidation(plain: Plain) -> Plain:
    holding, lots = _holding(plain), plain["lots"]
    standing, amount = holding.standing, liquidation.discount(holding, lots)
    return {
        "equity": standing.equity,
        "maintenance": standing.maintenance,
        "initial": standing.initial,
        "liquidatable": standing.is_liquidatable,
        "deep": liquidation.is_deep(holding),
        "allowed": liquidation.allowed_lots(holding),
        "chunk": liquidation.chunk_lots(holding),
        "freed": liquidation.freed(holding, lots),
        "give": liquidation.give(holding, lots),
        "fee_cap": liquidation.fee_cap(holding, lots),
        "discount": amount,
        "keeper_share": liquidation.keeper_share(holding, amount),
    }


def _moved(result: tuple[Outcome, int, liquidation.Move | None]) -> Plain:
    outcome, lots, move = result
    cash = [0, 0, 0] if move is None else [move.subject_cash, move.counterparty_cash, move.fund_cash]
    return {"code": int(outcome.code), "amount": outcome.amount, "lots": lots, "cash": cash}


def _takeover(plain: Plain) -> Plain:
    taker = _holding(plain, "taker").standing
    return _moved(risks.takeover_outcome(_holding(plain), taker, plain["most"]))


def _close_out(plain: Plain) -> Plain:
    fund = _holding(plain, "fund").standing
    return _moved(risks.close_outcome(_holding(plain), fund, plain["most"]))


def _needed(plain: Plain) -> Plain:
    holding, fund = _holding(plain), _holding(plain, "fund").standing
    lots = deleveraging.needed_lots(holding, fund)
    whole = liquidation.deleverage(holding, lots, before=0)
    return {
        "lots": lots,
        "hole": -whole.discount,
        "fund_fits": liquidation.fund_fits(holding, fund, holding.lots),
    }


def _ranking(plain: Plain) -> list[int]:
    rows = tuple(records.market_from_plain(market) for market in plain["markets"])
    standings = {
        row["id"]: liquidation.stand(records.account_from_plain(row), rows) for row in plain["accounts"]
    }
    holding = liquidation.hold(standings[plain["subject"]], plain["index"], rows)
    return list(map(int, deleveraging.ranking(holding, plain["subject"], standings, rows)))


def _check_change(plain: Plain) -> Plain:
    rows = [records.market_from_plain(market) for market in plain["markets"]]
    rows += [UNLISTED] * (plain["rows"] - len(rows))
    return records.market_to_plain(
        markets.check_change(rows, plain["index"], records.config_from_plain(plain["config"]))
    )


def _apply(plain: Plain) -> Plain:
    after = apply_batch(records.state_from_plain(plain["state"]), records.batch_from_plain(plain["batch"]))
    return records.state_to_plain(after)


CALLS: dict[str, Callable[[Plain], Any]] = {
    "div_ceil": lambda plain: num.div_ceil(plain["numerator"], plain["divisor"]),
    "div_floor": lambda plain: num.div_floor(plain["numerator"], plain["divisor"]),
    "requirement": _requirement,
    "notional_at_entry": _notional_at_entry,
    "margins": _margins,
    "payment": _payment,
    "step_limit": _step_limit,
    "advance": _advance,
    "settle_account": _settle,
    "did_not_grow": lambda plain: orders.did_not_grow(plain["before"], plain["after"]),
    "slot_after": _slot_after,
    "authorise": _authorise,
    "check_terms": _terms,
    "fee": lambda plain: fills.fee(plain["cost"], plain["rate"]),
    "check_fill": _check_fill,
    "legs": _legs,
    "check_requests": _requests,
    "outcome": _outcome,
    "apply_to_opening": _opening,
    "closing_class": _closing,
    "close_absorbing": _close_absorbing,
    "open_interest_after": _open_interest,
    "check_config": _config,
    "check_change": _check_change,
    "liquidation": _liquidation,
    "takeover_outcome": _takeover,
    "close_outcome": _close_out,
    "needed_lots": _needed,
    "ranking": _ranking,
    "entry_word": lambda plain: words.entry_word(Entry(**plain["entry"])),
    "request_word": lambda plain: words.request_word(records.request_from_plain(plain["request"])),
    "parse_request": lambda plain: records.request_to_plain(words.parse_request(plain["word"])),
    "outcome_word": lambda plain: words.outcome_word(Outcome(*plain["outcome"])),
    "fill_words": lambda plain: words.fill_words([Fill(*row) for row in plain["fills"]]),
    "batch_words": _batch_words,
    "apply_batch": _apply,
}
