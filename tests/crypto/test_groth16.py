"""Keys that must not be used, keys that must not be read, and constants in deployed code."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from py_ecc.optimized_bn128 import optimized_curve

from zkclear.crypto.curve import FIELD_BASE, GENERATOR_G2, CurveError, parse_g1, parse_g2
from zkclear.crypto.groth16 import CommitmentKey, Verifier, parse_verifying_key, verify, verifying_key
from zkclear.crypto.key_lint import lint, negative_g2
from zkclear.crypto.verifier_code import constants, missing_constants

RAW = Path(__file__).resolve().parent.parent / "vectors" / "groth16"
NAMES = ("standin", "covered")


def _sample(name):
    return json.loads((RAW / f"{name}.json").read_text())


def _key(name="covered"):
    return verifying_key(_sample(name)["verifying_key"])


def _code(name):
    return bytes.fromhex((RAW / f"{name}.hex").read_text().strip().removeprefix("0x"))


def _failed(key, **more):
    return {check.name for check in lint(key, **more) if not check.passed}


@pytest.mark.parametrize("name", NAMES)
def test_real_key_passes_all_twelve_checks(name):
    """A key from a set-up, with the code that was exported from it."""
    checks = lint(_key(name), constraint_hashes=("0xab", "0xab"), code=_code(name))
    assert [check.name for check in checks if not check.passed] == []
    assert len({check.name for check in checks}) == 12


def _bad_keys():
    key = _key()
    g = key.commitment.g
    k = key.k
    off = (k[1][0], (k[1][1] + 1) % FIELD_BASE)
    return [
        ("no point at infinity", replace(key, alpha=(0, 0))),
        ("no point at infinity", replace(key, beta=(0, 0, 0, 0))),
        ("points of G1 on the curve", replace(key, k=(k[0], off, *k[2:]))),
        ("points of G1 on the curve", replace(key, alpha=(key.alpha[0] + FIELD_BASE, key.alpha[1]))),
        ("points of G2 in the subgroup", replace(key, beta=(*key.beta[:3], (key.beta[3] + 1) % FIELD_BASE))),
        ("delta is not gamma", replace(key, delta=key.gamma)),
        ("delta is not the generator", replace(key, delta=GENERATOR_G2)),
        ("delta is not the generator", replace(key, delta=negative_g2(GENERATOR_G2))),
        ("length of K", replace(key, k=k[:-1])),
        ("length of K", replace(key, k=(*k, parse_other(k)))),
        ("no point of K is zero", replace(key, k=(k[0], (0, 0), *k[2:]))),
        ("no point of K twice", replace(key, k=(k[0], k[2], *k[2:]))),
        ("no point of K twice", replace(key, k=(k[0], (k[2][0], FIELD_BASE - k[2][1]), *k[2:]))),
        ("commitment key has a secret", replace(key, commitment=CommitmentKey(g, g))),
        ("commitment key has a secret", replace(key, commitment=CommitmentKey(g, negative_g2(g)))),
    ]


def parse_other(points):
    """A point of the curve that is not among `points`: twice the first one."""
    doubled = optimized_curve.double(parse_g1(points[0], name="K[0]"))
    x, y = optimized_curve.normalize(doubled)
    return int(x), int(y)


@pytest.mark.parametrize(("name", "key"), _bad_keys())
def test_c1_weak_key_fails_the_check_made_for_it(name, key):
    """Each weakness is seen, by the check that names it and by no other."""
    assert _failed(key) == {name}


def test_c1_key_with_two_commitments_is_refused():
    """The Solidity verifier checks one only; a second one would be free."""
    assert "at most one commitment" in _failed(_key(), commitments=2)
    fields = _sample("covered")["verifying_key"]
    with pytest.raises(ValueError, match="at most one commitment"):
        verifying_key({**fields, "committed": [[1], [2]]})


def test_c1_key_of_another_circuit_is_seen():
    """The constraint system's hash is compared with the manifest's."""
    assert _failed(_key(), constraint_hashes=("0xab", "0xac")) == {"constraint system is the manifest's"}


@pytest.mark.parametrize("name", NAMES)
def test_c1_code_exported_from_another_key_is_seen(name):
    """Each of the key's coordinates is pushed by its own verifier and by no other."""
    (other,) = set(NAMES) - {name}
    assert missing_constants(_code(name), _key(name)) == []
    missing = missing_constants(_code(other), _key(name))
    assert len(missing) == len(set(missing)) == 2 + 3 * 4 + 2 * 4 + 2 * 5
    assert _failed(_key(name), code=_code(other)) == {"exported constants are the key's"}
    assert missing_constants(b"", _key(name)) == missing


def test_c1_one_changed_constant_is_named():
    """One flipped bit of one coordinate in the code is one missing constant."""
    code, key = _code("standin"), _key("standin")
    wanted = key.alpha[0].to_bytes(32, "big")
    changed = code.replace(wanted, (key.alpha[0] ^ 1).to_bytes(32, "big"))
    assert missing_constants(changed, key) == ["ALPHA_X"]


def test_c1_constant_kept_behind_the_code_counts():
    """A compiler that saves code keeps constants as data; half of one is not there."""
    key = _key("standin")
    data = b"".join(value.to_bytes(32, "big") for _, value in constants(key))
    assert missing_constants(data, key) == []
    assert missing_constants(data[:-16], key) == ["PUB_3_Y"]


def test_verifier_refuses_a_key_with_a_bad_point():
    """A key whose points are not checked would accept anything."""
    key = _key()
    with pytest.raises(ValueError, match="delta is not on the twist"):
        Verifier(replace(key, delta=(*key.delta[:3], (key.delta[3] + 1) % FIELD_BASE)))


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"alpha": ["1"]}', '{"committed": null, "commitment": null}']
)
def test_malformed_key_file_is_refused(text):
    """One sentence, not a stack of key errors."""
    with pytest.raises(ValueError, match=r"verifying_key\.json is not of the form"):
        parse_verifying_key(text)


def test_key_file_is_read_as_written():
    """The file of the Go program gives the same key as its decoded JSON; an index beyond the inputs is refused."""
    fields = _sample("covered")["verifying_key"]
    key = parse_verifying_key(json.dumps(fields))
    assert key == _key()
    assert (key.inputs, key.committed, key.shape, key.hash) == (3, (2,), "covered", fields["hash"])
    with pytest.raises(ValueError, match="committed inputs"):
        verifying_key({**fields, "committed": [[4]]})


def test_c1_verify_says_yes_or_no():
    """The short form, for callers who need no reason."""
    sample = _sample("standin")
    proof, inputs = bytes.fromhex(sample["proof"][2:]), [int(value) for value in sample["inputs"]]
    assert verify(_key("standin"), proof, inputs) is True
    assert verify(_key("standin"), proof, [*inputs[:2], inputs[2] + 1]) is False


def test_point_of_the_twist_outside_the_subgroup_is_refused():
    """py-ecc alone would pair with it without a word."""
    case = next(c for c in _vectors() if c["flags"] == ["Curve"] and _is_twist_point(c))
    words = [int(case["in"]["proof"][2 + 64 * i : 66 + 64 * i], 16) for i in range(12)]
    point = (words[3], words[2], words[5], words[4])
    with pytest.raises(CurveError, match="outside the subgroup"):
        parse_g2(point, name="B")


def _vectors():
    return json.loads((RAW.parent / "groth16.json").read_text())["cases"]


def _is_twist_point(case):
    """The forged B whose x is k + i."""
    return int(case["in"]["proof"][2 + 64 * 2 : 66 + 64 * 2], 16) == 1
