package tree

import (
	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/frontend"
)

// Level is one step of a path, from a node up to the one above it.
//
// Low and High are the bits of the node's position among four. Paired is the sibling whose position differs in the
// low bit only; Across are the two others, in child order. In this order of siblings a path costs six constraints a
// level beside its hashes, for the old and the new node together.
type Level struct {
	Low, High frontend.Variable
	Paired    frontend.Variable
	Across    [2]frontend.Variable
}

// NewLevels returns the path of the leaf at index, whose siblings are given three a level in child order.
func NewLevels(index uint64, siblings [][3]fr.Element) []Level {
	levels := make([]Level, len(siblings))
	for k, others := range siblings {
		position := digit(index, k)
		all := children(position, fr.Element{}, others)
		other := position&^1 ^ 2 // the first position of the other pair
		levels[k] = Level{
			Low: position & 1, High: position >> 1,
			Paired: all[position^1], Across: [2]frontend.Variable{all[other], all[other+1]},
		}
	}
	return levels
}

// Index returns the leaf's index, which the bits of the path are.
//
// Proves:  the bits are boolean, so the index is below 4^depth and has one path.
// Assumes: nothing.
func Index(api frontend.API, levels []Level) frontend.Variable {
	var index frontend.Variable = 0
	for k, level := range levels {
		api.AssertIsBoolean(level.Low)
		api.AssertIsBoolean(level.High)
		index = api.Add(index, api.Mul(level.Low, uint64(1)<<(2*k)), api.Mul(level.High, uint64(2)<<(2*k)))
	}
	return index
}

// Update returns the roots of the tree with leaf before and with leaf after at the same place.
//
// Spec:    zkclear/crypto/tree.py, root.
// Proves:  both roots are made with the same siblings and the same positions, so nothing but the leaf changes.
// Assumes: Index has proved the bits of the levels; the caller compares the first root with the tree's.
func (h *Hasher) Update(levels []Level, before, after frontend.Variable) (rootBefore, rootAfter frontend.Variable) {
	for _, level := range levels {
		before = h.Compress(level.place(h.api, before))
		after = h.Compress(level.place(h.api, after))
	}
	return before, after
}

// place returns the four children of a level with node at its position.
//
// Proves:  the low bit orders the node and its paired sibling, the high bit orders the two pairs.
// Assumes: both bits are boolean.
func (l Level) place(api frontend.API, node frontend.Variable) [width]frontend.Variable {
	swap := api.Mul(l.Low, api.Sub(l.Paired, node))
	left, right := api.Add(node, swap), api.Sub(l.Paired, swap)
	first := api.Mul(l.High, api.Sub(l.Across[0], left))
	second := api.Mul(l.High, api.Sub(l.Across[1], right))
	return [width]frontend.Variable{
		api.Add(left, first), api.Add(right, second),
		api.Sub(l.Across[0], first), api.Sub(l.Across[1], second),
	}
}
