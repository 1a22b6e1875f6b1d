"""Outsiders who make a thin market a little less thin: somebody who quotes a few hundred lots, and keepers with a purse."""

from tests.crashes.stage import USD, Stage
from zkclear.keeper.sizing import Terms, View, bids
from zkclear.rules.funding import settle_account
from zkclear.rules.units import AccountId, Lots

PURSE = 20_000 * USD
QUOTE = 1_500 * USD
"""Worth of each side's quote: enough for the impact notional of funding."""
AWAY_PPM = 10_000
KEEPER_MARGIN_PPM = 100_000
"""What a keeper keeps above its initial margin, of what it takes over."""


class Outsiders:
    """Two keepers and one who quotes both sides, each with its own purse; all of them lose what they lose."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.quoter, *self.keepers = (stage.open(PURSE) for _ in range(3))

    def act(self) -> None:
        """After a price: new quotes around it, and a bid of each keeper for what is worth most to it."""
        self.quote()
        if self.stage.floor.exchange.desk.since:
            for keeper in self.keepers:
                self.bid(keeper)

    def quote(self) -> None:
        """Both sides one percent from the mark, if margin allows."""
        stage = self.stage
        stage.floor.cancel_all(self.quoter)
        away = max(1, stage.mark() * AWAY_PPM // 10**6)
        lots = QUOTE // (stage.mark() * stage.config.quote_per_lot_tick)
        for action, price in (("BUY POST_ONLY", -away), ("SELL POST_ONLY", away)):
            stage.try_order(self.quoter, action, lots, stage.mark() + price)

    def bid(self, keeper: int) -> None:
        """What the keeper program would ask for, by an L1 request."""
        terms = Terms(margin_ppm=KEEPER_MARGIN_PPM)
        for chance in bids(self.view(), terms, taker=AccountId(keeper))[:1]:
            self.stage.take_over(chance.account, keeper, lots=Lots(chance.lots), market=chance.market)

    def view(self) -> View:
        """The accounts as the open batch found them."""
        exchange = self.stage.floor.exchange
        markets = exchange.batch.markets
        accounts = {
            account: settle_account(stored, markets).account
            for account, stored in exchange.state.accounts.items()
        }
        return View(names=tuple(exchange.markets.names), markets=markets, accounts=accounts, waiting={})
