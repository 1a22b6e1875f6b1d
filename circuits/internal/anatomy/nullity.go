package anatomy

import (
	"slices"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/constraint"
)

// form is a small change of a wire, as a sum over unknowns, by number: changes of inputs and of what hints answer.
type form []part

type part struct {
	unknown int // A wire.
	factor  fr.Element
}

// plus returns f + factor g.
func (f form) plus(g form, factor fr.Element) form {
	out := make(form, 0, len(f)+len(g))
	for len(f) > 0 || len(g) > 0 {
		switch {
		case len(g) == 0 || (len(f) > 0 && f[0].unknown < g[0].unknown):
			out, f = append(out, f[0]), f[1:]
		default:
			p := part{g[0].unknown, *new(fr.Element).Mul(&g[0].factor, &factor)}
			if len(f) > 0 && f[0].unknown == p.unknown {
				p.factor.Add(&p.factor, &f[0].factor)
				f = f[1:]
			}
			g = g[1:]
			if !p.factor.IsZero() {
				out = append(out, p)
			}
		}
	}
	return out
}

// Tangent is the circuit made linear at a solution: which small changes of its wires no constraint sees.
//
// A balance holds, for every key, the sum of the legs' numerators against the cell's, and the key of each leg whose first
// numerator is not 0 to the cell's. A range check holds what it is of, as a bit is held: its values stand apart; or it
// holds nothing, to see what only range checks hold.
type Tangent struct {
	system   *System
	solution *Solution
	forms    []form
	solved   map[int]form // By unknown: what it is in terms of unknowns before it.
	unknowns []int
}

// NewTangent makes a circuit linear at a solution. Inputs that are fixed do not change. Range checks hold if they are ranged.
func (s *System) NewTangent(solution *Solution, ranged bool, fixed func(wire int) bool) *Tangent {
	t := &Tangent{system: s, solution: solution, forms: make([]form, s.wires), solved: make(map[int]form)}
	for wire := s.r1cs.GetNbPublicVariables(); wire < s.inputs; wire++ {
		if !fixed(wire) {
			t.unknown(wire)
		}
	}
	var ranges map[int][]constraint.LinearExpression
	if ranged {
		ranges = s.rangesBySteps()
	}
	for i := -1; i < len(s.steps); i++ {
		if i >= 0 {
			t.step(&s.steps[i])
		}
		for _, expression := range ranges[i] {
			t.zero(t.of(expression))
		}
	}
	for i := range s.balances {
		t.balance(&s.balances[i])
	}
	return t
}

// rangesBySteps returns what range checks are of, by the step that makes its last wire; -1 if all are inputs.
func (s *System) rangesBySteps() map[int][]constraint.LinearExpression {
	ranges := make(map[int][]constraint.LinearExpression)
	for _, check := range s.ranges {
		last := -1
		for _, term := range check.of {
			if !term.IsConstant() {
				last = max(last, s.maker[term.WireID()])
			}
		}
		ranges[last] = append(ranges[last], check.of)
	}
	return ranges
}

// Free returns the unknowns that nothing holds.
func (t *Tangent) Free() (free []int) {
	for _, wire := range t.unknowns {
		if _, solved := t.solved[wire]; !solved {
			free = append(free, wire)
		}
	}
	return free
}

// Fix says that an expression does not change.
func (t *Tangent) Fix(expression constraint.LinearExpression) { t.zero(t.of(expression)) }

// Tie says that two sums of expressions stay equal.
func (t *Tangent) Tie(left, right []constraint.LinearExpression) {
	one := fr.One()
	minusOne := *new(fr.Element).Neg(&one)
	var difference form
	for _, expression := range left {
		difference = difference.plus(t.of(expression), one)
	}
	for _, expression := range right {
		difference = difference.plus(t.of(expression), minusOne)
	}
	t.zero(difference)
}

// Moves says whether an expression changes with anything that is free.
func (t *Tangent) Moves(expression constraint.LinearExpression) bool {
	return len(t.of(expression)) > 0
}

func (t *Tangent) unknown(wire int) {
	t.forms[wire] = form{{wire, fr.One()}}
	t.unknowns = append(t.unknowns, wire)
}

// step gives forms to what a step makes, and takes what it says: for left right = out, left' right + left right' = out'.
func (t *Tangent) step(made *step) {
	if made.hint != nil || made.inverses != nil {
		for wire := made.first; wire < made.last; wire++ {
			t.unknown(wire)
		}
		return
	}
	left, right := t.system.value(made.product.L, t.solution.Wires), t.system.value(made.product.R, t.solution.Wires)
	minusOne := *new(fr.Element).Neg(new(fr.Element).SetOne())
	if made.compares() {
		t.zero(t.product(made, left, right, minusOne))
		return
	}
	factor := t.system.slope(made, left, right)
	rest := t.product(made, left, right, minusOne) // its own wire has no form yet
	if factor.IsZero() {
		t.unknown(made.first)
		t.zero(rest)
		return
	}
	factor.Inverse(&factor).Neg(&factor)
	t.forms[made.first] = form(nil).plus(rest, factor)
}

func (t *Tangent) product(made *step, left, right, minusOne fr.Element) form {
	return form(nil).plus(t.of(made.product.L), right).plus(t.of(made.product.R), left).plus(t.of(made.product.O), minusOne)
}

// of returns the form of an expression, in unknowns that are not solved.
func (t *Tangent) of(expression constraint.LinearExpression) (sum form) {
	for _, term := range expression {
		if !term.IsConstant() {
			wire := term.WireID()
			t.forms[wire] = t.reduce(t.forms[wire])
			if len(t.forms[wire]) > 0 {
				sum = sum.plus(t.forms[wire], t.system.r1cs.Coefficients[term.CoeffID()])
			}
		}
	}
	return sum
}

// reduce replaces unknowns that are solved. Each is in terms of those before it, so this ends.
func (t *Tangent) reduce(f form) form {
	for i := len(f) - 1; i >= 0; {
		solution, solved := t.solved[f[i].unknown]
		if !solved {
			i--
			continue
		}
		unknown := f[i].unknown
		f = append(slices.Clone(f[:i]), f[i+1:]...).plus(solution, f[i].factor)
		i = len(f) - 1
		for i >= 0 && f[i].unknown >= unknown {
			i--
		}
	}
	return f
}

// zero takes the equation f = 0, and solves it for its last unknown.
func (t *Tangent) zero(f form) {
	f = t.reduce(f)
	if len(f) == 0 {
		return
	}
	last := f[len(f)-1]
	last.factor.Inverse(&last.factor).Neg(&last.factor)
	t.solved[last.unknown] = form(nil).plus(f[:len(f)-1], last.factor)
}

// balance takes what a balance says.
func (t *Tangent) balance(b *balance) {
	one, wires := fr.One(), t.solution.Wires
	minusOne := *new(fr.Element).Neg(&one)
	cells, sums := make(map[string]row), make(map[string][]form)
	for _, cell := range b.cells {
		key := t.system.key(cell, wires, -1)
		cells[key], sums[key] = cell, make([]form, len(cell.numerators))
		for i, numerator := range cell.numerators {
			sums[key][i] = form(nil).plus(t.of(numerator), minusOne)
		}
	}
	for _, leg := range b.legs {
		key := t.system.key(leg, wires, -1)
		if sums[key] == nil {
			sums[key] = make([]form, len(leg.numerators))
		}
		for i, numerator := range leg.numerators {
			sums[key][i] = sums[key][i].plus(t.of(numerator), one)
		}
		cell, found := cells[key]
		if count := t.system.value(leg.numerators[0], wires); found && !count.IsZero() {
			for i := range leg.key {
				t.zero(t.of(leg.key[i]).plus(t.of(cell.key[i]), minusOne))
			}
		}
	}
	for _, forms := range sums {
		for _, f := range forms {
			t.zero(f)
		}
	}
}
