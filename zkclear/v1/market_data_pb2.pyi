from zkclear.v1 import oracle_pb2 as _oracle_pb2
from zkclear.v1 import order_pb2 as _order_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MarketStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MARKET_STATUS_UNSPECIFIED: _ClassVar[MarketStatus]
    MARKET_STATUS_LIVE: _ClassVar[MarketStatus]
MARKET_STATUS_UNSPECIFIED: MarketStatus
MARKET_STATUS_LIVE: MarketStatus

class Market(_message.Message):
    __slots__ = ("name", "index", "lot_e8", "tick_e8", "quote_per_lot_tick", "t1_e6", "t2_e6", "maintenance_ppm", "initial_ppm", "maker_fee_ppm", "taker_fee_ppm", "liquidation_fee_ppm", "keeper_share_ppm", "close_factor_ppm", "closeout_ppm", "max_funding_rate_ppm", "max_open_interest_e8", "status", "mark_price_e8", "funding_index", "open_interest_e8", "min_notional_e6", "price_band_ppm")
    NAME_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    LOT_E8_FIELD_NUMBER: _ClassVar[int]
    TICK_E8_FIELD_NUMBER: _ClassVar[int]
    QUOTE_PER_LOT_TICK_FIELD_NUMBER: _ClassVar[int]
    T1_E6_FIELD_NUMBER: _ClassVar[int]
    T2_E6_FIELD_NUMBER: _ClassVar[int]
    MAINTENANCE_PPM_FIELD_NUMBER: _ClassVar[int]
    INITIAL_PPM_FIELD_NUMBER: _ClassVar[int]
    MAKER_FEE_PPM_FIELD_NUMBER: _ClassVar[int]
    TAKER_FEE_PPM_FIELD_NUMBER: _ClassVar[int]
    LIQUIDATION_FEE_PPM_FIELD_NUMBER: _ClassVar[int]
    KEEPER_SHARE_PPM_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FACTOR_PPM_FIELD_NUMBER: _ClassVar[int]
    CLOSEOUT_PPM_FIELD_NUMBER: _ClassVar[int]
    MAX_FUNDING_RATE_PPM_FIELD_NUMBER: _ClassVar[int]
    MAX_OPEN_INTEREST_E8_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    MARK_PRICE_E8_FIELD_NUMBER: _ClassVar[int]
    FUNDING_INDEX_FIELD_NUMBER: _ClassVar[int]
    OPEN_INTEREST_E8_FIELD_NUMBER: _ClassVar[int]
    MIN_NOTIONAL_E6_FIELD_NUMBER: _ClassVar[int]
    PRICE_BAND_PPM_FIELD_NUMBER: _ClassVar[int]
    name: str
    index: int
    lot_e8: int
    tick_e8: int
    quote_per_lot_tick: int
    t1_e6: int
    t2_e6: int
    maintenance_ppm: _containers.RepeatedScalarFieldContainer[int]
    initial_ppm: _containers.RepeatedScalarFieldContainer[int]
    maker_fee_ppm: int
    taker_fee_ppm: int
    liquidation_fee_ppm: int
    keeper_share_ppm: int
    close_factor_ppm: int
    closeout_ppm: int
    max_funding_rate_ppm: int
    max_open_interest_e8: int
    status: MarketStatus
    mark_price_e8: int
    funding_index: int
    open_interest_e8: int
    min_notional_e6: int
    price_band_ppm: int
    def __init__(self, name: _Optional[str] = ..., index: _Optional[int] = ..., lot_e8: _Optional[int] = ..., tick_e8: _Optional[int] = ..., quote_per_lot_tick: _Optional[int] = ..., t1_e6: _Optional[int] = ..., t2_e6: _Optional[int] = ..., maintenance_ppm: _Optional[_Iterable[int]] = ..., initial_ppm: _Optional[_Iterable[int]] = ..., maker_fee_ppm: _Optional[int] = ..., taker_fee_ppm: _Optional[int] = ..., liquidation_fee_ppm: _Optional[int] = ..., keeper_share_ppm: _Optional[int] = ..., close_factor_ppm: _Optional[int] = ..., closeout_ppm: _Optional[int] = ..., max_funding_rate_ppm: _Optional[int] = ..., max_open_interest_e8: _Optional[int] = ..., status: _Optional[_Union[MarketStatus, str]] = ..., mark_price_e8: _Optional[int] = ..., funding_index: _Optional[int] = ..., open_interest_e8: _Optional[int] = ..., min_notional_e6: _Optional[int] = ..., price_band_ppm: _Optional[int] = ...) -> None: ...

class Domain(_message.Message):
    __slots__ = ("name", "version", "chain_id", "verifying_contract")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    VERIFYING_CONTRACT_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    chain_id: int
    verifying_contract: bytes
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., chain_id: _Optional[int] = ..., verifying_contract: _Optional[bytes] = ...) -> None: ...

class ListMarketsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListMarketsResponse(_message.Message):
    __slots__ = ("markets", "domain", "asset", "sequencer")
    MARKETS_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    SEQUENCER_FIELD_NUMBER: _ClassVar[int]
    markets: _containers.RepeatedCompositeFieldContainer[Market]
    domain: Domain
    asset: str
    sequencer: bytes
    def __init__(self, markets: _Optional[_Iterable[_Union[Market, _Mapping]]] = ..., domain: _Optional[_Union[Domain, _Mapping]] = ..., asset: _Optional[str] = ..., sequencer: _Optional[bytes] = ...) -> None: ...

class GetMarketRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetMarketResponse(_message.Message):
    __slots__ = ("market",)
    MARKET_FIELD_NUMBER: _ClassVar[int]
    market: Market
    def __init__(self, market: _Optional[_Union[Market, _Mapping]] = ...) -> None: ...

class GetOrderBookRequest(_message.Message):
    __slots__ = ("market", "depth")
    MARKET_FIELD_NUMBER: _ClassVar[int]
    DEPTH_FIELD_NUMBER: _ClassVar[int]
    market: str
    depth: int
    def __init__(self, market: _Optional[str] = ..., depth: _Optional[int] = ...) -> None: ...

class BookLevel(_message.Message):
    __slots__ = ("price_e8", "size_e8", "orders")
    PRICE_E8_FIELD_NUMBER: _ClassVar[int]
    SIZE_E8_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    price_e8: int
    size_e8: int
    orders: int
    def __init__(self, price_e8: _Optional[int] = ..., size_e8: _Optional[int] = ..., orders: _Optional[int] = ...) -> None: ...

class GetOrderBookResponse(_message.Message):
    __slots__ = ("sequence", "bids", "asks", "crc32")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    BIDS_FIELD_NUMBER: _ClassVar[int]
    ASKS_FIELD_NUMBER: _ClassVar[int]
    CRC32_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    bids: _containers.RepeatedCompositeFieldContainer[BookLevel]
    asks: _containers.RepeatedCompositeFieldContainer[BookLevel]
    crc32: int
    def __init__(self, sequence: _Optional[int] = ..., bids: _Optional[_Iterable[_Union[BookLevel, _Mapping]]] = ..., asks: _Optional[_Iterable[_Union[BookLevel, _Mapping]]] = ..., crc32: _Optional[int] = ...) -> None: ...

class Trade(_message.Message):
    __slots__ = ("trade_id", "market", "price_e8", "size_e8", "taker_side", "time_us", "batch")
    TRADE_ID_FIELD_NUMBER: _ClassVar[int]
    MARKET_FIELD_NUMBER: _ClassVar[int]
    PRICE_E8_FIELD_NUMBER: _ClassVar[int]
    SIZE_E8_FIELD_NUMBER: _ClassVar[int]
    TAKER_SIDE_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    trade_id: int
    market: str
    price_e8: int
    size_e8: int
    taker_side: _order_pb2.Side
    time_us: int
    batch: int
    def __init__(self, trade_id: _Optional[int] = ..., market: _Optional[str] = ..., price_e8: _Optional[int] = ..., size_e8: _Optional[int] = ..., taker_side: _Optional[_Union[_order_pb2.Side, str]] = ..., time_us: _Optional[int] = ..., batch: _Optional[int] = ...) -> None: ...

class ListTradesRequest(_message.Message):
    __slots__ = ("market", "page_size", "page_token")
    MARKET_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    market: str
    page_size: int
    page_token: str
    def __init__(self, market: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTradesResponse(_message.Message):
    __slots__ = ("trades", "next_page_token")
    TRADES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    trades: _containers.RepeatedCompositeFieldContainer[Trade]
    next_page_token: str
    def __init__(self, trades: _Optional[_Iterable[_Union[Trade, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetPricesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MarkPrice(_message.Message):
    __slots__ = ("market", "price_e8")
    MARKET_FIELD_NUMBER: _ClassVar[int]
    PRICE_E8_FIELD_NUMBER: _ClassVar[int]
    market: str
    price_e8: int
    def __init__(self, market: _Optional[str] = ..., price_e8: _Optional[int] = ...) -> None: ...

class GetPricesResponse(_message.Message):
    __slots__ = ("prices", "timestamp_s", "reports")
    PRICES_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    prices: _containers.RepeatedCompositeFieldContainer[MarkPrice]
    timestamp_s: int
    reports: _containers.RepeatedCompositeFieldContainer[_oracle_pb2.SignedReport]
    def __init__(self, prices: _Optional[_Iterable[_Union[MarkPrice, _Mapping]]] = ..., timestamp_s: _Optional[int] = ..., reports: _Optional[_Iterable[_Union[_oracle_pb2.SignedReport, _Mapping]]] = ...) -> None: ...

class ListFundingRatesRequest(_message.Message):
    __slots__ = ("market", "from_s", "to_s", "page_size", "page_token")
    MARKET_FIELD_NUMBER: _ClassVar[int]
    FROM_S_FIELD_NUMBER: _ClassVar[int]
    TO_S_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    market: str
    from_s: int
    to_s: int
    page_size: int
    page_token: str
    def __init__(self, market: _Optional[str] = ..., from_s: _Optional[int] = ..., to_s: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class FundingRate(_message.Message):
    __slots__ = ("batch", "step", "funding_index", "rate_ppm", "time_s")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    FUNDING_INDEX_FIELD_NUMBER: _ClassVar[int]
    RATE_PPM_FIELD_NUMBER: _ClassVar[int]
    TIME_S_FIELD_NUMBER: _ClassVar[int]
    batch: int
    step: int
    funding_index: int
    rate_ppm: int
    time_s: int
    def __init__(self, batch: _Optional[int] = ..., step: _Optional[int] = ..., funding_index: _Optional[int] = ..., rate_ppm: _Optional[int] = ..., time_s: _Optional[int] = ...) -> None: ...

class ListFundingRatesResponse(_message.Message):
    __slots__ = ("rates", "next_page_token")
    RATES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    rates: _containers.RepeatedCompositeFieldContainer[FundingRate]
    next_page_token: str
    def __init__(self, rates: _Optional[_Iterable[_Union[FundingRate, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
