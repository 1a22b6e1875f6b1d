package batch

import (
	"sync"
	"testing"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark/constraint"
	"github.com/consensys/gnark/constraint/solver"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/frontend/cs/r1cs"
)

var (
	systems   = make(map[string]constraint.ConstraintSystem)
	systemsMu sync.Mutex
)

// compiled returns the constraint system of a shape, compiled once a test run.
func compiled(t testing.TB, shape Shape) constraint.ConstraintSystem {
	t.Helper()
	systemsMu.Lock()
	defer systemsMu.Unlock()
	if system, ok := systems[shape.Name]; ok {
		return system
	}
	system, err := frontend.Compile(ecc.BN254.ScalarField(), r1cs.NewBuilder, New(shape))
	if err != nil {
		t.Fatal(err)
	}
	systems[shape.Name] = system
	return system
}

// solve solves the constraint system for an assignment: nil if every constraint holds.
func solve(system constraint.ConstraintSystem, circuit *Circuit, options ...solver.Option) error {
	full, err := frontend.NewWitness(circuit, ecc.BN254.ScalarField())
	if err != nil {
		return err
	}
	_, err = system.Solve(full, options...)
	return err
}
