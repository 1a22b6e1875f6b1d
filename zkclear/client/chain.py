"""
The contract, called with one's own key: deposits, forced withdrawals and closes, liquidations, agents, claims. It works without the exchange.

Every call is simulated first, so that a refusal costs nothing and comes back as ContractError with the contract's reason.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from eth_account import Account
from web3 import Web3

from zkclear.client.amounts import Number, money_e6, seconds
from zkclear.client.contract import Balances, ContractReader, checksum, node_errors
from zkclear.client.errors import ContractError
from zkclear.client.models import hex_text
from zkclear.client.signers import LocalSigner
from zkclear.crypto.keccak import keccak256

RECEIPT_TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Transaction:
    """A mined transaction; `request` is the request that it queued, `account` the one that it opened."""

    hash: str
    block: int
    gas_used: int
    request: int | None = None
    account: int | None = None


class ChainClient(ContractReader):
    """One contract, one key."""

    def __init__(self, rpc_url: str, contract: str, signer: LocalSigner) -> None:
        super().__init__(rpc_url, contract)
        self.signer = signer
        self.address = Web3.to_checksum_address(hex_text(signer.address))

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

    def request_close(self, account: int, market: str, size: Number | None = None) -> Transaction:
        """Queues a close of at most `size` (default: all) at the mark, which the insurance account takes; costs the fee."""
        index, lots = self.lots(market, size)
        self._approve(self.fee_e6)
        return self._send("requestClose", account, index, lots)

    def liquidate(
        self, account: int, market: str, max_size: Number | None = None, *, taker: int
    ) -> Transaction:
        """
        Queues the takeover of at most `max_size` (default: what is allowed) of an account below its maintenance margin.

        `taker` is an account of the signer. The bond goes with it, and comes back as a claim unless the account proves healthy or
        the taker unfit.
        """
        index, lots = self.lots(market, max_size)
        self._approve(self.bond_e6)
        return self._send("liquidate", account, index, lots, taker)

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
        return super().balances(self.address if address is None else address)

    def accounts(self) -> Iterator[int]:
        """The numbers of the signer's accounts."""
        for number in range(self._read("accountCount")):
            if self.owner(number) == self.address.lower():
                yield number

    # ---------------------------------------------------------------- inside

    def _checksum(self, address: str | None) -> Any:
        return self.address if address is None else checksum(address)

    def _approve(self, amount_e6: int) -> None:
        """Lets the contract take exactly what the next call needs."""
        if amount_e6 == 0:
            return
        with node_errors(self.rpc_url):
            allowed = self._token.functions.allowance(self.address, self.contract.address).call()
        if allowed < amount_e6:
            self._transact(self._token.functions.approve(self.contract.address, amount_e6))

    def _send(self, name: str, *arguments: Any) -> Transaction:
        return self._transact(self.contract.functions[name](*arguments))

    def _transact(self, call: Any) -> Transaction:
        with node_errors(self.rpc_url):
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
