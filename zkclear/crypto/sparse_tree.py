"""
A sparse 4-ary Merkle tree whose versions share what they have in common.

Nodes are never changed once made, so a fork costs nothing and rolling back is dropping the newer handle.
Circuit twin: `circuits/tree/tree.go`. Contract twin: `TreeLib.sol`. Vectors: `tree.json`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from zkclear.crypto.poseidon2 import compress, require_element

ARITY = 4
SIBLINGS = ARITY - 1
DEPTH_MAX = 16
"""More than any tree here (12); a bound so that a wrong depth fails at once."""


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    """A subtree: its hash and its four children; a leaf has none."""

    value: int
    children: tuple[_Node, ...] = ()


def _parent(children: tuple[_Node, ...]) -> _Node:
    x0, x1, x2, x3 = children
    return _Node(compress(x0.value, x1.value, x2.value, x3.value), children)


@lru_cache(maxsize=ARITY * DEPTH_MAX)
def _empty(depth: int, empty_leaf: int) -> _Node:
    """The subtree of `depth` levels in which every leaf is `empty_leaf`; one object, shared by all."""
    if depth == 0:
        return _Node(empty_leaf)
    return _parent((_empty(depth - 1, empty_leaf),) * ARITY)


class SparseTree:
    """A tree of `4^depth` leaves, `empty_leaf` where nothing was set. Not safe for two threads that write."""

    __slots__ = ("_root", "depth", "empty_leaf")

    def __init__(self, depth: int, *, empty_leaf: int = 0) -> None:
        """An empty tree."""
        if not 1 <= depth <= DEPTH_MAX:
            raise ValueError(f"a tree has 1 to {DEPTH_MAX} levels, not {depth}")
        require_element(empty_leaf, name="empty leaf")
        self.depth = depth
        self.empty_leaf = empty_leaf
        self._root = _empty(depth, empty_leaf)

    @property
    def root(self) -> int:
        """The hash that commits to every leaf."""
        return self._root.value

    def fork(self) -> SparseTree:
        """A tree equal to this one that changes on its own; shares all nodes."""
        copy = SparseTree(self.depth, empty_leaf=self.empty_leaf)
        copy._root = self._root
        return copy

    def get(self, index: int) -> int:
        """The leaf at `index`."""
        node = self._root
        for digit in reversed(self._digits(index)):
            node = node.children[digit]
        return node.value

    def path(self, index: int) -> tuple[int, ...]:
        """Siblings of `index`: three a level, the leaf's level first, in child order without its own."""
        node = self._root
        levels: list[tuple[int, ...]] = []
        for digit in reversed(self._digits(index)):
            levels.append(tuple(child.value for place, child in enumerate(node.children) if place != digit))
            node = node.children[digit]
        return tuple(sibling for level in reversed(levels) for sibling in level)

    def set(self, index: int, leaf: int) -> int:
        """Put `leaf` at `index`; the new root."""
        return self.update({index: leaf})

    def update(self, leaves: Mapping[int, int]) -> int:
        """Put all `leaves` (index -> leaf), hashing each node above them once; the new root."""
        for index, leaf in leaves.items():
            self._require_index(index)
            require_element(leaf, name=f"leaf {index}")
        if leaves:
            self._root = _updated(self._root, self.depth, sorted(leaves.items()))
        return self.root

    def _digits(self, index: int) -> list[int]:
        """Base-4 digits of `index`, the leaf's level first."""
        self._require_index(index)
        return digits(index, self.depth)

    def _require_index(self, index: int) -> None:
        if not 0 <= index < ARITY**self.depth:
            raise IndexError(
                f"a tree of {self.depth} levels has leaves 0 .. {ARITY**self.depth - 1}, not {index}"
            )


def _updated(node: _Node, level: int, leaves: Sequence[tuple[int, int]]) -> _Node:
    """`node`, `level` levels above its leaves, with `leaves` (sorted, not empty, all below it) put in."""
    if level == 0:
        ((_, leaf),) = leaves
        return node if leaf == node.value else _Node(leaf)
    shift = 2 * (level - 1)
    below: dict[int, list[tuple[int, int]]] = {}
    for index, leaf in leaves:
        below.setdefault((index >> shift) & 3, []).append((index, leaf))
    children = tuple(
        _updated(child, level - 1, below[digit]) if digit in below else child
        for digit, child in enumerate(node.children)
    )
    same = all(new is old for new, old in zip(children, node.children, strict=True))
    return node if same else _parent(children)


def digits(index: int, depth: int) -> list[int]:
    """Child places of `index` on its way up: `(index >> 2k) & 3` for level k, the leaf's level first."""
    return [(index >> 2 * level) & 3 for level in range(depth)]


def root_from_path(leaf: int, index: int, siblings: Sequence[int], *, depth: int) -> int:
    """
    The root that a leaf and its siblings give; the places come from the index, never from the path.

    Units:   field elements.
    Bounds:  0 <= index < 4^depth, three siblings a level.
    Rounds:  nothing.
    Rejects: ValueError for an index or a path that does not fit the depth.
    Claims:  C11.
    """
    if not 0 <= index < ARITY**depth:
        raise ValueError(f"index {index} is outside a tree of {depth} levels")
    if len(siblings) != SIBLINGS * depth:
        raise ValueError(f"a path of {depth} levels has {SIBLINGS * depth} siblings, not {len(siblings)}")
    node = leaf
    for level, place in enumerate(digits(index, depth)):
        children = list(siblings[SIBLINGS * level : SIBLINGS * (level + 1)])
        children.insert(place, node)
        node = compress(*children)
    return node
