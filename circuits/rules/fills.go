package rules

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/num"
)

// feeBits is the width of a fee before its division: a cost below 2^56 times a rate below 2^20.
const feeBits = EntryValueBits + RateBits

// Sides are the two orders of a fill, as far as the rules look at them.
type Sides struct {
	Market                 Market            // That of both orders.
	MakerSells             frontend.Variable // 1 if the maker sells and the taker buys.
	MakerLimit, TakerLimit frontend.Variable
	MakerOwner, TakerOwner frontend.Variable
}

// AssertFill proves that two orders may trade with each other.
//
// Spec:    zkclear/rules/fills.py, check_fill. Claims C2, C3.
// Proves:  in a live row the owners differ, hence the accounts too; the maker's limit, which is the price, is not
// beyond the taker's limit.
// Assumes: both orders were looked up with one market, with opposite sides, a maker that may make and a taker that may
// take; limits < 2^32.
func AssertFill(api frontend.API, rc frontend.Rangechecker, live frontend.Variable, sides Sides) {
	apart := api.Sub(sides.MakerOwner, sides.TakerOwner)
	api.AssertIsDifferent(api.Add(api.Mul(live, api.Sub(apart, 1)), 1), 0)
	better := api.Mul(api.Sub(api.Mul(2, sides.MakerSells), 1), api.Sub(sides.TakerLimit, sides.MakerLimit))
	rc.Check(api.Mul(live, better), TicksBits)
}

// Legs is what a fill moves in quote: the cash of both sides, and of account 1.
type Legs struct{ Maker, Taker, Fees frontend.Variable }

// NewLegs returns the cash legs of a fill at the maker's limit.
//
// Spec:    zkclear/rules/fills.py, legs. Claims C3, C4, C6.
// Proves:  buyer -cost, seller +cost; each pays ceil(cost * rate / 10^6), a maker's rebate being a negative fee; the
// three legs sum to 0.
// Assumes: lots < 2^41, limit < 2^32, quote_per_lot_tick < 2^24: cost < 2^97 and cost * rate < 2^118, no wrap. A fee of
// 2^57 or more has no proof, and none is legal, because the cost of a legal fill is below 2^56.
func NewLegs(api frontend.API, rc frontend.Rangechecker, lots frontend.Variable, sides Sides) Legs {
	cost := api.Mul(lots, sides.MakerLimit, sides.Market.QuotePerLotTick)
	makerFee := num.DivCeilSigned(api, rc, api.Mul(cost, sides.Market.MakerFee), feeBits)
	takerFee := num.DivCeilSigned(api, rc, api.Mul(cost, sides.Market.TakerFee), feeBits)
	toMaker := api.Mul(api.Sub(api.Mul(2, sides.MakerSells), 1), cost)
	return Legs{
		Maker: api.Sub(toMaker, makerFee),
		Taker: api.Neg(api.Add(toMaker, takerFee)),
		Fees:  api.Add(makerFee, takerFee),
	}
}
