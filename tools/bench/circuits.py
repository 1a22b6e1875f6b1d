"""Constraints of every shape, and time and memory to prove the shapes that this machine has memory for."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prover.proving.keys import circuits_program, load_keys
from prover.witness import build_witness
from tools.bench.workload import full_batch, opening_state
from zkclear.crypto.state_tree import StateTree
from zkclear.rules.shapes import SHAPES, shape_by_name

MEMORY_MIB_PER_MILLION = 3_500
"""Proving takes about 3 GB a million constraints; a shape that needs more than the machine has is not proved."""


@dataclass(frozen=True, slots=True)
class Proving:
    """What one full batch of a shape costs to prove."""

    shape: str
    fills: int
    witness_ms: int
    figures: dict[str, Any]


def constraints() -> list[dict[str, Any]]:
    """Counts of every deployable shape, by section, from a fresh compile."""
    names = ",".join(shape.name for shape in SHAPES)
    done = _run("stats", "--shapes", names)
    counts: list[dict[str, Any]] = json.loads(done)
    return counts


def affordable(counts: Sequence[dict[str, Any]], *, memory_mib: int) -> list[str]:
    """The shapes whose proof fits in memory."""
    return [
        str(row["shape"])
        for row in counts
        if int(row["constraints"]) * MEMORY_MIB_PER_MILLION // 10**6 < memory_mib
    ]


def prove(shape_name: str, *, runs: int) -> Proving:
    """Witness and proof of a full batch; the best of `runs` counts. Makes the keys if they are not cached."""
    shape = shape_by_name(shape_name)
    load_keys(shape_name)
    tree, batch = StateTree(opening_state(shape)), full_batch(shape)
    started = time.perf_counter_ns()
    built = build_witness(tree, batch, shape=shape, domain=1)
    witness_ms = (time.perf_counter_ns() - started) // 10**6
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "witness"
        path.write_bytes(built.witness.SerializeToString())
        done = _run("bench", "--shape", shape_name, "--witness", str(path), "--runs", str(runs))
    return Proving(shape_name, len(batch.fills), witness_ms, json.loads(done))


def _run(*arguments: str) -> str:
    """Standard output of zkclear-circuits; its progress goes to ours."""
    sys.stderr.flush()
    done = subprocess.run(
        [str(circuits_program()), *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout
