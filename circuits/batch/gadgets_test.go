package batch

import (
	"math/big"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/bind"
	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/testbatch"
	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
	"github.com/zkclear/zkclear/circuits/num"
	"github.com/zkclear/zkclear/circuits/rules"
)

// pow2 returns 2^bits + more.
func pow2(bits int, more int64) *big.Int { return new(big.Int).Add(num.Pow2(bits), big.NewInt(more)) }

// headerCircuit opens a header alone.
type headerCircuit struct{ Header Header }

func (c *headerCircuit) Define(api frontend.API) error {
	p, err := newProof(api, &Circuit{Header: c.Header})
	if err != nil {
		return err
	}
	p.openHeader()
	return nil
}

// TestOpenHeader_C1_Bounds: each field is inside its width, so the header word has one decoding, and time goes on.
func TestOpenHeader_C1_Bounds(t *testing.T) {
	system := forge.Compile(t, &headerCircuit{})
	honest := func() *headerCircuit {
		return &headerCircuit{Header: Header{
			Domain: 1, Number: pow2(64, -1), Timestamp: pow2(40, -1), FirstRequest: pow2(64, -1), OldTimestamp: pow2(40, -1),
			OldDust: 999_999,
		}}
	}
	forge.Accepts(t, system, honest())
	for name, change := range map[string]func(*Header){
		"number":                func(h *Header) { h.Number = pow2(64, 0) },
		"timestamp":             func(h *Header) { h.Timestamp = pow2(40, 0) },
		"both timestamps":       func(h *Header) { h.Timestamp, h.OldTimestamp = pow2(40, 0), pow2(40, 0) },
		"first request":         func(h *Header) { h.FirstRequest = pow2(64, 0) },
		"old timestamp":         func(h *Header) { h.OldTimestamp, h.Timestamp = mod(-1), 0 },
		"dust":                  func(h *Header) { h.OldDust = pow2(20, 0) },
		"time stands, reversed": func(h *Header) { h.Timestamp = pow2(40, -2) },
	} {
		t.Run(name, func(t *testing.T) {
			c := honest()
			change(&c.Header)
			forge.Refuses(t, system, c)
		})
	}
}

// marketsCircuit opens two market rows.
type marketsCircuit struct{ Rows [2]MarketRow }

func (c *marketsCircuit) Define(api frontend.API) error {
	p, err := newProof(api, &Circuit{Markets: c.Rows[:]})
	if err != nil {
		return err
	}
	p.elapsed = 8
	p.openMarkets()
	return nil
}

func TestOpenMarkets_C1_Rows(t *testing.T) {
	system := forge.Compile(t, &marketsCircuit{})
	one := func() *marketsCircuit {
		s := venue()
		b := s.Following(8)
		b.Marks, b.Steps = b.Marks[:1], []int64{50}
		w, _ := build(s, b)
		return &marketsCircuit{Rows: [2]MarketRow(assigned(t, w).Markets)}
	}
	forge.Accepts(t, system, one())
	for name, change := range map[string]func(*marketsCircuit){
		"unlisted row first": func(c *marketsCircuit) { c.Rows[0], c.Rows[1] = c.Rows[1], c.Rows[0] },
		"unlisted row first, though the batch lists it": func(c *marketsCircuit) {
			c.Rows[0], c.Rows[1] = c.Rows[1], c.Rows[0]
			c.Rows[0].Changed = 1
		},
		"listed twice over":           func(c *marketsCircuit) { c.Rows[0].Listed = 2 },
		"unlisted row with a mark":    func(c *marketsCircuit) { c.Rows[1].Mark = 5 },
		"unlisted row with a step":    func(c *marketsCircuit) { c.Rows[1].ShiftedStep = 5 },
		"unlisted mark and step of 0": func(c *marketsCircuit) { c.Rows[1].Mark, c.Rows[1].ShiftedStep = 5, mod(-5) },
		"listed row without a mark":   func(c *marketsCircuit) { c.Rows[0].Mark, c.Rows[0].ShiftedStep = 0, shifted(0, stepOffsetBits) },
		"thresholds that cross":       func(c *marketsCircuit) { c.Rows[0].T1, c.Rows[0].T2 = 5, 4 },
		"step beyond its width":       func(c *marketsCircuit) { c.Rows[0].ShiftedStep = pow2(56, 0) },
		"rebate above the fee":        func(c *marketsCircuit) { c.Rows[0].TakerFee = 49 },
		"mark of 2^32":                func(c *marketsCircuit) { c.Rows[0].Mark = pow2(32, 0) },
		"index at its end": func(c *marketsCircuit) {
			c.Rows[0].OldShiftedIndex = pow2(63, -50)
		},
		"old mark beyond its width": func(c *marketsCircuit) { c.Rows[0].OldMark = pow2(32, 0) },
		"old index beyond its width": func(c *marketsCircuit) {
			c.Rows[0].OldShiftedIndex, c.Rows[0].ShiftedStep = pow2(63, 0), shifted(-50, stepOffsetBits) // the new one is not
		},
		"old open interest beyond": func(c *marketsCircuit) { c.Rows[0].OldOpenInterest = pow2(40, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			c := one()
			change(c)
			forge.Refuses(t, system, c)
		})
	}
}

// emptyCircuit proves that a new or unused row holds nothing.
type emptyCircuit struct{ Row AccountRow }

func (c *emptyCircuit) Define(api frontend.API) error {
	p, err := newProof(api, New(Micro()))
	if err != nil {
		return err
	}
	p.assertEmpty(&c.Row, p.takeSizes(&c.Row))
	return nil
}

func TestAssertEmpty_C9_ANewAccountStartsWithNothing(t *testing.T) {
	system := forge.Compile(t, &emptyCircuit{Row: New(Micro()).Accounts[0]})
	opened := func() *emptyCircuit {
		c := &emptyCircuit{}
		(&assignment{shape: Micro()}).padAccount(&c.Row)
		c.Row.Live, c.Row.New, c.Row.SlotsRoot = 1, 1, UnusedSlotsRoot()
		return c
	}
	forge.Accepts(t, system, opened())
	for name, change := range map[string]func(*AccountRow){
		"an agent":        func(r *AccountRow) { r.Agent = 1 },
		"an agent's time": func(r *AccountRow) { r.AgentUntil = 1 },
		"money":           func(r *AccountRow) { r.Collateral = shifted(1, collateralOffsetBits) },
		"a debt":          func(r *AccountRow) { r.Collateral = shifted(-1, collateralOffsetBits) },
		"a position":      func(r *AccountRow) { r.Magnitudes[1] = 1 },
		"opposite positions": func(r *AccountRow) {
			r.Magnitudes[0], r.Magnitudes[1], r.Negatives[1] = 1, 1, 1
		},
		"other slots":        func(r *AccountRow) { r.SlotsRoot = 0 },
		"new by half":        func(r *AccountRow) { r.New = 2 },
		"unused, a position": func(r *AccountRow) { r.New, r.Live, r.Magnitudes[0] = 0, 0, 1 },
	} {
		t.Run(name, func(t *testing.T) {
			c := opened()
			change(&c.Row)
			forge.Refuses(t, system, c)
		})
	}
	old := opened()
	old.Row.New, old.Row.Agent, old.Row.SlotsRoot, old.Row.Magnitudes[0] = 0, 5, 6, 7
	forge.Accepts(t, system, old)
}

// entryCircuit opens an entry row alone.
type entryCircuit struct {
	Row         EntryRow
	Nonce, Slot frontend.Variable
}

func (c *entryCircuit) Define(api frontend.API) error {
	p, err := newProof(api, New(Micro()))
	if err != nil {
		return err
	}
	e := p.openEntry(&c.Row)
	api.AssertIsEqual(e.nonce, c.Nonce)
	api.AssertIsEqual(e.slot, c.Slot)
	return nil
}

func TestOpenEntry_C2_Bounds(t *testing.T) {
	system := forge.Compile(t, &entryCircuit{Row: New(Micro()).Entries[0]})
	widest := func() *entryCircuit {
		c := &entryCircuit{Nonce: pow2(56, -1), Slot: slots - 1}
		(&assignment{shape: Micro(), witness: nil}).padEntry(&c.Row)
		c.Row.Live, c.Row.Lots, c.Row.Limit = 1, pow2(40, -1), pow2(32, -1)
		c.Row.Expiry, c.Row.NonceHigh = pow2(40, -1), pow2(46, -1)
		for i := range c.Row.Path {
			c.Row.Path[i].Low, c.Row.Path[i].High = 1, 1
		}
		return c
	}
	forge.Accepts(t, system, widest())
	for name, change := range map[string]func(*entryCircuit){
		"lots":       func(c *entryCircuit) { c.Row.Lots = pow2(40, 0) },
		"limit":      func(c *entryCircuit) { c.Row.Limit = pow2(32, 0) },
		"expiry":     func(c *entryCircuit) { c.Row.Expiry = pow2(40, 0) },
		"nonce":      func(c *entryCircuit) { c.Row.NonceHigh, c.Nonce = pow2(46, 0), pow2(56, slots-1) },
		"slot":       func(c *entryCircuit) { c.Slot = 0 },
		"slot digit": func(c *entryCircuit) { c.Row.Path[4].Low, c.Row.Path[4].High = 3, 0 },
		"slot carries into the nonce": func(c *entryCircuit) {
			c.Row.Path[4].High, c.Row.NonceHigh, c.Slot = 5, pow2(46, -3), pow2(12, -1-512-512)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := widest()
			change(c)
			forge.Refuses(t, system, c)
		})
	}
}

// closeCircuit closes an account of two markets, neither of which it holds at its opening.
type closeCircuit struct {
	Row                             AccountRow
	Collateral, Cash, Extra         frontend.Variable
	Forced, Withdrawn, Withdrawable frontend.Variable
	Moved                           [2]frontend.Variable
}

func (c *closeCircuit) Define(api frontend.API) error {
	p, err := newProof(api, New(Micro()))
	if err != nil {
		return err
	}
	zeros := [3]frontend.Variable{0, 0, 0}
	for range 2 {
		p.markets = append(p.markets, market{Market: rules.Market{
			Value: 1, T1: 0, T2: 0, Maintenance: zeros, Initial: zeros, FundingIndex: 0,
		}})
	}
	p.closing = closing{signed: []frontend.Variable{0, 0}, magnitudes: []frontend.Variable{0, 0}}
	a := &account{
		owner: c.Row.Owner, agent: c.Row.Agent, agentUntil: c.Row.AgentUntil, sizes: p.takeSizes(&c.Row),
		forced: c.Forced, withdrawn: c.Withdrawn, withdrawable: c.Withdrawable, cash: c.Cash, riskCash: 0, moved: c.Moved[:],
		opening: rules.Balance{Collateral: c.Collateral, Equity: c.Collateral, Maintenance: 0},
	}
	p.closeAccount(&c.Row, a, c.Extra)
	return nil
}

func TestCloseAccount_C4_Bounds(t *testing.T) {
	system := forge.Compile(t, &closeCircuit{Row: New(Micro()).Accounts[0]})
	flat := func() *closeCircuit {
		c := &closeCircuit{
			Collateral: 0, Cash: 0, Extra: 0, Forced: 0, Withdrawn: 0, Withdrawable: 0, Moved: [2]frontend.Variable{0, 0},
		}
		(&assignment{shape: Micro()}).padAccount(&c.Row)
		return c
	}
	for name, c := range map[string]struct {
		change func(*closeCircuit)
		legal  bool
	}{
		"nothing":             {func(*closeCircuit) {}, true},
		"highest collateral":  {func(c *closeCircuit) { c.Cash = pow2(62, -1) }, true},
		"collateral of 2^62":  {func(c *closeCircuit) { c.Cash = pow2(62, 0) }, false},
		"lowest collateral":   {func(c *closeCircuit) { c.Collateral = new(big.Int).Sub(forge.Field(), pow2(62, -1)) }, true},
		"collateral of -2^62": {func(c *closeCircuit) { c.Collateral = new(big.Int).Sub(forge.Field(), pow2(62, 0)) }, false},
		"extra counts":        {func(c *closeCircuit) { c.Cash, c.Extra = pow2(62, -1), 1 }, false},
		"largest size":        {func(c *closeCircuit) { c.Moved[0] = pow2(40, -1); c.Row.NotGrown[0] = 0; c.Row.Healthy = 1 }, true},
		"size of 2^40":        {func(c *closeCircuit) { c.Moved[0] = pow2(40, 0); c.Row.NotGrown[0] = 0; c.Row.Healthy = 1 }, false},
		"size of -2^40": {func(c *closeCircuit) {
			c.Moved[1], c.Cash = new(big.Int).Sub(forge.Field(), pow2(40, 0)), pow2(50, 0)
			c.Row.NotGrown[1], c.Row.Healthy = 0, 1
		}, false},
		"withdraws all": {func(c *closeCircuit) {
			c.Collateral, c.Forced, c.Withdrawn, c.Withdrawable, c.Row.Healthy = 9, 4, 5, 9, 1
		}, true},
		"withdraws one more": {func(c *closeCircuit) {
			c.Collateral, c.Forced, c.Withdrawn, c.Withdrawable, c.Row.Healthy = 9, 4, 5, 8, 1
		}, false},
		"unchanged though it paid":   {func(c *closeCircuit) { c.Collateral, c.Forced, c.Withdrawable = 9, 4, 9 }, false},
		"reduced without a position": {func(c *closeCircuit) { c.Cash, c.Row.Reduced = mod(-5), 1 }, false},
	} {
		t.Run(name, func(t *testing.T) {
			assignment := flat()
			c.change(assignment)
			if c.legal {
				forge.Accepts(t, system, assignment)
			} else {
				forge.Refuses(t, system, assignment)
			}
		})
	}
}

// TestSlots_C2_AStoredSlotHasOneDecoding: nonce n and filled f make the leaf that nonce n - 1 and filled f + 2^40 make. The
// second reading would let an order start anew. Everything else of this batch is as that reading wants it.
func TestSlots_C2_AStoredSlotHasOneDecoding(t *testing.T) {
	nonce := uint64(1_024*3 + 7)
	for name, stored := range map[string]testbatch.Slot{
		"filled carries into the nonce": {Nonce: nonce - 1, Filled: 2 + 1<<40},
		"nonce above its width":         {Nonce: nonce + 1<<56, Filled: 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := venue()
			s.Accounts[maker].Slots[7] = stored
			b := trade(s)
			if stored.Nonce > nonce {
				b.Fills = nil
			}
			w, _ := build(s, b)
			w.Entries[0].StoredNonce, w.Entries[0].StoredFilled = 0, 0 // the assignment refuses the forged ones
			circuit := assigned(t, w)
			circuit.Entries[0].StoredNonce, circuit.Entries[0].StoredFilled = stored.Nonce, stored.Filled
			refused(t, circuit)
		})
	}
}

// rebound gives a circuit the public inputs of changed words.
func rebound(t *testing.T, circuit *Circuit, w *zkclearv1.Witness, change func([]fr.Element)) *Circuit {
	t.Helper()
	a := &assignment{shape: Micro(), witness: w}
	if err := a.readEntries(); err != nil {
		t.Fatal(err)
	}
	words, err := a.words()
	if err != nil {
		t.Fatal(err)
	}
	change(words)
	circuit.H, circuit.R, circuit.Y = bind.Inputs(words)
	return circuit
}

// Places of words in the micro shape, and of counts in the header word.
const (
	headerWord     = 1
	entryWord      = 6
	fillWord       = 10
	requestWord    = 11
	fillCountShift = 96
)

func addTo(word *fr.Element, value *big.Int) {
	delta := toElement(value)
	word.Add(word, &delta)
}

// TestFills_P4_RowsInUseComeFirst writes the words that go with a hole, and with a fill that counts twice.
func TestFills_P4_RowsInUseComeFirst(t *testing.T) {
	s := venue()
	b := trade(s)
	plain(&b, 6)
	w, _ := build(s, b)
	unchanged := func([]fr.Element) {}
	forge.Accepts(t, compiled(t, Micro()), rebound(t, assigned(t, w), w, unchanged))
	t.Run("hole", func(t *testing.T) {
		circuit := assigned(t, w)
		circuit.Fills[0], circuit.Fills[1] = circuit.Fills[1], circuit.Fills[0]
		refused(t, rebound(t, circuit, w, func(words []fr.Element) {
			word := words[fillWord].BigInt(new(big.Int))
			words[fillWord] = toElement(word.Rsh(word, 80))
		}))
	})
	t.Run("twice", func(t *testing.T) {
		circuit := assigned(t, w)
		circuit.Fills[0].Live, circuit.Fills[0].Lots = 2, 3
		refused(t, rebound(t, circuit, w, func(words []fr.Element) {
			addTo(&words[headerWord], num.Pow2(fillCountShift))
			addTo(&words[fillWord], num.Pow2(160+48)) // the taker's number, twice 1
		}))
	})
}

// TestRows_P4_EntriesAndRequestsInUseComeFirst writes the words that go with a hole.
func TestRows_P4_EntriesAndRequestsInUseComeFirst(t *testing.T) {
	swap := func(words []fr.Element, first int) {
		words[first], words[first+2] = words[first+2], words[first]
		words[first+1], words[first+3] = words[first+3], words[first+1]
	}
	s := venue()
	b := s.Following(8)
	b.Entries = []testbatch.Entry{order(maker, makerOwner, 0, sell, 10, 30_400, 1_024*3+7)}
	w, _ := build(s, b)
	forge.Accepts(t, compiled(t, Micro()), assigned(t, w))
	circuit := assigned(t, w)
	circuit.Entries[0], circuit.Entries[1] = circuit.Entries[1], circuit.Entries[0]
	refused(t, rebound(t, circuit, w, func(words []fr.Element) { swap(words, entryWord) }))

	w, _ = build(s, deposit(s, maker))
	forge.Accepts(t, compiled(t, Micro()), assigned(t, w))
	circuit = assigned(t, w)
	circuit.Requests[0], circuit.Requests[1] = circuit.Requests[1], circuit.Requests[0]
	refused(t, rebound(t, circuit, w, func(words []fr.Element) { swap(words, requestWord) }))
}

// TestSlots_C2_ASlotIsProvedUnderItsAccountsRoot replays a filled order: its row shows an unused slot and the path of a
// tree that is not the account's. The account closes with that tree, and every root is as the replay wants it.
func TestSlots_C2_ASlotIsProvedUnderItsAccountsRoot(t *testing.T) {
	s := venue()
	s.Accounts[maker].Slots[7] = testbatch.Slot{Nonce: 1_024*3 + 7, Filled: 10}
	b := trade(s)
	real, _ := build(s, b)
	s.Accounts[maker].Slots[7] = testbatch.Slot{}
	replay, _ := build(s, b)
	forge.Accepts(t, compiled(t, Micro()), assigned(t, replay))
	replay.OldRoot = real.OldRoot
	replay.Accounts[0], replay.Accounts[1] = real.Accounts[0], real.Accounts[1]
	replay.Accounts[2].SlotsRoot = real.Accounts[2].SlotsRoot
	refused(t, assigned(t, replay))
}
