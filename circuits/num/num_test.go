package num_test

import (
	"math/big"
	"testing"

	"github.com/consensys/gnark/constraint/solver"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/std/rangecheck"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/golden"
	"github.com/zkclear/zkclear/circuits/num"
)

// testBits is the width of the numbers in these tests.
const testBits = 116

func pow(bits uint) *big.Int { return new(big.Int).Lsh(big.NewInt(1), bits) }

type divCeilCircuit struct{ X, Q frontend.Variable }

func (c *divCeilCircuit) Define(api frontend.API) error {
	api.AssertIsEqual(num.DivCeil(api, rangecheck.New(api), c.X, testBits), c.Q)
	return nil
}

type divCeilSignedCircuit struct{ X, Q frontend.Variable }

func (c *divCeilSignedCircuit) Define(api frontend.API) error {
	api.AssertIsEqual(num.DivCeilSigned(api, rangecheck.New(api), c.X, testBits), c.Q)
	return nil
}

type divFloorCircuit struct{ X, Q, R frontend.Variable }

func (c *divFloorCircuit) Define(api frontend.API) error {
	q, r := num.DivFloorSigned(api, rangecheck.New(api), c.X, testBits)
	api.AssertIsEqual(q, c.Q)
	api.AssertIsEqual(r, c.R)
	return nil
}

func TestDivide_C4_Vectors(t *testing.T) {
	ceil := forge.Compile(t, &divCeilCircuit{})
	signed := forge.Compile(t, &divCeilSignedCircuit{})
	one := big.NewInt(1)
	replayed := 0
	for _, c := range golden.Load(t, "num", "div_ceil") {
		x, q := c.In.Int("numerator"), c.Out.Int()
		if c.In.Int("divisor").Int64() != num.PPM || x.BitLen() > testBits {
			continue
		}
		replayed++
		forge.Accepts(t, signed, &divCeilSignedCircuit{X: x, Q: q})
		forge.Refuses(t, signed, &divCeilSignedCircuit{X: x, Q: new(big.Int).Add(q, one)})
		forge.Refuses(t, signed, &divCeilSignedCircuit{X: x, Q: new(big.Int).Sub(q, one)})
		if x.Sign() >= 0 {
			forge.Accepts(t, ceil, &divCeilCircuit{X: x, Q: q})
		}
	}
	floor := forge.Compile(t, &divFloorCircuit{})
	for _, c := range golden.Load(t, "num", "div_floor") {
		x, q := c.In.Int("numerator"), c.Out.Int()
		if c.In.Int("divisor").Int64() != num.PPM || x.BitLen() > testBits {
			continue
		}
		replayed++
		r := new(big.Int).Sub(x, new(big.Int).Mul(q, big.NewInt(num.PPM)))
		forge.Accepts(t, floor, &divFloorCircuit{X: x, Q: q, R: r})
	}
	if replayed < 10 {
		t.Errorf("only %d vectors were replayed", replayed)
	}
}

func TestDivCeil_C4_ForgedQuotientIsRejected(t *testing.T) {
	system := forge.Compile(t, &divCeilCircuit{})
	inverse := new(big.Int).ModInverse(big.NewInt(num.PPM), forge.Field())
	for name, c := range map[string]struct{ x, q, s *big.Int }{
		"rounded down, slack -1":              {big.NewInt(1_000_001), big.NewInt(1), big.NewInt(-1)},
		"one too many, slack fits in 20 bits": {big.NewInt(1_000_000), big.NewInt(2), big.NewInt(1_000_000)},
		"quotient wraps the field":            {big.NewInt(1), inverse, big.NewInt(0)},
		"division ignored":                    {big.NewInt(1_000_000), big.NewInt(5), big.NewInt(0)},
		"numerator of 2^116 too wide for q": {
			new(big.Int).Mul(pow(97), big.NewInt(num.PPM)), pow(97), big.NewInt(0),
		},
	} {
		t.Run(name, func(t *testing.T) {
			forge.Refuses(t, system, &divCeilCircuit{X: c.x, Q: mod(c.q)}, forge.Answer(num.DivCeilHint, c.q, c.s))
		})
	}
}

func TestDivCeilSigned_C6_ForgedQuotientIsRejected(t *testing.T) {
	system := forge.Compile(t, &divCeilSignedCircuit{})
	inverse := new(big.Int).ModInverse(big.NewInt(num.PPM), forge.Field())
	for name, c := range map[string]struct{ x, q, s *big.Int }{
		"rebate grows, slack -1":             {big.NewInt(-1_999_999), big.NewInt(-2), big.NewInt(-1)},
		"charge shrinks, slack one million":  {big.NewInt(-1_000_000), big.NewInt(0), big.NewInt(1_000_000)},
		"quotient wraps the field":           {big.NewInt(1), inverse, big.NewInt(0)},
		"division ignored":                   {big.NewInt(7), big.NewInt(0), big.NewInt(0)},
		"quotient at its bound":              {new(big.Int).Mul(pow(97), big.NewInt(num.PPM)), pow(97), big.NewInt(0)},
		"quotient one below its lower bound": {bigSub(new(big.Int).Mul(pow(97), big.NewInt(-num.PPM)), num.PPM), bigSub(new(big.Int).Neg(pow(97)), 1), big.NewInt(0)},
	} {
		t.Run(name, func(t *testing.T) {
			forge.Refuses(t, system, &divCeilSignedCircuit{X: mod(c.x), Q: mod(c.q)}, forge.Answer(num.DivCeilHint, c.q, c.s))
		})
	}
}

func TestDivFloorSigned_C6_ForgedQuotientIsRejected(t *testing.T) {
	system := forge.Compile(t, &divFloorCircuit{})
	inverse := new(big.Int).ModInverse(big.NewInt(num.PPM), forge.Field())
	for name, c := range map[string]struct{ x, q, r *big.Int }{
		"rounded up, remainder -1":           {big.NewInt(999_999), big.NewInt(1), big.NewInt(-1)},
		"one too few, remainder one million": {big.NewInt(1_000_000), big.NewInt(0), big.NewInt(1_000_000)},
		"quotient wraps the field":           {big.NewInt(1), inverse, big.NewInt(0)},
		"division ignored":                   {big.NewInt(7), big.NewInt(0), big.NewInt(8)},
		"towards zero instead of down":       {big.NewInt(-1), big.NewInt(0), big.NewInt(-1)},
		"quotient above its bound":           {new(big.Int).Mul(pow(97), big.NewInt(num.PPM)), pow(97), big.NewInt(0)},
		"quotient below its bound":           {bigSub(new(big.Int).Mul(pow(97), big.NewInt(-num.PPM)), num.PPM), bigSub(new(big.Int).Neg(pow(97)), 1), big.NewInt(0)},
	} {
		t.Run(name, func(t *testing.T) {
			forge.Refuses(t, system, &divFloorCircuit{X: mod(c.x), Q: mod(c.q), R: mod(c.r)},
				forge.Answer(num.DivFloorHint, c.q, c.r))
		})
	}
}

func bigSub(x *big.Int, y int64) *big.Int { return new(big.Int).Sub(x, big.NewInt(y)) }

func mod(x *big.Int) *big.Int { return new(big.Int).Mod(x, forge.Field()) }

type positiveCircuit struct{ X, Max frontend.Variable }

func (c *positiveCircuit) Define(api frontend.API) error {
	api.AssertIsEqual(num.Positive(api, rangecheck.New(api), c.X, 8), c.Max)
	return nil
}

// TestPositive_C4_EveryByteAndBothBits runs all values of nine bits with both answers: only the true maximum is accepted.
func TestPositive_C4_EveryByteAndBothBits(t *testing.T) {
	system := forge.Compile(t, &positiveCircuit{})
	for x := int64(-258); x <= 258; x++ {
		for bit := range int64(2) {
			decide := forge.Refuses
			if bit*x == max(x, 0) && x > -256 && x < 256 {
				decide = forge.Accepts
			}
			decide(t, system, &positiveCircuit{X: mod(big.NewInt(x)), Max: mod(big.NewInt(bit * x))},
				forge.Answer(num.NotNegativeHint, big.NewInt(bit)))
		}
	}
	forge.Refuses(t, system, &positiveCircuit{X: 7, Max: 14}, forge.Answer(num.NotNegativeHint, big.NewInt(2)))
	half := new(big.Int).ModInverse(big.NewInt(2), forge.Field())
	forge.Refuses(t, system, &positiveCircuit{X: 8, Max: 4}, forge.Answer(num.NotNegativeHint, half))
}

type minCircuit struct{ X, Y, Min frontend.Variable }

func (c *minCircuit) Define(api frontend.API) error {
	api.AssertIsEqual(num.Min(api, rangecheck.New(api), c.X, c.Y, 64), c.Min)
	return nil
}

func TestMin_C9_IsTheSmaller(t *testing.T) {
	system := forge.Compile(t, &minCircuit{})
	for _, c := range [][3]int64{{0, 0, 0}, {0, 5, 0}, {5, 0, 0}, {5, 5, 5}, {1 << 60, 3, 3}, {3, 1 << 60, 3}} {
		forge.Accepts(t, system, &minCircuit{X: c[0], Y: c[1], Min: c[2]})
		forge.Refuses(t, system, &minCircuit{X: c[0], Y: c[1], Min: c[2] + 1})
	}
	forge.Refuses(t, system, &minCircuit{X: 3, Y: 9, Min: 9}, forge.Answer(num.NotNegativeHint, big.NewInt(1)))
	forge.Refuses(t, system, &minCircuit{X: 9, Y: 3, Min: 9}, forge.Answer(num.NotNegativeHint, big.NewInt(0)))
}

type signedCircuit struct{ Magnitude, Negative, Value frontend.Variable }

func (c *signedCircuit) Define(api frontend.API) error {
	api.AssertIsEqual(num.NewSigned(api, rangecheck.New(api), c.Magnitude, c.Negative, 40).Value, c.Value)
	return nil
}

func TestNewSigned_C4_RangesAndSigns(t *testing.T) {
	system := forge.Compile(t, &signedCircuit{})
	largest := int64(1)<<40 - 1
	forge.Accepts(t, system, &signedCircuit{Magnitude: largest, Negative: 0, Value: largest})
	forge.Accepts(t, system, &signedCircuit{Magnitude: largest, Negative: 1, Value: mod(big.NewInt(-largest))})
	forge.Accepts(t, system, &signedCircuit{Magnitude: 0, Negative: 1, Value: 0})
	forge.Refuses(t, system, &signedCircuit{Magnitude: largest + 1, Negative: 0, Value: largest + 1})
	forge.Refuses(t, system, &signedCircuit{Magnitude: mod(big.NewInt(-1)), Negative: 0, Value: mod(big.NewInt(-1))})
	forge.Refuses(t, system, &signedCircuit{Magnitude: 2, Negative: 2, Value: mod(big.NewInt(-6))})
}

type splitCircuit struct{ Value, Like, Magnitude, Negative frontend.Variable }

func (c *splitCircuit) Define(api frontend.API) error {
	s := num.SplitSign(api, rangecheck.New(api), c.Value, c.Like, 40)
	api.AssertIsEqual(s.Magnitude, c.Magnitude)
	api.AssertIsEqual(s.Negative, c.Negative)
	return nil
}

func TestSplitSign_C4_RangesAndSigns(t *testing.T) {
	system := forge.Compile(t, &splitCircuit{})
	lie := func(bit int64) solver.Option { return forge.Answer(num.NegativeHint, big.NewInt(bit)) }
	largest := int64(1)<<40 - 1
	negative := mod(big.NewInt(-largest))
	forge.Accepts(t, system, &splitCircuit{Value: largest, Like: 0, Magnitude: largest, Negative: 0})
	forge.Accepts(t, system, &splitCircuit{Value: negative, Like: 0, Magnitude: largest, Negative: 1})
	forge.Accepts(t, system, &splitCircuit{Value: 0, Like: 1, Magnitude: 0, Negative: 1})
	forge.Refuses(t, system, &splitCircuit{Value: largest + 1, Like: 0, Magnitude: largest + 1, Negative: 0})
	forge.Refuses(t, system, &splitCircuit{Value: 5, Like: 0, Magnitude: mod(big.NewInt(-5)), Negative: 1}, lie(1))
	forge.Refuses(t, system, &splitCircuit{Value: negative, Like: 0, Magnitude: negative, Negative: 0}, lie(0))
	forge.Refuses(t, system, &splitCircuit{Value: mod(big.NewInt(-1)), Like: 0, Magnitude: 3, Negative: 2}, lie(2))
}

type prefixCircuit struct {
	Flags [3]frontend.Variable
	Count frontend.Variable
}

func (c *prefixCircuit) Define(api frontend.API) error {
	api.AssertIsEqual(num.AssertPrefix(api, c.Flags[:]), c.Count)
	return nil
}

func TestAssertPrefix_P4_OnesThenZeros(t *testing.T) {
	system := forge.Compile(t, &prefixCircuit{})
	for flags := range 8 {
		bits := [3]frontend.Variable{flags & 1, flags >> 1 & 1, flags >> 2 & 1}
		count := flags&1 + flags>>1&1 + flags>>2&1
		assignment := &prefixCircuit{Flags: bits, Count: count}
		switch flags {
		case 0, 1, 3, 7:
			forge.Accepts(t, system, assignment)
		default:
			forge.Refuses(t, system, assignment)
		}
	}
	forge.Refuses(t, system, &prefixCircuit{Flags: [3]frontend.Variable{2, 0, 0}, Count: 2})
	forge.Refuses(t, system, &prefixCircuit{Flags: [3]frontend.Variable{1, 0, 0}, Count: 2})
}

type zeroIfCircuit struct{ Condition, X frontend.Variable }

func (c *zeroIfCircuit) Define(api frontend.API) error {
	num.AssertZeroIf(api, c.Condition, c.X)
	return nil
}

func TestAssertZeroIf_OnlyWhereTheConditionHolds(t *testing.T) {
	system := forge.Compile(t, &zeroIfCircuit{})
	forge.Accepts(t, system, &zeroIfCircuit{Condition: 0, X: 5})
	forge.Accepts(t, system, &zeroIfCircuit{Condition: 1, X: 0})
	forge.Refuses(t, system, &zeroIfCircuit{Condition: 1, X: 5})
}
