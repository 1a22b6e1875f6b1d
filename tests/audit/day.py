"""
A day on a real contract: every kind of request, a takeover, a liquidation in the book, deleveraging, absorption, a lost
bond, and a new market.

`record.py` plays it with real proofs and keeps what an auditor sees; a test plays it with a verifier that accepts all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from prover.settlement.calldata import settle_arguments
from tests.chain import PRICES_E8, TOKEN_E6
from tests.risk_chain import SOL, SOL_E8, RiskVenue
from tests.vectors.crash import absorb, deleverage, risk_entry
from zkclear.rules import actions
from zkclear.rules.batch import Fill, OutcomeCode
from zkclear.rules.deleveraging import deleveraging_plan
from zkclear.rules.liquidation import hold, stand
from zkclear.rules.units import INSURANCE, AccountId, Lots, Ticks
from zkclear.v1.batch_pb2 import SealedBatch

FALLS, RICH, KEEPER = 2, 3, 4
"""Account 2 is long 2 ETH against account 3; account 4 watches."""
LOTS = 2_000
LOW_E8, DEEP_E8 = 279_000_000_000, 268_000_000_000
"""ETH at 2,790: account 2 is below maintenance; at 2,680 it owes more than it has."""
AGENT = "0x" + "11" * 20
REST_S = 120
"""Between batches, so that prices may move this far."""


@dataclass
class Day:
    """A venue, and who proves its batches: from a serialized witness to the 384 bytes of a proof."""

    venue: RiskVenue
    prove: Callable[[bytes], bytes]

    def play(self) -> None:
        """All of it, in batches of shape tiny."""
        self._morning()
        self._noon()
        self._crash()
        self._evening()

    def settle(self, *, eth_e8: int = PRICES_E8[0], **fields) -> SealedBatch:
        """Seals, proves and settles the next batch."""
        venue = self.venue
        venue.pass_time(REST_S)
        before = venue.tree
        prices = (eth_e8, PRICES_E8[1], SOL_E8)[: before.state.listed]
        sealed = venue.seal(prices_e8=prices, **fields)
        witness = venue.built(sealed, before=before).witness
        proof = self.prove(witness.SerializeToString())
        proved = venue.proved(sealed, before=before, proof=proof)
        venue.send(venue.contract.functions.settle(*settle_arguments(proved, shape_index=0).as_list()))
        return sealed

    def plan(self, eth_e8: int) -> Sequence[tuple[AccountId, Lots]]:
        """Who is deleveraged against account 2 at a price of ETH."""
        state = self.venue.tree.state
        mark = Ticks(eth_e8 // state.markets[0].config.tick_e8)
        rows = (replace(state.markets[0], mark=mark), *state.markets[1:])
        standings = {number: stand(account, rows) for number, account in state.accounts.items()}
        return deleveraging_plan(hold(standings[FALLS], 0, rows), FALLS, standings, rows)

    def _morning(self) -> None:
        """Three accounts, a small fund, and the trade that goes wrong later."""
        venue = self.venue
        assert [venue.open(amount * TOKEN_E6) for amount in (500, 10_000)] == [FALLS, RICH]
        self.settle()
        assert venue.open(10_000 * TOKEN_E6) == KEEPER
        venue.give_fund(100 * TOKEN_E6)
        self.settle()
        orders = [
            venue.order(FALLS, "BUY GTC", LOTS, 30_000, nonce=1_024),
            venue.order(RICH, "SELL IOC", LOTS, 30_000, nonce=1_024),
        ]
        self.settle(entries=orders, fills=[Fill(0, 1, LOTS)])

    def _noon(self) -> None:
        """Money goes out both ways; a keeper is wrong and pays its bond into the fund; an owner closes a part."""
        venue = self.venue
        wrong = venue.liquidate(FALLS, KEEPER)
        contract = venue.contract.functions
        venue.call_as(
            RICH, contract.authorizeAgent(RICH, AGENT, venue.now_s() + 10**6), paying_e6=venue.fee_e6
        )
        venue.call_as(RICH, contract.requestWithdrawal(RICH, 50 * TOKEN_E6), paying_e6=venue.fee_e6)
        sealed = self.settle(entries=[venue.withdrawal(RICH, 25 * TOKEN_E6, nonce=2_048)])
        assert venue.outcome(sealed, wrong) == (OutcomeCode.NOT_LIQUIDATABLE, 0)
        venue.send(contract.claim(venue.owner(RICH)))
        closed = venue.request_close(RICH, lots=300)
        sealed = self.settle(funding_steps=[50, -70])
        assert venue.outcome(sealed, closed) == (OutcomeCode.EXECUTED, 300)

    def _crash(self) -> None:
        """A takeover, the book, then more than the fund can carry: deleveraging, and absorption of the rest."""
        venue = self.venue
        right = venue.liquidate(FALLS, KEEPER, lots=200)
        sealed = self.settle(eth_e8=LOW_E8)
        assert venue.outcome(sealed, right) == (OutcomeCode.EXECUTED, 200)
        late = venue.liquidate(FALLS, KEEPER, market=1)
        sale = venue.risk(risk_entry(FALLS, actions.LIQUIDATION_SELL, lots=200, limit=27_870))
        bid = venue.order(KEEPER, "BUY GTC", 500, 27_890, nonce=2_048)
        sealed = self.settle(eth_e8=LOW_E8, entries=[sale, bid], fills=[Fill(1, 0, 150)])
        assert venue.outcome(sealed, late) == (OutcomeCode.NOTHING_TO_DO, 0)
        plan = self.plan(DEEP_E8)
        assert plan, "the fund could carry all of it: nobody is deleveraged"
        entries = [deleverage(account, FALLS, lots, rank) for rank, (account, lots) in enumerate(plan)]
        self.settle(eth_e8=DEEP_E8, entries=list(map(venue.risk, entries)))
        assert self.size(FALLS) > 0, "nothing is left for the fund"
        self.settle(eth_e8=DEEP_E8, entries=[venue.risk(absorb(FALLS))])
        assert (self.size(FALLS), self.size(INSURANCE) != 0) == (0, True)

    def _evening(self) -> None:
        """A third market is listed a week later, and traded in the batch after; the keeper claims its bonds."""
        venue = self.venue
        venue.queue_market(2, SOL)
        self.settle(eth_e8=DEEP_E8)
        orders = [
            venue.order(RICH, "SELL GTC", 10, 15_000, nonce=4_096, market=2),
            venue.order(KEEPER, "BUY IOC", 10, 15_000, nonce=4_096, market=2),
        ]
        self.settle(eth_e8=DEEP_E8, entries=orders, fills=[Fill(0, 1, 10)])
        venue.send(venue.contract.functions.claim(venue.owner(KEEPER)))

    def size(self, account: int) -> int:
        """Lots of ETH, signed."""
        return self.venue.tree.state.accounts[AccountId(account)].positions[0].size
