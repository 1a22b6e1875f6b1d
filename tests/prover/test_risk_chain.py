"""Every risk operation through the contract: asked for on the chain, proved for real in shape tiny, settled, paid."""

import pytest

from prover.proving.records import ProvedBatch
from prover.settlement.calldata import settle_arguments
from prover.settlement.dev_markets import Listing
from prover.settlement.genesis import read_genesis, read_listings
from tests.chain import PRICES_E8, TOKEN_E6, deployed
from tests.risk_chain import CHANGED, SOL, SOL_E8, RiskVenue
from tests.vectors.crash import absorb, deleverage, risk_entry
from zkclear.crypto.state_tree import StateTree
from zkclear.rules import actions
from zkclear.rules.batch import Fill, OutcomeCode
from zkclear.rules.deleveraging import deleveraging_plan
from zkclear.rules.liquidation import hold, stand
from zkclear.rules.state import Market
from zkclear.rules.units import INSURANCE
from zkclear.v1.batch_pb2 import SealedBatch

FALLS, RICH, KEEPER = 2, 3, 4
"""Account 2 is long 2,000 lots (2 ETH) against account 3; account 4 watches."""
LOTS = 2_000
LOW_E8, DEEP_E8, BANKRUPT_E8 = 279_000_000_000, 276_000_000_000, 270_000_000_000
"""ETH at 2,790: below maintenance; at 2,760: below half of it; at 2,700: account 2 owes 100 tokens."""


class Day:
    """A venue whose batches are proved and settled, one after the other; the money is counted after each."""

    def __init__(self, venue: RiskVenue, prove) -> None:
        self.venue = venue
        self.prove = prove

    def settle(self, *, eth_e8: int = PRICES_E8[0], **fields) -> SealedBatch:
        venue = self.venue
        before = venue.tree
        prices = (eth_e8, PRICES_E8[1], SOL_E8)[: before.state.listed]
        sealed = venue.seal(prices_e8=prices, **fields)
        built = venue.built(sealed, before=before)
        proof = self.prove(built.witness.SerializeToString())
        proved = ProvedBatch(sealed, proof, old_root=before.root, new_root=built.tree.root)
        arguments = settle_arguments(proved, shape_index=0).as_list()
        venue.send(venue.contract.functions.settle(*arguments))
        assert venue.contract.functions.stateRoot().call() == venue.tree.root == built.tree.root
        venue.check_money()
        return sealed

    def size(self, account: int, market: int = 0) -> int:
        return self.venue.tree.state.accounts[account].positions[market].size

    def collateral(self, account: int) -> int:
        return self.venue.tree.state.accounts[account].collateral

    def claimable(self, account: int) -> int:
        return self.venue.contract.functions.claimable(self.venue.owner(account)).call()

    def standings(self, eth_e8: int):
        """Every account at a price of ETH, and the markets."""
        state = self.venue.tree.state
        mark = eth_e8 // state.markets[0].config.tick_e8
        rows = (Market(state.markets[0].config, mark), *state.markets[1:])
        return {number: stand(account, rows) for number, account in state.accounts.items()}, rows


@pytest.fixture(scope="module")
def morning(tiny_keys, prove):
    """Three accounts, a small fund, and the trade that goes wrong later: proved once for all tests."""
    with deployed(keys=[tiny_keys]) as (url, deployment):
        day = Day(RiskVenue(url, deployment), prove)
        venue = day.venue
        assert [venue.open(amount * TOKEN_E6) for amount in (500, 10_000)] == [FALLS, RICH]
        day.settle()
        assert venue.open(10_000 * TOKEN_E6) == KEEPER
        venue.give_fund(100 * TOKEN_E6)
        day.settle()
        orders = [
            venue.order(FALLS, "BUY GTC", LOTS, 30_000, nonce=1_024),
            venue.order(RICH, "SELL IOC", LOTS, 30_000, nonce=1_024),
        ]
        day.settle(entries=orders, fills=[Fill(0, 1, LOTS)])
        yield day


@pytest.fixture
def day(morning):
    """The morning again: chain and venue go back to it after each test."""
    venue = morning.venue
    kept = venue.tree, venue.next_request, list(venue.listings), dict(venue.owners)
    snapshot = venue.rpc("evm_snapshot")
    venue.pass_time(120)
    yield morning
    assert venue.rpc("evm_revert", snapshot) is True
    venue.tree, venue.next_request, venue.listings, venue.owners = kept


def test_c7_a_keeper_takes_over_a_part_and_gets_its_bond_back(day):
    """liquidate -> batch -> proof -> settle -> claim. Half of the discount is the keeper's, half the fund's."""
    venue = day.venue
    fund, keeper = day.collateral(INSURANCE), day.collateral(KEEPER)
    request = venue.liquidate(FALLS, KEEPER)
    assert venue.contract.functions.pendingRisk(FALLS).call() == [0, request + 1]
    sealed = day.settle(eth_e8=LOW_E8)
    assert venue.outcome(sealed, request) == (OutcomeCode.EXECUTED, 600)
    assert (day.size(FALLS), day.size(KEEPER), day.size(RICH)) == (LOTS - 600, 600, -LOTS)
    value = 600 * 27_900 * 100
    gain, share = day.collateral(INSURANCE) - fund, day.collateral(KEEPER) - keeper + value
    assert 0 < share <= gain <= share + 1
    assert venue.contract.functions.pendingRisk(FALLS).call() == [0, 0]
    assert day.claimable(KEEPER) == venue.bond_e6
    venue.send(venue.contract.functions.claim(venue.owner(KEEPER)))
    assert venue.token.functions.balanceOf(venue.owner(KEEPER)).call() == venue.bond_e6
    venue.check_money()


def test_c7_far_below_a_keeper_takes_all_of_it(day):
    """Below the closeout share there is no close factor; what is left of the collateral stays the trader's."""
    venue = day.venue
    equity = day.standings(DEEP_E8)[0][FALLS].equity
    request = venue.liquidate(FALLS, KEEPER)
    sealed = day.settle(eth_e8=DEEP_E8)
    assert venue.outcome(sealed, request) == (OutcomeCode.EXECUTED, LOTS)
    assert (day.size(FALLS), day.size(KEEPER)) == (0, LOTS)
    assert 0 <= day.collateral(FALLS) < equity
    assert day.claimable(KEEPER) == venue.bond_e6


def test_c7_a_keeper_who_was_wrong_pays_its_bond_into_the_fund(day):
    """The bond waits as a deposit to account 0 and arrives with the next batch."""
    venue = day.venue
    fund, before = day.collateral(INSURANCE), venue.tree.state
    request = venue.liquidate(FALLS, KEEPER)
    sealed = day.settle()
    assert venue.outcome(sealed, request) == (OutcomeCode.NOT_LIQUIDATABLE, 0)
    assert (day.size(FALLS), day.size(KEEPER)) == (LOTS, 0)
    assert day.claimable(KEEPER) == 0
    assert venue.contract.functions.queuedDeposits().call() == venue.bond_e6
    assert venue.contract.functions.queuedBonds().call() == 0
    assert day.collateral(INSURANCE) == fund
    day.settle()
    assert day.collateral(INSURANCE) == fund + venue.bond_e6
    assert venue.contract.functions.queuedDeposits().call() == 0
    assert before.number + 2 == venue.tree.state.number


def test_c7_a_taker_who_cannot_carry_it_pays_too(day):
    """An account with 11 tokens and 600 lots of ETH offered to it."""
    venue = day.venue
    poor = venue.open(11 * TOKEN_E6)
    request = venue.liquidate(FALLS, poor)
    sealed = day.settle(eth_e8=LOW_E8)
    assert venue.outcome(sealed, request) == (OutcomeCode.TAKER_UNFIT, 0)
    assert venue.contract.functions.queuedDeposits().call() == venue.bond_e6


def test_c9_an_owner_closes_against_the_fund_and_leaves(day):
    """A forced close needs no counterparty: at the mark less the discount, in one batch."""
    venue = day.venue
    fund = day.collateral(INSURANCE)
    request = venue.request_close(RICH, lots=700)
    sealed = day.settle()
    assert venue.outcome(sealed, request) == (OutcomeCode.EXECUTED, 700)
    assert (day.size(RICH), day.size(INSURANCE)) == (-LOTS + 700, -700)
    discount = 700 * 30_000 * 100 * 15_000 // 10**6
    assert day.collateral(INSURANCE) == fund + 700 * 30_000 * 100 + discount


def test_c9_a_fund_that_cannot_carry_a_close_does_not(day):
    """The fund has 100 tokens and would need 300 for the whole position, less the discount of 90."""
    venue = day.venue
    request = venue.request_close(RICH)
    sealed = day.settle()
    assert venue.outcome(sealed, request) == (OutcomeCode.FUND_UNFIT, 0)
    assert (day.size(RICH), day.size(INSURANCE)) == (-LOTS, 0)


def test_c7_a_liquidation_in_the_book_sells_to_whoever_bids(day):
    """A risk entry of 32 bytes in calldata, filled against a signed order."""
    venue = day.venue
    fund = day.collateral(INSURANCE)
    bid = venue.order(KEEPER, "BUY GTC", 500, 27_890, nonce=2_048)
    sale = venue.risk(risk_entry(FALLS, actions.LIQUIDATION_SELL, lots=600, limit=27_870))
    day.settle(eth_e8=LOW_E8, entries=[sale, bid], fills=[Fill(1, 0, 500)])
    assert (day.size(FALLS), day.size(KEEPER)) == (LOTS - 500, 500)
    assert day.collateral(INSURANCE) > fund


def test_c7_the_fund_absorbs_what_is_deep_under_water(day):
    venue = day.venue
    venue.give_fund(1_000 * TOKEN_E6)
    day.settle(eth_e8=DEEP_E8, entries=[venue.risk(absorb(FALLS))])
    assert (day.size(FALLS), day.size(INSURANCE)) == (0, LOTS)
    assert day.collateral(FALLS) >= 0


def test_c7_the_fund_pays_the_hole_of_what_it_absorbs(day):
    """Account 2 owes money: it ends with nothing, and the fund pays to the unit what was owed."""
    venue = day.venue
    fund, equity = day.collateral(INSURANCE), day.standings(BANKRUPT_E8)[0][FALLS].equity
    venue.give_fund(1_000 * TOKEN_E6)
    day.settle(eth_e8=BANKRUPT_E8, entries=[venue.risk(absorb(FALLS))])
    value = LOTS * 27_000 * 100
    assert equity < 0 == day.collateral(FALLS)
    assert day.collateral(INSURANCE) == fund + 1_000 * TOKEN_E6 - value + equity


def test_c7_counterparties_carry_what_the_fund_cannot(day):
    """Account 2 owes 100 tokens, the fund has 100: some lots are deleveraged, the fund absorbs the rest."""
    venue = day.venue
    standings, rows = day.standings(BANKRUPT_E8)
    holding = hold(standings[FALLS], 0, rows)
    ((account, lots),) = deleveraging_plan(holding, FALLS, standings, rows)
    assert (account, 0 < lots < LOTS) == (RICH, True)
    day.settle(eth_e8=BANKRUPT_E8, entries=[venue.risk(deleverage(RICH, FALLS, lots, 0))])
    assert (day.size(FALLS), day.size(RICH)) == (LOTS - lots, -LOTS + lots)
    day.settle(eth_e8=BANKRUPT_E8, entries=[venue.risk(absorb(FALLS))])
    assert (day.size(FALLS), day.collateral(FALLS)) == (0, 0)
    assert day.size(INSURANCE) == LOTS - lots


def test_c9_a_market_is_listed_after_seven_days_and_changed_after_thirty(day):
    """The batch that consumes the request is judged by the old rules, the next one by the new ones."""
    venue = day.venue
    genesis = StateTree(read_genesis(venue.contract)).root
    listed = venue.queue_market(2, SOL)
    sealed = day.settle()
    assert venue.outcome(sealed, listed)[0] == OutcomeCode.EXECUTED
    assert venue.contract.functions.marketCount().call() == venue.tree.state.listed == 3
    orders = [
        venue.order(FALLS, "BUY GTC", 10, 15_000, nonce=4_096, market=2),
        venue.order(RICH, "SELL IOC", 10, 15_000, nonce=4_096, market=2),
    ]
    day.settle(entries=orders, fills=[Fill(0, 1, 10)], funding_steps=[0, 0, 0])
    assert (day.size(FALLS, 2), day.size(RICH, 2)) == (10, -10)
    changed = venue.queue_market(0, Listing("ETH-USD", CHANGED))
    sealed = day.settle()
    assert venue.outcome(sealed, changed)[0] == OutcomeCode.EXECUTED
    assert venue.tree.state.markets[0].config == CHANGED
    assert venue.contract.functions.market(0).call()[1][8] == CHANGED.taker_fee
    assert [each.name for each in read_listings(venue.contract)] == ["ETH-USD", "BTC-USD"]
    assert StateTree(read_genesis(venue.contract)).root == genesis, (
        "a later start begins where the first one did"
    )
