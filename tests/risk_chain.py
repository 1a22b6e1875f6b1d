"""
What owners, keepers and the governor do on a development chain: for tests of risk operations through the contract.

Time may be moved: the chain's clock is the only one that `Venue` follows once it is ahead of the wall clock.
"""

from dataclasses import replace
from typing import Any

from eth_account import Account
from web3 import Web3
from web3.types import RPCEndpoint

from prover.settlement.anvil import development_account
from prover.settlement.artifacts import forge_artifact
from prover.settlement.deploy import CHANGE_DELAY_S, LIST_DELAY_S
from prover.settlement.dev_markets import DEV_MARKETS, Listing
from tests.chain import DEPLOYER, Venue
from zkclear.crypto.entry import listing
from zkclear.rules.markets import fields_of_config
from zkclear.rules.state import MarketConfig
from zkclear.v1.batch_pb2 import SealedBatch

ETHER = 10**18
MOST = 2**40 - 1
NO_SALT = bytes(32)
CHANGED: MarketConfig = replace(DEV_MARKETS[0].config, taker_fee=400, max_open_interest=10**9)
"""New rules for the first market."""
SOL = Listing("SOL-USD", replace(DEV_MARKETS[0].config, lot_e8=1_000_000, tick_e8=1_000_000))
"""A third market: one lot is 0.01 SOL, one tick 0.01 tokens."""
SOL_E8 = 15_000_000_000
"""150 tokens."""


class RiskVenue(Venue):
    """A venue whose owners call the contract themselves, with what they pay for it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.bond_e6, self.fee_e6 = self.contract.functions.parameters().call()[-2:]

    def rpc(self, method: str, *values: Any) -> Any:
        """A call of Anvil's own; refused ones fail the test."""
        answer = self.node.provider.make_request(RPCEndpoint(method), list(values))
        assert "error" not in answer, answer
        return answer["result"]

    def pass_time(self, seconds: int) -> None:
        """The next block is that much later."""
        self.rpc("evm_increaseTime", seconds)
        self.rpc("evm_mine")

    def now_s(self) -> int:
        """The chain's time, in which nothing happens but what a test does."""
        self.rpc("evm_mine")
        return int(self.node.eth.get_block("latest")["timestamp"])

    def owner(self, account: int) -> str:
        """The address of an account's owner."""
        return str(Account.from_key(self._key(account)).address)

    def call_as(self, account: int, call: Any, *, paying_e6: int) -> int:
        """A call of the account's owner, who first gets and approves what it costs; the number of the request."""
        owner = self.owner(account)
        self.rpc("anvil_setBalance", owner, hex(ETHER))
        self.send(self.token.functions.mint(owner, paying_e6))
        self._sign(account, self.token.functions.approve(self.deployment.settlement, paying_e6))
        self._sign(account, call)
        return int(self.contract.functions.queueLength().call()) - 1

    def liquidate(self, account: int, taker: int, *, lots: int = MOST, market: int = 0) -> int:
        """The taker's owner puts up the bond and asks for the position."""
        call = self.contract.functions.liquidate(account, market, lots, taker)
        return self.call_as(taker, call, paying_e6=self.bond_e6)

    def request_close(self, account: int, *, lots: int = MOST, market: int = 0) -> int:
        """The owner asks to be closed against the fund."""
        call = self.contract.functions.requestClose(account, market, lots)
        return self.call_as(account, call, paying_e6=self.fee_e6)

    def give_fund(self, amount_e6: int) -> None:
        """A deposit to account 0."""
        self.send(self.token.functions.mint(development_account(DEPLOYER).address, amount_e6))
        self.send(self.token.functions.approve(self.deployment.settlement, amount_e6))
        self.send(self.contract.functions.deposit(0, amount_e6))

    def queue_market(self, market: int, new: Listing) -> int:
        """What the governor does: announce it to everybody, wait for the delay, queue it."""
        is_new = market >= self.tree.state.listed
        address = self.deployment.market_lister if is_new else self.deployment.market_governor
        delay_s = LIST_DELAY_S if is_new else CHANGE_DELAY_S
        timelock = self.node.eth.contract(
            address=Web3.to_checksum_address(address), abi=forge_artifact("MarketTimelock").abi
        )
        data = self.contract.encode_abi(
            "queueMarket", args=[market, (new.name, fields_of_config(new.config))]
        )
        terms = (self.deployment.settlement, 0, data, NO_SALT, NO_SALT)
        self.send(timelock.functions.schedule(*terms, delay_s))
        self.pass_time(delay_s)
        self.send(timelock.functions.execute(*terms))
        self.listings = [*self.listings[:market], listing(new.name, new.config), *self.listings[market + 1 :]]
        return int(self.contract.functions.queueLength().call()) - 1

    def check_money(self) -> None:
        """Every token in the vault is in an account, on its way into one, a bond, or a claim: to the unit."""
        state = self.tree.state
        pending = sum(
            -position.size * (market.funding_index - position.funding_index)
            for account in state.accounts.values()
            for position, market in zip(account.positions, state.markets, strict=True)
        )
        collateral = sum(account.collateral for account in state.accounts.values())
        inside = 10**6 * collateral + pending + state.funding_dust
        names = ("totalClaims", "queuedDeposits", "queuedBonds")
        outside = sum(int(getattr(self.contract.functions, name)().call()) for name in names)
        vault = int(self.token.functions.balanceOf(self.deployment.settlement).call())
        assert inside + 10**6 * outside == 10**6 * vault

    def outcome(self, sealed: SealedBatch, request: int) -> tuple[int, int]:
        """What became of a request: code and amount."""
        row = sealed.requests[request - sealed.first_request]
        return row.outcome, row.amount

    def _key(self, account: int) -> bytes:
        return self.owners[account].to_bytes(32, "big")

    def _sign(self, account: int, call: Any) -> None:
        owner = Account.from_key(self._key(account))
        nonce = self.node.eth.get_transaction_count(owner.address)
        transaction = call.build_transaction({"from": owner.address, "nonce": nonce})
        sent = self.node.eth.send_raw_transaction(owner.sign_transaction(transaction).raw_transaction)
        assert self.node.eth.wait_for_transaction_receipt(sent)["status"] == 1
