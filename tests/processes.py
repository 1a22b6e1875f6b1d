"""Whether processes have ended, from /proc: a process that ended but was not yet waited for counts as ended."""

import time
from pathlib import Path

LIMIT_S = 30


def descendants(process):
    """Process ids below one."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(path.parent.name)] = int(fields[1])
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {process}


def is_running(process):
    """Whether a process id is of a process that still does something."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for_end(processes):
    """Waits until all of them have ended: a helper of `multiprocessing` ends only after it sees that its parent is gone."""
    deadline = time.monotonic() + LIMIT_S
    while left := sorted(filter(is_running, processes)):
        assert time.monotonic() < deadline, f"processes are left: {left}"
        time.sleep(0.02)
