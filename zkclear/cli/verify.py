"""`zkclear verify`: an audit from L1 data alone. Exit code 0 if everything passed, 1 if anything failed."""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, TaskID

from zkclear.audit import dump, keys, receipts
from zkclear.audit.audit import Audit, audit
from zkclear.audit.context import address_text
from zkclear.audit.evidence import order_evidence
from zkclear.audit.inputs import Inputs
from zkclear.audit.orders import describe
from zkclear.audit.report import Check, Report
from zkclear.audit.source import ChainSource, FileSource, Source
from zkclear.cli import liquidated_table
from zkclear.cli.frame import FAILED, Frame, command, default_command
from zkclear.cli.profile import BadConfiguration
from zkclear.client.amounts import from_e6
from zkclear.crypto.groth16 import VerifyingKey
from zkclear.rules.state import Account

app = typer.Typer()

PANEL = "Audit"
Input = Annotated[
    Path | None, typer.Option("--input", help="Read a dump instead of a chain.", rich_help_panel=PANEL)
]
Dump = Annotated[
    Path | None, typer.Option("--dump", help="Also write all inputs to a file.", rich_help_panel=PANEL)
]
Keys = Annotated[
    Path | None,
    typer.Option("--keys", help="Folder of locally made keys to compare with.", rich_help_panel=PANEL),
]
Processes = Annotated[
    int,
    typer.Option("--processes", min=1, help="Processes that verify proofs.", rich_help_panel=PANEL),
]
Number = Annotated[int, typer.Argument(min=1, help="Batch number.")]

WHOLE = ("genesis", "circuit id", "domain", "verifying key", "batches", "final state")
VAULT = ("claims", "queued deposits", "queued bonds", "reserves")


def cores() -> int:
    """As many processes as this one may run on, up to eight: more memory than that helps nobody."""
    return min(len(os.sched_getaffinity(0)), 8)


def _source(frame: Frame, path: Path | None) -> Source:
    return FileSource(path) if path is not None else ChainSource(frame.profile.rpc_url, frame.contract())


def _inputs(frame: Frame, path: Path | None, to: Path | None = None) -> Inputs:
    frame.tell(f"reading {path or frame.profile.rpc_url}")
    inputs = _source(frame, path).collect()
    if to is not None:
        dump.write(inputs, to)
    return inputs


def _with_progress(frame: Frame, work: Callable[[Callable[[str, int, int], None]], Audit]) -> Audit:
    """Runs an audit behind a progress bar, on a terminal only."""
    with Progress(console=frame.err, transient=True, disable=not frame.err.is_terminal) as bar:
        tasks: dict[str, TaskID] = {}

        def progress(what: str, done: int, every: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=every)
            bar.update(tasks[what], completed=done)

        return work(progress)


def _audit(
    frame: Frame, inputs: Inputs, *, proved: Collection[int] | None = None, processes: int = 1
) -> Audit:
    return _with_progress(
        frame, lambda progress: audit(inputs, proved=proved, processes=processes, progress=progress)
    )


def _conclude(
    frame: Frame, report: Report, *, title: str, liquidated: list[dict[str, Any]] | None = None
) -> None:
    """Prints the liquidations, the checks and the verdict, and ends with its exit code."""
    if liquidated and not frame.as_json:
        frame.table("liquidations", liquidated_table.COLUMNS, liquidated_table.rows(liquidated))
    if frame.as_json:
        frame.json(report.to_json() | ({} if liquidated is None else {"liquidations": liquidated}))
    elif frame.verbose:
        frame.table(
            title,
            ("verdict", "batch", "check", "evidence"),
            [
                ("PASS" if each.passed else "FAIL", each.batch, each.name, each.evidence)
                for each in report.checks
            ],
        )
    else:
        frame.table(title, ("verdict", "what", "checks", "evidence"), _summary(report))
    if not frame.as_json:
        verdict = "PASS" if report.passed else "FAIL"
        frame.out.print(
            f"{verdict}: {len(report.checks)} checks, {len(report.failures)} failed", highlight=False
        )
    if not report.passed:
        raise typer.Exit(FAILED)


def _summary(report: Report) -> list[tuple[str, str, int, str]]:
    """One line for each batch and each check of the whole; a failed check has a line of its own."""
    groups: dict[str, list[Check]] = defaultdict(list)
    for check in report.checks:
        groups[check.name if check.batch is None else f"batch {check.batch}"].append(check)
    rows = []
    for what, checks in groups.items():
        failed = [check for check in checks if not check.passed]
        rows += [("FAIL", what, 1, f"{check.name}: {check.evidence}") for check in failed]
        if not failed:
            rows.append(("PASS", what, len(checks), _evidence(checks)))
    return rows


def _evidence(checks: list[Check]) -> str:
    """What is worth a line: the names of a batch's checks, or the evidence of the only one."""
    if len({check.name for check in checks}) > 1:
        return ", ".join(dict.fromkeys(check.name for check in checks))
    return "; ".join(check.evidence for check in checks)


def _only(report: Report, keep: Callable[[Check], bool]) -> Report:
    return Report([check for check in report.checks if keep(check)])


@default_command(app)
def everything(
    frame: Frame,
    source: Input = None,
    to: Dump = None,
    keys_folder: Keys = None,
    processes: Processes = cores(),  # noqa: B008 - the number of cores does not change
) -> None:
    """
    Check the exchange from L1 data alone: every batch, every proof, the keys, and that the vault covers all accounts.

    Nothing is asked of the operator. The commands below check a part, or show what was found.
    """
    inputs = _inputs(frame, source, to)
    found = _audit(frame, inputs, processes=processes)
    if keys_folder is not None:
        keys.compare(found.report, found.keys, _local(keys_folder))
    _conclude(
        frame,
        found.report,
        title=f"audit of 0x{inputs.deployment.contract.hex()}",
        liquidated=liquidated_table.plain(found),
    )


@command(app, "batch")
def one_batch(frame: Frame, number: Number, source: Input = None) -> None:
    """Check one batch; those before it are replayed, its proof is verified."""
    _range(frame, source, number, number, processes=1)


@command(app, "range")
def batch_range(
    frame: Frame,
    first: Number,
    last: Number,
    source: Input = None,
    processes: Processes = cores(),  # noqa: B008 - as above
) -> None:
    """Check batches FIRST to LAST; those before are replayed."""
    if first > last:
        raise typer.BadParameter(f"FIRST ({first}) is after LAST ({last})")
    _range(frame, source, first, last, processes=processes)


def _range(frame: Frame, source: Path | None, first: int, last: int, *, processes: int) -> None:
    found = _audit(frame, _inputs(frame, source), proved=range(first, last + 1), processes=processes)
    report = _only(
        found.report,
        lambda check: (
            check.batch is None or first <= check.batch <= last or (not check.passed and check.batch < first)
        ),
    )
    missing = sorted({*range(first, last + 1)} - {check.batch for check in report.checks})
    if missing:
        report.add("settled", False, f"the contract has not settled batches {missing}")
    liquidated = liquidated_table.plain(found, range(first, last + 1))
    _conclude(frame, report, title=f"batches {first} to {last}", liquidated=liquidated)


@command(app, "state")
def state(
    frame: Frame,
    source: Input = None,
    account: Annotated[int | None, typer.Option("--account", help="Only this account.")] = None,
) -> None:
    """Rebuild the accounts from calldata and compare their root with the contract's; proofs are not verified."""
    inputs = _inputs(frame, source)
    found = _audit(frame, inputs, proved=())
    if found.state is not None:
        listed = found.markets
        rows = [
            (
                number,
                f"0x{each.owner:040x}",
                from_e6(each.collateral),
                ", ".join(
                    f"{market.name} {position.size} lots"
                    for market, position in zip(listed, each.positions, strict=False)
                    if position.size
                ),
            )
            for number, each in sorted(found.state.accounts.items())
            if account in (None, number)
        ]
        if frame.as_json:
            frame.json(
                {
                    "root": f"0x{inputs.totals.state_root:064x}",
                    "verdict": "PASS" if found.report.passed else "FAIL",
                    "accounts": [
                        {"account": number, **_account_fields(found.state.accounts[number])}
                        for number, *_ in rows
                    ],
                }
            )
        else:
            frame.table(
                f"state after batch {found.state.number}",
                ("account", "owner", "collateral", "positions"),
                rows,
            )
    if frame.as_json and found.report.passed:
        return
    _conclude(frame, found.report, title="replay")


def _account_fields(account: Account) -> dict[str, Any]:
    """An account as JSON: addresses as hex, used slots only."""
    return {
        "owner": address_text(account.owner),
        "agent": address_text(account.agent),
        "agent_until_s": account.agent_until,
        "collateral_e6": account.collateral,
        "positions": [asdict(position) for position in account.positions],
        "slots": {number: asdict(slot) for number, slot in sorted(account.slots.items())},
    }


@command(app, "key")
def key(frame: Frame, source: Input = None, keys_folder: Keys = None) -> None:
    """Read the verifying keys out of the deployed verifiers, lint them, and compare them with keys made here."""
    inputs = _inputs(frame, source)
    found = _audit(frame, inputs, proved=())
    report = _only(found.report, lambda check: check.name in ("circuit id", "domain", "verifying key"))
    if keys_folder is not None:
        keys.compare(report, found.keys, _local(keys_folder))
    _conclude(frame, report, title="verifying keys")


def _local(folder: Path) -> dict[str, VerifyingKey]:
    try:
        found = keys.local_keys(folder)
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"{folder}: {error}") from error
    if not found:
        raise BadConfiguration(f"{folder} holds no {keys.FILE_NAME}; `make keys` makes them")
    return found


@command(app, "reserves")
def reserves(frame: Frame, source: Input = None) -> None:
    """Whether the vault held every claim, queued deposit, bond and account after each batch; proofs are not verified."""
    found = _audit(frame, _inputs(frame, source), proved=())
    report = _only(found.report, lambda check: check.name in VAULT or not check.passed)
    _conclude(frame, report, title="reserves")


@command(app, "order")
def order(
    frame: Frame,
    digest: Annotated[str, typer.Argument(help="EIP-712 digest, 0x and 64 hex digits.")],
    source: Input = None,
    processes: Processes = cores(),  # noqa: B008 - as above
) -> None:
    """What the chain proves about one order, withdrawal or cancel."""
    if re.fullmatch(r"(0x)?[0-9a-fA-F]{64}", digest) is None:
        raise typer.BadParameter("a digest is 0x and 64 hex digits")
    inputs = _inputs(frame, source)
    evidence = order_evidence(inputs, bytes.fromhex(digest.removeprefix("0x")), processes=processes)
    if not frame.as_json:
        names = [market.name for market in evidence.markets]
        frame.table(
            f"order {digest}",
            ("batch", "entry", "what", "market", "account", "filled (lots)", "transaction"),
            [
                (
                    each.batch,
                    each.index,
                    describe(each.entry),
                    names[each.entry.market],
                    each.entry.account,
                    f"{each.lots} of {each.entry.lots}",
                    each.transaction,
                )
                for each in evidence.appearances
            ],
        )
    _conclude(frame, evidence.report, title="evidence")


@command(app, "receipt")
def receipt(
    frame: Frame,
    files: Annotated[list[Path], typer.Argument(help="Receipt files.")],
) -> None:
    """Whether receipts are signed by the sequencer, follow each other, and contradict none."""
    _conclude(frame, receipts.check([receipts.read(path) for path in files]), title="receipts")
