"""
The `zkclear` command: one group a module, registered here.

A module has either an `app` (a group of commands) or `register(app)` (commands of the top level).
"""

import typer

from zkclear.cli import (
    account,
    batch,
    demo,
    doctor,
    keeper,
    keys,
    market,
    money,
    oracle,
    order,
    position,
    programs,
    verify,
)

app = typer.Typer(
    name="zkclear",
    help="Perpetual futures matched off chain and settled on chain with zero-knowledge proofs.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

GROUPS: dict[str, typer.Typer] = {
    "market": market.app,
    "account": account.app,
    "agent": account.agents,
    "order": order.app,
    "position": position.app,
    "batch": batch.app,
    "verify": verify.app,
    "keeper": keeper.app,
    "keys": keys.app,
    "oracle": oracle.app,
    "sequencer": programs.sequencer,
    "prover": programs.prover,
}
for name, group in GROUPS.items():
    app.add_typer(group, name=name)
for module in (money, doctor, demo):
    module.register(app)
