package batch

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/bind"
	"github.com/zkclear/zkclear/circuits/net"
	"github.com/zkclear/zkclear/circuits/num"
	"github.com/zkclear/zkclear/circuits/rules"
)

// side is an entry as fills look it up.
type side struct {
	makes, takes, owner, limit frontend.Variable
	market                     pair
}

// pair is what both sides of a fill must have alike, but for the side of the trade.
type pair struct{ number, sells, quotePerLotTick, makerFee, takerFee frontend.Variable }

func (s side) columns() []frontend.Variable {
	m := s.market
	return []frontend.Variable{
		s.makes, s.takes, s.owner, s.limit, m.number, m.sells, m.quotePerLotTick, m.makerFee, m.takerFee,
	}
}

func (e entry) side(api frontend.API) side {
	return side{
		makes: e.action.Makes(api), takes: e.action.Takes(api), owner: e.owner, limit: e.terms.Limit,
		market: pair{
			number: e.terms.Market, sells: e.action.Sell, quotePerLotTick: e.market.QuotePerLotTick,
			makerFee: e.market.MakerFee, takerFee: e.market.TakerFee,
		},
	}
}

// proveFills proves every fill and adds its legs up in the two entries that it names.
//
// Spec:    zkclear/rules/fills.py; zkclear/rules/transition.py, _net_fills. Claims C2, C3, C6.
// Proves:  rows in use come first; maker and taker are order rows in use of one market, on opposite sides, the maker
// one that may make, the taker one that may take; 1 <= lots; price, owners, cash and fees.
// Assumes: nothing.
func (p *proof) proveFills() {
	api := p.api
	table := make([][]frontend.Variable, len(p.entries))
	for i, e := range p.entries {
		table[i] = e.side(api).columns()
	}
	fills := make([]fill, len(p.circuit.Fills))
	live, indexes := make([]frontend.Variable, len(fills)), make([]frontend.Variable, 0, 2*len(fills))
	for i := range fills {
		row := &p.circuit.Fills[i]
		live[i] = row.Live
		indexes = append(indexes, row.Maker, row.Taker)
	}
	num.AssertPrefix(api, live)
	fetched := net.Fetch(api, table, indexes)
	p.fees = 0
	for i := range fills {
		fills[i] = p.proveFill(&p.circuit.Fills[i], fetched[2*i], fetched[2*i+1])
		p.fees = api.Add(p.fees, fills[i].cash.Fees)
	}
	p.addUp(table, fills)
}

// fill is a fill with its cash and the columns of its two sides.
type fill struct {
	row          *FillRow
	lots         frontend.Variable // 0 in padding.
	cash         rules.Legs
	maker, taker []frontend.Variable
}

// proveFill proves one fill, given the proposed columns of its maker and taker.
func (p *proof) proveFill(row *FillRow, makerColumns, takerColumns []frontend.Variable) fill {
	api := p.api
	// lots - live fits in 40 bits: at least 1 in a live row, and never near the field. In padding lots do not count.
	p.rc.Check(api.Sub(row.Lots, row.Live), rules.SizeBits)
	lots := api.Mul(row.Live, row.Lots)

	// A part that both sides must have alike is one wire in both keys; so is a constant that a side must have.
	common := pair{
		number: makerColumns[4], sells: makerColumns[5], quotePerLotTick: makerColumns[6],
		makerFee: makerColumns[7], takerFee: makerColumns[8],
	}
	opposite := common
	opposite.sells = api.Sub(1, common.sells)
	maker := side{makes: 1, takes: makerColumns[1], owner: makerColumns[2], limit: makerColumns[3], market: common}
	taker := side{makes: takerColumns[0], takes: 1, owner: takerColumns[2], limit: takerColumns[3], market: opposite}

	sides := rules.Sides{
		Market: rules.Market{
			QuotePerLotTick: common.quotePerLotTick, MakerFee: common.makerFee, TakerFee: common.takerFee,
		},
		MakerSells: common.sells,
		MakerLimit: maker.limit, TakerLimit: taker.limit,
		MakerOwner: maker.owner, TakerOwner: taker.owner,
	}
	rules.AssertFill(api, p.rc, row.Live, sides)
	return fill{
		row: row, lots: lots, cash: rules.NewLegs(api, p.rc, lots, sides),
		maker: maker.columns(), taker: taker.columns(),
	}
}

// addUp proves the sides of every fill, and the sums of lots and cash of every entry.
//
// Proves:  by one balance over the entries: number of legs, lots, cash. A live leg counts 1, so its key is an entry's; a
// padding leg adds nothing.
// Assumes: at most 2^10 fills: the lots of an entry add up to less than 2^52, its cash to less than 2^109.
func (p *proof) addUp(table [][]frontend.Variable, fills []fill) {
	var legs []net.Row
	var keys []frontend.Variable
	var deltas [][]frontend.Variable
	leg := func(f fill, index frontend.Variable, columns []frontend.Variable, cash frontend.Variable) {
		delta := []frontend.Variable{f.row.Live, f.lots, cash}
		legs = append(legs, net.Row{Key: append([]frontend.Variable{index}, columns...), Numerators: delta})
		keys, deltas = append(keys, index), append(deltas, delta)
	}
	for _, f := range fills {
		leg(f, f.row.Maker, f.maker, f.cash.Maker)
		leg(f, f.row.Taker, f.taker, f.cash.Taker)
	}
	cells := make([]net.Row, len(p.entries))
	for i, nets := range net.Scatter(p.api, len(p.entries), keys, deltas) {
		e := &p.entries[i]
		e.fills, e.filled, e.cash = nets[0], nets[1], nets[2]
		cells[i] = net.Row{Key: append([]frontend.Variable{i}, table[i]...), Numerators: nets}
	}
	p.sums.Balance(legs, cells)
}

// fillWords returns the words of the fills, three a word; padding is zeros.
func (p *proof) fillWords() []frontend.Variable {
	api := p.api
	packed := make([]frontend.Variable, len(p.circuit.Fills))
	for i := range packed {
		row := &p.circuit.Fills[i]
		packed[i] = api.Mul(row.Live, bind.Pack(api, p.rc,
			bind.Field{Value: row.Maker, Bits: 16, Proved: true},
			bind.Field{Value: row.Taker, Bits: 16, Proved: true},
			bind.Field{Value: row.Lots, Bits: 48, Proved: true}))
	}
	return bind.Group(api, packed, bind.FillsPerWord, bind.FillBits)
}
