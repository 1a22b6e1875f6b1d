"""The slow model of price-time priority: one list a side, sorted anew whenever somebody looks."""

from dataclasses import dataclass


@dataclass
class ModelOrder:
    name: bytes
    owner: int
    sell: bool
    tif: str
    lots: int
    limit: int
    arrival: int
    filled: int = 0

    @property
    def rest(self):
        return self.lots - self.filled


class ModelBook:
    """Margin, positions and batches are not in it; every order could be carried by everybody."""

    def __init__(self):
        self.resting = []
        self.arrivals = 0

    def queue(self, *, sell):
        """One side in priority: best price, then oldest."""
        side = [order for order in self.resting if order.sell == sell]
        return sorted(side, key=lambda order: (order.limit if sell else -order.limit, order.arrival))

    def _crossing(self, order):
        return [
            other
            for other in self.queue(sell=not order.sell)
            if (other.limit >= order.limit if order.sell else other.limit <= order.limit)
        ]

    def submit(self, order, *, replaced=None):
        """Whether it is taken; fills are added to both orders."""
        self.arrivals += 1
        order.arrival = self.arrivals
        crossing = self._crossing(order)
        if order.tif == "POST_ONLY" and crossing:
            return False
        others = [other for other in crossing if other.owner != order.owner and other is not replaced]
        if order.tif == "FOK" and sum(other.rest for other in others) < order.lots:
            return False
        if replaced is not None:
            self.resting.remove(replaced)
            met = [other for other in crossing if other is not replaced]
            same = (replaced.sell, replaced.limit) == (order.sell, order.limit)
            if same and order.lots <= replaced.rest and not met and order.tif in ("GTC", "POST_ONLY"):
                order.arrival = replaced.arrival
        for other in crossing:
            if order.rest == 0:
                break
            if other is replaced:
                continue
            if other.owner == order.owner:  # self-trade: the resting order ends
                self.resting.remove(other)
                continue
            lots = min(order.rest, other.rest)
            order.filled += lots
            other.filled += lots
            if other.rest == 0:
                self.resting.remove(other)
        if order.rest and order.tif in ("GTC", "POST_ONLY"):
            self.resting.append(order)
        return True

    def cancel(self, name):
        """Takes an order off; whether it was there."""
        found = [order for order in self.resting if order.name == name]
        self.resting = [order for order in self.resting if order.name != name]
        return bool(found)
