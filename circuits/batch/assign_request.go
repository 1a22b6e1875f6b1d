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
	fields := requestFields{address: zero, until: zero, amount: zero}
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
	default:
		return fields, fmt.Errorf("kind %d is none of OPEN 1, DEPOSIT 2, WITHDRAW 3, AGENT 6", fields.kind)
	}
	if spare.Sign() != 0 {
		return fields, fmt.Errorf("unused bits of the payload are 0x%x, they must be 0", spare)
	}
	return fields, nil
}

func (a *assignment) requests() error {
	for i := range a.circuit.Requests {
		if i >= len(a.requestFields) {
			a.circuit.Requests[i] = RequestRow{
				Open: 0, Deposit: 0, Withdraw: 0, Agent: 0, Address: 0, Until: 0, Amount: 0, Paid: 0, Account: 0,
			}
			continue
		}
		f, r := a.requestFields[i], a.witness.GetRequests()[i]
		a.circuit.Requests[i] = RequestRow{
			Open: bit(f.kind == rules.KindOpen), Deposit: bit(f.kind == rules.KindDeposit),
			Withdraw: bit(f.kind == rules.KindWithdraw), Agent: bit(f.kind == rules.KindAgent),
			Address: f.address, Until: f.until, Amount: f.amount, Paid: r.GetAmount(), Account: r.GetAccountRow(),
		}
	}
	return nil
}
