package anatomy

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/constraint"
	"github.com/consensys/gnark/constraint/solver"
)

// Probe changes single wires of a solution and makes anew all that depends on them, as a cheating prover would: hints
// answer honestly from what they are given then, and X is drawn again exactly if something committed has changed.
type Probe struct {
	system  *System
	hints   map[solver.HintID]solver.Hint
	honest  []fr.Element
	wires   []fr.Element
	readers [][]int // By wire: the steps that read it.
	due     []bool  // By step: it reads what has changed.
	changed []int
}

// NewProbe returns a probe of a solution, made with the same options.
func (s *System) NewProbe(solution *Solution, options ...solver.Option) (*Probe, error) {
	hints, err := s.hints(options)
	if err != nil {
		return nil, err
	}
	p := &Probe{
		system: s, hints: hints, honest: solution.Wires, wires: slices.Clone(solution.Wires),
		readers: make([][]int, s.wires), due: make([]bool, len(s.steps)),
	}
	for i := range s.steps {
		s.steps[i].reads(func(wire int) { p.readers[wire] = append(p.readers[wire], i) })
	}
	return p, nil
}

// Draw answers the commitment by random numbers of a seed, as good as any that a prover cannot choose.
func (s *System) Draw(random *rand.Rand) solver.Option {
	for id, name := range s.r1cs.MHintsDependencies {
		if strings.Contains(name, "CommitmentCompute") {
			return solver.OverrideHint(id, func(_ *big.Int, _, out []*big.Int) error {
				x := Random(random)
				x.BigInt(out[0])
				return nil
			})
		}
	}
	return func(*solver.Config) error { return nil } // nothing is committed
}

// Random returns a number of the field.
func Random(random *rand.Rand) (e fr.Element) {
	var bytes [2 * fr.Bytes]byte
	for i := range bytes {
		bytes[i] = byte(random.Uint32())
	}
	e.SetBytes(bytes[:])
	return e
}

// Change gives wires other values than the honest ones and returns the solution that follows. It stops when more than most
// steps do not hold. The solution is good until the next change.
func (p *Probe) Change(values map[int]fr.Element, most int) (*Solution, error) {
	p.undo()
	for wire, value := range values {
		p.set(wire, value)
		if maker := p.system.maker[wire]; maker >= 0 {
			p.due[maker] = true
		}
	}
	solution := &Solution{Wires: p.wires}
	for i := range p.due {
		if len(solution.Broken) > most {
			break
		}
		if !p.due[i] {
			continue
		}
		p.due[i] = false
		holds, err := p.again(&p.system.steps[i], values)
		if err != nil {
			return nil, err
		}
		if !holds {
			solution.Broken = append(solution.Broken, i)
		}
	}
	return solution, nil
}

// again runs a step that reads what has changed. What was given a value keeps it: then the step's equation is asked.
func (p *Probe) again(made *step, given map[int]fr.Element) (bool, error) {
	if _, kept := given[made.first]; kept && !made.compares() && made.hint == nil && made.inverses == nil {
		return p.system.holds(&made.product, p.wires), nil
	}
	before := slices.Clone(p.wires[made.first:made.last])
	holds, err := p.system.run(made, p.wires, p.hints)
	for i, was := range before {
		wire := made.first + i
		is, kept := given[wire]
		if !kept {
			is = p.wires[wire]
		}
		p.wires[wire] = was
		if is != was {
			p.set(wire, is)
		}
	}
	return holds, err
}

func (p *Probe) set(wire int, value fr.Element) {
	p.wires[wire] = value
	p.changed = append(p.changed, wire)
	for _, reader := range p.readers[wire] {
		p.due[reader] = true
	}
}

// undo returns to the honest solution.
func (p *Probe) undo() {
	for _, wire := range p.changed {
		p.wires[wire] = p.honest[wire]
		for _, reader := range p.readers[wire] {
			p.due[reader] = false
		}
		if maker := p.system.maker[wire]; maker >= 0 {
			p.due[maker] = false
		}
	}
	p.changed = p.changed[:0]
}

// Inputs returns the wires of secret inputs.
func (s *System) Inputs() []int {
	return s.where(func(wire int) bool { return wire >= s.r1cs.GetNbPublicVariables() && s.maker[wire] < 0 })
}

// Answers returns the wires that hints make: all hints, or those named.
func (s *System) Answers(hints ...solver.HintID) []int {
	return s.where(func(wire int) bool {
		maker := s.maker[wire]
		return maker >= 0 && s.steps[maker].hint != nil &&
			(len(hints) == 0 || slices.Contains(hints, s.steps[maker].hint.HintID))
	})
}

// Products returns the wires that no input and no hint is.
func (s *System) Products() []int {
	return s.where(func(wire int) bool { return s.maker[wire] >= 0 && s.steps[s.maker[wire]].hint == nil })
}

func (s *System) where(holds func(wire int) bool) (wires []int) {
	for wire := range s.wires {
		if holds(wire) {
			wires = append(wires, wire)
		}
	}
	return wires
}

// Asked returns what the hint that makes a wire is given.
func (s *System) Asked(wire int, solution *Solution) (inputs []fr.Element) {
	for _, expression := range s.steps[s.maker[wire]].hint.Inputs {
		inputs = append(inputs, s.value(expression, solution.Wires))
	}
	return inputs
}

// Factors returns what a wire, alone, is multiplied by, where that makes another wire.
func (s *System) Factors(wire int) (factors []constraint.LinearExpression) {
	is := func(side constraint.LinearExpression) bool { return len(side) == 1 && side[0].WireID() == wire }
	for i := range s.steps {
		switch made := &s.steps[i]; {
		case made.hint != nil || made.inverses != nil || made.compares():
		case is(made.product.L):
			factors = append(factors, made.product.R)
		case is(made.product.R):
			factors = append(factors, made.product.L)
		}
	}
	return factors
}

// Input returns the expression of a secret input.
func (s *System) Input(name string) constraint.LinearExpression {
	for _, wire := range s.Inputs() {
		if s.Name(wire) == name {
			return constraint.LinearExpression{{CID: constraint.CoeffIdOne, VID: uint32(wire)}}
		}
	}
	panic("anatomy: no input is called " + name)
}

// Value returns what an expression is in a solution.
func (s *System) Value(expression constraint.LinearExpression, solution *Solution) fr.Element {
	return s.value(expression, solution.Wires)
}
