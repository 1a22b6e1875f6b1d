"""A market that the contract queues while the sequencer runs: traded without a restart, and after one."""

import time

import grpc
import pytest

from prover.settlement.dev_markets import DEV_MARKETS
from tests.chain import ORACLES
from tests.sequencer.running import chain, reason_of, sequencer
from zkclear.crypto.eip712 import price_report_digest
from zkclear.crypto.signatures import sign
from zkclear.rules.markets import fields_of_config
from zkclear.v1 import market_data_pb2, oracle_pb2

ETHER = 10**18
SOL_E8 = 150 * 10**8


def queue_market(venue, index, name, config):
    """What the timelock does when its delay is over."""
    lister = venue.contract.functions.marketLister().call()
    for method, *values in (("anvil_setBalance", lister, hex(ETHER)), ("anvil_impersonateAccount", lister)):
        answer = venue.node.provider.make_request(method, values)
        assert "error" not in answer, answer
    call = venue.contract.functions.queueMarket(index, (name, fields_of_config(config)))
    sent = call.transact({"from": lister})
    assert venue.node.eth.wait_for_transaction_receipt(sent)["status"] == 1


def report(service):
    """Two oracles know three prices."""
    now, prices = int(time.time()), [3_000 * 10**8, 60_000 * 10**8, SOL_E8]
    for key in ORACLES[:2]:
        signature = sign(price_report_digest(service.domain, time=now, prices_e8=prices), key)
        service.oracle.SubmitReport(
            oracle_pb2.SubmitReportRequest(
                report=oracle_pb2.PriceReport(time_s=now, prices_e8=prices), signature=signature
            )
        )


def names(service):
    found = service.markets.ListMarkets(market_data_pb2.ListMarketsRequest()).markets
    return [market.name for market in found]


def test_a_market_is_listed_while_the_sequencer_runs_and_stays_after_a_restart(tmp_path):
    with chain() as venue:
        with sequencer(venue, tmp_path) as service:
            buyer, seller = (venue.open(10_000 * 10**6) for _ in range(2))
            service.price()
            service.wait_for_account(seller)
            order = service.order(
                seller, "SELL GTC", 10**8, SOL_E8, key=venue.owners[seller], market="SOL-USD"
            )
            with pytest.raises(grpc.RpcError) as caught:
                service.trading.SubmitOrder(order)
            assert reason_of(caught.value).reason == "MARKET_NOT_FOUND"
            queue_market(venue, 2, "SOL-USD", DEV_MARKETS[0].config)
            service.wait_for(lambda: "SOL-USD" in names(service), "the new market")
            report(service)
            service.trading.SubmitOrder(order)
            bid = service.order(buyer, "BUY IOC", 10**8, SOL_E8, key=venue.owners[buyer], market="SOL-USD")
            assert service.trading.SubmitOrder(bid).order.filled_e8 == 10**8
        with sequencer(venue, tmp_path) as service:
            assert names(service) == ["ETH-USD", "BTC-USD", "SOL-USD"]
            service.wait_for(lambda: service.account(buyer).positions[0].market == "SOL-USD", "the position")
