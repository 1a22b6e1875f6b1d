"""
Runs pytest, `go test` and `forge test`, cheapest first, and ends with one line: `N passed, N failed, N skipped`.

A language whose tests do not exist is not run. The exit status is 0 only if something passed and nothing failed; a
runner that dies without naming a failed test counts as one failure.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "build" / "test" / "pytest.xml"
PROCESSES = 2
"""One waits for its chain while the other works; more would make proofs wait for each other on two cores."""


def counted(passed: int = 0, failed: int = 0, skipped: int = 0, *, status: int) -> Counter[str]:
    """The result of one runner; a bad exit status is never counted as nothing."""
    if status != 0 and failed == 0:
        failed = 1
    return Counter(passed=passed, failed=failed, skipped=skipped)


def run_pytest() -> Counter[str]:
    """Everything not marked slow; pytest shows its own progress and failures."""
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.unlink(missing_ok=True)
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-m", "not slow", f"--junit-xml={REPORT}"),
        *("--numprocesses", str(PROCESSES), "--dist", "loadfile"),
    ]
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    if not REPORT.is_file():
        return counted(status=status or 1)
    totals: Counter[str] = Counter()
    for suite in ET.parse(REPORT).getroot().iter("testsuite"):  # noqa: S314 - written by pytest just now
        totals.update({name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")})
    failed = totals["failures"] + totals["errors"]
    return counted(totals["tests"] - failed - totals["skipped"], failed, totals["skipped"], status=status)


def run_go() -> Counter[str]:
    """Each package is reported when it is done; the output of a failed test is shown, that of others is not."""
    command = ["go", "test", "-json", "./..."]
    process = subprocess.Popen(command, cwd=ROOT / "circuits", stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    output: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    results: Counter[str] = Counter()
    blamed: set[str] = set()  # packages in which some test failed
    for line in process.stdout:
        try:
            event: dict[str, Any] = json.loads(line)
        except json.JSONDecodeError:
            print(line, end="", flush=True)
            continue
        package = event.get("Package") or event.get("ImportPath", "").partition(" ")[0]
        test, action = event.get("Test", ""), event["Action"]
        if action in ("output", "build-output"):
            output[package, test].append(event["Output"])
        elif action in ("pass", "fail", "skip") and test:
            results[action] += 1
            if action == "fail":
                blamed.add(package)
                print(f"FAIL {package} {test}\n{''.join(output[package, test])}", flush=True)
            output.pop((package, test), None)
        elif action == "fail":
            if package not in blamed:
                results["fail"] += 1
                print(f"FAIL {package}\n{''.join(output[package, ''])}", flush=True)
            print(f"  FAIL {package} ({event.get('Elapsed', 0):.1f} s)", flush=True)
        elif action == "pass":
            print(f"  ok {package} ({event.get('Elapsed', 0):.1f} s)", flush=True)
    return counted(results["pass"], results["fail"], results["skip"], status=process.wait())


def run_forge() -> Counter[str]:
    """Contracts are compiled first, so that a compiler's message is seen as it is."""
    folder = ROOT / "contracts"
    built = subprocess.run(["forge", "build", "--quiet"], cwd=folder, check=False)
    if built.returncode != 0:
        return counted(status=built.returncode)
    tested = subprocess.run(
        ["forge", "test", "--json"],
        cwd=folder,
        check=False,
        stdout=subprocess.PIPE,
        text=True,
        env={
            **os.environ,
            "FORGE_SNAPSHOT_CHECK": "true",
        },  # gas that moved is a failure, not a new golden file
    )
    start = tested.stdout.find("{")
    if start < 0:
        print(tested.stdout)
        return counted(status=tested.returncode or 1)
    results: Counter[str] = Counter()
    for contract, suite in json.loads(tested.stdout[start:]).items():
        for name, test in suite["test_results"].items():
            results[test["status"]] += 1
            if test["status"] == "Failure":
                print(f"FAIL {contract} {name}: {test.get('reason') or 'reverted'}")
                print("".join(f"    {line}\n" for line in test.get("decoded_logs", [])), end="")
                if test.get("counterexample"):
                    print(f"    counterexample: {json.dumps(test['counterexample'])}")
    return counted(results["Success"], results["Failure"], results["Skipped"], status=tested.returncode)


RUNNERS: dict[str, tuple[str, Callable[[], Counter[str]]]] = {
    "pytest": ("tests/**/test_*.py", run_pytest),
    "go test": ("circuits/**/*_test.go", run_go),
    "forge test": ("contracts/test/**/*.t.sol", run_forge),
}


def main() -> int:
    """Runs what there is and adds up."""
    total: Counter[str] = Counter()
    for name, (pattern, runner) in RUNNERS.items():
        if next(ROOT.glob(pattern), None) is None:
            continue
        print(f"== {name}", flush=True)
        start = time.monotonic()
        result = runner()
        print(f"== {name}: {result['failed']} failed, {time.monotonic() - start:.0f} s\n", flush=True)
        total += result
    print(f"{total['passed']} passed, {total['failed']} failed, {total['skipped']} skipped", flush=True)
    return 0 if total["passed"] and not total["failed"] else 1


if __name__ == "__main__":
    sys.exit(main())
