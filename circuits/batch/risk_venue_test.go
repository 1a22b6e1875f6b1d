package batch

import (
	"math/big"
	"testing"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/testbatch"
)

// most is a request for as many lots as there may be.
const most = 1<<40 - 1

// crashed returns a venue in which account 2, long 5 lots of ether worth 3,000,000 each, has the given equity, and account 0
// the given collateral. Funding takes 1 of account 2. Its maintenance is 1% of 1,000,000, 2% of 4,000,000 and 5% of the
// rest of 15,000,000 = 590,000, the half of which is 295,000; of three lots 290,000. One batch may take 2 of 5 lots.
func crashed(equity, fund int64) *testbatch.State {
	s := venue()
	s.Accounts[maker].Collateral = equity + 1 - 15_000_000
	s.Accounts[0].Collateral = fund
	return s
}

// unsigned is a risk entry.
func unsigned(account uint32, action, lots, limit uint64) testbatch.Entry {
	return testbatch.Entry{
		Account: account, Action: action, Lots: lots, Limit: limit, Expiry: 1<<40 - 1, Nonce: 1_023, Signer: new(big.Int),
	}
}

// takeover has account 3, short itself, take 2 lots of account 2, which loses 60,000.
func takeover() (*testbatch.State, testbatch.Batch) {
	s := crashed(400_000, 0)
	b := s.Following(8)
	b.Requests = []testbatch.Request{
		{Kind: testbatch.KindLiquidate, Account: maker, Lots: most, Taker: taker, Code: 1, Paid: 2},
	}
	return s, b
}

// forcedClose has account 0 take 3 lots of account 2, which is healthy.
func forcedClose() (*testbatch.State, testbatch.Batch) {
	s := venue()
	s.Accounts[0].Collateral = 100_000_000
	b := s.Following(8)
	b.Requests = []testbatch.Request{{Kind: testbatch.KindClose, Account: maker, Lots: 3, Code: 1, Paid: 3}}
	return s, b
}

// bookSale has account 2 sell 2 lots in the book, to an order of account 3 that is better than its limit.
func bookSale() (*testbatch.State, testbatch.Batch) {
	s := crashed(400_000, 0)
	b := s.Following(8)
	b.Entries = []testbatch.Entry{
		unsigned(maker, testbatch.Book+sell, 2, 29_700),
		order(taker, takerOwner, 0, buy, 2, 29_800, 5),
	}
	b.Fills = []testbatch.Fill{{Maker: 1, Taker: 0, Lots: 2}}
	return s, b
}

// absorption has account 0 take all of account 2.
func absorption() (*testbatch.State, testbatch.Batch) {
	s := crashed(294_999, 100_000_000)
	b := s.Following(8)
	b.Entries = []testbatch.Entry{unsigned(maker, testbatch.Absorb, 0, 0)}
	return s, b
}

// deleveraging has accounts 1 and 3, short 2 and 3 lots, take all of account 2, whose equity is negative.
func deleveraging() (*testbatch.State, testbatch.Batch) {
	s := crashed(-500_000, 0)
	s.Accounts[1].Positions[0] = testbatch.Position{Size: -2, Index: 7_000}
	s.Accounts[1].Collateral = 20_000_000
	s.Accounts[taker].Positions[0].Size = -3
	b := s.Following(8)
	b.Entries = []testbatch.Entry{
		unsigned(1, testbatch.Deleverage, 2, 0), unsigned(taker, testbatch.Deleverage, 3, 1),
	}
	b.Entries[0].Subject, b.Entries[1].Subject = maker, maker
	return s, b
}

// marketChange has one listed market, changes it and lists the other.
func marketChange() (*testbatch.State, testbatch.Batch) {
	s := testbatch.Genesis(feeRecipient, start, 2, ether())
	changed, listed := ether(), bitcoin()
	changed.TakerFee, listed.Mark, listed.Index, listed.OpenInterest = 400, 0, 0, 0
	b := s.Following(8)
	b.Requests = []testbatch.Request{testbatch.ChangeMarket(1, listed), testbatch.ChangeMarket(0, changed)}
	return s, b
}

// riskBatches are honest batches with every risk operation and every outcome.
func riskBatches() map[string]scenario {
	with := func(
		base func() (*testbatch.State, testbatch.Batch), change func(*testbatch.State, *testbatch.Batch),
	) func() (*testbatch.State, testbatch.Batch) {
		return func() (*testbatch.State, testbatch.Batch) {
			s, b := base()
			change(s, &b)
			return s, b
		}
	}
	outcome := func(code uint32) func(*testbatch.State, *testbatch.Batch) {
		return func(_ *testbatch.State, b *testbatch.Batch) { b.Requests[0].Code, b.Requests[0].Paid = code, 0 }
	}
	return map[string]scenario{
		"takeover":      takeover,
		"forced close":  forcedClose,
		"book":          bookSale,
		"absorption":    absorption,
		"deleveraging":  deleveraging,
		"market change": marketChange,
		"takeover of one lot": with(takeover, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Requests[0].Lots, b.Requests[0].Paid = 1, 1
		}),
		"takeover, nothing held": with(takeover, func(s *testbatch.State, b *testbatch.Batch) {
			b.Requests[0].Market = 1
			outcome(2)(s, b)
		}),
		"takeover, not liquidatable": with(takeover, func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[maker].Collateral += 190_000
			outcome(3)(s, b)
		}),
		"takeover, a hole": with(takeover, func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[maker].Collateral -= 400_001
			outcome(2)(s, b)
		}),
		"takeover, taker unfit": with(takeover, func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[taker].Collateral = 15_000_000
			outcome(4)(s, b)
		}),
		"takeover, taker unfit for what it holds elsewhere": with(takeover, func(s *testbatch.State, b *testbatch.Batch) {
			// A lot of bitcoin must start with 16,000 and two of ether with 280,000; the keeper's share is 30,000.
			s.Accounts[1].Positions[1] = testbatch.Position{Size: 1, Index: -9_000}
			s.Accounts[1].Collateral = 16_000 + 280_000 - 30_000 - 1 - 800_000
			b.Requests[0].Taker = 1
			outcome(4)(s, b)
		}),
		"takeover, taker just fit for what it holds elsewhere": with(takeover, func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[1].Positions[1] = testbatch.Position{Size: 1, Index: -9_000}
			s.Accounts[1].Collateral = 16_000 + 280_000 - 30_000 - 800_000
			b.Requests[0].Taker = 1
		}),
		"takeover, taker is itself": with(takeover, func(s *testbatch.State, b *testbatch.Batch) {
			b.Requests[0].Taker = maker
			outcome(4)(s, b)
		}),
		"takeover and close of two accounts": with(takeover, func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[0].Collateral = 100_000_000
			b.Requests = append(b.Requests, testbatch.Request{
				Kind: testbatch.KindClose, Account: taker, Lots: 1, Code: 1, Paid: 1,
			})
		}),
		"close to flat with a fill": with(forcedClose, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries = []testbatch.Entry{
				order(maker, makerOwner, 0, sell, 2, 30_000, 5), order(taker, takerOwner, 0, buy, 2, 30_000, 5),
			}
			b.Fills = []testbatch.Fill{{Maker: 0, Taker: 1, Lots: 2}}
		}),
		"close, fund unfit": with(forcedClose, func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[0].Collateral = 0
			outcome(5)(s, b)
		}),
		"close, liquidatable": with(forcedClose, func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[maker].Collateral = -14_500_000
			outcome(2)(s, b)
		}),
		"book, unfilled":       with(bookSale, func(_ *testbatch.State, b *testbatch.Batch) { b.Fills = nil }),
		"book, filled in part": with(bookSale, func(_ *testbatch.State, b *testbatch.Batch) { b.Fills[0].Lots = 1 }),
		"book, slot is in use": with(bookSale, func(s *testbatch.State, b *testbatch.Batch) { b.Entries[0].Nonce = 7 }),
		"book, of account 0":   fundSale,
		"absorption of a hole": with(absorption, func(s *testbatch.State, _ *testbatch.Batch) { s.Accounts[maker].Collateral -= 300_000 }),
		"deleveraging in part": with(deleveraging, func(_ *testbatch.State, b *testbatch.Batch) { b.Entries = b.Entries[:1] }),
		"deleveraging account 0": with(deleveraging, func(s *testbatch.State, b *testbatch.Batch) {
			b.Entries = b.Entries[1:]
			b.Entries[0].Limit, b.Entries[0].Subject = 0, 0
			s.Accounts[0].Positions, s.Accounts[maker].Positions = s.Accounts[maker].Positions, s.Accounts[0].Positions
			s.Accounts[0].Collateral, s.Accounts[maker].Collateral = s.Accounts[maker].Collateral, 0
		}),
	}
}

// fundSale has account 0 sell at the mark what it holds.
func fundSale() (*testbatch.State, testbatch.Batch) {
	s := venue()
	s.Accounts[0].Positions, s.Accounts[maker].Positions = s.Accounts[maker].Positions, s.Accounts[0].Positions
	b := s.Following(8)
	b.Entries = []testbatch.Entry{unsigned(0, testbatch.Book+sell, 5, 30_000), order(taker, takerOwner, 0, buy, 5, 30_000, 5)}
	b.Fills = []testbatch.Fill{{Maker: 1, Taker: 0, Lots: 5}}
	return s, b
}

func TestRisk_C7_HonestBatchesAreAccepted(t *testing.T) {
	for name, scene := range riskBatches() {
		t.Run(name, func(t *testing.T) {
			s, b := scene()
			forge.Accepts(t, compiled(t, Micro()), prepare(t, s, b))
		})
	}
}
