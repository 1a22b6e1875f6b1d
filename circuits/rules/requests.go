package rules

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/bind"
	"github.com/zkclear/zkclear/circuits/num"
)

// Kinds of L1 request.
const (
	KindOpen      = 1
	KindDeposit   = 2
	KindWithdraw  = 3
	KindClose     = 4
	KindLiquidate = 5
	KindAgent     = 6
	KindMarket    = 7
)

// Widths of the two parts of a configuration's hash: the payload has the low one, the outcome the high one.
const (
	HashLowBits  = 200
	HashHighBits = 54
)

// RequestFields is what a prover gives of a request: bits of its kind, and the fields of its payload and outcome.
type RequestFields struct {
	Open, Deposit, Withdraw, Close, Liquidate, Agent, Market frontend.Variable
	Address, Until, Amount                                   frontend.Variable
	Number, Lots, Taker                                      frontend.Variable // Market's number, at most so many lots.
	HashLow, HashHigh                                        frontend.Variable
}

// Request is one consumed request, taken apart; every field is 0 where its kind has none.
type Request struct {
	Live                                                     frontend.Variable // 1 in a row in use.
	Open, Deposit, Withdraw, Close, Liquidate, Agent, Market frontend.Variable // Exactly one is 1 in a live row.
	Address                                                  frontend.Variable // OPEN: owner. AGENT: agent.
	Until                                                    frontend.Variable // AGENT: last second.
	Deposited                                                frontend.Variable // DEPOSIT: amount.
	Requested                                                frontend.Variable // WITHDRAW: amount.
	Number                                                   frontend.Variable // CLOSE, LIQUIDATE, MARKET: number of the market.
	Lots                                                     frontend.Variable // CLOSE, LIQUIDATE: at most so many.
	Taker                                                    frontend.Variable // LIQUIDATE: id of who takes over.
	HashLow, HashHigh                                        frontend.Variable // MARKET: both parts of the hash.
}

// NewRequest returns a request from its kind's bits and the fields of a payload.
//
// Spec:    zkclear/rules/words.py, request_word. Claims C1, C9.
// Proves:  the kinds are bits and at most one is set; address < 2^160, until < 2^40, amount < 2^62, lots < 2^40, the two
// parts of the hash < 2^200 and < 2^54; each counts only where its kind has it.
// Assumes: the caller looks number and taker up: they are a market row's number and an account's id.
func NewRequest(api frontend.API, rc frontend.Rangechecker, f RequestFields) Request {
	live := api.Add(f.Open, f.Deposit, f.Withdraw, f.Close, f.Liquidate, f.Agent, f.Market)
	for _, bit := range []frontend.Variable{
		f.Open, f.Deposit, f.Withdraw, f.Close, f.Liquidate, f.Agent, f.Market, live,
	} {
		api.AssertIsBoolean(bit)
	}
	rc.Check(f.Address, AddressBits)
	rc.Check(f.Until, SecondsBits)
	rc.Check(f.Amount, QuoteBits)
	rc.Check(f.Lots, SizeBits)
	rc.Check(f.HashLow, HashLowBits)
	rc.Check(f.HashHigh, HashHighBits)
	risk := api.Add(f.Close, f.Liquidate)
	return Request{
		Live: live, Open: f.Open, Deposit: f.Deposit, Withdraw: f.Withdraw,
		Close: f.Close, Liquidate: f.Liquidate, Agent: f.Agent, Market: f.Market,
		Address:   api.Mul(api.Add(f.Open, f.Agent), f.Address),
		Until:     api.Mul(f.Agent, f.Until),
		Deposited: api.Mul(f.Deposit, f.Amount),
		Requested: api.Mul(f.Withdraw, f.Amount),
		Number:    api.Mul(api.Add(risk, f.Market), f.Number),
		Lots:      api.Mul(risk, f.Lots),
		Taker:     api.Mul(f.Liquidate, f.Taker),
		HashLow:   api.Mul(f.Market, f.HashLow),
		HashHigh:  api.Mul(f.Market, f.HashHigh),
	}
}

// Risk returns 1 for a CLOSE or LIQUIDATE, whose outcome a risk row proves.
func (r Request) Risk(api frontend.API) frontend.Variable { return api.Add(r.Close, r.Liquidate) }

// ConfigHash returns the hash of a MARKET's configuration, whole; 0 of other kinds.
func (r Request) ConfigHash(api frontend.API) frontend.Variable {
	return api.Add(api.Mul(r.HashHigh, num.Pow2(HashLowBits)), r.HashLow)
}

// Kind returns the request's kind, 0 in padding.
func (r Request) Kind(api frontend.API) frontend.Variable {
	return api.Add(
		r.Open, api.Mul(KindDeposit, r.Deposit), api.Mul(KindWithdraw, r.Withdraw), api.Mul(KindClose, r.Close),
		api.Mul(KindLiquidate, r.Liquidate), api.Mul(KindAgent, r.Agent), api.Mul(KindMarket, r.Market),
	)
}

// Payload returns the request's word.
//
// Spec:    zkclear/rules/words.py, request_word. Claims C1, C9.
// Proves:  nothing by itself.
// Assumes: NewRequest ranged the fields; number < 2^8, taker < 2^32; account < 2^32, and 0 in padding.
func (r Request) Payload(api frontend.API, rc frontend.Rangechecker, account frontend.Variable) frontend.Variable {
	proved := func(value frontend.Variable, bits int) bind.Field {
		return bind.Field{Value: value, Bits: bits, Proved: true}
	}
	address := bind.Pack(api, rc, proved(r.Kind(api), 8), proved(account, 32),
		proved(r.Address, AddressBits), proved(r.Until, SecondsBits), proved(0, 8))
	amount := bind.Pack(api, rc, proved(api.Add(r.Deposited, r.Requested), 64), proved(0, 144))
	risk := bind.Pack(api, rc, proved(r.Number, 8), proved(r.Lots, SizeBits), proved(r.Taker, 32), proved(0, 128))
	return api.Add(address, amount, risk, r.HashLow) // all bodies but one are 0; a MARKET's is its number and its hash
}

// OutcomeWord returns the word of an outcome.
//
// Spec:    zkclear/rules/words.py, outcome_word. Claims C1, C9.
// Proves:  nothing by itself.
// Assumes: code < 2^8, amount < 2^64.
func OutcomeWord(api frontend.API, code, amount frontend.Variable) frontend.Variable {
	return api.Add(api.Mul(code, num.Pow2(outcomeAmountBits)), amount)
}

// outcomeAmountBits is the width of an outcome's amount.
const outcomeAmountBits = 64

// Outcome returns the outcome's word: EXECUTED (1) in a live row, and the amount paid or the high part of the hash; of a
// CLOSE or LIQUIDATE what its risk row proved.
//
// Spec:    zkclear/rules/words.py, outcome_word. Claims C1, C9.
// Proves:  nothing by itself.
// Assumes: paid < 2^64, and 0 but for a WITHDRAW; resolved is 0 but for a CLOSE and a LIQUIDATE.
func (r Request) Outcome(api frontend.API, paid, resolved frontend.Variable) frontend.Variable {
	return api.Add(OutcomeWord(api, api.Sub(r.Live, r.Risk(api)), api.Add(paid, r.HashHigh)), resolved)
}
