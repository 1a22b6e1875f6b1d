package rules

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/bind"
)

// Kinds of L1 request.
const (
	KindOpen     = 1
	KindDeposit  = 2
	KindWithdraw = 3
	KindAgent    = 6
)

// Request is one consumed request, taken apart; every field is 0 where its kind has none.
type Request struct {
	Live                           frontend.Variable // 1 in a row in use.
	Open, Deposit, Withdraw, Agent frontend.Variable // Exactly one is 1 in a live row.
	Address                        frontend.Variable // OPEN: owner. AGENT: agent.
	Until                          frontend.Variable // AGENT: last second.
	Deposited                      frontend.Variable // DEPOSIT: amount.
	Requested                      frontend.Variable // WITHDRAW: amount.
}

// NewRequest returns a request from its kind's bits and the fields of a payload.
//
// Spec:    zkclear/rules/words.py, request_word. Claims C1, C9.
// Proves:  the kinds are bits and at most one is set; address < 2^160, until < 2^40, amount < 2^62; each counts only
// where its kind has it.
// Assumes: nothing.
func NewRequest(
	api frontend.API, rc frontend.Rangechecker, open, deposit, withdraw, agent, address, until, amount frontend.Variable,
) Request {
	live := api.Add(open, deposit, withdraw, agent)
	for _, bit := range []frontend.Variable{open, deposit, withdraw, agent, live} {
		api.AssertIsBoolean(bit)
	}
	rc.Check(address, AddressBits)
	rc.Check(until, SecondsBits)
	rc.Check(amount, QuoteBits)
	return Request{
		Live: live, Open: open, Deposit: deposit, Withdraw: withdraw, Agent: agent,
		Address:   api.Mul(api.Add(open, agent), address),
		Until:     api.Mul(agent, until),
		Deposited: api.Mul(deposit, amount),
		Requested: api.Mul(withdraw, amount),
	}
}

// Kind returns the request's kind, 0 in padding.
func (r Request) Kind(api frontend.API) frontend.Variable {
	return api.Add(r.Open, api.Mul(KindDeposit, r.Deposit), api.Mul(KindWithdraw, r.Withdraw), api.Mul(KindAgent, r.Agent))
}

// Payload returns the request's word.
//
// Spec:    zkclear/rules/words.py, request_word. Claims C1, C9.
// Proves:  nothing by itself.
// Assumes: NewRequest ranged the fields; account < 2^32, and 0 in padding.
func (r Request) Payload(api frontend.API, rc frontend.Rangechecker, account frontend.Variable) frontend.Variable {
	head := []bind.Field{{Value: r.Kind(api), Bits: 8, Proved: true}, {Value: account, Bits: 32, Proved: true}}
	address := bind.Pack(api, rc, append(head,
		bind.Field{Value: r.Address, Bits: AddressBits, Proved: true},
		bind.Field{Value: r.Until, Bits: SecondsBits, Proved: true},
		bind.Field{Value: 0, Bits: 8, Proved: true})...)
	amount := bind.Pack(api, rc, bind.Field{Value: api.Add(r.Deposited, r.Requested), Bits: 64, Proved: true},
		bind.Field{Value: 0, Bits: 144, Proved: true})
	return api.Add(address, amount) // one of the two bodies is 0
}

// Outcome returns the outcome's word: EXECUTED (1) in a live row, and the amount paid.
//
// Spec:    zkclear/rules/words.py, outcome_word. Claims C1, C9.
// Proves:  nothing by itself.
// Assumes: paid < 2^64, and 0 but for a WITHDRAW.
func (r Request) Outcome(api frontend.API, rc frontend.Rangechecker, paid frontend.Variable) frontend.Variable {
	return bind.Pack(api, rc, bind.Field{Value: r.Live, Bits: 8, Proved: true}, bind.Field{Value: paid, Bits: 64, Proved: true})
}
