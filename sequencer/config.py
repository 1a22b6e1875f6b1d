"""
Configuration: option, then `ZKCLEAR_SECTION__KEY`, then `zkclear.toml`, then the default.

One file serves all programs; sections of the others are left to them, an unknown section or key is an error.
"""

import difflib
import ipaddress
import os
import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

OTHERS = ("prover", "settlement", "keeper", "client", "stream", "networks")
"""Sections of the other programs in the same file."""
PREFIX = "ZKCLEAR_"
PLAIN_VALUE = re.compile(r"^(true|false|-?[0-9]+|\[.*\]|\".*\")$")


class ConfigurationError(Exception):
    """A key is unknown, missing or impossible; the text names it and what would be right."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChainSettings(_Section):
    """Where the contract is, and when a block counts as final."""

    rpc_urls: tuple[str, ...] = Field(default=("http://127.0.0.1:8545",), min_length=1)
    id: int = Field(default=31337, ge=1)
    contract: str = Field(pattern=r"^0x[0-9a-fA-F]{40}$")
    start_block: int = Field(default=0, ge=0)
    finality: int | Literal["finalized"] = "finalized"
    poll_ms: int = Field(default=500, ge=10, le=60_000)

    @model_validator(mode="after")
    def _finality_in_blocks_on_development_chains_only(self) -> "ChainSettings":
        if isinstance(self.finality, int) and not 0 <= self.finality <= 10_000:
            raise ValueError('chain.finality is "finalized", or 0 .. 10000 blocks on a development chain')
        return self


class GatewaySettings(_Section):
    """Where the services listen and what they take."""

    listen: str = "127.0.0.1:50051"
    internal_listen: str = "127.0.0.1:50052"
    max_message_bytes: int = Field(default=4 << 20, ge=65_536, le=64 << 20)
    max_order_bytes: int = Field(default=16_384, ge=256, le=1 << 20)
    threads: int = Field(default=8, ge=1, le=256)
    rate_orders_per_s: int = Field(default=100, ge=1)
    rate_burst: int = Field(default=200, ge=1)
    max_open_orders: int = Field(default=1000, ge=1, le=1024)
    max_order_lifetime_s: int = Field(default=7_776_000, ge=1)
    nonce_ahead_s: int = Field(default=86_400, ge=1)


class TlsSettings(_Section):
    """PEM files: the public port shows certificate and key; the internal one asks for the client's, by the authority."""

    cert_file: Path | None = None
    key_file: Path | None = None
    ca_file: Path | None = None


class MatchingSettings(_Section):
    """What an order must be like."""

    price_band_ppm: int = Field(default=100_000, ge=1, le=999_999)
    min_notional_e6: int = Field(default=10_000_000, ge=0)


class OracleSettings(_Section):
    """How old the newest agreed prices may be while orders are taken."""

    stale_after_s: int = Field(default=15, ge=1)


class FundingSettings(_Section):
    """How large an order must be to count as evidence of the book's price, 10^-6 tokens."""

    impact_notional_e6: int = Field(default=1_000_000_000, ge=1, lt=1 << 56)


class RiskSettings(_Section):
    """How long an account below its maintenance margin is left to keepers, if there is time; 0: not at all."""

    keeper_grace_s: int = Field(default=20, ge=0, le=86_400)


class BatchingSettings(_Section):
    """When and how large batches are sealed."""

    max_age_ms: int = Field(default=4000, ge=10)
    max_shape: Literal["tiny", "small", "medium", "large"] = "medium"
    max_unproved: int = Field(default=64, ge=1)


class JournalSettings(_Section):
    """Where the journal is."""

    path: Path = Path("data/journal")


class SequencerSettings(_Section):
    """The key that signs receipts."""

    key_file: Path


class LogSettings(_Section):
    """How much is said, and how it looks."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


class MetricsSettings(_Section):
    """Where Prometheus reads."""

    listen: str = "127.0.0.1:9464"


class Configuration(BaseSettings):
    """All that the sequencer reads."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    chain: ChainSettings
    gateway: GatewaySettings = GatewaySettings()
    tls: TlsSettings = TlsSettings()
    matching: MatchingSettings = MatchingSettings()
    oracle: OracleSettings = OracleSettings()
    funding: FundingSettings = FundingSettings()
    risk: RiskSettings = RiskSettings()
    batching: BatchingSettings = BatchingSettings()
    journal: JournalSettings = JournalSettings()
    sequencer: SequencerSettings
    log: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """File, environment and options are merged by `load_configuration`."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)


def load_configuration(path: Path | None, options: Sequence[str] = ()) -> Configuration:
    """
    The settings of a file, the environment and `section.key=value` options.

    Raises ConfigurationError with one sentence a fault.
    """
    tables = _file(path)
    for name, value in os.environ.items():
        section, separator, key = name.removeprefix(PREFIX).lower().partition("__")
        if name.startswith(PREFIX) and separator and section not in OTHERS:
            tables.setdefault(section, {})[key] = _value(value)
    for option in options:
        name, separator, value = option.partition("=")
        section, dot, key = name.partition(".")
        if not (separator and dot):
            raise ConfigurationError(f"--set {option}: write section.key=value")
        tables.setdefault(section, {})[key] = _value(value)
    _refuse_unknown(tables)
    try:
        configuration = Configuration(**tables)
    except ValidationError as cause:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in cause.errors())
        raise ConfigurationError("; ".join(faults)) from cause
    _check_listening(configuration)
    return configuration


def _file(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:
        raise ConfigurationError(f"the configuration {path} cannot be read: {cause}") from cause
    return {name: table for name, table in tables.items() if name not in OTHERS}


def _value(text: str) -> Any:
    """A whole number, true, false, a list or a quoted string as TOML reads it; all else (0x.., paths) as it stands."""
    if not PLAIN_VALUE.match(text):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _refuse_unknown(tables: dict[str, Any]) -> None:
    """Names the nearest known key: a misspelt one must not be ignored."""
    known = {name: field.annotation for name, field in Configuration.model_fields.items()}
    for section, table in tables.items():
        model = known.get(section)
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            raise ConfigurationError(_unknown(f"section [{section}]", section, [*known, *OTHERS]))
        if not isinstance(table, dict):
            raise ConfigurationError(f"{section} must be a section: [{section}]")
        for key in table:
            if key not in model.model_fields:
                raise ConfigurationError(_unknown(f"{section}.{key}", key, list(model.model_fields)))


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
    return f"{what} is unknown{hint}"


def is_loopback(address: str) -> bool:
    """Whether HOST:PORT stays on this machine."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_listening(configuration: Configuration) -> None:
    """Off loopback nothing is spoken in the clear, and the inner services ask who calls."""
    tls = configuration.tls
    if (tls.cert_file is None) != (tls.key_file is None):
        raise ConfigurationError("tls.cert_file and tls.key_file belong together: give both or none")
    if not is_loopback(configuration.gateway.listen) and tls.cert_file is None:
        raise ConfigurationError(
            f"gateway.listen {configuration.gateway.listen} is reachable from other machines: "
            "give tls.cert_file and tls.key_file"
        )
    inner = configuration.gateway.internal_listen
    if not is_loopback(inner) and None in (tls.cert_file, tls.ca_file):
        raise ConfigurationError(
            f"gateway.internal_listen {inner} is reachable from other machines: "
            "give tls.cert_file, tls.key_file and tls.ca_file"
        )
