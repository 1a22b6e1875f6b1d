"""All that the prover reads from `zkclear.toml` and the environment."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from zkclear.service.configuration import Section, load
from zkclear.service.sections import ChainSettings, LogSettings, TlsSettings


class ProverSettings(Section):
    """The service for workers, and where batches come from and are kept."""

    listen: str = "127.0.0.1:50061"
    sequencer: str = "127.0.0.1:50052"
    data_path: Path = Path("data/prover")
    lease_s: int = Field(default=60, ge=1, le=3_600)
    max_attempts: int = Field(default=3, ge=1, le=100)
    keys_path: Path | None = None
    program: Path | None = None
    local_workers: int = Field(default=1, ge=0, le=64)
    metrics_listen: str = "127.0.0.1:9465"


class SettlementSettings(Section):
    """The key that pays for gas, and how much of it."""

    key_file: Path
    max_fee_gwei: int = Field(default=100, ge=1, le=1_000_000)
    bump_after_s: int = Field(default=30, ge=1, le=86_400)
    bump_percent: int = Field(default=15, ge=10, le=1_000)
    max_in_flight: int = Field(default=4, ge=1, le=16)


class Settings(Section):
    """All that the prover reads."""

    chain: ChainSettings
    prover: ProverSettings = ProverSettings()
    settlement: SettlementSettings
    tls: TlsSettings = TlsSettings()
    log: LogSettings = LogSettings()


def load_settings(path: Path | None) -> Settings:
    """The settings of a file and the environment. Raises ConfigurationError."""
    return load(Settings, path)
