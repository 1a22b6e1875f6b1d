"""What the figures were measured on."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def memory_mib() -> int:
    """Physical memory."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20


def processor() -> str:
    """The processor's name, as the kernel knows it."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def description() -> str:
    """One line: processor, cores, memory, system, Python."""
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return (
        f"{processor()}, {cores} cores, {memory_mib() / 1024:.1f} GiB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, load {load:.1f} at the start"
    )
