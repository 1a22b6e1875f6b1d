"""The risk rows and market changes of a witness, in the order of `Clearing.risks` and of the market rows."""

from collections.abc import Mapping

from zkclear.crypto.tree import market_config_hash
from zkclear.rules.batch import Batch, RequestKind
from zkclear.rules.risks import RiskKind
from zkclear.rules.transition import Clearing
from zkclear.rules.units import AccountId
from zkclear.v1 import witness_pb2 as pb

KINDS = {
    RiskKind.TAKEOVER: pb.RISK_KIND_TAKEOVER,
    RiskKind.CLOSE: pb.RISK_KIND_CLOSE,
    RiskKind.BOOK: pb.RISK_KIND_BOOK,
    RiskKind.ABSORB: pb.RISK_KIND_ABSORB,
    RiskKind.DELEVERAGE: pb.RISK_KIND_DELEVERAGE,
}


def risk_rows(clearing: Clearing, rows: Mapping[AccountId, int]) -> list[pb.WitnessRisk]:
    """
    One row a risk operation, executed or not; `rows` are the rows of the opened accounts.

    Without an executed request the lots are those that it asked for in vain, so the circuit sees why.
    """
    return [
        pb.WitnessRisk(
            kind=KINDS[risk.kind],
            source=risk.source,
            subject_row=rows[risk.subject],
            counterparty_row=rows[risk.counterparty],
            market=risk.market,
            lots=risk.lots,
        )
        for risk in clearing.risks
    ]


def change_rows(batch: Batch) -> list[pb.WitnessMarketChange]:
    """
    One row a MARKET request, by market.

    Raises ValueError if a request's hash is not that of its configuration: its outcome would be another one.
    """
    out = []
    for request in sorted(batch.requests, key=lambda request: request.market):
        if request.kind is not RequestKind.MARKET:
            continue
        assert request.config is not None, "the rules refused it"
        if request.config_hash != (true := market_config_hash(request.config)):
            raise ValueError(
                f"the configuration of market {request.market} has the hash {true:#x}, not {request.config_hash:#x}"
            )
        out.append(pb.WitnessMarketChange(market=request.market, config_hash=true.to_bytes(32, "big")))
    return out
