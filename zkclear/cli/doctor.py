"""`zkclear version` and `zkclear doctor`: what is installed, what answers, and what does not fit together."""

import platform
import shutil
from collections.abc import Callable
from importlib.metadata import version as package_version
from pathlib import Path

import typer

from zkclear import __version__
from zkclear.audit.abi import contract_abi
from zkclear.audit.chain import ChainError, domain_of
from zkclear.audit.keys import local_keys
from zkclear.audit.report import Report
from zkclear.cli.frame import FAILED, Frame, command
from zkclear.client.errors import BaseError

PACKAGES = ("web3", "grpcio", "protobuf", "py-ecc", "coincurve")
TOOLS = ("zkclear-circuits", "anvil", "forge")


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    command(app, "version")(version)
    command(app, "doctor")(doctor)


def version(frame: Frame) -> None:
    """Show the versions of zkclear and of what it stands on."""
    frame.fields(
        {
            "zkclear": __version__,
            "python": platform.python_version(),
            **{name: package_version(name) for name in PACKAGES},
        }
    )


def doctor(frame: Frame) -> None:
    """Check tools, keys, chain and exchange; exit code 1 if something needed is missing."""
    report = Report()
    for tool in TOOLS:
        place = shutil.which(tool)
        report.add(f"tool {tool}", place is not None, place or "not on the PATH; `make setup build` makes it")
    _check(report, "contract ABI", lambda: f"{len(contract_abi('Settlement'))} entries")
    _check(report, "development keys", _keys)
    _check(report, "chain", lambda: _chain(frame))
    _check(report, "exchange", lambda: _exchange(frame))
    rows = [("PASS" if each.passed else "FAIL", each.name, each.evidence) for each in report.checks]
    frame.table("doctor", ("verdict", "what", "evidence"), rows)
    if not report.passed:
        raise typer.Exit(FAILED)


def _check(report: Report, name: str, look: Callable[[], str]) -> None:
    try:
        report.add(name, True, look())
    except (BaseError, ChainError, OSError, ValueError) as error:
        report.add(name, False, str(error))


def _keys() -> str:
    folder = Path.home() / ".cache" / "zkclear" / "keys"
    found = local_keys(folder)
    if not found:
        raise ValueError(f"none in {folder}; `make keys` makes them")
    return f"{', '.join(sorted({key.shape for key in found.values()}))} in {folder}"


def _chain(frame: Frame) -> str:
    if frame.profile.contract is None:
        raise ValueError("no contract is configured: give --contract or a configuration file")
    domain = domain_of(frame.profile.rpc_url, frame.profile.contract)
    return f"chain {domain.chain_id} at {frame.profile.rpc_url}, contract {frame.profile.contract}"


def _exchange(frame: Frame) -> str:
    with frame.client() as client:
        markets = ", ".join(market.name for market in client.markets())
        return f"{frame.profile.target} lists {markets}, settles on 0x{client.domain.contract:040x}"
