from zkclear.v1 import errors_pb2 as _errors_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Side(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIDE_UNSPECIFIED: _ClassVar[Side]
    SIDE_BUY: _ClassVar[Side]
    SIDE_SELL: _ClassVar[Side]

class OrderStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ORDER_STATUS_UNSPECIFIED: _ClassVar[OrderStatus]
    ORDER_STATUS_OPEN: _ClassVar[OrderStatus]
    ORDER_STATUS_PARTIALLY_FILLED: _ClassVar[OrderStatus]
    ORDER_STATUS_FILLED: _ClassVar[OrderStatus]
    ORDER_STATUS_CANCELLED: _ClassVar[OrderStatus]
    ORDER_STATUS_EXPIRED: _ClassVar[OrderStatus]
    ORDER_STATUS_REFUSED: _ClassVar[OrderStatus]

class CancelReason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CANCEL_REASON_UNSPECIFIED: _ClassVar[CancelReason]
    CANCEL_REASON_REQUESTED: _ClassVar[CancelReason]
    CANCEL_REASON_REPLACED: _ClassVar[CancelReason]
    CANCEL_REASON_SLOT_CLOSED: _ClassVar[CancelReason]
    CANCEL_REASON_IOC_REMAINDER: _ClassVar[CancelReason]
    CANCEL_REASON_SELF_TRADE: _ClassVar[CancelReason]
    CANCEL_REASON_MARGIN: _ClassVar[CancelReason]
    CANCEL_REASON_REDUCE_ONLY: _ClassVar[CancelReason]
    CANCEL_REASON_LIMIT: _ClassVar[CancelReason]
    CANCEL_REASON_EXPIRED: _ClassVar[CancelReason]
    CANCEL_REASON_SIGNER: _ClassVar[CancelReason]
    CANCEL_REASON_REFUSED: _ClassVar[CancelReason]
    CANCEL_REASON_HALTED: _ClassVar[CancelReason]
    CANCEL_REASON_LIQUIDATED: _ClassVar[CancelReason]

class Settlement(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SETTLEMENT_UNSPECIFIED: _ClassVar[Settlement]
    SETTLEMENT_SEQUENCED: _ClassVar[Settlement]
    SETTLEMENT_BATCHED: _ClassVar[Settlement]
    SETTLEMENT_PROVED: _ClassVar[Settlement]
    SETTLEMENT_SETTLED: _ClassVar[Settlement]

class SelfTrade(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SELF_TRADE_UNSPECIFIED: _ClassVar[SelfTrade]
    SELF_TRADE_CANCEL_MAKER: _ClassVar[SelfTrade]
    SELF_TRADE_CANCEL_TAKER: _ClassVar[SelfTrade]
    SELF_TRADE_CANCEL_BOTH: _ClassVar[SelfTrade]
SIDE_UNSPECIFIED: Side
SIDE_BUY: Side
SIDE_SELL: Side
ORDER_STATUS_UNSPECIFIED: OrderStatus
ORDER_STATUS_OPEN: OrderStatus
ORDER_STATUS_PARTIALLY_FILLED: OrderStatus
ORDER_STATUS_FILLED: OrderStatus
ORDER_STATUS_CANCELLED: OrderStatus
ORDER_STATUS_EXPIRED: OrderStatus
ORDER_STATUS_REFUSED: OrderStatus
CANCEL_REASON_UNSPECIFIED: CancelReason
CANCEL_REASON_REQUESTED: CancelReason
CANCEL_REASON_REPLACED: CancelReason
CANCEL_REASON_SLOT_CLOSED: CancelReason
CANCEL_REASON_IOC_REMAINDER: CancelReason
CANCEL_REASON_SELF_TRADE: CancelReason
CANCEL_REASON_MARGIN: CancelReason
CANCEL_REASON_REDUCE_ONLY: CancelReason
CANCEL_REASON_LIMIT: CancelReason
CANCEL_REASON_EXPIRED: CancelReason
CANCEL_REASON_SIGNER: CancelReason
CANCEL_REASON_REFUSED: CancelReason
CANCEL_REASON_HALTED: CancelReason
CANCEL_REASON_LIQUIDATED: CancelReason
SETTLEMENT_UNSPECIFIED: Settlement
SETTLEMENT_SEQUENCED: Settlement
SETTLEMENT_BATCHED: Settlement
SETTLEMENT_PROVED: Settlement
SETTLEMENT_SETTLED: Settlement
SELF_TRADE_UNSPECIFIED: SelfTrade
SELF_TRADE_CANCEL_MAKER: SelfTrade
SELF_TRADE_CANCEL_TAKER: SelfTrade
SELF_TRADE_CANCEL_BOTH: SelfTrade

class OrderFields(_message.Message):
    __slots__ = ("account", "market", "action", "size_e8", "limit_price_e8", "expiry_s", "nonce")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    MARKET_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    SIZE_E8_FIELD_NUMBER: _ClassVar[int]
    LIMIT_PRICE_E8_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_S_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    account: int
    market: str
    action: str
    size_e8: int
    limit_price_e8: int
    expiry_s: int
    nonce: int
    def __init__(self, account: _Optional[int] = ..., market: _Optional[str] = ..., action: _Optional[str] = ..., size_e8: _Optional[int] = ..., limit_price_e8: _Optional[int] = ..., expiry_s: _Optional[int] = ..., nonce: _Optional[int] = ...) -> None: ...

class Order(_message.Message):
    __slots__ = ("fields", "digest", "signer", "filled_e8", "average_price_e8", "status", "cancel_reason", "settlement", "sequence", "batch", "refusal", "time_us")
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    FILLED_E8_FIELD_NUMBER: _ClassVar[int]
    AVERAGE_PRICE_E8_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    CANCEL_REASON_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    fields: OrderFields
    digest: bytes
    signer: bytes
    filled_e8: int
    average_price_e8: int
    status: OrderStatus
    cancel_reason: CancelReason
    settlement: Settlement
    sequence: int
    batch: int
    refusal: _errors_pb2.Reason
    time_us: int
    def __init__(self, fields: _Optional[_Union[OrderFields, _Mapping]] = ..., digest: _Optional[bytes] = ..., signer: _Optional[bytes] = ..., filled_e8: _Optional[int] = ..., average_price_e8: _Optional[int] = ..., status: _Optional[_Union[OrderStatus, str]] = ..., cancel_reason: _Optional[_Union[CancelReason, str]] = ..., settlement: _Optional[_Union[Settlement, str]] = ..., sequence: _Optional[int] = ..., batch: _Optional[int] = ..., refusal: _Optional[_Union[_errors_pb2.Reason, str]] = ..., time_us: _Optional[int] = ...) -> None: ...
