"""Sections that several programs read."""

from pathlib import Path
from typing import Final, Literal

from pydantic import Field, field_validator, model_validator

from zkclear.service.configuration import Section

DEVELOPMENT_CHAIN_ID = 31_337
FINALIZED: Final = "finalized"


class ChainSettings(Section):
    """Where the contract is, and when a block counts as final."""

    rpc_urls: tuple[str, ...] = ("http://127.0.0.1:8545",)
    id: int = Field(default=DEVELOPMENT_CHAIN_ID, ge=1)
    contract: str = Field(pattern=r"^0x[0-9a-fA-F]{40}$")
    start_block: int = Field(default=0, ge=0)
    finality: int | Literal["finalized"] = FINALIZED
    poll_ms: int = Field(default=500, ge=10, le=60_000)

    @model_validator(mode="after")
    def _careful_outside_development(self) -> "ChainSettings":
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


class TlsSettings(Section):
    """PEM files: what a program shows, and the authority of those that it asks; needed off this machine."""

    cert_file: Path | None = None
    key_file: Path | None = None
    ca_file: Path | None = None


class LogSettings(Section):
    """How much is said, and how it looks."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console"] = "json"
