"""What a keeper is told: option, then `ZKCLEAR_KEEPER__KEY`, then section `[keeper]` of zkclear.toml, then the default."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator, model_validator

from zkclear.client.risk import HEALTH_PPM_MAX
from zkclear.rules.units import ACCOUNT_BOUND, PPM, QUOTE_BOUND
from zkclear.service.configuration import ConfigurationError, Section, load


class KeeperError(ConfigurationError):
    """The keeper cannot run as it is set up; the text is one sentence that says what is missing or wrong."""


class KeeperSettings(Section):
    """All that a keeper is told."""

    account: int = Field(ge=2, lt=ACCOUNT_BOUND)
    """The account that takes positions over; its owner's key signs."""
    key_file: Path | None = None
    """Keystore of that key."""
    markets: tuple[str, ...] = ()
    """Only these markets; none: all."""
    health_below_ppm: int = Field(default=PPM, ge=1, le=HEALTH_PPM_MAX)
    """Accounts are watched below this health, and taken over below it if they are liquidatable: less is more cautious."""
    min_gain_e6: int = Field(default=0, ge=0, lt=QUOTE_BOUND)
    """Bids only for at least this share of the discount, 10^-6 tokens."""
    margin_ppm: int = Field(default=50_000, ge=0, le=PPM)
    """The taker must stay above its initial margin by this part of what it takes over, for the price may move."""
    dry_run: bool = False
    """Says what it would do, and sends nothing."""
    poll_ms: int = Field(default=1_000, ge=10, le=3_600_000)
    """Longest time from one look to the next."""
    backoff_ms: int = Field(default=2_000, ge=1, le=3_600_000)
    """First wait after somebody else was faster; doubled each time."""
    backoff_longest_ms: int = Field(default=120_000, ge=1, le=86_400_000)
    """The longest such wait."""
    max_fee_gwei: int = Field(default=100, ge=1, le=1_000_000)
    """The most for a unit of gas; while it costs more, nothing is sent."""
    bump_after_s: int = Field(default=30, ge=1, le=120)
    """A transaction that is not mined after so long is sent again for more."""
    bump_percent: int = Field(default=15, ge=10, le=100)
    """How much more; nodes take no replacement for less than ten."""
    metrics_listen: str = "127.0.0.1:9466"
    """Where Prometheus reads, HOST:PORT; empty: nowhere."""

    @model_validator(mode="before")
    @classmethod
    def _has_account(cls, values: Any) -> Any:
        if isinstance(values, dict) and "account" not in values:
            raise ValueError("no account: give --account N, or keeper.account in zkclear.toml")
        return values

    @field_validator("markets", mode="before")
    @classmethod
    def _names(cls, value: Any) -> Any:
        """The environment has a comma between two names."""
        return tuple(each for each in value.split(",") if each) if isinstance(value, str) else value

    @field_validator("metrics_listen")
    @classmethod
    def _address(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and not (host and port.isdecimal() and int(port) < 2**16):
            raise ValueError(f"{value!r} is not HOST:PORT")
        return value


class _File(Section):
    """What a keeper reads of the configuration file."""

    keeper: KeeperSettings

    @model_validator(mode="before")
    @classmethod
    def _empty_section(cls, tables: dict[str, Any]) -> dict[str, Any]:
        """Without a section all may come from options."""
        return {"keeper": {}, **tables}


def load_settings(path: Path | None, options: Mapping[str, Any]) -> KeeperSettings:
    """
    The settings of a file, the environment and options; an option that is None was not given.

    Raises ConfigurationError with one sentence a fault; an unknown key is one, with the nearest known name.
    """
    given = [
        f"keeper.{name}={json.dumps(value, default=str)}"
        for name, value in options.items()
        if value is not None
    ]
    return load(_File, path, given).keeper
