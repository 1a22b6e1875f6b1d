package batch

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/num"
	"github.com/zkclear/zkclear/circuits/rules"
)

// closing is what the accounts' closes hand on to the roots.
type closing struct {
	oldAccounts frontend.Variable   // Root of the account tree before.
	newAccounts frontend.Variable   // Root of the account tree after.
	dust        frontend.Variable   // What the state keeps, below 10^6.
	signed      []frontend.Variable // By market: sum over accounts of size' - size.
	magnitudes  []frontend.Variable // By market: sum over accounts of abs(size') - abs(size).
}

// closeAccounts adds the nets to the accounts, proves how each one closes, and replaces its leaf.
//
// Spec:    zkclear/rules/transition.py, clear; zkclear/rules/closing.py. Claims C3, C4, C5, C6.
// Proves:  account 1 gets the fees, account 0 its part of liquidations and the whole units of the dust, and the state
// keeps the rest; account 0 closes healthy if it absorbs; every leaf in use is the stored one under the running root, and
// the new one takes its place; padding touches nothing.
// Assumes: proveNets.
func (p *proof) closeAccounts() {
	api := p.api
	p.assertFundHealthy()
	total := p.circuit.Header.OldDust
	for _, a := range p.accounts {
		total = api.Add(total, a.dust)
	}
	// At most 2^7 accounts of 2^3 markets, each below 10^6: below 2^31.
	credit, rest := num.DivFloorSigned(api, p.rc, total, 40)
	p.closing = closing{
		dust:       rest,
		signed:     make([]frontend.Variable, len(p.markets)),
		magnitudes: make([]frontend.Variable, len(p.markets)),
	}
	for m := range p.markets {
		p.closing.signed[m], p.closing.magnitudes[m] = 0, 0
	}
	var running frontend.Variable
	for i := range p.accounts {
		row, a := &p.circuit.Accounts[i], &p.accounts[i]
		extra := frontend.Variable(0)
		switch i {
		case insuranceRow:
			extra = api.Add(credit, p.fund)
		case feesRow:
			extra = p.fees
		}
		before, after := p.hasher.Update(row.Path, a.oldLeaf, p.closeAccount(row, a, extra))
		if i == 0 {
			p.closing.oldAccounts, running = before, after
			continue
		}
		num.AssertZeroIf(api, row.Live, api.Sub(before, running))
		running = api.Select(row.Live, after, running)
	}
	p.closing.newAccounts = running
}

// closeAccount returns an account's new leaf. extra is what it gets beside its own entries and risk operations: fees,
// dust, and account 0's part of liquidations.
//
// Proves:  abs(collateral') < 2^62, abs(size') < 2^40, a position that grew is below 2^56; forced and signed withdrawals
// together are at most withdrawable; the closing class.
// Assumes: proveNets.
func (p *proof) closeAccount(row *AccountRow, a *account, extra frontend.Variable) frontend.Variable {
	api := p.api
	withdrawn := api.Add(a.forced, a.withdrawn)
	p.rc.Check(api.Sub(a.withdrawable, withdrawn), rules.EquityBits+1)
	collateral := api.Sub(api.Add(a.opening.Collateral, a.cash, a.riskCash, extra), withdrawn)
	shifted := api.Add(collateral, num.Pow2(collateralOffsetBits))
	p.rc.Check(shifted, collateralOffsetBits+1)
	p.rc.Check(api.Sub(shifted, 1), collateralOffsetBits+1)

	class := rules.NewClass(api, row.Healthy, row.Reduced)
	var value, requirement, grew frontend.Variable = 0, 0, 0
	sizes := make([]frontend.Variable, len(a.sizes))
	indexes := make([]frontend.Variable, len(a.sizes))
	for m, size := range a.sizes {
		market := p.markets[m].Market
		after := num.SplitSign(api, p.rc, api.Add(size.Value, a.moved[m]), size.Negative, rules.SizeBits)
		exposure := rules.Expose(api, p.rc, after, market)
		rules.AssertGrowth(api, p.rc, row.NotGrown[m], size, after, exposure.Notional)
		grew = api.Add(grew, api.Sub(1, row.NotGrown[m]))
		value = api.Add(value, exposure.Value)
		requirement = api.Add(requirement, rules.Requirement(api, p.rc, exposure, class.Rates(api, market)))

		sizes[m], indexes[m] = after.Value, api.Add(market.FundingIndex, num.Pow2(indexOffsetBits))
		p.closing.signed[m] = api.Add(p.closing.signed[m], a.moved[m])
		p.closing.magnitudes[m] = api.Add(p.closing.magnitudes[m], api.Sub(after.Magnitude, size.Magnitude))
	}
	rules.AssertClass(api, p.rc, class, a.opening,
		rules.Balance{Collateral: collateral, Equity: api.Add(collateral, value), Maintenance: requirement},
		a.moved, grew, withdrawn)
	return p.leaf(leafFields{
		owner: a.owner, collateral: shifted, agent: a.agent, agentUntil: a.agentUntil,
		slotsRoot: api.Select(row.HasEntries, row.NewSlotsRoot, row.SlotsRoot), sizes: sizes, shiftedIndexes: indexes,
	})
}
