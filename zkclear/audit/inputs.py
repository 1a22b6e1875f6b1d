"""Everything that an audit looks at, as plain records: what the chain says, and nothing that was concluded from it."""

from dataclasses import dataclass

from zkclear.rules.state import MarketConfig


@dataclass(frozen=True, slots=True)
class Listing:
    """A listed market: its name and its rules."""

    name: str
    config: MarketConfig


@dataclass(frozen=True, slots=True)
class ShapeInfo:
    """A shape as the contract has it, and the runtime code of its verifier."""

    entries: int
    fills: int
    requests: int
    verifier: bytes
    code: bytes


@dataclass(frozen=True, slots=True)
class Queued:
    """A RequestQueued event: request `number` with its 248 bits."""

    number: int
    payload: int


@dataclass(frozen=True, slots=True)
class Resolved:
    """A RequestResolved event of a batch."""

    request: int
    outcome: int
    amount: int


@dataclass(frozen=True, slots=True)
class Credit:
    """A Claimable event: `account` pays `amount` to `recipient`; `batch` is 0 for a request's fee."""

    recipient: bytes
    account: int
    batch: int
    amount: int


@dataclass(frozen=True, slots=True)
class Settled:
    """A BatchSettled event, and the transaction that emitted it, its calldata included."""

    number: int
    new_root: int
    shape: int
    timestamp: int
    entries: int
    fills: int
    requests_end: int
    transaction: bytes
    block_time: int
    to: bytes
    calldata: bytes
    resolved: tuple[Resolved, ...]
    credits: tuple[Credit, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """The parameters of the deployment that a batch can break: seconds, and ppm of the last price."""

    max_lag: int
    max_lead: int
    report_max_age: int
    max_move_ppm: int
    max_move_ppm_per_second: int


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the constructor fixed."""

    chain_id: int
    contract: bytes
    token: bytes
    asset: str
    fee_recipient: bytes
    genesis_block: int
    genesis_timestamp: int
    markets: tuple[Listing, ...]
    shapes: tuple[ShapeInfo, ...]
    oracle_signers: tuple[bytes, ...]
    oracle_quorum: int
    limits: Limits
    circuit_id: bytes
    domain_word: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The contract's own books at the audited block."""

    block: int
    state_root: int
    batch_number: int
    last_timestamp: int
    queue_head: int
    queue_length: int
    marks: tuple[int, ...]
    token_balance: int
    total_claims: int
    queued_deposits: int


@dataclass(frozen=True, slots=True)
class Inputs:
    """All of it. `fee_credits` are the Claimable events outside batches; `claimed` the sum that left the vault."""

    deployment: Deployment
    totals: Totals
    requests: tuple[Queued, ...]
    batches: tuple[Settled, ...]
    fee_credits: tuple[Credit, ...]
    claimed: int
