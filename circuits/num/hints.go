package num

import (
	"math/big"

	"github.com/consensys/gnark/constraint/solver"
)

func init() { solver.RegisterHint(Hints()...) }

// Hints returns every hint of this package.
func Hints() []solver.Hint {
	return []solver.Hint{DivCeilHint, DivFloorHint, NotNegativeHint, NegativeHint, DivFloorByHint, BelowZeroHint}
}

// Integer returns the integer that a field element stands for: residues above half of the field are negative.
func Integer(field, x *big.Int) *big.Int {
	half := new(big.Int).Rsh(field, 1)
	if x.Cmp(half) > 0 {
		return new(big.Int).Sub(x, field)
	}
	return new(big.Int).Set(x)
}

// DivCeilHint proposes q and s with 10^6 q = x + s and 0 <= s < 10^6.
func DivCeilHint(field *big.Int, in, out []*big.Int) error {
	negated := new(big.Int).Neg(Integer(field, in[0]))
	q, s := new(big.Int).DivMod(negated, big.NewInt(PPM), new(big.Int)) // Euclidean: s >= 0
	out[0].Mod(q.Neg(q), field)
	out[1].Set(s)
	return nil
}

// DivFloorHint proposes q and r with x = 10^6 q + r and 0 <= r < 10^6.
func DivFloorHint(field *big.Int, in, out []*big.Int) error {
	q, r := new(big.Int).DivMod(Integer(field, in[0]), big.NewInt(PPM), new(big.Int))
	out[0].Mod(q, field)
	out[1].Set(r)
	return nil
}

// DivFloorByHint proposes q and r with x = d q + r and 0 <= r < d; zeros for d = 0, which no constraint accepts.
func DivFloorByHint(field *big.Int, in, out []*big.Int) error {
	out[0].SetInt64(0)
	out[1].SetInt64(0)
	if in[1].Sign() == 0 {
		return nil
	}
	q, r := new(big.Int).DivMod(Integer(field, in[0]), in[1], new(big.Int))
	out[0].Mod(q, field)
	out[1].Set(r)
	return nil
}

// BelowZeroHint proposes whether x < 0.
func BelowZeroHint(field *big.Int, in, out []*big.Int) error {
	out[0].SetInt64(int64(sign(field, in[0])))
	return nil
}

// NotNegativeHint proposes whether x >= 0.
func NotNegativeHint(field *big.Int, in, out []*big.Int) error {
	out[0].SetInt64(int64(1 - sign(field, in[0])))
	return nil
}

// NegativeHint proposes whether value < 0; for 0 it answers the second input, a bit.
func NegativeHint(field *big.Int, in, out []*big.Int) error {
	if in[0].Sign() == 0 {
		out[0].Set(in[1])
		return nil
	}
	out[0].SetInt64(int64(sign(field, in[0])))
	return nil
}

// sign is 1 for a negative integer and 0 otherwise.
func sign(field, x *big.Int) int {
	if Integer(field, x).Sign() < 0 {
		return 1
	}
	return 0
}
