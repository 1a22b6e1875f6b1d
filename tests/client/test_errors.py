"""Every reason becomes the exception that errors.yaml names, and none is lost on the way."""

import pickle
from pathlib import Path

import pytest
import yaml
from web3.exceptions import ContractCustomError

from tests.client.exchange import refusal
from zkclear.audit.abi import contract_abi
from zkclear.client import errors
from zkclear.client.contract import contract_error
from zkclear.client.oracle import candles, ticks
from zkclear.client.transport import error_of_status
from zkclear.crypto.keccak import keccak256

ROOT = Path(__file__).resolve().parents[2]
REASONS = yaml.safe_load((ROOT / "proto" / "errors.yaml").read_text(encoding="utf-8"))["reasons"]
PRICES = ROOT / "data" / "prices"


@pytest.mark.parametrize("row", REASONS, ids=lambda row: row["name"])
def test_a_reason_over_the_wire_is_its_exception(row):
    error = error_of_status(refusal(row["name"], message="why", slot="3"))
    assert type(error) is getattr(errors, row["exception"])
    assert (error.reason, error.metadata, str(error)) == (row["name"], {"slot": "3"}, "why")


def test_a_reason_of_a_later_version_is_a_refusal():
    error = error_of_status(refusal("SOMETHING_NEW"))
    assert type(error) is errors.ExchangeError


def test_a_status_without_a_reason_is_none_of_ours():
    status = refusal("X")
    del status.details[:]
    assert error_of_status(status) is None


def test_a_receipt_of_a_refusal_stays_with_it():
    error = error_of_status(refusal("NONCE_STALE"))
    assert error.receipt is None
    assert pickle.loads(pickle.dumps(error)).reason == "NONCE_STALE"


def test_a_revert_is_told_in_the_contracts_words():
    (custom,) = (each for each in contract_abi("Settlement") if each.get("name") == "NotOwner")
    assert [kind["type"] for kind in custom["inputs"]] == ["uint32", "address"]
    selector = keccak256(b"NotOwner(uint32,address)")[:4]
    data = selector + (7).to_bytes(32, "big") + bytes(12) + b"\x11" * 20
    error = contract_error(ContractCustomError("reverted", data="0x" + data.hex()))
    assert error.name == "NotOwner"
    assert error.values == (7, "0x" + "11" * 20)


def test_an_unknown_revert_keeps_its_data():
    error = contract_error(ContractCustomError("odd", data="0x12345678"))
    assert error.values == ("0x12345678",)


@pytest.mark.parametrize("name", ["crash-2025-04-06.csv", "drop-2025-06-21.csv", "calm-2025-06-28.csv"])
def test_recorded_prices_are_read_as_ticks_of_both_markets(name):
    read = list(ticks(PRICES / name, markets=("ETH-USD", "BTC-USD")))
    assert len(read) >= 288
    assert all(tick.prices["BTC-USD"] > tick.prices["ETH-USD"] > 0 for tick in read)
    assert [tick.time_s for tick in read] == sorted(tick.time_s for tick in read)


def test_a_bad_price_file_names_the_line(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("time_s,market,open,high,low,close\n1,ETH-USD,1,1,1\n", encoding="utf-8")
    with pytest.raises(errors.BadRequest, match="line 2"):
        list(candles(path))
    path.write_text("a,b\n", encoding="utf-8")
    with pytest.raises(errors.BadRequest, match="first line"):
        list(candles(path))
