"""An exchange on which an account falls: what the forgeries of liquidation and deleveraging begin with."""

from typing import Any

from tests.scenario import Venue
from tests.vectors.crash import Crash
from zkclear.rules.batch import Request, RequestKind
from zkclear.rules.closing import ClosingClass, closing_class
from zkclear.rules.reject import Rejected
from zkclear.rules.units import INSURANCE

LATER = 99_333
"""A nonce whose slot no risk entry here has."""


class Floor(Venue, Crash):
    """A venue whose accounts fall: 2 long against 3, 5,000 lots, and a fund."""


def fallen(equity: int, *, fund: int = 10**9) -> Floor:
    """Account 2 at this equity; its maintenance is about 87,000,000 and half of it is the closeout."""
    floor = Floor()
    floor.marks = (18_000, 83_460)
    floor.advance(requests=floor.opening(2, amount=300_000_000))
    floor.advance(requests=floor.opening(3, 4, amount=10**10))
    floor.advance(requests=(Request(RequestKind.DEPOSIT, INSURANCE, amount=fund),))
    floor.trade(2, 3, 5_000)
    floor.mark_for(2, equity)
    return floor


def closing(*inputs: Any, **named: Any) -> ClosingClass:
    """The class of an account as the rule has it, and REDUCED where it has none, so that nothing else is forged."""
    try:
        return closing_class(*inputs, **named)
    except Rejected:
        return ClosingClass.REDUCED


SHALLOW, DEEP, BANKRUPT = 85_000_000, 5_000_000, -60_000_000
