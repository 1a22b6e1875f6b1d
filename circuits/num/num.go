// Package num holds the arithmetic that needs more than a product: signs, comparisons and divisions.
//
// It is the only place that divides. Every division says which way it rounds, and every width is an argument
// or a named constant. A hint proposes, the constraints beside it dispose.
package num

import (
	"fmt"
	"math/big"

	"github.com/consensys/gnark/constraint/solver"
	"github.com/consensys/gnark/frontend"
)

// PPM is the divisor of every division but DivFloorBy: rates are 10^-6.
const PPM = 1_000_000

// ppmBits is the width of a remainder by PPM: 2^19 < 10^6 < 2^20.
const ppmBits = 20

// Pow2 returns 2^bits.
func Pow2(bits int) *big.Int { return new(big.Int).Lsh(big.NewInt(1), uint(bits)) }

// DivCeil returns ceil(x / 10^6) for 0 <= x < 2^bits.
//
// Spec:    zkclear/rules/num.py, div_ceil. Claim C4.
// Proves:  10^6 q = x + s with 0 <= s < 10^6 and q < 2^(bits-19); both sides stay below 2^(bits+2), so nothing wraps.
// Assumes: 0 <= x < 2^bits was proved by the caller; 40 <= bits <= 250.
func DivCeil(api frontend.API, rc frontend.Rangechecker, x frontend.Variable, bits int) frontend.Variable {
	q, s := divide(api, DivCeilHint, x)
	api.AssertIsEqual(api.Mul(q, PPM), api.Add(x, s))
	checkRemainder(api, rc, s)
	rc.Check(q, bits-ppmBits+1)
	return q
}

// DivCeilSigned returns ceil(x / 10^6) for abs(x) < 2^bits: a charge grows, a rebate shrinks.
//
// Spec:    zkclear/rules/num.py, div_ceil. Claims C4, C6.
// Proves:  10^6 q = x + s with 0 <= s < 10^6 and -2^(bits-19) <= q < 2^(bits-19).
// Assumes: abs(x) < 2^bits, or at least abs(x) < 2^250: a larger quotient than 2^(bits-19) has no proof.
func DivCeilSigned(api frontend.API, rc frontend.Rangechecker, x frontend.Variable, bits int) frontend.Variable {
	q, s := divide(api, DivCeilHint, x)
	api.AssertIsEqual(api.Mul(q, PPM), api.Add(x, s))
	checkRemainder(api, rc, s)
	half := bits - ppmBits + 1
	rc.Check(api.Add(q, Pow2(half)), half+1)
	return q
}

// DivFloorSigned returns floor(x / 10^6) and the remainder for abs(x) < 2^bits: a credit shrinks, a debit grows.
//
// Spec:    zkclear/rules/num.py, div_floor. Claim C6.
// Proves:  x = 10^6 q + r with 0 <= r < 10^6 and -2^(bits-19) <= q < 2^(bits-19).
// Assumes: abs(x) < 2^bits was proved by the caller; 40 <= bits <= 250.
func DivFloorSigned(api frontend.API, rc frontend.Rangechecker, x frontend.Variable, bits int) (q, r frontend.Variable) {
	q, r = divide(api, DivFloorHint, x)
	api.AssertIsEqual(api.Add(api.Mul(q, PPM), r), x)
	checkRemainder(api, rc, r)
	half := bits - ppmBits + 1
	rc.Check(api.Add(q, Pow2(half)), half+1)
	return q, r
}

// checkRemainder proves 0 <= r < 10^6: r and r + 2^20 - 10^6 both fit in 20 bits.
func checkRemainder(api frontend.API, rc frontend.Rangechecker, r frontend.Variable) {
	rc.Check(r, ppmBits)
	rc.Check(api.Add(r, 1<<ppmBits-PPM), ppmBits)
}

// DivFloorBy returns floor(x / d) for a divisor that is a wire: a credit shrinks, a debit grows.
//
// Spec:    zkclear/rules/num.py, div_floor. Claim C7.
// Proves:  x = d q + r with 0 <= r < d and -2^quotientBits <= q < 2^quotientBits; so d is at least 1.
// Assumes: 0 <= d < 2^divisorBits was proved by the caller, abs(x) < 2^250, quotientBits + divisorBits <= 250: nothing
// wraps.
func DivFloorBy(
	api frontend.API, rc frontend.Rangechecker, x, d frontend.Variable, quotientBits, divisorBits int,
) frontend.Variable {
	out := propose(api, DivFloorByHint, 2, x, d)
	q, r := out[0], out[1]
	api.AssertIsEqual(api.Add(api.Mul(q, d), r), x)
	rc.Check(r, divisorBits)
	rc.Check(api.Sub(d, r, 1), divisorBits)
	rc.Check(api.Add(q, Pow2(quotientBits)), quotientBits+1)
	return q
}

func divide(api frontend.API, hint solver.Hint, x frontend.Variable) (q, r frontend.Variable) {
	out := propose(api, hint, 2, x)
	return out[0], out[1]
}

// Positive returns max(x, 0) for abs(x) < 2^bits.
//
// Proves:  max = g x for a bit g, and abs(x) = 2 max - x is in range, which only the right g gives (any g for 0).
// Assumes: abs(x) < 2^250, so that x and -x cannot both fit in 2^bits unless x = 0.
func Positive(api frontend.API, rc frontend.Rangechecker, x frontend.Variable, bits int) frontend.Variable {
	g := propose(api, NotNegativeHint, 1, x)[0]
	api.AssertIsBoolean(g)
	positive := api.Mul(g, x)
	rc.Check(api.Sub(api.Mul(positive, 2), x), bits)
	return positive
}

// Min returns the smaller of x and y for abs(x - y) < 2^bits.
//
// Proves:  min = x - max(x - y, 0).
// Assumes: abs(x - y) < 2^250.
func Min(api frontend.API, rc frontend.Rangechecker, x, y frontend.Variable, bits int) frontend.Variable {
	return api.Sub(x, Positive(api, rc, api.Sub(x, y), bits))
}

// IsNegative returns 1 if x < 0 and 0 if x >= 0, for abs(x) < 2^bits.
//
// Proves:  a bit; 0 <= x < 2^bits where it is 0 and 0 <= -1 - x < 2^bits where it is 1: exact in both directions.
// Assumes: abs(x) < 2^250, so that x and -1 - x cannot both fit.
func IsNegative(api frontend.API, rc frontend.Rangechecker, x frontend.Variable, bits int) frontend.Variable {
	negative := propose(api, BelowZeroHint, 1, x)[0]
	api.AssertIsBoolean(negative)
	rc.Check(api.Sub(x, api.Mul(negative, api.Add(x, x, 1))), bits)
	return negative
}

// Signed is an integer as sign and magnitude. Zero may carry either sign: only Value and Magnitude mean anything then.
type Signed struct {
	Value     frontend.Variable // The integer, as a field element.
	Magnitude frontend.Variable // Its absolute value.
	Negative  frontend.Variable // 1 below zero, 0 above.
}

// NewSigned returns the integer of a given magnitude and sign.
//
// Proves:  negative is a bit, magnitude < 2^bits.
// Assumes: nothing; both may be anything that a prover chose.
func NewSigned(api frontend.API, rc frontend.Rangechecker, magnitude, negative frontend.Variable, bits int) Signed {
	api.AssertIsBoolean(negative)
	rc.Check(magnitude, bits)
	return Signed{
		Value:     api.Sub(magnitude, api.Mul(2, api.Mul(negative, magnitude))),
		Magnitude: magnitude, Negative: negative,
	}
}

// SplitSign returns value as sign and magnitude; a zero is proposed with the sign of like, which means nothing else.
//
// Proves:  magnitude = value or -value by a bit, and magnitude < 2^bits: so abs(value) < 2^bits.
// Assumes: bits <= 250.
func SplitSign(api frontend.API, rc frontend.Rangechecker, value, like frontend.Variable, bits int) Signed {
	negative := propose(api, NegativeHint, 1, value, like)[0]
	api.AssertIsBoolean(negative)
	magnitude := api.Sub(value, api.Mul(2, api.Mul(negative, value)))
	rc.Check(magnitude, bits)
	return Signed{Value: value, Magnitude: magnitude, Negative: negative}
}

// AssertZeroIf proves x = 0 where condition, a bit or any sum of bits, is not 0.
func AssertZeroIf(api frontend.API, condition, x frontend.Variable) {
	api.AssertIsEqual(api.Mul(condition, x), 0)
}

// AssertPrefix proves that the flags are bits, ones first and then zeros, and returns how many are one.
//
// Proves:  each flag is a bit; none is 1 after a 0.
// Assumes: nothing.
func AssertPrefix(api frontend.API, flags []frontend.Variable) frontend.Variable {
	var count frontend.Variable = 0
	for i, flag := range flags {
		api.AssertIsBoolean(flag)
		if i > 0 {
			AssertZeroIf(api, flag, api.Sub(1, flags[i-1]))
		}
		count = api.Add(count, flag)
	}
	return count
}

func propose(api frontend.API, hint solver.Hint, outputs int, inputs ...frontend.Variable) []frontend.Variable {
	out, err := api.Compiler().NewHint(hint, outputs, inputs...)
	if err != nil {
		panic(fmt.Errorf("num: hint: %w", err)) // a wiring mistake, seen when compiling
	}
	return out
}
