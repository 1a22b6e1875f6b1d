"""`zkclear deposit`, `withdraw` and `claim`: collateral in and out."""

from typing import Annotated

import typer

from zkclear.cli.account import Account, Amount, chain
from zkclear.cli.frame import Frame, command
from zkclear.cli.keys import Dev, KeyFile
from zkclear.cli.order import trader
from zkclear.client.order import check_step


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    command(app, "deposit")(deposit)
    command(app, "withdraw")(withdraw)
    command(app, "claim")(claim)


def deposit(
    frame: Frame, *, account: Account, amount: Amount, key_file: KeyFile = None, dev: Dev = None
) -> None:
    """Deposit the signer's tokens into an account."""
    frame.record(chain(frame, key_file, dev).deposit(account, amount))


def withdraw(
    frame: Frame,
    *,
    account: Account,
    amount: Amount,
    to: Annotated[str | None, typer.Option("--to", help="Who may claim it; default: the signer.")] = None,
    forced: Annotated[
        bool, typer.Option("--forced", help="Through the contract's queue: no operator can refuse it.")
    ] = False,
    wait: Annotated[
        str | None, typer.Option(help="Wait until BATCHED, PROVED or SETTLED.", metavar="STEP")
    ] = None,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds to wait.")] = 120,
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """Withdraw collateral; claim it once it is settled."""
    if wait is not None:
        check_step(wait.upper())
    if forced:
        if to is not None or wait is not None:
            raise typer.BadParameter(
                "a forced withdrawal pays the owner and is not waited for: no --to, no --wait"
            )
        frame.record(chain(frame, key_file, dev).request_withdrawal(account, amount))
        return
    with frame.client() as client:
        taken = trader(client, account, key_file, dev).withdraw(amount, recipient=to)
        if wait is not None:
            taken.wait(wait.upper(), timeout=timeout)
    frame.fields(
        {
            "digest": taken.digest,
            "amount": taken.amount,
            "recipient": taken.recipient,
            "batch": taken.batch,
            "settlement": taken.settlement,
        }
    )


def claim(
    frame: Frame,
    recipient: Annotated[
        str | None, typer.Option(help="Who gets what it may claim; default: the signer.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", help="Send the signer's claim to this address.")] = None,
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """Send what was withdrawn and settled to its recipient."""
    if recipient is not None and to is not None:
        raise typer.BadParameter("give --recipient or --to, not both")
    called = chain(frame, key_file, dev)
    frame.record(called.claim(recipient) if to is None else called.claim_to(to))
