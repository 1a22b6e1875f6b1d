"""The matching core in this process: the test plays gateway, oracle, L1 and clock."""

from dataclasses import dataclass, field

from prover.settlement.dev_markets import DEV_MARKETS
from sequencer.core.commands import (
    Begin,
    CancelAll,
    CancelOrder,
    Configure,
    Seal,
    SubmitOrder,
    TakeReport,
    TakeRequests,
    Tick,
    Withdraw,
)
from sequencer.core.machine import Machine, encode_record
from sequencer.core.settings import Settings
from zkclear.crypto.keccak import keccak256
from zkclear.crypto.tree import market_config_hash
from zkclear.rules import actions
from zkclear.rules.batch import Request, RequestKind
from zkclear.rules.words import request_word
from zkclear.v1 import account_pb2, trading_pb2

START = 1_700_000_000
KEY = 0xA11CE
ORACLES = (0x01, 0x02, 0x03)
ETH_TICK = 10_000_000
BTC_TICK = 100_000_000


def owner_of(account):
    return 0x1000 + account


def market_record(config):
    """The fields of a configuration as the feed reads them."""
    fields = {name: getattr(config, name) for name in config.__slots__}
    for rates in ("maintenance", "initial"):
        value = fields[rates]
        fields[rates] = [value.r1, value.r2, value.r3]
    return fields


def genesis_record(*, shapes=("tiny", "small", "medium")):
    return {
        "chain_id": 31337,
        "contract": bytes(19) + b"\x07",
        "asset": "USDX",
        "fee_recipient": owner_of(1).to_bytes(20, "big"),
        "timestamp": START,
        "markets": [{"name": each.name, **market_record(each.config)} for each in DEV_MARKETS],
        "oracle_signers": [signer.to_bytes(20, "big") for signer in ORACLES],
        "oracle_quorum": 2,
        "report_max_age": 30,
        "request_deadline": 86_400,
        "bond_e6": 20 * 10**6,
        "max_move_ppm": 50_000,
        "max_move_ppm_per_second": 1_000,
        "shapes": list(shapes),
    }


@dataclass
class Floor:
    """A machine with its journal; `answer` raises what the core refuses."""

    settings: Settings = field(default_factory=Settings)
    shapes: tuple = ("tiny", "small", "medium")
    now_us: int = (START + 10) * 10**6
    journal: list = field(default_factory=list)

    def __post_init__(self):
        self.machine = Machine(KEY)
        self.queued = 0
        self.listings = {}
        self.serial = 0
        self.do(Begin(genesis_record(shapes=self.shapes)))
        self.do(Configure(self.settings.record()))

    @property
    def exchange(self):
        return self.machine.exchange

    def do(self, command):
        answer = self.machine.apply(self.now_us, command)
        if answer.is_kept:
            self.journal.append(encode_record([(self.now_us, command)]))
        if answer.refusal is not None:
            raise answer.refusal
        return answer.response

    def wait(self, seconds):
        self.now_us += int(seconds * 10**6)
        if self.exchange.is_due(self.now_us):
            self.do(Tick())

    def price(self, eth=3000, btc=60000, *others):
        """Two of three oracles agree on prices in tokens."""
        prices = tuple(int(price * 10**8) for price in (eth, btc, *others))
        for signer in ORACLES[:2]:
            self.do(TakeReport(self.now_us // 10**6, prices, signer, bytes([signer]) * 64))

    def request(self, *requests):
        payloads = tuple(request_word(request).to_bytes(32, "big") for request in requests)
        listings = tuple(
            (number, self.listings[number])
            for number, request in enumerate(requests, self.queued)
            if request.kind is RequestKind.MARKET
        )
        self.do(TakeRequests(self.queued, payloads, listings))
        self.queued += len(requests)

    def list_market(self, index, name, config):
        """The contract's queueMarket."""
        self.listings[self.queued] = {"name": name, **market_record(config)}
        self.request(
            Request(
                RequestKind.MARKET, 0, market=index, config=config, config_hash=market_config_hash(config)
            )
        )

    def open(self, count, *, amount_e6=10_000 * 10**6, first=2):
        """Opens accounts with a deposit each."""
        for account in range(first, first + count):
            self.request(
                Request(RequestKind.OPEN, account, address=owner_of(account)),
                Request(RequestKind.DEPOSIT, account, amount=amount_e6),
            )

    def nonce(self, slot=None):
        self.serial += 1
        return self.serial * 1024 + (self.serial % 1024 if slot is None else slot)

    def order_command(
        self, account, action, lots, limit, *, market=0, nonce=None, expiry=None, signer=None,
        replace=False, self_trade=0,
    ):  # fmt: skip
        nonce = self.nonce() if nonce is None else nonce
        expiry = self.now_us // 10**6 + 3600 if expiry is None else expiry
        signer = owner_of(account) if signer is None else signer
        code = actions.parse_order_action(action)
        digest = keccak256(repr((account, action, lots, limit, market, nonce, expiry)).encode())
        return SubmitOrder(
            digest, account, market, code, lots, limit, expiry, nonce, signer, b"s" * 64, replace, self_trade
        )

    def submit(self, *args, **kwargs):
        return self.send(self.order_command(*args, **kwargs))

    def send(self, command):
        return trading_pb2.SubmitOrderResponse.FromString(self.do(command))

    def cancel(self, account, nonce, *, market=0, signer=None):
        signer = owner_of(account) if signer is None else signer
        digest = keccak256(repr(("cancel", account, market, nonce)).encode())
        response = self.do(CancelOrder(digest, account, market, nonce, signer, b"c" * 64))
        return trading_pb2.CancelOrderResponse.FromString(response)

    def cancel_all(self, account, *, market=-1, before_nonce=2**56 - 1):
        digest = keccak256(repr(("all", account, market, before_nonce, self.now_us)).encode())
        command = CancelAll(
            digest, account, market, before_nonce, self.now_us // 10**6 + 60, owner_of(account)
        )
        return trading_pb2.CancelAllOrdersResponse.FromString(self.do(command))

    def withdraw(self, account, amount_e6, *, nonce=None, signer=None, expiry=None):
        nonce = self.nonce() if nonce is None else nonce
        expiry = self.now_us // 10**6 + 3600 if expiry is None else expiry
        signer = owner_of(account) if signer is None else signer
        digest = keccak256(repr(("withdraw", account, amount_e6, nonce, expiry)).encode())
        command = Withdraw(
            digest,
            account,
            amount_e6,
            expiry,
            nonce,
            signer,
            b"w" * 64,
            owner_of(account).to_bytes(20, "big"),
        )
        return account_pb2.SubmitWithdrawalResponse.FromString(self.do(command))

    def seal(self):
        self.do(Seal())
        return len(self.exchange.sealed)
