"""`zkclear order`: place, cancel and look at orders."""

from pathlib import Path
from typing import Annotated

import typer

from zkclear.cli.frame import Frame, command
from zkclear.cli.keys import Dev, KeyFile, signer
from zkclear.client.client import Client
from zkclear.client.models import hex_text
from zkclear.client.order import Order, check_step
from zkclear.client.trader import Trader

app = typer.Typer(no_args_is_help=True, help="Orders of one account.")

Account = Annotated[int, typer.Option("--account", min=0, help="Account that trades.")]
Digest = Annotated[str, typer.Argument(help="The order's digest.")]
COLUMNS = ("digest", "market", "action", "size", "price", "filled", "status", "settlement", "batch")


def trader(client: Client, account: int, key_file: Path | None, dev: int | None) -> Trader:
    """Trades with the key of the command."""
    return client.trading(signer(key_file, dev, chain_id=client.domain.chain_id), account)


def row(order: Order) -> tuple[object, ...]:
    """An order as one line."""
    return (
        hex_text(order.digest),
        order.market,
        order.action,
        order.size,
        order.price,
        order.filled,
        order.status if order.cancel_reason is None else f"{order.status} ({order.cancel_reason})",
        order.settlement,
        order.batch,
    )


@command(app, "place")
def place(
    frame: Frame,
    market: Annotated[str, typer.Argument(help="A listed market, such as ETH-USD.")],
    side: Annotated[str, typer.Argument(help="buy or sell.")],
    size: Annotated[str, typer.Argument(help="Base units, such as 0.5.")],
    price: Annotated[str | None, typer.Argument(help="Worst price; without one a market order.")] = None,
    *,
    account: Account,
    tif: Annotated[str, typer.Option(help="GTC, IOC, FOK or POST_ONLY.")] = "GTC",
    reduce_only: Annotated[bool, typer.Option("--reduce-only", help="Only shrink the position.")] = False,
    expiry: Annotated[str, typer.Option(help="How long it stands, such as 90s, 15m, 24h.")] = "24h",
    slippage: Annotated[str, typer.Option(help="Cap of a market order, such as 1%.")] = "1%",
    wait: Annotated[
        str | None, typer.Option(help="Wait until BATCHED, PROVED or SETTLED.", metavar="STEP")
    ] = None,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds to wait.")] = 120,
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """Place one order."""
    if wait is not None:
        check_step(wait.upper())
    with frame.client() as client:
        desk = trader(client, account, key_file, dev)
        order = desk.place(
            market,
            side,
            size,
            price,
            tif=tif,
            reduce_only=reduce_only,
            expiry=expiry,
            slippage=slippage,
        )
        if wait is not None:
            frame.tell(f"{hex_text(order.digest)} is {order.status}; waiting until {wait.upper()}")
            order.wait(wait.upper(), timeout=timeout)
    frame.fields(dict(zip(COLUMNS, row(order), strict=True)))


@command(app, "preview")
def preview(
    frame: Frame,
    market: Annotated[str, typer.Argument(help="A listed market, such as ETH-USD.")],
    side: Annotated[str, typer.Argument(help="buy or sell.")],
    size: Annotated[str, typer.Argument(help="Base units, such as 0.5.")],
    price: Annotated[str | None, typer.Argument(help="Worst price; without one a market order.")] = None,
    *,
    account: Account,
    tif: Annotated[str, typer.Option(help="GTC, IOC, FOK or POST_ONLY.")] = "GTC",
    reduce_only: Annotated[bool, typer.Option("--reduce-only", help="Only shrink the position.")] = False,
    slippage: Annotated[str, typer.Option(help="Cap of a market order, such as 1%.")] = "1%",
) -> None:
    """Show what an order would do now; needs no key, signs nothing, changes nothing."""
    options = {"tif": tif, "reduce_only": reduce_only, "slippage": slippage}
    with frame.client() as client:
        frame.record(client.account(account).preview(market, side, size, price, **options))


@command(app, "cancel")
def cancel(
    frame: Frame,
    digest: Digest,
    *,
    account: Account,
    binding: Annotated[
        bool, typer.Option("--binding", help="Also close the slot on chain, so that it can never settle.")
    ] = False,
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """Take an order off the book."""
    with frame.client() as client:
        ended = trader(client, account, key_file, dev).cancel(digest, binding=binding)
    frame.table("cancelled", COLUMNS, map(row, ended))


@command(app, "cancel-all")
def cancel_all(
    frame: Frame,
    *,
    account: Account,
    market: Annotated[str, typer.Option(help="A listed market, or ALL.")] = "ALL",
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """Take all orders of an account off the book."""
    with frame.client() as client:
        ended = trader(client, account, key_file, dev).cancel_all(market)
    frame.table("cancelled", COLUMNS, map(row, ended))


@command(app, "show")
def show(
    frame: Frame, digest: Digest, *, account: Account, key_file: KeyFile = None, dev: Dev = None
) -> None:
    """Show one order."""
    with frame.client() as client:
        order = trader(client, account, key_file, dev).order(digest)
    frame.fields(dict(zip(COLUMNS, row(order), strict=True)))


@command(app, "list")
def list_orders(
    frame: Frame,
    *,
    account: Account,
    market: Annotated[str, typer.Option(help="Only this market.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """List an account's orders, newest first."""
    with frame.client() as client:
        orders = trader(client, account, key_file, dev).orders(market, limit=limit)
    frame.table(f"orders of account {account}", COLUMNS, map(row, orders))
