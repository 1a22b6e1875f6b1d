package batch

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/bind"
	"github.com/zkclear/zkclear/circuits/net"
	"github.com/zkclear/zkclear/circuits/num"
	"github.com/zkclear/zkclear/circuits/rules"
	"github.com/zkclear/zkclear/circuits/tree"
)

// Rows 0 and 1 hold accounts 0 (insurance) and 1 (fees), in every batch.
const (
	insuranceRow = 0
	feesRow      = 1
	fixedRows    = 2
)

// collateralOffsetBits is the position of the offset that makes a collateral not negative.
const collateralOffsetBits = 62

// account is an opened account in use by the other sections.
type account struct {
	id           frontend.Variable
	owner        frontend.Variable
	agent        frontend.Variable // After the AGENT request of this batch.
	agentUntil   frontend.Variable
	agentInForce frontend.Variable // The agent if it is authorised now, else 0.
	oldLeaf      frontend.Variable
	sizes        []num.Signed
	dust         frontend.Variable // What funding left, 10^-6 quote.
	requests     frontend.Variable // How many requests name it.
	deposits     frontend.Variable
	requested    frontend.Variable // By the WITHDRAW request of this batch, else 0.
	forced       frontend.Variable // What that request pays.
	withdrawable frontend.Variable
	opening      rules.Balance
	standing     rules.Standing    // The opening state as risk operations look at it.
	risks        frontend.Variable // How many risk rows name it, and how many look at it.

	// Set by proveNets.
	cash      frontend.Variable   // From fills, signed.
	withdrawn frontend.Variable   // By signed entries.
	moved     []frontend.Variable // Lots by market, signed.

	riskCash frontend.Variable // Set by proveRisks: what risk operations move, signed.
}

// openAccounts opens the accounts of the batch: stored leaf, funding settled, deposits and agent taken in.
//
// Spec:    zkclear/rules/transition.py, open_accounts. Claims C6, C9, C11.
// Proves:  rows in use come first, row 0 is account 0 and row 1 account 1, ids strictly increase; every other row in
// use is named by an entry, a request, or as the taker or subject of a risk operation.
// Assumes: closeAccounts compares the stored leaves with the running root.
func (p *proof) openAccounts() {
	api, rows := p.api, p.circuit.Accounts
	live := make([]frontend.Variable, len(rows))
	for i := range rows {
		live[i] = rows[i].Live
	}
	num.AssertPrefix(api, live)

	named, looked := p.scatterRequests(), p.scatterRisks()
	p.accounts = make([]account, len(rows))
	for i := range rows {
		p.accounts[i] = p.openAccount(&rows[i], named[i][0], named[i][1])
		p.accounts[i].risks = looked[i][0]
		id := p.accounts[i].id
		if i < fixedRows {
			api.AssertIsEqual(live[i], 1)
			api.AssertIsEqual(id, i)
			continue
		}
		increase := api.Sub(id, p.accounts[i-1].id, 1)
		p.rc.Check(api.Mul(live[i], increase), 2*p.shape.AccountDepth)
		// Settling an account that nothing names would change the root in a way that calldata does not show.
		api.AssertIsBoolean(rows[i].HasEntries)
		api.AssertIsDifferent(api.Add(rows[i].HasEntries, named[i][0], looked[i][0], api.Sub(1, live[i])), 0)
	}
	for i := range fixedRows {
		api.AssertIsBoolean(rows[i].HasEntries)
	}
	p.fetchRequestAccounts()
	p.tieRequests()
}

// scatterRequests proposes, for each account row, how many requests name it and the sum of its deposits.
func (p *proof) scatterRequests() [][]frontend.Variable {
	keys := make([]frontend.Variable, len(p.requests))
	deltas := make([][]frontend.Variable, len(p.requests))
	for i, r := range p.requests {
		keys[i], deltas[i] = r.row, []frontend.Variable{r.Live, r.Deposited}
	}
	return net.Scatter(p.api, p.shape.Accounts, keys, deltas)
}

// fetchRequestAccounts proposes the id of every request's account; 0 in padding.
func (p *proof) fetchRequestAccounts() {
	table := make([][]frontend.Variable, len(p.accounts))
	for i, a := range p.accounts {
		table[i] = []frontend.Variable{a.id}
	}
	rows := make([]frontend.Variable, len(p.requests))
	for i, r := range p.requests {
		rows[i] = r.row
	}
	for i, columns := range net.Fetch(p.api, table, rows) {
		p.requests[i].id = columns[0]
	}
}

// openAccount opens one row. See openAccounts.
//
// Proves:  the stored leaf has one decoding; the leaf of a new account is 0 and its content empty; a row that is not
// in use holds no position, so that it leaves no dust and no open interest.
func (p *proof) openAccount(row *AccountRow, requests, deposits frontend.Variable) account {
	api := p.api
	a := account{id: tree.Index(api, row.Path), owner: row.Owner, requests: requests, deposits: deposits}
	a.sizes = p.takeSizes(row)
	a.oldLeaf = api.Mul(api.Sub(1, row.New), p.storedLeaf(row, a.sizes))
	p.assertEmpty(row, a.sizes)

	api.AssertIsBoolean(row.HasAgentRequest)
	a.agent = api.Select(row.HasAgentRequest, row.NewAgent, row.Agent)
	a.agentUntil = api.Select(row.HasAgentRequest, row.NewAgentUntil, row.AgentUntil)
	a.agentInForce = rules.AgentInForce(api, p.rc, row.AgentInForce, a.agent, a.agentUntil, p.circuit.Header.Timestamp)

	p.settle(row, &a)
	api.AssertIsBoolean(row.HasWithdrawal)
	a.requested = api.Mul(row.HasWithdrawal, row.Requested)
	// Without a request this is min(0, withdrawable) = 0. Both sides are below 2^102.
	a.forced = num.Min(api, p.rc, a.requested, a.withdrawable, rules.EquityBits+1)
	return a
}

// takeSizes returns a row's stored sizes.
func (p *proof) takeSizes(row *AccountRow) []num.Signed {
	sizes := make([]num.Signed, len(row.Magnitudes))
	for m := range sizes {
		sizes[m] = num.NewSigned(p.api, p.rc, row.Magnitudes[m], row.Negatives[m], rules.SizeBits)
	}
	return sizes
}

// storedLeaf returns the hash of a row's stored content.
//
// Spec:    docs/encoding.md, account leaf. Claim C11.
// Proves:  the range of every packed field, so that the leaf has one decoding.
// Assumes: the sizes' magnitudes were proved.
func (p *proof) storedLeaf(row *AccountRow, sizes []num.Signed) frontend.Variable {
	p.rc.Check(row.Owner, rules.AddressBits)
	p.rc.Check(row.Collateral, collateralOffsetBits+1)
	p.rc.Check(row.Agent, rules.AddressBits)
	p.rc.Check(row.AgentUntil, rules.SecondsBits)
	for m := range sizes {
		p.rc.Check(row.ShiftedIndexes[m], indexOffsetBits+1)
	}
	return p.leaf(leafFields{
		owner: row.Owner, collateral: row.Collateral, agent: row.Agent, agentUntil: row.AgentUntil,
		slotsRoot: row.SlotsRoot, sizes: values(sizes), shiftedIndexes: row.ShiftedIndexes,
	})
}

// leafFields is the content of an account leaf.
type leafFields struct {
	owner, collateral, agent, agentUntil, slotsRoot frontend.Variable // Collateral is + 2^62.
	sizes, shiftedIndexes                           []frontend.Variable
}

// leaf returns the hash of an account's content.
//
// Spec:    docs/encoding.md, account leaf.
// Proves:  nothing by itself.
// Assumes: every field is in its range: abs(size) < 2^40, shifted indexes and collateral < 2^63.
func (p *proof) leaf(f leafFields) frontend.Variable {
	api := p.api
	proved := func(value frontend.Variable, bits int) bind.Field {
		return bind.Field{Value: value, Bits: bits, Proved: true}
	}
	elements := []frontend.Variable{
		bind.Pack(api, p.rc, proved(f.owner, rules.AddressBits), proved(f.collateral, 64)),
		bind.Pack(api, p.rc, proved(f.agent, rules.AddressBits), proved(f.agentUntil, rules.SecondsBits)),
		f.slotsRoot,
	}
	for m := 0; m < len(f.sizes); m += 2 {
		var fields []bind.Field
		for k := m; k < m+2; k++ {
			fields = append(fields,
				proved(api.Add(f.sizes[k], num.Pow2(rules.SizeBits)), rules.SizeBits+1),
				proved(f.shiftedIndexes[k], indexOffsetBits+1))
		}
		elements = append(elements, bind.Pack(api, p.rc, fields...))
	}
	return p.hasher.Sponge(tree.TagAccount, elements)
}

// assertEmpty proves that a new account starts with nothing, and that a row that is not in use holds no position.
//
// Spec:    zkclear/rules/state.py, empty_account. Claim C9.
// Proves:  new: agent 0, collateral 0, unused slots; new or not in use: all sizes 0.
// Assumes: new and live are bits, and new implies live (tieRequests: an OPEN names a live row).
func (p *proof) assertEmpty(row *AccountRow, sizes []num.Signed) {
	api := p.api
	api.AssertIsBoolean(row.New)
	rules.AssertNoPositions(api, api.Add(row.New, api.Sub(1, row.Live)), values(sizes))
	agent := api.Add(api.Mul(row.Agent, num.Pow2(rules.SecondsBits)), row.AgentUntil)
	num.AssertZeroIf(api, row.New, agent)
	num.AssertZeroIf(api, row.New, api.Sub(row.Collateral, num.Pow2(collateralOffsetBits)))
	num.AssertZeroIf(api, row.New, api.Sub(row.SlotsRoot, UnusedSlotsRoot()))
}

// settle settles funding, takes deposits in, and values the opening state.
//
// Spec:    zkclear/rules/funding.py, settle_account; zkclear/rules/margin.py. Claims C4, C6.
// Proves:  collateral, equity, initial, maintenance, withdrawable and whether it is liquidatable at the opening, exactly.
// Assumes: the row's fields are in range.
func (p *proof) settle(row *AccountRow, a *account) {
	api := p.api
	collateral := api.Add(api.Sub(row.Collateral, num.Pow2(collateralOffsetBits)), a.deposits)
	a.dust = 0
	var value, initial, maintenance frontend.Variable = 0, 0, 0
	for m, size := range a.sizes {
		stored := api.Sub(row.ShiftedIndexes[m], num.Pow2(indexOffsetBits))
		paid, dust := rules.Payment(api, p.rc, size.Value, api.Sub(p.markets[m].FundingIndex, stored))
		collateral, a.dust = api.Add(collateral, paid), api.Add(a.dust, dust)

		exposure := rules.Expose(api, p.rc, size, p.markets[m].Market)
		value = api.Add(value, exposure.Value)
		initial = api.Add(initial, rules.Requirement(api, p.rc, exposure, p.markets[m].Initial))
		maintenance = api.Add(maintenance, rules.Requirement(api, p.rc, exposure, p.markets[m].Maintenance))
	}
	equity := api.Add(collateral, value)
	a.withdrawable = rules.Withdrawable(api, p.rc, equity, initial)
	a.opening = rules.Balance{Collateral: collateral, Equity: equity, Maintenance: maintenance}
	a.standing = rules.Standing{
		Equity: equity, Maintenance: maintenance, Initial: initial,
		Liquidatable: rules.Liquidatable(api, p.rc, equity, maintenance),
	}
}

func values(sizes []num.Signed) []frontend.Variable {
	out := make([]frontend.Variable, len(sizes))
	for i, size := range sizes {
		out[i] = size.Value
	}
	return out
}
