"""`zkclear market`: what is listed, at which rules and prices, and what rests on the books."""

from typing import Annotated

import typer

from zkclear.cli.frame import Frame, command

app = typer.Typer(no_args_is_help=True, help="Markets, prices and books.")

Name = Annotated[str, typer.Argument(metavar="MARKET", help="A listed market, such as ETH-USD.")]


@command(app, "list")
def list_markets(frame: Frame) -> None:
    """List the markets."""
    with frame.client() as client:
        rows = [
            (
                each.name,
                each.mark_price,
                each.lot,
                each.tick,
                each.maker_fee,
                each.taker_fee,
                each.open_interest,
            )
            for each in client.markets()
        ]
    frame.table("markets", ("market", "mark", "lot", "tick", "maker fee", "taker fee", "open interest"), rows)


@command(app, "show")
def show(frame: Frame, market: Name) -> None:
    """Show a market's rules and live values."""
    with frame.client() as client:
        frame.record(client.market(market), title=market)


@command(app, "funding")
def funding(
    frame: Frame, market: Name, limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20
) -> None:
    """List a market's funding, newest first: the rate an hour, positive when longs pay."""
    with frame.client() as client:
        rows = [
            (each.batch, each.time_s, each.rate, each.step, each.funding_index)
            for each in client.funding(market, limit=limit)
        ]
    frame.table(f"funding of {market}", ("batch", "time_s", "rate", "step", "funding index"), rows)


@command(app, "book")
def book(
    frame: Frame,
    market: Name,
    depth: Annotated[int, typer.Option(min=1, max=100, help="Levels a side.")] = 10,
) -> None:
    """Show the best levels of a market's book."""
    with frame.client() as client:
        levels = client.book(market, depth=depth)
    if frame.as_json:
        frame.json(levels)
        return
    rows = [("ask", level.price, level.size, level.orders) for level in reversed(levels.asks)]
    rows += [("bid", level.price, level.size, level.orders) for level in levels.bids]
    frame.table(f"{market}, sequence {levels.sequence}", ("side", "price", "size", "orders"), rows)
