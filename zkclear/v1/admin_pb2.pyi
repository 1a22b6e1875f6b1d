from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class GetStatusRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetStatusResponse(_message.Message):
    __slots__ = ("sequence", "journal_records", "open_batch", "open_entries", "open_fills", "open_accounts", "sealed_batch", "proved_batch", "settled_batch", "paused", "waiting", "requests_known", "requests_consumed", "l1_head", "l1_final", "timestamp_s", "resting_orders", "version")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    JOURNAL_RECORDS_FIELD_NUMBER: _ClassVar[int]
    OPEN_BATCH_FIELD_NUMBER: _ClassVar[int]
    OPEN_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    OPEN_FILLS_FIELD_NUMBER: _ClassVar[int]
    OPEN_ACCOUNTS_FIELD_NUMBER: _ClassVar[int]
    SEALED_BATCH_FIELD_NUMBER: _ClassVar[int]
    PROVED_BATCH_FIELD_NUMBER: _ClassVar[int]
    SETTLED_BATCH_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    WAITING_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_KNOWN_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_CONSUMED_FIELD_NUMBER: _ClassVar[int]
    L1_HEAD_FIELD_NUMBER: _ClassVar[int]
    L1_FINAL_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_S_FIELD_NUMBER: _ClassVar[int]
    RESTING_ORDERS_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    journal_records: int
    open_batch: int
    open_entries: int
    open_fills: int
    open_accounts: int
    sealed_batch: int
    proved_batch: int
    settled_batch: int
    paused: bool
    waiting: str
    requests_known: int
    requests_consumed: int
    l1_head: int
    l1_final: int
    timestamp_s: int
    resting_orders: int
    version: str
    def __init__(self, sequence: _Optional[int] = ..., journal_records: _Optional[int] = ..., open_batch: _Optional[int] = ..., open_entries: _Optional[int] = ..., open_fills: _Optional[int] = ..., open_accounts: _Optional[int] = ..., sealed_batch: _Optional[int] = ..., proved_batch: _Optional[int] = ..., settled_batch: _Optional[int] = ..., paused: _Optional[bool] = ..., waiting: _Optional[str] = ..., requests_known: _Optional[int] = ..., requests_consumed: _Optional[int] = ..., l1_head: _Optional[int] = ..., l1_final: _Optional[int] = ..., timestamp_s: _Optional[int] = ..., resting_orders: _Optional[int] = ..., version: _Optional[str] = ...) -> None: ...

class SealBatchRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SealBatchResponse(_message.Message):
    __slots__ = ("number",)
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    number: int
    def __init__(self, number: _Optional[int] = ...) -> None: ...

class PauseMatchingRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PauseMatchingResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResumeMatchingRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ResumeMatchingResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
