// Package tree hashes: Poseidon2 of width 4, the leaf sponge, the 4-to-1 compression and 4-ary paths,
// each as a gadget and as plain Go.
package tree

import "math/big"

// Tag separates the uses of the sponge, so that a leaf of one kind is never a leaf of another.
type Tag uint64

// The tags of docs/encoding.md.
const (
	TagAccount Tag = 1
	TagSlot    Tag = 2
	TagMarket  Tag = 3
	TagState   Tag = 4
	TagBatch   Tag = 5
)

// rate is how many elements one permutation of the sponge absorbs; the fourth lane is the capacity.
const rate = 3

// capacity returns the first value of the capacity lane: tag * 2^64 + length.
func capacity(tag Tag, length int) *big.Int {
	c := new(big.Int).Lsh(new(big.Int).SetUint64(uint64(tag)), 64)
	return c.Add(c, big.NewInt(int64(length)))
}
