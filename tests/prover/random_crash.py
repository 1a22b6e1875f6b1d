"""Random markets in trouble, for differential tests: batches with every risk operation, legal and not."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from tests.risk_scenario import RiskVenue, change, deposit
from tests.vectors.crash import MOST, absorb, close, deleverage, liquidate, risk_entry
from tests.vectors.drawer import ETH
from zkclear.rules import actions
from zkclear.rules.batch import Entry, Fill, Request, RequestKind
from zkclear.rules.liquidation import Holding, allowed_lots, discount
from zkclear.rules.state import MarketConfig, Rates
from zkclear.rules.units import INSURANCE, PPM, TICKS_BOUND, AccountId

TRADERS = range(2, 8)
MARKETS = (0, 1)
Fields = dict[str, object]
"""What `Venue.draft` takes."""


def random_config(random: Random) -> MarketConfig:
    """Rules anywhere in their bounds, the ends more often than chance would have it."""
    maintenance = sorted(random.choice((1, 5_000, 25_000, 100_000, 400_000)) for _ in range(3))
    initial = sorted(min(PPM, rate * random.choice((1, 2, 3))) for rate in maintenance)
    first = random.choice((1, 10**9, 10**11, 2**40))
    return replace(
        ETH,
        t1=first,
        t2=first + random.choice((1, 10**10, 2**50)),
        maintenance=Rates(*maintenance),
        initial=Rates(*initial),
        liquidation_fee=random.choice((0, 10_000, PPM)),
        keeper_share=random.choice((0, 333_333, PPM)),
        close_factor=random.choice((0, 1, 300_000, PPM)),
        closeout=random.choice((0, 500_000, PPM)),
        max_open_interest=random.choice((10**6, 2**40 - 1)),
    )


class RandomCrash:
    """A venue with leveraged accounts whose prices jump; `candidates` draws batches that may or may not be legal."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.venue = RiskVenue((random_config(self.random), random_config(self.random)))
        self.venue.marks = (18_000, 83_460)
        for first in (2, 4, 6):
            pair = [self.venue.opening(first + i, amount=self._amount()) for i in (0, 1)]
            self.venue.settle(requests=(*pair[0], *pair[1]))
        self.venue.settle(requests=(deposit(INSURANCE, self.random.choice((1, 10**7, self._amount()))),))
        self._nonce = 10**4

    def _amount(self) -> int:
        return self.random.choice((10**8, 10**9, 10**10, 10**12))

    def trade(self) -> Fields:
        """Two accounts trade; small enough that most of them may."""
        buyer, seller = self.random.sample(TRADERS, 2)
        market = self.random.choice(MARKETS)
        mark = self.venue.marks[market]
        money = [max(1, self.venue.state.accounts[AccountId(each)].collateral) for each in (buyer, seller)]
        unit = mark * self.venue.state.markets[market].config.quote_per_lot_tick
        lots = max(1, int(min(money) * self.random.uniform(0.1, 10)) // unit)
        bought = self._order(buyer, "BUY GTC", lots, mark, market)
        sold = self._order(seller, "SELL IOC", lots, mark, market)
        return self._matched([bought, sold], [(bought, sold, lots)])

    def _order(self, account: int, action: str, lots: int, limit: int, market: int) -> Entry:
        self._nonce += 1
        return self.venue.order(account, action, lots, limit, nonce=self._nonce, market=market)

    @staticmethod
    def _matched(entries: list[Entry], pairs: list[tuple[Entry, Entry, int]]) -> Fields:
        """Entries in their order, and fills as (maker, taker, lots)."""
        ordered = sorted(entries, key=lambda entry: entry.position)
        fills = tuple(Fill(ordered.index(maker), ordered.index(taker), lots) for maker, taker, lots in pairs)
        return {"entries": tuple(ordered), "fills": fills}

    def move_prices(self) -> None:
        """To the edge of some account's verdict, or anywhere near."""
        owners = [n for n, account in self.venue.state.accounts.items() if account.positions[0].size]
        if owners and self.random.random() < 0.7:
            account = self.random.choice(owners)
            required = self.venue.standing(account).maintenance
            targets = (required, required - 1, required // 2, required * 3 // 4, 0, -1, -required)
            self.venue.mark_for(account, self.random.choice(targets))
        else:
            factors = (50, 90, 99, 101, 110, 200)
            self.venue.marks = tuple(mark * self.random.choice(factors) // 100 for mark in self.venue.marks)
        self.venue.marks = tuple(min(TICKS_BOUND - 1, max(1, mark)) for mark in self.venue.marks)

    def candidates(self) -> Iterator[Fields]:
        """Batches at the present prices, the fuller ones first: whoever asks takes the first that is legal."""
        requests, entries, pairs = [self._request()], [], []
        for account in self._liquidatable()[:2]:
            for market in MARKETS:
                holding = self.venue.holding(account, market)
                if holding.size == 0:
                    continue
                pick = self.random.random()
                if pick < 0.3:
                    taker = self.random.choice(TRADERS)
                    most = self.random.choice((1, MOST, holding.lots))
                    requests.append(liquidate(account, taker, lots=most, market=market))
                elif pick < 0.55:
                    sale, order, lots = self._in_the_book(account, holding)
                    entries += [sale, order]
                    pairs.append((order, sale, lots))
                elif pick < 0.8:
                    entries.append(absorb(account, market=market, nonce=market))
                else:
                    entries += self._deleveraging(account, holding)
        steps = (self.random.choice((0, 5, -7)), self.random.choice((0, 3, -11)))
        matched = self._matched(entries, pairs)
        yield {"requests": tuple(requests[:4]), "funding_steps": steps, **matched}
        yield {"funding_steps": steps, **matched}
        yield from ({"entries": (entry,)} for entry in entries if actions.is_risk(entry.action))
        yield {"requests": (requests[-1],)}

    def _liquidatable(self) -> list[AccountId]:
        found = [
            number
            for number in self.venue.state.accounts
            if number != INSURANCE and self.venue.standing(number).is_liquidatable
        ]
        self.random.shuffle(found)
        return found

    def _request(self) -> Request:
        account = self.random.choice(TRADERS)
        return self.random.choice(
            (
                close(account, lots=self.random.choice((1, 100, MOST)), market=self.random.choice(MARKETS)),
                liquidate(account, self.random.choice(TRADERS), market=self.random.choice(MARKETS)),
                deposit(self.random.choice((INSURANCE, account)), self.random.choice((1, 10**9))),
                Request(RequestKind.WITHDRAW, AccountId(account), amount=self.random.choice((1, 2**61))),
                change(self.random.choice(MARKETS), random_config(self.random)),
            )
        )

    def _in_the_book(self, account: int, holding: Holding) -> tuple[Entry, Entry, int]:
        """At the worst limit that the rule allows, against another account's order."""
        lots = max(1, allowed_lots(holding) // self.random.choice((1, 2)))
        slack = discount(holding, lots) // (holding.market.config.quote_per_lot_tick * lots)
        limit = min(TICKS_BOUND - 1, max(1, holding.market.mark - holding.direction * slack))
        sells = holding.direction > 0
        action = actions.LIQUIDATION_SELL if sells else actions.LIQUIDATION_BUY
        sale = risk_entry(account, action, lots=lots, limit=limit, market=holding.index)
        other = self.random.choice([each for each in TRADERS if each != account])
        order = self._order(other, "BUY GTC" if sells else "SELL GTC", lots, limit, holding.index)
        return sale, order, self.random.randint(1, lots)

    def _deleveraging(self, account: int, holding: Holding) -> list[Entry]:
        """One or two of those on the other side, in any order, each with all it has or half."""
        others = [
            number
            for number in self.venue.state.accounts
            if self.venue.holding(number, holding.index).direction == -holding.direction
        ]
        out, left = [], int(holding.lots)
        for rank, number in enumerate(self.random.sample(others, min(2, len(others)))):
            most = min(int(self.venue.holding(number, holding.index).lots), left)
            if most == 0:
                break
            lots = max(1, most // self.random.choice((1, 2)))
            out.append(
                deleverage(number, account, lots, rank, market=holding.index, nonce=20 + holding.index)
            )
            left -= lots
        return out
