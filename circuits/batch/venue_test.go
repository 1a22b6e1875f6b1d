package batch

import (
	"math/big"
	"testing"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/testbatch"
	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
)

// Numbers of the market of these tests.
const (
	feeRecipient = 0xfee
	maker, taker = 2, 3 // Account ids, and rows too, for no id is left out.
	makerOwner   = 0xa2
	takerOwner   = 0xa3
	takerAgent   = 0xb3
	start        = 1_700_000_000
)

// ether and bitcoin are two markets with different lots, fees and rates.
func ether() testbatch.Market {
	return testbatch.Market{
		LotE8: 100_000, TickE8: 10_000_000, QuotePerLotTick: 100, T1: 1_000_000, T2: 5_000_000,
		Maintenance: [3]uint32{10_000, 20_000, 50_000}, Initial: [3]uint32{20_000, 40_000, 100_000},
		MakerFee: -50, TakerFee: 300, LiquidationFee: 10_000, KeeperShare: 500_000, CloseFactor: 300_000,
		Closeout: 500_000, FundingLimit: 1_000, MaxOpenInterest: 1_000, Status: 1, Mark: 30_000, Index: 7_000, OpenInterest: 5,
	}
}

func bitcoin() testbatch.Market {
	m := ether()
	m.QuotePerLotTick, m.MakerFee, m.TakerFee, m.Mark, m.Index, m.OpenInterest = 10, 20, 250, 80_000, -9_000, 0
	return m
}

// venue is a state of the micro shape in which account 2 is long 5 lots of ether and account 3 short.
func venue() *testbatch.State {
	s := testbatch.Genesis(feeRecipient, start, 2, ether(), bitcoin())
	s.Number, s.Next, s.Dust = 6, 11, 999_999
	long, short := testbatch.NewAccount(makerOwner, 2), testbatch.NewAccount(takerOwner, 2)
	long.Collateral, short.Collateral = 50_000_000, 60_000_000
	long.Positions = []testbatch.Position{{Size: 5, Index: 6_500}, {Index: -9_000}}
	short.Positions = []testbatch.Position{{Size: -5, Index: 6_900}, {Index: -8_000}}
	short.Agent, short.AgentUntil = big.NewInt(takerAgent), start+100
	long.Slots[7] = testbatch.Slot{Nonce: 1_024*3 + 7, Filled: 2}
	s.Accounts[maker], s.Accounts[taker] = long, short
	return s
}

// order returns an order that lives for a minute.
func order(account uint32, owner int64, market, action, lots, limit, nonce uint64) testbatch.Entry {
	return testbatch.Entry{
		Account: account, Market: market, Action: testbatch.Order | action, Lots: lots, Limit: limit,
		Expiry: start + 60, Nonce: nonce, Signer: big.NewInt(owner),
	}
}

// trade is a batch that uses most of the circuit: an order that continues, one of an agent, two fills, a deposit and a
// forced withdrawal, marks and funding that move.
func trade(s *testbatch.State) testbatch.Batch {
	b := s.Following(8)
	b.Marks = []uint64{30_500, 79_000}
	b.Steps = []int64{-5_000, 900}
	b.Entries = []testbatch.Entry{
		order(maker, makerOwner, 0, sell, 10, 30_400, 1_024*3+7),
		order(taker, takerAgent, 0, buy, 8, 30_450, 2_048+9),
	}
	b.Fills = []testbatch.Fill{{Maker: 0, Taker: 1, Lots: 3}, {Maker: 0, Taker: 1, Lots: 4}}
	b.Requests = []testbatch.Request{
		{Kind: testbatch.KindDeposit, Account: maker, Amount: 1_000_000, Code: 1},
		{Kind: testbatch.KindWithdraw, Account: taker, Amount: 2_000_000, Code: 1, Paid: 2_000_000},
	}
	return b
}

// Bits of an order's action.
const (
	buy        = 0
	sell       = 1
	ioc        = 1 << 1
	fok        = 2 << 1
	postOnly   = 3 << 1
	reduceOnly = 1 << 3
)

// prepare returns the circuit's assignment for a batch on a state of the micro shape.
func prepare(t testing.TB, s *testbatch.State, b testbatch.Batch) *Circuit {
	t.Helper()
	witness, _ := testbatch.Build("micro", Micro().AccountDepth, s, b)
	return assigned(t, witness)
}

func assigned(t testing.TB, witness *zkclearv1.Witness) *Circuit {
	t.Helper()
	circuit, err := Assign(Micro(), witness)
	if err != nil {
		t.Fatal(err)
	}
	return circuit
}

func TestBatch_C1_HonestBatchesAreAccepted(t *testing.T) {
	system := compiled(t, Micro())
	for name, change := range map[string]func(*testbatch.State, *testbatch.Batch){
		"trade":        func(*testbatch.State, *testbatch.Batch) {},
		"empty":        func(s *testbatch.State, b *testbatch.Batch) { *b = s.Following(0) },
		"only entries": func(_ *testbatch.State, b *testbatch.Batch) { b.Requests = nil },
		"only requests": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries, b.Fills = nil, nil
		},
		"opened, funded and traded at once": func(s *testbatch.State, b *testbatch.Batch) {
			delete(s.Accounts, taker)
			s.Accounts[maker].Positions[0].Size, s.Markets[0].OpenInterest = 0, 0
			b.Requests = []testbatch.Request{
				{Kind: testbatch.KindDeposit, Account: taker, Amount: 1 << 40, Code: 1, Address: new(big.Int)},
				{Kind: testbatch.KindOpen, Account: taker, Address: big.NewInt(takerOwner), Code: 1},
			}
			b.Entries[1].Signer = big.NewInt(takerOwner)
		},
		"signed by the agent that this batch brings": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Requests[0] = testbatch.Request{
				Kind: testbatch.KindAgent, Account: taker, Address: big.NewInt(0xbeef), Until: start + 8, Code: 1,
			}
			b.Entries[1].Signer = big.NewInt(0xbeef)
		},
		"signed withdrawal and cancel": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Fills = nil
			b.Entries[0] = order(maker, makerOwner, 0, 0, 0, 1_000_000, 1_024*4+7)
			b.Entries[0].Action = testbatch.Withdraw
			b.Entries[1] = order(taker, takerAgent, 1, 0, 0, 0, 9)
			b.Entries[1].Action, b.Entries[1].Expiry = testbatch.Cancel, 1<<40-1
		},
		"forced withdrawal of more than there is": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries, b.Fills = nil, nil
			b.Requests[1].Amount, b.Requests[1].Paid = 1<<61, withdrawableOfTaker
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := venue()
			b := trade(s)
			change(s, &b)
			forge.Accepts(t, system, prepare(t, s, b))
		})
	}
}

// withdrawableOfTaker is what account 3 may take out in trade, on paper. Funding: -(-5)(2,000 - 6,900) = -24,500, down to
// -1. Equity: 59,999,999 - 5*30,500*100 = 44,749,999. Initial: 2% of the first 1,000,000 of 15,250,000, 4% of the next
// 4,000,000, 10% of the rest = 1,205,000.
const withdrawableOfTaker = 44_749_999 - 1_205_000
