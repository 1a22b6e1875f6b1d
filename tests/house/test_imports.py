"""Water runs downhill: a room imports only what its line below allows."""

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = ("zkclear", "sequencer", "prover", "devnet")

# Room -> what of ours it may import besides itself and the bare version in `zkclear`. The longest room that fits counts.
ALLOWED: dict[str, tuple[str, ...]] = {
    "zkclear": (),
    "zkclear.rules": (),
    "zkclear.crypto": ("zkclear.rules",),
    "zkclear.v1": (),
    "zkclear.service": ("zkclear.rules",),
    "zkclear.client": ("zkclear.rules", "zkclear.crypto", "zkclear.v1", "zkclear.audit"),
    "zkclear.keeper": (
        "zkclear.rules",
        "zkclear.crypto",
        "zkclear.v1",
        "zkclear.audit",
        "zkclear.client",
        "zkclear.service",
    ),
    "zkclear.audit": ("zkclear.rules", "zkclear.crypto"),
    "zkclear.cli": (
        "zkclear.rules",
        "zkclear.crypto",
        "zkclear.v1",
        "zkclear.client",
        "zkclear.keeper",
        "zkclear.audit",
        "zkclear.service",
    ),
    "sequencer": ("zkclear.rules", "zkclear.crypto", "zkclear.v1", "zkclear.service"),
    "prover": ("zkclear.rules", "zkclear.crypto", "zkclear.v1", "zkclear.service"),
    "prover.witness": ("zkclear.rules", "zkclear.crypto", "zkclear.v1"),
    "prover.proving": ("prover.witness", "zkclear.crypto", "zkclear.v1"),
    "devnet": ("prover.proving", "prover.settlement", "zkclear.rules", "zkclear.crypto", "zkclear.client"),
    "prover.settlement": (
        "prover.durable",
        "prover.proving",
        "zkclear.rules",
        "zkclear.crypto",
        "zkclear.v1",
        "zkclear.service",
    ),
}

# Inside the sequencer: gateway and feeds -> matching -> risk; batching and journal import none of them.
NOT_INSIDE: dict[str, tuple[str, ...]] = {
    "risk": ("gateway", "feeds", "matching"),
    "matching": ("gateway", "feeds"),
    "batching": ("gateway", "feeds", "matching", "risk"),
    "journal": ("gateway", "feeds", "matching", "risk"),
}


def modules() -> dict[str, Path]:
    """Dotted name -> file, for every module of ours."""
    found = {}
    for package in OURS:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def inside(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


def imports(module: str) -> Iterator[str]:
    """Every module that one imports, wherever in it, with relative names made absolute."""
    path = MODULES[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            # `from zkclear import rules` imports zkclear.rules; `from zkclear import __version__` does not.
            names = [f"{base}.{alias.name}" for alias in node.names]
            yield from (name for name in names if is_ours(name))
            if not all(is_ours(name) for name in names):
                yield base


def is_ours(name: str) -> bool:
    """Whether a dotted name is a module or package of ours (a package may lack an `__init__.py`)."""
    return any(inside(module, name) for module in MODULES)


def room_of(module: str) -> str:
    return max((room for room in ALLOWED if inside(module, room)), key=len)


@pytest.mark.parametrize("module", MODULES)
def test_a_room_imports_only_what_it_may(module):
    room = room_of(module)
    assert room != "zkclear" or module == "zkclear", f"{module} lies in no room: give it one in ALLOWED"
    parts = tuple(each for each in ALLOWED if room in OURS and inside(each, room))
    allowed = (room, *parts, *ALLOWED[room])
    uphill = sorted(
        name
        for name in imports(module)
        if name.partition(".")[0] in OURS
        and name != "zkclear"
        and not any(room_of(name) == each or inside(name, each) for each in allowed)
    )
    assert uphill == [], f"{module} may not import these"


@pytest.mark.parametrize("module", [name for name in MODULES if inside(name, "zkclear.rules")])
def test_a_rule_needs_the_standard_library_only(module):
    tops = {name.partition(".")[0] for name in imports(module)}
    assert tops - sys.stdlib_module_names - {"zkclear"} == set()


def test_the_sequencers_parts_have_no_cycles():
    graph: dict[str, set[str]] = {}
    for module in MODULES:
        if inside(module, "sequencer"):
            graph[module] = {name for name in imports(module) if name in MODULES and name != module}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the cycle


@pytest.mark.parametrize("part", NOT_INSIDE)
def test_inside_the_sequencer_water_runs_downhill(part):
    uphill = [
        f"{module} imports {name}"
        for module in MODULES
        if inside(module, f"sequencer.{part}")
        for name in imports(module)
        if any(inside(name, f"sequencer.{above}") for above in NOT_INSIDE[part])
    ]
    assert uphill == []
