"""
One market's book: price levels in order, first in first out inside a level, O(1) cancel.

Slow model: `tests/sequencer/model_book.py`. A level's queue is a linked list; links are broken when an order leaves, so
that no reference cycle survives and the collector may stay off.
"""

from collections.abc import Iterator

from sortedcontainers import SortedDict

from sequencer.matching.orders import LiveOrder


class Level:
    """All orders at one price, oldest first."""

    __slots__ = ("count", "head", "lots", "price", "tail")

    def __init__(self, price: int) -> None:
        self.price = price
        self.head: LiveOrder | None = None
        self.tail: LiveOrder | None = None
        self.lots = 0
        self.count = 0

    def append(self, order: LiveOrder) -> None:
        """Puts an order at the end of the queue."""
        order.level = self
        order.previous = self.tail
        if self.tail is None:
            self.head = order
        else:
            self.tail.next = order
        self.tail = order
        self.lots += order.remaining
        self.count += 1

    def unlink(self, order: LiveOrder) -> None:
        """Takes an order out of the queue, wherever it stands."""
        before, after = order.previous, order.next
        if before is None:
            self.head = after
        else:
            before.next = after
        if after is None:
            self.tail = before
        else:
            after.previous = before
        self._leave(order)

    def swap(self, old: LiveOrder, new: LiveOrder) -> None:
        """Puts `new` where `old` stands."""
        new.level = self
        new.previous, new.next = old.previous, old.next
        if old.previous is None:
            self.head = new
        else:
            old.previous.next = new
        if old.next is None:
            self.tail = new
        else:
            old.next.previous = new
        self.lots += new.remaining
        self.count += 1
        self._leave(old)

    def _leave(self, order: LiveOrder) -> None:
        order.previous = order.next = order.level = None
        self.lots -= order.remaining
        self.count -= 1

    def __iter__(self) -> Iterator[LiveOrder]:
        order = self.head
        while order is not None:
            yield order
            order = order.next


class Book:
    """Bids and asks of one market. Prices are ticks."""

    __slots__ = ("_sides",)

    def __init__(self) -> None:
        self._sides: tuple[SortedDict, SortedDict] = (SortedDict(), SortedDict())

    def add(self, order: LiveOrder) -> None:
        """Lets an order rest, behind everything at its price."""
        side = self._sides[order.sell]
        level = side.get(order.limit)
        if level is None:
            level = side[order.limit] = Level(order.limit)
        level.append(order)

    def remove(self, order: LiveOrder) -> None:
        """Takes a resting order off."""
        level = order.level
        assert isinstance(level, Level), "the order does not rest"
        level.unlink(order)
        if level.count == 0:
            del self._sides[order.sell][level.price]

    def replace(self, old: LiveOrder, new: LiveOrder) -> None:
        """Puts `new` into the place of `old`, which has the same side and price."""
        level = old.level
        assert isinstance(level, Level), "the order does not rest"
        level.swap(old, new)

    @staticmethod
    def reduce(order: LiveOrder, lots: int) -> None:
        """Tells the level that `lots` of a resting order filled."""
        level = order.level
        assert isinstance(level, Level), "the order does not rest"
        level.lots -= lots

    def best(self, *, sell: bool) -> int | None:
        """Best price of a side, or None."""
        side = self._sides[sell]
        if not side:
            return None
        price: int = side.peekitem(0 if sell else -1)[0]
        return price

    def levels(self, *, sell: bool) -> Iterator[Level]:
        """The levels of a side, best first."""
        side = self._sides[sell]
        prices = iter(side) if sell else reversed(side)
        for price in prices:
            yield side[price]

    def counterparts(self, *, sell: bool, limit: int) -> Iterator[LiveOrder]:
        """What an order of this side and limit would meet, in priority. The book must not change meanwhile."""
        for level in self.levels(sell=not sell):
            if (level.price < limit) if sell else (level.price > limit):
                return
            yield from level

    def crosses(self, *, sell: bool, limit: int) -> bool:
        """Whether an order of this side and limit would trade at once."""
        best = self.best(sell=not sell)
        return best is not None and (best >= limit if sell else best <= limit)

    def depth(self, *, sell: bool) -> int:
        """How many levels a side has."""
        return len(self._sides[sell])
