package rules

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/num"
)

// Exposure is a position at the mark: its notional, its signed value, and what of the notional lies above each
// threshold.
type Exposure struct {
	Notional frontend.Variable
	Value    frontend.Variable
	Above    [2]frontend.Variable
}

// Expose returns a position's exposure.
//
// Spec:    zkclear/rules/margin.py, notional. Claim C4.
// Proves:  notional = abs(size) * value < 2^96, and exactly max(notional - t, 0) for both thresholds.
// Assumes: abs(size) < 2^40, market.Value < 2^56, thresholds < 2^62.
func Expose(api frontend.API, rc frontend.Rangechecker, size num.Signed, market Market) Exposure {
	return exposeWithin(api, rc, size, market, NotionalBits)
}

// exposeWithin is Expose for a notional below 2^bits.
func exposeWithin(api frontend.API, rc frontend.Rangechecker, size num.Signed, market Market, bits int) Exposure {
	notional := api.Mul(size.Magnitude, market.Value)
	return Exposure{
		Notional: notional,
		Value:    api.Mul(size.Value, market.Value),
		Above: [2]frontend.Variable{
			num.Positive(api, rc, api.Sub(notional, market.T1), bits),
			num.Positive(api, rc, api.Sub(notional, market.T2), bits),
		},
	}
}

// Requirement returns the collateral that an exposure must carry at the given rates, each bracket at its own.
//
// Spec:    zkclear/rules/margin.py, requirement. Claim C4.
// Proves:  ceil((r1 n + (r2-r1) max(n-t1,0) + (r3-r2) max(n-t2,0)) / 10^6), rounded once, up: against the account.
// Assumes: the exposure is Expose's, rates < 2^20, t1 <= t2. The sum is then one of rates times parts of n, hence not
// negative and below 2^116.
func Requirement(api frontend.API, rc frontend.Rangechecker, e Exposure, rates [3]frontend.Variable) frontend.Variable {
	return requirementWithin(api, rc, e, rates, WeightedBits)
}

// requirementWithin is Requirement for a weighted sum below 2^bits.
func requirementWithin(
	api frontend.API, rc frontend.Rangechecker, e Exposure, rates [3]frontend.Variable, bits int,
) frontend.Variable {
	weighted := api.Add(
		api.Mul(rates[0], e.Notional),
		api.Mul(api.Sub(rates[1], rates[0]), e.Above[0]),
		api.Mul(api.Sub(rates[2], rates[1]), e.Above[1]),
	)
	return num.DivCeil(api, rc, weighted, bits)
}

// Withdrawable returns what may leave an account: equity above the initial margin, never less than nothing.
//
// Spec:    zkclear/rules/margin.py, withdrawable. Claims C5, C9.
// Proves:  max(equity - initial, 0), exactly.
// Assumes: abs(equity) < 2^101, 0 <= initial < 2^101: their difference is below 2^102.
func Withdrawable(api frontend.API, rc frontend.Rangechecker, equity, initial frontend.Variable) frontend.Variable {
	return num.Positive(api, rc, api.Sub(equity, initial), EquityBits+1)
}
