"""The contract called through the SDK, and read by the auditor, on a local chain."""

from decimal import Decimal

import pytest

from tests.chain import deployed
from zkclear.audit.audit import audit
from zkclear.audit.chain import ChainError, domain_of
from zkclear.audit.source import ChainSource
from zkclear.client import ChainClient, DevSigner
from zkclear.client.errors import BadRequest, ContractError, NetworkError
from zkclear.crypto.eip712 import Domain

AGENT = "0x" + "22" * 20


@pytest.fixture(scope="module")
def chain():
    """A deployment whose verifier accepts everything: no batch is settled here."""
    with deployed() as (rpc_url, made):
        yield rpc_url, made


@pytest.fixture(scope="module")
def owner(chain):
    """Development signer 3 with tokens and one account."""
    rpc_url, made = chain
    client = ChainClient(rpc_url, made.settlement, DevSigner(3))
    client.mint(1_000)
    opened = client.open("100.5")
    assert (opened.account, opened.request) == (2, 1)
    return client


def test_opening_takes_the_tokens_and_names_account_and_request(owner):
    assert list(owner.accounts()) == [2]
    assert owner.owner(2) == owner.address.lower()
    assert owner.balances().token == Decimal("899.5")
    assert owner.balances().allowance == 0


def test_anybody_may_deposit_and_the_request_is_named(chain, owner):
    rpc_url, made = chain
    other = ChainClient(rpc_url, made.settlement, DevSigner(4))
    other.mint(50)
    assert other.deposit(2, 20).request > 1
    assert other.balances().token == 30
    assert list(other.accounts()) == []
    assert owner.balances(other.address).token == 30


def test_a_forced_withdrawal_costs_the_fee_and_only_one_waits(owner):
    before = owner.balances().token
    request = owner.request_withdrawal(2, 5).request
    assert owner.balances().token == before - 1
    with pytest.raises(ContractError) as caught:
        owner.request_withdrawal(2, 5)
    assert (caught.value.name, caught.value.values) == ("RequestPending", (2, request))


def test_an_agent_is_authorized_and_revoked_by_the_owner(chain, owner):
    rpc_url, made = chain
    assert owner.authorize_agent(2, AGENT, until_s=2**39).request is not None
    with pytest.raises(ContractError, match="RequestPending"):
        owner.revoke_agent(2, AGENT)
    stranger = ChainClient(rpc_url, made.settlement, DevSigner(5))
    stranger.mint(10)
    with pytest.raises(ContractError) as caught:
        stranger.authorize_agent(2, AGENT)
    assert (caught.value.name, caught.value.values) == ("NotOwner", (2, stranger.address.lower()))


def test_a_refusal_costs_no_gas_and_says_why(owner):
    before = owner.balances().native_wei
    with pytest.raises(ContractError, match="NothingToClaim"):
        owner.claim()
    assert owner.balances().native_wei == before
    with pytest.raises(ContractError) as caught:
        owner.deposit(2, "0.5")
    assert caught.value.name == "AmountOutOfRange"
    assert caught.value.values[:2] == (500_000, 10_000_000)


def test_too_few_tokens_is_the_tokens_own_refusal(chain):
    rpc_url, made = chain
    poor = ChainClient(rpc_url, made.settlement, DevSigner(6))
    with pytest.raises(ContractError, match="ERC20InsufficientBalance"):
        poor.open(100)


@pytest.mark.parametrize("address", ["0x12", "somebody", ""])
def test_a_bad_address_is_refused_before_anything_is_sent(owner, address):
    with pytest.raises(BadRequest, match="no address"):
        owner.claim_to(address)
    with pytest.raises(BadRequest, match="no address"):
        ChainClient(owner.rpc_url, address, DevSigner(3))


def test_a_float_is_refused(owner):
    with pytest.raises(TypeError, match=r"amount='10\.5'"):
        owner.deposit(2, 10.5)


def test_no_node_is_a_network_error(chain):
    _, made = chain
    with pytest.raises(NetworkError, match="does not answer"):
        ChainClient("http://127.0.0.1:1", made.settlement, DevSigner(3)).balances()


def test_the_domain_is_the_contracts_own(chain):
    rpc_url, made = chain
    expected = Domain(chain_id=made.chain_id, contract=int(made.settlement, 16))
    assert domain_of(rpc_url, made.settlement) == expected
    with pytest.raises(ChainError, match="publishes no EIP-712 domain"):
        domain_of(rpc_url, made.verifiers[0][1])


@pytest.mark.usefixtures("owner")
def test_an_auditor_reads_a_chain_without_batches_and_sees_what_accepts_every_proof(chain):
    """The verifier of this chain is a single STOP: the auditor says so, and the rest holds."""
    rpc_url, made = chain
    inputs = ChainSource(rpc_url, made.settlement).collect()
    report = audit(inputs).report
    assert [check.name for check in report.failures] == ["verifying key"]
    assert "instructions" in report.failures[0].evidence
    assert inputs.totals.state_root == made.state_root
    assert inputs.totals.queued_deposits >= 100_500_000
    assert inputs.totals.token_balance == inputs.totals.queued_deposits + inputs.totals.total_claims
    assert [credit.account for credit in inputs.fee_credits] == [1] * len(inputs.fee_credits)


@pytest.mark.parametrize("contract", ["0x" + "11" * 20, "nowhere"])
def test_an_audit_of_nothing_says_so(chain, contract):
    with pytest.raises(ChainError, match="no contract"):
        ChainSource(chain[0], contract).collect()


def test_an_audit_of_another_contract_says_so(chain):
    rpc_url, made = chain
    with pytest.raises(ChainError, match="does not answer as a settlement contract"):
        ChainSource(rpc_url, made.token).collect()
