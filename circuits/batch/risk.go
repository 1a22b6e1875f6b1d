package batch

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/num"
	"github.com/zkclear/zkclear/circuits/rules"
)

// risk is a risk row in use by the other sections.
type risk struct {
	row     *RiskRow
	live    frontend.Variable
	carrier frontend.Variable // Row of the account whose fitness is asked: the taker of a takeover, else account 0.
	rank    frontend.Variable // Of a DELEVERAGE.
	subject standing
	judge   standing // Of the carrier.
	market  rules.Market
	long    frontend.Variable // 1 if the subject's position is above 0.

	// Signed sizes in the market.
	subjectSize, carrierSize, counterpartySize frontend.Variable

	effect rules.Effect
}

// standing is an account as risk rows look it up.
type standing struct {
	id frontend.Variable
	rules.Standing
}

// proveRisks proves every risk operation: what a LIQUIDATE or CLOSE request comes to, and that a risk entry may stand here.
//
// Spec:    zkclear/rules/risks.py; docs/liquidation.md. Claims C6, C7, C9.
// Proves:  rows in use come first, those of DELEVERAGE last; each CLOSE and LIQUIDATE and each risk entry has exactly one
// row, and every row in use is of one of them; accounts, sizes and market are those of its rows; outcome, cash and lots
// follow the rule; the subject of one executed takeover, close or book entry is the subject of nothing else.
// Assumes: the opening states were valued by settle; netPositions takes the lots, closeAccounts the cash.
func (p *proof) proveRisks() {
	api := p.api
	live := make([]frontend.Variable, len(p.risks))
	for i := range p.risks {
		for _, bit := range p.risks[i].row.Kind.Bits() {
			api.AssertIsBoolean(bit)
		}
		live[i] = p.risks[i].live
		p.assertPlaces(p.risks[i])
	}
	num.AssertPrefix(api, live)
	p.lookUpStandings()
	p.lookUpSizes()
	p.lookUpRiskMarkets()
	for i := range p.risks {
		p.proveRisk(i)
	}
	p.tieRiskRequests()
	p.tieRiskEntries()
	p.addUpRisks()
}

// openRisks makes the wires of the risk rows that the accounts need before they are open.
func (p *proof) openRisks() {
	p.risks = make([]risk, len(p.circuit.Risks))
	for i := range p.risks {
		row := &p.circuit.Risks[i]
		p.risks[i] = risk{
			row: row, live: row.Kind.Live(p.api), carrier: p.api.Mul(row.Kind.Takeover, row.Counterparty),
		}
	}
}

// assertPlaces proves that a row names nothing that its kind has not.
//
// Proves:  the counterparty of a CLOSE, BOOK and ABSORB is account 0, and so are both accounts of padding, whose market is 0.
// Assumes: the rows are numbers of rows, looked up: their sum is 0 only if each is.
func (p *proof) assertPlaces(r risk) {
	api := p.api
	unused := api.Sub(1, r.live)
	num.AssertZeroIf(api, unused, api.Add(r.row.Subject, r.row.Market))
	num.AssertZeroIf(api, api.Sub(1, r.row.Kind.Takeover, r.row.Kind.Deleverage), r.row.Counterparty)
}

// proveRisk proves one row's operation, given what was looked up.
//
// Proves:  a DELEVERAGE follows on the row before it. An unlisted market has no positions, so that a request about one is
// NOTHING_TO_DO; an entry's terms refuse one.
func (p *proof) proveRisk(i int) {
	api, r := p.api, &p.risks[i]
	operation := rules.Risk{
		RiskKind: r.row.Kind,
		Subject:  rules.Hold(api, p.rc, r.subject.Standing, r.subjectSize, r.market),
		IsFund:   api.IsZero(r.row.Subject),
		Carrier:  rules.Hold(api, p.rc, r.judge.Standing, r.carrierSize, r.market),
		Opposite: r.counterpartySize,
		Asked:    r.row.Lots, Limit: r.row.Limit,
	}
	r.long = api.Sub(1, operation.Subject.Size.Negative) // of no position either bit: no entry of the book is about it
	operation.Before, r.rank = p.follow(i)
	r.effect = operation.Prove(api, p.rc)
}

// placeBits is more than the number of positions of all account rows of the largest shape: 2^7 rows of 2^3 markets.
const placeBits = 12

// follow returns what the rows of the same deleverage before this one have taken, and how many they are.
//
// Spec:    zkclear/rules/risks.py, entry_risks. Claim C7.
// Proves:  behind a DELEVERAGE only DELEVERAGE rows are in use, by subject and market not falling: so all rows of one
// position stand together, and each takes up where the one before it ended.
// Assumes: subject and market were looked up.
func (p *proof) follow(i int) (before rules.Released, rank frontend.Variable) {
	if i == 0 {
		return rules.Released{Lots: 0, Given: 0}, 0
	}
	api, r, last := p.api, p.risks[i], p.risks[i-1]
	num.AssertZeroIf(api, last.row.Kind.Deleverage, api.Sub(r.live, r.row.Kind.Deleverage))
	increase := api.Sub(p.place(r.row.Subject, r.row.Market), p.place(last.row.Subject, last.row.Market))
	both := api.Mul(r.row.Kind.Deleverage, last.row.Kind.Deleverage)
	p.rc.Check(api.Mul(both, increase), placeBits)
	follows := api.Mul(both, api.IsZero(increase))
	return rules.Released{
		Lots:  api.Mul(follows, last.effect.Released.Lots),
		Given: api.Mul(follows, last.effect.Released.Given),
	}, api.Mul(follows, api.Add(last.rank, 1))
}

// assertFundHealthy proves that account 0 closes healthy in a batch in which it absorbs.
//
// Spec:    zkclear/rules/closing.py, close_absorbing. Claim C7.
// Proves:  its closing class is claimed as healthy.
// Assumes: closeAccount proves the claim.
func (p *proof) assertFundHealthy() {
	var absorbs frontend.Variable = 0
	for _, r := range p.risks {
		absorbs = p.api.Add(absorbs, r.row.Kind.Absorb)
	}
	num.AssertZeroIf(p.api, absorbs, p.api.Sub(1, p.circuit.Accounts[insuranceRow].Healthy))
}
