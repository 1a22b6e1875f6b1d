"""
The contract, called with one's own key: deposits, forced withdrawals, agents and claims. It works without the exchange.

Every call is simulated first, so that a refusal costs nothing and comes back as ContractError with the contract's reason.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from eth_abi.abi import decode
from eth_account import Account
from requests.exceptions import RequestException
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError, TimeExhausted, Web3Exception

from zkclear.audit.abi import contract_abi
from zkclear.client.amounts import Number, from_e6, money_e6, seconds
from zkclear.client.errors import BadRequest, ContractError, NetworkError, RequestTimeout
from zkclear.client.models import hex_text
from zkclear.client.signers import LocalSigner
from zkclear.crypto.keccak import keccak256

RPC_TIMEOUT_S = 30
RECEIPT_TIMEOUT_S = 120
FUNDED_ACCOUNT = 1
"""Account 1 takes the fees of requests."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """A mined transaction; `request` is the request that it queued, `account` the one that it opened."""

    hash: str
    block: int
    gas_used: int
    request: int | None = None
    account: int | None = None


@dataclass(frozen=True, slots=True)
class Balances:
    """What an address has: gas money, tokens, what the contract may take of them, and what it may claim."""

    native_wei: int
    token: Decimal
    allowance: Decimal
    claimable: Decimal


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


class ChainClient:
    """One contract, one key."""

    def __init__(self, rpc_url: str, contract: str, signer: LocalSigner) -> None:
        self.rpc_url = rpc_url
        self.signer = signer
        self.web3 = Web3(HTTPProvider(rpc_url, request_kwargs={"timeout": RPC_TIMEOUT_S}))
        self.address = Web3.to_checksum_address(hex_text(signer.address))
        try:
            checksum = Web3.to_checksum_address(contract)
        except ValueError as error:
            raise BadRequest(
                f"{contract!r} is no address; 0x and 40 hex digits are needed", reason="INVALID_FIELD"
            ) from error
        self.contract = self.web3.eth.contract(address=checksum, abi=contract_abi("Settlement"))

    # ---------------------------------------------------------------- writes

    def open(self, amount: Number, *, owner: str | None = None) -> Transaction:
        """Opens an account for `owner` (default: the signer) with a first deposit of the signer's tokens."""
        value = money_e6(amount)
        self._approve(value)
        return self._send("open", self._checksum(owner), value)

    def deposit(self, account: int, amount: Number) -> Transaction:
        """Queues a deposit of the signer's tokens into any account."""
        value = money_e6(amount)
        self._approve(value)
        return self._send("deposit", account, value)

    def request_withdrawal(self, account: int, amount: Number) -> Transaction:
        """Queues a withdrawal to the owner that no operator can refuse; costs the fee."""
        self._approve(self.fee_e6)
        return self._send("requestWithdrawal", account, money_e6(amount))

    def authorize_agent(
        self, account: int, agent: str, *, lasts: str | int = "30d", until_s: int | None = None
    ) -> Transaction:
        """Queues `agent` as the one other key that may trade for the account; costs the fee."""
        until = time.time_ns() // 10**9 + seconds(lasts, name="lasts") if until_s is None else until_s
        self._approve(self.fee_e6)
        return self._send("authorizeAgent", account, self._checksum(agent), until)

    def revoke_agent(self, account: int, agent: str) -> Transaction:
        """Queues the end of `agent`; costs the fee."""
        self._approve(self.fee_e6)
        return self._send("revokeAgent", account, self._checksum(agent))

    def claim(self, recipient: str | None = None) -> Transaction:
        """Sends to `recipient` (default: the signer) all that it may claim."""
        return self._send("claim", self._checksum(recipient))

    def claim_to(self, to: str) -> Transaction:
        """Sends all that the signer may claim to another address."""
        return self._send("claimTo", self._checksum(to))

    def mint(self, amount: Number) -> Transaction:
        """Makes tokens for the signer out of nothing, where the token is that of a development chain."""
        return self._transact(self._token.functions.mint(self.address, money_e6(amount)))

    # ----------------------------------------------------------------- reads

    def balances(self, address: str | None = None) -> Balances:
        """What an address has (default: the signer's)."""
        of = self._checksum(address)
        with _node_errors(self.rpc_url):
            return Balances(
                native_wei=self.web3.eth.get_balance(of),
                token=from_e6(self._token.functions.balanceOf(of).call()),
                allowance=from_e6(self._token.functions.allowance(of, self.contract.address).call()),
                claimable=from_e6(self.contract.functions.claimable(of).call()),
            )

    def owner(self, account: int) -> str:
        """The owner of an account."""
        return str(self._read("owner", account)).lower()

    def accounts(self) -> Iterator[int]:
        """The numbers of the signer's accounts."""
        for number in range(self._read("accountCount")):
            if self.owner(number) == self.address.lower():
                yield number

    @property
    def fee_e6(self) -> int:
        """What a request costs, in 10^-6 tokens."""
        return int(self._read("parameters")[-1])

    # ---------------------------------------------------------------- inside

    @property
    def _token(self) -> Any:
        return self.web3.eth.contract(address=self._read("token"), abi=contract_abi("DevToken"))

    def _checksum(self, address: str | None) -> Any:
        if address is None:
            return self.address
        if not Web3.is_address(address):
            raise BadRequest(
                f"{address!r} is no address; 0x and 40 hex digits are needed", reason="INVALID_FIELD"
            )
        return Web3.to_checksum_address(address)

    def _read(self, name: str, *arguments: Any) -> Any:
        with _node_errors(self.rpc_url):
            return self.contract.functions[name](*arguments).call()

    def _approve(self, amount_e6: int) -> None:
        """Lets the contract take exactly what the next call needs."""
        if amount_e6 == 0:
            return
        with _node_errors(self.rpc_url):
            allowed = self._token.functions.allowance(self.address, self.contract.address).call()
        if allowed < amount_e6:
            self._transact(self._token.functions.approve(self.contract.address, amount_e6))

    def _send(self, name: str, *arguments: Any) -> Transaction:
        return self._transact(self.contract.functions[name](*arguments))

    def _transact(self, call: Any) -> Transaction:
        with _node_errors(self.rpc_url):
            unsigned = call.build_transaction(
                {
                    "from": self.address,
                    "nonce": self.web3.eth.get_transaction_count(self.address, "pending"),
                }
            )
            signed = Account.sign_transaction(unsigned, self.signer.secret)
            digest = self.web3.eth.send_raw_transaction(signed.raw_transaction)
            receipt = self.web3.eth.wait_for_transaction_receipt(digest, timeout=RECEIPT_TIMEOUT_S)
        if receipt["status"] != 1:
            raise ContractError("Reverted", (hex_text(bytes(digest)),))
        return self._mined(receipt)

    def _mined(self, receipt: Any) -> Transaction:
        """The transaction with what its events say."""
        request = account = None
        for log in receipt["logs"]:
            if log["address"].lower() != self.contract.address.lower():
                continue
            topic = bytes(log["topics"][0])
            if topic == keccak256(b"RequestQueued(uint64,uint8,uint32,uint248,uint40)"):
                request = int.from_bytes(bytes(log["topics"][1]), "big")
            elif topic == keccak256(b"AccountOpened(uint32,address)"):
                account = int.from_bytes(bytes(log["topics"][1]), "big")
        return Transaction(
            hash=hex_text(bytes(receipt["transactionHash"])),
            block=receipt["blockNumber"],
            gas_used=receipt["gasUsed"],
            request=request,
            account=account,
        )


class _node_errors:  # noqa: N801 - reads as a phrase after `with`
    """Turns what web3 raises into the exceptions of this package."""

    def __init__(self, rpc_url: str) -> None:
        self._rpc_url = rpc_url

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ContractLogicError):
            raise contract_error(error) from error
        if isinstance(error, TimeExhausted):
            raise RequestTimeout(
                f"the transaction was not mined in {RECEIPT_TIMEOUT_S} s", reason="NOT_MINED"
            ) from error
        if isinstance(error, RequestException | OSError):
            raise NetworkError(
                f"the node at {self._rpc_url} does not answer: {error}", reason="UNAVAILABLE"
            ) from error
        if isinstance(error, Web3Exception):
            raise BadRequest(f"the node at {self._rpc_url} refused: {error}", reason="NODE") from error
