"""The vault over time: what the logs of the chain add up to at each settlement."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from zkclear.audit.inputs import Vault

Place = tuple[int, int]
"""Block number and index of a log in its block: the order of the chain."""


@dataclass(frozen=True, slots=True)
class Flow:
    """What one log says: tokens in (out: negative), a fee that was credited, a claim that was paid, a request queued."""

    place: Place
    tokens: int = 0
    fees: int = 0
    claimed: int = 0
    requests: int = 0


NO_VAULT = Vault(0, 0, 0, 0)
"""The vault before the first log."""


class VaultHistory:
    """All flows in the order of the chain, added up; `before` is the vault that the first of them finds."""

    def __init__(self, flows: Iterable[Flow], *, before: Vault = NO_VAULT) -> None:
        ordered = sorted(flows, key=lambda flow: flow.place)
        self._places = [flow.place for flow in ordered]
        self._sums = list(accumulate(ordered, _add, initial=before))

    @property
    def last(self) -> Vault:
        """The vault after every log."""
        return self._sums[-1]

    def before(self, place: Place) -> Vault:
        """The vault after every log that stands before `place`."""
        return self._sums[bisect_left(self._places, place)]


def _add(vault: Vault, flow: Flow) -> Vault:
    return Vault(
        tokens=vault.tokens + flow.tokens,
        fees=vault.fees + flow.fees,
        claimed=vault.claimed + flow.claimed,
        queue_length=vault.queue_length + flow.requests,
    )
