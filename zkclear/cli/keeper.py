"""`zkclear keeper`: see accounts at risk, take one over, or go on doing so."""

import threading
import time
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer

from zkclear import __version__
from zkclear.audit.chain import domain_of
from zkclear.cli.frame import Frame, command
from zkclear.cli.keys import Dev, KeyFile, signer
from zkclear.cli.profile import BadConfiguration
from zkclear.cli.service import log_to_stderr, until_stopped
from zkclear.client.amounts import E6, PPM, from_e6, from_e8, scaled, size_e8
from zkclear.client.chain import ChainClient
from zkclear.client.client import Client
from zkclear.client.contract import ContractReader
from zkclear.client.errors import RequestTimeout, from_reason
from zkclear.keeper.counters import Counters
from zkclear.keeper.keeper import Keeper, check_wallet
from zkclear.keeper.settings import KeeperError, KeeperSettings, load_settings
from zkclear.keeper.sizing import MOST_LOTS, Terms, chance, chances, outcome
from zkclear.keeper.sources import ChainSource, ExchangeSource, Source
from zkclear.keeper.wallet import FeeTerms, Wallet
from zkclear.rules.batch import OutcomeCode
from zkclear.rules.units import AccountId, Lots
from zkclear.service.configuration import ConfigurationError
from zkclear.service.metrics import metrics_served

app = typer.Typer(
    no_args_is_help=True, help="Liquidations: accounts below their maintenance margin are taken over."
)

POLL_S = 0.5

Taker = Annotated[
    int | None,
    typer.Option("--account", min=2, help="Account that takes positions; default: keeper.account."),
]
Markets = Annotated[
    list[str] | None, typer.Option("--market", help="Only this market; may be repeated. Default: all.")
]
HealthBelow = Annotated[
    str | None,
    typer.Option("--health-below", help="Only accounts below this health; 1 is liquidatable. Default: 1."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and send nothing.")]
FromChain = Annotated[
    bool,
    typer.Option(
        "--from-chain", help="Ask no operator: the last settled state and its marks, from the chain alone."
    ),
]


@command(app, "scan")
def scan(
    frame: Frame,
    *,
    account: Taker = None,
    market: Markets = None,
    health_below: HealthBelow = None,
    from_chain: FromChain = False,
) -> None:
    """List positions at risk, what of them may be taken now, and the keeper's share; with --account, what that one can carry."""
    health = PPM if health_below is None else _scaled(health_below, PPM, name="health-below")
    terms = Terms(markets=tuple(market or ()), health_below_ppm=health)
    with (
        _set_up(),
        _source(frame, health_below_ppm=health, from_chain=from_chain, streaming=False) as (source, reader),
    ):
        _require_listed(reader, terms.markets)
        taker = None if account is None else AccountId(account)
        view = source.view(*([] if account is None else [account]))
        if taker is not None and taker not in view.accounts:
            raise KeeperError(f"account {taker} is not open")
        rows = [each.shown() for each in chances(view, terms, taker=taker)]
    columns = ("account", "market", "health", "equity", "maintenance", "size", "allowed", "take", "gain")
    where = "at the last settled marks" if from_chain else "at the exchange's marks"
    frame.table(f"at risk, {where}", columns, [[row[name] for name in columns] for row in rows])


@command(app, "liquidate")
def liquidate(
    frame: Frame,
    subject: Annotated[
        int, typer.Argument(metavar="ACCOUNT", min=1, help="Account below its maintenance margin.")
    ],
    market: Annotated[str, typer.Argument(help="A listed market, such as ETH-USD.")],
    *,
    account: Taker = None,
    size: Annotated[
        str | None, typer.Option(help="Base units at most; default: what is allowed and the taker can carry.")
    ] = None,
    dry_run: DryRun = False,
    from_chain: FromChain = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the outcome.")] = False,
    timeout: Annotated[int, typer.Option(min=1, help="Seconds to wait.")] = 300,
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """Take over one position; what the rules would not execute now is refused before a bond is at stake."""
    options = {"account": account, "key_file": key_file, "dry_run": dry_run or None}
    with _set_up():
        settings = load_settings(frame.profile.config, options)
    taker, target = AccountId(settings.account), AccountId(subject)
    with (
        _set_up(),
        _source(frame, health_below_ppm=PPM, from_chain=from_chain, streaming=False) as (source, reader),
    ):
        index = _require_listed(reader, (market,))[0]
        chain = _signing(frame, reader, settings, key_file, dev)
        check_wallet(chain, settings)
        view = source.view(subject, settings.account)
        for each in (target, taker):
            if each not in view.accounts:
                raise from_reason("ACCOUNT_NOT_FOUND", f"no account {each} is open", {"account": str(each)})
        lot_e8 = view.markets[index].config.lot_e8
        found = chance(view, target, index, taker=taker, margin_ppm=settings.margin_ppm)
        most = found.lots if size is None else Lots(size_e8(size, lot_e8=lot_e8) // lot_e8)
        answer = outcome(view, target, index, taker=taker, most=most or MOST_LOTS)
        if answer is not OutcomeCode.EXECUTED:
            metadata = {"equity_e6": str(found.equity), "maintenance_e6": str(found.maintenance)}
            raise from_reason(answer.name, f"the outcome would be {answer.name}; nothing was sent", metadata)
        if settings.dry_run:
            frame.fields({**found.shown(), "take": from_e8(most * lot_e8), "outcome": answer.name})
            return
        sent = chain.liquidate(subject, market, from_e8(most * lot_e8), taker=settings.account)
        values: dict[str, Any] = {
            "request": sent.request,
            "transaction": sent.hash,
            "bond": from_e6(chain.bond_e6),
        }
        if wait:
            assert sent.request is not None, "the contract queues one request"
            values |= _outcome(chain, sent.request, sent.block, lot_e8=lot_e8, timeout=timeout)
    frame.fields(values)


@command(app, "run")
def run(
    frame: Frame,
    *,
    account: Taker = None,
    market: Markets = None,
    health_below: HealthBelow = None,
    min_gain: Annotated[str | None, typer.Option("--min-gain", help="Least gain of a bid, tokens.")] = None,
    dry_run: DryRun = False,
    once: Annotated[bool, typer.Option("--once", help="One round, then end.")] = False,
    from_chain: FromChain = False,
    key_file: KeyFile = None,
    dev: Dev = None,
) -> None:
    """
    Take over positions again and again until SIGTERM: one request at a time, its bond claimed when it comes back.

    Settings: section [keeper] of the configuration file (account, key_file, markets, health_below_ppm, min_gain_e6, margin_ppm,
    dry_run, poll_ms, backoff_ms, backoff_longest_ms, max_fee_gwei, bump_after_s, bump_percent, metrics_listen).
    """
    log_to_stderr(frame)
    options = {
        "account": account,
        "key_file": key_file,
        "markets": tuple(market) if market else None,
        "health_below_ppm": None if health_below is None else _scaled(health_below, PPM, name="health-below"),
        "min_gain_e6": None if min_gain is None else _scaled(min_gain, E6, name="min-gain"),
        "dry_run": dry_run or None,
    }
    with _set_up():
        settings = load_settings(frame.profile.config, options)
    bound = settings.health_below_ppm
    with (
        _set_up(),
        until_stopped() as stop,
        _source(frame, health_below_ppm=bound, from_chain=from_chain, streaming=not once) as (source, reader),
    ):
        counters = Counters(__version__)
        wallet = _signing(frame, reader, settings, key_file, dev, stop=stop)
        keeper = Keeper(source, wallet, settings, counters)
        keeper.prepare()
        if once:
            keeper.round()
            return
        with _metrics(counters, settings.metrics_listen):
            keeper.run(stop)


@contextmanager
def _set_up() -> Iterator[None]:
    """A keeper that cannot run as it is set up is a fault of the configuration."""
    try:
        yield
    except ConfigurationError as error:
        raise BadConfiguration(str(error)) from error


def _metrics(counters: Counters, listen: str) -> AbstractContextManager[Any]:
    if not listen:
        return nullcontext()
    return metrics_served(counters.registry, listen, setting="keeper.metrics_listen")


@contextmanager
def _source(
    frame: Frame, *, health_below_ppm: int, from_chain: bool, streaming: bool
) -> Iterator[tuple[Source, ContractReader]]:
    """Where accounts at risk are seen, and the contract that they are on."""
    with ExitStack() as stack:
        client: Client | None = None
        if not from_chain:
            client = stack.enter_context(frame.client())
        contract = frame.contract() if client is None else f"0x{client.domain.contract:040x}"
        reader = ContractReader(frame.profile.rpc_url, contract)
        _check_chain(frame, client, reader)
        source: Source = (
            ChainSource(reader)
            if client is None
            else ExchangeSource(client, reader, health_below_ppm=health_below_ppm, streaming=streaming)
        )
        stack.callback(source.close)
        yield source, reader


def _check_chain(frame: Frame, client: Client | None, reader: ContractReader) -> None:
    """The node, the configuration and the exchange mean the same chain."""
    found, expected = reader.chain_id, frame.profile.chain_id
    if expected is not None and found != expected:
        raise BadConfiguration(
            f"the node at {reader.rpc_url} is on chain {found}, the configuration says {expected}"
        )
    domain = domain_of(reader.rpc_url, reader.contract.address)
    if client is not None and client.domain != domain:
        raise BadConfiguration(
            f"the exchange settles on chain {client.domain.chain_id}, "
            f"the node at {reader.rpc_url} is on chain {found}"
        )


def _signing(
    frame: Frame,
    reader: ContractReader,
    settings: KeeperSettings,
    key_file: Path | None,
    dev: int | None,
    *,
    stop: threading.Event | None = None,
) -> Wallet:
    """The contract, called with the key of the command, or else with the one that the settings name."""
    chosen = key_file or (settings.key_file if dev is None else None)
    key = signer(chosen, dev, chain_id=reader.chain_id)
    terms = FeeTerms(settings.max_fee_gwei, settings.bump_after_s, settings.bump_percent)
    return Wallet(frame.profile.rpc_url, reader.contract.address, key, terms=terms, stop=stop)


def _require_listed(reader: ContractReader, names: Collection[str]) -> list[int]:
    """The indices of these markets on the contract; one that is not listed is refused."""
    listed = {market.name: market.index for market in reader.markets()}
    for name in names:
        if name not in listed:
            raise from_reason(
                "MARKET_NOT_FOUND", f"no market {name!r}; listed are {', '.join(listed)}", {"name": name}
            )
    return [listed[name] for name in names]


def _outcome(chain: ChainClient, request: int, block: int, *, lot_e8: int, timeout: int) -> dict[str, Any]:
    """The outcome of a request, once a batch with it is settled."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        found = chain.resolution(request, from_block=block)
        if found is not None:
            return {"outcome": found.outcome, "batch": found.batch, "taken": from_e8(found.amount * lot_e8)}
        time.sleep(POLL_S)
    raise RequestTimeout(f"request {request} waits after {timeout} s", reason="WAIT")


def _scaled(text: str, scale: int, *, name: str) -> int:
    """An option in the units of the settings, rounded down."""
    return int(scaled(text, scale, name=name))
