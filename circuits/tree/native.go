package tree

import (
	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark-crypto/ecc/bn254/fr/poseidon2"
)

var native = poseidon2.NewPermutation(width, fullRounds, partialRounds)

// Permute returns P(state), outside a circuit.
func Permute(state [width]fr.Element) [width]fr.Element {
	if err := native.Permutation(state[:]); err != nil {
		panic(err) // only a wrong width fails, and the width is this array's
	}
	return state
}

// Compress returns the node above four children, outside a circuit.
func Compress(children [width]fr.Element) fr.Element {
	out := Permute(children)
	var node fr.Element
	for i := range width {
		node.Add(&node, &children[i])
		node.Add(&node, &out[i])
	}
	return node
}

// Sponge returns the hash of elements under a tag, outside a circuit.
func Sponge(tag Tag, elements []fr.Element) fr.Element {
	var state [width]fr.Element
	state[rate].SetBigInt(capacity(tag, len(elements)))
	for first := 0; first == 0 || first < len(elements); first += rate {
		for lane := range rate {
			if first+lane < len(elements) {
				state[lane].Add(&state[lane], &elements[first+lane])
			}
		}
		state = Permute(state)
	}
	return state[0]
}

// Root returns the root that a leaf at index has with the given siblings, three a level in child order.
func Root(index uint64, leaf fr.Element, siblings [][3]fr.Element) fr.Element {
	node := leaf
	for level, others := range siblings {
		node = Compress(children(digit(index, level), node, others))
	}
	return node
}

// Uniform returns the root of a tree of the given depth in which every leaf is the same.
func Uniform(leaf fr.Element, depth int) fr.Element {
	node := leaf
	for range depth {
		node = Compress([width]fr.Element{node, node, node, node})
	}
	return node
}

// children puts a node among its three siblings at position digit.
func children(digit int, node fr.Element, siblings [3]fr.Element) [width]fr.Element {
	var all [width]fr.Element
	copy(all[:digit], siblings[:digit])
	all[digit] = node
	copy(all[digit+1:], siblings[digit:])
	return all
}

// digit returns the position among its siblings, at a level, of the node above the leaf at index.
func digit(index uint64, level int) int { return int(index >> (2 * level) & 3) }
