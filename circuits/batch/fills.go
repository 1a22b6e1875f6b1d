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
	liquidates                 frontend.Variable // 1 if it is a liquidation in the book: its fees are account 0's.
	market                     pair
}

// pair is what both sides of a fill must have alike, but for the side of the trade.
type pair struct{ number, sells, quotePerLotTick, makerFee, takerFee frontend.Variable }

func (s side) columns() []frontend.Variable {
	m := s.market
	return []frontend.Variable{
		s.makes, s.takes, s.owner, s.limit, s.liquidates, m.number, m.sells, m.quotePerLotTick, m.makerFee, m.takerFee,
	}
}

func (e entry) side(api frontend.API) side {
	return side{
		makes: e.action.Makes(api), takes: e.action.Takes(api), owner: e.owner, limit: e.terms.Limit,
		liquidates: e.action.Book,
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
// one that may make, the taker one that may take; 1 <= lots; price, owners, cash and fees; no signed order of a
// liquidatable account fills; the fees of a liquidation in the book are account 0's.
// Assumes: proveRisks proved the terms of liquidations in the book.
func (p *proof) proveFills() {
	api := p.api
	table := make([][]frontend.Variable, len(p.entries))
	for i, e := range p.entries {
		table[i] = e.side(api).columns()
	}
	rows := p.circuit.Fills
	live := make([]frontend.Variable, len(rows))
	for i := range rows {
		live[i] = rows[i].Live
	}
	num.AssertPrefix(api, live)
	makers, takers := p.fetchSides()
	fills := make([]fill, len(rows))
	p.fees = 0
	for i := range rows {
		fills[i] = p.proveFill(&rows[i], makers[i], takers[i])
		toFund := api.Mul(takers[i].liquidates, fills[i].cash.Fees)
		p.fees = api.Add(p.fees, api.Sub(fills[i].cash.Fees, toFund))
		p.fund = api.Add(p.fund, toFund)
	}
	p.addUp(table, fills)
	for _, e := range p.entries {
		// At most 2^11 fills: no wrap.
		num.AssertZeroIf(api, e.action.Order, api.Mul(e.barred, e.fills))
	}
}

// fetchSides proposes both sides of every fill. A part that both sides must have alike is one wire in both keys, and a
// part that a side must have is a constant: so nothing is fetched that is not used.
func (p *proof) fetchSides() (makers, takers []side) {
	api := p.api
	forMakers, forTakers := make([][]frontend.Variable, len(p.entries)), make([][]frontend.Variable, len(p.entries))
	for i, e := range p.entries {
		s := e.side(api)
		m := s.market
		forMakers[i] = []frontend.Variable{
			s.takes, s.owner, s.limit, m.number, m.sells, m.quotePerLotTick, m.makerFee, m.takerFee,
		}
		forTakers[i] = []frontend.Variable{s.makes, s.owner, s.limit, s.liquidates}
	}
	rows := p.circuit.Fills
	makerRows, takerRows := make([]frontend.Variable, len(rows)), make([]frontend.Variable, len(rows))
	for i := range rows {
		makerRows[i], takerRows[i] = rows[i].Maker, rows[i].Taker
	}
	for _, c := range net.Fetch(api, forMakers, makerRows) {
		makers = append(makers, side{makes: 1, takes: c[0], owner: c[1], limit: c[2], liquidates: 0, market: pair{
			number: c[3], sells: c[4], quotePerLotTick: c[5], makerFee: c[6], takerFee: c[7],
		}})
	}
	for i, c := range net.Fetch(api, forTakers, takerRows) {
		opposite := makers[i].market
		opposite.sells = api.Sub(1, opposite.sells)
		takers = append(takers, side{makes: c[0], takes: 1, owner: c[1], limit: c[2], liquidates: c[3], market: opposite})
	}
	return makers, takers
}

// fill is a fill with its cash and the columns of its two sides.
type fill struct {
	row          *FillRow
	lots         frontend.Variable // 0 in padding.
	cash         rules.Legs
	maker, taker []frontend.Variable
}

// proveFill proves one fill, given its proposed sides.
func (p *proof) proveFill(row *FillRow, maker, taker side) fill {
	api := p.api
	// lots - live fits in 40 bits: at least 1 in a live row, and never near the field. In padding lots do not count.
	p.rc.Check(api.Sub(row.Lots, row.Live), rules.SizeBits)
	lots := api.Mul(row.Live, row.Lots)
	common := maker.market
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
