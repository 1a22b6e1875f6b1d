"""All that the sequencer reads from `zkclear.toml`, the environment and its options."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from zkclear.service.addresses import is_loopback
from zkclear.service.configuration import Section, load
from zkclear.service.sections import ChainSettings, LogSettings, TlsSettings


class GatewaySettings(Section):
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


class MatchingSettings(Section):
    """What an order must be like."""

    price_band_ppm: int = Field(default=100_000, ge=1, le=999_999)
    min_notional_e6: int = Field(default=10_000_000, ge=0)


class OracleSettings(Section):
    """How old the newest agreed prices may be while orders are taken."""

    stale_after_s: int = Field(default=15, ge=1)


class FundingSettings(Section):
    """How large an order must be to count as evidence of the book's price, 10^-6 tokens."""

    impact_notional_e6: int = Field(default=1_000_000_000, ge=1, lt=1 << 56)


class RiskSettings(Section):
    """How long an account below its maintenance margin is left to keepers, if there is time; 0: not at all."""

    keeper_grace_s: int = Field(default=20, ge=0, le=86_400)


class BatchingSettings(Section):
    """When and how large batches are sealed."""

    max_age_ms: int = Field(default=4000, ge=10)
    max_shape: Literal["tiny", "small", "medium", "large"] = "medium"
    max_unproved: int = Field(default=64, ge=1)


class JournalSettings(Section):
    """Where the journal is."""

    path: Path = Path("data/journal")


class SequencerSettings(Section):
    """The key that signs receipts."""

    key_file: Path


class MetricsSettings(Section):
    """Where Prometheus reads."""

    listen: str = "127.0.0.1:9464"


class Configuration(Section):
    """All that the sequencer reads."""

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

    @model_validator(mode="after")
    def _nothing_in_the_clear_off_this_machine(self) -> "Configuration":
        """The inner services ask who calls, too."""
        tls, gateway = self.tls, self.gateway
        if (tls.cert_file is None) != (tls.key_file is None):
            raise ValueError("tls.cert_file and tls.key_file belong together: give both or none")
        if not is_loopback(gateway.listen) and tls.cert_file is None:
            raise ValueError(
                f"gateway.listen {gateway.listen} is reachable from other machines: "
                "give tls.cert_file and tls.key_file"
            )
        if not is_loopback(gateway.internal_listen) and None in (tls.cert_file, tls.ca_file):
            raise ValueError(
                f"gateway.internal_listen {gateway.internal_listen} is reachable from other machines: "
                "give tls.cert_file, tls.key_file and tls.ca_file"
            )
        return self


def load_configuration(path: Path | None, options: Sequence[str] = ()) -> Configuration:
    """The settings of a file, the environment and `section.key=value` options. Raises ConfigurationError."""
    return load(Configuration, path, options)
