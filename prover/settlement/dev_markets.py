"""The two markets of the development chain: the one place that defines them."""

from dataclasses import dataclass

from zkclear.rules.markets import check_config, quote_per_lot_tick
from zkclear.rules.state import MarketConfig, Rates
from zkclear.rules.units import Lots, Ppm, Quote

TOKEN_E6 = 10**6


@dataclass(frozen=True, slots=True)
class Listing:
    """A market as it is listed: its name and its rules."""

    name: str
    config: MarketConfig


def _rates(r1: int, r2: int, r3: int) -> Rates:
    return Rates(Ppm(r1), Ppm(r2), Ppm(r3))


def _listing(name: str, *, lot_e8: int, tick_e8: int, max_open_interest: int) -> Listing:
    """Both markets share brackets and fees: 20 times leverage below 100,000 tokens, 5 times above 1,000,000."""
    config = MarketConfig(
        lot_e8=lot_e8,
        tick_e8=tick_e8,
        quote_per_lot_tick=quote_per_lot_tick(lot_e8, tick_e8),
        t1=Quote(100_000 * TOKEN_E6),
        t2=Quote(1_000_000 * TOKEN_E6),
        maintenance=_rates(25_000, 50_000, 100_000),
        initial=_rates(50_000, 100_000, 200_000),
        maker_fee=Ppm(-50),
        taker_fee=Ppm(500),
        liquidation_fee=Ppm(15_000),
        keeper_share=Ppm(500_000),
        close_factor=Ppm(300_000),
        closeout=Ppm(500_000),
        max_funding_rate=Ppm(4_000),
        max_open_interest=Lots(max_open_interest),
    )
    check_config(config)
    return Listing(name, config)


DEV_MARKETS: tuple[Listing, ...] = (
    # One lot is 0.001 ETH, one tick 0.1 tokens: 100 quote a lot and tick.
    _listing("ETH-USD", lot_e8=100_000, tick_e8=10_000_000, max_open_interest=100_000_000),
    # One lot is 0.0001 BTC, one tick 1 token: 100 quote a lot and tick.
    _listing("BTC-USD", lot_e8=10_000, tick_e8=100_000_000, max_open_interest=100_000_000),
)
"""In listing order: a market's index in batches is its place here."""
