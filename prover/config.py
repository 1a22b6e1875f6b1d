"""
Configuration: option, then `ZKCLEAR_SECTION__KEY`, then `zkclear.toml`, then the default.

One file serves all programs; sections of the others are left to them, an unknown section or key is an error.
"""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from prover.settlement.anvil import DEVELOPMENT_CHAIN_ID
from prover.settlement.chain import FINALIZED

OTHERS = (
    "gateway",
    "matching",
    "stream",
    "oracle",
    "funding",
    "risk",
    "batching",
    "journal",
    "sequencer",
    "keeper",
    "client",
    "metrics",
    "networks",
)
"""Sections of the other programs in the same file."""


class ConfigurationError(Exception):
    """A key is unknown, missing or impossible; the text names it and what would be right."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ChainSettings(_Section):
    """Where the contract is, and when a block counts as final."""

    rpc_urls: tuple[str, ...] = ("http://127.0.0.1:8545",)
    id: int = Field(default=31337, ge=1)
    contract: str = Field(pattern=r"^0x[0-9a-fA-F]{40}$")
    start_block: int = Field(default=0, ge=0)
    finality: int | Literal["finalized"] = "finalized"
    poll_ms: int = Field(default=500, ge=10, le=60_000)

    @model_validator(mode="after")
    def _careful_outside_development(self) -> ChainSettings:
        development = self.id == DEVELOPMENT_CHAIN_ID
        if len(self.rpc_urls) < (1 if development else 2):
            raise ValueError("rpc_urls must name at least one node, outside development two that must agree")
        if not development and self.finality != FINALIZED:
            raise ValueError(f'finality must be "{FINALIZED}" outside development')
        return self

    @field_validator("finality")
    @classmethod
    def _not_negative(cls, value: int | str) -> int | str:
        if isinstance(value, int) and not 0 <= value <= 10_000:
            raise ValueError('give "finalized", or a number of blocks from 0 to 10000 on a development chain')
        return value


class ProverSettings(_Section):
    """The service for workers, and where batches come from and are kept."""

    listen: str = "127.0.0.1:50061"
    sequencer: str = "127.0.0.1:50052"
    data_path: Path = Path("data/prover")
    lease_s: int = Field(default=60, ge=1, le=3_600)
    max_attempts: int = Field(default=3, ge=1, le=100)
    keys_path: Path | None = None
    program: Path | None = None
    local_workers: int = Field(default=1, ge=0, le=64)


class SettlementSettings(_Section):
    """The key that pays for gas, and how much of it."""

    key_file: Path
    max_fee_gwei: int = Field(default=100, ge=1, le=1_000_000)
    bump_after_s: int = Field(default=30, ge=1, le=86_400)
    bump_percent: int = Field(default=15, ge=10, le=1_000)
    max_in_flight: int = Field(default=4, ge=1, le=16)


class TlsSettings(_Section):
    """Files of mutual TLS, PEM; needed as soon as an address is not on this machine."""

    cert_file: Path | None = None
    key_file: Path | None = None
    ca_file: Path | None = None


class LogSettings(_Section):
    """How much is said, and how it looks."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"


class Settings(BaseSettings):
    """All that the prover reads."""

    model_config = SettingsConfigDict(
        env_prefix="ZKCLEAR_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    chain: ChainSettings
    prover: ProverSettings = ProverSettings()
    settlement: SettlementSettings
    tls: TlsSettings = TlsSettings()
    log: LogSettings = LogSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over what `load_settings` read from the file."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load_settings(path: Path | None) -> Settings:
    """The settings of a file and the environment. Raises ConfigurationError with one sentence for each fault."""
    try:
        text = path.read_text(encoding="utf-8") if path is not None else ""
        tables = tomllib.loads(text)
    except (OSError, ValueError) as cause:
        raise ConfigurationError(f"the configuration {path} cannot be read: {cause}") from cause
    own = {name: table for name, table in tables.items() if name not in OTHERS}
    _refuse_unknown(own)
    try:
        return Settings(**own)
    except ValidationError as cause:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in cause.errors())
        raise ConfigurationError("; ".join(faults)) from cause


def _refuse_unknown(tables: dict[str, Any]) -> None:
    """Names the nearest known key: a misspelt one must not be ignored."""
    known = {name: field.annotation for name, field in Settings.model_fields.items()}
    for section, table in tables.items():
        if section not in known:
            raise ConfigurationError(_unknown(f"section [{section}]", section, [*known, *OTHERS]))
        if not isinstance(table, dict):
            raise ConfigurationError(f"{section} must be a section: [{section}]")
        model = known[section]
        assert isinstance(model, type), get_args(model)
        assert issubclass(model, BaseModel)
        for key in table:
            if key not in model.model_fields:
                raise ConfigurationError(_unknown(f"{section}.{key}", key, list(model.model_fields)))


def _unknown(what: str, name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
    return f"{what} is unknown{hint}"
