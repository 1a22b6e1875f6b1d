// Package anatomy takes compiled circuits apart, to look for what their constraints leave open: it solves them past the
// first violation, changes single wires, and asks which wires no constraint holds.
package anatomy

import (
	"fmt"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/constraint"
	cs "github.com/consensys/gnark/constraint/bn254"
	"github.com/consensys/gnark/constraint/solver"
)

// System is a circuit as a list of steps: each makes wires from wires made before it, or compares such wires.
type System struct {
	r1cs   *cs.R1CS
	inputs int // The constant 1, public and secret inputs.
	wires  int
	steps  []step
	maker  []int // By wire: the step that makes it; -1 for inputs.

	// Only of a circuit that Compile took apart: what it states beside its constraints, and where the source says so.
	places   map[int][]string // By step.
	ranges   []rangeCheck
	balances []balance
}

// step makes wires by a hint, or one wire by a product, or compares: then it makes none.
type step struct {
	first, last int // Wires that it makes: first to last-1.
	hint        *constraint.HintMapping
	product     constraint.R1C
	inverses    []constraint.LinearExpression
}

func (s *step) compares() bool { return s.first == s.last }

// Open takes a compiled circuit apart.
func Open(system constraint.ConstraintSystem) *System {
	r1cs := system.(*cs.R1CS)
	inputs := r1cs.GetNbPublicVariables() + r1cs.GetNbSecretVariables()
	s := &System{r1cs: r1cs, inputs: inputs, wires: inputs + r1cs.NbInternalVariables}
	s.maker = make([]int, s.wires)
	for wire := range s.maker {
		s.maker[wire] = -1
	}
	for i := range r1cs.Instructions {
		made := s.take(i)
		for wire := made.first; wire < made.last; wire++ {
			s.maker[wire] = len(s.steps)
		}
		s.steps = append(s.steps, made)
	}
	return s
}

// take reads one instruction of the compiled circuit.
func (s *System) take(i int) (made step) {
	packed := s.r1cs.Instructions[i]
	instruction := packed.Unpack(&s.r1cs.System)
	switch blueprint := s.r1cs.Blueprints[packed.BlueprintID].(type) {
	case constraint.BlueprintR1C:
		blueprint.DecompressR1C(&made.product, instruction)
		for _, side := range []constraint.LinearExpression{made.product.L, made.product.R, made.product.O} {
			for _, t := range side {
				if wire := t.WireID(); wire >= s.inputs && s.maker[wire] < 0 {
					made.first, made.last = wire, wire+1
				}
			}
		}
	case constraint.BlueprintHint:
		made.hint = new(constraint.HintMapping)
		blueprint.DecompressHint(made.hint, instruction)
		made.first, made.last = int(made.hint.OutputRange.Start), int(made.hint.OutputRange.End)
	case *constraint.BlueprintBatchInverse[constraint.U64]:
		made.inverses = expressions(instruction.Calldata)
		made.first = int(instruction.WireOffset)
		made.last = made.first + len(made.inverses)
	default:
		panic(fmt.Sprintf("anatomy.Open: an instruction of type %T", blueprint))
	}
	return made
}

// expressions reads what a batch of inverses is of: its own length, the number of expressions, then each with its length.
func expressions(data []uint32) []constraint.LinearExpression {
	out := make([]constraint.LinearExpression, data[1])
	data = data[2:]
	for i := range out {
		terms := int(data[0])
		for k := range terms {
			out[i] = append(out[i], constraint.Term{CID: data[1+2*k], VID: data[2+2*k]})
		}
		data = data[1+2*terms:]
	}
	return out
}

// reads calls visit with every wire that a step reads.
func (s *step) reads(visit func(wire int)) {
	sides := []constraint.LinearExpression{s.product.L, s.product.R, s.product.O}
	if s.hint != nil {
		sides = s.hint.Inputs
	}
	for _, side := range append(sides, s.inverses...) {
		for _, t := range side {
			if !t.IsConstant() && (t.WireID() < s.first || t.WireID() >= s.last) {
				visit(t.WireID())
			}
		}
	}
}

// value returns what an expression is for given wires.
func (s *System) value(expression constraint.LinearExpression, wires []fr.Element) (sum fr.Element) {
	for _, t := range expression {
		coefficient := &s.r1cs.Coefficients[t.CoeffID()]
		switch {
		case t.IsConstant():
			sum.Add(&sum, coefficient)
		case t.CoeffID() == constraint.CoeffIdOne:
			sum.Add(&sum, &wires[t.WireID()])
		case t.CoeffID() == constraint.CoeffIdMinusOne:
			sum.Sub(&sum, &wires[t.WireID()])
		default:
			var product fr.Element
			sum.Add(&sum, product.Mul(coefficient, &wires[t.WireID()]))
		}
	}
	return sum
}

// Name returns what a wire is called: an input by its fields, another by the hint that made it, or as a product.
func (s *System) Name(wire int) string {
	switch {
	case wire < s.inputs:
		return s.r1cs.VariableToString(wire)
	case s.steps[s.maker[wire]].hint != nil:
		return s.hintName(s.steps[s.maker[wire]].hint.HintID)
	default:
		return fmt.Sprintf("product %d", wire)
	}
}

func (s *System) hintName(id solver.HintID) string { return s.r1cs.MHintsDependencies[id] }
