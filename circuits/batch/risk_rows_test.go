package batch

import (
	"testing"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/testbatch"
	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
)

// riskWitness is a change of a witness whose roots stay those of the honest batch, or of the batch of another.
type riskWitness struct {
	of     scenario
	change func(*zkclearv1.Witness)
}

// riskWitnesses point rows to where they do not belong.
func riskWitnesses() map[string]riskWitness {
	return map[string]riskWitness{
		"no row for a request":    {takeover, func(w *zkclearv1.Witness) { w.Risks = nil }},
		"no row for an entry":     {bookSale, func(w *zkclearv1.Witness) { w.Risks = nil }},
		"no row of absorption":    {absorption, func(w *zkclearv1.Witness) { w.Risks = nil }},
		"two rows for a request":  {takeover, func(w *zkclearv1.Witness) { w.Risks = append(w.Risks, w.Risks[0]) }},
		"two rows for an entry":   {bookSale, func(w *zkclearv1.Witness) { w.Risks = append(w.Risks, w.Risks[0]) }},
		"close for a takeover":    {takeover, func(w *zkclearv1.Witness) { w.Risks[0].Kind = 2 }},
		"row of another account":  {takeover, func(w *zkclearv1.Witness) { w.Risks[0].SubjectRow = 3 }},
		"row of another taker":    {takeover, func(w *zkclearv1.Witness) { w.Risks[0].CounterpartyRow = 0 }},
		"row of another market":   {takeover, func(w *zkclearv1.Witness) { w.Risks[0].Market = 1 }},
		"book of another account": {bookSale, func(w *zkclearv1.Witness) { w.Risks[0].SubjectRow = 0 }},
		"close by another account": {forcedClose, func(w *zkclearv1.Witness) {
			w.Risks[0].CounterpartyRow = 1
		}},
		"absorption by another account": {absorption, func(w *zkclearv1.Witness) { w.Risks[0].CounterpartyRow = 1 }},
		"absorption, fund claimed unchanged": {absorption, func(w *zkclearv1.Witness) {
			w.Accounts[0].Closing = zkclearv1.ClosingClass_CLOSING_CLASS_UNCHANGED
		}},
		"deleverage rows in another order": {deleveraging, func(w *zkclearv1.Witness) {
			w.Risks[0], w.Risks[1] = w.Risks[1], w.Risks[0]
		}},
		"deleverage of another counterparty": {deleveraging, func(w *zkclearv1.Witness) {
			w.Risks[0].CounterpartyRow, w.Risks[1].CounterpartyRow = 3, 1
		}},
		"no change of the market":  {marketChange, func(w *zkclearv1.Witness) { w.MarketChanges = nil }},
		"a change without request": {marketChange, func(w *zkclearv1.Witness) { w.Requests = w.Requests[:1] }},
		"a hash of one's own":      {marketChange, func(w *zkclearv1.Witness) { w.MarketChanges[1].ConfigHash[31] ^= 1 }},
		"hashes exchanged": {marketChange, func(w *zkclearv1.Witness) {
			first, second := w.MarketChanges[0], w.MarketChanges[1]
			first.ConfigHash, second.ConfigHash = second.ConfigHash, first.ConfigHash
		}},
	}
}

func TestForged_C7_RowsThatPointElsewhereAreRefused(t *testing.T) {
	for name, c := range riskWitnesses() {
		t.Run(name, func(t *testing.T) {
			s, b := c.of()
			w, _ := build(s, b)
			c.change(w)
			refused(t, assigned(t, w))
		})
	}
}

// TestForged_C7_AnotherRequestThanTheQueueHolds: everything is as the operator's request wants it, but calldata has another.
func TestForged_C7_AnotherRequestThanTheQueueHolds(t *testing.T) {
	for name, asked := range map[string]testbatch.Request{
		"another taker":   {Kind: testbatch.KindLiquidate, Account: maker, Lots: most, Taker: 1},
		"another account": {Kind: testbatch.KindLiquidate, Account: taker, Lots: most, Taker: taker},
		"another market":  {Kind: testbatch.KindLiquidate, Account: maker, Market: 1, Lots: most, Taker: taker},
		"fewer lots":      {Kind: testbatch.KindLiquidate, Account: maker, Lots: 1, Taker: taker},
		"a close":         {Kind: testbatch.KindClose, Account: maker, Lots: most},
	} {
		t.Run(name, func(t *testing.T) {
			s, b := takeover()
			w, _ := build(s, b)
			asked.Code, asked.Paid = 1, 2
			w.Requests[0].Payload = asked.Payload()
			if asked.Account == taker {
				w.Requests[0].AccountRow = 3
			}
			refused(t, assigned(t, w))
		})
	}
}

// riskClaims are lies in single fields of rows, and values that are no bits.
func riskClaims() map[string]struct {
	of     scenario
	change func(*Circuit)
} {
	type claim = struct {
		of     scenario
		change func(*Circuit)
	}
	return map[string]claim{
		"two kinds":              {takeover, func(c *Circuit) { c.Risks[0].Kind.Close = 1 }},
		"kinds that sum to one":  {takeover, func(c *Circuit) { c.Risks[0].Kind.Takeover, c.Risks[0].Kind.Close = 2, mod(-1) }},
		"row behind padding":     {takeover, func(c *Circuit) { c.Risks[0], c.Risks[1] = c.Risks[1], c.Risks[0] }},
		"another source":         {takeover, func(c *Circuit) { c.Risks[0].Source = 1 }},
		"a source beyond rows":   {takeover, func(c *Circuit) { c.Risks[0].Source = 2 }},
		"other lots":             {takeover, func(c *Circuit) { c.Risks[0].Lots = 1 }},
		"a market beyond rows":   {takeover, func(c *Circuit) { c.Risks[0].Market = 2 }},
		"a subject beyond rows":  {takeover, func(c *Circuit) { c.Risks[0].Subject = 4 }},
		"a position by its sum":  {takeover, func(c *Circuit) { c.Risks[0].Subject, c.Risks[0].Market = 1, 2 }},
		"outcome of its own":     {takeover, func(c *Circuit) { c.Requests[0].Resolved = 7 }},
		"taker of its own":       {takeover, func(c *Circuit) { c.Requests[0].Taker = 1 }},
		"book, other lots":       {bookSale, func(c *Circuit) { c.Risks[0].Lots = 1 }},
		"book, other limit":      {bookSale, func(c *Circuit) { c.Risks[0].Limit = 29_900 }},
		"book, not of the book":  {bookSale, func(c *Circuit) { c.Entries[0].Book = 0 }},
		"book, an order too":     {bookSale, func(c *Circuit) { c.Entries[0].ReduceOnly = 1 }},
		"book, absorbs too":      {bookSale, func(c *Circuit) { c.Entries[0].Absorb = 1 }},
		"book of two halves":     {bookSale, func(c *Circuit) { c.Entries[0].Book, c.Entries[0].Absorb = 2, mod(-1) }},
		"book, a nonce":          {bookSale, func(c *Circuit) { c.Entries[0].NonceHigh = 1 }},
		"book, growth not shown": {bookSale, func(c *Circuit) { c.Accounts[2].NotGrown[0] = 0 }},
		"takeover, growth not shown": {takeover, func(c *Circuit) {
			c.Accounts[2].NotGrown[0] = 0
		}},
		"deleveraging, growth not shown": {deleveraging, func(c *Circuit) { c.Accounts[3].NotGrown[0] = 0 }},
		"deleveraging, another subject":  {deleveraging, func(c *Circuit) { c.Entries[0].Subject = 3 }},
		"absorption, fund not healthy":   {absorption, func(c *Circuit) { c.Accounts[0].Healthy = 0 }},
		"absorption, fund reduced": {absorption, func(c *Circuit) {
			c.Accounts[0].Healthy, c.Accounts[0].Reduced = 0, 1
		}},
		"market listed by half":     {marketChange, func(c *Circuit) { c.Markets[0].Changed = 2 }},
		"market not listed":         {marketChange, func(c *Circuit) { c.Markets[1].Changed = 0 }},
		"market's hash in one part": {marketChange, func(c *Circuit) { c.Requests[0].HashHigh = 0 }},
		"market of another request": {marketChange, func(c *Circuit) { c.Requests[0].Number = 0 }},
	}
}

func TestForged_C7_FalseRiskClaimsAreRefused(t *testing.T) {
	for name, c := range riskClaims() {
		t.Run(name, func(t *testing.T) {
			s, b := c.of()
			circuit := prepare(t, s, b)
			c.change(circuit)
			refused(t, circuit)
		})
	}
}

// TestForged_C9_AMarketIsListedNextOnly: a listing that leaves a row out would make the rows in use no prefix.
func TestForged_C9_AMarketIsListedNextOnly(t *testing.T) {
	s := testbatch.Genesis(feeRecipient, start, 2)
	listed := ether()
	listed.Mark, listed.Index, listed.OpenInterest = 0, 0, 0
	for market := range uint64(2) {
		b := s.Following(8)
		b.Requests = []testbatch.Request{testbatch.ChangeMarket(market, listed)}
		if market == 0 {
			forge.Accepts(t, compiled(t, Micro()), prepare(t, s, b))
		} else {
			refused(t, prepare(t, s, b))
		}
	}
}

// TestRisk_P4_PaddingIsInert: a risk row that is not in use names account 0 and market 0, and its numbers count nowhere.
func TestRisk_P4_PaddingIsInert(t *testing.T) {
	for name, c := range map[string]padding{
		"source":       {func(c *Circuit) { c.Risks[0].Source = 1 }, false},
		"lots":         {func(c *Circuit) { c.Risks[1].Lots, c.Risks[1].Limit = 7, 8 }, false},
		"subject":      {func(c *Circuit) { c.Risks[0].Subject = 2 }, true},
		"counterparty": {func(c *Circuit) { c.Risks[0].Counterparty = 3 }, true},
		"market":       {func(c *Circuit) { c.Risks[1].Market = 1 }, true},
		"opposite rows": {func(c *Circuit) {
			c.Risks[1].Subject, c.Risks[1].Market = 1, mod(-1)
		}, true},
		"kind":                       {func(c *Circuit) { c.Risks[0].Kind.Absorb = 1 }, true},
		"a request's market":         {func(c *Circuit) { c.Requests[0].Number, c.Requests[0].Lots, c.Requests[0].Taker = 1, 2, 3 }, false},
		"a request's hash":           {func(c *Circuit) { c.Requests[1].HashLow, c.Requests[1].HashHigh = 5, 6 }, false},
		"a request's outcome":        {func(c *Circuit) { c.Requests[1].Resolved = 5 }, false},
		"a hash of no change":        {func(c *Circuit) { c.Markets[0].NextConfigHash = 5 }, false},
		"a change":                   {func(c *Circuit) { c.Markets[0].Changed = 1 }, true},
		"an entry's subject":         {func(c *Circuit) { c.Entries[0].Subject = 9 }, false},
		"an entry that sells a book": {func(c *Circuit) { c.Entries[0].Book = 1 }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := venue()
			circuit := prepare(t, s, s.Following(8))
			c.change(circuit)
			if c.refused {
				refused(t, circuit)
			} else {
				forge.Accepts(t, compiled(t, Micro()), circuit)
			}
		})
	}
}

// TestRisk_C11_NothingIsOpenedByALook: padding and account 0's fitness name nobody.
func TestRisk_C11_NothingIsOpenedByALook(t *testing.T) {
	s, b := forcedClose()
	b.Opens = []uint32{0, 1, maker, taker}
	b.Steps[0] = 100
	refused(t, prepare(t, s, b))
}

// TestForged_C9_AKindIsNotTakenForAnother: account 0 takes over what asked to be closed, and closes what a keeper called.
func TestForged_C9_AKindIsNotTakenForAnother(t *testing.T) {
	t.Run("takeover by account 0", func(t *testing.T) {
		s := crashed(400_000, 100_000_000)
		b := s.Following(8)
		b.Requests = []testbatch.Request{{Kind: testbatch.KindLiquidate, Account: maker, Lots: most, Code: 1, Paid: 2}}
		w, _ := build(s, b)
		forge.Accepts(t, compiled(t, Micro()), assigned(t, w))
		b.Requests[0].Kind = testbatch.KindClose
		w.Requests[0].Payload = b.Requests[0].Payload()
		refused(t, assigned(t, w))
	})
	t.Run("close of what is called healthy", func(t *testing.T) {
		s, b := forcedClose()
		w, _ := build(s, b)
		b.Requests[0].Kind = testbatch.KindLiquidate
		w.Requests[0].Payload = b.Requests[0].Payload()
		refused(t, assigned(t, w))
	})
}

// TestForged_C7_ARowIsTiedInEveryPart: the row is one that could stand, and the state follows it; only what calldata shows
// differs from it in one part.
func TestForged_C7_ARowIsTiedInEveryPart(t *testing.T) {
	for name, c := range map[string]struct {
		of     scenario
		change func(*testbatch.State, *testbatch.Batch) // Before the witness is made.
		shown  func(*zkclearv1.Witness)                 // What calldata shows instead.
		row    func(*Circuit)                           // What the row says instead.
	}{
		"lots of a request": {
			of: takeover, change: func(_ *testbatch.State, b *testbatch.Batch) { b.Requests[0].Lots = 1 },
			row: func(c *Circuit) { c.Risks[0].Lots = most },
		},
		"outcome of a takeover": {
			of: takeover, shown: func(w *zkclearv1.Witness) { w.Requests[0].Outcome, w.Requests[0].Amount = 4, 0 },
		},
		"lots of an outcome": {of: takeover, shown: func(w *zkclearv1.Witness) { w.Requests[0].Amount++ }},
		"outcome of a close": {
			of: forcedClose, shown: func(w *zkclearv1.Witness) { w.Requests[0].Outcome, w.Requests[0].Amount = 5, 0 },
		},
		"subject of a deleverage": {of: deleveraging, shown: func(w *zkclearv1.Witness) { w.Entries[0].Word[31] = taker }},
		"market of an absorption": {of: absorption, shown: func(w *zkclearv1.Witness) { w.Entries[0].Word[5] = 1 }},
		"action of an absorption": {
			of: absorption,
			change: func(s *testbatch.State, b *testbatch.Batch) {
				s.Accounts[0].Positions[1].Index = s.Markets[1].Index
				b.Bend = func(_ int, m *testbatch.Move) { *m = testbatch.Move{} }
			},
			shown: func(w *zkclearv1.Witness) { w.Risks[0].Kind = zkclearv1.RiskKind_RISK_KIND_BOOK },
		},
		"counterparty of a deleverage": {
			of: deleveraging,
			change: func(_ *testbatch.State, b *testbatch.Batch) {
				b.Entries = b.Entries[1:]
				b.Entries[0].Lots, b.Entries[0].Limit = 2, 0
				b.Requests = []testbatch.Request{{Kind: testbatch.KindDeposit, Account: taker, Amount: 5, Code: 1}}
			},
			shown: func(w *zkclearv1.Witness) {
				w.Entries[0].Word[4], w.Entries[0].AccountRow = 1, 1
				w.Accounts[1].LastEntry, w.Accounts[3].LastEntry = 0, -1
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, b := c.of()
			if c.change != nil {
				c.change(s, &b)
			}
			w, _ := build(s, b)
			if c.shown != nil {
				c.shown(w)
			}
			circuit := assigned(t, w)
			if c.row != nil {
				c.row(circuit)
			}
			refused(t, circuit)
		})
	}
}

// inTwoMarkets has account 1 take what account 2 holds of ether, and account 3 what it holds of bitcoin.
func inTwoMarkets() (*testbatch.State, testbatch.Batch) {
	s, b := deleveraging()
	s.Accounts[maker].Positions[1] = testbatch.Position{Size: 1, Index: -9_000}
	s.Accounts[maker].Collateral -= 800_000
	s.Accounts[taker].Positions[1] = testbatch.Position{Size: -1, Index: -9_000}
	s.Accounts[taker].Collateral += 800_000
	s.Markets[1].OpenInterest = 1
	b.Entries[1].Market, b.Entries[1].Lots, b.Entries[1].Limit = 1, 1, 0
	return s, b
}

// besideARequest has a LIQUIDATE request of nothing, and one DELEVERAGE.
func besideARequest() (*testbatch.State, testbatch.Batch) {
	s, b := deleveraging()
	b.Entries = b.Entries[:1]
	b.Requests = []testbatch.Request{
		{Kind: testbatch.KindLiquidate, Account: taker, Market: 1, Lots: most, Taker: 1, Code: 2},
	}
	return s, b
}

// TestForged_C7_RowsOfADeleverageStandLastAndInOrder: else those of one position could stand apart, and each begin anew.
func TestForged_C7_RowsOfADeleverageStandLastAndInOrder(t *testing.T) {
	for name, scene := range map[string]scenario{"two markets": inTwoMarkets, "a request": besideARequest} {
		t.Run(name, func(t *testing.T) {
			s, b := scene()
			w, _ := build(s, b)
			forge.Accepts(t, compiled(t, Micro()), assigned(t, w))
			w.Risks[0], w.Risks[1] = w.Risks[1], w.Risks[0]
			refused(t, assigned(t, w))
		})
	}
}

// TestForged_C7_AFundThatAbsorbsIsHealthy: reducing is not enough for it. Account 0 is worth 4,000 and short of ether and of
// bitcoin, which must start with 16,000; absorbing leaves it 14,000.
func TestForged_C7_AFundThatAbsorbsIsHealthy(t *testing.T) {
	for gift, legal := range map[int64]bool{0: false, 2_000: true} {
		s, b := absorption()
		s.Accounts[maker].Collateral = 10_000 + 1 - 15_000_000
		s.Accounts[0].Positions = []testbatch.Position{{Size: -5, Index: 7_000}, {Size: -1, Index: -9_000}}
		s.Accounts[0].Collateral = 15_804_000 + gift
		w, _ := build(s, b)
		if legal {
			forge.Accepts(t, compiled(t, Micro()), assigned(t, w))
			continue
		}
		refused(t, assigned(t, w))
		w.Accounts[0].Closing = zkclearv1.ClosingClass_CLOSING_CLASS_REDUCED
		refused(t, assigned(t, w))
	}
}
