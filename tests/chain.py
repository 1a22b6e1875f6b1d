"""
A development chain with a deployment, and batches sealed for it: for tests that settle.

`Venue` stands in for the sequencer: it opens accounts on the chain, signs orders and price reports with real keys, and
seals batches by the rule book.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from web3 import Web3

from prover.proving.keys import CircuitKeys
from prover.proving.records import ProvedBatch
from prover.settlement.anvil import anvil, development_account
from prover.settlement.artifacts import Artifact, contract_abi
from prover.settlement.chain import Chain
from prover.settlement.deploy import Deployment, Plan, deploy, deploy_plan
from prover.settlement.dev_markets import DEV_MARKETS
from prover.settlement.genesis import read_genesis
from prover.witness import Built, build_witness, parse_batch
from zkclear.crypto.bind import bind_batch
from zkclear.crypto.eip712 import Domain, price_report_digest
from zkclear.crypto.entry import entry_digest, listing
from zkclear.crypto.keccak import keccak256
from zkclear.crypto.signatures import ORDER, address_of, recover, sign
from zkclear.crypto.state_tree import StateTree
from zkclear.rules import actions
from zkclear.rules.batch import Batch, Entry, Fill
from zkclear.rules.markets import config_of_fields
from zkclear.rules.opening import advance_markets, open_accounts, resolve_requests
from zkclear.rules.shapes import shape_by_name
from zkclear.rules.state import MarketConfig
from zkclear.rules.transition import clear
from zkclear.rules.units import Address
from zkclear.rules.words import entry_word, parse_entry
from zkclear.v1.batch_pb2 import Proof, SealedBatch, SealedEntry, SealedRequest
from zkclear.v1.witness_pb2 import WitnessFill

ACCEPTING = Artifact("Accepting", abi=[], bytecode="6001600c60003960016000f300", links={})
"""A contract of the single instruction STOP: it accepts every proof. For tests of what happens around proofs."""
REFUSING = Artifact("Refusing", abi=[], bytecode="6005600c60003960056000f360006000fd", links={})
"""One that refuses every proof, with a plain revert."""
TOKEN_E6 = 10**6
PRICES_E8 = (300_000_000_000, 6_000_000_000_000)
"""ETH at 3,000 and BTC at 60,000 tokens."""
HOUR_S = 3_600
DEPLOYER, FEE_RECIPIENT, SETTLER = 0, 1, 2
"""Which development account does what."""


def secret(name: str) -> int:
    """A private key that is the same in every run."""
    return int.from_bytes(keccak256(f"zkclear chain test {name}".encode()), "big") % (ORDER - 1) + 1


ORACLES = tuple(sorted((secret(f"oracle {index}") for index in range(3)), key=address_of))


def plan() -> Plan:
    """Two of three oracle signers, the development markets."""
    return Plan(
        oracle_signers=tuple(f"0x{address_of(key):040x}" for key in ORACLES),
        oracle_quorum=2,
        fee_recipient=development_account(FEE_RECIPIENT).address,
    )


@contextmanager
def deployed(
    *,
    keys: Sequence[CircuitKeys] = (),
    block_time_s: int | None = None,
    timestamp_s: int | None = None,
    verifier: Artifact = ACCEPTING,
) -> Iterator[tuple[str, Deployment]]:
    """A chain with everything deployed: real verifiers for `keys`, or one that accepts every proof of shape tiny."""
    with anvil(block_time_s=block_time_s, timestamp_s=timestamp_s) as chain:
        key = development_account(DEPLOYER).key
        if keys:
            terms = plan()
            made = deploy(
                rpc_url=chain.rpc_url,
                deployer_key=key,
                keys=keys,
                oracle_signers=terms.oracle_signers,
                oracle_quorum=terms.oracle_quorum,
                fee_recipient=terms.fee_recipient,
            )
        else:
            made = deploy_plan(plan(), [("tiny", verifier)], rpc_url=chain.rpc_url, deployer_key=key)
        yield chain.rpc_url, made


def chain_of(venue: Venue) -> Chain:
    """The chain of a venue as the prover sees it."""
    deployment = venue.deployment
    return Chain([venue.rpc_url], chain_id=deployment.chain_id, contract=deployment.settlement)


def _position(entry: SealedEntry) -> tuple[int, int]:
    """The place of an entry in its batch."""
    return parse_entry(int.from_bytes(entry.word, "big"), Address(0)).position


@dataclass
class Venue:
    """Accounts, orders, prices and sealed batches on one deployment."""

    rpc_url: str
    deployment: Deployment
    owners: dict[int, int] = field(default_factory=dict)
    next_request: int = 0

    def __post_init__(self) -> None:
        self.node = Web3(Web3.HTTPProvider(self.rpc_url))
        address, token = self.deployment.settlement, self.deployment.token
        self.contract = self.node.eth.contract(address=address, abi=contract_abi("Settlement"))
        self.token = self.node.eth.contract(address=token, abi=contract_abi("DevToken"))
        self.domain = Domain(chain_id=self.deployment.chain_id, contract=int(address, 16))
        self.listings = [listing(each.name, each.config) for each in DEV_MARKETS]
        self.tree = StateTree(read_genesis(self.contract))

    def queued_config(self, request: int) -> MarketConfig:
        """What the MARKET request with this number asks for."""
        return config_of_fields(self.contract.functions.queuedMarket(request).call()[1])

    def send(self, call) -> None:
        """A transaction of the deployer, mined or the test fails."""
        done = call.transact({"from": development_account(DEPLOYER).address})
        assert self.node.eth.wait_for_transaction_receipt(done)["status"] == 1

    def open(self, amount_e6: int) -> int:
        """A new account of a new owner, with a deposit."""
        account = self.contract.functions.accountCount().call()
        self.owners[account] = secret(f"owner {account}")
        self.send(self.token.functions.mint(development_account(DEPLOYER).address, amount_e6))
        self.send(self.token.functions.approve(self.deployment.settlement, amount_e6))
        owner = Web3.to_checksum_address(f"0x{address_of(self.owners[account]):040x}")
        self.send(self.contract.functions.open(owner, amount_e6))
        return account

    def now_s(self) -> int:
        """Between the chain's time and the wall clock, whichever is later."""
        return max(int(self.node.eth.get_block("latest")["timestamp"]), int(time.time()))

    def order(
        self, account: int, action: str, lots: int, limit: int, *, nonce: int, market: int = 0
    ) -> SealedEntry:
        """A signed order, good for an hour."""
        return self.signed(
            Entry(
                account=account,
                market=market,
                action=actions.parse_order_action(action),
                lots=lots,
                limit=limit,
                expiry=self.now_s() + HOUR_S,
                nonce=nonce,
                signer=Address(0),
            )
        )

    def withdrawal(self, account: int, amount: int, *, nonce: int) -> SealedEntry:
        """A signed withdrawal to the account's owner."""
        return self.signed(
            Entry(
                account=account,
                market=0,
                action=actions.WITHDRAW,
                lots=amount >> 32,
                limit=amount & (2**32 - 1),
                expiry=self.now_s() + HOUR_S,
                nonce=nonce,
                signer=Address(0),
            ),
            recipient=address_of(self.owners[account]),
        )

    def signed(self, entry: Entry, *, recipient: int | None = None) -> SealedEntry:
        """The entry as the sequencer seals it."""
        digest = entry_digest(self.domain, entry, listings=self.listings, asset="USD", recipient=recipient)
        signature = sign(digest, self.owners[entry.account])
        return SealedEntry(
            word=entry_word(entry).to_bytes(32, "big"),
            signature=signature,
            signer=recover(digest, signature).to_bytes(20, "big"),
            recipient=b"" if recipient is None else recipient.to_bytes(20, "big"),
        )

    def reports(self, time_s: int, prices_e8: Sequence[int]) -> bytes:
        """Reports of all three signers, as calldata has them."""
        digest = price_report_digest(self.domain, time=time_s, prices_e8=prices_e8)
        body = time_s.to_bytes(8, "big") + b"".join(price.to_bytes(8, "big") for price in prices_e8)
        return b"".join(body + sign(digest, key) for key in ORACLES)

    def seal(
        self,
        *,
        entries: Sequence[SealedEntry] = (),
        fills: Sequence[Fill] = (),
        requests: int | None = None,
        prices_e8: Sequence[int] = PRICES_E8,
        funding_steps: Sequence[int] = (),
        shape: str = "tiny",
    ) -> SealedBatch:
        """
        The next batch; it takes all requests that wait, or the first `requests` of them.

        Funding steps are 0 where none is given.
        """
        state, time_s = self.tree.state, self.now_s()
        end = self.contract.functions.queueLength().call()
        if requests is not None:
            end = self.next_request + requests
        payloads = [self.contract.functions.request(each).call()[0] for each in range(self.next_request, end)]
        listed = state.markets[: state.listed]
        ticks = [price // each.config.tick_e8 for price, each in zip(prices_e8, listed, strict=True)]
        sealed = SealedBatch(
            number=state.number + 1,
            timestamp_s=time_s,
            first_request=self.next_request,
            marks=ticks,
            funding_steps=funding_steps or [0] * len(ticks),
            entries=sorted(entries, key=_position),
            fills=[WitnessFill(maker=fill.maker, taker=fill.taker, lots=fill.lots) for fill in fills],
            requests=[SealedRequest(payload=payload.to_bytes(32, "big")) for payload in payloads],
            reports=self.reports(time_s, prices_e8),
            shape=shape,
            sealed_time_us=10**6 * time_s,
        )
        batch = self._with_outcomes(self.parsed(sealed))
        for row, outcome in zip(sealed.requests, batch.outcomes, strict=True):
            row.outcome, row.amount = outcome.code, outcome.amount
        clearing = clear(state, batch)
        self.tree = self.tree.fork()
        self.tree.apply(clearing.state, clearing.openings)
        self.next_request = end
        return sealed

    def parsed(self, sealed: SealedBatch) -> Batch:
        """The batch as the prover reads it."""
        return parse_batch(sealed, queued_config=self.queued_config)

    def built(self, sealed: SealedBatch, *, before: StateTree) -> Built:
        """The witness of a batch."""
        shape = shape_by_name(sealed.shape)
        return build_witness(before, self.parsed(sealed), shape=shape, domain=self.deployment.domain_word)

    def proved(self, sealed: SealedBatch, *, before: StateTree, proof: bytes = bytes(384)) -> ProvedBatch:
        """The batch with its roots and public inputs, as the prover would hand it to settlement."""
        shape = shape_by_name(sealed.shape)
        built = self.built(sealed, before=before)
        inputs = bind_batch(built.words, shape)
        h, r, y = (value.to_bytes(32, "big") for value in (inputs.h, inputs.r, inputs.y))
        message = Proof(proof=proof, h=h, r=r, y=y, shape=shape.name)
        return ProvedBatch(sealed, message, old_root=before.root, new_root=built.tree.root)

    @staticmethod
    def risk(entry: Entry) -> SealedEntry:
        """A risk entry as the sequencer seals it: nobody signs it."""
        return SealedEntry(word=entry_word(entry).to_bytes(32, "big"), signer=bytes(20))

    def _with_outcomes(self, batch: Batch) -> Batch:
        state = self.tree.state
        markets = advance_markets(state, batch, elapsed=batch.timestamp - state.timestamp)
        return replace(batch, outcomes=resolve_requests(batch, open_accounts(state, batch, markets), markets))
