package batch

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/net"
)

// proveNets adds the entries up in their accounts: cash and signed withdrawals by account, lots by account and market.
//
// Spec:    zkclear/rules/transition.py, _net_fills, _withdrawals, _check_reduce_only. Claims C3, C5, C6.
// Proves:  every entry's account columns are those of the live account row that it names; each account's cash, signed
// withdrawals and positions move by exactly what its entries add up to; a REDUCE_ONLY order's position is one
// that is claimed as not grown.
// Assumes: what proveFills proved of entries; closeAccounts proves the claims.
func (p *proof) proveNets() {
	p.netAccounts()
	p.netPositions()
}

func (p *proof) netAccounts() {
	keys := make([]frontend.Variable, len(p.entries))
	deltas := make([][]frontend.Variable, len(p.entries))
	legs := make([]net.Row, len(p.entries))
	for i, e := range p.entries {
		keys[i], deltas[i] = e.account, []frontend.Variable{1, e.cash, e.withdrawn}
		// Padding rows take part with all zeros but their 1: they too must name a live account row.
		legs[i] = net.Row{Key: accountKey(e.account, 1, e.columns()), Numerators: deltas[i]}
	}
	cells := make([]net.Row, len(p.accounts))
	for i, nets := range net.Scatter(p.api, len(p.accounts), keys, deltas) {
		p.accounts[i].cash, p.accounts[i].withdrawn = nets[1], nets[2]
		key := accountKey(i, p.circuit.Accounts[i].Live, p.accountColumns(i))
		cells[i] = net.Row{Key: key, Numerators: nets}
	}
	p.sums.Balance(legs, cells)
}

// netPositions adds lots up. Risk operations are legs of their own: a REDUCE_ONLY leg is the subject of what is executed
// or sold in the book, and the counterparty of a DELEVERAGE.
func (p *proof) netPositions() {
	api, markets := p.api, len(p.markets)
	var keys []frontend.Variable
	var deltas [][]frontend.Variable
	for _, e := range p.entries {
		bought := api.Sub(e.filled, api.Mul(2, api.Mul(e.action.Sell, e.filled)))
		// Both parts were looked up: the key is that of a cell, and of one cell only.
		keys = append(keys, p.place(e.account, e.terms.Market))
		deltas = append(deltas, []frontend.Variable{bought, e.action.ReduceOnly})
	}
	for _, r := range p.risks {
		keys = append(keys, p.place(r.row.Subject, r.row.Market), p.place(r.row.Counterparty, r.row.Market))
		deltas = append(deltas,
			[]frontend.Variable{api.Neg(r.effect.Moved), api.Add(r.effect.Acts, r.row.Kind.Book)},
			[]frontend.Variable{r.effect.Moved, r.row.Kind.Deleverage})
	}
	legs := make([]net.Row, len(keys))
	for i := range legs {
		legs[i] = net.Row{Key: keys[i : i+1], Numerators: deltas[i]}
	}
	nets := net.Scatter(api, len(p.accounts)*markets, keys, deltas)
	cells := make([]net.Row, len(nets))
	for i := range nets {
		row, m := i/markets, i%markets
		p.accounts[row].moved = append(p.accounts[row].moved, nets[i][0])
		// Where nothing is claimed, no REDUCE_ONLY order and no risk operation that counts as one may be.
		allowed := api.Mul(p.circuit.Accounts[row].NotGrown[m], nets[i][1])
		cells[i] = net.Row{Key: []frontend.Variable{i}, Numerators: []frontend.Variable{nets[i][0], allowed}}
	}
	p.sums.Balance(legs, cells)
}

// place returns the number of a position among those of all account rows, by market.
func (p *proof) place(account, market frontend.Variable) frontend.Variable {
	return p.api.Add(p.api.Mul(account, len(p.markets)), market)
}
