package net_test

import (
	"math/big"
	"slices"
	"testing"

	"github.com/consensys/gnark/constraint"
	"github.com/consensys/gnark/constraint/solver"
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/net"
	"github.com/zkclear/zkclear/circuits/tree"
)

// lookupCircuit looks three legs up in a table of three cells and adds their deltas up there.
type lookupCircuit struct {
	Table  [3]frontend.Variable // Column of row i.
	Legs   [3]leg
	Totals [3]frontend.Variable
}

// leg names a row, claims what its column is, and brings a delta. Live 0 is padding.
type leg struct{ Row, Column, Live, Delta frontend.Variable }

func (c *lookupCircuit) Define(api frontend.API) error {
	hasher, err := tree.NewHasher(api)
	if err != nil {
		return err
	}
	sums := net.NewSums(api, hasher)
	var rows []frontend.Variable
	var deltas [][]frontend.Variable
	legs, cells := make([]net.Row, len(c.Legs)), make([]net.Row, len(c.Table))
	for i, l := range c.Legs {
		delta := []frontend.Variable{l.Live, l.Delta}
		rows, deltas = append(rows, l.Row), append(deltas, delta)
		legs[i] = net.Row{Key: []frontend.Variable{l.Row, l.Column}, Numerators: delta}
	}
	for i, totals := range net.Scatter(api, len(cells), rows, deltas) {
		cells[i] = net.Row{Key: []frontend.Variable{i, c.Table[i]}, Numerators: totals}
		api.AssertIsEqual(totals[1], c.Totals[i])
	}
	sums.Balance(legs, cells)
	sums.Close()
	return nil
}

func honest() *lookupCircuit {
	return &lookupCircuit{
		Table:  [3]frontend.Variable{10, 20, 20},
		Legs:   [3]leg{{1, 20, 1, 5}, {1, 20, 1, -7}, {0, 10, 1, 2}},
		Totals: [3]frontend.Variable{2, -2, 0},
	}
}

func TestBalance_C3_HonestSumsAreAccepted(t *testing.T) {
	system := forge.Compile(t, &lookupCircuit{})
	forge.Accepts(t, system, honest())
	c := honest()
	c.Legs[2], c.Totals[0] = leg{99, 99, 0, 0}, 0 // padding: any key, no delta
	forge.Accepts(t, system, c)
}

func TestBalance_C3_ForgedSumsAreRejected(t *testing.T) {
	system := forge.Compile(t, &lookupCircuit{})
	scatter := func(totals ...int64) solver.Option { return forge.Answer(net.ScatterHint, forge.Ints(totals...)...) }
	// The cells' totals are pairs: how many legs, and the sum of their deltas.
	for name, c := range map[string]struct {
		change func(*lookupCircuit)
		lie    solver.Option
	}{
		"leg dropped":              {func(c *lookupCircuit) { c.Totals[0] = 0 }, scatter(1, 0, 2, -2, 0, 0)},
		"leg counted twice":        {func(c *lookupCircuit) { c.Totals[0] = 4 }, scatter(1, 4, 2, -2, 0, 0)},
		"moved to another cell":    {func(c *lookupCircuit) { c.Totals[0], c.Totals[2] = 0, 2 }, scatter(0, 0, 2, -2, 1, 2)},
		"moved without its count":  {func(c *lookupCircuit) { c.Totals[1], c.Totals[2] = 0, -2 }, scatter(1, 2, 2, 0, 0, -2)},
		"count forged":             {func(*lookupCircuit) {}, scatter(2, 2, 1, -2, 0, 0)},
		"column of another row":    {func(c *lookupCircuit) { c.Legs[0].Column = 10 }, scatter(1, 2, 2, -2, 0, 0)},
		"row of another column":    {func(c *lookupCircuit) { c.Legs[0].Row = 0 }, scatter(1, 2, 2, -2, 0, 0)},
		"row that is not there":    {func(c *lookupCircuit) { c.Legs[2].Row, c.Totals[0] = 3, 0 }, scatter(0, 0, 2, -2, 0, 0)},
		"outside keys that cancel": {func(c *lookupCircuit) { outside(c) }, scatter(1, 2, 0, 0, 0, 0)},
		"columns folded as a sum":  {func(c *lookupCircuit) { c.Legs[2].Row, c.Legs[2].Column = 10, 0 }, scatter(1, 2, 2, -2, 0, 0)},
		"delta beyond padding":     {func(c *lookupCircuit) { c.Legs[2] = leg{0, 10, 0, 3} }, scatter(0, 2, 2, -2, 0, 0)},
		"padding with a delta":     {func(c *lookupCircuit) { c.Legs[2] = leg{9, 9, 0, 2}; c.Totals[0] = 0 }, scatter(0, 0, 2, -2, 0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			assignment := honest()
			c.change(assignment)
			forge.Refuses(t, system, assignment, c.lie)
		})
	}
}

// outside gives two legs one key that is no cell's and deltas that cancel: only their counts are seen.
func outside(c *lookupCircuit) {
	c.Legs[0], c.Legs[1], c.Totals[1] = leg{7, 7, 1, 5}, leg{7, 7, 1, -5}, 0
}

// TestBalance_C3_EverythingIsCommittedBeforeX: X depends on each wire of each key and numerator.
func TestBalance_C3_EverythingIsCommittedBeforeX(t *testing.T) {
	system := forge.Compile(t, &lookupCircuit{})
	commitments := system.GetCommitments().(constraint.Groth16Commitments)
	if len(commitments) != 1 {
		t.Fatalf("there are %d commitments, all sums must share one", len(commitments))
	}
	committed := commitments[0].PrivateCommitted
	// Wire 0 is the constant; then come the table's 3 columns and the legs' 12 parts; the totals are outputs.
	for wire := 1; wire <= 15; wire++ {
		if !slices.Contains(committed, wire) {
			t.Errorf("input wire %d of %v is not committed", wire, committed)
		}
	}
	if hints := len(committed) - 15; hints < 6 {
		t.Errorf("only %d of the 6 proposed totals are committed", hints)
	}
}

type fetchCircuit struct {
	Index, Value frontend.Variable
}

func (c *fetchCircuit) Define(api frontend.API) error {
	table := [][]frontend.Variable{{5}, {6}, {7}}
	api.AssertIsEqual(net.Fetch(api, table, []frontend.Variable{c.Index})[0][0], c.Value)
	return nil
}

func TestFetch_ProposesTheRowOrZero(t *testing.T) {
	system := forge.Compile(t, &fetchCircuit{})
	forge.Accepts(t, system, &fetchCircuit{Index: 2, Value: 7})
	forge.Accepts(t, system, &fetchCircuit{Index: 3, Value: 0})
	forge.Accepts(t, system, &fetchCircuit{Index: new(big.Int).Sub(forge.Field(), big.NewInt(1)), Value: 0})
}
