"""
Reads audit inputs from an Ethereum node, all of them or what is new.

Everything is asked for one block, the head when reading began, so that a batch that settles meanwhile cannot mix two states;
if that block is gone when reading ends, nothing that was read counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from eth_typing import ChecksumAddress
from requests.exceptions import ConnectionError as Unconnected
from requests.exceptions import RequestException, Timeout
from web3 import HTTPProvider, Web3
from web3.exceptions import BlockNotFound, Web3Exception

from zkclear.audit.abi import contract_abi
from zkclear.audit.inputs import (
    Credit,
    Deployment,
    Inputs,
    Limits,
    Listed,
    Listing,
    Queued,
    QueuedMarket,
    Resolved,
    Settled,
    ShapeInfo,
    Totals,
    Vault,
)
from zkclear.audit.vault import NO_VAULT, Flow, Place, VaultHistory
from zkclear.crypto.eip712 import NAME, VERSION, Domain
from zkclear.rules.markets import config_of_fields

BLOCKS_A_QUERY = 2_000
"""Nodes refuse log queries over long ranges; this one is served everywhere."""
RPC_TIMEOUT_S = 30
Record = TypeVar("Record")

_TOKEN_ABI: list[dict[str, Any]] = [
    {
        "type": "function",
        "name": "balanceOf",
        "stateMutability": "view",
        "inputs": [{"name": "account", "type": "address"}],
        "outputs": [{"name": "", "type": "uint256"}],
    },
    {
        "type": "function",
        "name": "symbol",
        "stateMutability": "view",
        "inputs": [],
        "outputs": [{"name": "", "type": "string"}],
    },
    {
        "type": "event",
        "name": "Transfer",
        "anonymous": False,
        "inputs": [
            {"name": "from", "type": "address", "indexed": True},
            {"name": "to", "type": "address", "indexed": True},
            {"name": "value", "type": "uint256", "indexed": False},
        ],
    },
]


class ChainError(Exception):
    """The node cannot be reached, or what is at the address is no settlement contract."""


def address_bytes(text: str) -> bytes:
    """The 20 bytes of an address."""
    return bytes.fromhex(text.removeprefix("0x"))


def unreachable(rpc_url: str, error: Exception) -> ChainError:
    """What to say of a node that gives no answer; the cause says more than a person needs."""
    why = f": no answer in {RPC_TIMEOUT_S} s" if isinstance(error, Timeout) else f": {error}"
    if isinstance(error, Unconnected) and not isinstance(error, Timeout):
        why = ""
    return ChainError(f"the node at {rpc_url} is not reachable{why}")


def domain_of(rpc_url: str, contract: str) -> Domain:
    """The EIP-712 domain that a contract publishes (ERC-5267), its name and version included."""
    reader = ChainReader(rpc_url, contract)
    try:
        _, name, version, chain_id, address, *_ = reader.contract.functions.eip712Domain().call()
    except (RequestException, OSError) as error:
        raise unreachable(rpc_url, error) from error
    except Web3Exception as error:
        raise ChainError(f"{contract} on {rpc_url} publishes no EIP-712 domain: {error}") from error
    if (name, version) != (NAME, VERSION):
        raise ChainError(f"{contract} is {name} {version}, not {NAME} {VERSION}")
    return Domain(chain_id=chain_id, contract=int(address, 16))


@dataclass(frozen=True, slots=True)
class Block:
    """A block by number and hash: after a reorganisation its number names another one."""

    number: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Reached:
    """How far a contract's history was read: the last block, and the vault there."""

    deployment: Deployment
    head: Block
    vault: Vault


class ChainReader:
    """The history of one contract, read at once or in parts."""

    def __init__(self, rpc_url: str, contract: str) -> None:
        if not Web3.is_address(contract):
            raise ChainError(f"{contract!r} is no contract address; 0x and 40 hex digits are needed")
        self.rpc_url = rpc_url
        self.address: ChecksumAddress = Web3.to_checksum_address(contract)
        self.web3 = Web3(HTTPProvider(rpc_url, request_kwargs={"timeout": RPC_TIMEOUT_S}))
        self.contract = self.web3.eth.contract(address=self.address, abi=contract_abi("Settlement"))
        self.block = 0

    def collect(self) -> Inputs:
        """Everything that the audit looks at, as of the head of the chain."""
        return self.read(self.head())[0]

    def head(self) -> Block:
        """The present head of the node's chain."""
        with self._answers():
            return self._block("latest")

    def has(self, block: Block) -> bool:
        """Whether the block is in the node's chain."""
        with self._answers():
            try:
                return self._block(block.number) == block
            except BlockNotFound:
                return False

    def read(self, head: Block, *, since: Reached | None = None) -> tuple[Inputs, Reached]:
        """What happened after `since` (default: from the deployment on) up to `head`; ChainError if that goes meanwhile."""
        with self._answers():
            self.block = head.number
            if since is None and not self.web3.eth.get_code(self.address, block_identifier=self.block):
                raise ChainError(f"no contract at {self.address} on {self.rpc_url}")
            found = self._read(head, since)
        if not self.has(head):
            raise ChainError(f"the chain of {self.rpc_url} was reorganised while it was read; try again")
        return found

    @contextmanager
    def _answers(self) -> Iterator[None]:
        """Turns what web3 raises into a ChainError."""
        try:
            yield
        except (RequestException, OSError) as error:
            raise unreachable(self.rpc_url, error) from error
        except Web3Exception as error:
            raise ChainError(f"{self.address} does not answer as a settlement contract: {error}") from error

    def _block(self, which: Any) -> Block:
        found = self.web3.eth.get_block(which)
        return Block(found["number"], bytes(found["hash"]))

    def _read(self, head: Block, since: Reached | None) -> tuple[Inputs, Reached]:
        deployment = self._deployment() if since is None else since.deployment
        first = deployment.genesis_block if since is None else since.head.number + 1
        logs = {name: list(self._logs(name, first)) for name in _EVENTS}
        credited = [(_hash(log), _credit(log)) for log in logs["Claimable"]]
        requests = [(_hash(log), _queued(log)) for log in logs["RequestQueued"]]
        flows = [
            *(Flow(_place(log), requests=1) for log in logs["RequestQueued"]),
            *(
                Flow(_place(log), fees=log["args"]["amountE6"])
                for log in logs["Claimable"]
                if not log["args"]["batch"]
            ),
            *(Flow(_place(log), claimed=log["args"]["amountE6"]) for log in logs["Claimed"]),
            *self._transfers(first),
        ]
        vaults = VaultHistory(flows, before=NO_VAULT if since is None else since.vault)
        batch_logs = _BatchLogs(
            paid=_grouped((digest, credit) for digest, credit in credited if credit.batch),
            queued=_grouped(requests),
            resolved=_grouped((_hash(log), _resolved(log)) for log in logs["RequestResolved"]),
            listed=_grouped((_hash(log), _listed(log)) for log in logs["MarketListed"]),
            vaults=vaults,
        )
        inputs = Inputs(
            deployment=deployment,
            totals=self._totals(),
            requests=tuple(request for _, request in requests),
            markets=tuple(
                QueuedMarket(log["args"]["request"], log["args"]["market"], _listing(log["args"]))
                for log in logs["MarketQueued"]
            ),
            batches=tuple(self._settled(log, batch_logs) for log in logs["BatchSettled"]),
            fee_credits=tuple(credit for _, credit in credited if not credit.batch),
            claimed=sum(log["args"]["amountE6"] for log in logs["Claimed"]),
        )
        return inputs, Reached(deployment, head, vaults.last)

    def _call(self, name: str, *arguments: Any) -> Any:
        return self.contract.functions[name](*arguments).call(block_identifier=self.block)

    def _token_contract(self) -> Any:
        return self.web3.eth.contract(address=self._call("token"), abi=_TOKEN_ABI)

    def _token(self, name: str, *arguments: Any) -> Any:
        return self._token_contract().functions[name](*arguments).call(block_identifier=self.block)

    def _logs(self, event: str, first: int) -> Iterator[Any]:
        """Every log of one event of the contract from a block on, in chain order."""
        return self._logs_of(self.contract.events[event](), first)

    def _logs_of(self, event: Any, first: int, **filters: Any) -> Iterator[Any]:
        for start in range(first, self.block + 1, BLOCKS_A_QUERY):
            end = min(start + BLOCKS_A_QUERY - 1, self.block)
            yield from event.get_logs(from_block=start, to_block=end, **filters)

    def _transfers(self, first: int) -> Iterator[Flow]:
        """Every transfer of the collateral token into the vault and out of it."""
        event = self._token_contract().events["Transfer"]()
        for side, sign in (("to", 1), ("from", -1)):
            for log in self._logs_of(event, first, argument_filters={side: self.address}):
                yield Flow(_place(log), tokens=sign * log["args"]["value"])

    def _deployment(self) -> Deployment:
        genesis_block, genesis_timestamp = self._call("genesis")
        signers, quorum = self._call("oracleSigners")
        _, lag, lead, age, move, move_per_second, _, bond, _ = self._call("parameters")
        return Deployment(
            chain_id=self.web3.eth.chain_id,
            contract=address_bytes(self.address),
            token=address_bytes(self._call("token")),
            asset=self._token("symbol"),
            fee_recipient=address_bytes(self._call("owner", 1)),
            genesis_block=genesis_block,
            genesis_timestamp=genesis_timestamp,
            # The rules of the first root stand in the constructor's events only: later ones may have replaced them.
            markets=tuple(
                _listing(log["args"])
                for log in self._logs("MarketListed", genesis_block)
                if log["args"]["batch"] == 0
            ),
            shapes=tuple(self._shape(index) for index in range(self._call("shapeCount"))),
            oracle_signers=tuple(map(address_bytes, signers)),
            oracle_quorum=quorum,
            limits=Limits(lag, lead, age, move, move_per_second),
            bond=bond,
            circuit_id=bytes(self._call("circuitId")),
            domain_word=self._call("domainWord"),
        )

    def _shape(self, index: int) -> ShapeInfo:
        verifier, entries, fills, requests = self._call("verifier", index)
        code = bytes(self.web3.eth.get_code(verifier, block_identifier=self.block))
        return ShapeInfo(entries, fills, requests, address_bytes(verifier), code)

    def _totals(self) -> Totals:
        return Totals(
            block=self.block,
            state_root=self._call("stateRoot"),
            batch_number=self._call("batchNumber"),
            last_timestamp=self._call("lastTimestamp"),
            queue_head=self._call("queueHead"),
            queue_length=self._call("queueLength"),
            marks=tuple(self._call("marks")),
            markets=tuple(
                Listing(name, config_of_fields(config))
                for name, config, _ in (
                    self._call("market", index) for index in range(self._call("marketCount"))
                )
            ),
            token_balance=self._token("balanceOf", self.address),
            total_claims=self._call("totalClaims"),
            queued_deposits=self._call("queuedDeposits"),
            queued_bonds=self._call("queuedBonds"),
        )

    def _settled(self, log: Any, batch_logs: "_BatchLogs") -> Settled:
        """A BatchSettled event with its transaction and everything else that this emitted."""
        fields, digest = log["args"], _hash(log)
        transaction = self.web3.eth.get_transaction(log["transactionHash"])
        block = self.web3.eth.get_block(log["blockNumber"])
        return Settled(
            number=fields["number"],
            new_root=fields["newRoot"],
            shape=fields["shape"],
            timestamp=fields["timestamp"],
            entries=fields["entries"],
            fills=fields["fills"],
            requests_end=fields["requestsEnd"],
            transaction=digest,
            block_time=block["timestamp"],
            to=address_bytes(transaction.get("to") or ""),
            calldata=bytes(transaction["input"]),
            resolved=tuple(batch_logs.resolved[digest]),
            credits=tuple(batch_logs.paid[digest]),
            queued=tuple(batch_logs.queued[digest]),
            listed=tuple(batch_logs.listed[digest]),
            vault=batch_logs.vaults.before(_place(log)),
        )


_EVENTS = (
    "RequestQueued",
    "MarketQueued",
    "MarketListed",
    "RequestResolved",
    "Claimable",
    "Claimed",
    "BatchSettled",
)


@dataclass(frozen=True, slots=True)
class _BatchLogs:
    """The logs beside BatchSettled, by the transaction that emitted them, and the vault at any log."""

    paid: dict[bytes, list[Credit]]
    queued: dict[bytes, list[Queued]]
    resolved: dict[bytes, list[Resolved]]
    listed: dict[bytes, list[Listed]]
    vaults: VaultHistory


def _grouped(pairs: Iterable[tuple[bytes, Record]]) -> dict[bytes, list[Record]]:
    groups: dict[bytes, list[Record]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def _place(log: Any) -> Place:
    return log["blockNumber"], log["logIndex"]


def _hash(log: Any) -> bytes:
    return bytes(log["transactionHash"])


def _listing(fields: Any) -> Listing:
    """The market of a MarketListed or MarketQueued event."""
    return Listing(fields["name"], config_of_fields(_struct(fields["config"])))


def _struct(value: Any) -> Any:
    """A struct of an event as a call would return it: tuples all the way down."""
    return tuple(map(_struct, value.values())) if isinstance(value, Mapping) else value


def _credit(log: Any) -> Credit:
    fields = log["args"]
    return Credit(address_bytes(fields["recipient"]), fields["account"], fields["batch"], fields["amountE6"])


def _queued(log: Any) -> Queued:
    return Queued(log["args"]["request"], log["args"]["payload"])


def _resolved(log: Any) -> Resolved:
    fields = log["args"]
    return Resolved(fields["request"], fields["outcome"], fields["amount"])


def _listed(log: Any) -> Listed:
    return Listed(log["args"]["market"], _listing(log["args"]))
