package rules_test

import (
	"math/big"
	"testing"

	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/std/rangecheck"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/golden"
	"github.com/zkclear/zkclear/circuits/num"
	"github.com/zkclear/zkclear/circuits/rules"
)

type requestCircuit struct {
	rules.RequestFields
	Account, Word frontend.Variable
}

func (c *requestCircuit) Define(api frontend.API) error {
	rc := rangecheck.New(api)
	r := rules.NewRequest(api, rc, c.RequestFields)
	api.AssertIsEqual(r.Payload(api, rc, c.Account), c.Word)
	return nil
}

func newRequest(in golden.Value, word *big.Int) *requestCircuit {
	kind := in.Int("kind").Int64()
	low := num.Pow2(rules.HashLowBits)
	return &requestCircuit{
		RequestFields: rules.RequestFields{
			Open: bit(kind == rules.KindOpen), Deposit: bit(kind == rules.KindDeposit),
			Withdraw: bit(kind == rules.KindWithdraw), Agent: bit(kind == rules.KindAgent),
			Close: bit(kind == rules.KindClose), Liquidate: bit(kind == rules.KindLiquidate),
			Market:  bit(kind == rules.KindMarket),
			Address: in.Int("address"), Until: in.Int("until"), Amount: in.Int("amount"),
			Number: in.Int("market"), Lots: in.Int("lots"), Taker: in.Int("taker"),
			HashLow:  new(big.Int).Mod(in.Int("config_hash"), low),
			HashHigh: new(big.Int).Rsh(in.Int("config_hash"), rules.HashLowBits),
		},
		Account: in.Int("account"), Word: word,
	}
}

func TestPayload_C9_Vectors(t *testing.T) {
	system := forge.Compile(t, &requestCircuit{})
	for _, c := range golden.Load(t, "words", "request_word") {
		if c.Reject != "" {
			continue // wider than its field
		}
		request := c.In.At("request")
		if request.Int("amount").BitLen() > rules.QuoteBits {
			continue // the layout's widest value; no queue holds it
		}
		forge.Accepts(t, system, newRequest(request, c.Out.Int()))
		forge.Refuses(t, system, newRequest(request, plus(c.Out.Int(), 1)))
	}
}

func TestNewRequest_C9_ForgedRequestIsRejected(t *testing.T) {
	system := forge.Compile(t, &requestCircuit{})
	word := func(kind, body int64, shift uint) *big.Int {
		w := new(big.Int).Lsh(big.NewInt(kind<<32|2), 208)
		return w.Add(w, new(big.Int).Lsh(big.NewInt(body), shift))
	}
	honest := func() *requestCircuit {
		return &requestCircuit{
			RequestFields: rules.RequestFields{
				Open: 0, Deposit: 1, Withdraw: 0, Close: 0, Liquidate: 0, Agent: 0, Market: 0, Address: 0, Until: 0,
				Amount: 5, Number: 0, Lots: 0, Taker: 0, HashLow: 0, HashHigh: 0,
			},
			Account: 2, Word: word(2, 5, 144),
		}
	}
	forge.Accepts(t, system, honest())
	for name, change := range map[string]func(*requestCircuit){
		"two kinds that sum to a third":  func(c *requestCircuit) { c.Open, c.Deposit, c.Word = 1, 1, word(3, 5, 144) },
		"half a kind":                    func(c *requestCircuit) { c.Deposit = new(big.Int).ModInverse(big.NewInt(2), forge.Field()) },
		"a kind of 3 as 3 times OPEN":    func(c *requestCircuit) { c.Deposit, c.Open, c.Word = 0, 3, word(3, 5, 144) },
		"amount of 2^62":                 func(c *requestCircuit) { c.Amount, c.Word = int64(1)<<62, word(2, 1<<62, 144) },
		"amount in the field's negative": func(c *requestCircuit) { c.Amount = mod(big.NewInt(-5)) },
		"amount of an OPEN":              func(c *requestCircuit) { c.Deposit, c.Open = 0, 1 },
		"address of a deposit":           func(c *requestCircuit) { c.Address = 1; c.Word = plus(word(2, 5, 144), 1<<48) },
		"address of 2^160":               func(c *requestCircuit) { c.Address = num.Pow2(160) },
		"until of 2^40":                  func(c *requestCircuit) { c.Until = num.Pow2(40) },
		"until of a deposit":             func(c *requestCircuit) { c.Until = 1; c.Word = plus(word(2, 5, 144), 1<<8) },
		"account of another":             func(c *requestCircuit) { c.Account = 3 },
		"lots that carry into the market": func(c *requestCircuit) {
			c.Deposit, c.Close, c.Lots, c.Word = 0, 1, plus(num.Pow2(rules.SizeBits), 5), word(4, 1<<40+5, 160)
		},
		"hash that carries into the market": func(c *requestCircuit) {
			c.Deposit, c.Market, c.HashLow, c.Word = 0, 1, num.Pow2(rules.HashLowBits), word(7, 1, 200)
		},
		"hash of 2^254": func(c *requestCircuit) { c.HashHigh = num.Pow2(rules.HashHighBits) },
		"lots of a deposit": func(c *requestCircuit) {
			c.Lots, c.Word = 1, plus(word(2, 5, 144), 0).Add(word(2, 5, 144), num.Pow2(160))
		},
		"taker of a close": func(c *requestCircuit) {
			c.Deposit, c.Close, c.Taker, c.Word = 0, 1, 1, word(4, 1, 128)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := honest()
			change(c)
			forge.Refuses(t, system, c)
		})
	}
}

// TestNewRequest_P2_EveryKindIsABit has two kinds less a third: their sum is a bit, and only the third is none.
func TestNewRequest_P2_EveryKindIsABit(t *testing.T) {
	system := forge.Compile(t, &requestCircuit{})
	const kinds = 7
	for third := range int64(kinds) {
		c := &requestCircuit{
			RequestFields: rules.RequestFields{
				Open: 0, Deposit: 0, Withdraw: 0, Close: 0, Liquidate: 0, Agent: 0, Market: 0, Address: 0, Until: 0,
				Amount: 0, Number: 0, Lots: 0, Taker: 0, HashLow: 0, HashHigh: 0,
			},
			Account: 2,
		}
		bits := [kinds]*frontend.Variable{&c.Open, &c.Deposit, &c.Withdraw, &c.Close, &c.Liquidate, &c.Agent, &c.Market}
		first, second := (third+1)%kinds, (third+2)%kinds
		*bits[first], *bits[second], *bits[third] = 1, 1, mod(big.NewInt(-1))
		kind := big.NewInt(first + second + 2 - third - 1) // below 0 it borrows from nothing: the word is the field's
		word := new(big.Int).Lsh(kind, 240)
		c.Word = mod(word.Add(word, num.Pow2(209))) // account 2
		forge.Refuses(t, system, c)
	}
}

type outcomeCircuit struct {
	Code, Amount, Word frontend.Variable
}

func (c *outcomeCircuit) Define(api frontend.API) error {
	api.AssertIsEqual(rules.OutcomeWord(api, c.Code, c.Amount), c.Word)
	return nil
}

func TestOutcome_C9_WordVectors(t *testing.T) {
	system := forge.Compile(t, &outcomeCircuit{})
	for _, c := range golden.Load(t, "words", "outcome_word") {
		if c.Reject != "" {
			continue // wider than its field
		}
		forge.Accepts(t, system, &outcomeCircuit{
			Code: c.In.Int("outcome", 0), Amount: c.In.Int("outcome", 1), Word: c.Out.Int(),
		})
	}
}

// forcedCircuit pays a forced withdrawal of an account at its opening.
type forcedCircuit struct {
	Collateral, Requested, Paid frontend.Variable
	Sizes                       [rows]size
	Markets                     [rows]rules.Market
}

func (c *forcedCircuit) Define(api frontend.API) error {
	rc := rangecheck.New(api)
	equity, initial := c.Collateral, frontend.Variable(0)
	for i, m := range c.Markets {
		exposure := rules.Expose(api, rc, c.Sizes[i].open(api, rc), m)
		equity = api.Add(equity, exposure.Value)
		initial = api.Add(initial, rules.Requirement(api, rc, exposure, m.Initial))
	}
	free := rules.Withdrawable(api, rc, equity, initial)
	api.AssertIsEqual(num.Min(api, rc, c.Requested, free, rules.EquityBits+1), c.Paid)
	return nil
}

func TestOutcome_C9_ForcedWithdrawalVectors(t *testing.T) {
	system := forge.Compile(t, &forcedCircuit{})
	for _, c := range golden.Load(t, "requests", "outcome") {
		if c.In.Int("request", "kind").Int64() != rules.KindWithdraw {
			continue // EXECUTED with 0, whatever the account holds
		}
		assign := func(paid *big.Int) *forcedCircuit {
			return &forcedCircuit{
				Collateral: mod(c.In.Int("account", "collateral")), Requested: c.In.Int("request", "amount"), Paid: mod(paid),
				Sizes: sizes(c.In.At("account", "positions")), Markets: markets(c.In.At("markets")),
			}
		}
		paid := c.Out.Int(1)
		forge.Accepts(t, system, assign(paid))
		forge.Refuses(t, system, assign(plus(paid, 1)))
		forge.Refuses(t, system, assign(plus(paid, -1)))
	}
}
