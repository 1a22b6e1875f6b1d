package bind

import (
	"math/big"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"golang.org/x/crypto/sha3"

	"github.com/zkclear/zkclear/circuits/tree"
)

// Inputs returns the three public inputs that a vector of words has.
//
// Spec: zkclear/crypto/bind.py. r = keccak256(words, h; 32 bytes each, big endian) >> 8.
func Inputs(words []fr.Element) (h, r, y fr.Element) {
	h = tree.Sponge(tree.TagBatch, words)
	r = challenge(words, h)
	for i := len(words) - 1; i >= 0; i-- {
		y.Mul(&y, &r)
		y.Add(&y, &words[i])
	}
	return h, r, y
}

func challenge(words []fr.Element, h fr.Element) (r fr.Element) {
	keccak := sha3.NewLegacyKeccak256()
	for _, word := range append(append([]fr.Element{}, words...), h) {
		bytes := word.Bytes()
		keccak.Write(bytes[:]) // a hash never fails to write
	}
	digest := new(big.Int).SetBytes(keccak.Sum(nil))
	r.SetBigInt(digest.Rsh(digest, 8))
	return r
}
