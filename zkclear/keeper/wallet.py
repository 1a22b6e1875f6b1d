"""
The keeper's key: one transaction at a time, which does not get stuck.

A transaction that is not mined in time is sent again for a higher fee, always under the same nonce, so that the chain takes one
of them at most. One that was given up is replaced by the next, or taken back: a bid of an hour ago is not a bid of now.
"""

import threading
import time
from dataclasses import dataclass
from typing import Any

import structlog
from eth_account import Account
from eth_typing import Hash32
from web3.exceptions import TransactionNotFound, Web3RPCError

from zkclear.client.chain import ChainClient, Transaction
from zkclear.client.contract import node_errors
from zkclear.client.errors import ContractError, ExchangeNotAvailable, RequestTimeout
from zkclear.client.models import hex_text
from zkclear.client.signers import LocalSigner
from zkclear.rules.num import div_ceil
from zkclear.service.fees import GWEI, Fee, bumped, first_fee, within

log = structlog.get_logger()

LOOK_S = 0.2
"""How soon a mined transaction or a stop is noticed."""
GIVE_UP_S = 120
"""So long one decision is paid for; then the keeper looks again whether it still holds."""
RAISES = 64
"""Raises until a node takes a replacement: 15 % each is a factor of 7,000, more than any fee limit leaves room for."""
PLAIN_GAS = 21_000
KNOWN = ("already known", "already imported")
UNDERPRICED = ("underpriced",)
SPENT = ("nonce too low",)


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """What may be paid: the most for a unit of gas, and how much more when a transaction has waited so long."""

    max_fee_gwei: int = 100
    bump_after_s: int = 30
    bump_percent: int = 15


class Wallet(ChainClient):
    """One contract, one key, and what a keeper sends with it."""

    def __init__(
        self,
        rpc_url: str,
        contract: str,
        signer: LocalSigner,
        *,
        terms: FeeTerms | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        super().__init__(rpc_url, contract, signer)
        self._terms = terms or FeeTerms()
        self._stop = stop or threading.Event()
        self._offered: tuple[int, Fee] | None = None
        """The nonce last used and what was offered under it: a replacement offers more."""

    def approve_bond(self) -> None:
        """Lets the contract take one bond, so that a bid is one transaction and not two."""
        self._approve(self.bond_e6)

    def take_back(self) -> bool:
        """Replaces a transaction that still waits to be mined by one that does nothing; whether there was one."""
        with node_errors(self.rpc_url):
            count = self.web3.eth.get_transaction_count
            nonce = count(self.address, "latest")
            if count(self.address, "pending") == nonce:
                return False
            fields = {"to": self.address, "value": 0, "gas": PLAIN_GAS, "chainId": self.web3.eth.chain_id}
        self._mine(fields, nonce)
        log.info("a transaction that waited was taken back", nonce=nonce)
        return True

    # ---------------------------------------------------------------- inside

    def _transact(self, call: Any) -> Transaction:
        with node_errors(self.rpc_url):
            # The first that is not mined yet: whatever waits there of an earlier decision is replaced.
            nonce = self.web3.eth.get_transaction_count(self.address, "latest")
            fee = self._first_fee()
            fields = call.build_transaction(
                {
                    "from": self.address,
                    "nonce": nonce,
                    "maxFeePerGas": fee.max_fee,
                    "maxPriorityFeePerGas": fee.tip,
                }
            )
        receipt = self._mine(fields, nonce)
        if receipt["status"] != 1:
            raise ContractError("Reverted", (hex_text(bytes(receipt["transactionHash"])),))
        return self._mined(receipt)

    def _mine(self, fields: dict[str, Any], nonce: int) -> Any:
        """The receipt of a transaction, sent again for more until one of its versions is mined."""
        deadline = time.monotonic() + GIVE_UP_S
        fee, digests = self._next_fee(nonce), set[Hash32]()
        while True:
            digest, fee = self._push(fields, nonce, fee)
            digests.add(digest)
            with node_errors(self.rpc_url):
                receipt = self._wait(digests, nonce)
            if receipt is not None:
                self._offered = None
                return receipt
            if self._stop.is_set() or time.monotonic() >= deadline:
                raise RequestTimeout(f"transaction {hex_text(digest)} is not mined yet", reason="NOT_MINED")
            raised = self._next_fee(nonce)
            if raised.max_fee <= self._limit:
                fee = raised
                log.info("not mined yet: the fee is raised", nonce=nonce, max_fee_wei=fee.max_fee)

    def _push(self, fields: dict[str, Any], nonce: int, fee: Fee) -> tuple[Hash32, Fee]:
        """Sends one version; where a node has one under this nonce that offers more, a dearer one."""
        for _ in range(RAISES):
            if fee.max_fee > self._limit:
                break
            priced = {"maxFeePerGas": fee.max_fee, "maxPriorityFeePerGas": fee.tip}
            signed = Account.sign_transaction({**fields, **priced, "nonce": nonce}, self.signer.secret)
            self._offered = nonce, fee
            try:
                with node_errors(self.rpc_url):
                    return self._sent(signed), fee
            except _Underpriced:
                fee = bumped(fee, fee, percent=self._terms.bump_percent)
        raise ExchangeNotAvailable(
            f"a transaction of {self.address} waits, and to replace it costs more than "
            f"{self._terms.max_fee_gwei} gwei a unit of gas",
            reason="FEE_LIMIT",
        )

    def _sent(self, signed: Any) -> Hash32:
        try:
            self.web3.eth.send_raw_transaction(signed.raw_transaction)
        except Web3RPCError as error:
            said = str(error).lower()
            if any(each in said for each in UNDERPRICED):
                raise _Underpriced from error
            # Known: this very version waits already. Spent: one of the versions is mined, and its receipt will say which.
            if not any(each in said for each in (*KNOWN, *SPENT)):
                raise
        return Hash32(bytes(signed.hash))

    def _wait(self, digests: set[Hash32], nonce: int) -> Any:
        """The receipt of whichever version is mined, None if none is when it is time for a higher fee."""
        until = time.monotonic() + self._terms.bump_after_s
        while True:
            # Asked before the receipts: a nonce that is spent then has its receipt now, if it is one of ours.
            spent = self.web3.eth.get_transaction_count(self.address, "latest") > nonce
            for digest in digests:
                try:
                    return self.web3.eth.get_transaction_receipt(digest)
                except TransactionNotFound:
                    continue
            if spent:
                raise ExchangeNotAvailable(
                    f"another transaction of {self.address} took nonce {nonce}", reason="NONCE_TAKEN"
                )
            if time.monotonic() >= until or self._stop.wait(LOOK_S):
                return None

    # ------------------------------------------------------------------ fees

    @property
    def _limit(self) -> int:
        return self._terms.max_fee_gwei * GWEI

    def _first_fee(self) -> Fee:
        """Room for the base fee to double, within the limit; refused where even the next block asks more than that."""
        base, tip = self.web3.eth.get_block("latest")["baseFeePerGas"], self.web3.eth.max_priority_fee
        if base + tip > self._limit:
            raise ExchangeNotAvailable(
                f"a unit of gas costs {div_ceil(base + tip, GWEI)} gwei, more than {self._terms.max_fee_gwei}",
                reason="FEE_LIMIT",
            )
        return within(first_fee(base_fee=base, tip=tip), limit=self._limit, base_fee=base)

    def _next_fee(self, nonce: int) -> Fee:
        """What the network asks now, and more than what was offered under the same nonce before."""
        with node_errors(self.rpc_url):
            first = self._first_fee()
        if self._offered is None or self._offered[0] != nonce:
            return first
        return bumped(self._offered[1], first, percent=self._terms.bump_percent)


class _Underpriced(Exception):  # noqa: N818 - an answer of the node
    """The node has a transaction under this nonce that offers as much."""
