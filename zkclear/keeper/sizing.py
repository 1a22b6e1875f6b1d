"""
What to bid for: which positions may be taken over, how many lots the taker can carry, and what that brings.

Every condition is the rule book's (`zkclear.rules.liquidation`, `zkclear.rules.risks`); here is only the keeper's own caution.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from zkclear.client.amounts import PPM, from_e6, from_e8
from zkclear.client.risk import HEALTH_PPM_MAX
from zkclear.rules.batch import OutcomeCode
from zkclear.rules.liquidation import Holding, Standing, fits, hold, stand, takeover, takeover_lots
from zkclear.rules.num import div_ceil, div_floor
from zkclear.rules.risks import takeover_outcome
from zkclear.rules.state import Account, Market
from zkclear.rules.units import INSURANCE, SIZE_BOUND, AccountId, Lots, Quote

MOST_LOTS = Lots(SIZE_BOUND - 1)


@dataclass(frozen=True, slots=True)
class View:
    """
    What a source knows at one moment: markets at their marks, and accounts with funding settled.

    `names` are the markets' names by index; `waiting` are deposits that the next batches will bring, by account.
    """

    names: tuple[str, ...]
    markets: tuple[Market, ...]
    accounts: Mapping[AccountId, Account]
    waiting: Mapping[AccountId, Quote]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the keeper asks of a bid; units as in `KeeperSettings`. No market named: any."""

    markets: Collection[str] = ()
    health_below_ppm: int = PPM
    min_gain: Quote = Quote(0)
    margin_ppm: int = 0


@dataclass(frozen=True, slots=True)
class Chance:
    """A position that may be taken over, what of it the taker can carry, and what that brings; 0 lots: nothing."""

    account: AccountId
    market: int
    name: str
    health_ppm: int
    equity: Quote
    maintenance: Quote
    size: Lots
    allowed: Lots
    lots: Lots
    gain: Quote
    lot_e8: int

    def shown(self) -> dict[str, int | str | Decimal]:
        """Names and values as people read them."""
        sizes = {"size": self.size, "allowed": self.allowed, "take": self.lots}
        return {
            "account": self.account,
            "market": self.name,
            "health": Decimal(self.health_ppm) / PPM,
            "equity": from_e6(self.equity),
            "maintenance": from_e6(self.maintenance),
            **{name: from_e8(lots * self.lot_e8) for name, lots in sizes.items()},
            "gain": from_e6(self.gain),
        }


def health_ppm(standing: Standing) -> int:
    """
    Equity over maintenance in 10^-6, rounded down; below 10^6 the account is liquidatable.

    Of an account without positions: 0 if it owes, else as healthy as the wire can say.
    """
    if standing.maintenance == 0:
        return HEALTH_PPM_MAX if standing.equity >= 0 else 0
    return min(div_floor(standing.equity * PPM, standing.maintenance), HEALTH_PPM_MAX)


def carried(holding: Holding, taker: Standing, *, margin_ppm: int) -> Lots:
    """
    The most lots that the taker can carry and still keep `margin_ppm` of their value above its initial margin.

    Found by bisection: what fits is verified, and one lot more does not fit. What the taker keeps back is rounded up.
    """

    def fit(lots: int) -> bool:
        moved = takeover(holding, Lots(lots))
        kept = div_ceil(lots * holding.unit * margin_ppm, PPM)
        carrier = Holding(taker, holding.index, holding.market)
        return fits(carrier, lots=moved.lots, gain=Quote(moved.share - kept))

    low, high = 0, int(takeover_lots(holding, MOST_LOTS))
    if high == 0 or fit(high):
        return Lots(high)
    while high - low > 1:  # at most 40 times: sizes are below 2^40
        middle = (low + high) // 2
        low, high = (middle, high) if fit(middle) else (low, middle)
    return Lots(low)


def chance(
    view: View, account: AccountId, market: int, *, taker: AccountId | None, margin_ppm: int
) -> Chance:
    """One position as a bidder sees it; without a taker, all that is allowed."""
    subject = view.accounts[account]
    deposited = Quote(subject.collateral + view.waiting.get(account, 0))
    standing = stand(replace(subject, collateral=deposited), view.markets)
    holding = hold(standing, market, view.markets)
    allowed = (
        takeover_lots(holding, MOST_LOTS) if standing.is_liquidatable and standing.equity >= 0 else Lots(0)
    )
    lots = allowed
    if taker is not None and allowed:
        lots = carried(holding, stand(view.accounts[taker], view.markets), margin_ppm=margin_ppm)
    return Chance(
        account=account,
        market=market,
        name=view.names[market],
        health_ppm=health_ppm(standing),
        equity=standing.equity,
        maintenance=standing.maintenance,
        size=holding.size,
        allowed=allowed,
        lots=lots,
        gain=takeover(holding, lots).share if lots else Quote(0),
        lot_e8=view.markets[market].config.lot_e8,
    )


def chances(view: View, terms: Terms, *, taker: AccountId | None = None) -> Iterator[Chance]:
    """Every position of an account below the health bound, but the taker's own and its owner's, and account 0's."""
    own = None if taker is None else view.accounts[taker].owner
    for account, subject in view.accounts.items():
        if account in (INSURANCE, taker) or subject.owner == own:
            continue
        for market, position in enumerate(subject.positions):
            if position.size == 0 or (terms.markets and view.names[market] not in terms.markets):
                continue
            found = chance(view, account, market, taker=taker, margin_ppm=terms.margin_ppm)
            if found.health_ppm < terms.health_below_ppm:
                yield found


def bids(view: View, terms: Terms, *, taker: AccountId) -> list[Chance]:
    """What is worth a request, the largest gain first."""
    worth = [each for each in chances(view, terms, taker=taker) if each.lots and each.gain >= terms.min_gain]
    return sorted(worth, key=lambda each: (-each.gain, each.account, each.market))


def outcome(view: View, account: AccountId, market: int, *, taker: AccountId, most: Lots) -> OutcomeCode:
    """What the rule book would answer to this request, if nothing changed until a batch takes it."""
    subject = view.accounts[account]
    deposited = Quote(subject.collateral + view.waiting.get(account, 0))
    holding = hold(stand(replace(subject, collateral=deposited), view.markets), market, view.markets)
    answer, _, _ = takeover_outcome(holding, stand(view.accounts[taker], view.markets), most)
    return OutcomeCode(answer.code)
