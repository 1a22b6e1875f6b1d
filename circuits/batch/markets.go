package batch

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/bind"
	"github.com/zkclear/zkclear/circuits/net"
	"github.com/zkclear/zkclear/circuits/num"
	"github.com/zkclear/zkclear/circuits/rules"
	"github.com/zkclear/zkclear/circuits/tree"
)

// Offsets that make signed values of a market not negative, as bit positions.
const (
	stepOffsetBits  = 55
	indexOffsetBits = 62
	feeOffsetBits   = 20
)

// market is a market row in use by the other sections.
type market struct {
	rules.Market
	configHash   frontend.Variable
	oldLive      frontend.Variable // Live word before.
	mark         frontend.Variable
	shiftedIndex frontend.Variable // New funding index + 2^62, or 0 in an unused row.
	openInterest frontend.Variable // Before.
}

// openMarkets opens the markets of the old state and moves them to the batch's marks and funding indexes.
//
// Spec:    zkclear/rules/funding.py, advance; zkclear/rules/transition.py, advance_markets. Claims C1, C6.
// Proves:  rows in use come first, and so do the rows in use behind the batch; configuration and live words have one decoding; 1 <= mark < 2^32 and 0 in an unused
// row; the step is within its bound; abs(new index) < 2^62; t1 <= t2; maker_fee + taker_fee >= 0.
// Assumes: the hashes made here are compared through the old state root.
func (p *proof) openMarkets() {
	rows := p.circuit.Markets
	listed := make([]frontend.Variable, len(rows))
	next := make([]frontend.Variable, len(rows))
	for i := range rows {
		p.api.AssertIsBoolean(rows[i].Changed)
		listed[i] = rows[i].Listed
		next[i] = p.api.Or(rows[i].Listed, rows[i].Changed)
	}
	num.AssertPrefix(p.api, listed)
	num.AssertPrefix(p.api, next)
	p.markets = make([]market, len(rows))
	for i := range rows {
		p.markets[i] = p.openMarket(&rows[i])
	}
}

func (p *proof) openMarket(row *MarketRow) market {
	api := p.api
	m := market{
		configHash: p.configHash(row),
		oldLive: bind.Pack(api, p.rc,
			bind.Field{Value: row.OldMark, Bits: rules.TicksBits},
			bind.Field{Value: 0, Bits: 1, Proved: true},
			bind.Field{Value: row.OldShiftedIndex, Bits: indexOffsetBits + 1},
			bind.Field{Value: 0, Bits: 8, Proved: true},
			bind.Field{Value: row.OldOpenInterest, Bits: rules.SizeBits}),
		mark:         row.Mark,
		openInterest: row.OldOpenInterest,
	}
	// Status 0 is an unlisted row, other numbers than 1 are for later: such a market exists and takes no orders.
	m.Listed = api.Mul(row.Listed, api.Sub(1, api.IsZero(row.Status)))
	m.Tradable = api.Mul(row.Listed, api.IsZero(api.Sub(row.Status, rules.LiveStatus)))
	m.QuotePerLotTick = row.QuotePerLotTick
	m.T1, m.T2, m.Maintenance, m.Initial = row.T1, row.T2, row.Maintenance, row.Initial
	m.MakerFee, m.TakerFee = api.Sub(row.ShiftedMakerFee, num.Pow2(feeOffsetBits)), row.TakerFee
	m.LiquidationFee, m.KeeperShare, m.CloseFactor, m.Closeout = row.LiquidationFee, row.KeeperShare, row.CloseFactor, row.Closeout
	p.rc.Check(api.Sub(m.T2, m.T1), rules.ThresholdBits)
	p.rc.Check(api.Add(m.MakerFee, m.TakerFee), feeOffsetBits+1)

	p.rc.Check(row.Mark, rules.TicksBits)
	p.rc.Check(api.Sub(row.Mark, row.Listed), rules.TicksBits)
	m.Value = api.Mul(row.Mark, row.QuotePerLotTick)

	p.rc.Check(row.ShiftedStep, bind.MarkBits)
	num.AssertZeroIf(api, api.Sub(1, row.Listed), api.Add(row.Mark, row.ShiftedStep)) // both are at least 0
	step := api.Sub(row.ShiftedStep, api.Mul(row.Listed, num.Pow2(stepOffsetBits)))
	rules.StepWithin(api, p.rc, step, m.Value, row.MaxFundingRate, p.elapsed)
	m.shiftedIndex = api.Add(row.OldShiftedIndex, step)
	rules.AssertIndex(api, p.rc, m.shiftedIndex, row.Listed)
	m.FundingIndex = api.Sub(m.shiftedIndex, api.Mul(row.Listed, num.Pow2(indexOffsetBits)))
	return m
}

// configHash returns the hash of a market's configuration.
//
// Proves:  the range of every field, so that the three elements have one decoding.
// Assumes: nothing.
func (p *proof) configHash(row *MarketRow) frontend.Variable {
	pack := func(fields ...bind.Field) frontend.Variable { return bind.Pack(p.api, p.rc, fields...) }
	rates := func(three [3]frontend.Variable) []bind.Field {
		return []bind.Field{
			{Value: three[0], Bits: rules.RateBits}, {Value: three[1], Bits: rules.RateBits},
			{Value: three[2], Bits: rules.RateBits},
		}
	}
	c0 := pack(
		bind.Field{Value: row.QuotePerLotTick, Bits: rules.PerLotTickBits},
		bind.Field{Value: row.LotAndTick, Bits: 128},
		bind.Field{Value: row.MaxOpenInterest, Bits: rules.SizeBits},
		bind.Field{Value: row.Status, Bits: 8})
	c1 := pack(append(append([]bind.Field{
		{Value: row.T1, Bits: rules.ThresholdBits}, {Value: row.T2, Bits: rules.ThresholdBits},
	}, rates(row.Maintenance)...),
		bind.Field{Value: row.ShiftedMakerFee, Bits: feeOffsetBits + 1},
		bind.Field{Value: row.TakerFee, Bits: rules.RateBits})...)
	c2 := pack(append(rates(row.Initial),
		bind.Field{Value: row.LiquidationFee, Bits: rules.RateBits},
		bind.Field{Value: row.KeeperShare, Bits: rules.RateBits},
		bind.Field{Value: row.CloseFactor, Bits: rules.RateBits},
		bind.Field{Value: row.Closeout, Bits: rules.RateBits},
		bind.Field{Value: row.MaxFundingRate, Bits: rules.RateBits})...)
	return p.hasher.Sponge(tree.TagMarket, []frontend.Variable{c0, c1, c2})
}

// tieChanges gives every market its MARKET request, if there is one.
//
// Spec:    zkclear/rules/requests.py, change_markets. Claims C1, C9.
// Proves:  a row is marked as changed exactly if one MARKET request names it, and takes that request's hash; a second one
// for the row has no proof.
// Assumes: Changed is a bit.
func (p *proof) tieChanges() {
	legs, cells := make([]net.Row, len(p.requests)), make([]net.Row, len(p.markets))
	for i, r := range p.requests {
		legs[i] = net.Row{
			Key:        []frontend.Variable{r.Number, r.ConfigHash(p.api)},
			Numerators: []frontend.Variable{r.Market},
		}
	}
	for i := range p.markets {
		row := &p.circuit.Markets[i]
		cells[i] = net.Row{Key: []frontend.Variable{i, row.NextConfigHash}, Numerators: []frontend.Variable{row.Changed}}
	}
	p.sums.Balance(legs, cells)
}

// newConfigHash returns the hash of a market's configuration behind the batch.
//
// Assumes: tieChanges.
func (p *proof) newConfigHash(i int) frontend.Variable {
	row := &p.circuit.Markets[i]
	return p.api.Select(row.Changed, row.NextConfigHash, p.markets[i].configHash)
}

// newLive returns a market's live word after the batch. A row that the batch lists gets a funding index of 0.
//
// Proves:  nothing by itself.
// Assumes: mark < 2^32, shiftedIndex < 2^63, openInterest < 2^40 were proved; all are 0 in an unused row.
func (p *proof) newLive(row *MarketRow, m market, openInterest frontend.Variable) frontend.Variable {
	lists := p.api.Mul(row.Changed, p.api.Sub(1, row.Listed))
	index := p.api.Add(m.shiftedIndex, p.api.Mul(lists, num.Pow2(indexOffsetBits)))
	return bind.Pack(p.api, p.rc,
		bind.Field{Value: m.mark, Bits: rules.TicksBits, Proved: true},
		bind.Field{Value: 0, Bits: 1, Proved: true},
		bind.Field{Value: index, Bits: indexOffsetBits + 1, Proved: true},
		bind.Field{Value: 0, Bits: 8, Proved: true},
		bind.Field{Value: openInterest, Bits: rules.SizeBits, Proved: true})
}
