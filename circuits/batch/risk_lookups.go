package batch

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/net"
	"github.com/zkclear/zkclear/circuits/rules"
)

// scatterRisks proposes, for each account row, how many risk rows name it as subject or taker.
//
// A look at account 0 and padding count too, but only for account 0, which is open in every batch: a row's carrier is
// its taker or account 0, and padding names account 0 (assertPlaces). The counterparty of a DELEVERAGE is not counted:
// its entry names it.
func (p *proof) scatterRisks() [][]frontend.Variable {
	p.openRisks()
	var keys []frontend.Variable
	var deltas [][]frontend.Variable
	for _, r := range p.risks {
		for _, row := range []frontend.Variable{r.row.Subject, r.carrier} {
			keys, deltas = append(keys, row), append(deltas, []frontend.Variable{1})
		}
	}
	return net.Scatter(p.api, p.shape.Accounts, keys, deltas)
}

// lookUpStandings gives every risk row the opening states of its subject and of its carrier.
//
// Proves:  both are account rows in use, and the columns are theirs; how many rows look at each account row.
// Assumes: the accounts are open.
func (p *proof) lookUpStandings() {
	table := make([][]frontend.Variable, len(p.accounts))
	cells := make([]net.Row, len(p.accounts))
	for i, a := range p.accounts {
		table[i] = standing{a.id, a.standing}.columns()
		cells[i] = net.Row{
			Key:        accountKey(i, p.circuit.Accounts[i].Live, table[i]),
			Numerators: []frontend.Variable{a.risks},
		}
	}
	var indexes []frontend.Variable
	for _, r := range p.risks {
		indexes = append(indexes, r.row.Subject, r.carrier)
	}
	legs := make([]net.Row, len(indexes))
	for i, columns := range net.Fetch(p.api, table, indexes) {
		looked := standing{columns[0], rules.Standing{
			Equity: columns[1], Maintenance: columns[2], Initial: columns[3], Liquidatable: columns[4],
		}}
		if r := &p.risks[i/2]; i%2 == 0 {
			r.subject = looked
		} else {
			r.judge = looked
		}
		legs[i] = net.Row{Key: accountKey(indexes[i], 1, columns), Numerators: []frontend.Variable{1}}
	}
	p.sums.Balance(legs, cells)
}

func (s standing) columns() []frontend.Variable {
	return []frontend.Variable{s.id, s.Equity, s.Maintenance, s.Initial, s.Liquidatable}
}

// lookUpSizes gives every risk row the sizes of its subject, carrier and counterparty in its market.
//
// Proves:  each is the opening size at that place.
// Assumes: rows and market are looked up elsewhere: the counterparty is the carrier, account 0, or an entry's account.
func (p *proof) lookUpSizes() {
	var table [][]frontend.Variable
	for _, a := range p.accounts {
		for _, size := range a.sizes {
			table = append(table, []frontend.Variable{size.Value})
		}
	}
	var indexes []frontend.Variable
	var once [][]frontend.Variable
	for _, r := range p.risks {
		for _, row := range []frontend.Variable{r.row.Subject, r.carrier, r.row.Counterparty} {
			indexes, once = append(indexes, p.place(row, r.row.Market)), append(once, []frontend.Variable{1})
		}
	}
	sizes := p.lookUp(table, indexes, once)
	for i := range p.risks {
		r, found := &p.risks[i], sizes[3*i:]
		r.subjectSize, r.carrierSize, r.counterpartySize = found[0][0], found[1][0], found[2][0]
	}
}

// lookUpRiskMarkets gives every risk row its market.
//
// Proves:  the row's market is the number of a market row, and the columns are that row's.
// Assumes: nothing.
func (p *proof) lookUpRiskMarkets() {
	table := make([][]frontend.Variable, len(p.markets))
	for i, m := range p.markets {
		table[i] = riskColumns(m.Market)
	}
	indexes, once := make([]frontend.Variable, len(p.risks)), make([][]frontend.Variable, len(p.risks))
	for i, r := range p.risks {
		indexes[i], once[i] = r.row.Market, []frontend.Variable{1}
	}
	for i, c := range p.lookUp(table, indexes, once) {
		p.risks[i].market = rules.Market{
			Value: c[0], QuotePerLotTick: c[1], T1: c[2], T2: c[3],
			Maintenance:    [3]frontend.Variable{c[4], c[5], c[6]},
			Initial:        [3]frontend.Variable{c[7], c[8], c[9]},
			LiquidationFee: c[10], KeeperShare: c[11], CloseFactor: c[12], Closeout: c[13],
		}
	}
}

// riskColumns is what risk rows look up of a market row.
func riskColumns(m rules.Market) []frontend.Variable {
	return []frontend.Variable{
		m.Value, m.QuotePerLotTick, m.T1, m.T2,
		m.Maintenance[0], m.Maintenance[1], m.Maintenance[2], m.Initial[0], m.Initial[1], m.Initial[2],
		m.LiquidationFee, m.KeeperShare, m.CloseFactor, m.Closeout,
	}
}

// lookUp returns the rows of a table at the given indexes. once holds a 1 for each.
//
// Proves:  every index is the number of a row, and its columns are that row's.
// Assumes: nothing.
func (p *proof) lookUp(table [][]frontend.Variable, indexes []frontend.Variable, once [][]frontend.Variable) [][]frontend.Variable {
	found := net.Fetch(p.api, table, indexes)
	legs, cells := make([]net.Row, len(indexes)), make([]net.Row, len(table))
	for i, columns := range found {
		legs[i] = net.Row{Key: append([]frontend.Variable{indexes[i]}, columns...), Numerators: once[i]}
	}
	for i, count := range net.Scatter(p.api, len(table), indexes, once) {
		cells[i] = net.Row{Key: append([]frontend.Variable{i}, table[i]...), Numerators: count}
	}
	p.sums.Balance(legs, cells)
	return found
}
