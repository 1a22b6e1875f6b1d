"""
What every command has: where the exchange is, how to answer (table or JSON), and what its exit code means.

0 done; 1 a check said FAIL; 2 usage; 3 refused by the exchange; 4 not reachable or timed out; 5 reverted by the contract; 6 unsafe or
missing keys or configuration; 130 interrupted.
"""

import inspect
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from zkclear.audit.chain import ChainError
from zkclear.audit.dump import BadInput
from zkclear.cli.profile import BadConfiguration, Profile, load
from zkclear.client.client import Client
from zkclear.client.errors import BaseError, ContractError, NetworkError, RequestTimeout

FAILED, USAGE, REFUSED, UNREACHABLE, REVERTED, UNSAFE, INTERRUPTED = 1, 2, 3, 4, 5, 6, 130
PANEL = "Where and how"


def exit_code(error: Exception) -> int:
    """The exit code of an error; a refusal that may be retried is a refusal all the same."""
    if isinstance(error, ContractError):
        return REVERTED
    if isinstance(error, ChainError | RequestTimeout) or type(error) is NetworkError:
        return UNREACHABLE
    if isinstance(error, BadConfiguration):
        return UNSAFE
    return REFUSED if isinstance(error, BaseError) else USAGE


def plain(value: Any) -> Any:
    """A value as JSON has it; Decimals are strings, so that no digit is lost."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return f"{value:f}" if isinstance(value, Decimal) else value


def shown(value: Any) -> str:
    """A value in a table."""
    if value is None:
        return "-"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    return str(plain(value))


@dataclass(slots=True)
class Frame:
    """One run of one command."""

    profile: Profile
    as_json: bool
    verbose: bool
    out: Console
    err: Console

    def client(self) -> Client:
        """The exchange; if the contract is known, it must be the one that the exchange settles on."""
        return Client(self.profile.target, contract=self.profile.contract)

    def contract(self) -> str:
        """The contract's address, which somebody has to say."""
        if self.profile.contract is None:
            raise BadConfiguration(
                "no contract: give --contract ADDRESS, --network NAME, or chain.contract in zkclear.toml"
            )
        return self.profile.contract

    def json(self, value: Any) -> None:
        """Prints JSON."""
        self.out.print(json.dumps(plain(value), indent=2), highlight=False, soft_wrap=True, markup=False)

    def fields(self, values: Mapping[str, Any], *, title: str | None = None) -> None:
        """Prints names and values."""
        if self.as_json:
            self.json(values)
            return
        table = Table(title=title, show_header=False, box=None, title_justify="left")
        for name, value in values.items():
            table.add_row(f"[bold]{name}[/bold]", shown(value))
        self.out.print(table)

    def record(self, value: Any, *, title: str | None = None) -> None:
        """Prints a dataclass."""
        self.fields(asdict(value), title=title)

    def table(self, title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Prints rows."""
        listed = list(rows)
        if self.as_json:
            self.json([dict(zip(columns, row, strict=True)) for row in listed])
            return
        table = Table(title=title, title_justify="left")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in listed:
            table.add_row(*map(shown, row))
        self.out.print(table)

    def tell(self, text: str) -> None:
        """Progress: on a terminal only, and beside the answer."""
        if self.err.is_terminal:
            self.err.print(text, style="dim", markup=False)

    def fail(self, error: Exception) -> None:
        """Prints an error with what cures it."""
        reason = getattr(error, "reason", "") or type(error).__name__
        metadata = getattr(error, "metadata", {})
        if self.as_json:
            text = json.dumps({"error": {"reason": reason, "message": str(error), "metadata": metadata}})
            self.err.print(text, highlight=False, soft_wrap=True, markup=False)
            return
        text = str(error) if str(error).startswith(reason) else f"{reason}: {error}"
        self.err.print(text, style="red", markup=False, soft_wrap=True)
        for name, value in metadata.items():
            self.err.print(f"  {name}: {value}", markup=False, soft_wrap=True)


_OPTIONS: dict[str, Any] = {
    "network": Annotated[
        str | None,
        typer.Option("--network", help="Profile: section networks.NAME of the file.", rich_help_panel=PANEL),
    ],
    "config": Annotated[
        Path | None, typer.Option("--config", help="Configuration file.", rich_help_panel=PANEL)
    ],
    "target": Annotated[
        str | None, typer.Option("--target", help="Exchange, host:port.", rich_help_panel=PANEL)
    ],
    "rpc": Annotated[
        str | None, typer.Option("--rpc", help="URL of an Ethereum node.", rich_help_panel=PANEL)
    ],
    "contract": Annotated[
        str | None, typer.Option("--contract", help="Address of Settlement.", rich_help_panel=PANEL)
    ],
    "as_json": Annotated[bool, typer.Option("--json", help="Answer in JSON.", rich_help_panel=PANEL)],
    "verbose": Annotated[bool, typer.Option("--verbose", "-v", help="Say more.", rich_help_panel=PANEL)],
}
_DEFAULTS = {name: False if name in ("as_json", "verbose") else None for name in _OPTIONS}


def command(app: typer.Typer, name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Adds a command whose function takes a `Frame` first; the options of every command are added to its own."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        app.command(name)(_framed(function, own=list(inspect.signature(function).parameters.values())[1:]))
        return function

    return decorate


def default_command(app: typer.Typer) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """What a group does when no command of it is named. Options before a command's name are refused, not forgotten."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function).parameters.values())[1:]
        framed = _framed(function, own=own)

        def run(ctx: typer.Context, **values: Any) -> None:
            if ctx.invoked_subcommand is None:
                framed(**values)
                return
            given = [
                each
                for each in values
                if getattr(ctx.get_parameter_source(each), "name", "") == "COMMANDLINE"
            ]
            if given:
                raise typer.BadParameter(
                    f"options go behind the command: zkclear {ctx.info_name} {ctx.invoked_subcommand} .."
                )

        context = inspect.Parameter("ctx", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=typer.Context)
        parameters = [context, *inspect.signature(framed).parameters.values()]
        _dress(run, function, parameters)
        app.callback(invoke_without_command=True)(run)
        return function

    return decorate


def _framed(function: Callable[..., None], *, own: list[inspect.Parameter]) -> Callable[..., None]:
    """The function with the options of every command instead of its `Frame`."""
    added = [
        inspect.Parameter(each, inspect.Parameter.KEYWORD_ONLY, default=_DEFAULTS[each], annotation=kind)
        for each, kind in _OPTIONS.items()
    ]

    def run(**values: Any) -> None:
        given = {each: values.pop(each) for each in _OPTIONS}
        _run(function, given, values)

    _dress(run, function, [*own, *added])
    return run


def _dress(run: Any, function: Callable[..., None], parameters: list[inspect.Parameter]) -> None:
    """Shows `run` to typer with the name and words of `function` and these parameters."""
    run.__name__, run.__doc__ = function.__name__, function.__doc__
    run.__signature__ = inspect.Signature(parameters)
    run.__annotations__ = {each.name: each.annotation for each in parameters}


def _run(function: Callable[..., None], given: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Runs a command; every error of ours becomes a sentence and an exit code."""
    consoles = {"out": Console(), "err": Console(stderr=True)}
    empty = Profile(target="", rpc_url="", contract=None, chain_id=None, config=None)
    frame = Frame(empty, as_json=given["as_json"], verbose=given["verbose"], **consoles)
    try:
        frame.profile = load(
            network=given["network"],
            config=given["config"],
            target=given["target"],
            rpc_url=given["rpc"],
            contract=given["contract"],
        )
        function(frame, **values)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
    except (BaseError, ChainError, BadInput, BadConfiguration) as error:
        frame.fail(error)
        if frame.verbose and error.__cause__ is not None:
            sys.stderr.write(f"caused by {error.__cause__!r}\n")
        raise typer.Exit(exit_code(error)) from error
