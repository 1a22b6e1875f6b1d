package rules

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/num"
)

// secondsPerHour scales max_funding_rate, which is per hour.
const secondsPerHour = 3600

// StepWithin proves that a funding step is inside the market's bound for the time that has passed.
//
// Spec:    zkclear/rules/funding.py, step_limit. Claim C6.
// Proves:  abs(step) < 2^55 and abs(step) * 3600 <= value * rate * elapsed; both sides stay below 2^117.
// Assumes: value < 2^56, rate < 2^20, elapsed < 2^40.
func StepWithin(api frontend.API, rc frontend.Rangechecker, step, value, rate, elapsed frontend.Variable) {
	magnitude := num.SplitSign(api, rc, step, 0, StepBits).Magnitude
	bound := api.Mul(value, rate, elapsed)
	rc.Check(api.Sub(bound, api.Mul(magnitude, secondsPerHour)), 116)
}

// AssertIndex proves abs(index) < 2^62 for an index given as index + 2^62.
//
// Spec:    zkclear/rules/funding.py, advance. Claim C6.
// Proves:  both shifted and shifted - used fit in 63 bits; a row that is not in use holds a plain 0.
// Assumes: used is a bit.
func AssertIndex(api frontend.API, rc frontend.Rangechecker, shifted, used frontend.Variable) {
	rc.Check(shifted, IndexBits+1)
	rc.Check(api.Sub(shifted, used), IndexBits+1)
}

// Payment returns what a position gets for the funding since it was last settled, and the dust that this leaves.
//
// Spec:    zkclear/rules/funding.py, payment. Claim C6.
// Proves:  -size * moved = 10^6 paid + dust with 0 <= dust < 10^6: rounded down, against the account.
// Assumes: abs(size) < 2^40 and abs(moved) < 2^63, moved being the index now less the index when settled.
func Payment(api frontend.API, rc frontend.Rangechecker, size, moved frontend.Variable) (paid, dust frontend.Variable) {
	return num.DivFloorSigned(api, rc, api.Neg(api.Mul(size, moved)), IntermediateBits)
}
