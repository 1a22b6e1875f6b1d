// Package net compares sums over rows by their keys: look-ups and scatter-adds in one argument.
//
// For a random X, sum over legs of delta/(X - key) = sum over cells of net/(X - key) holds only if, for every key,
// the deltas of the legs with that key add up to the net of the cell with that key (and to 0 if there is no such
// cell). With deltas of 0 and 1 and a net that the prover may choose, the same equation says that every leg's key is
// the key of a cell: a look-up. Keys have several columns; they are folded with powers of a second random value.
//
// All sums of a circuit share one X, and X shares gnark's one commitment with the range checks.
package net

import (
	"fmt"

	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/std/multicommit"

	"github.com/zkclear/zkclear/circuits/tree"
)

// Row is one leg or one cell: its key, and one numerator for each sum that it takes part in.
type Row struct {
	Key        []frontend.Variable
	Numerators []frontend.Variable
}

// Sums collects the balances of a circuit. Every key and every numerator is committed before X is drawn, so a
// prover fixes them all, directly, before knowing X.
type Sums struct {
	api       frontend.API
	hasher    *tree.Hasher
	balances  []balance
	committed []frontend.Variable
}

type balance struct{ legs, cells []Row }

// Balancer is an API that takes balances as they are, instead of having them proved: the tools that ask what a proof leaves
// open are. It is to balances what frontend.Rangechecker is to range checks.
type Balancer interface {
	Balance(legs, cells []Row)
}

// NewSums returns an empty collection. The circuit's range checker must exist before Close is called.
func NewSums(api frontend.API, hasher *tree.Hasher) *Sums {
	return &Sums{api: api, hasher: hasher}
}

// Balance proves, for every numerator and every key, that legs and cells have equal sums.
//
// Proves:  by the log-derivative argument, with an error below 2^-200 for the sizes of any shape.
// Assumes: within a balance all keys have the same columns; keys of cells differ (they carry their row's number);
// the numerators of one key cannot wrap the field when added up.
func (s *Sums) Balance(legs, cells []Row) {
	columns, numerators := len(cells[0].Key), len(cells[0].Numerators)
	for _, rows := range [][]Row{legs, cells} {
		for _, row := range rows {
			if len(row.Key) != columns || len(row.Numerators) != numerators {
				panic(fmt.Sprintf("net.Balance: a row has %d columns and %d numerators, the first has %d and %d",
					len(row.Key), len(row.Numerators), columns, numerators))
			}
			s.commit(row.Key)
			s.commit(row.Numerators)
		}
	}
	if balancer, ok := s.api.(Balancer); ok {
		balancer.Balance(legs, cells)
		return
	}
	s.balances = append(s.balances, balance{legs, cells})
}

// Close draws X once everything is committed, and checks every balance. It is called once, last in a circuit.
func (s *Sums) Close() {
	if len(s.balances) > 0 {
		multicommit.WithCommitment(s.api, s.check, s.committed...)
	}
}

func (s *Sums) commit(values []frontend.Variable) {
	for _, value := range values {
		if _, constant := s.api.Compiler().ConstantValue(value); !constant {
			s.committed = append(s.committed, value)
		}
	}
}

// foldTag fills the capacity of the permutation that makes the folding value, apart from every tag of the sponge.
const foldTag = 0x6e6574

func (s *Sums) check(api frontend.API, x frontend.Variable) error {
	// The folding value must not be a polynomial in X: two different keys could then give dependent poles.
	fold := s.hasher.Permute([4]frontend.Variable{x, 0, 0, foldTag})[0]
	powers := []frontend.Variable{1}
	for _, b := range s.balances {
		for len(powers) < len(b.cells[0].Key) {
			powers = append(powers, api.Mul(powers[len(powers)-1], fold))
		}
		left, right := totals(api, x, powers, b.legs), totals(api, x, powers, b.cells)
		for i := range left {
			api.AssertIsEqual(left[i], right[i])
		}
	}
	return nil
}

// totals returns, for each numerator, the sum over rows of numerator / (X - folded key).
//
// Proves:  no divisor is 0, by the checked inverse.
func totals(api frontend.API, x frontend.Variable, powers []frontend.Variable, rows []Row) []frontend.Variable {
	terms := make([][]frontend.Variable, len(rows[0].Numerators))
	for _, row := range rows {
		divisor := api.Sub(x, row.Key[0])
		for i, column := range row.Key[1:] {
			divisor = api.Sub(divisor, api.Mul(powers[i+1], column))
		}
		inverse := api.Inverse(divisor)
		for i, numerator := range row.Numerators {
			terms[i] = append(terms[i], api.Mul(numerator, inverse))
		}
	}
	sums := make([]frontend.Variable, len(terms))
	for i := range terms {
		sums[i] = add(api, terms[i])
	}
	return sums
}

// add returns the sum of terms; pairwise, because adding to a growing expression copies it every time.
func add(api frontend.API, terms []frontend.Variable) frontend.Variable {
	for len(terms) > 1 {
		half := make([]frontend.Variable, 0, (len(terms)+1)/2)
		for i := 0; i+1 < len(terms); i += 2 {
			half = append(half, api.Add(terms[i], terms[i+1]))
		}
		if len(terms)%2 == 1 {
			half = append(half, terms[len(terms)-1])
		}
		terms = half
	}
	return terms[0]
}
