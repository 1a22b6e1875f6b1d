package batch

import (
	"math/big"
	"testing"

	"github.com/consensys/gnark/constraint/solver"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/net"
)

// fetched changes what FetchHint proposes where it gives so many values of so many columns.
func fetched(columns int64, values int, change func([]*big.Int)) solver.Option {
	return solver.OverrideHint(solver.GetHintID(net.FetchHint), func(field *big.Int, in, out []*big.Int) error {
		if err := net.FetchHint(field, in, out); err != nil {
			return err
		}
		if in[1].Int64() == columns && len(out) == values {
			change(out)
		}
		return nil
	})
}

// TestForged_C7_AStandingIsThatOfItsAccount: a healthy account is taken over, and the prover fetches it as liquidatable.
func TestForged_C7_AStandingIsThatOfItsAccount(t *testing.T) {
	s, b := takeover()
	s.Accounts[maker].Collateral += 190_000
	const columns = 5
	values := 2 * Micro().Risks * columns
	refused(t, prepare(t, s, b), fetched(columns, values, func(out []*big.Int) { out[columns-1].SetInt64(1) }))
}

// TestForged_C6_RiskCashStaysWithItsAccount: the taker gets a unit more of the account, and the prover's sums say so.
func TestForged_C6_RiskCashStaysWithItsAccount(t *testing.T) {
	s, b := takeover()
	bends(0, 1, 1)(s, &b)
	const sums = 5
	refused(t, prepare(t, s, b), scattered(Micro().Accounts, func(index int, out *big.Int) {
		switch index {
		case maker * sums:
			out.Sub(out, big.NewInt(1))
		case taker * sums:
			out.Add(out, big.NewInt(1))
		}
	}, sums))
}

// TestForged_C7_AnOrderIsNotTakenForALiquidation: the fees of a sale in the book go to account 1, and the prover fetches it as
// an order.
func TestForged_C7_AnOrderIsNotTakenForALiquidation(t *testing.T) {
	s, b := bookSale()
	b.Split = func(fees, fund *int64) { *fees, *fund = *fund, *fees }
	const columns = 4
	values := Micro().Fills * columns
	refused(t, prepare(t, s, b), fetched(columns, values, func(out []*big.Int) { out[columns-1].SetInt64(0) }))
}

// TestForged_C9_AConfigurationIsThatOfItsMarket: two changes are exchanged, and the new root has them so.
func TestForged_C9_AConfigurationIsThatOfItsMarket(t *testing.T) {
	s, b := marketChange()
	b.Requests[0].Market, b.Requests[1].Market = b.Requests[1].Market, b.Requests[0].Market
	w, _ := build(s, b)
	forge.Accepts(t, compiled(t, Micro()), assigned(t, w))
	for i := range b.Requests {
		b.Requests[i].Market = 1 - b.Requests[i].Market
		w.Requests[i].Payload = b.Requests[i].Payload()
	}
	refused(t, assigned(t, w))
}
