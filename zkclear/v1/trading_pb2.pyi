from google.rpc import status_pb2 as _status_pb2
from zkclear.v1 import order_pb2 as _order_pb2
from zkclear.v1 import receipt_pb2 as _receipt_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReadAccess(_message.Message):
    __slots__ = ("account", "valid_until_s", "signature")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    VALID_UNTIL_S_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    account: int
    valid_until_s: int
    signature: bytes
    def __init__(self, account: _Optional[int] = ..., valid_until_s: _Optional[int] = ..., signature: _Optional[bytes] = ...) -> None: ...

class SubmitOrderRequest(_message.Message):
    __slots__ = ("fields", "signature", "replace", "self_trade")
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    REPLACE_FIELD_NUMBER: _ClassVar[int]
    SELF_TRADE_FIELD_NUMBER: _ClassVar[int]
    fields: _order_pb2.OrderFields
    signature: bytes
    replace: bool
    self_trade: _order_pb2.SelfTrade
    def __init__(self, fields: _Optional[_Union[_order_pb2.OrderFields, _Mapping]] = ..., signature: _Optional[bytes] = ..., replace: _Optional[bool] = ..., self_trade: _Optional[_Union[_order_pb2.SelfTrade, str]] = ...) -> None: ...

class SubmitOrderResponse(_message.Message):
    __slots__ = ("order", "receipt", "already_exists")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    ALREADY_EXISTS_FIELD_NUMBER: _ClassVar[int]
    order: _order_pb2.Order
    receipt: _receipt_pb2.Receipt
    already_exists: bool
    def __init__(self, order: _Optional[_Union[_order_pb2.Order, _Mapping]] = ..., receipt: _Optional[_Union[_receipt_pb2.Receipt, _Mapping]] = ..., already_exists: _Optional[bool] = ...) -> None: ...

class SubmitOrdersRequest(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[SubmitOrderRequest]
    def __init__(self, items: _Optional[_Iterable[_Union[SubmitOrderRequest, _Mapping]]] = ...) -> None: ...

class SubmitOrdersResponse(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[SubmitOrdersItem]
    def __init__(self, items: _Optional[_Iterable[_Union[SubmitOrdersItem, _Mapping]]] = ...) -> None: ...

class SubmitOrdersItem(_message.Message):
    __slots__ = ("accepted", "refused")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    accepted: SubmitOrderResponse
    refused: _status_pb2.Status
    def __init__(self, accepted: _Optional[_Union[SubmitOrderResponse, _Mapping]] = ..., refused: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class CancelFields(_message.Message):
    __slots__ = ("account", "market", "nonce")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    MARKET_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    account: int
    market: str
    nonce: int
    def __init__(self, account: _Optional[int] = ..., market: _Optional[str] = ..., nonce: _Optional[int] = ...) -> None: ...

class CancelOrderRequest(_message.Message):
    __slots__ = ("fields", "signature")
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    fields: CancelFields
    signature: bytes
    def __init__(self, fields: _Optional[_Union[CancelFields, _Mapping]] = ..., signature: _Optional[bytes] = ...) -> None: ...

class CancelOrderResponse(_message.Message):
    __slots__ = ("orders", "receipt", "already_exists", "batch")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    ALREADY_EXISTS_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[_order_pb2.Order]
    receipt: _receipt_pb2.Receipt
    already_exists: bool
    batch: int
    def __init__(self, orders: _Optional[_Iterable[_Union[_order_pb2.Order, _Mapping]]] = ..., receipt: _Optional[_Union[_receipt_pb2.Receipt, _Mapping]] = ..., already_exists: _Optional[bool] = ..., batch: _Optional[int] = ...) -> None: ...

class CancelOrdersRequest(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[CancelOrderRequest]
    def __init__(self, items: _Optional[_Iterable[_Union[CancelOrderRequest, _Mapping]]] = ...) -> None: ...

class CancelOrdersResponse(_message.Message):
    __slots__ = ("items",)
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    items: _containers.RepeatedCompositeFieldContainer[CancelOrdersItem]
    def __init__(self, items: _Optional[_Iterable[_Union[CancelOrdersItem, _Mapping]]] = ...) -> None: ...

class CancelOrdersItem(_message.Message):
    __slots__ = ("accepted", "refused")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    accepted: CancelOrderResponse
    refused: _status_pb2.Status
    def __init__(self, accepted: _Optional[_Union[CancelOrderResponse, _Mapping]] = ..., refused: _Optional[_Union[_status_pb2.Status, _Mapping]] = ...) -> None: ...

class CancelAllFields(_message.Message):
    __slots__ = ("account", "market", "before_nonce", "expiry_s")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    MARKET_FIELD_NUMBER: _ClassVar[int]
    BEFORE_NONCE_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_S_FIELD_NUMBER: _ClassVar[int]
    account: int
    market: str
    before_nonce: int
    expiry_s: int
    def __init__(self, account: _Optional[int] = ..., market: _Optional[str] = ..., before_nonce: _Optional[int] = ..., expiry_s: _Optional[int] = ...) -> None: ...

class CancelAllOrdersRequest(_message.Message):
    __slots__ = ("fields", "signature")
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    fields: CancelAllFields
    signature: bytes
    def __init__(self, fields: _Optional[_Union[CancelAllFields, _Mapping]] = ..., signature: _Optional[bytes] = ...) -> None: ...

class CancelAllOrdersResponse(_message.Message):
    __slots__ = ("orders", "receipt", "already_exists")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    ALREADY_EXISTS_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[_order_pb2.Order]
    receipt: _receipt_pb2.Receipt
    already_exists: bool
    def __init__(self, orders: _Optional[_Iterable[_Union[_order_pb2.Order, _Mapping]]] = ..., receipt: _Optional[_Union[_receipt_pb2.Receipt, _Mapping]] = ..., already_exists: _Optional[bool] = ...) -> None: ...

class GetOrderRequest(_message.Message):
    __slots__ = ("digest",)
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    digest: bytes
    def __init__(self, digest: _Optional[bytes] = ...) -> None: ...

class GetOrderResponse(_message.Message):
    __slots__ = ("order",)
    ORDER_FIELD_NUMBER: _ClassVar[int]
    order: _order_pb2.Order
    def __init__(self, order: _Optional[_Union[_order_pb2.Order, _Mapping]] = ...) -> None: ...

class ListOrdersRequest(_message.Message):
    __slots__ = ("account", "market", "status", "page_size", "page_token")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    MARKET_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account: int
    market: str
    status: _order_pb2.OrderStatus
    page_size: int
    page_token: str
    def __init__(self, account: _Optional[int] = ..., market: _Optional[str] = ..., status: _Optional[_Union[_order_pb2.OrderStatus, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListOrdersResponse(_message.Message):
    __slots__ = ("orders", "next_page_token")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[_order_pb2.Order]
    next_page_token: str
    def __init__(self, orders: _Optional[_Iterable[_Union[_order_pb2.Order, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class PreviewOrderRequest(_message.Message):
    __slots__ = ("fields",)
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    fields: _order_pb2.OrderFields
    def __init__(self, fields: _Optional[_Union[_order_pb2.OrderFields, _Mapping]] = ...) -> None: ...

class PreviewOrderResponse(_message.Message):
    __slots__ = ("would_fill_e8", "average_price_e8", "fee_e6", "equity_after_e6", "initial_after_e6", "maintenance_after_e6", "required_e6", "available_e6", "liquidation_price_e8", "refusals")
    WOULD_FILL_E8_FIELD_NUMBER: _ClassVar[int]
    AVERAGE_PRICE_E8_FIELD_NUMBER: _ClassVar[int]
    FEE_E6_FIELD_NUMBER: _ClassVar[int]
    EQUITY_AFTER_E6_FIELD_NUMBER: _ClassVar[int]
    INITIAL_AFTER_E6_FIELD_NUMBER: _ClassVar[int]
    MAINTENANCE_AFTER_E6_FIELD_NUMBER: _ClassVar[int]
    REQUIRED_E6_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_E6_FIELD_NUMBER: _ClassVar[int]
    LIQUIDATION_PRICE_E8_FIELD_NUMBER: _ClassVar[int]
    REFUSALS_FIELD_NUMBER: _ClassVar[int]
    would_fill_e8: int
    average_price_e8: int
    fee_e6: int
    equity_after_e6: int
    initial_after_e6: int
    maintenance_after_e6: int
    required_e6: int
    available_e6: int
    liquidation_price_e8: int
    refusals: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, would_fill_e8: _Optional[int] = ..., average_price_e8: _Optional[int] = ..., fee_e6: _Optional[int] = ..., equity_after_e6: _Optional[int] = ..., initial_after_e6: _Optional[int] = ..., maintenance_after_e6: _Optional[int] = ..., required_e6: _Optional[int] = ..., available_e6: _Optional[int] = ..., liquidation_price_e8: _Optional[int] = ..., refusals: _Optional[_Iterable[str]] = ...) -> None: ...
