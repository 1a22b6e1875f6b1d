"""A long random day: whatever happens, every sealed batch follows the rules, and the journal tells it again."""

import random

import pytest

from sequencer.core.inputs import with_listing
from sequencer.core.machine import Machine
from sequencer.core.refusals import Refused
from sequencer.core.settings import Settings
from tests.sequencer.floor import KEY, Floor, genesis_record, owner_of
from zkclear.crypto.eip712 import receipt_digest, receipt_struct_hash
from zkclear.crypto.keccak import keccak256
from zkclear.crypto.signatures import address_of, recover
from zkclear.rules import actions
from zkclear.rules.actions import ORDER_CODES
from zkclear.rules.batch import Batch, Fill, Outcome, Request, RequestKind
from zkclear.rules.funding import settle_account
from zkclear.rules.risks import count_risks
from zkclear.rules.shapes import shape_by_name
from zkclear.rules.state import genesis
from zkclear.rules.transition import apply_batch
from zkclear.rules.units import PPM
from zkclear.rules.words import parse_entry, parse_request
from zkclear.v1 import batch_pb2

STEPS = 3_000
PLAIN = [name for name in ORDER_CODES if "GTC" in name or "IOC" in name]
ACTIONS = [name for name in PLAIN if "REDUCE" not in name] * 6 + list(ORDER_CODES)
REFUSALS_NEVER_MET = {"INVALID_FIELD", "BATCH_NOT_FOUND", "MARKET_NOT_FOUND", "INVALID_SIGNATURE"}


class Day:
    """Ten accounts of eight owners, two markets, prices that wander, requests that come in between."""

    def __init__(self, seed, *, shapes, amount_e6):
        self.random = random.Random(seed)
        settings = Settings(max_unproved=10**9, min_notional_e6=0, impact_notional_e6=10 * 10**6)
        self.floor = Floor(settings=settings, shapes=shapes)
        self.floor.open(8, amount_e6=amount_e6)
        for account in (10, 11):  # second accounts of owners 2 and 3
            self.floor.request(
                Request(RequestKind.OPEN, account, address=owner_of(account - 8)),
                Request(RequestKind.DEPOSIT, account, amount=amount_e6),
            )
        self.eth = 3_000
        self.floor.price()
        self.refusals = {}

    def signer(self, account):
        return owner_of(account - 8 if account >= 10 else account)

    def step(self):
        self.floor.now_us += self.random.randrange(200_000)
        self.floor.wait(0)
        kind = self.random.choices(
            ("order", "cancel", "cancel_all", "withdraw", "price", "request", "seal"),
            (75, 8, 1, 5, 6, 3, 2),
        )[0]
        try:
            getattr(self, kind)(self.random.randrange(2, 12))
        except Refused as refusal:
            self.refusals[refusal.reason] = self.refusals.get(refusal.reason, 0) + 1

    def order(self, account):
        market = self.random.randrange(2)
        mark = self.floor.exchange.batch.prices.marks[market]
        agent = self.floor.exchange.batch.row(account).agent
        by_agent = agent and self.random.random() < 0.5
        self.floor.submit(
            account,
            self.random.choice(ACTIONS),
            self.random.randrange(1, 400),
            mark + self.random.randrange(-60, 61),
            market=market,
            nonce=self.floor.nonce(self.random.randrange(12)),
            replace=self.random.random() < 0.8,
            self_trade=self.random.randrange(4),
            signer=agent if by_agent else self.signer(account),
        )

    def cancel(self, account):
        slot = self.random.randrange(12)
        use = self.floor.exchange.engine.orders_of(account).slots.get(slot)
        binding = use is None or self.random.random() < 0.5
        nonce = self.floor.nonce(slot) if binding else use.nonce
        self.floor.cancel(account, nonce, signer=self.signer(account))

    def cancel_all(self, account):
        if account < 10:
            self.floor.cancel_all(account)

    def withdraw(self, account):
        row = self.floor.exchange.batch.row(account)
        most = self.floor.exchange.valuation.withdrawable(row.collateral, row.sizes)
        amount = 1 + self.random.randrange(most // self.random.choice((1, 20, 20)) + most // 50 + 10)
        nonce = self.floor.nonce(self.random.randrange(12))
        self.floor.withdraw(account, amount, nonce=nonce, signer=self.signer(account))

    def price(self, _):
        self.eth = max(1_000, self.eth + self.random.randrange(-60, 61))
        self.floor.price(eth=self.eth, btc=self.eth * 20)

    def request(self, account):
        pending = {queued.request.account for queued in self.floor.exchange.queue}
        kinds = {
            0: Request(RequestKind.DEPOSIT, account, amount=self.random.randrange(1, 10**9)),
            1: Request(RequestKind.WITHDRAW, account, amount=self.random.randrange(1, 10**10)),
            2: Request(
                RequestKind.AGENT,
                account,
                address=owner_of(self.random.randrange(2, 10)),
                until=self.floor.now_us // 10**6 + self.random.randrange(100),
            ),
        }
        if account not in pending:
            self.floor.request(kinds[self.random.randrange(3)])

    def seal(self, _):
        self.floor.seal()


def rebuilt(message, listings=()):
    """The batch as the prover reads it from the message; `listings` are what the chain says of MARKET requests."""
    requests = tuple(parse_request(int.from_bytes(each.payload, "big")) for each in message.requests)
    entries = tuple(
        parse_entry(int.from_bytes(entry.word, "big"), int.from_bytes(entry.signer, "big"))
        for entry in message.entries
    )
    return Batch(
        number=message.number,
        timestamp=message.timestamp_s,
        first_request=message.first_request,
        marks=tuple(message.marks),
        funding_steps=tuple(message.funding_steps),
        entries=entries,
        fills=tuple(Fill(fill.maker, fill.taker, fill.lots) for fill in message.fills),
        requests=tuple(
            with_listing(request, listings[number]) if request.kind is RequestKind.MARKET else request
            for number, request in enumerate(requests, message.first_request)
        ),
        outcomes=tuple(Outcome(each.outcome, each.amount) for each in message.requests),
    )


def check_batches(floor):
    """Every batch again, from the first state, by the rule book alone; and each fits the shape that it names."""
    exchange = floor.exchange
    state = genesis(exchange.genesis.configs, fee_recipient=owner_of(1), timestamp=exchange.genesis.timestamp)
    deposits = 0
    for number in range(1, len(exchange.sealed) + 1):
        message = batch_pb2.SealedBatch.FromString(exchange.sealed.get(number).body)
        batch = rebuilt(message, floor.listings)
        state = apply_batch(state, batch)
        shape = shape_by_name(message.shape)
        assert shape.fits(
            orders=len(batch.entries),
            fills=len(batch.fills),
            accounts=len(named_by(batch)),
            requests=len(batch.requests),
            risks=count_risks(batch),
        )
        deposits += sum(each.amount for each in batch.requests if each.kind is RequestKind.DEPOSIT)
        deposits -= sum(
            outcome.amount
            for each, outcome in zip(batch.requests, batch.outcomes, strict=True)
            if each.kind is RequestKind.WITHDRAW
        )
        deposits -= sum(entry.amount for entry in batch.entries if entry.action == 0x80)
        check_conservation(state, deposits)
    assert state == exchange.state


def named_by(batch):
    """Every account that a batch opens."""
    return {
        0,
        1,
        *(each.account for each in (*batch.entries, *batch.requests)),
        *(each.taker for each in batch.requests if each.kind is RequestKind.LIQUIDATE),
        *(each.subject for each in batch.entries if each.action == actions.DELEVERAGE),
    }


def check_conservation(state, deposits):
    """Every position has its other side, and with all funding settled nothing is created or lost but for the dust."""
    for market in range(len(state.markets)):
        assert sum(account.positions[market].size for account in state.accounts.values()) == 0
    settled = [settle_account(account, state.markets) for account in state.accounts.values()]
    worth = sum(each.account.collateral for each in settled) * PPM + sum(each.dust for each in settled)
    assert worth + state.funding_dust == deposits * PPM, "C6: trading and fees create nothing"


def check_receipts(floor):
    """Each receipt names the one before it, its result hashes, and the sequencer signed it."""
    receipts, previous = floor.exchange.receipts, bytes(32)
    for sequence in range(1, len(receipts) + 1):
        receipt = receipts.show(sequence)
        assert receipt.previous == previous
        assert receipt.result == keccak256(receipt.result_bytes)
        fields = {
            name: getattr(receipt, name) for name in ("sequence", "action", "result", "previous", "time_us")
        }
        previous = receipt_struct_hash(**fields)
        if sequence % 97 == 0:
            digest = receipt_digest(floor.exchange.genesis.domain, **fields)
            assert recover(digest, receipt.signature) == address_of(KEY)


def everything(machine):
    """All that leaves the core, as bytes."""
    exchange = machine.exchange
    bodies = [exchange.sealed.get(number).body for number in range(1, len(exchange.sealed) + 1)]
    receipts = [
        exchange.receipts.show(number).SerializeToString() for number in range(1, len(exchange.receipts) + 1)
    ]
    return bodies, receipts, exchange.state


@pytest.mark.parametrize(
    ("seed", "shapes", "amount_e6"),
    [
        (1, ("tiny",), 2_000 * 10**6),
        (2, ("tiny", "small"), 2_000 * 10**6),
        (3, ("tiny", "small", "medium"), 300 * 10**6),
    ],
)
def test_a_random_day_follows_the_rules_and_can_be_told_again(seed, shapes, amount_e6):
    day = Day(seed, shapes=shapes, amount_e6=amount_e6)
    for _ in range(STEPS):
        day.step()
    day.floor.seal()
    assert day.floor.exchange.engine.trade_count > STEPS // 20
    assert not REFUSALS_NEVER_MET & day.refusals.keys(), day.refusals
    check_batches(day.floor)
    check_receipts(day.floor)
    again = Machine(KEY)
    for record in day.floor.journal:
        again.replay(record)
    assert everything(again) == everything(day.floor.machine)


def test_the_genesis_record_is_the_state_of_the_constructor():
    floor = Floor()
    assert floor.exchange.state.accounts[1].owner == int.from_bytes(genesis_record()["fee_recipient"], "big")
    assert floor.exchange.state.timestamp == genesis_record()["timestamp"]
