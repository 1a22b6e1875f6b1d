package batch

import (
	"math/big"
	"testing"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/testbatch"
)

// TestBoundary_LastLegalValuesAreAccepted is the other side of TestForged_OperatorsBatchesAreRefused: one unit less.
func TestBoundary_LastLegalValuesAreAccepted(t *testing.T) {
	for name, change := range map[string]func(*testbatch.State, *testbatch.Batch){
		"C2 agent in its last second": func(s *testbatch.State, _ *testbatch.Batch) { s.Accounts[taker].AgentUntil = start + 8 },
		"C2 order in its last second": func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Expiry = start + 8 },
		"C2 higher nonce takes the slot over": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[0].Nonce += 1_024
		},
		"C2 higher nonce after a cancel": func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[maker].Slots[7] = testbatch.Slot{Nonce: 1_024*3 + 7, Filled: 1<<40 - 1}
			b.Entries[0].Nonce += 1_024
		},
		"C2 two slots of one account": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[1] = order(maker, makerOwner, 0, sell, 10, 30_400, 1_024*3+8)
			b.Fills = nil
		},
		"C2 two accounts of one owner": func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[taker].Owner, b.Fills = big.NewInt(makerOwner), nil
		},
		"C3 filled to its size": func(_ *testbatch.State, b *testbatch.Batch) { b.Fills[1].Lots = 5 },
		"C3 filled to what is left": func(s *testbatch.State, _ *testbatch.Batch) {
			s.Accounts[maker].Slots[7] = testbatch.Slot{Nonce: 1_024*3 + 7, Filled: 3}
		},
		"C3 at the buyer's limit":  func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[1].Limit = 30_400 },
		"C3 at the seller's limit": sellerTakes(30_400, 30_400),
		"C2 maker is POST_ONLY":    func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Action |= postOnly },
		"C2 taker is IOC":          func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[1].Action |= ioc },
		"C3 FOK in whole":          func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[1].Action |= fok; b.Entries[1].Lots = 7 },
		"C5 REDUCE_ONLY to flat": func(_ *testbatch.State, b *testbatch.Batch) {
			plain(b, 5)
			b.Entries[0].Action |= reduceOnly
			b.Entries[1].Action |= reduceOnly
		},
		"C5 REDUCE_ONLY without a fill": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Fills = nil
			b.Entries[0].Action |= reduceOnly
		},
		"C4 order just below 2^56": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Fills = nil
			b.Entries[0].Limit, b.Entries[0].Lots = 1<<31, 1<<25/100
		},
		"C5 closes at its initial margin": closesAt(0),
		"C5 position grows to less than 2^56": func(s *testbatch.State, b *testbatch.Batch) {
			growth(s, b)
			b.Fills[0].Lots--
		},
		"C5 below its margin and reduced": func(s *testbatch.State, b *testbatch.Batch) {
			plain(b, 5)
			s.Accounts[taker].Collateral = 16_000_000
		},
		"C6 funding step at its bound": func(s *testbatch.State, b *testbatch.Batch) { b.Steps[0] = 30_500 * 100 * 1_000 * 8 / 3_600 },
		"C6 funding step at its floor": func(s *testbatch.State, b *testbatch.Batch) { b.Steps[0] = -(30_500 * 100 * 1_000 * 8 / 3_600) },
		"C6 rebate of the taker's fee": func(s *testbatch.State, _ *testbatch.Batch) { s.Markets[0].MakerFee = -300 },
		"C1 mark of 1":                 func(_ *testbatch.State, b *testbatch.Batch) { b.Marks[1] = 1; b.Steps[1] = 0 },
		"C8 open interest at its cap":  func(s *testbatch.State, _ *testbatch.Batch) { s.Markets[0].MaxOpenInterest = 5 },
		"C8 open interest above a lowered cap": func(s *testbatch.State, _ *testbatch.Batch) {
			s.Markets[0].MaxOpenInterest = 1
		},
		"C9 forced withdrawal of all there is": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries, b.Fills = nil, nil
			b.Requests[1].Amount, b.Requests[1].Paid = withdrawableOfTaker, withdrawableOfTaker
		},
		"C9 forced withdrawal below the margin pays nothing": func(s *testbatch.State, b *testbatch.Batch) {
			b.Entries, b.Fills = nil, nil
			s.Accounts[taker].Collateral, b.Requests[1].Paid = 1_000_000, 0
		},
		"C9 forced withdrawal of an account that closes reduced": func(s *testbatch.State, b *testbatch.Batch) {
			b.Fills = []testbatch.Fill{{Maker: 0, Taker: 1, Lots: 5}}
			s.Accounts[taker].Collateral, b.Requests[1].Paid = 16_000_000, 0
		},
		"C5 signed withdrawal of all there is": func(_ *testbatch.State, b *testbatch.Batch) {
			withdraws(b, withdrawableOfTaker)
		},
		"C5 signed and forced withdrawal of all there is": func(_ *testbatch.State, b *testbatch.Batch) {
			requests := b.Requests
			withdraws(b, withdrawableOfTaker-2_000_000)
			b.Requests = requests
		},
		"C9 several deposits to one account": func(_ *testbatch.State, b *testbatch.Batch) { b.Requests[1] = b.Requests[0] },
		"C9 an unfunded account":             func(s *testbatch.State, b *testbatch.Batch) { b.Requests[0].Account = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			s := venue()
			b := trade(s)
			change(s, &b)
			forge.Accepts(t, compiled(t, Micro()), prepare(t, s, b))
		})
	}
}

// closesAt has account 3 close with its initial margin and the given number of units more.
//
// On paper: it is short 5, funding takes 1 (see withdrawableOfTaker), it sells 7 more at 30,400 as the maker and gets
// the rebate: ceil(21,280,000 * -50 / 10^6) = -1,064. Short 12 at 30,500: notional 36,600,000, initial 20,000 +
// 160,000 + 10% of 31,600,000 = 3,340,000. Equity: collateral - 1 + 21,280,000 + 1,064 - 36,600,000.
func closesAt(more int64) func(*testbatch.State, *testbatch.Batch) {
	return func(s *testbatch.State, b *testbatch.Batch) {
		plain(b, 7)
		b.Entries[0] = order(maker, makerOwner, 0, buy, 10, 30_450, 1_024*3+7)
		b.Entries[1] = order(taker, takerOwner, 0, sell, 8, 30_400, 2_048+9)
		b.Fills = []testbatch.Fill{{Maker: 1, Taker: 0, Lots: 7}}
		s.Accounts[taker].Collateral = 3_340_000 + 36_600_000 - 21_280_000 - 1_064 + 1 + more
	}
}

// TestForged_C5_OneUnitBelowInitialMarginIsRefused is the unit below closesAt(0).
func TestForged_C5_OneUnitBelowInitialMarginIsRefused(t *testing.T) {
	s := venue()
	b := trade(s)
	closesAt(-1)(s, &b)
	refused(t, prepare(t, s, b))
}
