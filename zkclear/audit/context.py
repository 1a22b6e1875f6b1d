"""What every batch of one deployment is read with: domain, listings, shapes, and the requests by number."""

from dataclasses import dataclass

from zkclear.audit.inputs import Deployment, Inputs, ShapeInfo
from zkclear.crypto.eip712 import Domain
from zkclear.crypto.entry import Listing, listing
from zkclear.rules.shapes import SHAPES, Shape
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
    # The contract does not know how many accounts a circuit opens; no word depends on it.
    return Shape(f"shape {index}", orders=info.entries, fills=info.fills, accounts=0, requests=info.requests)


@dataclass(frozen=True, slots=True)
class Context:
    """One deployment, prepared."""

    deployment: Deployment
    domain: Domain
    listings: tuple[Listing, ...]
    shapes: tuple[Shape, ...]
    signers: tuple[Address, ...]
    requests: dict[int, int]
    first_state: State


def prepare(inputs: Inputs) -> Context:
    """The context of an audit, with the state that the deployment began with."""
    deployment = inputs.deployment
    return Context(
        deployment=deployment,
        domain=Domain(chain_id=deployment.chain_id, contract=as_address(deployment.contract)),
        listings=tuple(listing(market.name, market.config) for market in deployment.markets),
        shapes=tuple(shape_of(info, index=index) for index, info in enumerate(deployment.shapes)),
        signers=tuple(map(as_address, deployment.oracle_signers)),
        requests={queued.number: queued.payload for queued in inputs.requests},
        first_state=genesis(
            tuple(market.config for market in deployment.markets),
            fee_recipient=as_address(deployment.fee_recipient),
            timestamp=Seconds(deployment.genesis_timestamp),
        ),
    )
