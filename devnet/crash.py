"""
The demo's second act: the recorded crash of 6 April 2025, leveraged traders, and everything that catches them.

One trader is taken over by a keeper bite by bite and closes the rest through L1, one is absorbed by the insurance
fund, and one goes bankrupt in a size that the fund cannot carry, so that the other side is deleveraged.
Deposits are chosen from the recorded prices, so that each meets its fate at a price that really came.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from devnet import story
from devnet.network import Network, add_section
from devnet.oracles import Oracles
from devnet.processes import free_port, python_module
from devnet.stage import Stage
from prover.settlement.anvil import development_account
from zkclear.client import DevSigner, round_to_step
from zkclear.client.models import AccountState
from zkclear.client.oracle import Tick

KEEPER, BITTEN, ABSORBED, BANKRUPT = 10, 11, 12, 13
"""The act's accounts; development signer n owns account n here, because signer 9 settles."""
SELLER = {"ETH-USD": 2, "BTC-USD": 3}
"""The makers of the first act, who sell what the traders buy, and are deleveraged in the end."""
FUND = Decimal(1_000)
KEEPER_TOKENS = Decimal(5_000)
FALL = (204, 216, 228, 330)
"""Recorded candles of the fall; each is within the largest move that the contract takes."""
MAINTENANCE = Decimal("0.025")
FEE = Decimal("0.0005")
LEAN, LEAN_S = Decimal("0.01"), 6
"""How far above the index the makers quote, and for how many seconds."""
INSURANCE = 0


@dataclass(frozen=True, slots=True)
class Bet:
    """A leveraged long: its value at the start, and the deposit that carries it."""

    account: int
    market: str
    size: Decimal
    deposit: Decimal


def fall() -> list[Tick]:
    """The recorded prices that the act walks down."""
    every = story.prices(count=FALL[-1] + 1, stride=1)
    return [every[candle] for candle in FALL]


def bets(now: Tick, then: Tick) -> tuple[Bet, ...]:
    """
    The three longs at the prices of `now`.

    The first two get what leaves them at a certain share of their maintenance margin at the prices of `then`.
    """

    def size(market: str, value: int) -> Decimal:
        return round_to_step(value / now.prices[market], story.LOTS[market])

    def cushion(market: str, lots: Decimal, health: Decimal) -> Decimal:
        before, after = lots * now.prices[market], lots * then.prices[market]
        return round_to_step(before - after + health * MAINTENANCE * after + FEE * before, Decimal("0.01"))

    eth, small = size("ETH-USD", 6_000), size("ETH-USD", 8_000)
    large = size("BTC-USD", 95_000)
    return (
        Bet(BITTEN, "ETH-USD", eth, cushion("ETH-USD", eth, Decimal("0.86"))),
        Bet(ABSORBED, "ETH-USD", small, cushion("ETH-USD", small, Decimal("0.48"))),
        Bet(
            BANKRUPT,
            "BTC-USD",
            large,
            round_to_step(large * now.prices["BTC-USD"] * Decimal("0.053"), Decimal(1)),
        ),
    )


@contextmanager
def keeper(running: Network) -> Iterator[Path]:
    """`zkclear keeper run` as a process of its own; its log."""
    add_section(
        running.config,
        "keeper",
        {
            "account": KEEPER,
            "markets": ["ETH-USD"],
            "metrics_listen": f"127.0.0.1:{free_port()}",
        },
    )
    log = running.folder / "keeper.log"
    key = {"ZKCLEAR_PRIVATE_KEY": f"0x{development_account(KEEPER).key.hex().removeprefix('0x')}"}
    arguments = ("keeper", "run", "--config", str(running.config))
    with python_module("zkclear.cli", *arguments, log=log, settings=key):
        yield log


class Crash:
    """The second act on a stage where the first one has ended."""

    def __init__(self, stage: Stage, oracles: Oracles, now: Tick) -> None:
        self.stage = stage
        self.oracles = oracles
        self.now = now
        self.fall = fall()
        self.bets = bets(now, self.fall[0])

    def play(self) -> None:
        """The act from the first deposit to the last deleverage."""
        self._open()
        self._lean()
        self._build()
        with keeper(self.stage.network):
            self._show(self.fall[0])
            self._bites()
            self._forced_close()
        for tick in self.fall[1:]:
            self._trade()
            self._show(tick)
        self.stage.wait(lambda: not self._state(BANKRUPT).positions, "the end of the bankrupt position")

    def _state(self, account: int) -> AccountState:
        return self.stage.client.account(account).state()

    def _show(self, tick: Tick) -> None:
        shown = ", ".join(f"{market} {price}" for market, price in tick.prices.items())
        self.stage.say(f"the crash: {shown}")
        self.oracles.show(tick.prices)

    def _trade(self) -> None:
        """
        A small trade between the makers at the mark.

        The contract takes a price within its largest move from the last one that was settled, and nothing settles
        while nothing happens.
        """
        buyer, seller = (self.stage.traders[account] for account in story.MAKERS)
        price = str(self.stage.client.market("BTC-USD").mark_price)
        buyer.place("BTC-USD", "buy", size="0.01", price=price, tif="POST_ONLY")
        seller.place("BTC-USD", "sell", size="0.01", price=price, tif="FOK")

    def _open(self) -> None:
        """Accounts, deposits, and a small insurance fund, to which anybody may pay."""
        stage = self.stage
        stage.say(f"second act: an insurance fund of {FUND:,} tokens, a keeper, three leveraged traders")
        stage.chain(SELLER["ETH-USD"] - 1).deposit(INSURANCE, FUND)
        deposits = {KEEPER: KEEPER_TOKENS, **{bet.account: bet.deposit for bet in self.bets}}
        for account, amount in deposits.items():
            chain = stage.chain(account)
            chain.mint(amount + 100)
            opened = chain.open(amount)
            if opened.account != account:
                raise RuntimeError(f"the contract gave account {opened.account}, not {account}")
            stage.traders[account] = stage.client.trading(DevSigner(account), account)
        stage.wait_accounts(deposits)

    def _lean(self) -> None:
        """For a few seconds the makers quote above the index: a premium, so that longs pay funding from here on."""
        buyer, seller = (self.stage.traders[account] for account in story.MAKERS)
        for trader in (buyer, seller):
            trader.cancel_all()
        for market in story.MARKETS:
            step, middle = story.TICKS[market], self.now.prices[market]
            size = str(round_to_step(2_000 / middle, story.LOTS[market]))
            for trader, side, above in ((buyer, "buy", LEAN), (seller, "sell", LEAN + LEAN)):
                price = str(round_to_step(middle * (1 + above), step))
                trader.place(market, side, size=size, price=price, tif="POST_ONLY")
        time.sleep(LEAN_S)

    def _build(self) -> None:
        """The traders buy at the mark; then everybody takes their quotes away, as in a crash."""
        for account in story.MAKERS:
            self.stage.traders[account].cancel_all()
        for bet in self.bets:
            price = round_to_step(self.now.prices[bet.market], story.TICKS[bet.market])
            seller = self.stage.traders[SELLER[bet.market]]
            seller.place(bet.market, "sell", size=str(bet.size), price=str(price), tif="POST_ONLY")
            bought = self.stage.traders[bet.account].place(
                bet.market, "buy", size=str(bet.size), price=str(price), tif="FOK"
            )
            value = bet.size * price
            self.stage.say(
                f"account {bet.account} is long {bet.size} {bet.market}, worth {value:,.0f}, on {bet.deposit:,} tokens:"
                f" {bought.status.lower()}"
            )

    def _bites(self) -> None:
        """The keeper takes one trader over until it is healthy; the fund takes the other one."""
        stage = self.stage
        stage.wait(lambda: not self._state(ABSORBED).positions, "the absorption")
        stage.say(f"account {ABSORBED} was absorbed by the insurance fund")
        stage.wait(lambda: self._state(BITTEN).health >= 1, "the rescue by the keeper")
        # A close in the batch of the last bite would meet an account below maintenance: there is nothing to close then.
        last = max(request.batch or 0 for request in stage.client.account(BITTEN).requests())
        stage.wait(
            lambda: stage.client.batches(limit=1)[0].number >= last, "the end of the last bite's batch"
        )
        stage.say(f"account {BITTEN} was taken over bite by bite and is healthy again")

    def _forced_close(self) -> None:
        """The owner of the rest asks the contract to close it; nobody can refuse."""
        self.stage.chain(BITTEN).request_close(BITTEN, "ETH-USD")
        self.stage.wait(lambda: not self._state(BITTEN).positions, "the forced close")
        self.stage.say(f"account {BITTEN} closed the rest through L1")

    def outcome(self) -> list[tuple[str, AccountState]]:
        """The act's accounts as they ended, with their roles."""
        roles = {
            INSURANCE: "insurance fund",
            SELLER["ETH-USD"]: "seller of ETH-USD",
            SELLER["BTC-USD"]: "seller of BTC-USD",
            KEEPER: "keeper",
            BITTEN: "taken over, then closed",
            ABSORBED: "absorbed",
            BANKRUPT: "bankrupt",
        }
        return [(role, self._state(account)) for account, role in roles.items()]
