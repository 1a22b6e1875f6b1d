from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RiskKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RISK_KIND_UNSPECIFIED: _ClassVar[RiskKind]
    RISK_KIND_TAKEOVER: _ClassVar[RiskKind]
    RISK_KIND_CLOSE: _ClassVar[RiskKind]
    RISK_KIND_BOOK: _ClassVar[RiskKind]
    RISK_KIND_ABSORB: _ClassVar[RiskKind]
    RISK_KIND_DELEVERAGE: _ClassVar[RiskKind]

class ClosingClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CLOSING_CLASS_UNSPECIFIED: _ClassVar[ClosingClass]
    CLOSING_CLASS_UNCHANGED: _ClassVar[ClosingClass]
    CLOSING_CLASS_HEALTHY: _ClassVar[ClosingClass]
    CLOSING_CLASS_REDUCED: _ClassVar[ClosingClass]
RISK_KIND_UNSPECIFIED: RiskKind
RISK_KIND_TAKEOVER: RiskKind
RISK_KIND_CLOSE: RiskKind
RISK_KIND_BOOK: RiskKind
RISK_KIND_ABSORB: RiskKind
RISK_KIND_DELEVERAGE: RiskKind
CLOSING_CLASS_UNSPECIFIED: ClosingClass
CLOSING_CLASS_UNCHANGED: ClosingClass
CLOSING_CLASS_HEALTHY: ClosingClass
CLOSING_CLASS_REDUCED: ClosingClass

class Witness(_message.Message):
    __slots__ = ("shape", "domain", "number", "timestamp_s", "first_request", "old_root", "new_root", "old_timestamp_s", "old_funding_dust", "markets", "accounts", "entries", "fills", "requests", "risks", "market_changes")
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    DOMAIN_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    FIRST_REQUEST_FIELD_NUMBER: _ClassVar[int]
    OLD_ROOT_FIELD_NUMBER: _ClassVar[int]
    NEW_ROOT_FIELD_NUMBER: _ClassVar[int]
    OLD_TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    OLD_FUNDING_DUST_FIELD_NUMBER: _ClassVar[int]
    MARKETS_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    FILLS_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    RISKS_FIELD_NUMBER: _ClassVar[int]
    MARKET_CHANGES_FIELD_NUMBER: _ClassVar[int]
    shape: str
    domain: bytes
    number: int
    timestamp_s: int
    first_request: int
    old_root: bytes
    new_root: bytes
    old_timestamp_s: int
    old_funding_dust: int
    markets: _containers.RepeatedCompositeFieldContainer[WitnessMarket]
    accounts: _containers.RepeatedCompositeFieldContainer[WitnessAccount]
    entries: _containers.RepeatedCompositeFieldContainer[WitnessEntry]
    fills: _containers.RepeatedCompositeFieldContainer[WitnessFill]
    requests: _containers.RepeatedCompositeFieldContainer[WitnessRequest]
    risks: _containers.RepeatedCompositeFieldContainer[WitnessRisk]
    market_changes: _containers.RepeatedCompositeFieldContainer[WitnessMarketChange]
    def __init__(self, shape: _Optional[str] = ..., domain: _Optional[bytes] = ..., number: _Optional[int] = ..., timestamp_s: _Optional[int] = ..., first_request: _Optional[int] = ..., old_root: _Optional[bytes] = ..., new_root: _Optional[bytes] = ..., old_timestamp_s: _Optional[int] = ..., old_funding_dust: _Optional[int] = ..., markets: _Optional[_Iterable[_Union[WitnessMarket, _Mapping]]] = ..., accounts: _Optional[_Iterable[_Union[WitnessAccount, _Mapping]]] = ..., entries: _Optional[_Iterable[_Union[WitnessEntry, _Mapping]]] = ..., fills: _Optional[_Iterable[_Union[WitnessFill, _Mapping]]] = ..., requests: _Optional[_Iterable[_Union[WitnessRequest, _Mapping]]] = ..., risks: _Optional[_Iterable[_Union[WitnessRisk, _Mapping]]] = ..., market_changes: _Optional[_Iterable[_Union[WitnessMarketChange, _Mapping]]] = ...) -> None: ...

class WitnessRisk(_message.Message):
    __slots__ = ("kind", "source", "subject_row", "counterparty_row", "market", "lots")
    KIND_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_ROW_FIELD_NUMBER: _ClassVar[int]
    COUNTERPARTY_ROW_FIELD_NUMBER: _ClassVar[int]
    MARKET_FIELD_NUMBER: _ClassVar[int]
    LOTS_FIELD_NUMBER: _ClassVar[int]
    kind: RiskKind
    source: int
    subject_row: int
    counterparty_row: int
    market: int
    lots: int
    def __init__(self, kind: _Optional[_Union[RiskKind, str]] = ..., source: _Optional[int] = ..., subject_row: _Optional[int] = ..., counterparty_row: _Optional[int] = ..., market: _Optional[int] = ..., lots: _Optional[int] = ...) -> None: ...

class WitnessMarket(_message.Message):
    __slots__ = ("lot_e8", "tick_e8", "quote_per_lot_tick", "t1", "t2", "maintenance_ppm", "initial_ppm", "maker_fee_ppm", "taker_fee_ppm", "liquidation_fee_ppm", "keeper_share_ppm", "close_factor_ppm", "closeout_ppm", "max_funding_rate_ppm", "max_open_interest", "status", "old_mark", "old_funding_index", "old_open_interest", "mark", "funding_step")
    LOT_E8_FIELD_NUMBER: _ClassVar[int]
    TICK_E8_FIELD_NUMBER: _ClassVar[int]
    QUOTE_PER_LOT_TICK_FIELD_NUMBER: _ClassVar[int]
    T1_FIELD_NUMBER: _ClassVar[int]
    T2_FIELD_NUMBER: _ClassVar[int]
    MAINTENANCE_PPM_FIELD_NUMBER: _ClassVar[int]
    INITIAL_PPM_FIELD_NUMBER: _ClassVar[int]
    MAKER_FEE_PPM_FIELD_NUMBER: _ClassVar[int]
    TAKER_FEE_PPM_FIELD_NUMBER: _ClassVar[int]
    LIQUIDATION_FEE_PPM_FIELD_NUMBER: _ClassVar[int]
    KEEPER_SHARE_PPM_FIELD_NUMBER: _ClassVar[int]
    CLOSE_FACTOR_PPM_FIELD_NUMBER: _ClassVar[int]
    CLOSEOUT_PPM_FIELD_NUMBER: _ClassVar[int]
    MAX_FUNDING_RATE_PPM_FIELD_NUMBER: _ClassVar[int]
    MAX_OPEN_INTEREST_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    OLD_MARK_FIELD_NUMBER: _ClassVar[int]
    OLD_FUNDING_INDEX_FIELD_NUMBER: _ClassVar[int]
    OLD_OPEN_INTEREST_FIELD_NUMBER: _ClassVar[int]
    MARK_FIELD_NUMBER: _ClassVar[int]
    FUNDING_STEP_FIELD_NUMBER: _ClassVar[int]
    lot_e8: int
    tick_e8: int
    quote_per_lot_tick: int
    t1: int
    t2: int
    maintenance_ppm: _containers.RepeatedScalarFieldContainer[int]
    initial_ppm: _containers.RepeatedScalarFieldContainer[int]
    maker_fee_ppm: int
    taker_fee_ppm: int
    liquidation_fee_ppm: int
    keeper_share_ppm: int
    close_factor_ppm: int
    closeout_ppm: int
    max_funding_rate_ppm: int
    max_open_interest: int
    status: int
    old_mark: int
    old_funding_index: int
    old_open_interest: int
    mark: int
    funding_step: int
    def __init__(self, lot_e8: _Optional[int] = ..., tick_e8: _Optional[int] = ..., quote_per_lot_tick: _Optional[int] = ..., t1: _Optional[int] = ..., t2: _Optional[int] = ..., maintenance_ppm: _Optional[_Iterable[int]] = ..., initial_ppm: _Optional[_Iterable[int]] = ..., maker_fee_ppm: _Optional[int] = ..., taker_fee_ppm: _Optional[int] = ..., liquidation_fee_ppm: _Optional[int] = ..., keeper_share_ppm: _Optional[int] = ..., close_factor_ppm: _Optional[int] = ..., closeout_ppm: _Optional[int] = ..., max_funding_rate_ppm: _Optional[int] = ..., max_open_interest: _Optional[int] = ..., status: _Optional[int] = ..., old_mark: _Optional[int] = ..., old_funding_index: _Optional[int] = ..., old_open_interest: _Optional[int] = ..., mark: _Optional[int] = ..., funding_step: _Optional[int] = ...) -> None: ...

class WitnessMarketChange(_message.Message):
    __slots__ = ("market", "config_hash")
    MARKET_FIELD_NUMBER: _ClassVar[int]
    CONFIG_HASH_FIELD_NUMBER: _ClassVar[int]
    market: int
    config_hash: bytes
    def __init__(self, market: _Optional[int] = ..., config_hash: _Optional[bytes] = ...) -> None: ...

class WitnessAccount(_message.Message):
    __slots__ = ("id", "is_new", "owner", "agent", "agent_until_s", "collateral", "sizes", "funding_indexes", "slots_root", "new_slots_root", "siblings", "closing", "last_entry", "open_request", "deposit_request", "agent_request", "withdraw_request")
    ID_FIELD_NUMBER: _ClassVar[int]
    IS_NEW_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    AGENT_UNTIL_S_FIELD_NUMBER: _ClassVar[int]
    COLLATERAL_FIELD_NUMBER: _ClassVar[int]
    SIZES_FIELD_NUMBER: _ClassVar[int]
    FUNDING_INDEXES_FIELD_NUMBER: _ClassVar[int]
    SLOTS_ROOT_FIELD_NUMBER: _ClassVar[int]
    NEW_SLOTS_ROOT_FIELD_NUMBER: _ClassVar[int]
    SIBLINGS_FIELD_NUMBER: _ClassVar[int]
    CLOSING_FIELD_NUMBER: _ClassVar[int]
    LAST_ENTRY_FIELD_NUMBER: _ClassVar[int]
    OPEN_REQUEST_FIELD_NUMBER: _ClassVar[int]
    DEPOSIT_REQUEST_FIELD_NUMBER: _ClassVar[int]
    AGENT_REQUEST_FIELD_NUMBER: _ClassVar[int]
    WITHDRAW_REQUEST_FIELD_NUMBER: _ClassVar[int]
    id: int
    is_new: bool
    owner: bytes
    agent: bytes
    agent_until_s: int
    collateral: int
    sizes: _containers.RepeatedScalarFieldContainer[int]
    funding_indexes: _containers.RepeatedScalarFieldContainer[int]
    slots_root: bytes
    new_slots_root: bytes
    siblings: _containers.RepeatedScalarFieldContainer[bytes]
    closing: ClosingClass
    last_entry: int
    open_request: int
    deposit_request: int
    agent_request: int
    withdraw_request: int
    def __init__(self, id: _Optional[int] = ..., is_new: _Optional[bool] = ..., owner: _Optional[bytes] = ..., agent: _Optional[bytes] = ..., agent_until_s: _Optional[int] = ..., collateral: _Optional[int] = ..., sizes: _Optional[_Iterable[int]] = ..., funding_indexes: _Optional[_Iterable[int]] = ..., slots_root: _Optional[bytes] = ..., new_slots_root: _Optional[bytes] = ..., siblings: _Optional[_Iterable[bytes]] = ..., closing: _Optional[_Union[ClosingClass, str]] = ..., last_entry: _Optional[int] = ..., open_request: _Optional[int] = ..., deposit_request: _Optional[int] = ..., agent_request: _Optional[int] = ..., withdraw_request: _Optional[int] = ...) -> None: ...

class WitnessEntry(_message.Message):
    __slots__ = ("word", "signer", "account_row", "stored_nonce", "stored_filled", "siblings")
    WORD_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ROW_FIELD_NUMBER: _ClassVar[int]
    STORED_NONCE_FIELD_NUMBER: _ClassVar[int]
    STORED_FILLED_FIELD_NUMBER: _ClassVar[int]
    SIBLINGS_FIELD_NUMBER: _ClassVar[int]
    word: bytes
    signer: bytes
    account_row: int
    stored_nonce: int
    stored_filled: int
    siblings: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, word: _Optional[bytes] = ..., signer: _Optional[bytes] = ..., account_row: _Optional[int] = ..., stored_nonce: _Optional[int] = ..., stored_filled: _Optional[int] = ..., siblings: _Optional[_Iterable[bytes]] = ...) -> None: ...

class WitnessFill(_message.Message):
    __slots__ = ("maker", "taker", "lots")
    MAKER_FIELD_NUMBER: _ClassVar[int]
    TAKER_FIELD_NUMBER: _ClassVar[int]
    LOTS_FIELD_NUMBER: _ClassVar[int]
    maker: int
    taker: int
    lots: int
    def __init__(self, maker: _Optional[int] = ..., taker: _Optional[int] = ..., lots: _Optional[int] = ...) -> None: ...

class WitnessRequest(_message.Message):
    __slots__ = ("payload", "outcome", "amount", "account_row")
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_ROW_FIELD_NUMBER: _ClassVar[int]
    payload: bytes
    outcome: int
    amount: int
    account_row: int
    def __init__(self, payload: _Optional[bytes] = ..., outcome: _Optional[int] = ..., amount: _Optional[int] = ..., account_row: _Optional[int] = ...) -> None: ...
