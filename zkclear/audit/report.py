"""What an audit says: each check, its evidence, and whether it passed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """One check; `batch` is None for what concerns the whole contract."""

    name: str
    batch: int | None
    evidence: str
    passed: bool

    def __str__(self) -> str:
        where = "" if self.batch is None else f"batch {self.batch}: "
        return f"{'PASS' if self.passed else 'FAIL'} {where}{self.name}: {self.evidence}"


@dataclass(slots=True)
class Report:
    """All checks in the order in which they were made."""

    checks: list[Check] = field(default_factory=list)

    def add(self, name: str, passed: bool, evidence: str, *, batch: int | None = None) -> bool:  # noqa: FBT001
        """Records a check and gives its verdict, so that a caller can go on or stop."""
        self.checks.append(Check(name, batch, evidence, passed))
        return passed

    def extend(self, checks: Iterable[Check]) -> None:
        """Takes over checks that were made elsewhere."""
        self.checks.extend(checks)

    @property
    def passed(self) -> bool:
        """Whether something was checked and nothing failed."""
        return bool(self.checks) and not self.failures

    @property
    def failures(self) -> list[Check]:
        """Every check that failed."""
        return [check for check in self.checks if not check.passed]

    def to_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return {
            "verdict": "PASS" if self.passed else "FAIL",
            "failed_batches": sorted({check.batch for check in self.failures if check.batch is not None}),
            "checks": [
                {
                    "name": check.name,
                    "batch": check.batch,
                    "verdict": "PASS" if check.passed else "FAIL",
                    "evidence": check.evidence,
                }
                for check in self.checks
            ],
        }
