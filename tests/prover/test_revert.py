"""Revert data becomes a sentence with the contract's own names."""

import re

from eth_abi import encode
from eth_utils import keccak

from prover.settlement.errors import decode_revert


def revert(signature, *values):
    types = signature[signature.index("(") + 1 : -1].split(",")
    return keccak(text=signature)[:4] + encode(types, values)


def test_a_custom_error_carries_its_names_and_values():
    cause = decode_revert(revert("OracleQuorum(uint256,uint256,uint256)", 1, 0, 2), doing="settle of batch 7")
    assert str(cause) == "settle of batch 7 reverts with OracleQuorum(market 1, reports 0, needed 2)"
    assert (cause.name, cause.values) == ("OracleQuorum", {"market": 1, "reports": 0, "needed": 2})


def test_what_refuses_a_risk_request_is_known():
    pending = decode_revert(revert("RequestPending(uint32,uint64)", 7, 12), doing="liquidate")
    assert pending.values == {"account": 7, "request": 12}
    same = decode_revert(revert("SameOwner(uint32,uint32)", 7, 8), doing="liquidate")
    assert str(same) == "liquidate reverts with SameOwner(account 7, taker 8)"


def test_every_error_of_a_verifier_is_known(tiny_keys):
    source = tiny_keys.verifier_source.read_text(encoding="utf-8")
    signatures = re.findall(r"^ *error (\w+\(.*\));", source, flags=re.MULTILINE)
    assert signatures
    for each in signatures:
        assert decode_revert(keccak(text=each)[:4], doing="settle").name == each.removesuffix("()")


def test_soliditys_own_errors_are_known():
    assert decode_revert(revert("Error(string)", "no"), doing="it").values == {"message": "no"}
    assert decode_revert(revert("Panic(uint256)", 0x11), doing="it").values == {"code": 0x11}


def test_an_unknown_error_keeps_its_bytes():
    assert decode_revert(b"\x01\x02\x03\x04", doing="it").values == {"data": "0x01020304"}


def test_a_known_error_cut_short_keeps_its_bytes_too():
    data = revert("StaleRoot(uint256,uint256)", 1, 2)[:-1]
    assert decode_revert(data, doing="it").values == {"data": f"0x{data.hex()}"}


def test_no_data_is_said_so():
    assert "no reason" in str(decode_revert(b"", doing="settle of batch 1"))
