from zkclear.v1 import batch_pb2 as _batch_pb2
from zkclear.v1 import receipt_pb2 as _receipt_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Batch(_message.Message):
    __slots__ = ("number", "shape", "timestamp_s", "old_root", "new_root", "orders", "fills", "requests", "accounts", "status", "l1_tx", "gas_used", "sealed_time_us", "proved_time_us", "settled_time_us", "failure", "witness_us", "prove_us", "mark_prices_e8", "first_request")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    OLD_ROOT_FIELD_NUMBER: _ClassVar[int]
    NEW_ROOT_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    FILLS_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    L1_TX_FIELD_NUMBER: _ClassVar[int]
    GAS_USED_FIELD_NUMBER: _ClassVar[int]
    SEALED_TIME_US_FIELD_NUMBER: _ClassVar[int]
    PROVED_TIME_US_FIELD_NUMBER: _ClassVar[int]
    SETTLED_TIME_US_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    WITNESS_US_FIELD_NUMBER: _ClassVar[int]
    PROVE_US_FIELD_NUMBER: _ClassVar[int]
    MARK_PRICES_E8_FIELD_NUMBER: _ClassVar[int]
    FIRST_REQUEST_FIELD_NUMBER: _ClassVar[int]
    number: int
    shape: str
    timestamp_s: int
    old_root: bytes
    new_root: bytes
    orders: int
    fills: int
    requests: int
    accounts: int
    status: _batch_pb2.BatchStatus
    l1_tx: bytes
    gas_used: int
    sealed_time_us: int
    proved_time_us: int
    settled_time_us: int
    failure: str
    witness_us: int
    prove_us: int
    mark_prices_e8: _containers.RepeatedScalarFieldContainer[int]
    first_request: int
    def __init__(self, number: _Optional[int] = ..., shape: _Optional[str] = ..., timestamp_s: _Optional[int] = ..., old_root: _Optional[bytes] = ..., new_root: _Optional[bytes] = ..., orders: _Optional[int] = ..., fills: _Optional[int] = ..., requests: _Optional[int] = ..., accounts: _Optional[int] = ..., status: _Optional[_Union[_batch_pb2.BatchStatus, str]] = ..., l1_tx: _Optional[bytes] = ..., gas_used: _Optional[int] = ..., sealed_time_us: _Optional[int] = ..., proved_time_us: _Optional[int] = ..., settled_time_us: _Optional[int] = ..., failure: _Optional[str] = ..., witness_us: _Optional[int] = ..., prove_us: _Optional[int] = ..., mark_prices_e8: _Optional[_Iterable[int]] = ..., first_request: _Optional[int] = ...) -> None: ...

class ListBatchesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBatchesResponse(_message.Message):
    __slots__ = ("batches", "next_page_token")
    BATCHES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    batches: _containers.RepeatedCompositeFieldContainer[Batch]
    next_page_token: str
    def __init__(self, batches: _Optional[_Iterable[_Union[Batch, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetBatchRequest(_message.Message):
    __slots__ = ("number",)
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    number: int
    def __init__(self, number: _Optional[int] = ...) -> None: ...

class GetBatchResponse(_message.Message):
    __slots__ = ("batch",)
    BATCH_FIELD_NUMBER: _ClassVar[int]
    batch: Batch
    def __init__(self, batch: _Optional[_Union[Batch, _Mapping]] = ...) -> None: ...

class GetProofRequest(_message.Message):
    __slots__ = ("number",)
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    number: int
    def __init__(self, number: _Optional[int] = ...) -> None: ...

class GetProofResponse(_message.Message):
    __slots__ = ("proof",)
    PROOF_FIELD_NUMBER: _ClassVar[int]
    proof: _batch_pb2.Proof
    def __init__(self, proof: _Optional[_Union[_batch_pb2.Proof, _Mapping]] = ...) -> None: ...

class GetReceiptRequest(_message.Message):
    __slots__ = ("sequence",)
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    def __init__(self, sequence: _Optional[int] = ...) -> None: ...

class GetReceiptResponse(_message.Message):
    __slots__ = ("receipt",)
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    receipt: _receipt_pb2.Receipt
    def __init__(self, receipt: _Optional[_Union[_receipt_pb2.Receipt, _Mapping]] = ...) -> None: ...
