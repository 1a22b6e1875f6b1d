"""
A chain on which an account falls below its maintenance margin, for keepers to find: real contract, real batches, no proofs.

Account 2 is long one ETH at twenty times leverage against account 3; accounts 4 and 5 are two keepers' takers.
"""

import time
from contextlib import contextmanager
from dataclasses import dataclass

from prover.settlement.calldata import settle_arguments
from tests.chain import Venue, deployed
from tests.client.exchange import serving
from zkclear.client import DevSigner
from zkclear.client.amounts import E8, PPM
from zkclear.keeper.sizing import health_ppm
from zkclear.keeper.wallet import Wallet
from zkclear.rules.batch import Fill
from zkclear.rules.funding import settle_account
from zkclear.rules.liquidation import stand
from zkclear.v1 import account_pb2, liquidation_pb2, market_data_pb2

LONG, SHORT, TAKER, RIVAL = 2, 3, 4, 5
SIGNERS = {LONG: 3, SHORT: 4, TAKER: 5, RIVAL: 6}
ENTRY, FALLEN = 3_000, 2_910
NAMES = ("ETH-USD", "BTC-USD")


@dataclass
class Ground:
    """The venue and a client of every owner, by account."""

    venue: Venue
    clients: dict

    @property
    def state(self):
        return self.venue.tree.state

    def settle(self, *, eth=None, **batch):
        """The next batch, settled at once; ETH at the last mark if no other is given."""
        if eth is None:
            eth = self.state.markets[0].mark // 10 if self.state.markets[0].mark else ENTRY
        before = self.venue.tree
        sealed = self.venue.seal(prices_e8=(eth * E8, 60_000 * E8), **batch)
        proved = self.venue.proved(sealed, before=before)
        arguments = settle_arguments(proved, shape_index=0).as_list()
        self.venue.send(self.venue.contract.functions.settle(*arguments))

    def trade(self, *, buyer, seller, lots, price, nonce):
        """Two orders that meet, ready to be sealed: the seller makes."""
        entries = (
            self.venue.order(buyer, "BUY IOC", lots, price * 10, nonce=nonce),
            self.venue.order(seller, "SELL GTC", lots, price * 10, nonce=nonce),
        )
        maker, taker = (1, 0) if buyer < seller else (0, 1)
        return {"entries": entries, "fills": (Fill(maker=maker, taker=taker, lots=lots),)}

    def fall(self):
        """The price at which account 2 is liquidatable, and not deep."""
        self.settle(eth=FALLEN)

    def free(self, account):
        """What the owner of an account has in the wallet."""
        return self.clients[account].balances().token


@contextmanager
def ground():
    """Everything opened and traded; the price has not fallen yet."""
    with deployed() as (rpc_url, made):
        clients = {
            account: Wallet(rpc_url, made.settlement, DevSigner(index)) for account, index in SIGNERS.items()
        }
        made_here = Ground(Venue(rpc_url, made), clients)
        for account, index in SIGNERS.items():
            clients[account].mint(10_000)
            opened = clients[account].open(160 if account == LONG else 5_000)
            assert opened.account == account
            made_here.venue.owners[account] = int.from_bytes(DevSigner(index).secret, "big")
            if account in (SHORT, RIVAL):  # four requests fill a batch
                made_here.settle()
        made_here.settle(**made_here.trade(buyer=LONG, seller=SHORT, lots=1_000, price=ENTRY, nonce=1_024))
        yield made_here


def snapshot(node):
    """A point of the chain to come back to."""
    return node.provider.make_request("evm_snapshot", [])["result"]


def back_to(node, point):
    """Undoes everything since."""
    assert node.provider.make_request("evm_revert", [point])["result"]
    # The chain's clock went back as well, and a batch of the present would come from its future.
    assert "error" not in node.provider.make_request("evm_setTime", [int(time.time())])
    node.provider.make_request("evm_mine", [])


@contextmanager
def undone(made):
    """Whatever is done to the market meanwhile is undone at the end."""
    venue = made.venue
    point, tree, request = snapshot(venue.node), venue.tree, venue.next_request
    yield made
    back_to(venue.node, point)
    venue.tree, venue.next_request = tree, request


def pay_out(node, address):
    """Leaves an address without gas money."""
    node.provider.make_request("anvil_setBalance", [address, "0x0"])


@contextmanager
def exchange_of(made):
    """An exchange that answers what the venue's state says, over a real port."""
    with serving() as (served, target):
        served.target = target
        served.contract = int(made.venue.deployment.settlement, 16)
        show(served, made.state)
        yield served


def show(served, state):
    """The exchange answers what this state says."""
    listed = state.markets[: state.listed]
    served.markets = [market_message(index, market) for index, market in enumerate(listed)]
    served.accounts, served.at_risk = {}, []
    for number, account in state.accounts.items():
        settled = settle_account(account, state.markets).account
        standing = stand(settled, state.markets)
        positions = [
            account_pb2.Position(market=NAMES[index], size_e8=position.size * listed[index].config.lot_e8)
            for index, position in enumerate(settled.positions)
            if position.size
        ]
        served.accounts[number] = account_pb2.Account(
            account=number,
            owner=settled.owner.to_bytes(20, "big"),
            collateral_e6=settled.collateral,
            equity_e6=standing.equity,
            maintenance_e6=standing.maintenance,
            positions=positions,
        )
        if positions and health_ppm(standing) < PPM:
            served.at_risk.append(liquidation_pb2.AtRisk(account=number, health_ppm=health_ppm(standing)))


def market_message(index, market):
    """A market as the exchange says it."""
    config = market.config
    return market_data_pb2.Market(
        name=NAMES[index],
        index=index,
        lot_e8=config.lot_e8,
        tick_e8=config.tick_e8,
        quote_per_lot_tick=config.quote_per_lot_tick,
        t1_e6=config.t1,
        t2_e6=config.t2,
        maintenance_ppm=[config.maintenance.r1, config.maintenance.r2, config.maintenance.r3],
        initial_ppm=[config.initial.r1, config.initial.r2, config.initial.r3],
        maker_fee_ppm=config.maker_fee,
        taker_fee_ppm=config.taker_fee,
        liquidation_fee_ppm=config.liquidation_fee,
        keeper_share_ppm=config.keeper_share,
        close_factor_ppm=config.close_factor,
        closeout_ppm=config.closeout,
        max_funding_rate_ppm=config.max_funding_rate,
        max_open_interest_e8=config.max_open_interest * config.lot_e8,
        mark_price_e8=market.mark * config.tick_e8,
        funding_index=market.funding_index,
        open_interest_e8=market.open_interest * config.lot_e8,
    )
