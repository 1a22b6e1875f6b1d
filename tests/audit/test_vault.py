"""The vault at a log: what stands before it, in the order of the chain."""

import random

import pytest

from zkclear.audit.inputs import Vault
from zkclear.audit.vault import Flow, VaultHistory

FLOWS = (
    Flow((7, 0), tokens=100),
    Flow((7, 1), requests=1),
    Flow((7, 4), tokens=20, fees=20),
    Flow((9, 0), tokens=-30),
    Flow((9, 1), claimed=30),
    Flow((12, 3), requests=1),
)


@pytest.mark.parametrize(
    ("place", "vault"),
    [
        ((6, 99), Vault(0, 0, 0, 0)),
        ((7, 0), Vault(0, 0, 0, 0)),
        ((7, 1), Vault(100, 0, 0, 0)),
        ((7, 4), Vault(100, 0, 0, 1)),
        ((7, 5), Vault(120, 20, 0, 1)),
        ((9, 1), Vault(90, 20, 0, 1)),
        ((12, 3), Vault(90, 20, 30, 1)),
        ((12, 4), Vault(90, 20, 30, 2)),
        ((99, 0), Vault(90, 20, 30, 2)),
    ],
)
def test_only_logs_before_the_place_count_in_whatever_order_they_were_read(place, vault):
    shuffled = list(FLOWS)
    random.Random(3).shuffle(shuffled)
    assert VaultHistory(FLOWS).before(place) == VaultHistory(shuffled).before(place) == vault
