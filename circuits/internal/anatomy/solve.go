package anatomy

import (
	"fmt"
	"math/big"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/constraint"
	"github.com/consensys/gnark/constraint/solver"
	"github.com/consensys/gnark/frontend"
)

// Solution is a value for every wire, and what it violates.
type Solution struct {
	Wires  []fr.Element
	Broken []int // Steps whose equation does not hold.
}

// Solve gives every wire its value, as the hints answer. It goes on behind what does not hold: a comparison makes no
// wire, and a divisor of 0 gives 0.
func (s *System) Solve(assignment frontend.Circuit, options ...solver.Option) (*Solution, error) {
	full, err := frontend.NewWitness(assignment, fr.Modulus())
	if err != nil {
		return nil, err
	}
	hints, err := s.hints(options)
	if err != nil {
		return nil, err
	}
	solution := &Solution{Wires: make([]fr.Element, s.wires)}
	solution.Wires[0].SetOne()
	copy(solution.Wires[1:], full.Vector().(fr.Vector))
	for i := range s.steps {
		holds, err := s.run(&s.steps[i], solution.Wires, hints)
		if err != nil {
			return nil, err
		}
		if !holds {
			solution.Broken = append(solution.Broken, i)
		}
	}
	return solution, nil
}

// hints returns what answers each hint of the system.
func (s *System) hints(options []solver.Option) (map[solver.HintID]solver.Hint, error) {
	config, err := solver.NewConfig(options...)
	if err != nil {
		return nil, err
	}
	for id, name := range s.r1cs.MHintsDependencies {
		if config.HintFunctions[id] == nil {
			return nil, fmt.Errorf("anatomy: nothing answers the hint %s", name)
		}
	}
	return config.HintFunctions, nil
}

// run makes the wires of a step, and says whether its equation can hold.
func (s *System) run(made *step, wires []fr.Element, hints map[solver.HintID]solver.Hint) (bool, error) {
	switch {
	case made.hint != nil:
		return true, s.answer(made, wires, hints[made.hint.HintID])
	case made.inverses != nil:
		for i, expression := range made.inverses {
			value := s.value(expression, wires)
			wires[made.first+i].Inverse(&value) // 0 for 0; a product behind it says that it is none
		}
		return true, nil
	case made.compares():
		return s.holds(&made.product, wires), nil
	default:
		return s.multiply(made, wires), nil
	}
}

func (s *System) holds(product *constraint.R1C, wires []fr.Element) bool {
	left, right, out := s.value(product.L, wires), s.value(product.R, wires), s.value(product.O, wires)
	return *left.Mul(&left, &right) == out
}

// multiply solves a step's product for the wire that it makes, which is 0 where any or none would do, and says whether the
// product holds.
func (s *System) multiply(made *step, wires []fr.Element) bool {
	if out := made.product.O; len(out) == 1 && out[0].WireID() == made.first && out[0].CoeffID() == constraint.CoeffIdOne {
		left, right := s.value(made.product.L, wires), s.value(made.product.R, wires)
		wires[made.first].Mul(&left, &right) // nearly all
		return true
	}
	wires[made.first].SetZero()
	left, right, out := s.value(made.product.L, wires), s.value(made.product.R, wires), s.value(made.product.O, wires)
	// With 0 in its place, left right - out is what the wire has to make up for, times its factor.
	missing := *new(fr.Element).Mul(&left, &right)
	missing.Sub(&out, &missing)
	factor := s.slope(made, left, right)
	wires[made.first].Div(&missing, &factor) // 0 for a factor of 0
	return missing.IsZero() || !factor.IsZero()
}

// slope returns how left right - out grows with the wire that a step makes.
func (s *System) slope(made *step, left, right fr.Element) (factor fr.Element) {
	add := func(side constraint.LinearExpression, other fr.Element) {
		for _, t := range side {
			if t.WireID() == made.first {
				var part fr.Element
				factor.Add(&factor, part.Mul(&s.r1cs.Coefficients[t.CoeffID()], &other))
			}
		}
	}
	minusOne := fr.One()
	minusOne.Neg(&minusOne)
	add(made.product.L, right)
	add(made.product.R, left)
	add(made.product.O, minusOne)
	return factor
}

// answer has a hint make its wires.
func (s *System) answer(made *step, wires []fr.Element, hint solver.Hint) error {
	in, out := make([]*big.Int, len(made.hint.Inputs)), make([]*big.Int, made.last-made.first)
	for i, expression := range made.hint.Inputs {
		value := s.value(expression, wires)
		in[i] = value.BigInt(new(big.Int))
	}
	for i := range out {
		out[i] = new(big.Int)
	}
	if err := hint(fr.Modulus(), in, out); err != nil {
		return fmt.Errorf("anatomy: %s: %w", s.hintName(made.hint.HintID), err)
	}
	for i := range out {
		wires[made.first+i].SetBigInt(out[i])
	}
	return nil
}
