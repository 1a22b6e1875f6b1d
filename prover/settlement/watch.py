"""What an operator must see of the chain, whether or not a batch is under way. Looks, and sends nothing."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from prover.settlement.chain import Chain, Queue, Vault

log = structlog.get_logger("prover.chain")


@dataclass(slots=True)
class ChainWatch:
    """The newest look; before the first one nothing is known."""

    chain: Chain
    finality: int | str
    lag_blocks: int = 0
    """Between the newest block and the last one that counts as final."""
    reorganisations: int = 0
    """How often a block that was seen as the newest one was gone at the next look."""
    queue: Queue | None = None
    vault: Vault | None = None
    _seen: tuple[int, bytes] | None = None

    def look(self) -> None:
        """Asks the chain. Raises what a chain that cannot be used raises; what was known stays."""
        final, head = self.chain.final_block(self.finality), self.chain.head()
        if self._seen is not None and self.chain.block_hash(self._seen[0]) != self._seen[1]:
            self.reorganisations += 1
            log.warning("the chain was reorganised", block=self._seen[0])
        digest = self.chain.block_hash(head)
        self._seen = None if digest is None else (head, digest)
        self.lag_blocks = head - final
        self.queue = self.chain.queue(head)
        self.vault = self.chain.vault(head)
