package rules_test

import (
	"math/big"

	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/golden"
	"github.com/zkclear/zkclear/circuits/num"
	"github.com/zkclear/zkclear/circuits/rules"
)

// rows is the number of markets in the vectors of accounts.
const rows = 2

// size is a position as a prover gives it.
type size struct{ Magnitude, Negative frontend.Variable }

func newSize(value *big.Int) size {
	return size{Magnitude: new(big.Int).Abs(value), Negative: bit(value.Sign() < 0)}
}

func (s size) open(api frontend.API, rc frontend.Rangechecker) num.Signed {
	return num.NewSigned(api, rc, s.Magnitude, s.Negative, rules.SizeBits)
}

func bit(condition bool) int {
	if condition {
		return 1
	}
	return 0
}

// market returns the wires of a vector's market.
func market(v golden.Value) rules.Market {
	m := rules.Market{FundingIndex: v.Int("funding_index")}
	config(&m, v.At("config"))
	m.Value = new(big.Int).Mul(v.Int("mark"), v.Int("config", "quote_per_lot_tick"))
	return m
}

func config(m *rules.Market, v golden.Value) {
	three := func(name string) (out [3]frontend.Variable) {
		for i, rate := range v.Ints(name) {
			out[i] = rate
		}
		return out
	}
	m.Listed, m.Tradable = bit(v.Int("status").Sign() != 0), bit(v.Int("status").Int64() == rules.LiveStatus)
	m.QuotePerLotTick, m.T1, m.T2 = v.Int("quote_per_lot_tick"), v.Int("t1"), v.Int("t2")
	m.Maintenance, m.Initial = three("maintenance"), three("initial")
	m.MakerFee, m.TakerFee = mod(v.Int("maker_fee")), v.Int("taker_fee")
	m.LiquidationFee, m.KeeperShare = v.Int("liquidation_fee"), v.Int("keeper_share")
	m.CloseFactor, m.Closeout = v.Int("close_factor"), v.Int("closeout")
	if m.Value == nil {
		m.Value = 0
	}
	if m.FundingIndex == nil {
		m.FundingIndex = 0
	}
}

// unlisted is the row of a market that is not there.
func unlisted() rules.Market {
	zeros := [3]frontend.Variable{0, 0, 0}
	return rules.Market{
		Listed: 0, Tradable: 0, QuotePerLotTick: 0, Value: 0, FundingIndex: 0, T1: 0, T2: 0,
		Maintenance: zeros, Initial: zeros, MakerFee: 0, TakerFee: 0,
		LiquidationFee: 0, KeeperShare: 0, CloseFactor: 0, Closeout: 0,
	}
}

func markets(v golden.Value) (out [rows]rules.Market) {
	for i := range out {
		if i < v.Len() {
			out[i] = market(v.At(i))
		} else {
			out[i] = unlisted()
		}
	}
	return out
}

func sizes(v golden.Value) (out [rows]size) {
	for i := range out {
		out[i] = size{Magnitude: 0, Negative: 0}
		if i < v.Len() {
			out[i] = newSize(v.Int(i, 0))
		}
	}
	return out
}

func mod(x *big.Int) *big.Int { return new(big.Int).Mod(x, forge.Field()) }

func plus(x *big.Int, y int64) *big.Int { return new(big.Int).Add(x, big.NewInt(y)) }
