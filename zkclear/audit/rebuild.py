"""
A batch of the rule book from calldata: what the contract computes itself is computed here again, from the same bytes.

Marks come from the signed reports, signers from the signatures, requests from the queue. Each step raises `Forged` with
the one thing that is wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from zkclear.audit import prices
from zkclear.audit.calldata import Header, SettleCall, SignedEntry
from zkclear.audit.context import Context, address_text
from zkclear.audit.inputs import Listing
from zkclear.crypto.bind import Binding, bind_batch
from zkclear.crypto.eip712 import price_report_digest
from zkclear.crypto.entry import entry_digest, listing
from zkclear.crypto.signatures import recover
from zkclear.crypto.tree import market_config_hash
from zkclear.rules import actions
from zkclear.rules.batch import Batch, Entry, Request, RequestKind
from zkclear.rules.reject import Rejected
from zkclear.rules.requests import CONFIG_HASH_BITS
from zkclear.rules.units import Address, Seconds, Ticks
from zkclear.rules.words import batch_words, parse_entry, parse_request


class Forged(Exception):  # noqa: N818 - a verdict about a batch
    """Something in the batch is not what it must be."""


@dataclass(frozen=True, slots=True)
class Signed:
    """
    Every entry with its recovered signer, and the digest that was signed: an order's name.

    Nobody signs a risk entry: its signer is 0 and its digest empty.
    """

    entries: tuple[Entry, ...]
    digests: tuple[bytes, ...]


def marks(
    call: SettleCall,
    context: Context,
    markets: Sequence[Listing],
    *,
    previous: Sequence[Ticks],
    timestamp: Seconds,
) -> tuple[Ticks, ...]:
    """
    The lower medians of reports by a quorum of listed signers, in time and without a jump.

    `markets` are those listed before the batch; `previous` and `timestamp` are the marks and the time of the batch
    before; a mark of 0 is none.
    """
    limits, header = context.deployment.limits, call.header
    if len(header.funding_steps) != len(markets):
        raise Forged(f"{len(header.funding_steps)} funding steps for {len(markets)} markets")
    signers = []
    for report in call.reports:
        digest = price_report_digest(context.domain, time=report.time, prices_e8=report.prices_e8)
        signers.append(Address(recover(digest, report.signature)))
        if not 0 <= header.timestamp - report.time <= limits.report_max_age:
            raise Forged(
                f"the report by {address_text(signers[-1])} is of {report.time}, not of the last "
                f"{limits.report_max_age} s before the batch ({header.timestamp})"
            )
    try:
        prices.check_signers(signers, listed=context.signers)
        result = prices.marks(
            [report.prices_e8 for report in call.reports],
            ticks_e8=[market.config.tick_e8 for market in markets],
            quorum=context.deployment.oracle_quorum,
        )
        for index, (mark, before) in enumerate(zip(result, previous, strict=False)):
            prices.check_move(
                before,
                mark,
                elapsed=Seconds(header.timestamp - timestamp),
                ppm=limits.max_move_ppm,
                ppm_per_second=limits.max_move_ppm_per_second,
                market=index,
            )
    except prices.BadPrices as error:
        raise Forged(str(error)) from error
    return result


def sign_offs(call: SettleCall, context: Context, markets: Sequence[Listing]) -> Signed:
    """The signer of every entry but the risk entries, from the digest that a wallet showed."""
    entries, digests = [], []
    for index, signed in enumerate(call.entries):
        unsigned = parse_entry(signed.word, Address(0))
        if actions.is_risk(unsigned.action):
            entry, digest = unsigned, b""
        else:
            entry, digest = _recovered(signed, unsigned, context, markets, index=index)
            if entry.signer == 0:
                raise Forged(f"entry {index}: the signature recovers nobody")
        entries.append(entry)
        digests.append(digest)
    return Signed(tuple(entries), tuple(digests))


def _recovered(
    signed: SignedEntry, unsigned: Entry, context: Context, markets: Sequence[Listing], *, index: int
) -> tuple[Entry, bytes]:
    withdraws = unsigned.action == actions.WITHDRAW
    try:
        digest = entry_digest(
            context.domain,
            unsigned,
            listings=[listing(market.name, market.config) for market in markets],
            asset=context.deployment.asset,
            recipient=int.from_bytes(signed.recipient, "big") if withdraws else None,
        )
        signer = recover(digest, signed.signature)
    except ValueError as error:
        raise Forged(f"entry {index}: {error}") from error
    return parse_entry(signed.word, Address(signer)), digest


def requests(header: Header, context: Context, *, first: int) -> tuple[Request, ...]:
    """The prefix of the queue that the batch consumes."""
    result = []
    for number in range(first, first + header.requests):
        payload = context.requests.get(number)
        if payload is None:
            raise Forged(f"request {number} was never queued")
        try:
            request = parse_request(payload)
            result.append(
                _configured(request, context, number=number)
                if request.kind is RequestKind.MARKET
                else request
            )
        except Rejected as error:
            raise Forged(f"request {number} is malformed: {error}") from error
    return tuple(result)


def _configured(request: Request, context: Context, *, number: int) -> Request:
    """A MARKET request with its rules, which stand in an event: they must hash to what was queued."""
    queued = context.markets.get(number)
    if queued is None:
        raise Forged(f"request {number} lists a market, and no MarketQueued event says which")
    config_hash = market_config_hash(queued.listing.config)
    if queued.market != request.market or config_hash % (1 << CONFIG_HASH_BITS) != request.config_hash:
        raise Forged(
            f"request {number} was queued for market {request.market} with a configuration whose hash ends in "
            f"{request.config_hash:#x}; its event says market {queued.market} and hashes to {config_hash:#x}"
        )
    return replace(request, config=queued.listing.config, config_hash=config_hash)


def assemble(
    call: SettleCall,
    *,
    first_request: int,
    marks: tuple[Ticks, ...],
    entries: tuple[Entry, ...],
    requests: tuple[Request, ...],
) -> Batch:
    """The batch as the rule book takes it."""
    return Batch(
        number=call.header.number,
        timestamp=Seconds(call.header.timestamp),
        first_request=first_request,
        marks=marks,
        funding_steps=call.header.funding_steps,
        entries=entries,
        fills=call.fills,
        requests=requests,
        outcomes=call.outcomes,
    )


def binding(batch: Batch, header: Header, context: Context) -> Binding:
    """The three public inputs, from the words rebuilt here; `h` must be the header's."""
    if header.shape >= len(context.shapes):
        raise Forged(f"shape {header.shape} does not exist, the contract has {len(context.shapes)}")
    shape = context.shapes[header.shape]
    try:
        words = batch_words(
            batch,
            shape,
            domain=context.deployment.domain_word,
            old_root=header.old_root,
            new_root=header.new_root,
        )
        inputs = bind_batch(words, shape)
    except (Rejected, ValueError) as error:
        raise Forged(f"the batch has no words: {error}") from error
    if inputs.h != header.h:
        raise Forged(f"the words hash to {inputs.h:#066x}, the header says {header.h:#066x}")
    return inputs
