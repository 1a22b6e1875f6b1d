"""Audit inputs in a file."""

import json

import pytest

from zkclear.audit import dump
from zkclear.audit.dump import BadInput
from zkclear.audit.source import FileSource


def test_inputs_come_back_from_their_file(honest, tmp_path):
    path = tmp_path / "inputs.json"
    dump.write(honest.inputs, path)
    assert FileSource(path).collect() == honest.inputs


def changed(honest, tmp_path, change):
    path = tmp_path / "inputs.json"
    dump.write(honest.inputs, path)
    plain = json.loads(path.read_text(encoding="utf-8"))
    change(plain)
    path.write_text(json.dumps(plain), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda plain: plain.update(format="2"), "format"),
        (lambda plain: plain["inputs"].pop("totals"), "inputs: an object with the fields"),
        (lambda plain: plain["inputs"].update(claimed="x"), "inputs.claimed: a decimal integer"),
        (lambda plain: plain["inputs"].update(claimed=1), "inputs.claimed: a string"),
        (
            lambda plain: plain["inputs"]["batches"][2].update(calldata="0xabc"),
            r"inputs.batches\[2\].calldata: 0x",
        ),
        (lambda plain: plain["inputs"].update(batches={}), "inputs.batches: a list"),
    ],
)
def test_a_bad_file_says_which_field_and_what_it_should_be(honest, tmp_path, change, says):
    with pytest.raises(BadInput, match=says):
        FileSource(changed(honest, tmp_path, change)).collect()


def test_a_file_that_is_no_json_says_so(tmp_path):
    path = tmp_path / "inputs.json"
    path.write_text("nothing", encoding="utf-8")
    with pytest.raises(BadInput, match="not a readable JSON file"):
        FileSource(path).collect()
