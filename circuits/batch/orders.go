package batch

import (
	"math/big"

	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/bind"
	"github.com/zkclear/zkclear/circuits/net"
	"github.com/zkclear/zkclear/circuits/num"
	"github.com/zkclear/zkclear/circuits/rules"
	"github.com/zkclear/zkclear/circuits/tree"
)

// slots is 4^SlotDepth, the number of an account's order slots.
const slots = 1 << (2 * SlotDepth)

// entry is an entry row in use by the other sections.
type entry struct {
	live        frontend.Variable
	action      rules.Action
	account     frontend.Variable // Row of its account.
	accountID   frontend.Variable
	owner       frontend.Variable
	agent       frontend.Variable // The account's agent if it is authorised now, else 0.
	slotsBefore frontend.Variable // The account's slots root before the batch.
	barred      frontend.Variable // 1 if the account is liquidatable: no signed order of it fills.
	slot        frontend.Variable
	nonce       frontend.Variable
	terms       rules.Terms
	market      rules.Market // As far as entries look at it.
	withdrawn   frontend.Variable
	subject     frontend.Variable // Field C: the id that a DELEVERAGE names, else 0.
	word        frontend.Variable
	signer      frontend.Variable

	// Set by proveFills: what its fills add up to.
	fills  frontend.Variable
	filled frontend.Variable
	cash   frontend.Variable
}

// proveEntries proves who signed each entry, and that it may stand in this batch at this time. What it leaves in its
// slot is proved by proveSlots, when its fills are known.
//
// Spec:    zkclear/rules/transition.py, _check_entries. Claim C2.
// Proves:  rows in use come first; sorted by (account, slot), strictly increasing; the account is a live row, the market
// a row; fields in range; terms and signer.
// Assumes: nothing.
func (p *proof) proveEntries() {
	rows := p.circuit.Entries
	p.entries = make([]entry, len(rows))
	live := make([]frontend.Variable, len(rows))
	for i := range rows {
		live[i] = rows[i].Live
		p.entries[i] = p.openEntry(&rows[i])
	}
	num.AssertPrefix(p.api, live)
	p.lookUpAccounts()
	p.lookUpMarkets()
	for i := range p.entries {
		p.proveEntry(i, &rows[i])
	}
}

// openEntry takes a row apart and ranges the fields of its word.
func (p *proof) openEntry(row *EntryRow) entry {
	api := p.api
	p.rc.Check(row.Lots, rules.SizeBits)
	p.rc.Check(row.Limit, rules.TicksBits)
	p.rc.Check(row.Expiry, rules.SecondsBits)
	p.rc.Check(row.NonceHigh, rules.NonceBits-2*SlotDepth)
	slot := tree.Index(api, row.Path)
	return entry{
		live:    row.Live,
		action:  rules.NewAction(api, row.Live, row.ActionBits),
		account: row.Account,
		subject: api.Mul(row.Deleverage, row.Subject),
		slot:    slot,
		nonce:   api.Add(api.Mul(row.NonceHigh, slots), slot),
		terms:   rules.Terms{Lots: row.Lots, Limit: row.Limit, Expiry: row.Expiry, Market: row.Market, NonceHigh: row.NonceHigh},
	}
}

// proveEntry proves one entry's place, terms and signer, and makes its two words; a padding row has zeros there.
func (p *proof) proveEntry(i int, row *EntryRow) {
	api, e := p.api, &p.entries[i]
	if i > 0 {
		previous := p.entries[i-1]
		place := func(e entry) frontend.Variable { return api.Add(api.Mul(e.accountID, slots), e.slot) }
		increase := api.Sub(place(*e), place(previous), 1)
		p.rc.Check(api.Mul(e.live, increase), 2*(p.shape.AccountDepth+SlotDepth))
	}
	e.withdrawn = rules.AssertTerms(api, p.rc, e.live, e.action, e.terms, e.market, p.circuit.Header.Timestamp)
	// Nobody signs a risk entry: its word of a signer is 0.
	signed := api.Sub(e.live, e.action.Risk(api))
	rules.Authorise(api, signed, e.action.Withdraw, row.Signer, e.owner, e.agent)

	e.word = api.Mul(e.live, bind.Pack(api, p.rc,
		bind.Field{Value: e.accountID, Bits: 32, Proved: true},
		bind.Field{Value: e.terms.Market, Bits: 8, Proved: true},
		bind.Field{Value: e.action.Code(api), Bits: 8, Proved: true},
		bind.Field{Value: e.terms.Lots, Bits: rules.SizeBits, Proved: true},
		bind.Field{Value: e.terms.Limit, Bits: rules.TicksBits, Proved: true},
		bind.Field{Value: e.terms.Expiry, Bits: rules.SecondsBits, Proved: true},
		bind.Field{Value: e.nonce, Bits: rules.NonceBits, Proved: true},
		bind.Field{Value: e.subject, Bits: 32, Proved: true})) // tied to an account's id by tieRiskEntries
	e.signer = api.Mul(signed, row.Signer)
}

// lookUpAccounts proposes the account of every entry; proveNets proves it.
func (p *proof) lookUpAccounts() {
	table := make([][]frontend.Variable, len(p.accounts))
	for i := range p.accounts {
		table[i] = p.accountColumns(i)
	}
	indexes := make([]frontend.Variable, len(p.entries))
	for i, e := range p.entries {
		indexes[i] = e.account
	}
	for i, columns := range net.Fetch(p.api, table, indexes) {
		e := &p.entries[i]
		e.accountID, e.owner, e.agent, e.slotsBefore, e.barred = columns[0], columns[1], columns[2], columns[3], columns[4]
	}
}

// accountColumns is what entries look up of an account row.
func (p *proof) accountColumns(i int) []frontend.Variable {
	a := p.accounts[i]
	return []frontend.Variable{a.id, a.owner, a.agentInForce, p.circuit.Accounts[i].SlotsRoot, a.standing.Liquidatable}
}

// accountKey is the key of the accounts' balance: a row's number, that it is in use, and its columns.
func accountKey(row, live frontend.Variable, columns []frontend.Variable) []frontend.Variable {
	return append([]frontend.Variable{row, live}, columns...)
}

// columns returns the entry's copy of its account's columns.
func (e entry) columns() []frontend.Variable {
	return []frontend.Variable{e.accountID, e.owner, e.agent, e.slotsBefore, e.barred}
}

// lookUpMarkets gives every entry its market.
//
// Proves:  terms.Market is the number of a market row, and the columns are that row's.
// Assumes: nothing.
func (p *proof) lookUpMarkets() {
	table := make([][]frontend.Variable, len(p.markets))
	for i, m := range p.markets {
		table[i] = marketColumns(m.Market)
	}
	indexes, once := make([]frontend.Variable, len(p.entries)), make([][]frontend.Variable, len(p.entries))
	for i, e := range p.entries {
		indexes[i], once[i] = e.terms.Market, []frontend.Variable{1}
	}
	legs := make([]net.Row, len(p.entries))
	for i, columns := range net.Fetch(p.api, table, indexes) {
		p.entries[i].market = rules.Market{
			Listed: columns[0], Tradable: columns[1], QuotePerLotTick: columns[2],
			MakerFee: columns[3], TakerFee: columns[4],
		}
		legs[i] = net.Row{Key: append([]frontend.Variable{indexes[i]}, columns...), Numerators: once[i]}
	}
	cells := make([]net.Row, len(table))
	for i, count := range net.Scatter(p.api, len(table), indexes, once) {
		cells[i] = net.Row{Key: append([]frontend.Variable{i}, table[i]...), Numerators: count}
	}
	p.sums.Balance(legs, cells)
}

// marketColumns is what entries look up of a market row.
func marketColumns(m rules.Market) []frontend.Variable {
	return []frontend.Variable{m.Listed, m.Tradable, m.QuotePerLotTick, m.MakerFee, m.TakerFee}
}

// slotTag marks a slot leaf. A slot leaf is not hashed: its depth is fixed and its value below 2^99.
var slotTag = new(big.Int).Lsh(big.NewInt(int64(tree.TagSlot)), 96)

// slotLeaf returns the leaf of a slot.
//
// Assumes: nonce < 2^56, filled < 2^40.
func slotLeaf(api frontend.API, slot rules.Slot) frontend.Variable {
	return api.Add(slotTag, api.Mul(slot.Nonce, num.Pow2(rules.SizeBits)), slot.Filled)
}

// proveSlots carries every account's slots root through its group of rows.
//
// Spec:    zkclear/rules/transition.py, _slots_after. Claims C2, C3.
// Proves:  a group starts at its account's stored root; each row's slot is under the root before it and its new content
// under the root after it; a row's account closes with the root after its last row, and exactly the accounts with
// rows are marked as having entries.
// Assumes: rows are sorted, so that the rows of an account stand together; filled was proved by the fills' balance.
func (p *proof) proveSlots() {
	api, rows := p.api, p.circuit.Entries
	roots := make([]frontend.Variable, len(rows))
	follows := make([]frontend.Variable, len(rows)+1) // 1: a live row of the same account as the row before it
	follows[0], follows[len(rows)] = 0, 0
	for i, e := range p.entries {
		stored := rules.Slot{Nonce: rows[i].StoredNonce, Filled: rows[i].StoredFilled}
		p.rc.Check(stored.Nonce, rules.NonceBits)
		p.rc.Check(stored.Filled, rules.SizeBits)
		after := rules.SlotAfter(api, p.rc, e.action, stored, e.nonce, e.terms.Lots, e.filled)

		before := e.slotsBefore
		if i > 0 {
			same := api.IsZero(api.Sub(e.account, p.entries[i-1].account))
			before = api.Select(same, roots[i-1], before)
			follows[i] = api.Mul(e.live, same)
		}
		var old frontend.Variable
		old, roots[i] = p.hasher.Update(rows[i].Path, slotLeaf(api, stored), slotLeaf(api, after))
		num.AssertZeroIf(api, e.live, api.Sub(old, before))
	}
	p.closeGroups(roots, follows)
}

// closeGroups hands the root after each account's last row to the account, and no root to any other account.
func (p *proof) closeGroups(roots, follows []frontend.Variable) {
	api := p.api
	legs := make([]net.Row, len(p.entries))
	for i, e := range p.entries {
		last := api.Sub(e.live, follows[i+1]) // the next row follows only if it is live, and then this one is
		legs[i] = net.Row{Key: []frontend.Variable{e.account, roots[i]}, Numerators: []frontend.Variable{last}}
	}
	cells := make([]net.Row, len(p.accounts))
	for i := range p.accounts {
		row := &p.circuit.Accounts[i]
		cells[i] = net.Row{
			Key:        []frontend.Variable{i, row.NewSlotsRoot},
			Numerators: []frontend.Variable{row.HasEntries},
		}
	}
	p.sums.Balance(legs, cells)
}
