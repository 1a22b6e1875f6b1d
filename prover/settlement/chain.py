"""What settlement reads from and sends to the chain. Several nodes may be asked; they must agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from eth_typing import ChecksumAddress
from eth_utils import to_checksum_address
from hexbytes import HexBytes
from web3 import Web3
from web3.contract import Contract
from web3.exceptions import BlockNotFound, ContractLogicError, TransactionNotFound, Web3Exception
from web3.types import TxParams, TxReceipt

from prover.settlement.artifacts import contract_abi
from prover.settlement.dev_markets import Listing
from prover.settlement.errors import ChainMismatchError, SettlementError, contract_error
from zkclear.rules.markets import config_of_fields
from zkclear.service.sections import FINALIZED

REQUEST_LIMIT_S = 20
"""A node that does not answer in this time counts as gone."""
TRANSACTION_GAS_CAP = 1 << 24
"""EIP-7825: no transaction has more gas since Osaka."""
LATEST = "latest"
PENDING = "pending"
"""The state after the last block, and after the transactions that wait for the next one."""
LOG_SPAN_BLOCKS = 10_000
"""Nodes refuse to search longer stretches for events at once."""

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Landed:
    """A settled batch as the chain has it."""

    number: int
    transaction_hash: bytes
    block: int
    gas_used: int
    new_root: int


@dataclass(frozen=True, slots=True)
class Queue:
    """How many requests wait, and until when the oldest of them must be consumed; None if none waits."""

    waiting: int
    deadline_s: int | None


@dataclass(frozen=True, slots=True)
class Vault:
    """The last batch, and the tokens that are neither claimed nor queued, 10^-6: those of the accounts after it."""

    batch: int
    for_accounts: int


class Chain:
    """The settlement contract behind one or more nodes; the first one sends."""

    def __init__(self, rpc_urls: Sequence[str], *, chain_id: int, contract: str) -> None:
        """Connects and refuses another chain, or an address without code."""
        assert rpc_urls, "the configuration requires a node"
        self._nodes = [
            Web3(Web3.HTTPProvider(url, request_kwargs={"timeout": REQUEST_LIMIT_S})) for url in rpc_urls
        ]
        self.chain_id = chain_id
        self.address: ChecksumAddress = to_checksum_address(contract)
        for url, node in zip(rpc_urls, self._nodes, strict=True):
            _require_chain(url, node, chain_id=chain_id, contract=self.address)
        self._contracts: list[Contract] = [
            node.eth.contract(address=self.address, abi=contract_abi("Settlement")) for node in self._nodes
        ]

    @property
    def contract(self) -> Contract:
        """The contract through the first node."""
        return self._contracts[0]

    @property
    def node(self) -> Web3:
        """The first node."""
        return self._nodes[0]

    def _agreed(self, what: str, ask: Callable[[int], Answer]) -> Answer:
        """The answer of all nodes. One that lies or lags makes us wait, never act."""
        answers = [ask(index) for index in range(len(self._nodes))]
        if any(answer != answers[0] for answer in answers):
            raise SettlementError(f"the nodes disagree about {what}: {answers}")
        return answers[0]

    def batch_number(self) -> int:
        """The last settled batch."""
        return self._agreed("batchNumber", lambda i: int(self._contracts[i].functions.batchNumber().call()))

    def state_root(self) -> int:
        """The root after it."""
        return self._agreed("stateRoot", lambda i: int(self._contracts[i].functions.stateRoot().call()))

    def genesis(self) -> tuple[int, int]:
        """Block and time of the deployment."""
        block, timestamp = self.contract.functions.genesis().call()
        return int(block), int(timestamp)

    def position(self, block: int) -> tuple[int, int]:
        """Last batch and root after a block."""
        number, root = (
            int(call.call(block_identifier=block))
            for call in (self.contract.functions.batchNumber(), self.contract.functions.stateRoot())
        )
        return number, root

    def head(self) -> int:
        """The newest block that every node has."""
        return min(int(node.eth.block_number) for node in self._nodes)

    def block_hash(self, number: int) -> bytes | None:
        """The hash of a block as the first node has it, if it does."""
        try:
            return bytes(self.node.eth.get_block(number)["hash"])
        except BlockNotFound:
            return None

    def queue(self, block: int) -> Queue:
        """The requests that wait after a block."""
        calls = self.contract.functions
        head, end = (
            int(call.call(block_identifier=block)) for call in (calls.queueHead(), calls.queueLength())
        )
        if head == end:
            return Queue(0, None)
        return Queue(end - head, int(calls.request(head).call(block_identifier=block)[1]))

    def vault(self, block: int) -> Vault:
        """The contract's tokens after a block."""
        calls = self.contract.functions
        token = self.node.eth.contract(
            address=to_checksum_address(calls.token().call()), abi=contract_abi("DevToken")
        )
        number, tokens, *others = (
            int(call.call(block_identifier=block))
            for call in (
                calls.batchNumber(),
                token.functions.balanceOf(self.address),
                calls.totalClaims(),
                calls.queuedDeposits(),
                calls.queuedBonds(),
            )
        )
        return Vault(number, tokens - sum(others))

    def max_lag_s(self) -> int:
        """How old a batch may be when it settles."""
        return int(self.contract.functions.parameters().call()[1])

    def final_block(self, finality: int | str) -> int:
        """The newest block that counts as final: `finality` blocks below the head, or the chain's own tag."""
        if finality == FINALIZED:
            return min(int(node.eth.get_block(FINALIZED)["number"]) for node in self._nodes)
        assert isinstance(finality, int)
        return self.head() - finality

    def shape_indexes(self) -> dict[tuple[int, int, int], int]:
        """(entries, fills, requests) -> place in the contract's list of shapes."""
        count = int(self.contract.functions.shapeCount().call())
        return {self.shape_capacity(index): index for index in range(count)}

    def shape_capacity(self, index: int) -> tuple[int, int, int]:
        """Entries, fills and requests of a shape."""
        _, entries, fills, requests = self.contract.functions.verifier(index).call()
        return int(entries), int(fills), int(requests)

    def verifier_code(self, index: int) -> bytes:
        """The code of a shape's verifier."""
        address = self.contract.functions.verifier(index).call()[0]
        return bytes(self.node.eth.get_code(address))

    def circuit_id(self) -> bytes:
        """Which circuits the contract accepts."""
        return bytes(self.contract.functions.circuitId().call())

    def queued_market(self, request: int) -> Listing:
        """What a MARKET request asks for; raises SettlementError for any other, or one that the nodes do not know yet."""
        name, fields = self._agreed(
            f"request {request}",
            lambda i: tuple(self._contracts[i].functions.queuedMarket(request).call()),
        )
        if not name:
            raise SettlementError(
                f"the chain has no MARKET request {request}; the node may be behind the sequencer's"
            )
        return Listing(str(name), config_of_fields(fields))

    def domain_word(self) -> int:
        """The first word of every batch."""
        return int(self.contract.functions.domainWord().call())

    def settle_data(self, arguments: Sequence[object]) -> bytes:
        """Calldata of `settle`."""
        return bytes(HexBytes(self.contract.encode_abi("settle", args=list(arguments))))

    def estimate(self, sender: str, data: bytes, *, on: str, doing: str) -> int:
        """Gas of the call on a state. Raises ContractError if it would revert: trying costs nothing."""
        call: TxParams = {
            "from": to_checksum_address(sender),
            "to": self.address,
            "data": HexBytes(data),
            "gas": TRANSACTION_GAS_CAP,
        }
        try:
            return int(self.node.eth.estimate_gas(call, on))
        except ContractLogicError as cause:
            raise contract_error(cause, doing=doing) from cause

    def replay(self, transaction: bytes, *, doing: str) -> SettlementError:
        """Why a mined transaction reverted, as far as calling it again on the block before tells."""
        sent = self.node.eth.get_transaction(HexBytes(transaction))
        call: TxParams = {"from": sent["from"], "to": sent["to"], "data": sent["input"], "gas": sent["gas"]}
        try:
            self.node.eth.call(call, block_identifier=max(0, int(sent["blockNumber"]) - 1))
        except ContractLogicError as cause:
            return contract_error(cause, doing=doing)
        return SettlementError(f"{doing} reverted when it was mined, but would not have a block earlier")

    def receipt(self, transaction: bytes) -> TxReceipt | None:
        """The receipt, if the transaction was mined."""
        try:
            return self.node.eth.get_transaction_receipt(HexBytes(transaction))
        except TransactionNotFound:
            return None

    def knows(self, transaction: bytes) -> bool:
        """Whether the first node has the transaction, mined or waiting."""
        try:
            self.node.eth.get_transaction(HexBytes(transaction))
        except TransactionNotFound:
            return False
        return True

    def nonce(self, address: str) -> int:
        """The next nonce of an address, what waits in the pool not counted."""
        return int(self.node.eth.get_transaction_count(to_checksum_address(address), "latest"))

    def base_fee(self) -> int:
        """Wei a gas that the next block burns at most one eighth more of."""
        return int(self.node.eth.get_block("latest")["baseFeePerGas"])

    def tip(self) -> int:
        """Wei a gas that a block's maker is usually given."""
        return int(self.node.eth.max_priority_fee)

    def send(self, raw: bytes) -> None:
        """Hands a signed transaction to every node; the first one's refusal is raised."""
        for node in self._nodes[1:]:
            try:
                node.eth.send_raw_transaction(HexBytes(raw))
            except (Web3Exception, OSError):  # a copy for resilience: the first node's answer counts
                continue
        self.node.eth.send_raw_transaction(HexBytes(raw))

    def landed(self, number: int, *, from_block: int) -> Landed | None:
        """The settlement of a batch, whoever sent it; None if no block from `from_block` on has it."""
        head = self.head()
        for start in range(from_block, head + 1, LOG_SPAN_BLOCKS):
            found = self.contract.events.BatchSettled().get_logs(
                argument_filters={"number": number},
                from_block=start,
                to_block=min(head, start + LOG_SPAN_BLOCKS - 1),
            )
            if found:
                return self._landed(found[-1])
        return None

    def _landed(self, event: Any) -> Landed:
        receipt = self.node.eth.get_transaction_receipt(event["transactionHash"])
        return Landed(
            number=int(event["args"]["number"]),
            transaction_hash=bytes(event["transactionHash"]),
            block=int(receipt["blockNumber"]),
            gas_used=int(receipt["gasUsed"]),
            new_root=int(event["args"]["newRoot"]),
        )


def _require_chain(url: str, node: Web3, *, chain_id: int, contract: ChecksumAddress) -> None:
    try:
        found = int(node.eth.chain_id)
    except (OSError, ValueError) as cause:
        raise SettlementError(f"the node at {url} does not answer ({cause}); is it running?") from cause
    if found != chain_id:
        raise ChainMismatchError(
            f"the node at {url} is on chain {found}, not on chain {chain_id} as configured"
        )
    if not node.eth.get_code(contract):
        raise ChainMismatchError(
            f"there is no contract at {contract} on chain {chain_id}; check chain.contract"
        )
