"""An operator who forges a batch finds no proof: the real circuit, shape `tiny`, asked about every forged witness."""

from functools import cache

import pytest

from tests.attack import (
    forge_closing,
    forge_deleveraging,
    forge_fills,
    forge_markets,
    forge_money,
    forge_risks,
    forge_signatures,
    forge_slots,
)
from tests.attack.forging import FORGERIES, prepared
from tests.circuit import Verdict, check
from zkclear.v1 import witness_pb2 as pb

pytestmark = pytest.mark.attack

DRAWERS = (
    forge_signatures,
    forge_slots,
    forge_fills,
    forge_money,
    forge_closing,
    forge_markets,
    forge_risks,
    forge_deleveraging,
)
"""Importing a drawer enters its forgeries."""


@cache
def verdict(serialised: bytes) -> tuple[Verdict, str]:
    """The circuit's verdict; many forgeries share their honest control."""
    return check(pb.Witness.FromString(serialised))


@pytest.mark.parametrize("name", list(FORGERIES))
def test_forged_batch_has_no_proof(name):
    """The honest twin of a forged witness is provable; the forged one fails in a constraint, not in a parser or hint."""
    honest, forged = FORGERIES[name](prepared())
    assert honest != forged
    control, said = verdict(honest.SerializeToString(deterministic=True))
    assert control is Verdict.PROVABLE, f"the honest twin: {said}"
    found, said = verdict(forged.SerializeToString(deterministic=True))
    assert found is Verdict.UNSATISFIED, said
