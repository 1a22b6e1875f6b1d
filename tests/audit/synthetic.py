"""
A chain as an auditor sees it, made without one: the scripted history of `tests/scenario.py` as calldata and events.

Roots, signatures, marks and bindings are real. Proofs are not: they have the stand-in circuit's key and its one proof.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from tests.scenario import ASSET, CHAIN, HOUR, LISTINGS, Venue, key_of, owner_of, scripted, sign_entry
from tests.vectors.drawer import BTC, ETH
from tests.vectors.scenario import START
from zkclear.audit import verifier_code
from zkclear.audit.calldata import Header, PriceReport, SettleCall, SignedEntry, encode_call
from zkclear.audit.inputs import (
    Credit,
    Deployment,
    Inputs,
    Limits,
    Listing,
    Queued,
    Resolved,
    Settled,
    ShapeInfo,
    Totals,
)
from zkclear.crypto.bind import bind_batch, circuit_id, domain_word
from zkclear.crypto.eip712 import price_report_digest
from zkclear.crypto.groth16 import VerifyingKey, verifying_key
from zkclear.crypto.keccak import keccak256
from zkclear.crypto.signatures import address_of, sign
from zkclear.rules import actions
from zkclear.rules.batch import Batch, Entry, RequestKind
from zkclear.rules.shapes import TINY
from zkclear.rules.state import State
from zkclear.rules.words import batch_words, entry_word, request_word

GROTH16 = Path(__file__).resolve().parents[1] / "vectors" / "groth16" / "standin.json"
CONTRACT = CHAIN.contract.to_bytes(20, "big")
ORACLE_KEYS = sorted((key_of(900 + n) for n in range(3)), key=address_of)
QUORUM = 2


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


def deployment() -> Deployment:
    """The deployment of the scripted history."""
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
        markets=(Listing("ETH-USD", ETH), Listing("BTC-USD", BTC)),
        shapes=(ShapeInfo(TINY.orders, TINY.fills, TINY.requests, bytes(19) + b"\x55", code),),
        oracle_signers=tuple(address_of(key).to_bytes(20, "big") for key in ORACLE_KEYS),
        oracle_quorum=QUORUM,
        limits=Limits(
            max_lag=HOUR, max_lead=60, report_max_age=30, max_move_ppm=50_000, max_move_ppm_per_second=1_000
        ),
        circuit_id=circuit,
        domain_word=domain_word(chain_id=CHAIN.chain_id, contract=CHAIN.contract, circuit_id=circuit),
    )


_KEYS = {owner_of(account): key_of(account) for account in (*range(1, 12), 77)}


def signed_entry(entry: Entry) -> SignedEntry:
    """An entry as calldata carries it; signatures are deterministic, so signing again gives the same one."""
    recipient = owner_of(entry.account) if entry.action == actions.WITHDRAW else None
    signed = sign_entry(entry, _KEYS[entry.signer], recipient=recipient)
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
            mark * market.tick_e8 + index for mark, market in zip(batch.marks, LISTINGS, strict=True)
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


def credits_of(batch: Batch) -> tuple[Credit, ...]:
    """What the contract credits for a batch."""
    forced = [
        Credit(owner_of(request.account).to_bytes(20, "big"), request.account, batch.number, outcome.amount)
        for request, outcome in zip(batch.requests, batch.outcomes, strict=True)
        if request.kind is RequestKind.WITHDRAW and outcome.amount
    ]
    signed = [
        Credit(owner_of(entry.account).to_bytes(20, "big"), entry.account, batch.number, entry.amount)
        for entry in batch.entries
        if entry.action == actions.WITHDRAW
    ]
    return (*forced, *signed)


@dataclass(frozen=True)
class Chain:
    """The inputs of an audit, and the last state as the rule book has it."""

    inputs: Inputs
    state: State


def chain() -> Chain:
    """The scripted history, settled."""
    deployed = deployment()
    _, proof, _ = standin()
    venue = Venue()
    settled, queue = [], []
    for _, batch in scripted(venue):
        old_root = venue.tree.root
        venue.advance(batch)
        words = batch_words(
            batch, TINY, domain=deployed.domain_word, old_root=old_root, new_root=venue.tree.root
        )
        call = call_of(
            batch,
            old_root=old_root,
            new_root=venue.tree.root,
            h=bind_batch(words, TINY).h,
            proof=proof,
        )
        queue += [
            Queued(batch.first_request + index, request_word(request))
            for index, request in enumerate(batch.requests)
        ]
        settled.append(event_of(batch, call))
    return Chain(
        Inputs(
            deployment=deployed,
            totals=totals_of(venue, settled, queue),
            requests=tuple(queue),
            batches=tuple(settled),
            fee_credits=(),
            claimed=0,
        ),
        venue.state,
    )


def event_of(batch: Batch, call: SettleCall) -> Settled:
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
    )


def totals_of(venue: Venue, settled: list[Settled], queue: list[Queued]) -> Totals:
    """The contract's books after the last batch; the vault holds what was deposited and nothing was claimed."""
    deposits = sum(
        request.amount
        for _, batch in venue.history
        for request in batch.requests
        if request.kind is RequestKind.DEPOSIT
    )
    return Totals(
        block=100,
        state_root=venue.tree.root,
        batch_number=len(settled),
        last_timestamp=venue.state.timestamp,
        queue_head=len(queue),
        queue_length=len(queue),
        marks=tuple(market.mark for market in venue.state.markets[: len(LISTINGS)]),
        token_balance=deposits,
        total_claims=sum(credit.amount for each in settled for credit in each.credits),
        queued_deposits=0,
    )


def with_batch(inputs: Inputs, number: int, **fields) -> Inputs:
    """The inputs with one batch changed."""
    return replace(
        inputs,
        batches=tuple(replace(each, **fields) if each.number == number else each for each in inputs.batches),
    )
