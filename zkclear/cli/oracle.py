"""`zkclear oracle report`: one signed price report."""

from typing import Annotated

import typer

from zkclear.cli.frame import Frame, command
from zkclear.cli.keys import Dev, KeyFile, signer

app = typer.Typer(no_args_is_help=True, help="Price reports of an oracle signer.")


@command(app, "report")
def report(
    frame: Frame,
    prices: Annotated[list[str], typer.Argument(help="MARKET=PRICE, such as ETH-USD=3000.10.")],
    *,
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """Sign the prices of markets as of now and send them."""
    opinions = {}
    for each in prices:
        market, separator, price = each.partition("=")
        if not separator:
            raise typer.BadParameter(f"{each!r} is not MARKET=PRICE, such as ETH-USD=3000.10")
        opinions[market] = price
    with frame.client() as client:
        oracle = client.oracle(signer(key_file, dev, chain_id=client.domain.chain_id))
        answer = oracle.report(opinions)
    frame.fields({"signer": answer.signer, "newest": answer.newest, **opinions})
