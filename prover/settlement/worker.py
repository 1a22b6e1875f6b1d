"""
Lands each proved batch on the chain exactly once.

`step` looks at the chain, then does at most one thing. It keeps nothing in memory that a crash could lose: what was
decided is in the intent store, what happened is on the chain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from eth_account.signers.local import LocalAccount
from eth_account.typed_transactions import TypedTransaction
from hexbytes import HexBytes
from web3.exceptions import Web3Exception

from prover.proving.records import ProvedBatch
from prover.settlement.calldata import settle_arguments
from prover.settlement.chain import TRANSACTION_GAS_CAP, Chain, Landed
from prover.settlement.errors import ChainMismatchError, ContractError, SettlementError
from prover.settlement.fees import GWEI, PERCENT, Fee, bumped, first_fee
from prover.settlement.intents import Intent, IntentStore
from zkclear.rules.num import div_ceil
from zkclear.rules.shapes import shape_by_name

GAS_RESERVE_PERCENT = 20
"""Above the estimate: storage that another transaction touches first may cost more."""
REVERTS_BOUND = 3
"""A batch whose transactions reverted so often is left to an operator: each attempt burns gas."""

log = structlog.get_logger("prover.settlement")


@dataclass(frozen=True, slots=True)
class SettlementRules:
    """Configuration of settlement."""

    finality: int | str
    max_fee_gwei: int
    bump_after_s: int
    bump_percent: int
    start_block: int = 0


@dataclass(slots=True)
class _Trouble:
    """What keeps a batch from landing, since when, and whether it was given up for now."""

    batch: int
    text: str
    since_s: int
    told: bool = False


@dataclass(slots=True)
class SettlementWorker:
    """The one user of the settlement key."""

    chain: Chain
    account: LocalAccount
    intents: IntentStore
    proved: Callable[[int], ProvedBatch | None]
    on_settled: Callable[[Landed], None]
    on_failed: Callable[[int, str], None]
    rules: SettlementRules
    clock_s: Callable[[], int]
    _shapes: dict[tuple[int, int, int], int] = field(init=False)
    _trouble: _Trouble | None = None

    def __post_init__(self) -> None:
        self._shapes = self.chain.shape_indexes()

    def step(self) -> None:
        """One look, at most one transaction. Raises ChainMismatchError if the chain holds another history."""
        number = self.chain.batch_number()
        if number < (final := self.intents.last_settled()):
            raise ChainMismatchError(
                f"the chain is at batch {number}, but batch {final} was final; it forgot what it called final"
            )
        self._confirm(number)
        batch = self.proved(number + 1)
        if batch is None:
            return
        try:
            self._advance(batch)
            self._trouble = None
        except ChainMismatchError:
            raise
        except SettlementError as cause:
            self._complain(batch.number, cause)

    def _confirm(self, number: int) -> None:
        """Takes note of every batch that became final since the last look."""
        first = self.intents.last_settled() + 1
        if first > number:
            return
        final = self.chain.final_block(self.rules.finality)
        for each in range(first, number + 1):
            landed = self._landed(each)
            if landed is None or landed.block > final:
                return
            batch = self.proved(each)
            if batch is not None and batch.new_root != landed.new_root:
                raise ChainMismatchError(
                    f"batch {each} on the chain ends in root {landed.new_root:#x}, ours in {batch.new_root:#x}; "
                    "somebody settled another batch with this number"
                )
            self.intents.settle(landed)
            self.on_settled(landed)

    def _landed(self, number: int) -> Landed | None:
        previous = self.intents.settled(number - 1)
        start = previous.block if previous is not None else self.rules.start_block
        return self.chain.landed(number, from_block=start)

    def _advance(self, batch: ProvedBatch) -> None:
        """Sends the next batch, or looks after the transaction that should bring it."""
        intents = self.intents.of_batch(batch.number)
        if not intents:
            self._send_anew(batch)
            return
        # The nonce first: a transaction mined between the two questions then shows its receipt.
        next_nonce = self.chain.nonce(self.account.address)
        receipts = [(intent, self.chain.receipt(intent.hash)) for intent in intents]
        reverted = [intent for intent, receipt in receipts if receipt is not None and receipt["status"] == 0]
        if any(receipt is not None and receipt["status"] == 1 for _, receipt in receipts):
            return  # landed since the chain was asked for its number; the next look confirms it
        newest = intents[-1]
        if newest.nonce >= next_nonce:
            self._tend(newest)
        elif newest in reverted and len(reverted) >= REVERTS_BOUND:
            raise self.chain.replay(newest.hash, doing=_doing(batch))
        else:
            self._send_anew(batch)  # its nonce went to a revert, or to another use of the key

    def _send_anew(self, batch: ProvedBatch) -> None:
        """Builds the transaction, tries it without cost, writes it down, sends it."""
        arguments = settle_arguments(batch, shape_index=self._shape_index(batch))
        data = self.chain.settle_data(arguments.as_list())
        estimate = self.chain.estimate(self.account.address, data, doing=_doing(batch))
        gas = min(TRANSACTION_GAS_CAP, div_ceil(estimate * (PERCENT + GAS_RESERVE_PERCENT), PERCENT))
        nonce = self.chain.nonce(self.account.address)
        fee = self._network_fee()
        rivals = self.intents.of_nonce(nonce)
        if rivals:
            fee = bumped(rivals[-1].fee, fee, percent=self.rules.bump_percent)
        self._record_and_send(batch.number, data=data, nonce=nonce, gas=gas, fee=fee)

    def _tend(self, newest: Intent) -> None:
        """
        Replaces a transaction that waits too long by a dearer one with the same payload; a younger one is only sent
        again if the node has lost it, or never got it because we died in between.
        """
        if self.clock_s() - newest.recorded_s < self.rules.bump_after_s:
            if not self.chain.knows(newest.hash):
                self._send(newest)
            return
        fee = bumped(newest.fee, self._network_fee(), percent=self.rules.bump_percent)
        data = raw_payload(newest.raw)
        self._record_and_send(newest.batch, data=data, nonce=newest.nonce, gas=newest.gas, fee=fee)

    def _record_and_send(self, number: int, *, data: bytes, nonce: int, gas: int, fee: Fee) -> None:
        if fee.max_fee > self.rules.max_fee_gwei * GWEI:
            raise SettlementError(
                f"gas costs {div_ceil(fee.max_fee, GWEI)} gwei, more than settlement.max_fee_gwei "
                f"({self.rules.max_fee_gwei}); waiting for a lower price"
            )
        signed = self.account.sign_transaction(
            {
                "type": 2,
                "chainId": self.chain.chain_id,
                "nonce": nonce,
                "to": self.chain.address,
                "value": 0,
                "data": HexBytes(data),
                "gas": gas,
                "maxFeePerGas": fee.max_fee,
                "maxPriorityFeePerGas": fee.tip,
            }
        )
        intent = Intent(
            batch=number,
            nonce=nonce,
            hash=bytes(signed.hash),
            raw=bytes(signed.raw_transaction),
            fee=fee,
            gas=gas,
            recorded_s=self.clock_s(),
        )
        self.intents.record(intent)
        self._send(intent)
        log.info("settlement sent", batch=number, nonce=nonce, transaction=f"0x{intent.hash.hex()}")

    def _send(self, intent: Intent) -> None:
        """A node that has the transaction already, or mined it just now, refuses it: the next look tells."""
        try:
            self.chain.send(intent.raw)
        except Web3Exception as cause:
            log.debug("transaction not taken", batch=intent.batch, nonce=intent.nonce, answer=str(cause))

    def _network_fee(self) -> Fee:
        return first_fee(base_fee=self.chain.base_fee(), tip=self.chain.tip())

    def _shape_index(self, batch: ProvedBatch) -> int:
        shape = shape_by_name(batch.proof.shape)
        index = self._shapes.get((shape.orders, shape.fills, shape.requests))
        if index is None:
            raise SettlementError(f"the contract has no verifier for shape {shape.name}")
        return index

    def _complain(self, number: int, cause: SettlementError) -> None:
        """
        Says a new trouble once; later looks try again, which costs nothing. The batch counts as failed when the
        contract goes on refusing it: a block that comes a second later, or gas that gets cheaper, cures the rest.
        """
        text, now_s = str(cause), self.clock_s()
        trouble = self._trouble
        if trouble is None or trouble.batch != number:
            trouble = self._trouble = _Trouble(number, text="", since_s=now_s)
        if trouble.text != text:
            trouble.text = text
            log.warning("settlement waits", batch=number, cause=text)
        lasts = now_s - trouble.since_s >= self.rules.bump_after_s
        if isinstance(cause, ContractError) and lasts and not trouble.told:
            trouble.told = True
            log.error("settlement failed", batch=number, cause=text)
            self.on_failed(number, text)


def _doing(batch: ProvedBatch) -> str:
    return f"settle of batch {batch.number}"


def raw_payload(raw: bytes) -> bytes:
    """The calldata inside a signed transaction: a replacement carries the same bytes, not merely equal ones."""
    return bytes(HexBytes(TypedTransaction.from_bytes(HexBytes(raw)).as_dict()["data"]))
