"""A crash on the in-process core: one account that the price ruins, and rich ones around it."""

from sequencer.core.machine import Machine
from sequencer.core.settings import Settings
from tests.sequencer.floor import KEY, Floor
from tests.sequencer.test_batches import body
from tests.sequencer.test_orders import trade
from tests.sequencer.test_random_run import check_batches, everything, rebuilt
from zkclear.rules.batch import Request, RequestKind

TOKEN = 10**6
SUBJECT, RICH, OTHER, KEEPER = 2, 3, 4, 5
FALLEN = 2_870  # equity 68.5 of 71.75: liquidatable, not deep
DEEP = 2_834  # equity 32.5 of 70.85: deep
BANKRUPT = 2_790  # equity -11.5


def crash_floor(*, fund_e6=1_000 * TOKEN, shapes=("tiny", "small", "medium"), grace_s=0, lots=1_000):
    """Account 2 holds one ETH with 200 tokens, bought from account 3 at 3,000; accounts 4 and 5 are rich, too."""
    settings = Settings(keeper_grace_s=grace_s, max_unproved=10**9)
    floor = Floor(settings=settings, shapes=shapes)
    floor.open(1, amount_e6=200 * TOKEN)
    floor.open(3, amount_e6=10**6 * TOKEN, first=3)
    if fund_e6:
        floor.request(Request(RequestKind.DEPOSIT, 0, amount=fund_e6))
    floor.price()
    trade(floor, SUBJECT, RICH, lots)
    floor.seal()
    return floor


def fall(floor, eth, *, seconds=1):
    """The mark moves; after 25 seconds the contract lets it move by 7.5 %."""
    floor.wait(seconds)
    floor.price(eth=eth)


def crash(floor, eth):
    fall(floor, eth, seconds=25)


def risks(floor):
    """(kind, subject, counterparty, lots) of every executed operation, batch by batch."""
    return [
        (each.kind, int(each.account), int(each.counterparty), each.lots)
        for each in floor.exchange.liquidations
    ]


def finish(floor):
    """Seals, checks every batch by the rule book alone, and tells the journal again."""
    floor.seal()
    check_batches(floor)
    again = Machine(KEY)
    for record in floor.journal:
        again.replay(record)
    assert everything(again) == everything(floor.machine)


def rebuilt_open(floor):
    """The open batch, sealed."""
    floor.seal()
    return rebuilt(body(floor, len(floor.exchange.sealed)))
