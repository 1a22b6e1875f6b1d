"""Rule-book records as plain dicts, and back: the form in which vectors carry states and batches."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from zkclear.rules.batch import Batch, Entry, Fill, Outcome, Request, RequestKind
from zkclear.rules.state import (
    UNLISTED,
    Account,
    Market,
    MarketConfig,
    Position,
    Rates,
    Slot,
    State,
)

Plain = dict[str, Any]

_CONFIG_NUMBERS = (
    "lot_e8",
    "tick_e8",
    "quote_per_lot_tick",
    "t1",
    "t2",
    "maker_fee",
    "taker_fee",
    "liquidation_fee",
    "keeper_share",
    "close_factor",
    "closeout",
    "max_funding_rate",
    "max_open_interest",
    "status",
)


def numbers(value: Any) -> Any:
    """Decimal strings as integers, everywhere inside."""
    if isinstance(value, str) and value.lstrip("-").isdigit():
        return int(value)
    if isinstance(value, Mapping):
        return {key: numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [numbers(item) for item in value]
    return value


def rates_to_plain(rates: Rates) -> list[int]:
    """The three rates in order."""
    return [rates.r1, rates.r2, rates.r3]


def config_to_plain(config: MarketConfig) -> Plain:
    """A configuration as a flat dict."""
    plain: Plain = {name: getattr(config, name) for name in _CONFIG_NUMBERS}
    plain["maintenance"] = rates_to_plain(config.maintenance)
    plain["initial"] = rates_to_plain(config.initial)
    return plain


def config_from_plain(plain: Plain) -> MarketConfig:
    """The inverse of `config_to_plain`."""
    fields = {name: plain[name] for name in _CONFIG_NUMBERS}
    return MarketConfig(**fields, maintenance=Rates(*plain["maintenance"]), initial=Rates(*plain["initial"]))


def market_to_plain(market: Market) -> Plain:
    """A market with its configuration and live values."""
    return {
        "config": config_to_plain(market.config),
        "mark": market.mark,
        "funding_index": market.funding_index,
        "open_interest": market.open_interest,
    }


def market_from_plain(plain: Plain) -> Market:
    """The inverse of `market_to_plain`."""
    return Market(
        config_from_plain(plain["config"]), plain["mark"], plain["funding_index"], plain["open_interest"]
    )


def account_to_plain(account: Account) -> Plain:
    """An account; a position is [size, funding index], a slot is [number, nonce, filled]."""
    return {
        "owner": account.owner,
        "agent": account.agent,
        "agent_until": account.agent_until,
        "collateral": account.collateral,
        "positions": [[position.size, position.funding_index] for position in account.positions],
        "slots": [[number, slot.nonce, slot.filled] for number, slot in sorted(account.slots.items())],
    }


def account_from_plain(plain: Plain) -> Account:
    """The inverse of `account_to_plain`."""
    return Account(
        owner=plain["owner"],
        agent=plain["agent"],
        agent_until=plain["agent_until"],
        collateral=plain["collateral"],
        positions=tuple(Position(size, index) for size, index in plain["positions"]),
        slots=MappingProxyType({number: Slot(nonce, filled) for number, nonce, filled in plain["slots"]}),
    )


def state_to_plain(state: State) -> Plain:
    """A state; only listed markets are written, `rows` says how many rows there are."""
    return {
        "accounts": [{"id": key, **account_to_plain(state.accounts[key])} for key in sorted(state.accounts)],
        "markets": [market_to_plain(market) for market in state.markets[: state.listed]],
        "rows": len(state.markets),
        "timestamp": state.timestamp,
        "funding_dust": state.funding_dust,
        "number": state.number,
        "next_request": state.next_request,
    }


def state_from_plain(plain: Plain) -> State:
    """The inverse of `state_to_plain`."""
    markets = [market_from_plain(market) for market in plain["markets"]]
    return State(
        accounts=MappingProxyType({row["id"]: account_from_plain(row) for row in plain["accounts"]}),
        markets=tuple(markets) + (UNLISTED,) * (plain["rows"] - len(markets)),
        timestamp=plain["timestamp"],
        funding_dust=plain["funding_dust"],
        number=plain["number"],
        next_request=plain["next_request"],
    )


_ENTRY = ("account", "market", "action", "lots", "limit", "expiry", "nonce", "signer", "trigger")


def entry_to_plain(entry: Entry) -> Plain:
    """An entry as a flat dict."""
    return {name: getattr(entry, name) for name in _ENTRY}


def request_to_plain(request: Request) -> Plain:
    """A request as a flat dict."""
    return {
        "kind": int(request.kind),
        "account": request.account,
        "amount": request.amount,
        "address": request.address,
        "until": request.until,
        "market": request.market,
        "lots": request.lots,
        "taker": request.taker,
        "config": None if request.config is None else config_to_plain(request.config),
        "config_hash": request.config_hash,
    }


def request_from_plain(plain: Plain) -> Request:
    """The inverse of `request_to_plain`."""
    return Request(
        RequestKind(plain["kind"]),
        plain["account"],
        amount=plain["amount"],
        address=plain["address"],
        until=plain["until"],
        market=plain["market"],
        lots=plain["lots"],
        taker=plain["taker"],
        config=None if plain["config"] is None else config_from_plain(plain["config"]),
        config_hash=plain["config_hash"],
    )


def batch_to_plain(batch: Batch) -> Plain:
    """A batch; a fill is [maker, taker, lots], an outcome is [code, amount]."""
    return {
        "number": batch.number,
        "timestamp": batch.timestamp,
        "first_request": batch.first_request,
        "marks": list(batch.marks),
        "funding_steps": list(batch.funding_steps),
        "entries": [entry_to_plain(entry) for entry in batch.entries],
        "fills": [[fill.maker, fill.taker, fill.lots] for fill in batch.fills],
        "requests": [request_to_plain(request) for request in batch.requests],
        "outcomes": [[outcome.code, outcome.amount] for outcome in batch.outcomes],
    }


def batch_from_plain(plain: Plain) -> Batch:
    """The inverse of `batch_to_plain`."""
    return Batch(
        number=plain["number"],
        timestamp=plain["timestamp"],
        first_request=plain["first_request"],
        marks=tuple(plain["marks"]),
        funding_steps=tuple(plain["funding_steps"]),
        entries=tuple(Entry(**row) for row in plain["entries"]),
        fills=tuple(Fill(*row) for row in plain["fills"]),
        requests=tuple(request_from_plain(row) for row in plain["requests"]),
        outcomes=tuple(Outcome(*row) for row in plain["outcomes"]),
    )
