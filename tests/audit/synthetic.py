"""
A chain as an auditor sees it, made without one: histories of `tests/scenario.py` and `tests/risk_scenario.py` as calldata
and events.

Roots, signatures, marks and bindings are real. Proofs are not: they have the stand-in circuit's key and its one proof.
All requests of a history are queued before its first batch; bonds that are lost queue behind them.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.risk_scenario import RiskVenue
from tests.scenario import ASSET, CHAIN, HOUR, key_of, owner_of, scripted, sign_entry
from tests.vectors.drawer import BTC, ETH
from tests.vectors.scenario import START
from zkclear.audit import verifier_code
from zkclear.audit.calldata import Header, PriceReport, SettleCall, SignedEntry, encode_call
from zkclear.audit.inputs import (
    Credit,
    Deployment,
    Inputs,
    Limits,
    Listed,
    Listing,
    Queued,
    QueuedMarket,
    Resolved,
    Settled,
    ShapeInfo,
    Totals,
    Vault,
)
from zkclear.crypto.bind import bind_batch, circuit_id, domain_word
from zkclear.crypto.eip712 import price_report_digest
from zkclear.crypto.groth16 import VerifyingKey, verifying_key
from zkclear.crypto.keccak import keccak256
from zkclear.crypto.signatures import address_of, sign
from zkclear.rules import actions
from zkclear.rules.batch import Batch, Entry, OutcomeCode, Request, RequestKind
from zkclear.rules.shapes import TINY
from zkclear.rules.state import State
from zkclear.rules.transition import clear
from zkclear.rules.words import batch_words, entry_word, request_word

GROTH16 = Path(__file__).resolve().parents[1] / "vectors" / "groth16" / "standin.json"
CONTRACT = CHAIN.contract.to_bytes(20, "big")
ORACLE_KEYS = sorted((key_of(900 + n) for n in range(3)), key=address_of)
QUORUM = 2
BOND = 20 * 10**6
NAMES = ("ETH-USD", "BTC-USD", "SOL-USD")
STEADY = Limits(
    max_lag=HOUR, max_lead=60, report_max_age=30, max_move_ppm=50_000, max_move_ppm_per_second=1_000
)
CRASHING = replace(STEADY, max_move_ppm=10**6)
"""A crash in a few batches moves further than the contract's usual limits allow."""
LOST_BOND = (OutcomeCode.NOT_LIQUIDATABLE, OutcomeCode.TAKER_UNFIT)
Step = tuple[str, Batch]


def standin():
    """Key, proof and public inputs of the stand-in circuit."""
    vector = json.loads(GROTH16.read_text(encoding="utf-8"))
    inputs = tuple(int(value) for value in vector["inputs"])
    return verifying_key(vector["verifying_key"]), bytes.fromhex(vector["proof"].removeprefix("0x")), inputs


def code_of(key: VerifyingKey) -> bytes:
    """The template with a key in place of its markers: a verifier as the compiler might have made it."""
    p = verifier_code.FIELD_P
    numbers = {"ALPHA": key.alpha, "CONSTANT": key.k[0]}
    numbers |= {f"PUB_{index}": point for index, point in enumerate(key.k[1:])}
    quadruples = {"PEDERSEN_G": key.commitment.g, "PEDERSEN_GSIGMANEG": key.commitment.g_sigma_neg}
    for name, (x0, x1, y0, y1) in (("BETA", key.beta), ("GAMMA", key.gamma), ("DELTA", key.delta)):
        quadruples[f"{name}_NEG"] = (x0, x1, -y0 % p, -y1 % p)
    values = {
        f"{name}_{axis}": value
        for name, point in numbers.items()
        for axis, value in zip("XY", point, strict=True)
    }
    for name, point in quadruples.items():
        parts = ("X_0", "X_1", "Y_0", "Y_1")
        values |= {f"{name}_{part}": value for part, value in zip(parts, point, strict=True)}
    text = Path(verifier_code.__file__).with_name("verifier_template.hex").read_text(encoding="ascii")
    code = bytes.fromhex(text)
    for name in verifier_code.CONSTANTS:
        code = code.replace(verifier_code.marker(name).to_bytes(32, "big"), values[name].to_bytes(32, "big"))
    return code


def deployment(limits: Limits = STEADY) -> Deployment:
    """The deployment of every history."""
    key, _, _ = standin()
    code = code_of(key)
    circuit = circuit_id([keccak256(code)])
    return Deployment(
        chain_id=CHAIN.chain_id,
        contract=CONTRACT,
        token=bytes(19) + b"\x77",
        asset=ASSET,
        fee_recipient=owner_of(1).to_bytes(20, "big"),
        genesis_block=1,
        genesis_timestamp=START,
        markets=(Listing(NAMES[0], ETH), Listing(NAMES[1], BTC)),
        shapes=(ShapeInfo(TINY.orders, TINY.fills, TINY.requests, bytes(19) + b"\x55", code),),
        oracle_signers=tuple(address_of(key).to_bytes(20, "big") for key in ORACLE_KEYS),
        oracle_quorum=QUORUM,
        limits=limits,
        bond=BOND,
        circuit_id=circuit,
        domain_word=domain_word(chain_id=CHAIN.chain_id, contract=CHAIN.contract, circuit_id=circuit),
    )


_KEYS = {owner_of(account): key_of(account) for account in (*range(1, 12), 77)}


def signed_entry(entry: Entry) -> SignedEntry:
    """An entry as calldata carries it; signatures are deterministic, so signing again gives the same one."""
    if actions.is_risk(entry.action):
        return SignedEntry(entry_word(entry), b"")
    recipient = owner_of(entry.account) if entry.action == actions.WITHDRAW else None
    signed = sign_entry(entry, _KEYS[entry.signer], recipient=recipient, listings=RiskVenue.listings)
    return SignedEntry(
        entry_word(entry), signed.signature, b"" if recipient is None else recipient.to_bytes(20, "big")
    )


def reports(
    batch: Batch, *, keys: Iterable[int] = ORACLE_KEYS[:QUORUM], time: int | None = None
) -> tuple[PriceReport, ...]:
    """Reports that give the batch's marks; the later ones are higher and have no say in a lower median."""
    time_s = batch.timestamp if time is None else time
    made = []
    for index, key in enumerate(keys):
        prices = tuple(
            mark * market.tick_e8 + index
            for mark, market in zip(batch.marks, RiskVenue.listings, strict=False)
        )
        digest = price_report_digest(CHAIN, time=time_s, prices_e8=prices)
        made.append(PriceReport(time_s, prices, sign(digest, key)))
    return tuple(made)


def call_of(batch: Batch, *, old_root: int, new_root: int, h: int, proof: bytes) -> SettleCall:
    """The call that settles a batch."""
    header = Header(
        number=batch.number,
        timestamp=batch.timestamp,
        shape=0,
        entries=len(batch.entries),
        fills=len(batch.fills),
        requests=len(batch.requests),
        old_root=old_root,
        new_root=new_root,
        h=h,
        funding_steps=batch.funding_steps,
    )
    return SettleCall(
        header, reports(batch), tuple(map(signed_entry, batch.entries)), batch.fills, batch.outcomes, proof
    )


def _paid(batch: Batch) -> Iterator[tuple[int, int]]:
    """Who is paid how much: account and amount, forced withdrawals and bonds first."""
    for request, outcome in zip(batch.requests, batch.outcomes, strict=True):
        if request.kind is RequestKind.WITHDRAW and outcome.amount:
            yield request.account, outcome.amount
        elif request.kind is RequestKind.LIQUIDATE and outcome.code not in LOST_BOND:
            yield request.taker, BOND
    for entry in batch.entries:
        if entry.action == actions.WITHDRAW:
            yield entry.account, entry.amount


def credits_of(batch: Batch) -> tuple[Credit, ...]:
    """What the contract credits for a batch, to the owners."""
    return tuple(
        Credit(owner_of(account).to_bytes(20, "big"), account, batch.number, amount)
        for account, amount in _paid(batch)
    )


class Replayed(RiskVenue):
    """A venue that keeps the roots of its history and builds no witness."""

    def __init__(self) -> None:
        super().__init__()
        self.roots = [self.tree.root]

    def advance(self, batch: Batch) -> None:
        """Applies a batch."""
        clearing = clear(self.state, batch)
        self.tree.apply(clearing.state, clearing.openings)
        self.history.append((self.state, batch))
        self.state = clearing.state
        self.roots.append(self.tree.root)

    def settle(self, **fields) -> State:
        """Applies the next batch."""
        self.advance(self.draft(**fields))
        return self.state


@dataclass(frozen=True)
class Chain:
    """The inputs of an audit, and the last state as the rule book has it."""

    inputs: Inputs
    state: State


def chain(history: Callable[[Replayed], Iterable[Step]] = scripted, *, limits: Limits = STEADY) -> Chain:
    """A history, settled."""
    venue = Replayed()
    for _, batch in history(venue):
        venue.advance(batch)
    return settled_chain(venue, limits=limits)


def settled_chain(venue: Replayed, *, limits: Limits = STEADY) -> Chain:
    """The history of a venue as an auditor finds it on a chain."""
    deployed = deployment(limits)
    batches = [batch for _, batch in venue.history]
    queue = [
        (batch.first_request + index, request)
        for batch in batches
        for index, request in enumerate(batch.requests)
    ]
    tokens = sum(_brought(request) for _, request in queue)
    length, settled = len(queue), []
    for batch, old_root, new_root in zip(batches, venue.roots, venue.roots[1:], strict=False):
        call = _call(batch, deployed, old_root=old_root, new_root=new_root)
        kept = _kept(batch, first=length)
        length += len(kept)
        settled.append(event_of(batch, call, kept=kept, vault=Vault(tokens, 0, 0, length)))
    return Chain(
        Inputs(
            deployment=deployed,
            totals=_totals(venue, settled, tokens=tokens, consumed=len(queue)),
            requests=(
                *(Queued(number, request_word(request)) for number, request in queue),
                *(queued for each in settled for queued in each.queued),
            ),
            markets=tuple(
                QueuedMarket(number, request.market, Listing(NAMES[request.market], request.config))
                for number, request in queue
                if request.kind is RequestKind.MARKET
            ),
            batches=tuple(settled),
            fee_credits=(),
            claimed=0,
        ),
        venue.state,
    )


def _brought(request: Request) -> int:
    """The tokens that come with a request."""
    return BOND if request.kind is RequestKind.LIQUIDATE else _deposit(request)


def _deposit(request: Request) -> int:
    return request.amount if request.kind is RequestKind.DEPOSIT else 0


def _kept(batch: Batch, *, first: int) -> tuple[Queued, ...]:
    """The deposits to account 0 that lost bonds become."""
    lost = sum(
        request.kind is RequestKind.LIQUIDATE and outcome.code in LOST_BOND
        for request, outcome in zip(batch.requests, batch.outcomes, strict=True)
    )
    word = request_word(Request(RequestKind.DEPOSIT, 0, amount=BOND))
    return tuple(Queued(first + index, word) for index in range(lost))


def _call(batch: Batch, deployed: Deployment, *, old_root: int, new_root: int) -> SettleCall:
    _, proof, _ = standin()
    words = batch_words(batch, TINY, domain=deployed.domain_word, old_root=old_root, new_root=new_root)
    return call_of(batch, old_root=old_root, new_root=new_root, h=bind_batch(words, TINY).h, proof=proof)


def event_of(batch: Batch, call: SettleCall, *, kept: Sequence[Queued], vault: Vault) -> Settled:
    """The events of a settled batch."""
    return Settled(
        number=batch.number,
        new_root=call.header.new_root,
        shape=0,
        timestamp=batch.timestamp,
        entries=len(batch.entries),
        fills=len(batch.fills),
        requests_end=batch.first_request + len(batch.requests),
        transaction=keccak256(batch.number.to_bytes(8, "big")),
        block_time=batch.timestamp + HOUR,
        to=CONTRACT,
        calldata=encode_call(call),
        resolved=tuple(
            Resolved(batch.first_request + index, outcome.code, outcome.amount)
            for index, outcome in enumerate(batch.outcomes)
        ),
        credits=credits_of(batch),
        queued=tuple(kept),
        listed=tuple(
            Listed(request.market, Listing(NAMES[request.market], request.config))
            for request in batch.requests
            if request.kind is RequestKind.MARKET
        ),
        vault=vault,
    )


def _totals(venue: Replayed, settled: list[Settled], *, tokens: int, consumed: int) -> Totals:
    """The contract's books after the last batch; the vault holds what came in and nothing was claimed."""
    state = venue.state
    kept = sum(len(each.queued) for each in settled)
    return Totals(
        block=100,
        state_root=venue.tree.root,
        batch_number=len(settled),
        last_timestamp=state.timestamp,
        queue_head=consumed,
        queue_length=consumed + kept,
        marks=tuple(market.mark for market in state.markets[: state.listed]),
        markets=tuple(
            Listing(name, market.config)
            for name, market in zip(NAMES, state.markets[: state.listed], strict=False)
        ),
        token_balance=tokens,
        total_claims=sum(credit.amount for each in settled for credit in each.credits),
        queued_deposits=BOND * kept,
        queued_bonds=0,
    )


def with_batch(inputs: Inputs, number: int, **fields) -> Inputs:
    """The inputs with one batch changed."""
    return replace(
        inputs,
        batches=tuple(replace(each, **fields) if each.number == number else each for each in inputs.batches),
    )
