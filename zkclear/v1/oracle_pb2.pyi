from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PriceReport(_message.Message):
    __slots__ = ("time_s", "prices_e8")
    TIME_S_FIELD_NUMBER: _ClassVar[int]
    PRICES_E8_FIELD_NUMBER: _ClassVar[int]
    time_s: int
    prices_e8: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, time_s: _Optional[int] = ..., prices_e8: _Optional[_Iterable[int]] = ...) -> None: ...

class SignedReport(_message.Message):
    __slots__ = ("report", "signature", "signer")
    REPORT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    report: PriceReport
    signature: bytes
    signer: bytes
    def __init__(self, report: _Optional[_Union[PriceReport, _Mapping]] = ..., signature: _Optional[bytes] = ..., signer: _Optional[bytes] = ...) -> None: ...

class SubmitReportRequest(_message.Message):
    __slots__ = ("report", "signature")
    REPORT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    report: PriceReport
    signature: bytes
    def __init__(self, report: _Optional[_Union[PriceReport, _Mapping]] = ..., signature: _Optional[bytes] = ...) -> None: ...

class SubmitReportResponse(_message.Message):
    __slots__ = ("signer", "newest")
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    NEWEST_FIELD_NUMBER: _ClassVar[int]
    signer: bytes
    newest: bool
    def __init__(self, signer: _Optional[bytes] = ..., newest: _Optional[bool] = ...) -> None: ...

class GetReportsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetReportsResponse(_message.Message):
    __slots__ = ("reports", "signers", "quorum")
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    SIGNERS_FIELD_NUMBER: _ClassVar[int]
    QUORUM_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.RepeatedCompositeFieldContainer[SignedReport]
    signers: _containers.RepeatedScalarFieldContainer[bytes]
    quorum: int
    def __init__(self, reports: _Optional[_Iterable[_Union[SignedReport, _Mapping]]] = ..., signers: _Optional[_Iterable[bytes]] = ..., quorum: _Optional[int] = ...) -> None: ...
