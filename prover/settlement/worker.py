"""
Lands each proved batch on the chain exactly once.

`step` looks at the chain, then sends or replaces what is due. It keeps nothing in memory that a crash could lose: what
was decided is in the intent store, what happened is on the chain.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from prover.proving.records import ProvedBatch
from prover.settlement.chain import LATEST, PENDING, Chain, Landed
from prover.settlement.errors import ChainMismatchError, ContractError, SettlementError
from prover.settlement.intents import IntentStore
from prover.settlement.outbox import Outbox, doing

REVERTS_BOUND = 3
"""A batch whose transactions reverted so often is left to an operator: each attempt burns gas."""

log = structlog.get_logger("prover.settlement")


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
    intents: IntentStore
    outbox: Outbox
    proved: Callable[[int], ProvedBatch | None]
    on_settled: Callable[[Landed], None]
    on_failed: Callable[[int, str], None]
    _trouble: _Trouble | None = None
    _reverted: set[bytes] = field(default_factory=set)

    @property
    def has_failed(self) -> bool:
        """Whether the contract goes on refusing the next batch."""
        return self._trouble is not None and self._trouble.told

    def step(self) -> None:
        """One look at the chain. Raises ChainMismatchError if it holds another history than ours."""
        number = self.chain.batch_number()
        if number < (final := self.intents.last_settled()):
            raise ChainMismatchError(
                f"the chain is at batch {number}, but batch {final} was final; it forgot what it called final"
            )
        self._confirm(number)
        if self._trouble is not None and self._trouble.batch <= number:
            self._trouble = None  # somebody else brought it
        head = self.proved(number + 1)
        if head is None:
            return
        try:
            nonce = self._advance_head(head)
            self._trouble = None
        except ChainMismatchError:
            raise
        except SettlementError as cause:
            self._complain(head.number, cause)
        else:
            if nonce is not None:
                self._advance_followers(number + 2, nonce + 1)

    def _confirm(self, number: int) -> None:
        """Takes note of every batch that became final since the last look."""
        first = self.intents.last_settled() + 1
        if first > number:
            return
        final = self.chain.final_block(self.outbox.rules.finality)
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
            ours = {intent.hash for intent in self.intents.of_batch(each)}
            self.outbox.counts["landed" if landed.transaction_hash in ours else "foreign"] += 1
            self.intents.settle(landed)
            self.on_settled(landed)

    def _landed(self, number: int) -> Landed | None:
        previous = self.intents.settled(number - 1)
        start = previous.block if previous is not None else self.outbox.rules.start_block
        return self.chain.landed(number, from_block=start)

    def _advance_head(self, batch: ProvedBatch) -> int | None:
        """
        Sends the batch that is next on the chain, or looks after the transaction that should bring it.

        Gives the nonce of that transaction, or None if the chain moved on while it was looked at.
        """
        # The nonce first: a transaction mined between the two questions then shows its receipt.
        nonce = self.chain.nonce(self.outbox.account.address)
        intents = self.intents.of_batch(batch.number)
        mined = {intent.hash: self.chain.receipt(intent.hash) for intent in intents}
        statuses = {digest: receipt["status"] for digest, receipt in mined.items() if receipt is not None}
        self._count_reverts(statuses)
        if 1 in statuses.values():
            return None  # landed since the chain was asked for its number; the next look confirms it
        if not intents or intents[-1].nonce != nonce:  # never sent, or its nonce went to something else
            if len(statuses) >= REVERTS_BOUND:
                raise self.chain.replay(intents[-1].hash, doing=doing(batch))
            self.outbox.send(batch, nonce=nonce, on=LATEST)
        elif self.outbox.waits_too_long(intents[-1]):
            self.outbox.replace(intents[-1])
        else:
            self.outbox.send_again(intents[-1])
        return nonce

    def _count_reverts(self, statuses: Mapping[bytes, int]) -> None:
        """Each once; those of batches that are done are forgotten."""
        reverted = {digest for digest, status in statuses.items() if status == 0}
        self.outbox.counts["reverted"] += len(reverted - self._reverted)
        self._reverted = reverted

    def _advance_followers(self, first: int, nonce: int) -> None:
        """
        Batches behind the head need not wait for it to be mined: their nonces keep the order. Only the head is made
        dearer, for none can overtake it. Whatever hinders a follower is judged when it has become the head.
        """
        for number in range(first, first + self.outbox.rules.max_in_flight - 1):
            batch = self.proved(number)
            if batch is None:
                return
            intents = self.intents.of_batch(number)
            try:
                if intents and intents[-1].nonce == nonce:
                    self.outbox.send_again(intents[-1])
                else:
                    self.outbox.send(batch, nonce=nonce, on=PENDING)
            except SettlementError as cause:
                log.debug("not sent ahead", batch=number, cause=str(cause))
                return
            nonce += 1

    def _complain(self, number: int, cause: SettlementError) -> None:
        """
        Says a new trouble once; later looks try again, which costs nothing. The batch counts as failed when the
        contract goes on refusing it: a block that comes a second later, or gas that gets cheaper, cures the rest.
        """
        text, now_s = str(cause), self.outbox.clock_s()
        trouble = self._trouble
        if trouble is None or trouble.batch != number:
            trouble = self._trouble = _Trouble(number, text="", since_s=now_s)
        if trouble.text != text:
            trouble.text = text
            log.warning("settlement waits", batch=number, cause=text)
        lasts = now_s - trouble.since_s >= self.outbox.rules.bump_after_s
        if isinstance(cause, ContractError) and lasts and not trouble.told:
            trouble.told = True
            log.error("settlement failed", batch=number, cause=text)
            self.on_failed(number, text)
