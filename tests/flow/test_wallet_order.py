"""An order signed outside Python, by a wallet library, through gRPC, matched, proved, settled and audited."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from zkclear.client import DevSigner
from zkclear.client.order import Order
from zkclear.v1 import order_pb2, trading_pb2

pytestmark = pytest.mark.flow
HERE = Path(__file__).resolve().parent
PACKAGES = HERE.parents[1] / "contracts" / "package.json"
SETTLE_LIMIT_S = 120


def sign_with_viem(client, secret: bytes, fields: order_pb2.OrderFields) -> dict[str, str]:
    """What viem's `signTypedData` gives for an order."""
    message = {
        "privateKey": "0x" + secret.hex(),
        "chainId": client.domain.chain_id,
        "contract": f"0x{client.domain.contract:040x}",
        "order": {
            "account": fields.account,
            "market": fields.market,
            "action": fields.action,
            "sizeE8": str(fields.size_e8),
            "limitPriceE8": str(fields.limit_price_e8),
            "expiry": str(fields.expiry_s),
            "nonce": str(fields.nonce),
        },
    }
    command = ["node", str(HERE / "sign_order.mjs"), str(PACKAGES)]
    done = subprocess.run(command, input=json.dumps(message), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_c2_an_order_signed_by_a_wallet_library_settles_with_a_real_proof(running, client, traders):
    """viem signs, gRPC takes it, a batch fills it, Groth16 proves it, the contract settles it, the chain shows it."""
    maker, taker = traders
    resting = maker.place("ETH-USD", "sell", size="0.25", price="3000.10")
    fields = order_pb2.OrderFields(
        account=taker.account,
        market="ETH-USD",
        action="BUY IOC",
        size_e8=25_000_000,
        limit_price_e8=300_010_000_000,
        expiry_s=int(time.time()) + 600,
        nonce=time.time_ns() // 10**6 * 1024 + 7,
    )
    signed = sign_with_viem(client, DevSigner(taker.account - 1).secret, fields)
    answer = client.connection.call(
        client.connection.trading.SubmitOrder,
        trading_pb2.SubmitOrderRequest(fields=fields, signature=bytes.fromhex(signed["signature"][2:])),
    )
    assert bytes.fromhex(signed["digest"][2:]) == answer.order.digest
    assert answer.order.status == order_pb2.ORDER_STATUS_FILLED
    order = Order(taker, answer.order)
    order.wait("SETTLED", timeout=SETTLE_LIMIT_S)
    resting.wait("SETTLED", timeout=SETTLE_LIMIT_S)
    evidence = order.verify(rpc_url=running.rpc_url)
    assert evidence.passed
    assert evidence.lots == 250
