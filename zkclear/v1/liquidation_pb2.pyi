from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class LiquidationKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIQUIDATION_KIND_UNSPECIFIED: _ClassVar[LiquidationKind]
    LIQUIDATION_KIND_TAKEOVER: _ClassVar[LiquidationKind]
    LIQUIDATION_KIND_CLOSE: _ClassVar[LiquidationKind]
    LIQUIDATION_KIND_BOOK: _ClassVar[LiquidationKind]
    LIQUIDATION_KIND_ABSORB: _ClassVar[LiquidationKind]
    LIQUIDATION_KIND_DELEVERAGE: _ClassVar[LiquidationKind]
LIQUIDATION_KIND_UNSPECIFIED: LiquidationKind
LIQUIDATION_KIND_TAKEOVER: LiquidationKind
LIQUIDATION_KIND_CLOSE: LiquidationKind
LIQUIDATION_KIND_BOOK: LiquidationKind
LIQUIDATION_KIND_ABSORB: LiquidationKind
LIQUIDATION_KIND_DELEVERAGE: LiquidationKind

class ListAtRiskRequest(_message.Message):
    __slots__ = ("health_below_ppm", "market", "page_size", "page_token")
    HEALTH_BELOW_PPM_FIELD_NUMBER: _ClassVar[int]
    MARKET_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    health_below_ppm: int
    market: str
    page_size: int
    page_token: str
    def __init__(self, health_below_ppm: _Optional[int] = ..., market: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAtRiskResponse(_message.Message):
    __slots__ = ("accounts", "next_page_token")
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    accounts: _containers.RepeatedCompositeFieldContainer[AtRisk]
    next_page_token: str
    def __init__(self, accounts: _Optional[_Iterable[_Union[AtRisk, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class AtRisk(_message.Message):
    __slots__ = ("account", "owner", "equity_e6", "maintenance_e6", "health_ppm", "positions", "liquidate_request")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    EQUITY_E6_FIELD_NUMBER: _ClassVar[int]
    MAINTENANCE_E6_FIELD_NUMBER: _ClassVar[int]
    HEALTH_PPM_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    LIQUIDATE_REQUEST_FIELD_NUMBER: _ClassVar[int]
    account: int
    owner: bytes
    equity_e6: int
    maintenance_e6: int
    health_ppm: int
    positions: _containers.RepeatedCompositeFieldContainer[RiskPosition]
    liquidate_request: int
    def __init__(self, account: _Optional[int] = ..., owner: _Optional[bytes] = ..., equity_e6: _Optional[int] = ..., maintenance_e6: _Optional[int] = ..., health_ppm: _Optional[int] = ..., positions: _Optional[_Iterable[_Union[RiskPosition, _Mapping]]] = ..., liquidate_request: _Optional[int] = ...) -> None: ...

class RiskPosition(_message.Message):
    __slots__ = ("market", "size_e8", "allowed_e8")
    MARKET_FIELD_NUMBER: _ClassVar[int]
    SIZE_E8_FIELD_NUMBER: _ClassVar[int]
    ALLOWED_E8_FIELD_NUMBER: _ClassVar[int]
    market: str
    size_e8: int
    allowed_e8: int
    def __init__(self, market: _Optional[str] = ..., size_e8: _Optional[int] = ..., allowed_e8: _Optional[int] = ...) -> None: ...

class PrepareLiquidationRequest(_message.Message):
    __slots__ = ("account", "market", "max_size_e8", "taker")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    MARKET_FIELD_NUMBER: _ClassVar[int]
    MAX_SIZE_E8_FIELD_NUMBER: _ClassVar[int]
    TAKER_FIELD_NUMBER: _ClassVar[int]
    account: int
    market: str
    max_size_e8: int
    taker: int
    def __init__(self, account: _Optional[int] = ..., market: _Optional[str] = ..., max_size_e8: _Optional[int] = ..., taker: _Optional[int] = ...) -> None: ...

class PrepareLiquidationResponse(_message.Message):
    __slots__ = ("contract", "calldata", "bond_e6", "mark_price_e8", "price_e8", "size_e8", "expected_gain_e6", "deadline_s", "outcome")
    CONTRACT_FIELD_NUMBER: _ClassVar[int]
    CALLDATA_FIELD_NUMBER: _ClassVar[int]
    BOND_E6_FIELD_NUMBER: _ClassVar[int]
    MARK_PRICE_E8_FIELD_NUMBER: _ClassVar[int]
    PRICE_E8_FIELD_NUMBER: _ClassVar[int]
    SIZE_E8_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_GAIN_E6_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_S_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    contract: bytes
    calldata: bytes
    bond_e6: int
    mark_price_e8: int
    price_e8: int
    size_e8: int
    expected_gain_e6: int
    deadline_s: int
    outcome: int
    def __init__(self, contract: _Optional[bytes] = ..., calldata: _Optional[bytes] = ..., bond_e6: _Optional[int] = ..., mark_price_e8: _Optional[int] = ..., price_e8: _Optional[int] = ..., size_e8: _Optional[int] = ..., expected_gain_e6: _Optional[int] = ..., deadline_s: _Optional[int] = ..., outcome: _Optional[int] = ...) -> None: ...

class ListLiquidationsRequest(_message.Message):
    __slots__ = ("account", "market", "page_size", "page_token")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    MARKET_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account: int
    market: str
    page_size: int
    page_token: str
    def __init__(self, account: _Optional[int] = ..., market: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class Liquidation(_message.Message):
    __slots__ = ("kind", "account", "market", "size_e8", "counterparty", "discount_e6", "counterparty_e6", "batch", "time_s")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    MARKET_FIELD_NUMBER: _ClassVar[int]
    SIZE_E8_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_FIELD_NUMBER: _ClassVar[int]
    DISCOUNT_E6_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_E6_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    TIME_S_FIELD_NUMBER: _ClassVar[int]
    kind: LiquidationKind
    account: int
    market: str
    size_e8: int
    counterparty: int
    discount_e6: int
    counterparty_e6: int
    batch: int
    time_s: int
    def __init__(self, kind: _Optional[_Union[LiquidationKind, str]] = ..., account: _Optional[int] = ..., market: _Optional[str] = ..., size_e8: _Optional[int] = ..., counterparty: _Optional[int] = ..., discount_e6: _Optional[int] = ..., counterparty_e6: _Optional[int] = ..., batch: _Optional[int] = ..., time_s: _Optional[int] = ...) -> None: ...

class ListLiquidationsResponse(_message.Message):
    __slots__ = ("liquidations", "next_page_token")
    LIQUIDATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    liquidations: _containers.RepeatedCompositeFieldContainer[Liquidation]
    next_page_token: str
    def __init__(self, liquidations: _Optional[_Iterable[_Union[Liquidation, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class StreamMarginAlertsRequest(_message.Message):
    __slots__ = ("health_below_ppm",)
    HEALTH_BELOW_PPM_FIELD_NUMBER: _ClassVar[int]
    health_below_ppm: int
    def __init__(self, health_below_ppm: _Optional[int] = ...) -> None: ...

class StreamMarginAlertsResponse(_message.Message):
    __slots__ = ("sequence", "snapshot", "accounts", "recovered")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SNAPSHOT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    RECOVERED_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    snapshot: bool
    accounts: _containers.RepeatedCompositeFieldContainer[AtRisk]
    recovered: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, sequence: _Optional[int] = ..., snapshot: _Optional[bool] = ..., accounts: _Optional[_Iterable[_Union[AtRisk, _Mapping]]] = ..., recovered: _Optional[_Iterable[int]] = ...) -> None: ...
