package batch

import (
	"math/big"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"

	"github.com/zkclear/zkclear/circuits/tree"
)

// UnusedSlotsRoot returns the root of a slot tree in which nothing was ever signed: 1,024 leaves of the bare tag.
func UnusedSlotsRoot() *big.Int {
	var leaf fr.Element
	leaf.SetBigInt(slotTag)
	root := tree.Uniform(leaf, SlotDepth)
	return root.BigInt(new(big.Int))
}
