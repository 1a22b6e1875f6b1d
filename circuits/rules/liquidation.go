package rules

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/num"
)

// Widths of what a liquidation compares and divides; signed values are below them in magnitude.
const (
	grownSizeBits     = SizeBits + 1              // A size after lots were added to it.
	grownNotionalBits = NotionalBits + 1          // Its notional.
	grownWeightedBits = WeightedBits + 1          // That times a rate.
	shareBits         = EquityBits + 1            // A discount or a share of an equity.
	shareRateBits     = shareBits + RateBits      // That times a rate.
	deepBits          = EquityBits + RateBits + 1 // Equity times 10^6 less maintenance times a rate.
	fitBits           = EquityBits + 3            // Equity and gain less a requirement.
)

// Standing is an account's opening state, valued.
//
// Spec: zkclear/rules/liquidation.py, Standing.
type Standing struct {
	Equity, Maintenance, Initial frontend.Variable // Abs below 2^101.
	Liquidatable                 frontend.Variable // 1 if equity < maintenance, exactly.
}

// Liquidatable returns 1 if equity is below maintenance, else 0.
//
// Spec:    zkclear/rules/liquidation.py, Standing.is_liquidatable. Claim C7.
// Proves:  exact in both directions.
// Assumes: abs(equity) < 2^101, 0 <= maintenance < 2^101.
func Liquidatable(api frontend.API, rc frontend.Rangechecker, equity, maintenance frontend.Variable) frontend.Variable {
	return num.IsNegative(api, rc, api.Sub(equity, maintenance), EquityBits+1)
}

// Holding is one position of an account, looked at for a liquidation.
//
// Spec: zkclear/rules/liquidation.py, Holding.
type Holding struct {
	Standing
	Size      num.Signed
	Held      frontend.Variable // 1 if it is not 0, exactly.
	Direction frontend.Variable // 1 or -1; either of no position.
	Market    Market
}

// Hold returns a position of an account.
//
// Spec:    zkclear/rules/liquidation.py, hold. Claim C7.
// Proves:  magnitude, direction and whether there is a position.
// Assumes: abs(size) < 2^40 is that of the account in the market.
func Hold(api frontend.API, rc frontend.Rangechecker, standing Standing, size frontend.Variable, market Market) Holding {
	signed := num.SplitSign(api, rc, size, 0, SizeBits)
	return Holding{
		Standing: standing, Size: signed, Market: market,
		Held:      api.Sub(1, api.IsZero(size)),
		Direction: api.Sub(1, api.Mul(2, signed.Negative)),
	}
}

// maintenanceOf returns the maintenance requirement of lots in the holding's market.
//
// Spec:    zkclear/rules/liquidation.py, maintenance_of. Claims C4, C7.
// Assumes: 0 <= lots < 2^40.
func (h Holding) maintenanceOf(api frontend.API, rc frontend.Rangechecker, lots frontend.Variable) frontend.Variable {
	long := num.Signed{Value: lots, Magnitude: lots, Negative: 0}
	return Requirement(api, rc, Expose(api, rc, long, h.Market), h.Market.Maintenance)
}

// give returns floor(equity * freed / maintenance), 0 if maintenance is 0: the part of an equity that goes with a part
// of its maintenance.
//
// Spec:    zkclear/rules/liquidation.py, give. Claims C5, C7.
// Proves:  rounded down: never more than the ratio allows, and a hole is paid up.
// Assumes: 0 <= freed <= maintenance < 2^101, abs(equity) < 2^101: so the result is at most as large as the equity. Where
// maintenance is 0, freed is 0 too, and any divisor will do.
func (s Standing) give(api frontend.API, rc frontend.Rangechecker, freed frontend.Variable) frontend.Variable {
	divisor := api.Add(s.Maintenance, api.IsZero(s.Maintenance))
	return num.DivFloorBy(api, rc, api.Mul(s.Equity, freed), divisor, shareBits, EquityBits)
}

// rateDown returns floor(amount * rate / 10^6).
//
// Spec:    zkclear/rules/liquidation.py, fee_cap, keeper_share. Claim C7.
// Assumes: abs(amount) * rate < 2^bits.
func rateDown(api frontend.API, rc frontend.Rangechecker, amount, rate frontend.Variable, bits int) frontend.Variable {
	q, _ := num.DivFloorSigned(api, rc, api.Mul(amount, rate), bits)
	return q
}

// isDeep returns 1 if equity is below the closeout share of maintenance, exactly.
//
// Spec: zkclear/rules/liquidation.py, is_deep. Claim C7.
func (h Holding) isDeep(api frontend.API, rc frontend.Rangechecker) frontend.Variable {
	above := api.Sub(api.Mul(h.Equity, num.PPM), api.Mul(h.Market.Closeout, h.Maintenance))
	return num.IsNegative(api, rc, above, deepBits)
}

// allowedLots returns how many lots of a liquidatable account a batch may take.
//
// Spec:    zkclear/rules/liquidation.py, allowed_lots. Claim C7.
// Proves:  all if deep, else ceil(close_factor * lots / 10^6): up, so that a single lot is never stuck.
// Assumes: deep is isDeep's; close_factor <= 10^6 by the contract's check of configurations.
func (h Holding) allowedLots(api frontend.API, rc frontend.Rangechecker, deep frontend.Variable) frontend.Variable {
	part := num.DivCeil(api, rc, api.Mul(h.Market.CloseFactor, h.Size.Magnitude), SizeBits+RateBits)
	return api.Select(deep, h.Size.Magnitude, part)
}

// chunkLots returns how many lots at the mark stay below 2^56 in value.
//
// Spec:    zkclear/rules/liquidation.py, chunk_lots. Claim C9.
// Proves:  floor((2^56 - 1) / value), 2^56 - 1 if the value is 0.
// Assumes: value < 2^56.
func chunkLots(api frontend.API, rc frontend.Rangechecker, value frontend.Variable) frontend.Variable {
	most := api.Sub(num.Pow2(EntryValueBits), 1)
	return num.DivFloorBy(api, rc, most, api.Add(value, api.IsZero(value)), EntryValueBits, EntryValueBits)
}

// fits returns 1 if the account could carry so many more lots, signed, with gain quote: healthy, and of a legal value if
// the position grew. The result is exact in both directions.
//
// Spec:    zkclear/rules/liquidation.py, fits. Claims C7, C9.
// Proves:  not liquidatable, equity + gain >= initial - init(before) + init(after), and value(after) < 2^56 or
// abs(after) <= abs(before).
// Assumes: abs(lots) < 2^40, abs(gain) < 2^102. The new size has a bit more than a legal one, because the carrier may be
// the account itself.
func (h Holding) fits(api frontend.API, rc frontend.Rangechecker, lots, gain frontend.Variable) frontend.Variable {
	market := h.Market
	after := num.SplitSign(api, rc, api.Add(h.Size.Value, lots), 0, grownSizeBits)
	exposure := exposeWithin(api, rc, after, market, grownNotionalBits)
	change := api.Sub(
		requirementWithin(api, rc, exposure, market.Initial, grownWeightedBits),
		Requirement(api, rc, Expose(api, rc, h.Size, market), market.Initial))
	short := num.IsNegative(api, rc, api.Sub(api.Add(h.Equity, gain), h.Initial, change), fitBits)
	small := num.IsNegative(api, rc, api.Sub(exposure.Notional, num.Pow2(EntryValueBits)), grownNotionalBits)
	grew := num.IsNegative(api, rc, api.Sub(h.Size.Magnitude, after.Magnitude), grownSizeBits)
	legal := api.Sub(1, api.Mul(api.Sub(1, small), grew))
	return api.Mul(api.Sub(1, h.Liquidatable), api.Sub(1, short), legal)
}
