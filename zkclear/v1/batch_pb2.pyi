from zkclear.v1 import witness_pb2 as _witness_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BatchStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BATCH_STATUS_UNSPECIFIED: _ClassVar[BatchStatus]
    BATCH_STATUS_SEALED: _ClassVar[BatchStatus]
    BATCH_STATUS_PROVED: _ClassVar[BatchStatus]
    BATCH_STATUS_SETTLED: _ClassVar[BatchStatus]
    BATCH_STATUS_FAILED: _ClassVar[BatchStatus]
BATCH_STATUS_UNSPECIFIED: BatchStatus
BATCH_STATUS_SEALED: BatchStatus
BATCH_STATUS_PROVED: BatchStatus
BATCH_STATUS_SETTLED: BatchStatus
BATCH_STATUS_FAILED: BatchStatus

class StreamSealedBatchesRequest(_message.Message):
    __slots__ = ("from_number",)
    FROM_NUMBER_FIELD_NUMBER: _ClassVar[int]
    from_number: int
    def __init__(self, from_number: _Optional[int] = ...) -> None: ...

class StreamSealedBatchesResponse(_message.Message):
    __slots__ = ("batch",)
    BATCH_FIELD_NUMBER: _ClassVar[int]
    batch: SealedBatch
    def __init__(self, batch: _Optional[_Union[SealedBatch, _Mapping]] = ...) -> None: ...

class SealedBatch(_message.Message):
    __slots__ = ("number", "timestamp_s", "first_request", "marks", "funding_steps", "entries", "fills", "requests", "reports", "shape", "sealed_time_us")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    FIRST_REQUEST_FIELD_NUMBER: _ClassVar[int]
    MARKS_FIELD_NUMBER: _ClassVar[int]
    FUNDING_STEPS_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    FILLS_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_FIELD_NUMBER: _ClassVar[int]
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    SEALED_TIME_US_FIELD_NUMBER: _ClassVar[int]
    number: int
    timestamp_s: int
    first_request: int
    marks: _containers.RepeatedScalarFieldContainer[int]
    funding_steps: _containers.RepeatedScalarFieldContainer[int]
    entries: _containers.RepeatedCompositeFieldContainer[SealedEntry]
    fills: _containers.RepeatedCompositeFieldContainer[_witness_pb2.WitnessFill]
    requests: _containers.RepeatedCompositeFieldContainer[SealedRequest]
    reports: bytes
    shape: str
    sealed_time_us: int
    def __init__(self, number: _Optional[int] = ..., timestamp_s: _Optional[int] = ..., first_request: _Optional[int] = ..., marks: _Optional[_Iterable[int]] = ..., funding_steps: _Optional[_Iterable[int]] = ..., entries: _Optional[_Iterable[_Union[SealedEntry, _Mapping]]] = ..., fills: _Optional[_Iterable[_Union[_witness_pb2.WitnessFill, _Mapping]]] = ..., requests: _Optional[_Iterable[_Union[SealedRequest, _Mapping]]] = ..., reports: _Optional[bytes] = ..., shape: _Optional[str] = ..., sealed_time_us: _Optional[int] = ...) -> None: ...

class SealedEntry(_message.Message):
    __slots__ = ("word", "signature", "signer", "recipient")
    WORD_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    word: bytes
    signature: bytes
    signer: bytes
    recipient: bytes
    def __init__(self, word: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., signer: _Optional[bytes] = ..., recipient: _Optional[bytes] = ...) -> None: ...

class SealedRequest(_message.Message):
    __slots__ = ("payload", "outcome", "amount")
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    AMOUNT_FIELD_NUMBER: _ClassVar[int]
    payload: bytes
    outcome: int
    amount: int
    def __init__(self, payload: _Optional[bytes] = ..., outcome: _Optional[int] = ..., amount: _Optional[int] = ...) -> None: ...

class ReportProgressRequest(_message.Message):
    __slots__ = ("number", "status", "proof", "transaction_hash", "gas_used", "old_root", "new_root", "failure", "witness_us", "prove_us")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    TRANSACTION_HASH_FIELD_NUMBER: _ClassVar[int]
    GAS_USED_FIELD_NUMBER: _ClassVar[int]
    OLD_ROOT_FIELD_NUMBER: _ClassVar[int]
    NEW_ROOT_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    WITNESS_US_FIELD_NUMBER: _ClassVar[int]
    PROVE_US_FIELD_NUMBER: _ClassVar[int]
    number: int
    status: BatchStatus
    proof: Proof
    transaction_hash: bytes
    gas_used: int
    old_root: bytes
    new_root: bytes
    failure: str
    witness_us: int
    prove_us: int
    def __init__(self, number: _Optional[int] = ..., status: _Optional[_Union[BatchStatus, str]] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ..., transaction_hash: _Optional[bytes] = ..., gas_used: _Optional[int] = ..., old_root: _Optional[bytes] = ..., new_root: _Optional[bytes] = ..., failure: _Optional[str] = ..., witness_us: _Optional[int] = ..., prove_us: _Optional[int] = ...) -> None: ...

class ReportProgressResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Proof(_message.Message):
    __slots__ = ("proof", "h", "r", "y", "shape", "circuit_id", "verifying_key_hash")
    PROOF_FIELD_NUMBER: _ClassVar[int]
    H_FIELD_NUMBER: _ClassVar[int]
    R_FIELD_NUMBER: _ClassVar[int]
    Y_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    CIRCUIT_ID_FIELD_NUMBER: _ClassVar[int]
    VERIFYING_KEY_HASH_FIELD_NUMBER: _ClassVar[int]
    proof: bytes
    h: bytes
    r: bytes
    y: bytes
    shape: str
    circuit_id: bytes
    verifying_key_hash: bytes
    def __init__(self, proof: _Optional[bytes] = ..., h: _Optional[bytes] = ..., r: _Optional[bytes] = ..., y: _Optional[bytes] = ..., shape: _Optional[str] = ..., circuit_id: _Optional[bytes] = ..., verifying_key_hash: _Optional[bytes] = ...) -> None: ...
