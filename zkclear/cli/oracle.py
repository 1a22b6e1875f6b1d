"""`zkclear oracle`: signed price reports, one by one or again and again."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from zkclear.cli.frame import Frame, command
from zkclear.cli.keys import Dev, KeyFile, require_key, signer
from zkclear.cli.service import log_to_stderr, until_stopped
from zkclear.client.client import Client
from zkclear.client.feeds import Feed, Recorded, Static, Walk
from zkclear.client.reporter import Reporter, reached

app = typer.Typer(no_args_is_help=True, help="Price reports of an oracle signer.")

Prices = Annotated[list[str] | None, typer.Argument(help="MARKET=PRICE, such as ETH-USD=3000.10.")]


class Source(StrEnum):
    """Where the prices come from."""

    STATIC = "static"
    WALK = "walk"
    FILE = "file"


def opinions(prices: list[str] | None) -> dict[str, str]:
    """The prices of the command line, by market."""
    found: dict[str, str] = {}
    for each in prices or ():
        market, separator, price = each.partition("=")
        if not (market and separator and price):
            raise typer.BadParameter(f"{each!r} is not MARKET=PRICE, such as ETH-USD=3000.10")
        if market in found:
            raise typer.BadParameter(f"{market} is given twice")
        found[market] = price
    return found


@command(app, "report")
def report(frame: Frame, prices: Prices = None, *, key_file: KeyFile = None, dev: Dev = None) -> None:
    """Sign the prices of markets as of now and send them."""
    given = opinions(prices)
    if not given:
        raise typer.BadParameter("no prices: give MARKET=PRICE, such as ETH-USD=3000.10")
    with frame.client() as client:
        oracle = client.oracle(signer(key_file, dev, chain_id=client.domain.chain_id))
        answer = oracle.report(given)
    frame.fields({"signer": answer.signer, "newest": answer.newest, **given})


@command(app, "run")
def run(
    frame: Frame,
    prices: Prices = None,
    *,
    source: Annotated[
        Source,
        typer.Option(help="static: the given prices; walk: at random from them; file: recorded candles."),
    ],
    file: Annotated[Path | None, typer.Option("--file", help="Recorded candles, as in data/prices.")] = None,
    market: Annotated[
        list[str] | None,
        typer.Option(help="Only this market of the file; may be repeated. Default: all listed."),
    ] = None,
    speed: Annotated[int, typer.Option(help="How many times as fast as recorded.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the walk: the same gives the same walk.")] = 0,
    volatility: Annotated[int, typer.Option(help="Largest move of a report in the walk, ppm.")] = 100,
    interval_ms: Annotated[
        int, typer.Option("--interval-ms", min=10, help="Milliseconds from one report to the next.")
    ] = 1_000,
    reports: Annotated[int | None, typer.Option(min=1, help="End after so many; default: never.")] = None,
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """
    Report prices again and again until SIGTERM, or until the file ends.

    An exchange that does not answer is waited for; a refused report (exit code 3) ends it.
    """
    given = opinions(prices)
    log_to_stderr(frame)
    if source is Source.FILE and (file is None or given):
        raise typer.BadParameter("--source file needs --file FILE, and no MARKET=PRICE")
    if source is not Source.FILE and (file is not None or market):
        raise typer.BadParameter(f"--file and --market belong to --source file, not to {source.value}")
    with until_stopped() as stop, frame.client() as client:
        # What can be judged without the exchange is, before it is waited for.
        feed: Feed | None = None
        if source is Source.STATIC:
            feed = Static(given)
        elif source is Source.WALK:
            feed = Walk(given, seed=seed, volatility_ppm=volatility)
        elif file is not None and market:
            feed = Recorded(file, markets=tuple(market), speed=speed)
        require_key(key_file, dev)
        if not reached(client.connection, stop):
            return
        if feed is None and file is not None:
            feed = Recorded(file, markets=_listed(client), speed=speed)
        assert feed is not None, "a source of the closed set has a feed"
        oracle = client.oracle(signer(key_file, dev, chain_id=client.domain.chain_id))
        taken = Reporter(oracle, feed, interval_ms=interval_ms).run(stop, limit=reports)
    frame.fields({"signer": oracle.signer.address, "reports": taken})


def _listed(client: Client) -> tuple[str, ...]:
    return tuple(market.name for market in client.connection.listed.markets)
