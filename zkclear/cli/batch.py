"""`zkclear batch`: what the operator says about its batches. `zkclear verify` checks it."""

import json
from pathlib import Path
from typing import Annotated

import typer

from zkclear.cli.frame import Frame, command, plain

app = typer.Typer(no_args_is_help=True, help="Sealed batches and their proofs.")

Number = Annotated[int, typer.Argument(min=1, help="Batch number.")]


@command(app, "list")
def list_batches(
    frame: Frame, limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 20
) -> None:
    """List batches, newest first."""
    columns = ("batch", "status", "shape", "orders", "fills", "requests", "accounts", "gas", "new root")
    with frame.client() as client:
        rows = [
            (
                each.number,
                each.status,
                each.shape,
                each.orders,
                each.fills,
                each.requests,
                each.accounts,
                each.gas_used,
                each.new_root,
            )
            for each in client.batches(limit=limit)
        ]
    frame.table("batches", columns, rows)


@command(app, "show")
def show(frame: Frame, number: Number) -> None:
    """Show one batch."""
    with frame.client() as client:
        frame.record(client.batch(number), title=f"batch {number}")


@command(app, "proof")
def proof(
    frame: Frame,
    number: Number,
    out: Annotated[Path | None, typer.Option("--out", help="Write proof.json here.")] = None,
) -> None:
    """Show the proof of a batch, or write it to a file."""
    with frame.client() as client:
        found = client.proof(number)
    if out is None:
        frame.record(found, title=f"proof of batch {number}")
        return
    out.write_text(json.dumps(plain(found), indent=1) + "\n", encoding="utf-8")
    frame.fields({"batch": number, "file": str(out)})
