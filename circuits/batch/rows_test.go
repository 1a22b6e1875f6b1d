package batch

import (
	"fmt"
	"math/big"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/consensys/gnark/constraint/solver"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/testbatch"
	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
	"github.com/zkclear/zkclear/circuits/net"
)

// build is Build of the micro shape.
func build(s *testbatch.State, b testbatch.Batch) (*zkclearv1.Witness, *testbatch.State) {
	return testbatch.Build("micro", Micro().AccountDepth, s, b)
}

// deposit is a batch of one deposit, and nothing that moves the rest of the state.
func deposit(s *testbatch.State, account uint32) testbatch.Batch {
	b := s.Following(0)
	b.Requests = []testbatch.Request{{Kind: testbatch.KindDeposit, Account: account, Amount: 5, Code: 1}}
	return b
}

// twoOpenings returns a witness in which rows 2 and 3 are the accounts first and second, opened one after the other: the
// second path is that of the tree after the first row. Every root is right.
func twoOpenings(first, second uint32) *zkclearv1.Witness {
	s := venue()
	s.Dust = 0
	w, between := build(s, deposit(s, first))
	then, _ := build(between, deposit(between, second))
	row := then.Accounts[2]
	row.DepositRequest = 1
	request := then.Requests[0]
	request.AccountRow = 3
	w.Accounts, w.Requests = append(w.Accounts, row), append(w.Requests, request)
	w.NewRoot = then.NewRoot
	return w
}

func TestRows_C6_AccountIdsStrictlyIncrease(t *testing.T) {
	forge.Accepts(t, compiled(t, Micro()), assigned(t, twoOpenings(2, 3)))
	t.Run("falling", func(t *testing.T) { refused(t, assigned(t, twoOpenings(3, 2))) })
	t.Run("equal", func(t *testing.T) { refused(t, assigned(t, twoOpenings(2, 2))) })
}

// TestRows_C11_AnAccountThatNothingNamesIsNotOpened: its funding would be settled and the root would move, and nobody
// who replays the calldata would know.
func TestRows_C11_AnAccountThatNothingNamesIsNotOpened(t *testing.T) {
	refused(t, assigned(t, unnamed(t)))
}

// unnamed is the witness of a batch that opened an account for a deposit of nothing, without that request.
func unnamed(t *testing.T) *zkclearv1.Witness {
	t.Helper()
	s := venue()
	b := s.Following(8)
	b.Steps[0] = 100
	b.Requests = []testbatch.Request{{Kind: testbatch.KindDeposit, Account: maker, Amount: 0, Code: 1}}
	w, _ := build(s, b)
	forge.Accepts(t, compiled(t, Micro()), assigned(t, w))
	w.Requests, w.Accounts[2].DepositRequest = nil, -1
	return w
}

func TestRows_C9_ADepositIsNotInvented(t *testing.T) {
	s := venue()
	b := trade(s)
	b.Requests = b.Requests[:1]
	w, _ := build(s, b)
	w.Requests, w.Accounts[2].DepositRequest = nil, -1
	circuit := assigned(t, w)
	refused(t, circuit)

	// The prover's own sum of deposits is what the new root was made with.
	invented := scattered(Micro().Accounts, func(index int, out *big.Int) {
		if index == maker*2+1 {
			out.SetInt64(1_000_000)
		}
	}, 2)
	refused(t, circuit, invented)
}

// scattered changes the sums that ScatterHint proposes for a given number of cells and sums.
func scattered(cells int, change func(index int, out *big.Int), sums int64) solver.Option {
	return solver.OverrideHint(solver.GetHintID(net.ScatterHint), func(field *big.Int, in, out []*big.Int) error {
		if err := net.ScatterHint(field, in, out); err != nil {
			return err
		}
		if in[0].Int64() == int64(cells) && in[1].Int64() == sums {
			for i := range out {
				change(i, out[i])
				out[i].Mod(out[i], field)
			}
		}
		return nil
	})
}

// movedNets move lots or cash from one cell to another: every sum over cells stays the same.
func movedNets() map[string]solver.Option {
	shape := Micro()
	add := func(at map[int]int64) func(int, *big.Int) {
		return func(index int, out *big.Int) { out.Add(out, big.NewInt(at[index])) }
	}
	return map[string]solver.Option{
		"lots to another market":       scattered(shape.Accounts*shape.Markets, add(map[int]int64{8: -7, 10: 7}), 2),
		"lots to another account":      scattered(shape.Accounts*shape.Markets, add(map[int]int64{8: 7, 12: -7}), 2),
		"cash to another account":      scattered(shape.Accounts, add(map[int]int64{7: 100, 10: -100}), 3),
		"cash to the insurance fund":   scattered(shape.Accounts, add(map[int]int64{1: 100, 10: -100}), 3),
		"withdrawal of another":        scattered(shape.Accounts, add(map[int]int64{8: 1, 11: -1}), 3),
		"filled lots to another order": scattered(shape.Orders, add(map[int]int64{1: -1, 4: 1}), 3),
		"cash to another order":        scattered(shape.Orders, add(map[int]int64{2: -1, 5: 1}), 3),
		"deposit of another":           scattered(shape.Accounts, add(map[int]int64{5: -1, 7: 1}), 2),
	}
}

func TestRows_C3_NetsStayInTheirCell(t *testing.T) {
	for name, lie := range movedNets() {
		t.Run(name, func(t *testing.T) {
			s := venue()
			refused(t, prepare(t, s, trade(s)), lie)
		})
	}
}

// paddings write into rows that are not in use.
func paddings() map[string]padding {
	return map[string]padding{
		"untouched":               {func(*Circuit) {}, false},
		"an entry's fields":       {func(c *Circuit) { c.Entries[0].Lots, c.Entries[0].Limit, c.Entries[0].NonceHigh = 5, 6, 7 }, false},
		"an entry's path":         {func(c *Circuit) { c.Entries[1].Path[0].Paired, c.Entries[1].StoredNonce = 9, 0 }, false},
		"an entry's action":       {func(c *Circuit) { c.Entries[0].Sell = 1 }, true},
		"an entry that withdraws": {func(c *Circuit) { c.Entries[0].Withdraw = 1 }, true},
		"an entry's signer":       {func(c *Circuit) { c.Entries[0].Signer = 5 }, false},
		"an entry beyond 40 bits": {func(c *Circuit) { c.Entries[0].Lots = 1 << 40 }, true},
		"an account's owner":      {func(c *Circuit) { c.Accounts[3].Owner, c.Accounts[3].Agent = 5, 6 }, false},
		"an account's money":      {func(c *Circuit) { c.Accounts[3].Collateral = shifted(1<<40, collateralOffsetBits) }, false},
		"an account's position":   {func(c *Circuit) { c.Accounts[3].Magnitudes[0] = 1 }, true},
		"an account that is new":  {func(c *Circuit) { c.Accounts[3].New = 1 }, true},
		"an account that pays":    {func(c *Circuit) { c.Accounts[3].HasWithdrawal, c.Accounts[3].Requested = 1, 1 }, true},
		"an account with orders":  {func(c *Circuit) { c.Accounts[3].HasEntries = 1 }, true},
		"a fill's lots":           {func(c *Circuit) { c.Fills[0].Lots, c.Fills[0].Maker, c.Fills[0].Taker = 9, 1, 1 }, false},
		"a fill's lots wrap":      {func(c *Circuit) { c.Fills[0].Lots = -1 }, true},
		"a request's fields":      {func(c *Circuit) { c.Requests[0].Amount, c.Requests[0].Address, c.Requests[0].Paid = 9, 8, 7 }, false},
		"a request's kind":        {func(c *Circuit) { c.Requests[0].Deposit = 1 }, true},
		"a request behind padding": {func(c *Circuit) {
			c.Requests[1].Deposit, c.Requests[1].Amount = 1, 1
		}, true},
		"an entry that padding names": {func(c *Circuit) { c.Entries[0].Account = 3 }, true},
	}
}

// padding is a change, and whether it is refused or has no effect.
type padding struct {
	change  func(*Circuit)
	refused bool
}

// TestRows_P4_PaddingIsInert: what stands in a row that is not in use has no effect, or is refused.
func TestRows_P4_PaddingIsInert(t *testing.T) {
	s := venue()
	empty := s.Following(8)
	for name, c := range paddings() {
		t.Run(name, func(t *testing.T) {
			circuit := prepare(t, s, empty)
			c.change(circuit)
			if c.refused {
				refused(t, circuit)
			} else {
				forge.Accepts(t, compiled(t, Micro()), circuit)
			}
		})
	}
}

// TestRows_P4_APaddedRowTradesNothing marks a live order as padding and keeps its fill.
func TestRows_P4_APaddedRowTradesNothing(t *testing.T) {
	s := venue()
	w, _ := build(s, trade(s))
	for _, keep := range []int{0, 1} {
		t.Run(fmt.Sprint(keep), func(t *testing.T) {
			cut := proto.Clone(w).(*zkclearv1.Witness)
			circuit := assigned(t, cut)
			circuit.Entries[1].Live = 0
			for i := range circuit.Fills[keep:] {
				circuit.Fills[keep+i].Live = 0
			}
			refused(t, circuit)
		})
	}
}

// TestRows_C6_FixedRowsAreTheFirstAccounts: row 0 gets the dust and row 1 the fees, so no other account may stand there.
func TestRows_C6_FixedRowsAreTheFirstAccounts(t *testing.T) {
	for name, opens := range map[string][]uint32{
		"dust to a trader": {2, 3}, "fees to a trader": {0, 2}, "fees to account 0": {1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := venue()
			b := s.Following(0)
			b.Opens = opens
			w, _ := build(s, b)
			refused(t, assigned(t, w))
		})
	}
}

// TestRows_C6_FixedRowsAreInUse: nothing moves in this batch, so the roots do not tell whether the rows took part.
func TestRows_C6_FixedRowsAreInUse(t *testing.T) {
	s := venue()
	s.Dust = 0
	_, settled := build(s, s.Following(0))
	forge.Accepts(t, compiled(t, Micro()), prepare(t, settled, settled.Following(8)))
	for first := range fixedRows {
		circuit := prepare(t, settled, settled.Following(8))
		for i := first; i < fixedRows; i++ {
			circuit.Accounts[i].Live = 0
		}
		refused(t, circuit)
	}
}

// TestRows_P4_PaddingComesLast: behind a row that is not in use, ids would be compared with nothing.
func TestRows_P4_PaddingComesLast(t *testing.T) {
	s := venue()
	circuit := prepare(t, s, deposit(s, maker))
	circuit.Accounts[2], circuit.Accounts[3] = circuit.Accounts[3], circuit.Accounts[2]
	circuit.Requests[0].Account = 3
	refused(t, circuit)
}

// TestRows_C9_ANewAccountIsNotGivenMoney: its stored leaf is 0 whatever the row says; the new root is made with the gift.
func TestRows_C9_ANewAccountIsNotGivenMoney(t *testing.T) {
	for name, gift := range map[string]func(*testbatch.Account){
		"nothing":   func(*testbatch.Account) {},
		"money":     func(a *testbatch.Account) { a.Collateral = 1_000_000 },
		"an agent":  func(a *testbatch.Account) { a.Agent, a.AgentUntil = big.NewInt(5), start+1_000 },
		"used slot": func(a *testbatch.Account) { a.Slots[3] = testbatch.Slot{Nonce: 3, Filled: 1} },
	} {
		t.Run(name, func(t *testing.T) {
			s := venue()
			b := s.Following(8)
			b.Requests = []testbatch.Request{{Kind: testbatch.KindOpen, Account: 4, Address: big.NewInt(77), Code: 1}}
			b.Invent = gift
			circuit := prepare(t, s, b)
			if name == "nothing" {
				forge.Accepts(t, compiled(t, Micro()), circuit)
			} else {
				refused(t, circuit)
			}
		})
	}
}
