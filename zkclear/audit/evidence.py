"""What the chain alone proves about one order."""

from dataclasses import dataclass
from decimal import Decimal

from zkclear.audit import orders, proofs
from zkclear.audit.audit import audit
from zkclear.audit.inputs import Inputs, Listing
from zkclear.audit.orders import Appearance
from zkclear.audit.progress import Progress, silent
from zkclear.audit.report import Report

E8 = 10**8


@dataclass(frozen=True, slots=True)
class OrderEvidence:
    """
    The batches that carry an order, and the audit of all batches with the proofs of those.

    `markets` are all that are listed by now, in listing order.
    """

    markets: tuple[Listing, ...]
    digest: bytes
    appearances: tuple[Appearance, ...]
    report: Report

    @property
    def passed(self) -> bool:
        """Whether the order is in a settled batch and everything that was checked held."""
        return bool(self.appearances) and self.report.passed

    @property
    def lots(self) -> int:
        """How much of it was filled, in lots of its market."""
        return sum(each.lots for each in self.appearances)

    @property
    def filled(self) -> Decimal:
        """The same in base units."""
        sizes = (each.lots * self.markets[each.entry.market].config.lot_e8 for each in self.appearances)
        return Decimal(sum(sizes)) / E8

    def __str__(self) -> str:
        verdict = "PASS" if self.passed else "FAIL"
        batches = ", ".join(str(each.batch) for each in self.appearances) or "none"
        failed = "".join(f"; {check}" for check in self.report.failures)
        return (
            f"{verdict}: 0x{self.digest.hex()} filled {self.filled:f} in settled batches: {batches}{failed}"
        )

    def __bool__(self) -> bool:
        return self.passed


def order_evidence(
    inputs: Inputs, digest: bytes, *, processes: int = 1, progress: Progress = silent
) -> OrderEvidence:
    """Replays every batch and verifies the proofs of those that carry the order."""
    found = audit(inputs, proved=(), processes=processes, progress=progress)
    appearances = tuple(orders.find(found.batches, digest))
    numbers = {each.batch for each in appearances}
    jobs = [job for job in found.jobs if job.batch in numbers]
    found.report.extend(proofs.verify(jobs, found.keys, processes=processes, progress=progress))
    found.report.add(
        "order",
        bool(appearances),
        f"0x{digest.hex()} in batches {', '.join(map(str, sorted(numbers)))}"
        if appearances
        else f"no settled batch carries 0x{digest.hex()}",
    )
    return OrderEvidence(found.markets, digest, appearances, found.report)
