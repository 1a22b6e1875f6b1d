"""
Liquidation: who may be liquidated, how many lots, at which discount, and who can carry them.

Everything looks at the opening state of a batch. Names and reasons: `docs/liquidation.md`.
Circuit twin: `circuits/rules/liquidation.go`. Vectors: `liquidation.json`.
"""

from dataclasses import dataclass

from zkclear.rules.margin import equity, margin_initial, margin_maintenance, notional, requirement
from zkclear.rules.num import div_ceil, div_floor
from zkclear.rules.state import Account, Market, Rates
from zkclear.rules.units import NOTIONAL_BOUND, PPM, Lots, Quote


@dataclass(frozen=True, slots=True)
class Standing:
    """An account valued at its opening state, quote."""

    account: Account
    equity: Quote
    maintenance: Quote
    initial: Quote

    @property
    def is_liquidatable(self) -> bool:
        """Whether equity is below the maintenance requirement."""
        return self.equity < self.maintenance


def stand(account: Account, markets: tuple[Market, ...]) -> Standing:
    """
    Value an account at the marks.

    Units:   quote; funding already settled.
    Bounds:  those of `margin`.
    Rounds:  requirements up, once a position.
    Rejects: nothing.
    Claims:  C4, C7.
    """
    return Standing(
        account=account,
        equity=equity(account.collateral, account.positions, markets),
        maintenance=margin_maintenance(account.positions, markets),
        initial=margin_initial(account.positions, markets),
    )


@dataclass(frozen=True, slots=True)
class Holding:
    """One position of an account that is looked at for a liquidation: `index` is its market's."""

    standing: Standing
    index: int
    market: Market

    @property
    def size(self) -> Lots:
        """Lots, signed."""
        return self.standing.account.positions[self.index].size

    @property
    def lots(self) -> Lots:
        """Lots without their sign."""
        return Lots(abs(self.size))

    @property
    def direction(self) -> int:
        """+1 for a long position, -1 for a short one, 0 for none."""
        return (self.size > 0) - (self.size < 0)

    @property
    def unit(self) -> Quote:
        """Value of one lot at the mark, quote."""
        return Quote(self.market.mark * self.market.config.quote_per_lot_tick)


def hold(standing: Standing, index: int, markets: tuple[Market, ...]) -> Holding:
    """The position of an account in market `index`. Claims: C7."""
    return Holding(standing, index, markets[index])


def _requirement_of(lots: int, holding: Holding, rates: Rates) -> Quote:
    config = holding.market.config
    value = notional(Lots(lots), mark=holding.market.mark, quote_per_lot_tick=config.quote_per_lot_tick)
    return requirement(value, t1=config.t1, t2=config.t2, rates=rates)


def maintenance_of(holding: Holding, lots: Lots) -> Quote:
    """
    Maintenance requirement of a position of `lots` in the holding's market.

    Units:   lots -> quote.
    Bounds:  0 <= lots < 2^40.
    Rounds:  up, once.
    Rejects: nothing.
    Claims:  C4, C7.
    """
    return _requirement_of(lots, holding, holding.market.config.maintenance)


def freed(holding: Holding, lots: Lots) -> Quote:
    """
    Maintenance requirement that is set free when `lots` leave the position, the dearest bracket first.

    Units:   lots -> quote.
    Bounds:  0 <= lots <= lots of the holding.
    Rounds:  both requirements up.
    Rejects: nothing.
    Claims:  C7.
    """
    left = Lots(holding.lots - lots)
    return Quote(maintenance_of(holding, holding.lots) - maintenance_of(holding, left))


def give(holding: Holding, lots: Lots) -> Quote:
    """
    What may leave an account together with `lots`, so that equity / maintenance does not fall.

    Negative below equity 0: then that much must come in. `floor(equity * freed / maintenance)`: if D is at most this,
    (equity - D) * maintenance >= equity * (maintenance - freed), which is the closing rule.

    Units:   lots -> quote.
    Bounds:  0 <= lots <= lots of the holding; abs(equity), maintenance < 2^101.
    Rounds:  down: never more than the ratio allows; a hole is paid up.
    Rejects: nothing.
    Claims:  C5, C7.
    """
    maintenance = holding.standing.maintenance
    if maintenance == 0:
        return Quote(0)
    return Quote(div_floor(holding.standing.equity * freed(holding, lots), maintenance))


def fee_cap(holding: Holding, lots: Lots) -> Quote:
    """
    The liquidation fee on `lots` at the mark: the most that a liquidation may cost.

    Units:   lots * quote a lot * ppm / ppm -> quote.
    Bounds:  lots < 2^40, unit < 2^56, liquidation_fee <= 10^6.
    Rounds:  down: for the account.
    Rejects: nothing.
    Claims:  C7.
    """
    return Quote(div_floor(lots * holding.unit * holding.market.config.liquidation_fee, PPM))


def discount(holding: Holding, lots: Lots) -> Quote:
    """
    What the account loses against the mark when `lots` are taken over: the fee, or less if the ratio would fall.

    Units:   lots -> quote; negative below equity 0: the hole that goes with the lots.
    Bounds:  0 <= lots <= lots of the holding.
    Rounds:  down, as its two parts.
    Rejects: nothing.
    Claims:  C7.
    """
    return Quote(min(fee_cap(holding, lots), give(holding, lots)))


def keeper_share(holding: Holding, amount: Quote) -> Quote:
    """
    The taker's part of a discount; the insurance fund gets the rest.

    Units:   quote * ppm / ppm -> quote.
    Bounds:  amount < 2^97, keeper_share <= 10^6.
    Rounds:  down: for the insurance fund.
    Rejects: nothing.
    Claims:  C7.
    """
    return Quote(div_floor(amount * holding.market.config.keeper_share, PPM))


def is_deep(holding: Holding) -> bool:
    """
    Whether equity is below the closeout share of maintenance: then all of a position may go at once.

    Units:   quote * ppm on both sides.
    Bounds:  abs(equity), maintenance < 2^101; closeout <= 10^6.
    Rounds:  nothing; compared multiplied out.
    Rejects: nothing.
    Claims:  C7.
    """
    standing = holding.standing
    return standing.equity * PPM < holding.market.config.closeout * standing.maintenance


def allowed_lots(holding: Holding) -> Lots:
    """
    How many lots of a liquidatable account one batch may take: all if deep, else the close factor's part.

    Units:   lots * ppm / ppm -> lots.
    Bounds:  at most the lots of the holding.
    Rounds:  up: else a single lot could never be liquidated.
    Rejects: nothing.
    Claims:  C7.
    """
    if is_deep(holding):
        return holding.lots
    return Lots(div_ceil(holding.market.config.close_factor * holding.lots, PPM))


def chunk_lots(holding: Holding) -> Lots:
    """
    Lots whose value is still that of a legal entry, so that no request moves cash beyond the state's range.

    Units:   quote / quote a lot -> lots.
    Bounds:  value below 2^56.
    Rounds:  down.
    Rejects: nothing.
    Claims:  C9.
    """
    return Lots(div_floor(NOTIONAL_BOUND - 1, holding.unit)) if holding.unit else Lots(NOTIONAL_BOUND - 1)


def takeover_lots(holding: Holding, most: Lots) -> Lots:
    """
    Lots that a LIQUIDATE of at most `most` takes.

    Units:   lots.
    Bounds:  at most the lots of the holding.
    Rounds:  as `allowed_lots` and `chunk_lots`.
    Rejects: nothing.
    Claims:  C7, C9.
    """
    return min(most, allowed_lots(holding), chunk_lots(holding))


def close_lots(holding: Holding, most: Lots) -> Lots:
    """
    Lots that a CLOSE of at most `most` closes.

    Units:   lots.
    Bounds:  at most the lots of the holding.
    Rounds:  as `chunk_lots`.
    Rejects: nothing.
    Claims:  C9.
    """
    return min(most, holding.lots, chunk_lots(holding))


def fits(carrier: Holding, *, lots: int, gain: Quote) -> bool:
    """
    Whether an account could carry `lots` more (signed) with `gain` quote: healthy, and of a legal value if it grew.

    Nothing else that the batch does to the account is looked at. A liquidatable account carries nothing.

    Units:   lots signed, gain quote signed.
    Bounds:  the new size is below 2^40 in magnitude, because one side of a market is its open interest.
    Rounds:  requirements up.
    Rejects: nothing.
    Claims:  C7, C9.
    """
    if carrier.standing.is_liquidatable:
        return False
    initial = carrier.market.config.initial
    before, after = carrier.lots, abs(carrier.size + lots)
    change = _requirement_of(after, carrier, initial) - _requirement_of(before, carrier, initial)
    is_legal = after * carrier.unit < NOTIONAL_BOUND or after <= before
    return is_legal and carrier.standing.equity + gain >= carrier.standing.initial + change


def fund_fits(holding: Holding, fund: Standing, lots: Lots) -> bool:
    """
    Whether the insurance account could carry the last `lots` of a position with the hole that goes with them.

    Units:   lots.
    Bounds:  0 <= lots <= lots of the holding; equity of the holding's account is negative.
    Rounds:  the hole up.
    Rejects: nothing.
    Claims:  C7.
    """
    maintenance = holding.standing.maintenance
    hole = div_floor(holding.standing.equity * maintenance_of(holding, lots), maintenance)
    carrier = Holding(fund, holding.index, holding.market)
    return fits(carrier, lots=holding.direction * lots, gain=Quote(hole))


@dataclass(frozen=True, slots=True)
class Move:
    """`lots` (signed: what leaves the subject) at the mark, less a discount of which the counterparty keeps `share`."""

    lots: Lots
    value: Quote
    discount: Quote
    share: Quote

    @property
    def subject_cash(self) -> Quote:
        """What the subject gets, quote."""
        return Quote(self.value - self.discount)

    @property
    def counterparty_cash(self) -> Quote:
        """What the counterparty gets, quote."""
        return Quote(self.share - self.value)

    @property
    def fund_cash(self) -> Quote:
        """What account 0 gets beside, quote; the three add up to 0."""
        return Quote(self.discount - self.share)


def move(holding: Holding, lots: Lots, *, amount: Quote, share: Quote) -> Move:
    """`lots` of a position at a discount of `amount`. Units: quote. Rounds: nothing. Claims: C6, C7."""
    signed = Lots(holding.direction * lots)
    return Move(lots=signed, value=Quote(signed * holding.unit), discount=amount, share=share)


def takeover(holding: Holding, lots: Lots) -> Move:
    """A keeper takes `lots`: the discount is shared. Rounds: as `discount`, `keeper_share`. Claims: C7."""
    amount = discount(holding, lots)
    return move(holding, lots, amount=amount, share=keeper_share(holding, amount))


def takeover_by_fund(holding: Holding, lots: Lots) -> Move:
    """Account 0 takes `lots` and the whole discount, or pays the hole. Rounds: as `discount`. Claims: C7."""
    amount = discount(holding, lots)
    return move(holding, lots, amount=amount, share=amount)


def deleverage(holding: Holding, lots: Lots, *, before: Lots) -> Move:
    """
    A counterparty takes `lots` after `before` others, and its part of the hole with them.

    Units:   lots.
    Bounds:  before + lots <= lots of the holding.
    Rounds:  the running hole up; the parts telescope, so all of them are one hole rounded once.
    Rejects: nothing.
    Claims:  C7.
    """
    hole = Quote(give(holding, Lots(before + lots)) - give(holding, before))
    return move(holding, lots, amount=hole, share=hole)


def book_loss(holding: Holding, lots: Lots, limit: int) -> Quote:
    """
    What a liquidation in the book loses against the mark if all of it fills at its limit.

    Units:   lots * ticks * quote a lot and tick -> quote; negative where the limit is better than the mark.
    Bounds:  lots < 2^40, limit < 2^32.
    Rounds:  nothing.
    Rejects: nothing.
    Claims:  C7.
    """
    ticks = holding.direction * (holding.market.mark - limit)
    return Quote(ticks * holding.market.config.quote_per_lot_tick * lots)
