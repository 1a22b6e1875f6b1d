"""Forgeries of markets, time and state: prices, funding, open interest, roots."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.attack.falling import SHALLOW, fallen
from tests.attack.forging import (
    MARK,
    Pair,
    bent_advance,
    edited,
    forgery,
    pair,
    prepared,
    take_positions,
    trade,
)
from tests.scenario import Venue, lawless
from tests.vectors.crash import CHANGED, change
from tests.vectors.drawer import BTC, ETH
from zkclear.rules import opening, transition
from zkclear.rules.batch import Batch, Fill, Request, RequestKind
from zkclear.rules.funding import step_limit
from zkclear.rules.state import Market
from zkclear.v1 import witness_pb2 as pb


def _header(name: str, honest: dict[str, Any], forged: dict[str, Any], **laws: Callable[..., Any]) -> None:
    """Two batches without requests that differ in prices, steps or time."""

    def make(venue: Venue) -> Pair:
        batches = [venue.draft(outcomes=(), **fields) for fields in (honest, forged)]
        return pair(venue, batches[0], batches[1], **laws)

    forgery(name)(make)


_BOUND = step_limit(ETH, mark=MARK, elapsed=4)
for _sign in (1, -1):
    _header(
        f"O16 funding step one above its bound, sign {_sign:+}",
        {"funding_steps": (_sign * _BOUND, 0)},
        {"funding_steps": (_sign * (_BOUND + 1), 0)},
        advance=bent_advance,
    )
_header("R2 mark of 0", {"marks": (1, 83_460)}, {"marks": (0, 83_460)}, advance=bent_advance)


@forgery("O16 funding step with another time since the last batch")
def _(venue: Venue) -> Pair:
    control = venue.build(venue.draft(funding_steps=(_BOUND, 0))).witness

    def earlier(witness: pb.Witness) -> None:
        witness.old_timestamp_s -= 1

    return control, edited(control, earlier)


@forgery("O16 funding step that only fits a time before the last batch")
def _(venue: Venue) -> Pair:
    honest, forged = (
        venue.draft(outcomes=(), timestamp=venue.state.timestamp + seconds) for seconds in (0, -4)
    )
    return pair(
        venue,
        honest,
        replace(forged, funding_steps=(_BOUND, 0)),
        _check_header=lambda *_: 4,
        advance=bent_advance,
    )


@forgery("time that runs backwards")
def _(venue: Venue) -> Pair:
    honest, forged = (
        venue.draft(outcomes=(), timestamp=venue.state.timestamp + seconds) for seconds in (0, -1)
    )
    return pair(venue, honest, forged, _check_header=lambda *_: -1, advance=bent_advance)


@forgery("funding settled for nobody")
def _(venue: Venue) -> Pair:
    take_positions(venue)
    batch = trade(venue, funding_steps=(1_000, 0))
    honest = opening.settle_account

    def skipped(account: Any, markets: Any) -> Any:
        out = honest(account, markets)
        return replace(out, account=replace(out.account, collateral=account.collateral), dust=0)

    return pair(venue, batch, batch, settle_account=skipped)


@forgery("C6 funding rounded up")
def _(venue: Venue) -> Pair:
    take_positions(venue)
    batch = trade(venue, funding_steps=(1, 0))
    honest = opening.settle_account

    def rounded(account: Any, markets: Any) -> Any:
        out = honest(account, markets)
        if out.dust == 0:
            return out
        return replace(out, account=replace(out.account, collateral=out.account.collateral + 1), dust=0)

    return pair(venue, batch, batch, settle_account=rounded)


@forgery("C6 dust kept from the insurance fund")
def _(venue: Venue) -> Pair:
    take_positions(venue)
    batch = venue.draft(
        requests=tuple(Request(RequestKind.DEPOSIT, account, amount=1) for account in (2, 3)),
        funding_steps=(9_999, 0),
    )
    close = transition._close

    def kept(opening: Any, account: int, **fields: Any) -> Any:
        if account == 0:
            assert fields["cash"] > 0
            fields["cash"] = 0
        return close(opening, account, **fields)

    return pair(venue, batch, batch, _close=kept)


@forgery("C8 open interest above its cap")
def _(_: Venue) -> Pair:
    venue = prepared(configs=(replace(ETH, max_open_interest=59), BTC))
    forged = trade(venue)
    honest = replace(forged, fills=(Fill(0, 1, 59),))
    rule = transition.open_interest_after

    def uncapped(market: Market, sizes: Any) -> int:
        return rule(replace(market, config=replace(market.config, max_open_interest=2**39)), sizes)

    return pair(venue, honest, forged, open_interest_after=uncapped)


@forgery("open interest misreported by a lot")
def _(venue: Venue) -> Pair:
    batch = trade(venue)
    rule = transition.open_interest_after
    return pair(venue, batch, batch, open_interest_after=lambda *inputs: rule(*inputs) + 1)


@forgery("T8 rebate above the taker's fee")
def _(_: Venue) -> Pair:
    control = prepared()
    batch = trade(control)
    with lawless(advance=bent_advance):
        venue = prepared(configs=(replace(ETH, maker_fee=-400), BTC))
        forged = venue.build(venue.draft()).witness
    return control.build(batch).witness, forged


def _config(name: str, edit: Callable[[pb.Witness], None]) -> None:
    def make(venue: Venue) -> Pair:
        control = venue.build(trade(venue)).witness
        return control, edited(control, edit)

    forgery(name)(make)


def _lower_margin(witness: pb.Witness) -> None:
    witness.markets[0].initial_ppm[0] -= 1


def _other_tick(witness: pb.Witness) -> None:
    witness.markets[0].tick_e8 += 1


def _other_index(witness: pb.Witness) -> None:
    witness.markets[0].old_funding_index += 1


def _richer(witness: pb.Witness) -> None:
    witness.accounts[2].collateral += 1


def _other_root(witness: pb.Witness) -> None:
    witness.new_root = (int.from_bytes(witness.new_root, "big") ^ 1).to_bytes(32, "big")


def _other_sibling(witness: pb.Witness) -> None:
    witness.accounts[2].siblings[5] = bytes(31) + b"\1"


_config("O11 initial margin not in force", _lower_margin)
_config("O11 tick not in force", _other_tick)
_config("M4 funding index not in the state", _other_index)
_config("collateral not in the stored leaf", _richer)
_config("another new root", _other_root)
_config("a path that leads elsewhere", _other_sibling)


@forgery("a market changed to another configuration than was queued")
def _(_: Venue) -> Pair:
    floor = fallen(SHALLOW)
    honest = floor.draft(requests=(change(0, CHANGED),))
    other = change(0, replace(CHANGED, liquidation_fee=10**6))
    forged = replace(honest, requests=(other,))
    return pair(floor, honest, forged, resolve=_resolved(honest))


def _resolved(batch: Batch) -> Callable[..., Any]:
    """Outcomes as they stand in a batch, whatever the requests are."""
    return lambda *_: (batch.outcomes, [])


@forgery("a market listed that leaves a row out")
def _(_: Venue) -> Pair:
    floor = fallen(SHALLOW)
    honest = floor.draft(requests=(change(2, BTC),))
    forged = replace(honest, requests=(change(3, BTC),))
    lawful = transition.change_markets

    def skipping(markets: Any, requests: Any) -> Any:
        rows = list(lawful(markets, [replace(request, market=2) for request in requests]))
        rows[3], rows[2] = rows[2], rows[3]
        return tuple(rows)

    return pair(floor, honest, forged, change_markets=skipping)
