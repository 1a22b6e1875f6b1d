"""The trees of a state, kept in step with it batch by batch. Slow truth: `tree.state_root`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zkclear.crypto.sparse_tree import SparseTree
from zkclear.crypto.tree import (
    EMPTY_ACCOUNT_LEAF,
    UNUSED_SLOT_LEAF,
    account_leaf,
    markets_hash,
    slot_leaf,
    slot_tree,
    state_root_of_parts,
)
from zkclear.rules.shapes import ACCOUNT_DEPTH
from zkclear.rules.state import NO_SLOTS, UNUSED_SLOT, Slot, State
from zkclear.rules.units import AccountId


class StateTree:
    """
    Account tree and slot trees of one state.

    `accounts` and `slots(account)` may be read (roots, paths) and forked, but only `apply` changes them.
    """

    def __init__(self, state: State, *, account_depth: int = ACCOUNT_DEPTH) -> None:
        """Hashes the whole state once."""
        self._slots: dict[AccountId, SparseTree] = {
            number: slot_tree(account.slots) for number, account in state.accounts.items()
        }
        self.accounts = SparseTree(account_depth, empty_leaf=EMPTY_ACCOUNT_LEAF)
        self.accounts.update(
            {
                number: account_leaf(account, slots=self._slots[number].root)
                for number, account in state.accounts.items()
            }
        )
        self.state = state
        self.root = self._root_of(state)

    def fork(self) -> StateTree:
        """A copy that changes on its own; keep the original to roll back to."""
        copy = object.__new__(StateTree)
        copy._slots = dict(self._slots)
        copy.accounts = self.accounts.fork()
        copy.state = self.state
        copy.root = self.root
        return copy

    def slots(self, account: AccountId) -> SparseTree:
        """The slot tree of an account; a fresh empty one if it was never opened."""
        tree = self._slots.get(account)
        return tree.fork() if tree is not None else slot_tree(NO_SLOTS)

    def apply(self, state: State, touched: Iterable[AccountId]) -> int:
        """
        Step to `state`, which differs from the present one in accounts `touched` only; the new root.

        An account that changed and is not named keeps its old leaf, so name every account the batch opened.
        """
        leaves: dict[int, int] = {}
        for number in touched:
            account = state.accounts[number]
            before = self.state.accounts.get(number)
            tree = self.slots(number)
            old = before.slots if before is not None else NO_SLOTS
            tree.update(_changed_slots(old, account.slots))
            self._slots[number] = tree
            leaves[number] = account_leaf(account, slots=tree.root)
        self.accounts.update(leaves)
        self.state = state
        self.root = self._root_of(state)
        return self.root

    def _root_of(self, state: State) -> int:
        return state_root_of_parts(
            accounts_root=self.accounts.root,
            markets_hash=markets_hash(state.markets),
            timestamp=state.timestamp,
            funding_dust=state.funding_dust,
        )


def _changed_slots(old: Mapping[int, Slot], new: Mapping[int, Slot]) -> dict[int, int]:
    """Leaves of the slots that differ; one that left the mapping is unused again."""
    changed = {
        number: slot_leaf(slot) for number, slot in new.items() if old.get(number, UNUSED_SLOT) != slot
    }
    changed.update({number: UNUSED_SLOT_LEAF for number in old if number not in new})
    return changed
