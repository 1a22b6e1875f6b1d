"""The market rows of a witness: configuration and live values before, marks and funding steps of the batch."""

from zkclear.rules.batch import Batch
from zkclear.rules.state import Market, State
from zkclear.v1 import witness_pb2 as pb


def market_rows(state: State, batch: Batch) -> list[pb.WitnessMarket]:
    """One row a listed market, in listing order."""
    listed = state.markets[: state.listed]
    return [
        _row(market, mark=mark, step=step)
        for market, mark, step in zip(listed, batch.marks, batch.funding_steps, strict=True)
    ]


def _row(market: Market, *, mark: int, step: int) -> pb.WitnessMarket:
    config = market.config
    return pb.WitnessMarket(
        lot_e8=config.lot_e8,
        tick_e8=config.tick_e8,
        quote_per_lot_tick=config.quote_per_lot_tick,
        t1=config.t1,
        t2=config.t2,
        maintenance_ppm=[config.maintenance.r1, config.maintenance.r2, config.maintenance.r3],
        initial_ppm=[config.initial.r1, config.initial.r2, config.initial.r3],
        maker_fee_ppm=config.maker_fee,
        taker_fee_ppm=config.taker_fee,
        liquidation_fee_ppm=config.liquidation_fee,
        keeper_share_ppm=config.keeper_share,
        close_factor_ppm=config.close_factor,
        closeout_ppm=config.closeout,
        max_funding_rate_ppm=config.max_funding_rate,
        max_open_interest=config.max_open_interest,
        status=config.status,
        old_mark=market.mark,
        old_funding_index=market.funding_index,
        old_open_interest=market.open_interest,
        mark=mark,
        funding_step=step,
    )
