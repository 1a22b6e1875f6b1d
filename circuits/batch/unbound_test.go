package batch

import (
	"slices"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/constraint"
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/internal/anatomy"
	"github.com/zkclear/zkclear/circuits/rules"
)

// unbound is a batch whose words no public input holds. Bound, every change of the new root would be refused for not being
// the true one; unbound, it has to be refused for what made it.
type unbound struct {
	Circuit
	words []constraint.LinearExpression

	// What a prover gives of outcomes, and what it follows from.
	resolved, paid, requestRows []constraint.LinearExpression
	outcomes, sources, forced   []constraint.LinearExpression
}

func newUnbound() *unbound { return &unbound{Circuit: *New(Micro())} }

func (c *unbound) Define(api frontend.API) error {
	p, err := newProof(api, &c.Circuit)
	if err != nil {
		return err
	}
	for _, section := range sections[:len(sections)-1] {
		section.prove(p)
	}
	c.note(p)
	p.sums.Close()
	return nil
}

// note writes down which expressions the words are, and what outcomes follow from.
func (c *unbound) note(p *proof) {
	note := func(to *[]constraint.LinearExpression, x frontend.Variable) {
		*to = append(*to, slices.Clone(p.api.Compiler().ToCanonicalVariable(x).(constraint.LinearExpression)))
	}
	for _, word := range p.words() {
		note(&c.words, word)
	}
	for i, row := range c.Requests {
		note(&c.resolved, row.Resolved)
		note(&c.paid, row.Paid)
		note(&c.requestRows, p.requests[i].row)
	}
	for _, r := range p.risks {
		resolves := p.api.Add(r.row.Kind.Takeover, r.row.Kind.Close)
		note(&c.outcomes, p.api.Mul(resolves, rules.OutcomeWord(p.api, r.effect.Code, r.effect.Done)))
		note(&c.sources, r.row.Source)
	}
	for _, a := range p.accounts {
		note(&c.forced, a.forced)
	}
}

// change changes a wire, and what a prover says of outcomes with it.
func (c *unbound) change(system *anatomy.System, probe *anatomy.Probe, wire int, value fr.Element) (*anatomy.Solution, error) {
	values := map[int]fr.Element{wire: value}
	changed, err := probe.Change(values, mostBroken)
	if err != nil || len(changed.Broken) == 0 || len(changed.Broken) > mostBroken {
		return changed, err
	}
	for i := range c.Requests {
		row := system.Value(c.requestRows[i], changed)
		var resolved, paid fr.Element
		for k := range c.outcomes {
			if source := system.Value(c.sources[k], changed); source == fr.NewElement(uint64(i)) {
				outcome := system.Value(c.outcomes[k], changed)
				resolved.Add(&resolved, &outcome)
			}
		}
		for k := range c.forced {
			if row == fr.NewElement(uint64(k)) {
				paid = system.Value(c.forced[k], changed)
			}
		}
		follow(values, system, changed, c.resolved[i], resolved)
		follow(values, system, changed, c.paid[i], paid)
	}
	if len(values) == 1 {
		return changed, nil
	}
	return probe.Change(values, mostBroken)
}

// mostBroken bounds how much may be wrong after a change that an outcome might mend.
const mostBroken = 4

// follow has an input take the value that it would be given.
func follow(
	values map[int]fr.Element, system *anatomy.System, solution *anatomy.Solution, input constraint.LinearExpression, value fr.Element,
) {
	wire := input[0].WireID()
	if _, given := values[wire]; !given && system.Value(input, solution) != value {
		values[wire] = value
	}
}

// sameBatch says whether two solutions are of one batch on one state, and whether then the batch comes to the same.
func (c *unbound) sameBatch(system *anatomy.System, one, other []fr.Element) (same, outcome bool) {
	same, outcome = true, true
	for i, word := range c.words {
		equal := system.Value(word, &anatomy.Solution{Wires: one}) == system.Value(word, &anatomy.Solution{Wires: other})
		if isOutcome(i) {
			outcome = outcome && equal
		} else {
			same = same && equal
		}
	}
	return same, outcome
}

// isOutcome says whether a word of the micro shape is the new root or the outcome of a request: what the others decide.
func isOutcome(word int) bool {
	return word == newRootWord || (word > requestWord && (word-requestWord)%2 == 1)
}

const newRootWord = 3
