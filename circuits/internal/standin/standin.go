// Package standin is a small circuit with the public face of a batch: three public inputs and one
// commitment. The tests of keys, proving and worker use it, so that they take milliseconds.
package standin

import (
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/std/lookup/logderivlookup"
	"github.com/consensys/gnark/std/rangecheck"
)

// Circuit holds H = X², R = table[X], Y = X·R, and a W below 2¹⁶.
type Circuit struct {
	H frontend.Variable `gnark:",public"`
	R frontend.Variable `gnark:",public"`
	Y frontend.Variable `gnark:",public"`
	X frontend.Variable
	W frontend.Variable
}

const rows = 64

// Define states the three equations; the lookup and the range check share the one commitment.
func (c *Circuit) Define(api frontend.API) error {
	table := logderivlookup.New(api)
	for i := range rows {
		table.Insert(3*i + 1)
	}
	rangecheck.New(api).Check(c.W, 16)
	api.AssertIsEqual(c.H, api.Mul(c.X, c.X))
	api.AssertIsEqual(c.R, table.Lookup(c.X)[0])
	api.AssertIsEqual(c.Y, api.Mul(c.X, c.R))
	return nil
}

// Honest returns the assignment for x below the number of rows.
func Honest(x int) *Circuit {
	r := 3*x + 1
	return &Circuit{H: x * x, R: r, Y: x * r, X: x, W: 1<<16 - 1}
}
