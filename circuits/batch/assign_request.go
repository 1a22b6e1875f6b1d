package batch

import (
	"fmt"
	"math/big"

	"github.com/zkclear/zkclear/circuits/bind"
	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
	"github.com/zkclear/zkclear/circuits/rules"
)

// requestFields is a request's payload, taken apart; fields that its kind has not are 0.
type requestFields struct {
	kind                   uint64
	address, until, amount *big.Int
	number, lots, taker    *big.Int // number is the market's
	hashLow                *big.Int
}

func (a *assignment) readRequests() error {
	for i, r := range a.witness.GetRequests() {
		fields, err := readRequest(r, len(a.witness.GetAccounts()))
		if err != nil {
			return fmt.Errorf("request %d: %w", i, err)
		}
		a.requestFields = append(a.requestFields, fields)
	}
	return nil
}

func readRequest(r *zkclearv1.WitnessRequest, accounts int) (requestFields, error) {
	zero := new(big.Int)
	fields := requestFields{address: zero, until: zero, amount: zero, number: zero, lots: zero, taker: zero, hashLow: zero}
	word, err := integer("payload", r.GetPayload(), bind.WordBits)
	if err != nil {
		return fields, err
	}
	head, err := bind.Unpack(word, bind.RequestWidths)
	if err != nil {
		return fields, err
	}
	if err := row("account_row", r.GetAccountRow(), accounts); err != nil {
		return fields, err
	}
	spare := zero
	switch fields.kind = head[0].Uint64(); fields.kind {
	case rules.KindOpen, rules.KindAgent:
		body, err := bind.Unpack(head[2], bind.AddressBody)
		if err != nil {
			return fields, err
		}
		fields.address, fields.until, spare = body[0], body[1], body[2]
		if fields.kind == rules.KindOpen && fields.until.Sign() != 0 {
			return fields, fmt.Errorf("an OPEN request has bits beside its owner: 0x%x", head[2])
		}
	case rules.KindDeposit, rules.KindWithdraw:
		body, err := bind.Unpack(head[2], bind.AmountBody)
		if err != nil {
			return fields, err
		}
		fields.amount, spare = body[0], body[1]
	case rules.KindClose, rules.KindLiquidate:
		body, err := bind.Unpack(head[2], bind.LotsBody)
		if err != nil {
			return fields, err
		}
		fields.number, fields.lots, fields.taker, spare = body[0], body[1], body[2], body[3]
		if fields.kind == rules.KindClose && fields.taker.Sign() != 0 {
			return fields, fmt.Errorf("a CLOSE request has bits beside its lots: 0x%x", head[2])
		}
	case rules.KindMarket:
		body, err := bind.Unpack(head[2], bind.ConfigBody)
		if err != nil {
			return fields, err
		}
		fields.number, fields.hashLow = body[0], body[1]
	default:
		return fields, fmt.Errorf(
			"kind %d is none of OPEN 1, DEPOSIT 2, WITHDRAW 3, CLOSE 4, LIQUIDATE 5, AGENT 6, MARKET 7", fields.kind)
	}
	if spare.Sign() != 0 {
		return fields, fmt.Errorf("unused bits of the payload are 0x%x, they must be 0", spare)
	}
	return fields, nil
}

func (a *assignment) requests() error {
	for i := range a.circuit.Requests {
		if i >= len(a.requestFields) {
			a.circuit.Requests[i] = padRequest()
			continue
		}
		f, r := a.requestFields[i], a.witness.GetRequests()[i]
		given := &a.circuit.Requests[i]
		*given = padRequest()
		given.Open, given.Deposit = bit(f.kind == rules.KindOpen), bit(f.kind == rules.KindDeposit)
		given.Withdraw, given.Close = bit(f.kind == rules.KindWithdraw), bit(f.kind == rules.KindClose)
		given.Liquidate, given.Agent = bit(f.kind == rules.KindLiquidate), bit(f.kind == rules.KindAgent)
		given.Market = bit(f.kind == rules.KindMarket)
		given.Address, given.Until, given.Amount, given.Paid = f.address, f.until, f.amount, r.GetAmount()
		given.Number, given.Lots, given.Taker, given.HashLow = f.number, f.lots, f.taker, f.hashLow
		if f.kind == rules.KindMarket {
			given.HashHigh = r.GetAmount()
		}
		given.Resolved, given.Account = outcomeWord(r), r.GetAccountRow()
	}
	return nil
}

// padRequest returns a row that is not in use.
func padRequest() RequestRow {
	return RequestRow{
		RequestFields: rules.RequestFields{
			Open: 0, Deposit: 0, Withdraw: 0, Close: 0, Liquidate: 0, Agent: 0, Market: 0, Address: 0, Until: 0, Amount: 0,
			Number: 0, Lots: 0, Taker: 0, HashLow: 0, HashHigh: 0,
		},
		Paid: 0, Resolved: 0, Account: 0,
	}
}

// outcomeWord returns the word of a request's outcome: code 8, amount 64.
func outcomeWord(r *zkclearv1.WitnessRequest) *big.Int {
	code := new(big.Int).SetUint64(uint64(r.GetOutcome()))
	return code.Lsh(code, 64).Add(code, new(big.Int).SetUint64(r.GetAmount()))
}
