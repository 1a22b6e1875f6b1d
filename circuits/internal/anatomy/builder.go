package anatomy

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark/constraint"
	cs "github.com/consensys/gnark/constraint/bn254"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/frontend/cs/r1cs"

	"github.com/zkclear/zkclear/circuits/net"
)

// Compile compiles a circuit and takes it apart. Range checks and balances stand in it as what they say, not as the
// limbs, look-ups and inverses that prove it; so nothing in it depends on a random X.
func Compile(circuit frontend.Circuit) (*System, error) {
	var b *builder
	compiled, err := frontend.Compile(ecc.BN254.ScalarField(),
		func(field *big.Int, config frontend.CompileConfig) (frontend.Builder[constraint.U64], error) {
			inner, err := r1cs.NewBuilder[constraint.U64](field, config)
			if err != nil {
				return nil, err
			}
			system, err := inner.Compile() // the system that it goes on building
			b = &builder{Builder: inner, system: system, places: make(map[int][]string), bits: make(map[string]int)}
			return b, err
		}, circuit)
	if err != nil {
		return nil, fmt.Errorf("anatomy.Compile: %w", err)
	}
	s := Open(compiled)
	s.places, s.ranges, s.balances = b.places, b.ranges, b.balances
	return s, nil
}

// builder builds a constraint system and writes down where in the source each assertion stands.
type builder struct {
	frontend.Builder[constraint.U64]
	system   constraint.ConstraintSystem
	places   map[int][]string // By instruction.
	bits     map[string]int   // By expression: the instruction that says it is a bit.
	ranges   []rangeCheck
	balances []balance
}

// library is the place of what gnark asserts within an operation of its own: it cannot be left out here.
const library = "gnark"

func (b *builder) AssertIsEqual(x, y frontend.Variable) {
	before := b.system.GetNbInstructions()
	b.Builder.AssertIsEqual(x, y)
	b.note(before, here())
}

func (b *builder) AssertIsDifferent(x, y frontend.Variable) {
	before := b.system.GetNbInstructions()
	b.Builder.AssertIsDifferent(x, y)
	b.note(before, here())
}

// note gives the last instruction a place, if there is a new one.
func (b *builder) note(before int, place string) {
	if after := b.system.GetNbInstructions(); after > before {
		b.places[after-1] = append(b.places[after-1], place)
	}
}

func (b *builder) AssertIsBoolean(x frontend.Variable) {
	place := here() + b.subject(x)
	b.isBit(x, place, func() { b.Builder.AssertIsBoolean(x) })
}

// isBit notes a place that says that x is a bit. gnark states it once, however many places say so.
func (b *builder) isBit(x frontend.Variable, place string, assert func()) {
	key := fmt.Sprint(b.expression(x))
	before := b.system.GetNbInstructions()
	assert()
	if stated, known := b.bits[key]; known {
		if !slices.Contains(b.places[stated], place) {
			b.places[stated] = append(b.places[stated], place)
		}
		return
	}
	if b.system.GetNbInstructions() > before {
		b.bits[key] = before
		b.places[before] = []string{place}
	}
}

func (b *builder) Select(bit, x, y frontend.Variable) (out frontend.Variable) {
	b.isBit(bit, library, func() { out = b.Builder.Select(bit, x, y) })
	return out
}

func (b *builder) Or(x, y frontend.Variable) (out frontend.Variable) {
	b.isBit(y, library, func() { b.isBit(x, library, func() { b.Builder.AssertIsBoolean(x) }); b.Builder.AssertIsBoolean(y) })
	return b.Builder.Or(x, y)
}

// Check takes a range check as a statement: gnark's range checker asks for this method before it builds its own.
func (b *builder) Check(x frontend.Variable, bits int) {
	if bits < 2 {
		panic(fmt.Sprintf("anatomy: a range check of %d bits", bits))
	}
	b.ranges = append(b.ranges, rangeCheck{b.expression(x), bits, here() + b.subject(x)})
}

// Balance takes a balance as a statement: net.Sums asks for this method.
func (b *builder) Balance(legs, cells []net.Row) {
	b.balances = append(b.balances, balance{legs: b.rows(legs), cells: b.rows(cells), place: here()})
}

func (b *builder) rows(rows []net.Row) []row {
	out := make([]row, len(rows))
	for i, r := range rows {
		for _, column := range r.Key {
			out[i].key = append(out[i].key, b.expression(column))
		}
		for _, numerator := range r.Numerators {
			out[i].numerators = append(out[i].numerators, b.expression(numerator))
		}
	}
	return out
}

func (b *builder) expression(x frontend.Variable) constraint.LinearExpression {
	return slices.Clone(b.ToCanonicalVariable(x).(constraint.LinearExpression))
}

// subject names a variable that is an input.
func (b *builder) subject(x frontend.Variable) string {
	r1cs := b.system.(*cs.R1CS)
	inputs := r1cs.GetNbPublicVariables() + r1cs.GetNbSecretVariables()
	expression := b.expression(x)
	if len(expression) != 1 || expression[0].IsConstant() || expression[0].WireID() >= inputs {
		return ""
	}
	return " of " + field(r1cs.VariableToString(expression[0].WireID()))
}
