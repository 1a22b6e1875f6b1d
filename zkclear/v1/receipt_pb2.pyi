from zkclear.v1 import errors_pb2 as _errors_pb2
from zkclear.v1 import order_pb2 as _order_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Receipt(_message.Message):
    __slots__ = ("sequence", "action", "result", "previous", "time_us", "signature", "result_bytes")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    ACTION_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_FIELD_NUMBER: _ClassVar[int]
    TIME_US_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    RESULT_BYTES_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    action: bytes
    result: bytes
    previous: bytes
    time_us: int
    signature: bytes
    result_bytes: bytes
    def __init__(self, sequence: _Optional[int] = ..., action: _Optional[bytes] = ..., result: _Optional[bytes] = ..., previous: _Optional[bytes] = ..., time_us: _Optional[int] = ..., signature: _Optional[bytes] = ..., result_bytes: _Optional[bytes] = ...) -> None: ...

class ActionResult(_message.Message):
    __slots__ = ("submit", "cancel", "withdraw", "refusal")
    SUBMIT_FIELD_NUMBER: _ClassVar[int]
    CANCEL_FIELD_NUMBER: _ClassVar[int]
    WITHDRAW_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    submit: SubmitResult
    cancel: CancelResult
    withdraw: WithdrawResult
    refusal: Refusal
    def __init__(self, submit: _Optional[_Union[SubmitResult, _Mapping]] = ..., cancel: _Optional[_Union[CancelResult, _Mapping]] = ..., withdraw: _Optional[_Union[WithdrawResult, _Mapping]] = ..., refusal: _Optional[_Union[Refusal, _Mapping]] = ...) -> None: ...

class SubmitResult(_message.Message):
    __slots__ = ("status", "filled_e8", "cost_e6", "cancel_reason", "batch")
    STATUS_FIELD_NUMBER: _ClassVar[int]
    FILLED_E8_FIELD_NUMBER: _ClassVar[int]
    COST_E6_FIELD_NUMBER: _ClassVar[int]
    CANCEL_REASON_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    status: _order_pb2.OrderStatus
    filled_e8: int
    cost_e6: int
    cancel_reason: _order_pb2.CancelReason
    batch: int
    def __init__(self, status: _Optional[_Union[_order_pb2.OrderStatus, str]] = ..., filled_e8: _Optional[int] = ..., cost_e6: _Optional[int] = ..., cancel_reason: _Optional[_Union[_order_pb2.CancelReason, str]] = ..., batch: _Optional[int] = ...) -> None: ...

class CancelResult(_message.Message):
    __slots__ = ("digests", "batch")
    DIGESTS_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    digests: _containers.RepeatedScalarFieldContainer[bytes]
    batch: int
    def __init__(self, digests: _Optional[_Iterable[bytes]] = ..., batch: _Optional[int] = ...) -> None: ...

class WithdrawResult(_message.Message):
    __slots__ = ("batch",)
    BATCH_FIELD_NUMBER: _ClassVar[int]
    batch: int
    def __init__(self, batch: _Optional[int] = ...) -> None: ...

class Refusal(_message.Message):
    __slots__ = ("reason", "metadata")
    REASON_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    reason: _errors_pb2.Reason
    metadata: _containers.RepeatedCompositeFieldContainer[Metadata]
    def __init__(self, reason: _Optional[_Union[_errors_pb2.Reason, str]] = ..., metadata: _Optional[_Iterable[_Union[Metadata, _Mapping]]] = ...) -> None: ...

class Metadata(_message.Message):
    __slots__ = ("name", "value")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: str
    def __init__(self, name: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
