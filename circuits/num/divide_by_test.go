package num_test

import (
	"math/big"
	"testing"

	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/std/rangecheck"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/golden"
	"github.com/zkclear/zkclear/circuits/num"
)

// Widths of these tests: those of an equity's part.
const (
	quotientBits = 102
	divisorBits  = 101
)

type divFloorByCircuit struct{ X, D, Q frontend.Variable }

func (c *divFloorByCircuit) Define(api frontend.API) error {
	q := num.DivFloorBy(api, rangecheck.New(api), c.X, c.D, quotientBits, divisorBits)
	api.AssertIsEqual(q, c.Q)
	return nil
}

func TestDivFloorBy_C7_Vectors(t *testing.T) {
	system := forge.Compile(t, &divFloorByCircuit{})
	replayed := 0
	for _, c := range golden.Load(t, "num", "div_floor") {
		x, d, q := c.In.Int("numerator"), c.In.Int("divisor"), c.Out.Int()
		if d.Sign() <= 0 || d.BitLen() > divisorBits || q.BitLen() > quotientBits {
			continue
		}
		replayed++
		for more, legal := range map[int64]bool{0: true, 1: false, -1: false} {
			assignment := &divFloorByCircuit{X: mod(x), D: d, Q: mod(new(big.Int).Add(q, big.NewInt(more)))}
			if legal {
				forge.Accepts(t, system, assignment)
			} else {
				forge.Refuses(t, system, assignment)
			}
		}
	}
	if replayed < 5 {
		t.Errorf("only %d vectors were replayed", replayed)
	}
}

// TestDivFloorBy_C7_Edges: exact, one below and one above a multiple, both signs, the least and the greatest divisor.
func TestDivFloorBy_C7_Edges(t *testing.T) {
	system := forge.Compile(t, &divFloorByCircuit{})
	widest := bigSub(pow(divisorBits), 1)
	for _, d := range []*big.Int{big.NewInt(1), big.NewInt(2), big.NewInt(7), big.NewInt(num.PPM), widest} {
		for _, multiple := range []int64{-3, -1, 0, 1, 3} {
			for _, offset := range []int64{-1, 0, 1} {
				x := new(big.Int).Mul(d, big.NewInt(multiple))
				x.Add(x, big.NewInt(offset))
				q := new(big.Int).Div(x, d) // Euclidean: down for a positive divisor
				forge.Accepts(t, system, &divFloorByCircuit{X: mod(x), D: d, Q: mod(q)})
			}
		}
	}
	one := big.NewInt(1)
	forge.Accepts(t, system, &divFloorByCircuit{X: bigSub(pow(quotientBits), 1), D: one, Q: bigSub(pow(quotientBits), 1)})
	forge.Refuses(t, system, &divFloorByCircuit{X: pow(quotientBits), D: one, Q: pow(quotientBits)})
	least := mod(new(big.Int).Neg(pow(quotientBits)))
	forge.Accepts(t, system, &divFloorByCircuit{X: least, D: one, Q: least})
	forge.Refuses(t, system, &divFloorByCircuit{X: bigSub(least, 1), D: one, Q: bigSub(least, 1)})
}

func TestDivFloorBy_C7_ForgedQuotientIsRejected(t *testing.T) {
	system := forge.Compile(t, &divFloorByCircuit{})
	inverse := new(big.Int).ModInverse(big.NewInt(7), forge.Field())
	for name, c := range map[string]struct{ x, d, q, r *big.Int }{
		"rounded up, remainder -1":          {big.NewInt(6), big.NewInt(7), big.NewInt(1), big.NewInt(-1)},
		"one too few, remainder d":          {big.NewInt(7), big.NewInt(7), big.NewInt(0), big.NewInt(7)},
		"quotient wraps the field":          {big.NewInt(1), big.NewInt(7), inverse, big.NewInt(0)},
		"division ignored":                  {big.NewInt(14), big.NewInt(7), big.NewInt(5), big.NewInt(1)},
		"towards zero":                      {big.NewInt(-1), big.NewInt(7), big.NewInt(0), big.NewInt(-1)},
		"divided by 0":                      {big.NewInt(0), big.NewInt(0), big.NewInt(5), big.NewInt(0)},
		"divided by 0, remainder x":         {big.NewInt(9), big.NewInt(0), big.NewInt(5), big.NewInt(9)},
		"quotient above its bound, exact":   {pow(quotientBits), big.NewInt(1), pow(quotientBits), big.NewInt(0)},
		"remainder beyond a small divisor":  {big.NewInt(20), big.NewInt(7), big.NewInt(1), big.NewInt(13)},
		"negative quotient, large positive": {big.NewInt(0), big.NewInt(7), big.NewInt(-1), big.NewInt(7)},
	} {
		t.Run(name, func(t *testing.T) {
			forge.Refuses(t, system, &divFloorByCircuit{X: mod(c.x), D: c.d, Q: mod(c.q)},
				forge.Answer(num.DivFloorByHint, c.q, c.r))
		})
	}
}

type negativeCircuit struct{ X, Bit frontend.Variable }

func (c *negativeCircuit) Define(api frontend.API) error {
	api.AssertIsEqual(num.IsNegative(api, rangecheck.New(api), c.X, 8), c.Bit)
	return nil
}

// TestIsNegative_C7_EveryByteAndBothBits runs all values of nine bits with both answers: only the true one is accepted.
func TestIsNegative_C7_EveryByteAndBothBits(t *testing.T) {
	system := forge.Compile(t, &negativeCircuit{})
	for x := int64(-258); x <= 258; x++ {
		for bit := range int64(2) {
			decide := forge.Refuses
			if (bit == 1) == (x < 0) && x >= -256 && x < 256 {
				decide = forge.Accepts
			}
			decide(t, system, &negativeCircuit{X: mod(big.NewInt(x)), Bit: bit}, forge.Answer(num.BelowZeroHint, big.NewInt(bit)))
		}
	}
	for _, lie := range []int64{2, -1} {
		forge.Refuses(t, system, &negativeCircuit{X: 0, Bit: mod(big.NewInt(lie))}, forge.Answer(num.BelowZeroHint, big.NewInt(lie)))
	}
	half := new(big.Int).ModInverse(big.NewInt(2), forge.Field())
	forge.Refuses(t, system, &negativeCircuit{X: 200, Bit: half}, forge.Answer(num.BelowZeroHint, half))
}
