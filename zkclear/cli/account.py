"""`zkclear account` and `zkclear agent`: accounts on the contract and at the exchange, and who may trade for them."""

from pathlib import Path
from typing import Annotated

import typer

from zkclear.audit.chain import domain_of
from zkclear.cli.frame import Frame, command
from zkclear.cli.keys import Dev, KeyFile, signer
from zkclear.client.chain import ChainClient
from zkclear.client.models import Position

app = typer.Typer(no_args_is_help=True, help="Margin accounts.")
agents = typer.Typer(
    no_args_is_help=True, help="The one key besides the owner's that may trade, and never withdraw."
)

Account = Annotated[int, typer.Option("--account", min=0, help="Account number.")]
Amount = Annotated[str, typer.Option("--amount", help="Collateral tokens, such as 1000.")]


POSITION_COLUMNS = ("market", "size", "mark", "notional", "initial", "maintenance", "liquidation price")


def position_row(position: Position) -> tuple[object, ...]:
    """A position as one line."""
    return (
        position.market,
        position.size,
        position.mark_price,
        position.notional,
        position.initial,
        position.maintenance,
        position.liquidation_price,
    )


def chain(frame: Frame, key_file: Path | None, dev: int | None) -> ChainClient:
    """The contract, called with the key of the command; a development key only on a development chain."""
    contract, rpc_url = frame.contract(), frame.profile.rpc_url
    chosen = signer(key_file, dev, chain_id=domain_of(rpc_url, contract).chain_id)
    return ChainClient(rpc_url, contract, chosen)


@command(app, "open")
def open_account(
    frame: Frame,
    *,
    amount: Amount,
    owner: Annotated[str | None, typer.Option(help="Owner's address; default: the signer.")] = None,
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """Open an account with a first deposit; the next batch after finality takes it in."""
    frame.record(chain(frame, key_file, dev).open(amount, owner=owner))


@command(app, "show")
def show(frame: Frame, number: Annotated[int, typer.Argument(min=0, help="Account number.")]) -> None:
    """Show an account as the exchange has it: its health (liquidatable below 1) and its positions' liquidation prices."""
    with frame.client() as client:
        state = client.account(number).state()
    if frame.as_json:
        frame.json(state)
        return
    fields = {name: getattr(state, name) for name in state.__slots__ if name != "positions"}
    frame.fields(fields, title=f"account {number}")
    frame.table(
        "positions",
        POSITION_COLUMNS,
        map(position_row, state.positions),
    )


@command(app, "list")
def list_accounts(
    frame: Frame,
    owner: Annotated[str | None, typer.Option(help="Owner's address; default: the signer.")] = None,
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """List an owner's accounts."""
    with frame.client() as client:
        address = owner or f"0x{signer(key_file, dev, chain_id=client.domain.chain_id).address.hex()}"
        rows = [
            (each.account, each.collateral, each.equity, each.withdrawable, each.health, len(each.positions))
            for each in client.sub_accounts(address)
        ]
    frame.table(
        f"accounts of {address}",
        ("account", "collateral", "equity", "withdrawable", "health", "positions"),
        rows,
    )


@command(agents, "authorize")
def authorize(
    frame: Frame,
    *,
    account: Account,
    agent: Annotated[str, typer.Option(help="Agent's address.")],
    days: Annotated[int, typer.Option(min=1, help="How long it may trade.")] = 30,
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """Let an agent trade for an account; it replaces the one before."""
    frame.record(chain(frame, key_file, dev).authorize_agent(account, agent, lasts=f"{days}d"))


@command(agents, "revoke")
def revoke(
    frame: Frame,
    *,
    account: Account,
    agent: Annotated[str, typer.Option(help="Agent's address.")],
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """End an agent; binding once a batch has taken the request."""
    frame.record(chain(frame, key_file, dev).revoke_agent(account, agent))


@command(agents, "show")
def show_agent(frame: Frame, *, account: Account) -> None:
    """Show an account's agent."""
    with frame.client() as client:
        state = client.account(account).state()
    frame.fields({"account": account, "agent": state.agent, "until_s": state.agent_until_s})
