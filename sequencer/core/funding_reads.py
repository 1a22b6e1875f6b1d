"""The funding steps of sealed batches, as `MarketDataService.ListFundingRates` shows them."""

from bisect import bisect_left, bisect_right

from sequencer.core.exchange import Exchange
from sequencer.core.funding import FundingRecord
from sequencer.core.reads import market_index, page
from sequencer.risk.premium import hourly_rate
from zkclear.v1 import market_data_pb2


def list_funding_rates(
    exchange: Exchange, request: market_data_pb2.ListFundingRatesRequest
) -> market_data_pb2.ListFundingRatesResponse:
    """
    A market's funding steps, newest first; both times belong to the span, and 0 leaves that end open.

    Errors: MARKET_NOT_FOUND; INVALID_FIELD for a page token that no page gave.
    """
    index = market_index(exchange, request.market)
    records = exchange.funding.records  # by time: a batch is never older than the one before
    first = bisect_left(records, request.from_s, key=lambda record: record.timestamp)
    last = len(records)
    if request.to_s:
        last = bisect_right(records, request.to_s, key=lambda record: record.timestamp)
    matching = (
        records[place]
        for place in range(last - 1, first - 1, -1)
        if index < len(records[place].steps)  # before that it was not listed
    )
    found, token = page(matching, request.page_size, request.page_token)
    return market_data_pb2.ListFundingRatesResponse(
        rates=[_rate(exchange, record, index) for record in found], next_page_token=token
    )


def _rate(exchange: Exchange, record: FundingRecord, index: int) -> market_data_pb2.FundingRate:
    return market_data_pb2.FundingRate(
        batch=record.batch,
        step=record.steps[index],
        funding_index=record.indexes[index],
        rate_ppm=hourly_rate(
            record.steps[index],
            config=exchange.state.markets[index].config,
            mark=record.marks[index],
            elapsed=record.elapsed,
        ),
        time_s=record.timestamp,
    )
