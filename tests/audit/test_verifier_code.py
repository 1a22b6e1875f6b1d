"""The verifying key in a verifier's code, and whether the code around it is gnark's."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import pytest

from tests.audit import synthetic
from zkclear.audit.keys import compare, key_of_code, local_keys
from zkclear.audit.report import Report
from zkclear.audit.verifier_code import CONSTANTS, ForeignCode, key_constants, marker

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(__file__).with_name("verifier.sol")


def template_tool():
    spec = importlib.util.spec_from_file_location(
        "verifier_template", ROOT / "tools" / "verifier_template.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def standin_key():
    return replace(synthetic.standin()[0], shape="", hash="")


def test_the_template_is_what_gnarks_export_compiles_to_as_a_deployment_compiles_it():
    tool = template_tool()
    text = tool.template_text(SOURCE.read_text(encoding="utf-8"))
    assert tool.TARGET.read_text(encoding="ascii") == text, "run tools/verifier_template.py"


def test_c1_the_key_of_a_compiled_verifier_is_read_from_its_code():
    tool = template_tool()
    source = SOURCE.read_text(encoding="utf-8")
    values = key_constants(tool.compiled(source))
    assert sorted(values) == sorted(CONSTANTS)
    for name, value in values.items():
        assert f"constant {name} = {value};" in source


def test_a_key_of_known_numbers_comes_back():
    key = standin_key()
    assert key_of_code(synthetic.code_of(key)) == key


def test_code_with_one_other_instruction_is_foreign():
    code = bytearray(synthetic.code_of(standin_key()))
    code[10] ^= 1
    with pytest.raises(ForeignCode, match="instruction"):
        key_constants(bytes(code))


def test_a_constant_that_differs_between_its_places_is_foreign():
    key = standin_key()
    code = synthetic.code_of(key)
    number = key.alpha[0].to_bytes(32, "big")
    assert code.count(number) == 2
    forged = code.replace(number, (key.alpha[0] + 1).to_bytes(32, "big"), 1)
    with pytest.raises(ForeignCode, match="ALPHA_X"):
        key_constants(forged)


@pytest.mark.parametrize("code", [b"", b"\x00", b"\x60\x01" * 4_000])
def test_what_is_no_verifier_is_foreign(code):
    with pytest.raises(ForeignCode, match="instructions"):
        key_constants(code)


def test_an_unsafe_key_is_refused_by_the_lint():
    key = standin_key()
    with pytest.raises(ForeignCode, match="delta is not gamma"):
        key_of_code(synthetic.code_of(replace(key, delta=key.gamma)))


def test_markers_look_like_no_real_number():
    assert len({marker(name) for name in CONSTANTS}) == len(CONSTANTS)
    assert all(marker(name).bit_length() == 252 for name in CONSTANTS)


def test_a_local_key_is_found_by_its_numbers(tmp_path):
    folder = tmp_path / "abc"
    folder.mkdir()
    text = synthetic.GROTH16.read_text(encoding="utf-8")
    key_text = text[text.index('"verifying_key": ') + len('"verifying_key": ') :]
    end = key_text.index("\n }") + 3
    (folder / "verifying_key.json").write_text(key_text[:end], encoding="utf-8")
    report, other = Report(), Report()
    compare(report, {0: standin_key()}, local_keys(tmp_path))
    compare(other, {0: replace(standin_key(), alpha=(1, 2))}, local_keys(tmp_path))
    assert (report.passed, other.passed) == (True, False)
