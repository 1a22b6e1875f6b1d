package testbatch

import (
	"maps"
	"math/big"
	"slices"

	"github.com/zkclear/zkclear/circuits/bind"
	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
)

// Codes of actions and kinds of requests.
const (
	Order    = 0x40
	Withdraw = 0x80
	Cancel   = 0x82

	Book       = 0xc0 // A buy; a sale is one more.
	Absorb     = 0xc2
	Deleverage = 0xc3

	KindOpen      = 1
	KindDeposit   = 2
	KindWithdraw  = 3
	KindClose     = 4
	KindLiquidate = 5
	KindAgent     = 6
	KindMarket    = 7

	hashLowBits = 200 // Of a configuration's hash, what a MARKET's payload holds.
)

// Entry is an order, a WITHDRAW, a CANCEL or a risk entry.
type Entry struct {
	Account       uint32
	Market        uint64
	Action        uint64
	Lots, Limit   uint64
	Expiry, Nonce uint64
	Signer        *big.Int
	Subject       uint32 // Field C.
}

// Fill is a fill.
type Fill struct {
	Maker, Taker uint32
	Lots         uint64
}

// Request is a consumed request with the outcome that the operator gives it.
type Request struct {
	Kind    uint64
	Account uint32
	Amount  uint64
	Address *big.Int
	Until   uint64
	Market  uint64
	Lots    uint64
	Taker   uint32
	Config  *Market  // MARKET: the configuration.
	Hash    *big.Int // MARKET: its hash.
	Code    uint32
	Paid    uint64 // Amount of the outcome, whatever it is.
}

// Batch is one batch.
type Batch struct {
	Number, Timestamp, FirstRequest uint64
	Marks                           []uint64
	Steps                           []int64
	Entries                         []Entry
	Fills                           []Fill
	Requests                        []Request

	// What only a cheating operator does.
	Opens  []uint32                // Account rows, instead of those that the batch names.
	Invent func(*Account)          // Changes the empty content that a new account starts with.
	Bend   func(int, *Move)        // Changes what a risk row moves.
	Split  func(fees, fund *int64) // Changes who gets the fees: account 1 or account 0.
}

// Following returns an empty batch that follows a state: same marks, no funding step, seconds later.
func (s *State) Following(seconds uint64) Batch {
	b := Batch{Number: s.Number + 1, Timestamp: s.Timestamp + seconds, FirstRequest: s.Next}
	for _, m := range s.Markets[:s.Listed()] {
		b.Marks, b.Steps = append(b.Marks, max(m.Mark, 1)), append(b.Steps, 0)
	}
	return b
}

// Word returns the entry's word.
func (e Entry) Word() []byte {
	return join([]uint64{uint64(e.Account), e.Market, e.Action, e.Lots, e.Limit, e.Expiry, e.Nonce, uint64(e.Subject)}, bind.EntryWidths)
}

func (e Entry) order() bool { return e.Action&0xf0 == Order }

func (e Entry) book() bool { return e.Action&^1 == Book }

func (e Entry) risk() bool { return e.Action&^3 == Book }

func (e Entry) slot() uint32 { return uint32(e.Nonce % 1024) }

// Payload returns the request's word.
func (r Request) Payload() []byte {
	word := new(big.Int).SetUint64(r.Kind<<32 | uint64(r.Account))
	word.Lsh(word, 208)
	body := new(big.Int).Lsh(new(big.Int).SetUint64(r.Amount), 144)
	switch r.Kind {
	case KindOpen, KindAgent:
		body.Lsh(r.Address, 48).Add(body, new(big.Int).SetUint64(r.Until<<8))
	case KindClose, KindLiquidate:
		body.SetUint64(r.Market<<40|r.Lots).Lsh(body, 32).Add(body, new(big.Int).SetUint64(uint64(r.Taker))).Lsh(body, 128)
	case KindMarket:
		low := new(big.Int).Lsh(big.NewInt(1), hashLowBits)
		body.SetUint64(r.Market).Lsh(body, hashLowBits).Add(body, low.Mod(r.Hash, low))
	}
	return word.Add(word, body).FillBytes(make([]byte, 32))
}

func join(values []uint64, widths []int) []byte {
	word := new(big.Int)
	for i, value := range values {
		word.Lsh(word, uint(widths[i])).Add(word, new(big.Int).SetUint64(value))
	}
	return word.FillBytes(make([]byte, 32))
}

// Build returns the witness of a batch on a state, and the state after it.
func Build(shape string, depth int, before *State, batch Batch) (*zkclearv1.Witness, *State) {
	c := &clearing{
		depth: depth, batch: batch, after: before.Clone(), slotTrees: make(map[uint32]*sparse),
		witness: &zkclearv1.Witness{
			Shape: shape, Domain: make([]byte, 32), Number: batch.Number, TimestampS: batch.Timestamp,
			FirstRequest: batch.FirstRequest, OldRoot: bytes(before.Root(depth)),
			OldTimestampS: before.Timestamp, OldFundingDust: uint64(before.Dust),
		},
	}
	c.witness.Domain[31] = 7
	c.accounts = before.accountTree(depth)
	c.markets(before)
	c.open(before)
	c.requests()
	c.risks()
	c.fills()
	if batch.Split != nil {
		batch.Split(&c.fees, &c.fund)
	}
	c.entries()
	c.close()
	c.changes()
	c.after.Timestamp, c.after.Number = batch.Timestamp, batch.Number
	c.after.Next = batch.FirstRequest + uint64(len(batch.Requests))
	c.witness.NewRoot = bytes(c.after.rootWith(c.accounts.root()))
	return c.witness, c.after
}

// clearing is a batch at work.
type clearing struct {
	depth     int
	batch     Batch
	after     *State
	accounts  *sparse
	witness   *zkclearv1.Witness
	rows      []*row
	slotTrees map[uint32]*sparse
	filled    []uint64
	fees      int64
	fund      int64 // Fees of liquidations in the book.
}

// row is an opened account.
type row struct {
	id              uint32
	opening, now    *Account
	witness         *zkclearv1.WitnessAccount
	withdrawn, cash int64
}

func (c *clearing) row(id uint32) (uint32, *row) {
	for i, r := range c.rows {
		if r.id == id {
			return uint32(i), r
		}
	}
	panic("testbatch: an account that the batch names has no row")
}

func (c *clearing) markets(before *State) {
	// As many markets as the operator names; the old root knows how many there are.
	for i := range c.batch.Marks {
		old, m := before.Markets[i], &c.after.Markets[i]
		m.Mark, m.Index = c.batch.Marks[i], m.Index+c.batch.Steps[i]
		c.witness.Markets = append(c.witness.Markets, &zkclearv1.WitnessMarket{
			LotE8: m.LotE8, TickE8: m.TickE8, QuotePerLotTick: uint32(m.QuotePerLotTick), T1: m.T1, T2: m.T2,
			MaintenancePpm: m.Maintenance[:], InitialPpm: m.Initial[:], MakerFeePpm: m.MakerFee, TakerFeePpm: m.TakerFee,
			LiquidationFeePpm: m.LiquidationFee, KeeperSharePpm: m.KeeperShare, CloseFactorPpm: m.CloseFactor,
			CloseoutPpm: m.Closeout, MaxFundingRatePpm: m.FundingLimit, MaxOpenInterest: m.MaxOpenInterest,
			Status: m.Status, OldMark: old.Mark, OldFundingIndex: old.Index, OldOpenInterest: uint64(old.OpenInterest),
			Mark: m.Mark, FundingStep: c.batch.Steps[i],
		})
	}
}

// Named returns the ids of the accounts that a batch opens, in order.
func (b Batch) Named() []uint32 {
	if b.Opens != nil {
		return b.Opens
	}
	ids := map[uint32]bool{0: true, 1: true}
	for _, e := range b.Entries {
		ids[e.Account] = true
		if e.Action == Deleverage {
			ids[e.Subject] = true
		}
	}
	for _, r := range b.Requests {
		ids[r.Account] = true
		if r.Kind == KindLiquidate {
			ids[r.Taker] = true
		}
	}
	return slices.Sorted(maps.Keys(ids))
}

func (c *clearing) open(before *State) {
	for _, id := range c.batch.Named() {
		opens := slices.IndexFunc(c.batch.Requests, func(r Request) bool {
			return r.Account == id && r.Kind == KindOpen
		})
		stored := before.Accounts[id]
		if stored == nil || opens >= 0 {
			stored = NewAccount(0, len(before.Markets))
		}
		if opens >= 0 {
			stored.Owner = c.batch.Requests[opens].Address
			if c.batch.Invent != nil {
				c.batch.Invent(stored)
			}
		}
		r := &row{id: id, now: stored.clone()}
		r.witness = c.storedWitness(id, stored, opens)
		c.slotTrees[id] = stored.slotTree()
		r.witness.SlotsRoot = bytes(c.slotTrees[id].root())
		c.rows = append(c.rows, r)
		c.settle(r.now)
	}
}

func (c *clearing) storedWitness(id uint32, stored *Account, opens int) *zkclearv1.WitnessAccount {
	w := &zkclearv1.WitnessAccount{
		Id: id, IsNew: opens >= 0, Owner: stored.Owner.FillBytes(make([]byte, 20)),
		Agent: stored.Agent.FillBytes(make([]byte, 20)), AgentUntilS: stored.AgentUntil, Collateral: stored.Collateral,
		LastEntry: -1, OpenRequest: int32(opens), DepositRequest: -1, AgentRequest: -1, WithdrawRequest: -1,
	}
	for _, p := range stored.Positions[:len(c.batch.Marks)] {
		w.Sizes, w.FundingIndexes = append(w.Sizes, p.Size), append(w.FundingIndexes, p.Index)
	}
	return w
}

// settle settles funding; the dust goes to the state.
func (c *clearing) settle(account *Account) {
	for m := range account.Positions {
		p := &account.Positions[m]
		exact := new(big.Int).Mul(big.NewInt(-p.Size), big.NewInt(c.after.Markets[m].Index-p.Index))
		paid, dust := new(big.Int).DivMod(exact, big.NewInt(1_000_000), new(big.Int))
		account.Collateral += paid.Int64()
		c.after.Dust += dust.Int64()
		p.Index = c.after.Markets[m].Index
	}
}

func (c *clearing) requests() {
	for i, r := range c.batch.Requests {
		at, row := c.row(r.Account)
		c.witness.Requests = append(c.witness.Requests, &zkclearv1.WitnessRequest{
			Payload: r.Payload(), Outcome: r.Code, Amount: r.Paid, AccountRow: at,
		})
		switch r.Kind {
		case KindDeposit:
			row.now.Collateral += int64(r.Amount)
			row.witness.DepositRequest = int32(i)
		case KindAgent:
			row.now.Agent, row.now.AgentUntil = r.Address, r.Until
			row.witness.AgentRequest = int32(i)
		case KindWithdraw:
			row.withdrawn += int64(r.Paid)
			row.witness.WithdrawRequest = int32(i)
		}
	}
	for _, r := range c.rows {
		r.opening = r.now.clone()
	}
}

func ceilPPM(cost *big.Int, rate int64) int64 {
	exact := new(big.Int).Mul(cost, big.NewInt(-rate))
	return -exact.Div(exact, big.NewInt(1_000_000)).Int64()
}

func (c *clearing) fills() {
	c.filled = make([]uint64, len(c.batch.Entries))
	for _, f := range c.batch.Fills {
		c.witness.Fills = append(c.witness.Fills, &zkclearv1.WitnessFill{Maker: f.Maker, Taker: f.Taker, Lots: f.Lots})
		if int(max(f.Maker, f.Taker)) >= len(c.batch.Entries) {
			continue // the operator's own index; the assignment says so
		}
		maker, taker := c.batch.Entries[f.Maker], c.batch.Entries[f.Taker]
		market := c.after.Markets[maker.Market]
		cost := new(big.Int).SetUint64(f.Lots)
		cost.Mul(cost, new(big.Int).SetUint64(maker.Limit*market.QuotePerLotTick))
		makerFee, takerFee := ceilPPM(cost, int64(market.MakerFee)), ceilPPM(cost, int64(market.TakerFee))
		direction := 2*int64(maker.Action&1) - 1
		_, m := c.row(maker.Account)
		_, t := c.row(taker.Account)
		m.cash += direction*cost.Int64() - makerFee
		t.cash -= direction*cost.Int64() + takerFee
		if taker.book() {
			c.fund += makerFee + takerFee
		} else {
			c.fees += makerFee + takerFee
		}
		m.now.Positions[maker.Market].Size -= direction * int64(f.Lots)
		t.now.Positions[taker.Market].Size += direction * int64(f.Lots)
		c.filled[f.Maker] += f.Lots
		c.filled[f.Taker] += f.Lots
	}
}

func (c *clearing) entries() {
	for i, e := range c.batch.Entries {
		at, row := c.row(e.Account)
		slots := c.slotTrees[e.Account]
		stored := row.now.Slots[e.slot()]
		c.witness.Entries = append(c.witness.Entries, &zkclearv1.WitnessEntry{
			Word: e.Word(), Signer: e.Signer.FillBytes(make([]byte, 20)), AccountRow: at,
			StoredNonce: stored.Nonce, StoredFilled: stored.Filled, Siblings: slots.siblings(uint64(e.slot())),
		})
		row.witness.LastEntry = int32(i)
		after := Slot{Nonce: e.Nonce, Filled: 1<<40 - 1}
		if e.order() {
			after.Filled = c.filled[i]
			if e.Nonce == stored.Nonce {
				after.Filled += stored.Filled
			}
		}
		if e.Action == Withdraw {
			row.withdrawn += int64(e.Lots<<32 | e.Limit)
		}
		if e.risk() {
			after = stored
		}
		row.now.Slots[e.slot()] = after
		slots.set(uint64(e.slot()), slotLeaf(after))
	}
}

func (c *clearing) close() {
	for i, r := range c.rows {
		switch i {
		case 0:
			r.cash += c.fund + c.after.Dust/1_000_000
			c.after.Dust %= 1_000_000
		case 1:
			r.cash += c.fees
		}
		r.now.Collateral += r.cash - r.withdrawn
		r.witness.NewSlotsRoot = bytes(c.slotTrees[r.id].root())
		r.witness.Siblings = c.accounts.siblings(uint64(r.id))
		r.witness.Closing = c.class(r)
		if i == 0 && slices.ContainsFunc(c.batch.Entries, func(e Entry) bool { return e.Action == Absorb }) {
			r.witness.Closing = zkclearv1.ClosingClass_CLOSING_CLASS_HEALTHY
		}
		c.accounts.set(uint64(r.id), r.now.leaf())
		c.after.Accounts[r.id] = r.now
		for m := range r.now.Positions {
			c.after.Markets[m].OpenInterest += max(r.now.Positions[m].Size, 0) - max(r.opening.Positions[m].Size, 0)
		}
		c.witness.Accounts = append(c.witness.Accounts, r.witness)
	}
}

// class returns the first class that holds, or healthy if none does.
func (c *clearing) class(r *row) zkclearv1.ClosingClass {
	still, shrunk := true, true
	for m, p := range r.now.Positions {
		before := r.opening.Positions[m].Size
		still = still && before == p.Size
		if before >= 0 {
			shrunk = shrunk && 0 <= p.Size && p.Size <= before
		} else {
			shrunk = shrunk && before <= p.Size && p.Size <= 0
		}
	}
	if still && r.now.Collateral >= r.opening.Collateral {
		return zkclearv1.ClosingClass_CLOSING_CLASS_UNCHANGED
	}
	equity, initial, maintenance := c.margins(r.now)
	if equity.Cmp(initial) >= 0 {
		return zkclearv1.ClosingClass_CLOSING_CLASS_HEALTHY
	}
	equityBefore, _, maintenanceBefore := c.margins(r.opening)
	left := new(big.Int).Mul(equity, maintenanceBefore)
	right := new(big.Int).Mul(equityBefore, maintenance)
	if shrunk && r.withdrawn == 0 && maintenanceBefore.Sign() > 0 && left.Cmp(right) >= 0 {
		return zkclearv1.ClosingClass_CLOSING_CLASS_REDUCED
	}
	return zkclearv1.ClosingClass_CLOSING_CLASS_HEALTHY
}

// margins returns equity, initial and maintenance of an account at the batch's marks.
func (c *clearing) margins(a *Account) (equity, initial, maintenance *big.Int) {
	equity, initial, maintenance = big.NewInt(a.Collateral), new(big.Int), new(big.Int)
	for m, p := range a.Positions {
		market := c.after.Markets[m]
		value := new(big.Int).SetUint64(market.Mark * market.QuotePerLotTick)
		value.Mul(value, big.NewInt(p.Size))
		equity.Add(equity, value)
		initial.Add(initial, market.requirement(value, market.Initial))
		maintenance.Add(maintenance, market.requirement(value, market.Maintenance))
	}
	return equity, initial, maintenance
}

func (m Market) requirement(value *big.Int, rates [3]uint32) *big.Int {
	rest, sum, below := new(big.Int).Abs(value), new(big.Int), new(big.Int)
	for i, rate := range rates {
		part := new(big.Int).Set(rest)
		if i < 2 {
			bound := new(big.Int).SetUint64([]uint64{m.T1, m.T2}[i])
			if width := bound.Sub(bound, below); part.Cmp(width) > 0 {
				part.Set(width)
			}
			below.Add(below, bound)
		}
		rest.Sub(rest, part)
		sum.Add(sum, part.Mul(part, big.NewInt(int64(rate))))
	}
	sum.Add(sum, big.NewInt(999_999))
	return sum.Div(sum, big.NewInt(1_000_000))
}

// NewRoot returns the root that a state has, as witnesses carry it.
func (s *State) NewRoot(depth int) []byte { return bytes(s.Root(depth)) }
