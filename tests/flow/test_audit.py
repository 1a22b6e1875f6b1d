"""`zkclear verify` on a real chain: it passes, and it names the batch as soon as anything in its input is changed."""

import json
import subprocess
import sys

import pytest

from tests.flow.waiting import until
from zkclear.client import DevSigner

pytestmark = pytest.mark.flow
SETTLE_LIMIT_S = 120


def verify(*arguments: str) -> tuple[int, dict]:
    """Exit code and report of `zkclear verify --json`."""
    command = [sys.executable, "-m", "zkclear.cli", "verify", "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def traded(running, client, traders):
    """Two trades, a signed and a forced withdrawal, all settled and claimed."""
    maker, taker = traders
    for side, other in (("sell", "buy"), ("buy", "sell")):
        maker.place("BTC-USD", side, size="0.02", price="60000")
        order = taker.place("BTC-USD", other, size="0.01", price="60000", tif="FOK")
        order.wait("SETTLED", timeout=SETTLE_LIMIT_S)
    maker.cancel_all()
    taker_chain = client.chain(running.rpc_url, DevSigner(taker.account - 1))
    taker_chain.request_withdrawal(taker.account, 7)
    maker.withdraw(5).wait("SETTLED", timeout=SETTLE_LIMIT_S)
    until(lambda: taker_chain.balances().claimable == 7, "the forced withdrawal")
    before = taker_chain.balances().token
    taker_chain.claim()
    assert before + 7 == taker_chain.balances().token
    return maker, taker


@pytest.fixture(scope="module")
def dump(running, traded, tmp_path_factory):
    """Everything that an audit reads, as a file, from a chain that passes."""
    path = tmp_path_factory.mktemp("audit") / "chain.json"
    code, report = verify(
        "--rpc", running.rpc_url, "--contract", running.deployment.settlement, "--dump", str(path)
    )
    assert code == 0, failures(report)
    assert report["verdict"] == "PASS"
    return path


def failures(report: dict) -> list[dict]:
    """The checks that failed."""
    return [check for check in report["checks"] if check["verdict"] != "PASS"]


def flip(text: str, byte: int) -> str:
    """A hex string with one bit of one byte changed; negative bytes count from the end."""
    raw = bytearray.fromhex(text.removeprefix("0x"))
    raw[byte] ^= 1
    return "0x" + raw.hex()


def proof_word(settled: dict) -> None:
    """One bit of the second word of the proof, the last argument of `settle`."""
    raw = settled["calldata"].removeprefix("0x")
    settled["calldata"] = flip(raw, len(raw) // 2 - 384 + 63)


def entry_byte(settled: dict) -> None:
    """One bit of the limit price of the batch's first entry."""
    raw = bytes.fromhex(settled["calldata"].removeprefix("0x"))
    head = 4 + 32 * 2  # selector, the offsets of header and reports, then that of the entries
    entries = 4 + int.from_bytes(raw[head : head + 32], "big") + 32
    settled["calldata"] = flip(settled["calldata"], entries + 15)


def new_root(settled: dict) -> None:
    """The root that the event announced."""
    settled["new_root"] = str(int(settled["new_root"]) ^ 1)


def number(settled: dict) -> None:
    """The batch's number in the event."""
    settled["number"] = str(int(settled["number"]) + 1)


@pytest.mark.parametrize("change", [proof_word, entry_byte, new_root, number])
def test_c1_c11_one_changed_bit_fails_and_names_the_batch(dump, tmp_path, change):
    """A proof word, a byte of calldata, a root, a number: each is found, in the batch where it is."""
    content = json.loads(dump.read_text())
    settled = content["inputs"]["batches"][-1]
    batch = int(settled["number"])
    assert batch >= 3
    change(settled)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(content))
    code, report = verify("--input", str(path))
    assert code == 1
    assert report["verdict"] == "FAIL"
    assert min(report["failed_batches"]) in (batch, batch + 1)
    assert not {each["batch"] for each in failures(report)} & set(range(1, batch))


def test_c8_tokens_missing_from_the_vault_are_found(dump, tmp_path):
    """One unit less than claims, queued deposits and accounts together: the reserves check fails."""
    content = json.loads(dump.read_text())
    totals = content["inputs"]["totals"]
    totals["token_balance"] = str(int(totals["token_balance"]) - 1)
    path = tmp_path / "changed.json"
    path.write_text(json.dumps(content))
    code, report = verify("--input", str(path))
    assert code == 1
    assert [each["name"] for each in failures(report)] == ["reserves"]
