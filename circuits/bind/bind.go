// Package bind ties the public inputs to the words of a batch, and fixes how fields are packed into words.
package bind

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/tree"
)

// Bind proves that h and y are what the words give at r.
//
// Spec:    zkclear/crypto/bind.py. Claim C1.
// Proves:  h = sponge(BATCH, words) and y = sum of words_i r^i.
// Assumes: r was made from all words of the verifier's side and from h. Then the words here are fixed by h before r
// is known, and equal y means equal words, but for one r in about 2^240.
func Bind(api frontend.API, hasher *tree.Hasher, words []frontend.Variable, h, r, y frontend.Variable) {
	api.AssertIsEqual(hasher.Sponge(tree.TagBatch, words), h)
	var sum frontend.Variable = 0
	for i := len(words) - 1; i >= 0; i-- {
		sum = api.Add(api.Mul(sum, r), words[i])
	}
	api.AssertIsEqual(sum, y)
}
