"""The contract, read by anybody: balances, markets, requests and what became of them; and why it refused."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from eth_abi.abi import decode
from requests.exceptions import RequestException
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError, TimeExhausted, Web3Exception

from zkclear.audit.abi import contract_abi
from zkclear.client.amounts import Number, from_e6, size_e8
from zkclear.client.errors import BadRequest, ContractError, NetworkError, RequestTimeout, from_reason
from zkclear.client.models import hex_text, outcome_of
from zkclear.crypto.keccak import keccak256
from zkclear.rules.units import SIZE_BOUND

RPC_TIMEOUT_S = 30
BLOCKS_A_QUERY = 2_000
"""Nodes refuse log queries over long ranges; this one is served everywhere."""


@dataclass(frozen=True, slots=True)
class Balances:
    """What an address has: gas money, tokens, what the contract may take of them, and what it may claim."""

    native_wei: int
    token: Decimal
    allowance: Decimal
    claimable: Decimal


@dataclass(frozen=True, slots=True)
class Resolution:
    """What became of a request: the outcome, the amount that goes with it (lots of a CLOSE or LIQUIDATE), and the batch."""

    request: int
    batch: int
    outcome: str
    amount: int


@dataclass(frozen=True, slots=True)
class PendingRisk:
    """
    Requests of an account that wait, None if none does, each at most one.

    `own`: its WITHDRAW, its CLOSE, or the LIQUIDATE of which it is the taker; `targeted`: the LIQUIDATE of its position.
    """

    own: int | None
    targeted: int | None


@dataclass(frozen=True, slots=True)
class ListedMarket:
    """A market as the contract has it."""

    index: int
    name: str
    lot_e8: int
    tick_e8: int


def canonical(kind: Any) -> str:
    """An ABI type as a signature writes it."""
    if kind["type"].startswith("tuple"):
        return f"({','.join(map(canonical, kind['components']))}){kind['type'][5:]}"
    return str(kind["type"])


@cache
def _errors() -> dict[bytes, tuple[str, tuple[str, ...]]]:
    """Selector -> name and types, of every custom error of contract and token."""
    found = {}
    for contract in ("Settlement", "DevToken"):
        for entry in contract_abi(contract):
            if entry["type"] == "error":
                types = tuple(canonical(each) for each in entry["inputs"])
                selector = keccak256(f"{entry['name']}({','.join(types)})".encode())[:4]
                found[selector] = entry["name"], types
    return found


def contract_error(error: ContractLogicError) -> ContractError:
    """The contract's own words for why it reverted."""
    data = error.data if isinstance(error.data, str) else ""
    raw = bytes.fromhex(data.removeprefix("0x")) if data.startswith("0x") else b""
    known = _errors().get(raw[:4])
    if known is None:
        return ContractError(error.message or "Reverted", (data,) if data else ())
    name, types = known
    return ContractError(name, tuple(map(_shown, decode(types, raw[4:]))))


def _shown(value: Any) -> Any:
    return hex_text(value) if isinstance(value, bytes) else value


def checksum(address: str) -> Any:
    """An address as web3 takes it."""
    if not Web3.is_address(address):
        raise BadRequest(
            f"{address!r} is no address; 0x and 40 hex digits are needed", reason="INVALID_FIELD"
        )
    return Web3.to_checksum_address(address)


class ContractReader:
    """One contract on one node."""

    def __init__(self, rpc_url: str, contract: str) -> None:
        self.rpc_url = rpc_url
        self.web3 = Web3(HTTPProvider(rpc_url, request_kwargs={"timeout": RPC_TIMEOUT_S}))
        self.contract = self.web3.eth.contract(address=checksum(contract), abi=contract_abi("Settlement"))

    def balances(self, address: str) -> Balances:
        """What an address has."""
        of = checksum(address)
        with node_errors(self.rpc_url):
            return Balances(
                native_wei=self.web3.eth.get_balance(of),
                token=from_e6(self._token.functions.balanceOf(of).call()),
                allowance=from_e6(self._token.functions.allowance(of, self.contract.address).call()),
                claimable=from_e6(self.contract.functions.claimable(of).call()),
            )

    def owner(self, account: int) -> str:
        """The owner of an account."""
        return str(self._read("owner", account)).lower()

    @property
    def chain_id(self) -> int:
        """The chain that the node is on."""
        with node_errors(self.rpc_url):
            return int(self.web3.eth.chain_id)

    @property
    def block(self) -> int:
        """The head of the chain."""
        with node_errors(self.rpc_url):
            return int(self.web3.eth.block_number)

    @property
    def fee_e6(self) -> int:
        """What a request costs, in 10^-6 tokens."""
        return self._parameter("feeE6")

    @property
    def bond_e6(self) -> int:
        """What a liquidation's caller leaves as a bond, in 10^-6 tokens."""
        return self._parameter("bondE6")

    @property
    def batch_number(self) -> int:
        """The last settled batch."""
        return int(self._read("batchNumber"))

    @property
    def queue_head(self) -> int:
        """The oldest request that no batch has settled."""
        return int(self._read("queueHead"))

    @property
    def queue_length(self) -> int:
        """How many requests were ever queued."""
        return int(self._read("queueLength"))

    def payload(self, request: int) -> int:
        """The 248 bits of a request; 0 if there is none."""
        return int(self._read("request", request)[0])

    def markets(self) -> tuple[ListedMarket, ...]:
        """The listed markets, by index."""
        return tuple(
            ListedMarket(index, name, config[0], config[1])
            for index in range(self._read("marketCount"))
            for name, config, _ in [self._read("market", index)]
        )

    def pending_risk(self, account: int) -> PendingRisk:
        """Which requests of an account wait."""
        own, targeted = self._read("pendingRisk", account)  # each its number plus one, 0 for none
        return PendingRisk(own - 1 if own else None, targeted - 1 if targeted else None)

    def resolution(self, request: int, *, from_block: int) -> Resolution | None:
        """What became of a request that was queued in `from_block` or later; None while no batch with it is settled."""
        if self.queue_head <= request:
            return None
        event = self.contract.events["RequestResolved"]
        for start in range(from_block, self.block + 1, BLOCKS_A_QUERY):
            with node_errors(self.rpc_url):
                found = event().get_logs(
                    from_block=start,
                    to_block=start + BLOCKS_A_QUERY - 1,
                    argument_filters={"request": request},
                )
            for log in found:
                fields = log["args"]
                name = outcome_of(fields["outcome"]) or "NONE"
                return Resolution(request, fields["batch"], name, fields["amount"])
        raise BadRequest(f"request {request} was resolved before block {from_block}", reason="INVALID_FIELD")

    @property
    def _token(self) -> Any:
        return self.web3.eth.contract(address=self._read("token"), abi=contract_abi("DevToken"))

    def _parameter(self, name: str) -> int:
        """One of the numbers that the constructor fixed, by its name in the contract."""
        entry = next(each for each in contract_abi("Settlement") if each.get("name") == "parameters")
        names = [each["name"] for each in entry["outputs"][0]["components"]]
        return int(self._read("parameters")[names.index(name)])

    def lots(self, market: str, size: Number | None) -> tuple[int, int]:
        """A market's index and a size in its lots; no size is as much as a request can name."""
        listed = self.markets()
        for each in listed:
            if each.name == market:
                most = SIZE_BOUND - 1 if size is None else size_e8(size, lot_e8=each.lot_e8) // each.lot_e8
                return each.index, most
        raise from_reason(
            "MARKET_NOT_FOUND",
            f"no market {market!r}; listed are {', '.join(each.name for each in listed)}",
            {"name": market},
        )

    def _read(self, name: str, *arguments: Any) -> Any:
        with node_errors(self.rpc_url):
            return self.contract.functions[name](*arguments).call()


class node_errors:  # noqa: N801 - reads as a phrase after `with`
    """Turns what web3 raises into the exceptions of this package."""

    def __init__(self, rpc_url: str) -> None:
        self._rpc_url = rpc_url

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ContractLogicError):
            raise contract_error(error) from error
        if isinstance(error, TimeExhausted):
            raise RequestTimeout("the transaction was not mined in time", reason="NOT_MINED") from error
        if isinstance(error, RequestException | OSError):
            raise NetworkError(
                f"the node at {self._rpc_url} does not answer: {error}", reason="UNAVAILABLE"
            ) from error
        if isinstance(error, Web3Exception):
            raise BadRequest(f"the node at {self._rpc_url} refused: {error}", reason="NODE") from error
