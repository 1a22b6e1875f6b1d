// Package forge plays the cheating prover in tests: it solves real constraint systems with answers that no honest
// hint would give.
package forge

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark/constraint"
	cs "github.com/consensys/gnark/constraint/bn254"
	"github.com/consensys/gnark/constraint/solver"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/frontend/cs/r1cs"
)

// Field is the modulus of the circuits' field.
func Field() *big.Int { return ecc.BN254.ScalarField() }

// Compile returns the constraint system of a circuit.
func Compile(t testing.TB, circuit frontend.Circuit) constraint.ConstraintSystem {
	t.Helper()
	system, err := frontend.Compile(Field(), r1cs.NewBuilder, circuit)
	if err != nil {
		t.Fatalf("the circuit does not compile: %v", err)
	}
	circuits.Store(system, circuit)
	return system
}

// Solve solves a system for an assignment; nil means that every constraint holds.
func Solve(system constraint.ConstraintSystem, assignment frontend.Circuit, options ...solver.Option) error {
	full, err := frontend.NewWitness(assignment, Field())
	if err != nil {
		return err
	}
	_, err = system.Solve(full, append(Lenient(system), options...)...)
	return err
}

// Lenient replaces gnark's hint that counts the queries of a range table by one that does not give up on a query that
// is not there: a cheating prover would not give up either.
func Lenient(system constraint.ConstraintSystem) []solver.Option {
	for id, name := range system.(*cs.R1CS).MHintsDependencies {
		if strings.HasSuffix(name, "countHint") {
			return []solver.Option{solver.OverrideHint(id, countLeniently)}
		}
	}
	return nil // no range checks
}

// countLeniently gets the table's length and its row's, the table and the queries; rows are single values.
func countLeniently(_ *big.Int, in, out []*big.Int) error {
	rows := int(in[0].Int64())
	counts := make(map[string]int64, rows)
	for _, query := range in[2+rows:] {
		counts[query.String()]++
	}
	for i := range rows {
		out[i].SetInt64(counts[in[2+i].String()])
	}
	return nil
}

// Accepts fails the test unless the assignment satisfies the system.
func Accepts(t testing.TB, system constraint.ConstraintSystem, assignment frontend.Circuit, options ...solver.Option) {
	t.Helper()
	if watch != nil {
		return // it is forged cases that are watched
	}
	if err := Solve(system, assignment, options...); err != nil {
		t.Errorf("a correct assignment was refused: %v", err)
	}
}

// Refuses fails the test unless a constraint refuses the assignment. A hint that gives up does not count: a cheating
// prover has other hints.
func Refuses(t testing.TB, system constraint.ConstraintSystem, assignment frontend.Circuit, options ...solver.Option) {
	t.Helper()
	if watch != nil {
		watch.forged(t, system, assignment, options)
		return
	}
	err := Solve(system, assignment, options...)
	var unsatisfied *cs.UnsatisfiedConstraintError
	switch {
	case err == nil:
		t.Error("a forged assignment was accepted")
	case !errors.As(err, &unsatisfied):
		t.Errorf("no constraint refused the forged assignment, it stopped before: %v", err)
	}
}

// Answer replaces a hint by fixed outputs, taken modulo the field; a nil output keeps the honest answer.
func Answer(hint solver.Hint, outputs ...*big.Int) solver.Option {
	return solver.OverrideHint(solver.GetHintID(hint), func(field *big.Int, in, out []*big.Int) error {
		if err := hint(field, in, out); err != nil {
			return err
		}
		for i, output := range outputs {
			if output != nil {
				out[i].Mod(output, field)
			}
		}
		return nil
	})
}

// Ints returns outputs for Answer.
func Ints(values ...int64) []*big.Int {
	ints := make([]*big.Int, len(values))
	for i, value := range values {
		ints[i] = big.NewInt(value)
	}
	return ints
}
