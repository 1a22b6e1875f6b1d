package batch

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/net"
	"github.com/zkclear/zkclear/circuits/num"
	"github.com/zkclear/zkclear/circuits/rules"
)

// request is a request row in use by the other sections.
type request struct {
	rules.Request
	row  frontend.Variable // Row of its account.
	id   frontend.Variable // Id of its account; set when the accounts are open.
	paid frontend.Variable // Amount of the outcome, 0 but for a WITHDRAW.

	resolved frontend.Variable // Word of the outcome, 0 but for a CLOSE and a LIQUIDATE.
}

// openRequests takes the consumed requests apart.
//
// Spec:    zkclear/rules/requests.py. Claim C9.
// Proves:  rows in use come first; kinds are bits; fields are in range and 0 where the kind has none.
// Assumes: the contract's queue holds no kind but these seven.
func (p *proof) openRequests() {
	api := p.api
	p.requests = make([]request, len(p.circuit.Requests))
	live := make([]frontend.Variable, len(p.requests))
	for i := range p.requests {
		row := &p.circuit.Requests[i]
		p.requests[i] = request{
			Request:  rules.NewRequest(api, p.rc, row.RequestFields),
			row:      row.Account,
			paid:     api.Mul(row.Withdraw, row.Paid),
			resolved: api.Mul(api.Add(row.Close, row.Liquidate), row.Resolved),
		}
		live[i] = p.requests[i].Live
	}
	num.AssertPrefix(api, live)
}

// tieRequests gives every request its account, and every account its requests: each has exactly one effect.
//
// Spec:    zkclear/rules/requests.py, apply_to_opening, outcome. Claim C9.
// Proves:  a live request names a live account row, with its id. Deposits add up to the row's deposits. A row is new
// exactly if one OPEN names it, with its owner; it takes the agent of exactly the AGENT request that names it, and pays
// exactly the WITHDRAW request that names it; a second request of these kinds for one row has no proof.
// Assumes: the accounts' ids differ.
func (p *proof) tieRequests() {
	api := p.api
	p.lookUpRequestAccounts()

	const kinds = 8 // more than any kind: row * 8 + kind is unique
	legs := make([]net.Row, len(p.requests))
	for i, r := range p.requests {
		single := api.Add(r.Open, api.Mul(rules.KindWithdraw, r.Withdraw), api.Mul(rules.KindAgent, r.Agent))
		legs[i] = net.Row{
			Key: []frontend.Variable{
				api.Add(api.Mul(r.row, kinds), single),
				api.Add(r.Address, r.Requested),
				api.Add(r.Until, r.paid),
			},
			Numerators: []frontend.Variable{api.Add(r.Open, r.Withdraw, r.Agent)},
		}
	}
	var cells []net.Row
	for i, a := range p.accounts {
		row := &p.circuit.Accounts[i]
		for _, effect := range []struct {
			kind               int
			first, second, has frontend.Variable
		}{
			{rules.KindOpen, a.owner, 0, row.New},
			{rules.KindWithdraw, row.Requested, a.forced, row.HasWithdrawal},
			{rules.KindAgent, row.NewAgent, row.NewAgentUntil, row.HasAgentRequest},
		} {
			cells = append(cells, net.Row{
				Key:        []frontend.Variable{i*kinds + effect.kind, effect.first, effect.second},
				Numerators: []frontend.Variable{effect.has},
			})
		}
	}
	p.sums.Balance(legs, cells)
	p.tieChanges()
}

// lookUpRequestAccounts proves that every live request names a live account row, and adds up counts and deposits.
func (p *proof) lookUpRequestAccounts() {
	cells := make([]net.Row, len(p.accounts))
	for i, a := range p.accounts {
		cells[i] = net.Row{
			Key:        []frontend.Variable{i, p.circuit.Accounts[i].Live, a.id},
			Numerators: []frontend.Variable{a.requests, a.deposits},
		}
	}
	legs := make([]net.Row, len(p.requests))
	for i, r := range p.requests {
		legs[i] = net.Row{
			Key:        []frontend.Variable{r.row, 1, r.id},
			Numerators: []frontend.Variable{r.Live, r.Deposited},
		}
	}
	p.sums.Balance(legs, cells)
}
