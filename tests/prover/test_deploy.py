"""Deployment: the contract and the rule book begin with the same root, and unsafe keys are not deployed."""

from dataclasses import replace

import pytest
from web3 import Web3

from prover.proving.keys import KeysError, read_keys
from prover.settlement.anvil import anvil, development_account
from prover.settlement.artifacts import ArtifactError, contract_abi, forge_artifact, verifier_artifact
from prover.settlement.deploy import CHANGE_DELAY_S, LIST_DELAY_S, deploy_plan, require_usable
from prover.settlement.dev_markets import DEV_MARKETS
from prover.settlement.errors import ContractError, UnsafeKeysError
from prover.settlement.genesis import read_genesis, read_listings
from tests.chain import ACCEPTING, DEPLOYER, FEE_RECIPIENT, ORACLES, deployed, plan
from zkclear.crypto.bind import circuit_id, domain_word
from zkclear.crypto.keccak import keccak256
from zkclear.crypto.signatures import address_of
from zkclear.crypto.tree import state_root
from zkclear.rules.shapes import TINY


@pytest.fixture(scope="module")
def real(tiny_keys):
    with deployed(keys=[tiny_keys]) as (url, deployment):
        node = Web3(Web3.HTTPProvider(url))
        yield deployment, node, node.eth.contract(deployment.settlement, abi=contract_abi("Settlement"))


def test_c11_contract_and_rule_book_begin_with_the_same_root(real):
    deployment, _, contract = real
    root = state_root(read_genesis(contract))
    assert root == contract.functions.stateRoot().call() == deployment.state_root


def test_c1_domain_and_circuit_id_are_those_that_are_computed_here(real):
    deployment, node, _ = real
    hashes = [keccak256(bytes(node.eth.get_code(address))) for _, address in deployment.verifiers]
    assert deployment.circuit_id == circuit_id(hashes)
    assert deployment.domain_word == domain_word(
        chain_id=31_337, contract=int(deployment.settlement, 16), circuit_id=deployment.circuit_id
    )


def test_the_development_markets_are_listed_as_defined(real):
    assert read_listings(real[2]) == DEV_MARKETS


def test_shape_signers_and_parameters_are_the_plans(real):
    deployment, _, contract = real
    ((name, address),) = deployment.verifiers
    assert name == "tiny"
    capacity = [TINY.orders, TINY.fills, TINY.requests]
    assert contract.functions.verifier(0).call() == [address, *capacity]
    signers, quorum = contract.functions.oracleSigners().call()
    assert ([int(signer, 16) for signer in signers], quorum) == ([address_of(key) for key in ORACLES], 2)
    assert tuple(contract.functions.parameters().call()) == plan().parameters.as_fields()
    owner = contract.functions.owner(1).call()
    assert owner == development_account(FEE_RECIPIENT).address


def test_two_timelocks_of_the_governor_stand_before_the_markets(real):
    deployment, node, contract = real
    named = contract.functions.marketLister().call(), contract.functions.marketGovernor().call()
    assert named == (deployment.market_lister, deployment.market_governor)
    governor = development_account(DEPLOYER).address
    for address, delay_s in zip(named, (LIST_DELAY_S, CHANGE_DELAY_S), strict=True):
        timelock = node.eth.contract(address, abi=forge_artifact("MarketTimelock").abi).functions
        assert timelock.getMinDelay().call() == delay_s
        for role in (timelock.PROPOSER_ROLE(), timelock.EXECUTOR_ROLE()):
            assert timelock.hasRole(role.call(), governor).call()
        assert not timelock.hasRole(timelock.DEFAULT_ADMIN_ROLE().call(), governor).call()


def test_another_governor_can_be_named():
    governor = development_account(FEE_RECIPIENT).address
    terms, key = replace(plan(), governor=governor), development_account(DEPLOYER).key
    with anvil() as chain:
        made = deploy_plan(terms, [("tiny", ACCEPTING)], rpc_url=chain.rpc_url, deployer_key=key)
        node = Web3(Web3.HTTPProvider(chain.rpc_url))
        timelock = node.eth.contract(made.market_lister, abi=forge_artifact("MarketTimelock").abi).functions
        proposer = timelock.PROPOSER_ROLE().call()
        assert timelock.hasRole(proposer, governor).call()
        assert not timelock.hasRole(proposer, development_account(DEPLOYER).address).call()


def test_the_deployed_verifier_holds_the_keys_own_constants(real, tiny_keys):
    deployment, node, _ = real
    code = bytes(node.eth.get_code(deployment.verifiers[0][1]))
    require_usable(tiny_keys, chain_id=31_337, code=code)
    alpha = int(tiny_keys.verifying_key["alpha"][0]).to_bytes(32, "big")
    assert alpha in code
    with pytest.raises(UnsafeKeysError, match=r"^WRONG_CIRCUIT: .* made from other keys"):
        require_usable(tiny_keys, chain_id=31_337, code=code.replace(alpha, bytes(32)))


def test_a_development_key_is_refused_off_the_development_chain(tiny_keys):
    with pytest.raises(UnsafeKeysError, match=r"^DEVELOPMENT_KEY: .* not on chain 1$"):
        require_usable(tiny_keys, chain_id=1)
    require_usable(replace(tiny_keys, development=False), chain_id=1)


def test_a_key_with_which_proofs_can_be_forged_is_refused(tiny_keys):
    forged = {**tiny_keys.verifying_key, "delta": tiny_keys.verifying_key["gamma"]}
    with pytest.raises(UnsafeKeysError, match="unsafe: delta is not gamma"):
        require_usable(replace(tiny_keys, verifying_key=forged), chain_id=31_337)


def test_a_damaged_key_folder_is_refused(tiny_keys, tmp_path):
    with pytest.raises(KeysError, match="is damaged"):
        read_keys("tiny", tmp_path)
    for name in ("manifest.json", "verifying_key.json"):
        (tmp_path / name).write_bytes((tiny_keys.folder / name).read_bytes())
    assert read_keys("tiny", tmp_path).verifying_key_hash == tiny_keys.verifying_key_hash
    with pytest.raises(KeysError, match="is for shape tiny, not small"):
        read_keys("small", tmp_path)


def test_a_verifier_is_compiled_once_for_each_source(tiny_keys, tmp_path, monkeypatch):
    monkeypatch.setattr("prover.settlement.artifacts.VERIFIERS", tmp_path)
    first = verifier_artifact(tiny_keys)
    monkeypatch.setattr("prover.settlement.artifacts.SOLC", tmp_path / "no compiler")
    assert verifier_artifact(tiny_keys) == first
    assert len(list(tmp_path.iterdir())) == 1


def test_a_constructor_that_refuses_is_quoted():
    bad = replace(plan(), oracle_quorum=4)
    key, verifiers = development_account(DEPLOYER).key, [("tiny", ACCEPTING)]
    with (
        anvil() as chain,
        pytest.raises(ContractError, match="creation of Settlement reverts with OracleQuorum"),
    ):
        deploy_plan(bad, verifiers, rpc_url=chain.rpc_url, deployer_key=key)


def test_a_contract_that_was_not_compiled_is_named():
    with pytest.raises(ArtifactError, match=r"Nonesuch is not compiled .* run `make build`"):
        forge_artifact("Nonesuch")
