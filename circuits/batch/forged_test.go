package batch

import (
	"math/big"
	"testing"

	"github.com/consensys/gnark/constraint/solver"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/testbatch"
	"github.com/zkclear/zkclear/circuits/num"
)

// refused fails the test unless a constraint refuses the assignment.
func refused(t *testing.T, circuit *Circuit, options ...solver.Option) {
	t.Helper()
	forge.Refuses(t, compiled(t, Micro()), circuit, options...)
}

// plain turns a trade into one whose only fill is of the given lots, with no requests: easier to change.
func plain(b *testbatch.Batch, lots uint64) {
	b.Requests = nil
	b.Fills = []testbatch.Fill{{Maker: 0, Taker: 1, Lots: lots}}
}

// operators are batches that break one rule each, with a witness as good as an operator can make it: every root, path,
// claim and word is consistent with what the batch does.
func operators() map[string]func(*testbatch.State, *testbatch.Batch) {
	return map[string]func(*testbatch.State, *testbatch.Batch){
		"C2 order unsigned": func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Signer = new(big.Int) },
		"C2 order of an account without agent signed by nobody": func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[taker].Agent, b.Entries[1].Signer = new(big.Int), new(big.Int)
		},
		"C2 signed by a stranger": func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Signer = big.NewInt(1) },
		"C2 signed by the counterparty": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[0].Signer = big.NewInt(takerOwner)
		},
		"C2 agent expired": func(s *testbatch.State, _ *testbatch.Batch) { s.Accounts[taker].AgentUntil = start + 7 },
		"C2 signed by the agent that this batch replaces": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Requests[0] = testbatch.Request{
				Kind: testbatch.KindAgent, Account: taker, Address: big.NewInt(0xbeef), Until: start + 60, Code: 1,
			}
		},
		"C2 order expired":        func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Expiry = start + 7 },
		"C2 market halted":        func(s *testbatch.State, _ *testbatch.Batch) { s.Markets[0].Status = 2 },
		"C2 lower nonce replayed": func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Nonce -= 1_024 },
		"C2 filled order replayed": func(s *testbatch.State, _ *testbatch.Batch) {
			s.Accounts[maker].Slots[7] = testbatch.Slot{Nonce: 1_024*3 + 7, Filled: 10}
		},
		"C2 order behind a cancel of its nonce": func(s *testbatch.State, _ *testbatch.Batch) {
			s.Accounts[maker].Slots[7] = testbatch.Slot{Nonce: 1_024*3 + 7, Filled: 1<<40 - 1}
		},
		"C2 equal slot twice": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[1] = order(maker, makerOwner, 0, sell, 10, 30_400, 1_024*3+7)
			b.Fills = nil
		},
		"C2 slots of an account falling": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[1] = order(maker, makerOwner, 0, sell, 10, 30_400, 1_024*9+6)
			b.Fills = nil
		},
		"C2 accounts of entries falling": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[0], b.Entries[1] = b.Entries[1], b.Entries[0]
			b.Fills = nil
		},
		"C3 filled one lot beyond its size": func(_ *testbatch.State, b *testbatch.Batch) { b.Fills[1].Lots = 6 },
		"C3 filled beyond what is left": func(s *testbatch.State, _ *testbatch.Batch) {
			s.Accounts[maker].Slots[7] = testbatch.Slot{Nonce: 1_024*3 + 7, Filled: 4}
		},
		"C3 one tick beyond the buyer's limit":  func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[1].Limit = 30_399 },
		"C3 one tick beyond the seller's limit": sellerTakes(30_401, 30_400),
		"C3 fill of no lots":                    func(_ *testbatch.State, b *testbatch.Batch) { b.Fills[1].Lots = 0 },
		"C2 two buyers":                         func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Action = testbatch.Order },
		"C2 two markets":                        func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[1].Market = 1 },
		"C2 one owner on both sides": func(s *testbatch.State, _ *testbatch.Batch) {
			s.Accounts[taker].Owner = big.NewInt(makerOwner)
		},
		"C2 maker is IOC":       func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Action |= ioc },
		"C2 maker is FOK":       func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Action |= fok },
		"C2 taker is POST_ONLY": func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[1].Action |= postOnly },
		"C3 FOK in part":        func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[1].Action |= fok },
		"C5 REDUCE_ONLY grows":  func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[1].Action |= reduceOnly; b.Fills[1].Lots = 5 },
		"C5 REDUCE_ONLY flips": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[0].Action |= reduceOnly
		},
		"C2 cancel on the maker's side": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[0].Action, b.Entries[0].Expiry, b.Entries[0].Nonce = testbatch.Cancel, 1<<40-1, 1_024*4+7
			b.Entries[0].Lots, b.Entries[0].Limit = 0, 0
		},
		"C2 withdrawal on the maker's side": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[0].Action, b.Entries[0].Nonce = testbatch.Withdraw, 1_024*4+7
			b.Entries[0].Lots, b.Entries[0].Limit = 0, 30_400
		},
		"C2 action of no class":     func(_ *testbatch.State, b *testbatch.Batch) { plain(b, 7); b.Entries[0].Lots = 0 },
		"C4 order of 2^56":          largeOrder(1 << 56),
		"C5 closes unhealthy":       func(s *testbatch.State, _ *testbatch.Batch) { s.Accounts[taker].Collateral = 3_000_000 },
		"C5 drained to a friend":    drain,
		"C5 position grows to 2^56": growth,
		"C6 funding step one above its bound": func(s *testbatch.State, b *testbatch.Batch) {
			b.Steps[0] = 30_500*100*1_000*8/3_600 + 1
		},
		"C6 funding step one below its bound": func(s *testbatch.State, b *testbatch.Batch) {
			b.Steps[0] = -(30_500*100*1_000*8/3_600 + 1)
		},
		"C6 rebate above the taker's fee": func(s *testbatch.State, _ *testbatch.Batch) { s.Markets[0].MakerFee = -301 },
		"C1 mark of 0":                    func(_ *testbatch.State, b *testbatch.Batch) { b.Marks[0] = 0 },
		"C1 time runs backwards":          func(s *testbatch.State, b *testbatch.Batch) { b.Timestamp = s.Timestamp - 1; b.Steps = []int64{0, 0} },
		"C8 open interest beyond its cap": func(s *testbatch.State, _ *testbatch.Batch) {
			s.Markets[0].MaxOpenInterest = 5
			s.Accounts[maker].Positions[0].Size = 0
		},
		"C9 forced withdrawal pays one more": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Requests[1].Paid++
		},
		"C9 forced withdrawal pays one less": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Requests[1].Paid--
		},
		"C9 forced withdrawal pays more than there is": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries, b.Fills = nil, nil
			b.Requests[1].Amount, b.Requests[1].Paid = 1<<61, withdrawableOfTaker+1
		},
		"C9 forced withdrawal pays less than there is": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries, b.Fills = nil, nil
			b.Requests[1].Amount, b.Requests[1].Paid = 1<<61, withdrawableOfTaker-1
		},
		"C9 two withdrawals of one account": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Requests[0] = b.Requests[1]
		},
		"C9 a deposit pays out": func(_ *testbatch.State, b *testbatch.Batch) { b.Requests[0].Paid = 1 },
		"C9 outcome of code 2":  func(_ *testbatch.State, b *testbatch.Batch) { b.Requests[0].Code = 2 },
		"C9 account opened twice": func(_ *testbatch.State, b *testbatch.Batch) {
			b.Requests[0] = testbatch.Request{Kind: testbatch.KindOpen, Account: maker, Address: big.NewInt(makerOwner), Code: 1}
		},
		"C9 account opened by nobody": func(s *testbatch.State, _ *testbatch.Batch) { delete(s.Accounts, maker) },
		"C5 signed withdrawal by the agent": func(_ *testbatch.State, b *testbatch.Batch) {
			withdraws(b, 1_000_000)
			b.Entries[1].Signer = big.NewInt(takerAgent)
		},
		"C5 signed withdrawal beyond withdrawable": func(_ *testbatch.State, b *testbatch.Batch) {
			withdraws(b, withdrawableOfTaker+1)
		},
		"C5 signed and forced withdrawal together beyond withdrawable": func(_ *testbatch.State, b *testbatch.Batch) {
			requests := b.Requests
			withdraws(b, withdrawableOfTaker-2_000_000+1)
			b.Requests = requests
		},
		"C3 signed withdrawal served twice": func(s *testbatch.State, b *testbatch.Batch) {
			withdraws(b, 1_000_000)
			s.Accounts[taker].Slots[9] = testbatch.Slot{Nonce: b.Entries[1].Nonce, Filled: 1<<40 - 1}
		},
		"C3 signed withdrawal of nothing": func(_ *testbatch.State, b *testbatch.Batch) { withdraws(b, 0) },
		"C1 signed withdrawal names a market": func(_ *testbatch.State, b *testbatch.Batch) {
			withdraws(b, 1_000_000)
			b.Entries[1].Market = 1
		},
	}
}

func TestForged_OperatorsBatchesAreRefused(t *testing.T) {
	for name, change := range operators() {
		t.Run(name, func(t *testing.T) {
			s := venue()
			b := trade(s)
			change(s, &b)
			refused(t, prepare(t, s, b))
		})
	}
}

// sellerTakes has account 2 buy as the maker and account 3 sell as the taker.
func sellerTakes(takerLimit, makerLimit uint64) func(*testbatch.State, *testbatch.Batch) {
	return func(_ *testbatch.State, b *testbatch.Batch) {
		b.Entries[0].Action, b.Entries[0].Limit = testbatch.Order|buy, makerLimit
		b.Entries[1].Action, b.Entries[1].Limit = testbatch.Order|sell, takerLimit
	}
}

// largeOrder has account 2 sign an order of at least the given notional, at a price that nobody takes.
func largeOrder(notional uint64) func(*testbatch.State, *testbatch.Batch) {
	return func(_ *testbatch.State, b *testbatch.Batch) {
		b.Fills = nil
		b.Entries[0].Limit = 1 << 31
		b.Entries[0].Lots = notional/(100<<31) + 1
	}
}

// drain has account 3, without positions at opening, buy dear and sell cheap: the ratio test of the reduced class reads
// 0 >= 0. Its two orders leave it flat and poorer, account 2 richer.
func drain(s *testbatch.State, b *testbatch.Batch) {
	s.Accounts[taker].Positions[0].Size, s.Accounts[taker].Collateral = 0, -1
	b.Requests = nil
	b.Entries[0].Lots, b.Fills = 10, []testbatch.Fill{{Maker: 0, Taker: 1, Lots: 1}}
	s.Accounts[maker].Collateral = 1 << 40
}

// growth has both sides grow to a position of 2^56 at the mark; the order's own notional stays below.
func growth(s *testbatch.State, b *testbatch.Batch) {
	s.Accounts[maker].Collateral, s.Accounts[taker].Collateral = 1<<61, 1<<61
	s.Accounts[maker].Positions[0].Size, s.Markets[0].OpenInterest = 0, 0
	s.Accounts[taker].Positions[0].Size, s.Markets[0].MaxOpenInterest = 0, 1<<40-1
	b.Marks[0], b.Requests = 1<<31, nil
	lots := uint64(1<<56)/(100<<31) + 1
	b.Entries[0].Lots, b.Entries[1].Lots, b.Fills = 2*lots, 2*lots, []testbatch.Fill{{Maker: 0, Taker: 1, Lots: lots}}
	b.Steps[0] = 0
}

// withdraws has account 3's second entry be a signed withdrawal, and nothing else happen.
func withdraws(b *testbatch.Batch, amount uint64) {
	plain(b, 0)
	b.Fills = nil
	b.Entries[1] = order(taker, takerOwner, 0, 0, amount>>32, amount&(1<<32-1), 2_048+9)
	b.Entries[1].Action = testbatch.Withdraw
}

// otherWords change one input of every kind and keep the public inputs of the true batch.
func otherWords() map[string]func(*Circuit) {
	one := big.NewInt(1)
	return map[string]func(*Circuit){
		"h":              func(c *Circuit) { c.H = 1 },
		"r":              func(c *Circuit) { c.R = 1 },
		"y":              func(c *Circuit) { c.Y = 1 },
		"domain":         func(c *Circuit) { c.Header.Domain = 8 },
		"number":         func(c *Circuit) { c.Header.Number = 8 },
		"timestamp":      func(c *Circuit) { c.Header.Timestamp = start + 9 },
		"first request":  func(c *Circuit) { c.Header.FirstRequest = 12 },
		"old timestamp":  func(c *Circuit) { c.Header.OldTimestamp = start - 1 },
		"old dust":       func(c *Circuit) { c.Header.OldDust = 1 },
		"mark":           func(c *Circuit) { c.Markets[0].Mark = 30_501 },
		"step":           func(c *Circuit) { c.Markets[1].ShiftedStep = shifted(901, stepOffsetBits) },
		"old mark":       func(c *Circuit) { c.Markets[0].OldMark = 30_001 },
		"maker fee":      func(c *Circuit) { c.Markets[0].ShiftedMakerFee = shifted(-49, feeOffsetBits) },
		"taker fee":      func(c *Circuit) { c.Markets[0].TakerFee = 299 },
		"initial rate":   func(c *Circuit) { c.Markets[0].Initial[0] = 1 },
		"funding limit":  func(c *Circuit) { c.Markets[0].MaxFundingRate = 1_001 },
		"listed":         func(c *Circuit) { c.Markets[1].Listed = 0 },
		"collateral":     func(c *Circuit) { c.Accounts[2].Collateral = shifted(50_000_001, collateralOffsetBits) },
		"owner":          func(c *Circuit) { c.Accounts[2].Owner = makerOwner + 1 },
		"size":           func(c *Circuit) { c.Accounts[2].Magnitudes[0] = 6 },
		"settled index":  func(c *Circuit) { c.Accounts[2].ShiftedIndexes[0] = shifted(6_499, indexOffsetBits) },
		"action":         func(c *Circuit) { c.Entries[0].Force0, c.Entries[0].Force1 = 1, 1 },
		"reduce only":    func(c *Circuit) { c.Entries[1].ReduceOnly = 1 },
		"lots":           func(c *Circuit) { c.Entries[0].Lots = 11 },
		"limit":          func(c *Circuit) { c.Entries[1].Limit = 30_451 },
		"expiry":         func(c *Circuit) { c.Entries[1].Expiry = start + 61 },
		"nonce":          func(c *Circuit) { c.Entries[1].NonceHigh = 3 },
		"signer":         func(c *Circuit) { c.Entries[1].Signer = takerOwner },
		"fill lots":      func(c *Circuit) { c.Fills[0].Lots = 4; c.Fills[1].Lots = 3 },
		"deposit":        func(c *Circuit) { c.Requests[0].Amount = 1_000_001 },
		"deposit's kind": func(c *Circuit) { c.Requests[0].Deposit, c.Requests[0].Withdraw = 0, 1 },
		"deposit's row":  func(c *Circuit) { c.Requests[0].Account = taker },
		"requested":      func(c *Circuit) { c.Requests[1].Amount, c.Accounts[3].Requested = 2_000_001, 2_000_001 },
		"lots beyond the field": func(c *Circuit) {
			c.Entries[0].Lots = new(big.Int).Add(big.NewInt(10), new(big.Int).Sub(forge.Field(), one))
		},
	}
}

func TestForged_C1_WordsAreTheCircuits(t *testing.T) { refuseChanges(t, otherWords()) }

// refuseChanges applies each change to the true batch's assignment.
func refuseChanges(t *testing.T, changes map[string]func(*Circuit)) {
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			s := venue()
			circuit := prepare(t, s, trade(s))
			change(circuit)
			refused(t, circuit)
		})
	}
}

// falseClaims are claims that only the prover makes; no word shows them.
func falseClaims() map[string]func(*Circuit) {
	return map[string]func(*Circuit){
		"unchanged though it traded":       func(c *Circuit) { c.Accounts[3].Healthy = 0 },
		"reduced though it grew":           func(c *Circuit) { c.Accounts[3].Healthy, c.Accounts[3].Reduced = 0, 1 },
		"healthy and reduced":              func(c *Circuit) { c.Accounts[3].Reduced = 1 },
		"not grown though it flipped":      func(c *Circuit) { c.Accounts[2].NotGrown[0] = 1 },
		"not grown twice":                  func(c *Circuit) { c.Accounts[2].NotGrown[1] = 2 },
		"no entries":                       func(c *Circuit) { c.Accounts[2].HasEntries = 0 },
		"entries of others":                func(c *Circuit) { c.Accounts[1].HasEntries = 1 },
		"slots of its own":                 func(c *Circuit) { c.Accounts[2].NewSlotsRoot = c.Accounts[2].SlotsRoot },
		"new":                              func(c *Circuit) { c.Accounts[2].New = 1 },
		"another agent":                    func(c *Circuit) { c.Accounts[2].HasAgentRequest, c.Accounts[2].NewAgent = 1, 5 },
		"a withdrawal of another":          func(c *Circuit) { c.Accounts[2].HasWithdrawal, c.Accounts[2].Requested = 1, 1 },
		"no withdrawal":                    func(c *Circuit) { c.Accounts[3].HasWithdrawal = 0 },
		"padding in use":                   func(c *Circuit) { c.Accounts[3].Live = 0 },
		"padding before a row":             func(c *Circuit) { c.Accounts[2].Live = 0 },
		"entry not in use":                 func(c *Circuit) { c.Entries[1].Live = 0 },
		"entry padding first":              func(c *Circuit) { c.Entries[0].Live = 0 },
		"fill not in use":                  func(c *Circuit) { c.Fills[1].Live = 0 },
		"entry of another account":         func(c *Circuit) { c.Entries[0].Account = 3 },
		"entry of a row that is not there": func(c *Circuit) { c.Entries[0].Account = 4 },
		"entry of a market that is not there": func(c *Circuit) {
			c.Entries[0].Market = 2
		},
		"fill of an entry that is not there": func(c *Circuit) { c.Fills[0].Maker = 2 },
		"stored slot empty":                  func(c *Circuit) { c.Entries[0].StoredNonce, c.Entries[0].StoredFilled = 0, 0 },
		"stored slot less filled":            func(c *Circuit) { c.Entries[0].StoredFilled = 1 },
		"sibling of a slot":                  func(c *Circuit) { c.Entries[0].Path[2].Paired = 1 },
		"sibling of an account":              func(c *Circuit) { c.Accounts[2].Path[1].Across[1] = 1 },
		"place of an account":                func(c *Circuit) { c.Accounts[2].Path[0].Low = 1 },
		"place of a slot":                    func(c *Circuit) { c.Entries[0].Path[0].Low = 0 },
		"account 0 elsewhere":                func(c *Circuit) { c.Accounts[0].Path[3].High = 1 },
	}
}

func TestForged_C5_FalseClaimsAreRefused(t *testing.T) { refuseChanges(t, falseClaims()) }

// TestForged_C6_DustIsNotKept: the state keeps less than a unit of dust, the rest goes to account 0.
func TestForged_C6_DustIsNotKept(t *testing.T) {
	s := venue()
	refused(t, prepare(t, s, trade(s)), dustKept())
}

func dustKept() solver.Option {
	kept := func(field *big.Int, in, out []*big.Int) error {
		if err := num.DivFloorHint(field, in, out); err != nil {
			return err
		}
		if in[0].Cmp(big.NewInt(1_000_000)) >= 0 && in[0].BitLen() < 30 { // the batch's total of dust
			out[0].SetInt64(0)
			out[1].Set(in[0])
		}
		return nil
	}
	return solver.OverrideHint(solver.GetHintID(num.DivFloorHint), kept)
}

// wrongBits put values that are no bits where bits belong, so that sums of them come out as they should.
func wrongBits() map[string]func(*Circuit) {
	return map[string]func(*Circuit){
		"sell of 2":               func(c *Circuit) { c.Entries[0].Sell, c.Entries[0].Force0 = 3, mod(-1) },
		"force of 2":              func(c *Circuit) { c.Entries[1].Force0, c.Entries[1].Force1 = 2, mod(-1) },
		"live of 2":               func(c *Circuit) { c.Fills[0].Live, c.Fills[1].Live = 2, 0 },
		"healthy of 2":            func(c *Circuit) { c.Accounts[2].Healthy, c.Accounts[2].Reduced = 2, mod(-1) },
		"agent half in force":     func(c *Circuit) { c.Accounts[3].AgentInForce = 2 },
		"size of two signs":       func(c *Circuit) { c.Accounts[3].Negatives[0] = 2 },
		"place of two digits":     func(c *Circuit) { c.Accounts[2].Path[0].Low, c.Accounts[2].Path[0].High = 2, 0 },
		"request of half a kind":  func(c *Circuit) { c.Requests[0].Deposit, c.Requests[0].Open = mod(-1), 4 },
		"entry of half an action": func(c *Circuit) { c.Entries[0].Withdraw, c.Entries[0].Cancel = 1, mod(-1) },
	}
}

func mod(value int64) *big.Int { return new(big.Int).Mod(big.NewInt(value), forge.Field()) }

func TestForged_P2_OnlyBitsAreBits(t *testing.T) { refuseChanges(t, wrongBits()) }
