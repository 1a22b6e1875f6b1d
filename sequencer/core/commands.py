"""
The commands of the journal. Each is a plain list [kind, fields..] on its way, and a record here.

The gateway checked what needs no state: fields, units, signature recovery. The core checks the rest.
"""

from dataclasses import astuple, dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class SubmitOrder:
    """A signed order in lots and ticks."""

    kind: ClassVar[str] = "order"
    digest: bytes
    account: int
    market: int
    action: int
    lots: int
    limit: int
    expiry: int
    nonce: int
    signer: int
    signature: bytes
    replace: bool
    self_trade: int


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """A signed CancelOrder."""

    kind: ClassVar[str] = "cancel"
    digest: bytes
    account: int
    market: int
    nonce: int
    signer: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class CancelAll:
    """A signed CancelAll; market -1 is all markets."""

    kind: ClassVar[str] = "cancel_all"
    digest: bytes
    account: int
    market: int
    before_nonce: int
    expiry: int
    signer: int


@dataclass(frozen=True, slots=True)
class Withdraw:
    """A signed Withdraw; `recipient` has 20 bytes."""

    kind: ClassVar[str] = "withdraw"
    digest: bytes
    account: int
    amount: int
    expiry: int
    nonce: int
    signer: int
    signature: bytes
    recipient: bytes


@dataclass(frozen=True, slots=True)
class TakeReport:
    """A signed price report."""

    kind: ClassVar[str] = "report"
    time: int
    prices: tuple[int, ...]
    signer: int
    signature: bytes


@dataclass(frozen=True, slots=True)
class TakeRequests:
    """
    L1 requests from final blocks: number of the first, and the payload word of each, 32 bytes.

    `listings` has (number, market as in the genesis record) of every MARKET request among them.
    """

    kind: ClassVar[str] = "requests"
    first: int
    payloads: tuple[bytes, ...]
    listings: tuple[tuple[int, dict[str, Any]], ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """A serialised ReportProgressRequest, from the prover or from the chain."""

    kind: ClassVar[str] = "progress"
    message: bytes


@dataclass(frozen=True, slots=True)
class Begin:
    """The first command: what the contract fixes."""

    kind: ClassVar[str] = "genesis"
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Configure:
    """The operator's settings, whenever they differ from the last ones."""

    kind: ClassVar[str] = "settings"
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seal:
    """Seal the open batch."""

    kind: ClassVar[str] = "seal"


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed, and something is due."""

    kind: ClassVar[str] = "tick"


@dataclass(frozen=True, slots=True)
class Pause:
    """Take no orders, or take them again."""

    kind: ClassVar[str] = "pause"
    paused: bool


Command = (
    SubmitOrder
    | CancelOrder
    | CancelAll
    | Withdraw
    | TakeReport
    | TakeRequests
    | Progress
    | Begin
    | Configure
    | Seal
    | Tick
    | Pause
)

_KINDS: dict[str, type[Command]] = {
    kind.kind: kind
    for kind in (
        SubmitOrder,
        CancelOrder,
        CancelAll,
        Withdraw,
        TakeReport,
        TakeRequests,
        Progress,
        Begin,
        Configure,
        Seal,
        Tick,
        Pause,
    )
}


_WIDE = frozenset({"signer"})
"""Fields beyond 64 bits, which travel as 20 bytes."""


def pack(command: Command) -> list[Any]:
    """A command as plain values."""
    return [
        command.kind,
        *(
            value.to_bytes(20, "big") if name in _WIDE else value
            for name, value in zip(command.__slots__, astuple(command), strict=True)
        ),
    ]


def unpack(values: list[Any]) -> Command:
    """The command of plain values: the inverse of `pack`."""
    kind, *fields = values
    command = _KINDS[kind]
    return command(
        *(
            int.from_bytes(value, "big")
            if name in _WIDE
            else tuple(value)
            if isinstance(value, list)
            else value
            for name, value in zip(command.__slots__, fields, strict=True)
        )
    )
