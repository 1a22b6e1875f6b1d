"""Random states whose accounts stand on the edges of the liquidation rules, drawn from any `random.Random`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType

from zkclear.rules import margin
from zkclear.rules.batch import Batch, Request, RequestKind
from zkclear.rules.funding import step_limit
from zkclear.rules.liquidation import Holding, Standing, hold, stand, takeover, takeover_by_fund
from zkclear.rules.markets import check_config
from zkclear.rules.opening import advance_markets, open_accounts, resolve_requests
from zkclear.rules.risks import takeover_lots
from zkclear.rules.shapes import MARKETS
from zkclear.rules.state import UNLISTED, Account, Market, MarketConfig, Position, Rates, State
from zkclear.rules.units import FEES, INSURANCE, PPM, AccountId, Lots, Quote, Seconds, Ticks

START = 1_743_897_600
VALUE = 2**57
"""A position here is worth less: after a price doubled since the largest legal entry."""
MOST = 2**40 - 1


def _rates(rng: Random, low: Rates | None = None) -> Rates:
    """Three rates that do not fall; at least `low` each."""
    values = sorted(rng.choice((1, 10_000, 50_000, rng.randrange(1, 2**20))) for _ in range(3))
    if low is None:
        return Rates(*values)
    raised, last = [], 0
    for value, least in zip(values, (low.r1, low.r2, low.r3), strict=True):
        last = max(value, least, last)
        raised.append(last)
    return Rates(*raised)


def draw_config(rng: Random) -> MarketConfig:
    """Any configuration that may be listed, often at the bounds of its shares."""
    unit = rng.choice((1, 7, 100, 2**24 - 1))
    t1 = rng.choice((1, 10**6, rng.randrange(1, 10**12), 10**14))
    maintenance = _rates(rng)
    taker_fee = rng.choice((0, 300, rng.randrange(2**20)))
    config = MarketConfig(
        lot_e8=10 * unit,
        tick_e8=10**9,
        quote_per_lot_tick=unit,
        t1=Quote(t1),
        t2=Quote(t1 + rng.choice((1, 10**6, 10**12))),
        maintenance=maintenance,
        initial=_rates(rng, maintenance),
        maker_fee=rng.choice((-taker_fee, 0, taker_fee)),
        taker_fee=taker_fee,
        liquidation_fee=rng.choice((0, 1, 10_000, PPM, rng.randrange(PPM))),
        keeper_share=rng.choice((0, 500_000, PPM, rng.randrange(PPM))),
        close_factor=rng.choice((1, 2, 300_000, PPM, rng.randint(1, PPM))),
        closeout=rng.choice((0, 500_000, PPM, rng.randrange(PPM))),
        max_funding_rate=rng.choice((0, 1_000)),
        max_open_interest=rng.choice((1, 10**9)),
    )
    check_config(config)
    return config


def _sizes(rng: Random, count: int, most: int) -> list[int]:
    """Sizes of `count` accounts that sum to 0; some hold nothing."""
    sizes = [0] * count
    for _ in range(rng.randrange(1, count)):
        one, other = rng.sample(range(count), 2)
        lots = rng.choice((1, 2, 3, rng.randrange(1, most + 1), rng.randrange(1, min(most, 10**5) + 1)))
        if abs(sizes[one] + lots) <= most and abs(sizes[other] - lots) <= most:
            sizes[one] += lots
            sizes[other] -= lots
    return sizes


def _edge(rng: Random, standing: Standing, closeout: int) -> int:
    """An equity on an edge of the rules, or near one."""
    maintenance, initial = standing.maintenance, standing.initial
    return rng.choice(
        (
            maintenance + rng.randrange(-1, 2),
            initial + rng.randrange(-1, 2),
            closeout * maintenance // PPM + rng.randrange(-1, 2),
            rng.randrange(-1, 2),
            rng.randrange(-maintenance - 1, maintenance + 1),
            rng.randrange(maintenance, 2 * initial + 2),
            initial + 10**15,
        )
    )


@dataclass
class World:
    """A state, the marks and steps of its next batch, and one batch drawn on it."""

    state: State
    marks: tuple[Ticks, ...]
    steps: tuple[int, ...]

    @property
    def rows(self) -> tuple[Market, ...]:
        """The markets at the marks of the next batch."""
        listed = len(self.marks)
        moved = tuple(
            replace(market, mark=mark)
            for market, mark in zip(self.state.markets[:listed], self.marks, strict=True)
        )
        return moved + self.state.markets[listed:]

    def standing(self, account: AccountId) -> Standing:
        """An account at the marks of the next batch, its funding not settled."""
        return stand(self.state.accounts[account], self.rows)

    def holding(self, account: AccountId, market: int) -> Holding:
        """A position at the marks of the next batch."""
        return hold(self.standing(account), market, self.rows)

    def set_equity(self, account: AccountId, equity: int) -> None:
        """Gives the account the collateral with which it is worth `equity`, if that is in range."""
        old = self.state.accounts[account]
        collateral = equity - margin.equity(Quote(0), old.positions, self.rows)
        if abs(collateral) < 2**61:
            accounts = {**self.state.accounts, account: replace(old, collateral=Quote(collateral))}
            self.state = replace(self.state, accounts=MappingProxyType(accounts))

    def draft(self, requests: Sequence[Request]) -> Batch:
        """A batch of requests with the outcomes that the rules force."""
        batch = Batch(
            number=self.state.number + 1,
            timestamp=Seconds(self.state.timestamp + 4),
            first_request=self.state.next_request,
            marks=self.marks,
            funding_steps=self.steps,
            requests=tuple(requests),
        )
        markets = advance_markets(self.state, batch, elapsed=Seconds(4))
        return replace(
            batch, outcomes=resolve_requests(batch, open_accounts(self.state, batch, markets), markets)
        )


def draw_world(rng: Random, *, accounts: int = 6, markets: int = MARKETS) -> World:
    """
    Accounts 0 to `accounts - 1` in up to `markets` markets, each at an edge; accounts 0 and 1 may hold positions too.

    Of the rows that are not listed there is one: all are alike.
    """
    configs = [draw_config(rng) for _ in range(rng.randrange(1, markets + 1))]
    marks = tuple(Ticks(rng.choice((1, 18_000, rng.randrange(1, 2**32)))) for _ in configs)
    units = [mark * config.quote_per_lot_tick for mark, config in zip(marks, configs, strict=True)]
    sizes = [
        _sizes(rng, accounts, min(2**38, max(VALUE // unit // 8, 1)))
        if rng.random() < 0.7
        else [0] * accounts
        for unit in units
    ]
    spare = min(1, MARKETS - len(configs))
    indexes = [rng.choice((0, rng.randrange(-(10**9), 10**9))) for _ in configs]
    rows = (
        tuple(
            Market(config, Ticks(1), index, Lots(sum(max(size, 0) for size in column)))
            for config, index, column in zip(configs, indexes, sizes, strict=True)
        )
        + (UNLISTED,) * spare
    )
    people = {}
    for number in range(accounts):
        held = tuple(
            Position(Lots(column[number]), index) for column, index in zip(sizes, indexes, strict=True)
        )
        people[AccountId(number)] = Account(
            owner=0 if number == 0 else 0xA000 + number,
            positions=held + (Position(),) * spare,
        )
    state = State(
        accounts=MappingProxyType(people),
        markets=rows,
        timestamp=Seconds(START),
        number=7,
        next_request=9,
        funding_dust=rng.randrange(PPM),
    )
    world = World(state, marks, steps=(0,) * len(marks))
    for number in people:
        world.set_equity(number, _edge(rng, world.standing(number), rng.choice(configs).closeout))
    if rng.random() < 0.2:
        limits = (
            min(step_limit(config, mark=mark, elapsed=Seconds(4)), 10**9)
            for mark, config in zip(marks, configs, strict=True)
        )
        world.steps = tuple(rng.randrange(-limit, limit + 1) for limit in limits)
    return world


def draw_request(rng: Random, world: World, *, fresh: int = 6) -> Request:
    """
    Any request that the contract would queue, mostly of a kind that moves positions.

    A taker or the fund is often brought to the very edge of what it can carry; `fresh` is the next account's number.
    """
    accounts = len(world.state.accounts)
    kind = rng.choice((*(3 * [RequestKind.LIQUIDATE]), *(2 * [RequestKind.CLOSE]), *RequestKind))
    account, market = _pick(rng, world)
    lots = rng.choice((1, MOST, rng.randrange(1, 2 + (MOST >> rng.randrange(40)))))
    match kind:
        case RequestKind.LIQUIDATE:
            if rng.random() < 0.5:
                world.set_equity(account, rng.randrange(1 + world.standing(account).maintenance))
            taker = AccountId(rng.randrange(accounts))
            if taker != account and rng.random() < 0.7:
                _to_the_edge(rng, world, taker, world.holding(account, market), lots, by_fund=False)
            return Request(kind, account, market=market, lots=Lots(lots), taker=taker)
        case RequestKind.CLOSE:
            if rng.random() < 0.5:
                standing = world.standing(account)
                world.set_equity(account, standing.maintenance + rng.randrange(1 + standing.initial))
            if account != INSURANCE and rng.random() < 0.5:
                _to_the_edge(rng, world, INSURANCE, world.holding(account, market), lots, by_fund=True)
            return Request(kind, account, market=market, lots=Lots(lots))
        case RequestKind.MARKET:
            config = draw_config(rng)
            index = rng.randrange(len(world.marks))
            kept = world.state.markets[index].config
            config = replace(
                config,
                lot_e8=kept.lot_e8,
                tick_e8=kept.tick_e8,
                quote_per_lot_tick=kept.quote_per_lot_tick,
            )
            return Request(kind, INSURANCE, market=index, config=config, config_hash=rng.randrange(2**254))
        case RequestKind.OPEN:
            return Request(kind, AccountId(fresh), address=0xB000)
        case RequestKind.AGENT:
            return Request(kind, account, address=0xC000, until=Seconds(START))
        case _:
            return Request(kind, account, amount=Quote(rng.choice((1, 10**9, 2**60))))


def _pick(rng: Random, world: World) -> tuple[AccountId, int]:
    """An account and a market: mostly a position, sometimes nothing, sometimes no listed market."""
    held = [
        (account, market)
        for account, record in world.state.accounts.items()
        for market, position in enumerate(record.positions)
        if position.size
    ]
    if held and rng.random() < 0.9:
        return rng.choice(held)
    return AccountId(rng.randrange(len(world.state.accounts))), rng.randrange(len(world.state.markets))


def _to_the_edge(
    rng: Random, world: World, carrier: AccountId, holding: Holding, most: int, *, by_fund: bool
) -> None:
    """Gives the carrier the equity with which it can just, or just not, carry what the request would move."""
    if holding.size == 0:
        return
    if by_fund:
        lots = min(most, holding.lots)
        moved = takeover_by_fund(holding, Lots(lots))
    else:
        lots = takeover_lots(holding, Lots(most))
        moved = takeover(holding, lots)
    old = world.state.accounts[carrier]
    positions = list(old.positions)
    size = positions[holding.index].size
    positions[holding.index] = Position(Lots(size + moved.lots), positions[holding.index].funding_index)
    after = stand(replace(old, positions=tuple(positions)), world.rows)
    world.set_equity(carrier, after.initial - moved.share + rng.randrange(-1, 2))


EVERYBODY = (INSURANCE, FEES)
"""Accounts that every batch opens."""
