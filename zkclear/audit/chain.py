"""
Reads audit inputs from an Ethereum node.

Everything is asked for one block, the head when reading began, so that a batch that settles meanwhile cannot mix two states.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from eth_typing import ChecksumAddress
from requests.exceptions import RequestException
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3Exception

from zkclear.audit.abi import contract_abi
from zkclear.audit.inputs import (
    Credit,
    Deployment,
    Inputs,
    Limits,
    Listing,
    Queued,
    Resolved,
    Settled,
    ShapeInfo,
    Totals,
)
from zkclear.crypto.eip712 import NAME, VERSION, Domain
from zkclear.rules.markets import config_of_fields

BLOCKS_A_QUERY = 2_000
"""Nodes refuse log queries over long ranges; this one is served everywhere."""
RPC_TIMEOUT_S = 30

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
]


class ChainError(Exception):
    """The node cannot be reached, or what is at the address is no settlement contract."""


def address_bytes(text: str) -> bytes:
    """The 20 bytes of an address."""
    return bytes.fromhex(text.removeprefix("0x"))


def domain_of(rpc_url: str, contract: str) -> Domain:
    """The EIP-712 domain that a contract publishes (ERC-5267), its name and version included."""
    reader = ChainReader(rpc_url, contract)
    try:
        _, name, version, chain_id, address, *_ = reader.contract.functions.eip712Domain().call()
    except (RequestException, OSError, Web3Exception) as error:
        raise ChainError(f"{contract} on {rpc_url} publishes no EIP-712 domain: {error}") from error
    if (name, version) != (NAME, VERSION):
        raise ChainError(f"{contract} is {name} {version}, not {NAME} {VERSION}")
    return Domain(chain_id=chain_id, contract=int(address, 16))


class ChainReader:
    """One pass over the history of one contract."""

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
        try:
            self.block = self.web3.eth.block_number
            if not self.web3.eth.get_code(self.address):
                raise ChainError(f"no contract at {self.address} on {self.rpc_url}")
            return self._inputs()
        except (RequestException, OSError) as error:
            raise ChainError(f"the node at {self.rpc_url} does not answer: {error}") from error
        except Web3Exception as error:
            raise ChainError(f"{self.address} does not answer as a settlement contract: {error}") from error

    def _inputs(self) -> Inputs:
        deployment = self._deployment()
        first = deployment.genesis_block
        paid: dict[bytes, list[Credit]] = defaultdict(list)
        fee_credits = []
        for log in self._logs("Claimable", first):
            fields = log["args"]
            credit = Credit(
                address_bytes(fields["recipient"]), fields["account"], fields["batch"], fields["amountE6"]
            )
            if credit.batch:
                paid[bytes(log["transactionHash"])].append(credit)
            else:
                fee_credits.append(credit)
        return Inputs(
            deployment=deployment,
            totals=self._totals(),
            requests=tuple(
                Queued(log["args"]["request"], log["args"]["payload"])
                for log in self._logs("RequestQueued", first)
            ),
            batches=tuple(self._batches(first, paid)),
            fee_credits=tuple(fee_credits),
            claimed=sum(log["args"]["amountE6"] for log in self._logs("Claimed", first)),
        )

    def _call(self, name: str, *arguments: Any) -> Any:
        return self.contract.functions[name](*arguments).call(block_identifier=self.block)

    def _token(self, name: str, *arguments: Any) -> Any:
        token = self.web3.eth.contract(address=self._call("token"), abi=_TOKEN_ABI)
        return token.functions[name](*arguments).call(block_identifier=self.block)

    def _logs(self, event: str, first: int) -> Iterator[Any]:
        """Every log of one event since the deployment, in chain order."""
        for start in range(first, self.block + 1, BLOCKS_A_QUERY):
            end = min(start + BLOCKS_A_QUERY - 1, self.block)
            yield from self.contract.events[event]().get_logs(from_block=start, to_block=end)

    def _deployment(self) -> Deployment:
        genesis_block, genesis_timestamp = self._call("genesis")
        signers, quorum = self._call("oracleSigners")
        _, lag, lead, age, move, move_per_second, *_ = self._call("parameters")
        listings = [self._call("market", index) for index in range(self._call("marketCount"))]
        return Deployment(
            chain_id=self.web3.eth.chain_id,
            contract=address_bytes(self.address),
            token=address_bytes(self._call("token")),
            asset=self._token("symbol"),
            fee_recipient=address_bytes(self._call("owner", 1)),
            genesis_block=genesis_block,
            genesis_timestamp=genesis_timestamp,
            markets=tuple(Listing(name, config_of_fields(config)) for name, config, _ in listings),
            shapes=tuple(self._shape(index) for index in range(self._call("shapeCount"))),
            oracle_signers=tuple(map(address_bytes, signers)),
            oracle_quorum=quorum,
            limits=Limits(lag, lead, age, move, move_per_second),
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
            token_balance=self._token("balanceOf", self.address),
            total_claims=self._call("totalClaims"),
            queued_deposits=self._call("queuedDeposits"),
        )

    def _batches(self, first: int, paid: dict[bytes, list[Credit]]) -> Iterator[Settled]:
        resolved: dict[bytes, list[Resolved]] = defaultdict(list)
        for log in self._logs("RequestResolved", first):
            fields = log["args"]
            resolved[bytes(log["transactionHash"])].append(
                Resolved(fields["request"], fields["outcome"], fields["amount"])
            )
        for log in self._logs("BatchSettled", first):
            fields, digest = log["args"], bytes(log["transactionHash"])
            transaction = self.web3.eth.get_transaction(log["transactionHash"])
            block = self.web3.eth.get_block(log["blockNumber"])
            yield Settled(
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
                resolved=tuple(resolved[digest]),
                credits=tuple(paid[digest]),
            )
