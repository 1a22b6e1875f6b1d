from zkclear.v1 import order_pb2 as _order_pb2
from zkclear.v1 import receipt_pb2 as _receipt_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RequestKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REQUEST_KIND_UNSPECIFIED: _ClassVar[RequestKind]
    REQUEST_KIND_OPEN: _ClassVar[RequestKind]
    REQUEST_KIND_DEPOSIT: _ClassVar[RequestKind]
    REQUEST_KIND_WITHDRAW: _ClassVar[RequestKind]
    REQUEST_KIND_CLOSE: _ClassVar[RequestKind]
    REQUEST_KIND_LIQUIDATE: _ClassVar[RequestKind]
    REQUEST_KIND_AGENT: _ClassVar[RequestKind]
    REQUEST_KIND_MARKET: _ClassVar[RequestKind]
REQUEST_KIND_UNSPECIFIED: RequestKind
REQUEST_KIND_OPEN: RequestKind
REQUEST_KIND_DEPOSIT: RequestKind
REQUEST_KIND_WITHDRAW: RequestKind
REQUEST_KIND_CLOSE: RequestKind
REQUEST_KIND_LIQUIDATE: RequestKind
REQUEST_KIND_AGENT: RequestKind
REQUEST_KIND_MARKET: RequestKind

class GetAccountRequest(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: int
    def __init__(self, account: _Optional[int] = ...) -> None: ...

class GetAccountResponse(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: Account
    def __init__(self, account: _Optional[_Union[Account, _Mapping]] = ...) -> None: ...

class Account(_message.Message):
    __slots__ = ("account", "owner", "agent", "agent_until_s", "collateral_e6", "equity_e6", "initial_e6", "maintenance_e6", "available_e6", "withdrawable_e6", "health_ppm", "positions", "open_orders")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    OWNER_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    AGENT_UNTIL_S_FIELD_NUMBER: _ClassVar[int]
    COLLATERAL_E6_FIELD_NUMBER: _ClassVar[int]
    EQUITY_E6_FIELD_NUMBER: _ClassVar[int]
    INITIAL_E6_FIELD_NUMBER: _ClassVar[int]
    MAINTENANCE_E6_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_E6_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWABLE_E6_FIELD_NUMBER: _ClassVar[int]
    HEALTH_PPM_FIELD_NUMBER: _ClassVar[int]
    POSITIONS_FIELD_NUMBER: _ClassVar[int]
    OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    account: int
    owner: bytes
    agent: bytes
    agent_until_s: int
    collateral_e6: int
    equity_e6: int
    initial_e6: int
    maintenance_e6: int
    available_e6: int
    withdrawable_e6: int
    health_ppm: int
    positions: _containers.RepeatedCompositeFieldContainer[Position]
    open_orders: int
    def __init__(self, account: _Optional[int] = ..., owner: _Optional[bytes] = ..., agent: _Optional[bytes] = ..., agent_until_s: _Optional[int] = ..., collateral_e6: _Optional[int] = ..., equity_e6: _Optional[int] = ..., initial_e6: _Optional[int] = ..., maintenance_e6: _Optional[int] = ..., available_e6: _Optional[int] = ..., withdrawable_e6: _Optional[int] = ..., health_ppm: _Optional[int] = ..., positions: _Optional[_Iterable[_Union[Position, _Mapping]]] = ..., open_orders: _Optional[int] = ...) -> None: ...

class Position(_message.Message):
    __slots__ = ("market", "size_e8", "mark_price_e8", "notional_e6", "initial_e6", "maintenance_e6", "funding_index", "liquidation_price_e8")
    MARKET_FIELD_NUMBER: _ClassVar[int]
    SIZE_E8_FIELD_NUMBER: _ClassVar[int]
    MARK_PRICE_E8_FIELD_NUMBER: _ClassVar[int]
    NOTIONAL_E6_FIELD_NUMBER: _ClassVar[int]
    INITIAL_E6_FIELD_NUMBER: _ClassVar[int]
    MAINTENANCE_E6_FIELD_NUMBER: _ClassVar[int]
    FUNDING_INDEX_FIELD_NUMBER: _ClassVar[int]
    LIQUIDATION_PRICE_E8_FIELD_NUMBER: _ClassVar[int]
    market: str
    size_e8: int
    mark_price_e8: int
    notional_e6: int
    initial_e6: int
    maintenance_e6: int
    funding_index: int
    liquidation_price_e8: int
    def __init__(self, market: _Optional[str] = ..., size_e8: _Optional[int] = ..., mark_price_e8: _Optional[int] = ..., notional_e6: _Optional[int] = ..., initial_e6: _Optional[int] = ..., maintenance_e6: _Optional[int] = ..., funding_index: _Optional[int] = ..., liquidation_price_e8: _Optional[int] = ...) -> None: ...

class ListAccountsRequest(_message.Message):
    __slots__ = ("owner", "page_size", "page_token")
    OWNER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    owner: bytes
    page_size: int
    page_token: str
    def __init__(self, owner: _Optional[bytes] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAccountsResponse(_message.Message):
    __slots__ = ("accounts", "next_page_token")
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    accounts: _containers.RepeatedCompositeFieldContainer[Account]
    next_page_token: str
    def __init__(self, accounts: _Optional[_Iterable[_Union[Account, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class L1Request(_message.Message):
    __slots__ = ("request", "kind", "account", "amount_e6", "address", "until_s", "outcome", "paid_e6", "batch", "settlement", "market", "max_size_e8", "taker", "executed_size_e8")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_E6_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_S_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    PAID_E6_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    MARKET_FIELD_NUMBER: _ClassVar[int]
    MAX_SIZE_E8_FIELD_NUMBER: _ClassVar[int]
    TAKER_FIELD_NUMBER: _ClassVar[int]
    EXECUTED_SIZE_E8_FIELD_NUMBER: _ClassVar[int]
    request: int
    kind: RequestKind
    account: int
    amount_e6: int
    address: bytes
    until_s: int
    outcome: int
    paid_e6: int
    batch: int
    settlement: _order_pb2.Settlement
    market: str
    max_size_e8: int
    taker: int
    executed_size_e8: int
    def __init__(self, request: _Optional[int] = ..., kind: _Optional[_Union[RequestKind, str]] = ..., account: _Optional[int] = ..., amount_e6: _Optional[int] = ..., address: _Optional[bytes] = ..., until_s: _Optional[int] = ..., outcome: _Optional[int] = ..., paid_e6: _Optional[int] = ..., batch: _Optional[int] = ..., settlement: _Optional[_Union[_order_pb2.Settlement, str]] = ..., market: _Optional[str] = ..., max_size_e8: _Optional[int] = ..., taker: _Optional[int] = ..., executed_size_e8: _Optional[int] = ...) -> None: ...

class ListRequestsRequest(_message.Message):
    __slots__ = ("account", "page_size", "page_token")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    account: int
    page_size: int
    page_token: str
    def __init__(self, account: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRequestsResponse(_message.Message):
    __slots__ = ("requests", "next_page_token")
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    requests: _containers.RepeatedCompositeFieldContainer[L1Request]
    next_page_token: str
    def __init__(self, requests: _Optional[_Iterable[_Union[L1Request, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetNonceStateRequest(_message.Message):
    __slots__ = ("account",)
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    account: int
    def __init__(self, account: _Optional[int] = ...) -> None: ...

class SlotState(_message.Message):
    __slots__ = ("slot", "nonce", "digest")
    SLOT_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    slot: int
    nonce: int
    digest: bytes
    def __init__(self, slot: _Optional[int] = ..., nonce: _Optional[int] = ..., digest: _Optional[bytes] = ...) -> None: ...

class GetNonceStateResponse(_message.Message):
    __slots__ = ("slots", "server_time_us")
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    SERVER_TIME_US_FIELD_NUMBER: _ClassVar[int]
    slots: _containers.RepeatedCompositeFieldContainer[SlotState]
    server_time_us: int
    def __init__(self, slots: _Optional[_Iterable[_Union[SlotState, _Mapping]]] = ..., server_time_us: _Optional[int] = ...) -> None: ...

class WithdrawalFields(_message.Message):
    __slots__ = ("account", "recipient", "asset", "amount_e6", "expiry_s", "nonce")
    ACCOUNT_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    ASSET_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_E6_FIELD_NUMBER: _ClassVar[int]
    EXPIRY_S_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    account: int
    recipient: bytes
    asset: str
    amount_e6: int
    expiry_s: int
    nonce: int
    def __init__(self, account: _Optional[int] = ..., recipient: _Optional[bytes] = ..., asset: _Optional[str] = ..., amount_e6: _Optional[int] = ..., expiry_s: _Optional[int] = ..., nonce: _Optional[int] = ...) -> None: ...

class SubmitWithdrawalRequest(_message.Message):
    __slots__ = ("fields", "signature")
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    fields: WithdrawalFields
    signature: bytes
    def __init__(self, fields: _Optional[_Union[WithdrawalFields, _Mapping]] = ..., signature: _Optional[bytes] = ...) -> None: ...

class SubmitWithdrawalResponse(_message.Message):
    __slots__ = ("withdrawal", "receipt", "already_exists")
    WITHDRAWAL_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    ALREADY_EXISTS_FIELD_NUMBER: _ClassVar[int]
    withdrawal: Withdrawal
    receipt: _receipt_pb2.Receipt
    already_exists: bool
    def __init__(self, withdrawal: _Optional[_Union[Withdrawal, _Mapping]] = ..., receipt: _Optional[_Union[_receipt_pb2.Receipt, _Mapping]] = ..., already_exists: _Optional[bool] = ...) -> None: ...

class Withdrawal(_message.Message):
    __slots__ = ("fields", "digest", "batch", "settlement")
    FIELDS_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    SETTLEMENT_FIELD_NUMBER: _ClassVar[int]
    fields: WithdrawalFields
    digest: bytes
    batch: int
    settlement: _order_pb2.Settlement
    def __init__(self, fields: _Optional[_Union[WithdrawalFields, _Mapping]] = ..., digest: _Optional[bytes] = ..., batch: _Optional[int] = ..., settlement: _Optional[_Union[_order_pb2.Settlement, str]] = ...) -> None: ...
