"""A new deployment on a development chain: token, one verifier a shape, two timelocks, and the settlement contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import to_checksum_address
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import ContractLogicError
from web3.types import TxReceipt

from prover.proving.keys import CircuitKeys
from prover.settlement.artifacts import Artifact, forge_artifact, verifier_artifact
from prover.settlement.chain import TRANSACTION_GAS_CAP
from prover.settlement.dev_markets import DEV_MARKETS, Listing
from prover.settlement.errors import SettlementError, UnsafeKeysError, contract_error
from prover.settlement.genesis import require_genesis_root
from zkclear.crypto.groth16 import verifying_key
from zkclear.crypto.key_lint import lint
from zkclear.crypto.verifier_code import missing_constants
from zkclear.rules.markets import fields_of_config
from zkclear.rules.shapes import shape_by_name
from zkclear.service.fees import first_fee
from zkclear.service.sections import DEVELOPMENT_CHAIN_ID

RECEIPT_LIMIT_S = 60
TOKEN_E6 = 10**6
DAY_S = 86_400
LIST_DELAY_S = 7 * DAY_S
CHANGE_DELAY_S = 30 * DAY_S
"""How long everybody sees a new market, or new rules of a listed one, before they can be queued: the contract's least."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Times in seconds, amounts in 10^-6 tokens, moves in 10^-6 of the last price; the defaults are the design's."""

    deadline_s: int = 86_400
    max_lag_s: int = 3_600
    max_lead_s: int = 60
    report_max_age_s: int = 30
    max_move_ppm: int = 50_000
    max_move_ppm_per_second: int = 1_000
    min_deposit_e6: int = 10 * TOKEN_E6
    bond_e6: int = 20 * TOKEN_E6
    fee_e6: int = 1 * TOKEN_E6

    def as_fields(self) -> tuple[int, ...]:
        """As the ABI's struct."""
        return (
            self.deadline_s,
            self.max_lag_s,
            self.max_lead_s,
            self.report_max_age_s,
            self.max_move_ppm,
            self.max_move_ppm_per_second,
            self.min_deposit_e6,
            self.bond_e6,
            self.fee_e6,
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What the constructor fixes for ever, but for the addresses that come into being on the way."""

    oracle_signers: tuple[str, ...]
    oracle_quorum: int
    fee_recipient: str
    markets: tuple[Listing, ...] = DEV_MARKETS
    parameters: Parameters = field(default_factory=Parameters)
    governor: str | None = None
    """Who proposes and executes what the timelocks delay; the deployer if nobody is named."""

    def as_fields(
        self, token: str, timelocks: tuple[str, str], verifiers: Sequence[tuple[str, str]]
    ) -> tuple[Any, ...]:
        """As the ABI's struct; `timelocks` list and change markets. The contract wants its oracle signers increasing."""
        signers = sorted((to_checksum_address(each) for each in self.oracle_signers), key=_as_number)
        shapes = [(shape_by_name(name), address) for name, address in verifiers]
        return (
            token,
            to_checksum_address(self.fee_recipient),
            *timelocks,
            signers,
            self.oracle_quorum,
            [(listing.name, fields_of_config(listing.config)) for listing in self.markets],
            [(shape.orders, shape.fills, shape.requests, address) for shape, address in shapes],
            self.parameters.as_fields(),
        )


def _as_number(address: str) -> int:
    return int(address, 16)


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where everything is, and what everybody needs to know of it."""

    chain_id: int
    token: str
    settlement: str
    market_lister: str
    market_governor: str
    """The timelocks of 7 and 30 days."""
    verifiers: tuple[tuple[str, str], ...]
    """(shape, address), in the contract's order."""
    block: int
    timestamp: int
    state_root: int
    circuit_id: bytes
    domain_word: int
    gas_used: int


def deploy(
    *,
    rpc_url: str,
    deployer_key: str | bytes,
    keys: Sequence[CircuitKeys],
    oracle_signers: Sequence[str],
    oracle_quorum: int,
    fee_recipient: str,
    markets: Sequence[Listing] = DEV_MARKETS,
    parameters: Parameters | None = None,
    governor: str | None = None,
) -> Deployment:
    """
    Deploys everything anew; `keys` in the order in which the contract shall list the shapes.

    Refuses a verifying key with which proofs could be forged, development keys off the development chain, and a
    contract whose first root is not the rule book's.
    """
    chain_id = int(Web3(Web3.HTTPProvider(rpc_url)).eth.chain_id)
    for each in keys:
        require_usable(each, chain_id=chain_id)
    plan = Plan(
        oracle_signers=tuple(oracle_signers),
        oracle_quorum=oracle_quorum,
        fee_recipient=fee_recipient,
        markets=tuple(markets),
        parameters=parameters or Parameters(),
        governor=governor,
    )
    verifiers = [(each.shape, verifier_artifact(each)) for each in keys]
    return deploy_plan(plan, verifiers, rpc_url=rpc_url, deployer_key=deployer_key)


def deploy_plan(
    plan: Plan, verifiers: Sequence[tuple[str, Artifact]], *, rpc_url: str, deployer_key: str | bytes
) -> Deployment:
    """Deploys compiled verifiers as (shape, contract), whatever they verify, and the rest of the plan."""
    node = Web3(Web3.HTTPProvider(rpc_url))
    deployer: LocalAccount = Account.from_key(deployer_key)
    yard = _Yard(node, deployer)
    token = yard.create(forge_artifact("DevToken"))
    deployed = [(shape, yard.create(artifact)) for shape, artifact in verifiers]
    timelock, governor = (
        forge_artifact("MarketTimelock"),
        to_checksum_address(plan.governor or deployer.address),
    )
    lister = yard.create(timelock, LIST_DELAY_S, governor)
    changer = yard.create(timelock, CHANGE_DELAY_S, governor)
    settlement = yard.create(forge_artifact("Settlement"), plan.as_fields(token, (lister, changer), deployed))
    contract = node.eth.contract(address=settlement, abi=forge_artifact("Settlement").abi)
    root = require_genesis_root(contract)
    block, timestamp = contract.functions.genesis().call()
    return Deployment(
        chain_id=int(node.eth.chain_id),
        token=token,
        settlement=settlement,
        market_lister=lister,
        market_governor=changer,
        verifiers=tuple(deployed),
        block=int(block),
        timestamp=int(timestamp),
        state_root=root,
        circuit_id=bytes(contract.functions.circuitId().call()),
        domain_word=int(contract.functions.domainWord().call()),
        gas_used=yard.gas_used,
    )


def require_usable(keys: CircuitKeys, *, chain_id: int, code: bytes | None = None) -> None:
    """
    Refuses keys that would endanger the chain: a set-up whose secret is known, a degenerate key, or one that is not
    that of the deployed verifier with this `code`.
    """
    if keys.development and chain_id != DEVELOPMENT_CHAIN_ID:
        raise UnsafeKeysError(
            f"DEVELOPMENT_KEY: the keys of shape {keys.shape} come from a development set-up, with which proofs can be "
            f"forged; they are used on chain {DEVELOPMENT_CHAIN_ID} only, not on chain {chain_id}"
        )
    key = verifying_key(keys.verifying_key)
    for check in lint(key):
        if not check.passed:
            raise UnsafeKeysError(
                f"the keys of shape {keys.shape} are unsafe: {check.name}: {check.evidence}"
            )
    if code is not None and missing_constants(code, key):
        raise UnsafeKeysError(
            f"WRONG_CIRCUIT: the deployed verifier of shape {keys.shape} was made from other keys than those in "
            f"{keys.folder}; use the keys and the zkclear-circuits of the deployment"
        )


class _Yard:
    """Creates contracts one after the other from one key."""

    def __init__(self, node: Web3, account: LocalAccount) -> None:
        self._node = node
        self._account = account
        self.gas_used = 0

    def create(self, artifact: Artifact, *arguments: Any) -> str:
        """The address of a new contract, with the libraries that it links to."""
        bytecode = self._linked(artifact)
        contract = self._node.eth.contract(abi=artifact.abi, bytecode=HexBytes(bytecode))
        fee = first_fee(base_fee=self._base_fee(), tip=int(self._node.eth.max_priority_fee))
        doing = f"the creation of {artifact.name}"
        try:
            transaction = contract.constructor(*arguments).build_transaction(
                {
                    "from": self._account.address,
                    "nonce": self._node.eth.get_transaction_count(self._account.address),
                    "gas": TRANSACTION_GAS_CAP,
                    "maxFeePerGas": fee.max_fee,
                    "maxPriorityFeePerGas": fee.tip,
                    "chainId": self._node.eth.chain_id,
                }
            )
            self._node.eth.estimate_gas(transaction)
        except ContractLogicError as cause:
            raise contract_error(cause, doing=doing) from cause
        receipt = self._mined(transaction, doing)
        self.gas_used += int(receipt["gasUsed"])
        return str(receipt["contractAddress"])

    def _mined(self, transaction: Any, doing: str) -> TxReceipt:
        signed = self._account.sign_transaction(transaction)
        transaction_hash = self._node.eth.send_raw_transaction(signed.raw_transaction)
        receipt = self._node.eth.wait_for_transaction_receipt(transaction_hash, timeout=RECEIPT_LIMIT_S)
        if receipt["status"] != 1:
            raise SettlementError(f"{doing} reverted in transaction 0x{bytes(transaction_hash).hex()}")
        return receipt

    def _base_fee(self) -> int:
        return int(self._node.eth.get_block("latest")["baseFeePerGas"])

    def _linked(self, artifact: Artifact) -> str:
        """The bytecode with the addresses of its libraries, which are created on the way and may link to others."""
        bytecode = artifact.bytecode
        for source, libraries in artifact.links.items():
            for name, places in libraries.items():
                library = self.create(forge_artifact(name, source=source.rpartition("/")[2]))
                for place in places:
                    start, end = 2 * place["start"], 2 * (place["start"] + place["length"])
                    bytecode = bytecode[:start] + library.removeprefix("0x").lower() + bytecode[end:]
        return bytecode
