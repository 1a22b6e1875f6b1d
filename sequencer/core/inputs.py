"""What comes from outside the order flow: prices, L1 requests, the progress of batches."""

from dataclasses import replace
from typing import Any

from sequencer.batching.prices import Report
from sequencer.batching.requests import QueuedRequest
from sequencer.core.admission import hex_address
from sequencer.core.commands import Progress, TakeReport, TakeRequests
from sequencer.core.exchange import Exchange, RequestRecord
from sequencer.core.genesis import config_of_record
from sequencer.core.refusals import Refused
from zkclear.crypto.tree import market_config_hash
from zkclear.rules.batch import Request, RequestKind
from zkclear.rules.requests import CONFIG_HASH_BITS
from zkclear.rules.units import Address, Seconds
from zkclear.rules.words import parse_request
from zkclear.v1 import batch_pb2, oracle_pb2

REPORT_LEAD_S = 5
"""How far a report may be ahead of our clock. The contract allows a batch a minute; clocks differ by less."""
_KNOWN = frozenset(
    {batch_pb2.BATCH_STATUS_PROVED, batch_pb2.BATCH_STATUS_SETTLED, batch_pb2.BATCH_STATUS_FAILED}
)


def take_report(exchange: Exchange, command: TakeReport) -> oracle_pb2.SubmitReportResponse:
    """Takes a price report of a listed signer."""
    panel = exchange.markets.panel
    if command.signer not in panel.signers:
        raise Refused("SIGNER_NOT_AUTHORIZED", account="oracle", recovered=hex_address(command.signer))
    if len(command.prices) != len(panel.ticks_e8):
        raise Refused(
            "INVALID_FIELD",
            server_time_us=exchange.now_us,
            field="report.prices_e8",
            allowed=f"{len(panel.ticks_e8)} prices, one a listed market",
        )
    if command.time > exchange.now_s + REPORT_LEAD_S:
        raise Refused(
            "INVALID_FIELD",
            server_time_us=exchange.now_us,
            field="report.time_s",
            allowed=f"at most {exchange.now_s + REPORT_LEAD_S}",
        )
    report = Report(
        time=Seconds(command.time),
        prices=command.prices,
        signer=Address(command.signer),
        signature=command.signature,
    )
    newest = exchange.take_report(report)
    return oracle_pb2.SubmitReportResponse(signer=command.signer.to_bytes(20, "big"), newest=newest)


def take_requests(exchange: Exchange, command: TakeRequests) -> bool:
    """Queues L1 requests; those that are known already are passed over. Says whether any was new."""
    known = len(exchange.requests)
    assert command.first <= known, f"request {known} is missing before {command.first}"
    fresh = command.payloads[known - command.first :]
    listings = dict(command.listings)
    for number, payload in enumerate(fresh, known):
        request = parse_request(int.from_bytes(payload, "big"))
        if request.kind is RequestKind.MARKET:
            request = with_listing(request, listings[number])
            exchange.queued_names[number] = listings[number]["name"]
        queued = QueuedRequest(number, request)
        record = RequestRecord(queued)
        exchange.requests.append(record)
        for account in _concerned(queued.request):
            exchange.requests_of.setdefault(account, []).append(record)
        exchange.queue.append(queued)
    if fresh:
        exchange.take_waiting_requests()
    return bool(fresh)


def with_listing(request: Request, listing: dict[str, Any]) -> Request:
    """A MARKET request with the configuration whose hash its payload ends with."""
    config = config_of_record(listing)
    config_hash = market_config_hash(config)
    assert config_hash % (1 << CONFIG_HASH_BITS) == request.config_hash, "the listing is another request's"
    return replace(request, config=config, config_hash=config_hash)


def _concerned(request: Request) -> set[int]:
    """The accounts whose request it is: of a LIQUIDATE also the taker's."""
    taker = {request.taker} if request.kind is RequestKind.LIQUIDATE else set()
    return {int(request.account), *map(int, taker)}


def take_progress(exchange: Exchange, command: Progress) -> bool:
    """Notes how far a batch has come; False if that was known."""
    report = batch_pb2.ReportProgressRequest.FromString(command.message)
    if exchange.sealed.get(report.number) is None:
        raise Refused("BATCH_NOT_FOUND", name=report.number)
    if report.status not in _KNOWN:
        raise Refused(
            "INVALID_FIELD",
            server_time_us=exchange.now_us,
            field="status",
            allowed="PROVED, SETTLED or FAILED",
        )
    return exchange.sealed.progress(report, time_us=exchange.now_us)
