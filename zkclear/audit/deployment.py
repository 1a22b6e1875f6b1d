"""What the constructor fixed: whether a contract of ours can have been deployed like this, and from which root it starts."""

from zkclear.audit.calldata import Malformed, decode_call
from zkclear.audit.context import as_address
from zkclear.audit.inputs import Deployment, Inputs
from zkclear.audit.report import Report
from zkclear.crypto.bind import circuit_id, domain_word
from zkclear.crypto.keccak import keccak256
from zkclear.rules.markets import check_config
from zkclear.rules.shapes import MARKETS
from zkclear.rules.units import QUOTE_BOUND

ROWS_BOUND = 2**16
WORD_BOUND = 2**256


def require_possible(deployment: Deployment) -> None:
    """Refuses numbers that the contract's types or its constructor do not allow, before anything is made from them."""
    if not 0 < len(deployment.markets) <= MARKETS:
        raise ValueError(f"{len(deployment.markets)} markets, where 1 to {MARKETS} are possible")
    for market in deployment.markets:
        check_config(market.config)
    for index, shape in enumerate(deployment.shapes):
        if any(not 0 < count < ROWS_BOUND for count in (shape.entries, shape.fills, shape.requests)):
            raise ValueError(f"shape {index} has an impossible capacity")
    addresses = (deployment.contract, deployment.fee_recipient, *deployment.oracle_signers)
    if len(deployment.circuit_id) != 32 or any(len(each) != 20 for each in addresses):
        raise ValueError("the circuit id has not 32 bytes, or an address not 20")
    if not 0 <= deployment.bond < QUOTE_BOUND:
        raise ValueError(f"a bond of {deployment.bond} e6 is no amount")
    if not 0 < deployment.chain_id < WORD_BOUND or not 0 <= deployment.domain_word < WORD_BOUND:
        raise ValueError("the chain id or the domain word is no word of the EVM")


def check_deployment(report: Report, deployment: Deployment) -> None:
    """The names that every proof is bound to."""
    named = circuit_id([keccak256(shape.code) for shape in deployment.shapes])
    report.add(
        "circuit id",
        named == deployment.circuit_id,
        f"hash of {len(deployment.shapes)} verifiers' code: 0x{named.hex()}"
        if named == deployment.circuit_id
        else f"the verifiers' code gives 0x{named.hex()}, the contract says 0x{deployment.circuit_id.hex()}",
    )
    word = domain_word(
        chain_id=deployment.chain_id,
        contract=as_address(deployment.contract),
        circuit_id=deployment.circuit_id,
    )
    report.add(
        "domain",
        word == deployment.domain_word,
        f"chain {deployment.chain_id}, contract 0x{deployment.contract.hex()}: {word:#x}"
        if word == deployment.domain_word
        else f"computed {word:#x}, the contract says {deployment.domain_word:#x}",
    )


def _first_root(inputs: Inputs) -> int | None:
    """The root that the first batch started from, which `settle` compared with the constructor's; None if unreadable."""
    if not inputs.batches:
        return inputs.totals.state_root
    try:
        return decode_call(inputs.batches[0].calldata).header.old_root
    except Malformed:
        return None


def check_genesis(report: Report, inputs: Inputs, *, computed: int) -> None:
    """The first root, `computed` from markets, fee recipient and time of the deployment: no state was smuggled in."""
    found = _first_root(inputs)
    evidence = (
        f"{len(inputs.deployment.markets)} markets, time {inputs.deployment.genesis_timestamp}: {computed:#x}"
    )
    if found is None:
        evidence += "; the first batch cannot be read"
    elif found != computed:
        evidence += f", but the chain starts from {found:#x}"
    report.add("genesis", computed == found, evidence)
