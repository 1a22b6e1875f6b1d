"""
The line that batches come down: kept, checked, applied, and turned into jobs, strictly in order.

Building the witness of batch n+1 needs the state after batch n, never its proof, so nothing here waits for a prover.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog

from prover.entries import SigningContext, require_signers
from prover.proving.jobs import Inputs, Job, JobQueue
from prover.proving.keys import CircuitKeys
from prover.reserves import owed
from prover.settlement.dev_markets import Listing
from prover.settlement.errors import ChainMismatchError
from prover.store import BatchStore
from prover.witness import build_witness, parse_batch
from zkclear.crypto.bind import bind_batch
from zkclear.crypto.entry import listing
from zkclear.crypto.state_tree import StateTree
from zkclear.rules.batch import Batch
from zkclear.rules.reject import Rejected
from zkclear.rules.shapes import shape_by_name
from zkclear.rules.state import MarketConfig
from zkclear.rules.transition import clear
from zkclear.rules.units import Quote
from zkclear.v1.batch_pb2 import SealedBatch

OWED_BOUND = 1_000
"""More batches than can be under way: the sequencer stops at batching.max_unproved (64)."""

log = structlog.get_logger("prover.line")


class BadBatchError(Exception):
    """A sealed batch that no proof can exist for. The state is as before it; an operator must look."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(f"batch {number} cannot be proved: {text}")
        self.number = number
        self.text = text


@dataclass(frozen=True, slots=True)
class _Read:
    """A sealed batch as the rules take it, and the markets that its MARKET requests ask for, by request."""

    batch: Batch
    queued: Mapping[int, Listing]


@dataclass(slots=True)
class Line:
    """State and tree after the last batch taken. A refused batch leaves them as they were."""

    store: BatchStore
    queue: JobQueue
    keys: Mapping[str, CircuitKeys]
    signing: SigningContext
    """Of the next batch: it grows with the markets that are listed."""
    domain: int
    tree: StateTree
    settled_number: int
    """The last batch on the chain when the line began; those up to it are only replayed."""
    settled_root: int
    queued_market: Callable[[int], Listing]
    """What the MARKET request with this number asks for, from the chain; raises SettlementError if it cannot tell."""
    on_witness: Callable[[str, int], None] = lambda *_: None
    """Told the shape, and how many microseconds it took."""
    next: int = field(init=False, default=1)
    owed: dict[int, Quote] = field(init=False, default_factory=dict)
    """What the vault must hold for all accounts after each of the newest batches."""

    def __post_init__(self) -> None:
        self._note_owed(0)
        self._compare_with_chain(0)

    def replay(self) -> None:
        """Takes every batch that the store has, as far as there is no gap."""
        while (sealed := self.store.sealed(self.next)) is not None:
            self._step(sealed, self._read(sealed))

    def take(self, sealed: SealedBatch) -> None:
        """
        Keeps a batch for good, then takes the step. One that was taken before is passed over.

        Raises BadBatchError for one that cannot be proved, and what `queued_market` raises; then nothing was kept.
        """
        if sealed.number < self.next:
            return
        if sealed.number > self.next:
            raise BadBatchError(sealed.number, f"batch {self.next} was expected")
        read = self._read(sealed)
        self.store.add(sealed)
        try:
            self._step(sealed, read)
        except BadBatchError:
            self.store.remove(sealed.number)  # so that it is judged anew when the sequencer gives it again
            raise

    def _read(self, sealed: SealedBatch) -> _Read:
        """The record that the rules take, with what its MARKET requests ask for."""
        queued: dict[int, Listing] = {}

        def config(request: int) -> MarketConfig:
            queued[request] = self.queued_market(request)
            return queued[request].config

        try:
            return _Read(parse_batch(sealed, queued_config=config), queued)
        except (Rejected, ValueError) as cause:
            raise BadBatchError(sealed.number, str(cause)) from cause

    def _step(self, sealed: SealedBatch, read: _Read) -> None:
        batch = read.batch
        try:
            if sealed.number <= self.settled_number:
                tree = self._replayed(batch)
            else:
                require_signers(sealed, batch, self.signing)
                tree = self._prepared(sealed, batch)
        except (Rejected, ValueError, KeyError) as cause:
            raise BadBatchError(sealed.number, str(cause)) from cause
        self.tree = tree
        for number, new in read.queued.items():
            market = batch.requests[number - batch.first_request].market
            self.signing = self.signing.with_listing(market, listing(new.name, new.config))
        self.next += 1
        self._note_owed(sealed.number)
        self._compare_with_chain(sealed.number)

    def _replayed(self, batch: Batch) -> StateTree:
        """The tree after a batch that is on the chain already."""
        clearing = clear(self.tree.state, batch)
        tree = self.tree.fork()
        tree.apply(clearing.state, clearing.openings)
        self._keep_roots(batch.number, new_root=tree.root)
        return tree

    def _keep_roots(self, number: int, *, new_root: int) -> None:
        known = self.store.roots(number)
        if known is None:
            self.store.keep_roots(number, old_root=self.tree.root, new_root=new_root)
        elif known != (self.tree.root, new_root):
            raise ChainMismatchError(
                f"batch {number} led to root {known[1]:#x} before and leads to {new_root:#x} now; "
                "the rules of this build are not those that the stored witness was made with"
            )

    def _prepared(self, sealed: SealedBatch, batch: Batch) -> StateTree:
        """The tree after a new batch, and its job in the queue."""
        shape = shape_by_name(sealed.shape)
        if shape.name not in self.keys:
            raise ValueError(f"the contract has no shape {shape.name}; it has {', '.join(self.keys)}")
        if self.store.proved(batch.number) is not None:
            return self._replayed(batch)
        start = time.monotonic_ns()
        built = build_witness(self.tree, batch, shape=shape, domain=self.domain)
        took_us = (time.monotonic_ns() - start) // 1000
        self._keep_roots(batch.number, new_root=built.tree.root)
        self.store.keep_witness(
            batch.number,
            witness=built.witness.SerializeToString(),
            old_root=self.tree.root,
            new_root=built.tree.root,
            witness_us=took_us,
        )
        self.on_witness(shape.name, took_us)
        inputs = bind_batch(built.words, shape)
        circuit = self.keys[shape.name].constraint_system_hash
        self.queue.add(Job(batch.number, shape.name, circuit, Inputs(h=inputs.h, r=inputs.r, y=inputs.y)))
        log.info(
            "witness built", batch=batch.number, shape=shape.name, orders=len(batch.entries), took_us=took_us
        )
        return built.tree

    def _note_owed(self, number: int) -> None:
        """Of the chain's batch and of those that are not settled yet; older ones are of no use any more."""
        if number >= self.settled_number:
            self.owed[number] = owed(self.tree.state)
            self.owed.pop(number - OWED_BOUND, None)

    def _compare_with_chain(self, number: int) -> None:
        """The one comparison that tells whether our history is the chain's."""
        if number == self.settled_number and self.tree.root != self.settled_root:
            raise ChainMismatchError(
                f"after batch {number} the rule book's root is {self.tree.root:#x}, the chain's {self.settled_root:#x}; "
                "the sequencer or the data folder belongs to another deployment, so nothing is proved"
            )
