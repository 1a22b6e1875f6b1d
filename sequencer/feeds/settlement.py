"""The contract as the sequencer reads it, over one of several nodes."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import requests
import structlog
from web3 import Web3
from web3.exceptions import Web3Exception

from zkclear.rules.markets import CONFIG_FIELDS
from zkclear.rules.reject import Rejected
from zkclear.rules.shapes import SHAPES
from zkclear.rules.words import parse_request
from zkclear.service.configuration import ConfigurationError
from zkclear.service.sections import ChainSettings

ABI = Path(__file__).resolve().parents[2] / "contracts" / "abi"
CALL_LIMIT_S = 10
Result = TypeVar("Result")

log = structlog.get_logger()


class ChainError(Exception):
    """No node answers."""


class SettlementReader:
    """Calls to the contract, tried at each node in turn."""

    def __init__(self, settings: ChainSettings) -> None:
        self._settings = settings
        self._nodes = [
            Web3(Web3.HTTPProvider(url, request_kwargs={"timeout": CALL_LIMIT_S}))
            for url in settings.rpc_urls
        ]
        self._address = Web3.to_checksum_address(settings.contract)
        self._abi = json.loads((ABI / "Settlement.json").read_text(encoding="utf-8"))

    def _try(self, call: Callable[[Web3], Result]) -> Result:
        """The answer of the first node that gives one."""
        causes = []
        for node, url in zip(self._nodes, self._settings.rpc_urls, strict=True):
            try:
                return call(node)
            except (requests.RequestException, Web3Exception, OSError) as cause:
                causes.append(f"{url}: {cause}")
        raise ChainError("no node answers: " + "; ".join(causes))

    def _contract(self, node: Web3) -> Any:
        return node.eth.contract(address=self._address, abi=self._abi)

    def _call(self, name: str, *arguments: Any, block: int | None = None) -> Any:
        identifier = "latest" if block is None else block
        return self._try(
            lambda node: getattr(self._contract(node).functions, name)(*arguments).call(
                block_identifier=identifier
            )
        )

    def deployment(self) -> dict[str, Any]:
        """What the contract fixes, as the record of `core/genesis.py`. Refuses a chain or contract that is another."""
        chain_id = self._try(lambda node: node.eth.chain_id)
        if chain_id != self._settings.id:
            raise ConfigurationError(f"the node is on chain {chain_id}, but chain.id is {self._settings.id}")
        if not self._try(lambda node: node.eth.get_code(self._address)):
            raise ConfigurationError(f"chain.contract {self._address} has no code on chain {chain_id}")
        signers, quorum = self._call("oracleSigners")
        parameters = self._parameters()
        return {
            "chain_id": chain_id,
            "contract": bytes.fromhex(self._address[2:]),
            "asset": self._asset(),
            "fee_recipient": bytes.fromhex(self._call("owner", 1)[2:]),
            "timestamp": self._call("genesis")[1],
            "markets": [self._market(index) for index in range(self._call("marketCount"))],
            "oracle_signers": [bytes.fromhex(signer[2:]) for signer in signers],
            "oracle_quorum": quorum,
            "request_deadline": parameters["deadline"],
            "bond_e6": parameters["bondE6"],
            "report_max_age": parameters["reportMaxAge"],
            "max_move_ppm": parameters["maxMovePpm"],
            "max_move_ppm_per_second": parameters["maxMovePpmPerSecond"],
            "shapes": [self._shape(index) for index in range(self._call("shapeCount"))],
        }

    def _parameters(self) -> dict[str, int]:
        """The contract's parameters by name."""
        function = next(each for each in self._abi if each.get("name") == "parameters")
        names = [field["name"] for field in function["outputs"][0]["components"]]
        return dict(zip(names, self._call("parameters"), strict=True))

    def _asset(self) -> str:
        token = self._call("token")
        abi = json.loads((ABI / "DevToken.json").read_text(encoding="utf-8"))
        symbol: str = self._try(
            lambda node: node.eth.contract(address=token, abi=abi).functions.symbol().call()
        )
        return symbol

    def _market(self, index: int) -> dict[str, Any]:
        name, config, _ = self._call("market", index)
        return _market_record(name, config)

    def queued_market(self, number: int, *, block: int) -> dict[str, Any]:
        """What a MARKET request asks for, as a market of the deployment."""
        name, config = self._call("queuedMarket", number, block=block)
        if not name:
            raise ChainError(f"the node has no market for request {number} in block {block}")
        return _market_record(name, config)

    def _shape(self, index: int) -> str:
        _, entries, fills, queued = self._call("verifier", index)
        for shape in SHAPES:
            if (shape.orders, shape.fills, shape.requests) == (entries, fills, queued):
                return shape.name
        raise ConfigurationError(
            f"shape {index} of the contract holds {entries} entries, {fills} fills, {queued} requests: "
            "no circuit of this version does"
        )

    def heads(self) -> tuple[int, int]:
        """The newest block, and the newest that counts as final."""
        head = self._try(lambda node: node.eth.block_number)
        if isinstance(self._settings.finality, int):
            return head, max(0, head - self._settings.finality)
        final = self._try(lambda node: node.eth.get_block("finalized")["number"])
        return head, final

    def queue_length(self, block: int) -> int:
        """How many requests were ever queued."""
        length: int = self._call("queueLength", block=block)
        return length

    def payloads(self, first: int, count: int, *, block: int) -> Sequence[bytes]:
        """Payload words of requests. A node that lags behind its own block gives none: it is asked again later."""
        words = [self._call("request", number, block=block)[0] for number in range(first, first + count)]
        for number, word in enumerate(words, first):
            try:
                parse_request(word)
            except Rejected as cause:
                raise ChainError(f"the node has no request {number} in block {block}: {cause}") from cause
        return [word.to_bytes(32, "big") for word in words]

    def batch_number(self, block: int | None = None) -> int:
        """The newest settled batch."""
        number: int = self._call("batchNumber", block=block)
        return number

    def settlement_transaction(self, number: int, *, block: int) -> bytes:
        """The transaction that settled a batch."""
        logs = self._try(
            lambda node: self._contract(node).events.BatchSettled.get_logs(
                from_block=self._settings.start_block, to_block=block, argument_filters={"number": number}
            )
        )
        if not logs:
            raise ChainError(f"batch {number} is settled, but its event is not in blocks up to {block}")
        return bytes(logs[0]["transactionHash"])


def _market_record(name: str, config: Sequence[Any]) -> dict[str, Any]:
    """A market as the genesis record has it."""
    values = (list(value) if isinstance(value, tuple) else value for value in config)
    return {"name": name, **dict(zip(CONFIG_FIELDS, values, strict=True))}
