"""
What every batch of one deployment is read with: domain, shapes, oracle signers, and the queue as far as it is known.

Markets are listed and changed by requests, so each batch has a list of its own: `listed_after`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from zkclear.audit.inputs import Deployment, Listed, Listing, Queued, QueuedMarket, ShapeInfo
from zkclear.crypto.eip712 import Domain
from zkclear.rules.markets import check_config
from zkclear.rules.reject import Rejected
from zkclear.rules.shapes import MARKETS, SHAPES, Shape
from zkclear.rules.state import State, genesis
from zkclear.rules.units import Address, Seconds


def as_address(raw: bytes) -> Address:
    """20 bytes as the rule book's number."""
    return Address(int.from_bytes(raw, "big"))


def address_text(value: int) -> str:
    """An address as people know it."""
    return f"0x{value:040x}"


def shape_of(info: ShapeInfo, *, index: int) -> Shape:
    """The shape with the contract's capacities; one of ours by name where there is one."""
    for shape in SHAPES:
        if (shape.orders, shape.fills, shape.requests) == (info.entries, info.fills, info.requests):
            return shape
    # The contract does not know how many accounts and risk rows a circuit has; no word depends on it.
    return Shape(
        f"shape {index}",
        orders=info.entries,
        fills=info.fills,
        accounts=0,
        requests=info.requests,
        risks=0,
    )


@dataclass(frozen=True, slots=True)
class Context:
    """One deployment, prepared. `requests` and `markets` are those that were queued so far, by number."""

    deployment: Deployment
    domain: Domain
    shapes: tuple[Shape, ...]
    signers: tuple[Address, ...]
    first_state: State
    requests: dict[int, int] = field(default_factory=dict)
    markets: dict[int, QueuedMarket] = field(default_factory=dict)

    def learn(self, requests: Iterable[Queued], markets: Iterable[QueuedMarket]) -> None:
        """Takes in what was queued since."""
        self.requests.update((queued.number, queued.payload) for queued in requests)
        self.markets.update((queued.request, queued) for queued in markets)

    def fork(self) -> "Context":
        """The same, which learns on its own."""
        return replace(self, requests=dict(self.requests), markets=dict(self.markets))


def prepare(deployment: Deployment) -> Context:
    """The context of a deployment in whose queue nothing is yet, with the state that it began with."""
    return Context(
        deployment=deployment,
        domain=Domain(chain_id=deployment.chain_id, contract=as_address(deployment.contract)),
        shapes=tuple(shape_of(info, index=index) for index, info in enumerate(deployment.shapes)),
        signers=tuple(map(as_address, deployment.oracle_signers)),
        first_state=genesis(
            tuple(market.config for market in deployment.markets),
            fee_recipient=as_address(deployment.fee_recipient),
            timestamp=Seconds(deployment.genesis_timestamp),
        ),
    )


def listings_by(context: Context, first: int, end: int) -> tuple[Listed, ...]:
    """What the MARKET requests `first` to `end - 1` list or change, in their order."""
    asked = (context.markets[number] for number in sorted(context.markets) if first <= number < end)
    return tuple(Listed(each.market, each.listing) for each in asked)


def listed_after(markets: tuple[Listing, ...], changes: Iterable[Listed]) -> tuple[Listing, ...]:
    """The markets as a batch leaves them: changed ones replaced, a new one at the end; what cannot be is left out."""
    rows = list(markets)
    for change in changes:
        if is_possible(change, listed=len(rows)):
            rows[change.market : change.market + 1] = [change.listing]
    return tuple(rows)


def is_possible(change: Listed, *, listed: int) -> bool:
    """Whether the contract could have listed or changed a market like this while `listed` were listed."""
    try:
        check_config(change.listing.config)
    except Rejected:
        return False
    return 0 <= change.market <= listed and change.market < MARKETS
