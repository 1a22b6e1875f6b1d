package rules

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/num"
)

// AssertGrowth proves a position's claim that it did not grow, or else that its notional is that of a legal entry.
//
// Spec:    zkclear/rules/orders.py, did_not_grow; zkclear/rules/closing.py, check_bounds. Claims C4, C5.
// Proves:  the claim is a bit. Claimed: abs(after) <= abs(before) on the same side (a zero may take either sign).
// Not claimed: notional < 2^56. Not claiming only takes rights away.
// Assumes: magnitudes < 2^40, signs are bits, notional < 2^96 is that of after. Opposite signs subtract 2^57, which
// leaves a negative number: no range of 56 bits holds it.
func AssertGrowth(
	api frontend.API, rc frontend.Rangechecker, claimed frontend.Variable, before, after num.Signed,
	notional frontend.Variable,
) {
	api.AssertIsBoolean(claimed)
	flipped := api.Sub(api.Add(before.Negative, after.Negative), api.Mul(2, api.Mul(before.Negative, after.Negative)))
	shrunk := api.Sub(before.Magnitude, after.Magnitude, api.Mul(flipped, num.Pow2(EntryValueBits+1)))
	rc.Check(api.Select(claimed, shrunk, notional), EntryValueBits)
}

// Balance is an account at the marks, once at its opening and once at its close.
type Balance struct {
	Collateral  frontend.Variable // Abs below 2^95.
	Equity      frontend.Variable // Abs below 2^101.
	Maintenance frontend.Variable // Below 2^101; at the close: the requirement of the claimed class.
}

// Class is the prover's claim how an account ends a batch: unchanged unless one of the two bits is set.
type Class struct{ Healthy, Reduced frontend.Variable }

// NewClass returns the claim.
//
// Proves:  both are bits and at most one is set.
// Assumes: nothing.
func NewClass(api frontend.API, healthy, reduced frontend.Variable) Class {
	api.AssertIsBoolean(healthy)
	api.AssertIsBoolean(reduced)
	api.AssertIsBoolean(api.Add(healthy, reduced))
	return Class{Healthy: healthy, Reduced: reduced}
}

// Unchanged returns 1 if neither healthy nor reduced is claimed.
func (c Class) Unchanged(api frontend.API) frontend.Variable { return api.Sub(1, c.Healthy, c.Reduced) }

// Rates returns the rates of the requirement that the class needs at the close: maintenance if reduced, else initial.
func (c Class) Rates(api frontend.API, market Market) [3]frontend.Variable {
	var rates [3]frontend.Variable
	for i := range rates {
		rates[i] = api.Select(c.Reduced, market.Maintenance[i], market.Initial[i])
	}
	return rates
}

// closingBits is the width of the widest comparison: equity times maintenance is below 2^202, the difference of two
// such products below 2^203.
const closingBits = 2*EquityBits + 1

// AssertClass proves that the claimed class holds.
//
// Spec:    zkclear/rules/closing.py, closing_class. Claim C5.
// Proves:  unchanged: no size moved, collateral' >= collateral. Healthy: equity' >= requirement'. Reduced:
// maintenance > 0, no position grew, nothing withdrawn, equity' * maintenance >= equity * requirement'.
// Assumes: requirement' is of the class's Rates; grew counts positions not claimed as not grown; moved are the nets of
// the markets, abs < 2^41; withdrawn >= 0.
func AssertClass(
	api frontend.API, rc frontend.Rangechecker, class Class, opening, closing Balance,
	moved []frontend.Variable, grew, withdrawn frontend.Variable,
) {
	unchanged := class.Unchanged(api)
	for _, packed := range packSigned(api, moved) {
		num.AssertZeroIf(api, unchanged, packed)
	}
	num.AssertZeroIf(api, class.Reduced, api.Add(grew, withdrawn)) // both are at least 0
	api.AssertIsDifferent(api.Add(1, api.Mul(class.Reduced, api.Sub(opening.Maintenance, 1))), 0)

	// One comparison for the three classes; two of the summands are 0.
	ratio := api.Sub(api.Mul(closing.Equity, opening.Maintenance), api.Mul(opening.Equity, closing.Maintenance))
	rc.Check(api.Add(
		api.Mul(unchanged, api.Sub(closing.Collateral, opening.Collateral)),
		api.Mul(class.Healthy, api.Sub(closing.Equity, closing.Maintenance)),
		api.Mul(class.Reduced, ratio),
	), closingBits)
}

// packedBits keeps signed values of up to 42 bits apart; five of them stay below 2^221.
const (
	packedBits  = 44
	packedCount = 5
)

// packSigned returns sums of v_i * 2^(44 i), each 0 only if all its values are 0.
//
// Assumes: abs(v) < 2^42.
func packSigned(api frontend.API, values []frontend.Variable) []frontend.Variable {
	var packed []frontend.Variable
	for i, value := range values {
		if i%packedCount == 0 {
			packed = append(packed, frontend.Variable(0))
		}
		last := len(packed) - 1
		packed[last] = api.Add(packed[last], api.Mul(value, num.Pow2(packedBits*(i%packedCount))))
	}
	return packed
}

// AssertNoPositions proves that sizes are all 0 where condition, a bit, is 1.
//
// Assumes: abs(size) < 2^42.
func AssertNoPositions(api frontend.API, condition frontend.Variable, sizes []frontend.Variable) {
	for _, packed := range packSigned(api, sizes) {
		num.AssertZeroIf(api, condition, packed)
	}
}

// OpenInterestAfter returns a market's open interest, given the sum over accounts of abs(size') - abs(size).
//
// Spec:    zkclear/rules/closing.py, open_interest_after. Claim C8.
// Proves:  change = sum of max(size', 0) - max(size, 0); the result is at least 0 and at most before or ceiling.
// Assumes: before and ceiling < 2^40; signed is the sum of size' - size over the same accounts.
func OpenInterestAfter(
	api frontend.API, rc frontend.Rangechecker, before, ceiling, signed, magnitudes frontend.Variable,
) frontend.Variable {
	// max(s, 0) = (s + abs(s)) / 2; the sum is even, so dividing by 2 in the field is exact.
	after := api.Add(before, api.Div(api.Add(signed, magnitudes), 2))
	rc.Check(after, SizeBits)
	bound := api.Add(before, num.Positive(api, rc, api.Sub(ceiling, before), SizeBits))
	rc.Check(api.Sub(bound, after), SizeBits)
	return after
}
