package batch

import (
	"math/big"
	"testing"

	"github.com/zkclear/zkclear/circuits/internal/testbatch"
)

// scenario makes a state and a batch on it.
type scenario func() (*testbatch.State, testbatch.Batch)

// riskOperator is a batch that breaks one rule of risk operations, as good as an operator can make it.
type riskOperator struct {
	of     scenario
	change func(*testbatch.State, *testbatch.Batch)
}

// says changes the outcome that the operator gives the first request.
func says(code uint32, paid uint64) func(*testbatch.State, *testbatch.Batch) {
	return func(_ *testbatch.State, b *testbatch.Batch) { b.Requests[0].Code, b.Requests[0].Paid = code, paid }
}

// bends changes what the first risk row moves.
func bends(lots, discount, share int64) func(*testbatch.State, *testbatch.Batch) {
	return func(_ *testbatch.State, b *testbatch.Batch) {
		b.Bend = func(i int, m *testbatch.Move) {
			if i == 0 {
				m.Lots, m.Discount, m.Share = m.Lots+lots, m.Discount+discount, m.Share+share
			}
		}
	}
}

func riskOperators() map[string]riskOperator {
	return map[string]riskOperator{
		"takeover, one lot more":               {takeover, says(1, 3)},
		"takeover, one lot less":               {takeover, says(1, 1)},
		"takeover, lots not those of outcome":  {takeover, bends(-1, 0, 0)},
		"takeover, called nothing to do":       {takeover, says(2, 0)},
		"takeover, called not liquidatable":    {takeover, says(3, 0)},
		"takeover, called taker unfit":         {takeover, says(4, 0)},
		"takeover, called fund unfit":          {takeover, says(5, 0)},
		"takeover, called nothing at all":      {takeover, says(0, 0)},
		"takeover, not executed but paid":      {takeover, says(4, 2)},
		"takeover, discount one more":          {takeover, bends(0, 1, 0)},
		"takeover, discount one less":          {takeover, bends(0, -1, 0)},
		"takeover, keeper's share one more":    {takeover, bends(0, 0, 1)},
		"takeover, keeper's share one less":    {takeover, bends(0, 0, -1)},
		"takeover, whole discount to the fund": {takeover, bends(0, 0, -30_000)},
		"takeover of a healthy account": {takeover, func(s *testbatch.State, _ *testbatch.Batch) {
			s.Accounts[maker].Collateral += 190_000
		}},
		"takeover of a hole": {takeover, func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[maker].Collateral -= 400_001
			b.Requests[0].Paid = 5
		}},
		"takeover by an unfit taker": {takeover, func(s *testbatch.State, _ *testbatch.Batch) {
			s.Accounts[taker].Collateral = 15_000_000
		}},
		"takeover by the account itself": {takeover, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Requests[0].Taker = maker
		}},
		"takeover beyond what was asked": {takeover, func(_ *testbatch.State, b *testbatch.Batch) { b.Requests[0].Lots = 1 }},
		"takeover twice": {takeover, func(s *testbatch.State, b *testbatch.Batch) {
			b.Requests = append(b.Requests, b.Requests[0])
		}},
		"takeovers of one account, neither executed": {takeover, func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[maker].Collateral += 190_000
			b.Requests[0].Code, b.Requests[0].Paid = 3, 0
			b.Requests = append(b.Requests, b.Requests[0])
		}},
		"takeover and sale in the book of one account": {takeover, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries = []testbatch.Entry{unsigned(maker, testbatch.Book+sell, 1, 29_900)}
		}},
		"takeover and absorption of one account": {takeover, func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[0].Collateral = 100_000_000
			s.Accounts[maker].Collateral -= 150_000 + 800_000 // and a lot of bitcoin worth that
			s.Accounts[maker].Positions[1].Size, s.Accounts[taker].Positions[1].Size = 1, -1
			s.Markets[1].OpenInterest, b.Requests[0].Paid = 1, 5
			b.Entries = []testbatch.Entry{unsigned(maker, testbatch.Absorb, 0, 0)}
			b.Entries[0].Market = 1
		}},
		"takeover of an account that trades": {takeover, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries = []testbatch.Entry{
				order(maker, makerOwner, 0, sell, 1, 30_000, 5), order(taker, takerOwner, 0, buy, 1, 30_000, 5),
			}
			b.Fills = []testbatch.Fill{{Maker: 0, Taker: 1, Lots: 1}}
		}},
		"order of a liquidatable account takes": {bookSale, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[0] = order(maker, makerOwner, 0, sell, 2, 29_700, 5)
		}},
		"order of a liquidatable account makes": {bookSale, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[0] = order(maker, makerOwner, 0, sell, 2, 29_700, 5)
			b.Fills[0].Maker, b.Fills[0].Taker = 0, 1
		}},

		"close, one lot more":       {forcedClose, says(1, 4)},
		"close, one lot less":       {forcedClose, says(1, 2)},
		"close, called nothing":     {forcedClose, says(2, 0)},
		"close, called fund unfit":  {forcedClose, says(5, 0)},
		"close, called taker unfit": {forcedClose, says(4, 0)},
		"close, discount one more":  {forcedClose, bends(0, 1, 1)},
		"close, discount one less":  {forcedClose, bends(0, -1, -1)},
		"close by an unfit fund": {forcedClose, func(s *testbatch.State, _ *testbatch.Batch) {
			s.Accounts[0].Collateral = 100
		}},
		"close of a liquidatable account": {forcedClose, func(s *testbatch.State, _ *testbatch.Batch) {
			s.Accounts[maker].Collateral = -14_500_000
		}},
		"close and fills flip": {forcedClose, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries = []testbatch.Entry{
				order(maker, makerOwner, 0, sell, 3, 30_000, 5), order(taker, takerOwner, 0, buy, 3, 30_000, 5),
			}
			b.Fills = []testbatch.Fill{{Maker: 0, Taker: 1, Lots: 3}}
		}},
		"close and fills grow": {forcedClose, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries = []testbatch.Entry{
				order(maker, makerOwner, 0, buy, 4, 30_000, 5), order(taker, takerOwner, 0, sell, 4, 30_000, 5),
			}
			b.Fills = []testbatch.Fill{{Maker: 0, Taker: 1, Lots: 4}}
		}},
		"closes of one account, neither executed": {forcedClose, func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[0].Collateral = 0
			b.Requests[0].Code, b.Requests[0].Paid = 5, 0
			b.Requests = append(b.Requests, b.Requests[0])
			b.Requests[1].Market = 1
			b.Requests[1].Code = 2
		}},

		"book, of a healthy account": {bookSale, func(s *testbatch.State, _ *testbatch.Batch) {
			s.Accounts[maker].Collateral += 190_000
		}},
		"book, below its limit": {bookSale, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[0].Limit, b.Entries[1].Limit = 29_699, 29_699
		}},
		"book, one lot too many": {bookSale, func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Lots = 3 }},
		"book, overfilled":       {bookSale, func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Lots = 1 }},
		"book, no lots":          {bookSale, func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Lots, b.Fills = 0, nil }},
		"book, makes":            {bookSale, func(_ *testbatch.State, b *testbatch.Batch) { b.Fills[0].Maker, b.Fills[0].Taker = 0, 1 }},
		"book, buys":             {bookSale, func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Action, b.Fills = testbatch.Book, nil }},
		"book, its fees to account 1": {bookSale, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Split = func(fees, fund *int64) { *fees, *fund = *fund, *fees }
		}},
		"order's fees to account 0": {forcedClose, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries = []testbatch.Entry{
				order(maker, makerOwner, 0, sell, 2, 30_000, 5), order(taker, takerOwner, 0, buy, 2, 30_000, 5),
			}
			b.Fills = []testbatch.Fill{{Maker: 0, Taker: 1, Lots: 2}}
			b.Split = func(fees, fund *int64) { *fees, *fund = *fund, *fees }
		}},
		"book, in a halted market": {bookSale, func(s *testbatch.State, b *testbatch.Batch) {
			s.Markets[0].Status, b.Fills = 2, nil
		}},
		"book, of 2^56": {fundSale, func(s *testbatch.State, b *testbatch.Batch) {
			b.Entries[0].Limit, b.Fills = 1<<32-1, nil
			s.Accounts[0].Positions[0].Size, b.Entries[0].Lots = 1<<19, 1<<19
		}},
		"book, signed": {bookSale, func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Signer = big.NewInt(makerOwner) }},
		"book, ends":   {bookSale, func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Expiry-- }},
		"book, a nonce beyond the slots": {bookSale, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[0].Nonce = 1_024
		}},
		"book, of account 0 below the mark": {fundSale, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[0].Limit = 29_999
		}},
		"book, of account 0 and more than it has": {fundSale, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries[0].Lots, b.Fills = 6, nil
		}},
		"book, of account 0 which grows": {fundSale, func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[0].Collateral, s.Accounts[maker].Positions[0].Size = 100_000_000, 2
			s.Accounts[taker].Positions[0].Size, s.Markets[0].OpenInterest = -7, 7
			b.Entries, b.Fills = b.Entries[:1], nil
			b.Requests = []testbatch.Request{{Kind: testbatch.KindClose, Account: maker, Lots: 2, Code: 1, Paid: 2}}
		}},

		"absorption of one not deep":  {absorption, func(s *testbatch.State, _ *testbatch.Batch) { s.Accounts[maker].Collateral++ }},
		"absorption, one lot less":    {absorption, bends(-1, 0, 0)},
		"absorption, discount more":   {absorption, bends(0, 1, 1)},
		"absorption, discount less":   {absorption, bends(0, -1, -1)},
		"absorption of nothing":       {absorption, func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Market = 1 }},
		"absorption with lots":        {absorption, func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Lots = 5 }},
		"absorption with a limit":     {absorption, func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Limit = 1 }},
		"absorption that ends":        {absorption, func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[0].Expiry-- }},
		"absorption, unlisted market": {absorption, func(s *testbatch.State, _ *testbatch.Batch) { s.Markets[0].Status = 0 }},
		"absorption twice": {absorption, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries = append(b.Entries, b.Entries[0])
			b.Entries[0].Nonce = 5
		}},
		"absorption by a fund that closes unhealthy": {absorption, func(s *testbatch.State, _ *testbatch.Batch) {
			s.Accounts[0].Collateral = 0
		}},

		"deleveraging at no loss of equity": {deleveraging, func(s *testbatch.State, _ *testbatch.Batch) {
			s.Accounts[maker].Collateral += 500_000
		}},
		"deleveraging though the fund fits": {deleveraging, func(s *testbatch.State, _ *testbatch.Batch) {
			s.Accounts[0].Collateral = 100_000_000
		}},
		"deleveraging, one lot more":     {deleveraging, bends(1, 0, 0)},
		"deleveraging, a hole less":      {deleveraging, bends(0, 1, 1)},
		"deleveraging, a hole more":      {deleveraging, bends(0, -1, -1)},
		"deleveraging, hole to the fund": {deleveraging, bends(0, 0, 1)},
		"deleveraging, rank left out":    {deleveraging, func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[1].Limit = 2 }},
		"deleveraging, rank twice":       {deleveraging, func(_ *testbatch.State, b *testbatch.Batch) { b.Entries[1].Limit = 0 }},
		"deleveraging, no rank 0":        {deleveraging, func(_ *testbatch.State, b *testbatch.Batch) { b.Entries = b.Entries[1:] }},
		"deleveraging, no lots": {deleveraging, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries = b.Entries[:1]
			b.Entries[0].Lots = 0
		}},
		"deleveraging more than the other has": {deleveraging, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Entries = b.Entries[:1]
			b.Entries[0].Lots = 3
		}},
		"deleveraging the same side": {deleveraging, func(s *testbatch.State, b *testbatch.Batch) {
			s.Accounts[1].Positions[0].Size, s.Accounts[taker].Positions[0].Size, s.Markets[0].OpenInterest = 2, -7, 7
			b.Entries = b.Entries[:1]
		}},
		"deleveraging another subject": {deleveraging, func(s *testbatch.State, b *testbatch.Batch) {
			b.Entries[0].Subject, b.Entries[1].Subject = taker, taker
		}},
		"deleveraging a counterparty that trades": {deleveraging, func(s *testbatch.State, b *testbatch.Batch) {
			b.Entries = b.Entries[1:]
			b.Entries[0].Limit = 0
			s.Accounts[0].Positions[0].Size, s.Accounts[0].Collateral = -2, 6_000_000
			s.Accounts[1].Positions[0].Size = 0
			b.Requests = []testbatch.Request{{Kind: testbatch.KindClose, Account: taker, Lots: 1, Code: 1, Paid: 1}}
		}},

		"market change, other high bits": {marketChange, func(_ *testbatch.State, b *testbatch.Batch) { b.Requests[0].Paid++ }},
		"market change, other code":      {marketChange, func(_ *testbatch.State, b *testbatch.Batch) { b.Requests[0].Code = 2 }},
		"market change, twice the same": {marketChange, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Requests[0] = b.Requests[1]
		}},
		"market change of another hash": {marketChange, func(_ *testbatch.State, b *testbatch.Batch) {
			b.Requests[0].Config.TakerFee++ // what the new root holds
		}},
	}
}

func TestForged_C7_RiskOperatorsBatchesAreRefused(t *testing.T) {
	for name, c := range riskOperators() {
		t.Run(name, func(t *testing.T) {
			s, b := c.of()
			c.change(s, &b)
			refused(t, prepare(t, s, b))
		})
	}
}
