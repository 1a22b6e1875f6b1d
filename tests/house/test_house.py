"""What holds for the whole tree, whatever is built in it."""

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import descriptor_pb2

ROOT = Path(__file__).resolve().parents[2]


def tool(name):
    """A script from tools/, as a module."""
    spec = importlib.util.spec_from_file_location(f"house_{name}", ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def python_files(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_files_made_from_errors_yaml_are_current():
    assert tool("generate_errors").stale() == [], "run `make generate`"


def test_python_stubs_are_what_the_protos_give(tmp_path):
    generate = tool("generate")
    generate.python_stubs(tmp_path)
    made = {path.name: path.read_bytes() for path in (tmp_path / generate.PYTHON_FOLDER).iterdir()}
    folder = ROOT / generate.PYTHON_FOLDER
    committed = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    assert sorted(committed) == sorted(made), "run `make generate`"
    assert [name for name in made if committed[name] != made[name]] == [], "run `make generate`"


def test_go_stubs_were_made_from_these_protos():
    generate = tool("generate")
    header = (ROOT / generate.GO_FOLDER / "doc.go").read_text(encoding="utf-8").splitlines()[0]
    assert generate.digest() in header, "run `make generate`"


def test_every_field_and_enum_value_of_the_protos_has_a_comment(tmp_path):
    image = tmp_path / "proto.binpb"
    command = [sys.executable, str(ROOT / "tools" / "generate.py"), "--image", str(image)]
    subprocess.run(command, check=True)
    files = descriptor_pb2.FileDescriptorSet.FromString(image.read_bytes()).file
    bare = []
    for file in (file for file in files if file.name.startswith("zkclear/")):
        for location in file.source_code_info.location:
            # 4 message, 5 enum of a file; 2 field, 3 message, 4 enum of a message; 2 value of an enum.
            kinds = "".join(map(str, location.path[0::2]))
            named = len(location.path) % 2 == 0 and re.fullmatch("43*2|(5|43*4)2", kinds)
            if named and not (location.leading_comments or location.trailing_comments).strip():
                bare.append(f"{file.name}:{location.span[0] + 1}")
    assert bare == []


@pytest.mark.parametrize(
    "path", python_files("zkclear/rules", "sequencer", "prover"), ids=lambda path: str(path.relative_to(ROOT))
)
def test_no_float_literal_comes_near_money(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    assert [f"line {node.lineno}" for node in constants if isinstance(node.value, float | complex)] == []


@pytest.mark.parametrize("path", python_files("zkclear/rules"), ids=lambda path: path.name)
def test_no_rule_divides_without_saying_which_way(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Div)] == []


def test_zkclear_itself_holds_the_version_and_nothing_else():
    docstring, *rest = ast.parse((ROOT / "zkclear" / "__init__.py").read_text(encoding="utf-8")).body
    assert isinstance(docstring, ast.Expr)
    assert [target.id for node in rest for target in node.targets] == ["__version__"]
    assert all(isinstance(node.value, ast.Constant) for node in rest)


def sources():
    folders = (
        "zkclear",
        "sequencer",
        "prover",
        "tests",
        "tools",
        "circuits",
        "contracts/src",
        "contracts/test",
        "proto",
    )
    kinds = {".py", ".go", ".sol", ".proto", ".yaml"}
    return [path for each in folders for path in (ROOT / each).rglob("*") if path.suffix in kinds]


def test_no_name_says_nothing():
    empty = {"utils", "common", "helpers", "manager", "misc", "v2"}
    assert [str(path) for path in sources() if empty & {*path.relative_to(ROOT).with_suffix("").parts}] == []


def test_nothing_is_put_off_in_a_comment():
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    assert [str(path) for path in sources() if mark.search(path.read_text(encoding="utf-8"))] == []
