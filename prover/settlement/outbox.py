"""Transactions of the settlement key: built, written down, and only then sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from eth_account.signers.local import LocalAccount
from eth_account.typed_transactions import TypedTransaction
from hexbytes import HexBytes
from web3.exceptions import Web3Exception

from prover.proving.records import ProvedBatch
from prover.settlement.calldata import settle_arguments
from prover.settlement.chain import TRANSACTION_GAS_CAP, Chain
from prover.settlement.errors import SettlementError
from prover.settlement.intents import Intent, IntentStore
from zkclear.rules.num import div_ceil
from zkclear.rules.shapes import shape_by_name
from zkclear.service.fees import GWEI, PERCENT, Fee, bumped, first_fee, within

GAS_RESERVE_PERCENT = 20
"""Above the estimate: storage that another transaction touches first may cost more."""

log = structlog.get_logger("prover.settlement")


@dataclass(frozen=True, slots=True)
class SettlementRules:
    """Configuration of settlement."""

    finality: int | str
    max_fee_gwei: int
    bump_after_s: int
    bump_percent: int
    max_in_flight: int = 1
    start_block: int = 0


@dataclass(slots=True)
class Outbox:
    """Signs and sends; decides nothing."""

    chain: Chain
    account: LocalAccount
    intents: IntentStore
    rules: SettlementRules
    clock_s: Callable[[], int]
    counts: Counter[str] = field(default_factory=Counter)
    """Transactions by what became of them, since the start."""
    _shapes: dict[tuple[int, int, int], int] = field(init=False)

    def __post_init__(self) -> None:
        self._shapes = self.chain.shape_indexes()

    def send(self, batch: ProvedBatch, *, nonce: int, on: str) -> None:
        """
        A fresh transaction for a batch, tried without cost `on` the latest state or on the pending one.

        It outbids what waits with the same nonce, for only one of them can be mined.
        """
        arguments = settle_arguments(batch, shape_index=self._shape_index(batch))
        data = self.chain.settle_data(arguments.as_list())
        estimate = self.chain.estimate(self.account.address, data, on=on, doing=doing(batch))
        gas = min(TRANSACTION_GAS_CAP, div_ceil(estimate * (PERCENT + GAS_RESERVE_PERCENT), PERCENT))
        fee = self._network_fee()
        rivals = self._waiting(nonce)
        if rivals:
            fee = bumped(rivals[-1].fee, fee, percent=self.rules.bump_percent)
        self._record_and_send(batch.number, data=data, nonce=nonce, gas=gas, fee=fee)
        self.counts["sent"] += 1

    def send_again(self, intent: Intent) -> None:
        """The same bytes, if the node lost them, or never got them because we died in between."""
        if not self.chain.knows(intent.hash):
            self._send(intent)
            self.counts["sent_again"] += 1

    def waits_too_long(self, intent: Intent) -> bool:
        """Whether a dearer transaction should take the place of the one that waits, if one does: bids need a taker."""
        is_old = self.clock_s() - intent.recorded_s >= self.rules.bump_after_s
        return is_old and bool(self._waiting(intent.nonce))

    def replace(self, intent: Intent) -> None:
        """A dearer transaction with the same nonce and payload."""
        fee = bumped(intent.fee, self._network_fee(), percent=self.rules.bump_percent)
        data = raw_payload(intent.raw)
        self._record_and_send(intent.batch, data=data, nonce=intent.nonce, gas=intent.gas, fee=fee)
        self.counts["replaced"] += 1

    def _record_and_send(self, number: int, *, data: bytes, nonce: int, gas: int, fee: Fee) -> None:
        if fee.max_fee > self._limit:
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
        """
        A node that has the transaction already, or mined its nonce just now, refuses it, and the next look tells.

        Any other refusal must be heard: an empty wallet, a fee below the node's own least one.
        """
        try:
            self.chain.send(intent.raw)
        except Web3Exception as cause:
            if self.chain.knows(intent.hash) or self.chain.nonce(self.account.address) > intent.nonce:
                return
            self.counts["not_taken"] += 1
            raise SettlementError(
                f"the node does not take the transaction of batch {intent.batch}: {cause}"
            ) from cause

    def _waiting(self, nonce: int) -> list[Intent]:
        """What the first node still has of this nonce, oldest first."""
        return [intent for intent in self.intents.of_nonce(nonce) if self.chain.knows(intent.hash)]

    @property
    def _limit(self) -> int:
        return self.rules.max_fee_gwei * GWEI

    def _network_fee(self) -> Fee:
        base_fee = self.chain.base_fee()
        return within(
            first_fee(base_fee=base_fee, tip=self.chain.tip()), limit=self._limit, base_fee=base_fee
        )

    def _shape_index(self, batch: ProvedBatch) -> int:
        shape = shape_by_name(batch.proof.shape)
        index = self._shapes.get((shape.orders, shape.fills, shape.requests))
        if index is None:
            raise SettlementError(f"the contract has no verifier for shape {shape.name}")
        return index


def doing(batch: ProvedBatch) -> str:
    """The act that an error speaks of."""
    return f"settle of batch {batch.number}"


def raw_payload(raw: bytes) -> bytes:
    """The calldata inside a signed transaction: a replacement carries the same bytes, not merely equal ones."""
    return bytes(HexBytes(TypedTransaction.from_bytes(HexBytes(raw)).as_dict()["data"]))
