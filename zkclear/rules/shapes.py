"""The shapes of a batch: how many rows of each section a circuit has. Circuit twin: `circuits/batch/shapes.go`."""

from dataclasses import dataclass

MARKETS = 8
"""Market rows of every deployed shape: all shapes of one contract share one state."""
ACCOUNT_DEPTH = 12
SLOT_DEPTH = 5


@dataclass(frozen=True, slots=True)
class Shape:
    """
    Capacity of one circuit. `orders` counts every entry; `accounts` includes accounts 0 and 1.

    `risks` counts CLOSE and LIQUIDATE requests and risk entries together.
    """

    name: str
    orders: int
    fills: int
    accounts: int
    requests: int
    risks: int
    markets: int = MARKETS
    account_depth: int = ACCOUNT_DEPTH

    def fits(self, *, orders: int, fills: int, accounts: int, requests: int, risks: int) -> bool:
        """Whether a batch with these row counts can be proved in this shape."""
        return (
            orders <= self.orders
            and fills <= self.fills
            and accounts <= self.accounts
            and requests <= self.requests
            and risks <= self.risks
        )


TINY = Shape("tiny", orders=4, fills=4, accounts=6, requests=4, risks=4)
SMALL = Shape("small", orders=64, fills=96, accounts=16, requests=16, risks=8)
MEDIUM = Shape("medium", orders=256, fills=384, accounts=64, requests=32, risks=16)
LARGE = Shape("large", orders=512, fills=768, accounts=128, requests=64, risks=32)
MICRO = Shape("micro", orders=2, fills=2, accounts=4, requests=2, risks=2, markets=2, account_depth=4)
"""Test only: small enough to attack wire by wire; its two markets make it a different state."""

SHAPES: tuple[Shape, ...] = (TINY, SMALL, MEDIUM, LARGE)
"""Deployable shapes, smallest first."""


def shape_by_name(name: str) -> Shape:
    """The deployable shape called `name`; KeyError names the known ones."""
    for shape in SHAPES:
        if shape.name == name:
            return shape
    raise KeyError(f"no shape {name!r}; known: {', '.join(shape.name for shape in SHAPES)}")
