package batch

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/net"
	"github.com/zkclear/zkclear/circuits/rules"
)

// tieRiskRequests gives every CLOSE and LIQUIDATE exactly one risk row, and every such row its request.
//
// Spec:    zkclear/rules/risks.py, request_risk. Claims C7, C9.
// Proves:  kind, account, market, most lots and taker of the row are the request's, and the request's outcome is the row's.
// Assumes: the row's accounts and market were looked up: so the request's market and taker are those of rows too.
func (p *proof) tieRiskRequests() {
	api := p.api
	legs, cells := make([]net.Row, len(p.risks)), make([]net.Row, len(p.requests))
	for i, r := range p.risks {
		kind := r.row.Kind
		legs[i] = net.Row{
			Key: []frontend.Variable{
				r.row.Source, api.Add(api.Mul(rules.KindClose, kind.Close), api.Mul(rules.KindLiquidate, kind.Takeover)),
				r.row.Subject, r.row.Market, r.row.Lots, api.Mul(kind.Takeover, r.judge.id),
				rules.OutcomeWord(api, r.effect.Code, r.effect.Done),
			},
			Numerators: []frontend.Variable{api.Add(kind.Takeover, kind.Close)},
		}
	}
	for i, r := range p.requests {
		cells[i] = net.Row{
			Key:        []frontend.Variable{i, r.Kind(api), r.row, r.Number, r.Lots, r.Taker, r.resolved},
			Numerators: []frontend.Variable{r.Risk(api)},
		}
	}
	p.sums.Balance(legs, cells)
}

// tieRiskEntries gives every risk entry exactly one risk row, and every such row its entry.
//
// Spec:    zkclear/rules/risks.py, entry_risks. Claim C7.
// Proves:  action, account, market, A, B and C of the entry are the row's: of a liquidation in the book side, lots and
// limit; of a DELEVERAGE the counterparty's account, lots, rank, and the id of the subject.
// Assumes: an ABSORB has A = B = 0 by its terms.
func (p *proof) tieRiskEntries() {
	api := p.api
	legs, cells := make([]net.Row, len(p.risks)), make([]net.Row, len(p.entries))
	for i, r := range p.risks {
		kind := r.row.Kind
		action := rules.Action{
			Order: 0, Withdraw: 0, Cancel: 0, Book: kind.Book, Absorb: kind.Absorb, Deleverage: kind.Deleverage,
			Sell: api.Mul(kind.Book, r.long), Force: [2]frontend.Variable{0, 0}, ReduceOnly: 0,
		}
		legs[i] = net.Row{
			Key: []frontend.Variable{
				r.row.Source, action.Code(api),
				api.Select(kind.Deleverage, r.row.Counterparty, r.row.Subject), r.row.Market,
				api.Mul(api.Sub(1, kind.Absorb), r.row.Lots),
				api.Add(api.Mul(kind.Book, r.row.Limit), api.Mul(kind.Deleverage, r.rank)),
				api.Mul(kind.Deleverage, r.subject.id),
			},
			Numerators: []frontend.Variable{api.Add(kind.Book, kind.Absorb, kind.Deleverage)},
		}
	}
	for i, e := range p.entries {
		cells[i] = net.Row{
			Key: []frontend.Variable{
				i, e.action.Code(api), e.account, e.terms.Market, e.terms.Lots, e.terms.Limit, e.subject,
			},
			Numerators: []frontend.Variable{e.action.Risk(api)},
		}
	}
	p.sums.Balance(legs, cells)
}

// addUpRisks adds cash up by account, and counts whose position each row is about.
//
// Spec:    zkclear/rules/netting.py, net_risks; zkclear/rules/risks.py, check_subjects; zkclear/rules/requests.py,
// check_requests. Claims C6, C7, C9.
// Proves:  cash moves between subject and counterparty as the rows say, the rest is account 0's; an account has at most
// one LIQUIDATE and one CLOSE request; it is the subject of at most one executed one or book entry, and then of no ABSORB
// or DELEVERAGE.
// Assumes: at most 2^5 rows, cash below 2^103 each: sums stay below 2^109.
func (p *proof) addUpRisks() {
	api := p.api
	var keys []frontend.Variable
	var deltas [][]frontend.Variable
	p.fund = 0
	for _, r := range p.risks {
		kind := r.row.Kind
		keys = append(keys, r.row.Subject, r.row.Counterparty)
		deltas = append(deltas,
			[]frontend.Variable{
				r.effect.ToSubject, kind.Takeover, kind.Close,
				api.Add(r.effect.Executed, kind.Book), api.Add(kind.Absorb, kind.Deleverage),
			},
			[]frontend.Variable{r.effect.ToCounterparty, 0, 0, 0, 0})
		p.fund = api.Add(p.fund, r.effect.ToFund)
	}
	legs := make([]net.Row, len(keys))
	for i := range legs {
		legs[i] = net.Row{Key: keys[i : i+1], Numerators: deltas[i]}
	}
	cells := make([]net.Row, len(p.accounts))
	for i, nets := range net.Scatter(api, len(p.accounts), keys, deltas) {
		takeovers, closes, single, others := nets[1], nets[2], nets[3], nets[4]
		for _, count := range []frontend.Variable{takeovers, closes, single} {
			api.AssertIsBoolean(count)
		}
		api.AssertIsEqual(api.Mul(single, others), 0)
		p.accounts[i].riskCash = nets[0]
		cells[i] = net.Row{Key: []frontend.Variable{i}, Numerators: nets}
	}
	p.sums.Balance(legs, cells)
}
