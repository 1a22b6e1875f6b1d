"""`zkclear position`: what an account holds, and ways out of it."""

from typing import Annotated

import typer

from zkclear.cli.account import POSITION_COLUMNS, Account, chain, position_row
from zkclear.cli.frame import Frame, command
from zkclear.cli.keys import Dev, KeyFile
from zkclear.cli.order import COLUMNS, row, trader

app = typer.Typer(no_args_is_help=True, help="Positions of one account.")


@command(app, "list")
def list_positions(frame: Frame, *, account: Account) -> None:
    """List an account's positions with the marks at which it would be liquidatable."""
    with frame.client() as client:
        state = client.account(account).state()
    frame.table(
        f"positions of account {account}, health {state.health:f}",
        POSITION_COLUMNS,
        map(position_row, state.positions),
    )


@command(app, "close")
def close(
    frame: Frame,
    market: Annotated[str, typer.Argument(help="A listed market, such as ETH-USD.")],
    *,
    account: Account,
    forced: Annotated[
        bool,
        typer.Option(
            "--forced",
            help="Through the contract's queue, to the insurance account, at the mark less a discount: no operator can refuse it.",
        ),
    ] = False,
    size: Annotated[
        str | None, typer.Option(help="With --forced: close at most so much; default: all.")
    ] = None,
    slippage: Annotated[
        str | None, typer.Option(help="Without --forced: cap of the market order; default 1%.")
    ] = None,
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """Close a position: with a reduce-only market order, or forced."""
    if forced:
        if slippage is not None:
            raise typer.BadParameter("a forced close has a price of its own: no --slippage")
        frame.record(chain(frame, key_file, dev).request_close(account, market, size))
        return
    if size is not None:
        raise typer.BadParameter(
            "without --forced the whole position is closed; place a reduce-only order for a part"
        )
    with frame.client() as client:
        order = trader(client, account, key_file, dev).close_position(market, slippage=slippage or "1%")
    frame.fields(dict(zip(COLUMNS, row(order), strict=True)))
