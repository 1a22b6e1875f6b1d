"""What the contract emits is what the auditor expects: a whole day, read from a node and audited but for its proofs."""

import pytest
from requests.exceptions import ConnectTimeout, HTTPError, ReadTimeout

from tests.audit.day import DEEP_E8, FALLS, KEEPER, RICH, Day
from tests.chain import deployed
from tests.risk_chain import RiskVenue
from zkclear.audit import dump
from zkclear.audit.audit import audit
from zkclear.audit.chain import ChainError, domain_of, unreachable
from zkclear.audit.source import ChainSource, FileSource
from zkclear.rules.batch import RequestKind
from zkclear.rules.risks import RiskKind

FOREIGN = "verifying key"
"""The verifier accepts every proof: its code is not gnark's."""


@pytest.fixture(scope="module")
def day():
    with deployed() as (rpc_url, made):
        venue = RiskVenue(rpc_url, made)
        Day(venue, prove=lambda _: bytes(384)).play()
        yield venue, ChainSource(rpc_url, made.settlement).collect()


def test_c7_c8_c9_c11_a_day_on_a_contract_is_rebuilt_from_its_logs(day):
    venue, inputs = day
    found = audit(inputs, proved=())
    assert [check.name for check in found.report.failures] == [FOREIGN]
    assert found.state == venue.tree.state
    kinds = {request.kind for each in found.batches for request in each.batch.requests}
    assert kinds == set(RequestKind)
    assert [market.name for market in found.markets] == ["ETH-USD", "BTC-USD", "SOL-USD"]


def test_c8_after_every_batch_the_vault_holds_what_it_owes_to_the_unit(day):
    _, inputs = day
    reserves = [check for check in audit(inputs, proved=()).report.checks if check.name == "reserves"]
    assert [check.batch for check in reserves] == [*range(1, len(inputs.batches) + 1), None]
    assert all(check.evidence.endswith("surplus 0 e6") for check in reserves)
    assert inputs.claimed > 0
    assert inputs.fee_credits


def test_c7_the_summary_has_every_liquidation_of_the_day(day):
    _, inputs = day
    made = audit(inputs, proved=()).liquidations
    assert [(each.kind, each.account, each.counterparty) for each in made] == [
        (RiskKind.CLOSE, RICH, 0),
        (RiskKind.TAKEOVER, FALLS, KEEPER),
        (RiskKind.BOOK, FALLS, None),
        (RiskKind.DELEVERAGE, FALLS, RICH),
        (RiskKind.ABSORB, FALLS, 0),
    ]
    assert made[-1].mark == DEEP_E8 // 10**7
    assert made[-1].discount < 0


def test_the_inputs_of_the_day_survive_a_file(day, tmp_path):
    _, inputs = day
    dump.write(inputs, tmp_path / "inputs.json")
    assert FileSource(tmp_path / "inputs.json").collect() == inputs


@pytest.mark.parametrize("asked", [domain_of, lambda *node: ChainSource(*node).collect()])
def test_a_node_that_is_not_there_is_said_in_one_sentence(asked):
    with pytest.raises(ChainError) as caught:
        asked("http://127.0.0.1:1", "0x" + "11" * 20)
    assert str(caught.value) == "the node at http://127.0.0.1:1 is not reachable"


@pytest.mark.parametrize("error", [ReadTimeout("urllib3's words"), ConnectTimeout("urllib3's words")])
def test_a_node_that_is_silent_is_told_from_one_that_refuses(error):
    assert str(unreachable("URL", error)) == "the node at URL is not reachable: no answer in 30 s"
    refused = unreachable("URL", HTTPError("401 Client Error: Unauthorized"))
    assert str(refused) == "the node at URL is not reachable: 401 Client Error: Unauthorized"
