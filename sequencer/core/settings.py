"""The operator's settings that change what the core does: journalled whenever they change, so that replay knows them."""

from dataclasses import asdict, dataclass
from typing import Any

MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """Names and units as in the configuration; `max_shape` is the largest shape that is sealed."""

    price_band_ppm: int = 100_000
    min_notional_e6: int = 10_000_000
    max_open_orders: int = 1000
    stale_after_s: int = 15
    max_age_ms: int = 4000
    max_shape: str = "medium"
    max_unproved: int = 64
    impact_notional_e6: int = 1_000_000_000
    keeper_grace_s: int = 20

    def record(self) -> dict[str, Any]:
        """As plain values, for the journal."""
        return asdict(self)

    @property
    def max_age_us(self) -> int:
        """How old an open batch may become."""
        return self.max_age_ms * 1000
