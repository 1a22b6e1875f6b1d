package tree

import (
	"fmt"

	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/std/permutation/poseidon2"
)

// The permutation of docs/encoding.md: gnark-crypto's constants for these three numbers.
const (
	width         = 4
	fullRounds    = 8
	partialRounds = 56
)

// Hasher is the Poseidon2 permutation inside a circuit. One permutation costs 264 constraints.
type Hasher struct {
	api         frontend.API
	permutation *poseidon2.Permutation
}

// NewHasher returns the gadget of the width-4 permutation over the circuit's field.
//
// Spec: zkclear/crypto/poseidon2.py.
func NewHasher(api frontend.API) (*Hasher, error) {
	permutation, err := poseidon2.NewPoseidon2FromParameters(api, width, fullRounds, partialRounds)
	if err != nil {
		return nil, fmt.Errorf("tree.NewHasher: %w", err)
	}
	return &Hasher{api: api, permutation: permutation}, nil
}

// Permute returns P(state).
func (h *Hasher) Permute(state [width]frontend.Variable) [width]frontend.Variable {
	lanes := state
	if err := h.permutation.Permutation(lanes[:]); err != nil {
		panic(fmt.Errorf("tree.Permute: %w", err)) // a wiring mistake, seen when compiling
	}
	return lanes
}

// Compress returns the node above four children: sum of x_i + P(x)_i.
//
// Spec:    zkclear/crypto/tree.py, compress.
// Proves:  the Jive sum; the feed-forward of the inputs is what makes it one-way, P alone can be inverted.
// Assumes: nothing.
func (h *Hasher) Compress(children [width]frontend.Variable) frontend.Variable {
	out := h.Permute(children)
	return h.api.Add(children[0], children[1], children[2], children[3], out[0], out[1], out[2], out[3])
}

// Sponge returns the hash of elements under a tag.
//
// Spec:    zkclear/crypto/tree.py, sponge.
// Proves:  lane 0 after absorbing three elements a permutation; tag and length stand in the capacity.
// Assumes: the number of elements is fixed for a tag by the caller, or told apart by the length.
func (h *Hasher) Sponge(tag Tag, elements []frontend.Variable) frontend.Variable {
	state := [width]frontend.Variable{0, 0, 0, capacity(tag, len(elements))}
	for first := 0; first == 0 || first < len(elements); first += rate {
		for lane := range rate {
			if first+lane < len(elements) {
				state[lane] = h.api.Add(state[lane], elements[first+lane])
			}
		}
		state = h.Permute(state)
	}
	return state[0]
}
