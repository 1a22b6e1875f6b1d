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
class QueuedMarket:
    """A MarketQueued event: what MARKET request `request` asks `market` to be."""

    request: int
    market: int
    listing: Listing


@dataclass(frozen=True, slots=True)
class Listed:
    """A MarketListed event: the rules of `market` from the next batch on."""

    market: int
    listing: Listing


@dataclass(frozen=True, slots=True)
class Resolved:
    """A RequestResolved event of a batch."""

    request: int
    outcome: int
    amount: int


@dataclass(frozen=True, slots=True)
class Credit:
    """
    A Claimable event: `account` pays `amount` to `recipient`; `batch` is 0 for a request's fee.

    A bond that goes back names the taker as `account`.
    """

    recipient: bytes
    account: int
    batch: int
    amount: int


@dataclass(frozen=True, slots=True)
class Vault:
    """
    The vault at one log of the chain, as the logs before it add up.

    `tokens`: transfers in less transfers out. `fees`: claims credited outside batches. `claimed`: what was paid out.
    """

    tokens: int
    fees: int
    claimed: int
    queue_length: int


@dataclass(frozen=True, slots=True)
class Settled:
    """
    A BatchSettled event, and the transaction that emitted it, its calldata and other events included.

    `queued` are the requests that the settlement itself queued; `vault` is that of the moment after it.
    """

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
    queued: tuple[Queued, ...]
    listed: tuple[Listed, ...]
    vault: Vault


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
    """What the constructor fixed; `markets` are those of the first root, `bond` that of a LIQUIDATE."""

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
    bond: int
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
    markets: tuple[Listing, ...]
    token_balance: int
    total_claims: int
    queued_deposits: int
    queued_bonds: int


@dataclass(frozen=True, slots=True)
class Inputs:
    """All of it. `fee_credits` are the Claimable events outside batches; `claimed` the sum that left the vault."""

    deployment: Deployment
    totals: Totals
    requests: tuple[Queued, ...]
    markets: tuple[QueuedMarket, ...]
    batches: tuple[Settled, ...]
    fee_credits: tuple[Credit, ...]
    claimed: int
