// Package replay decides outcomes of LIQUIDATE and CLOSE requests with the gadgets of the batch circuit, without a batch:
// thousands of portfolios a minute, to compare with the rule book.
package replay

import (
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/std/rangecheck"

	"github.com/zkclear/zkclear/circuits/num"
	"github.com/zkclear/zkclear/circuits/rules"
)

// markets is the number of markets of every deployed shape.
const markets = 8

// marketInput is a market at its mark. Rows that are not listed are zeros.
type marketInput struct {
	Value, QuotePerLotTick, T1, T2                     frontend.Variable
	Maintenance, Initial                               [3]frontend.Variable
	LiquidationFee, KeeperShare, CloseFactor, Closeout frontend.Variable
}

// portfolioInput is an account at its opening.
type portfolioInput struct {
	Collateral frontend.Variable
	Sizes      [markets]frontend.Variable
}

// caseCircuit proves that a request of one account has a given outcome and moves given lots and cash.
type caseCircuit struct {
	Takeover         frontend.Variable // 1 for a LIQUIDATE, 0 for a CLOSE.
	Markets          [markets]marketInput
	Subject, Carrier portfolioInput
	Index, Most      frontend.Variable

	Code, Amount, Lots                     frontend.Variable
	ToSubject, ToCounterparty, ToInsurance frontend.Variable
}

// Define values both accounts and proves the request, as a batch does.
func (c *caseCircuit) Define(api frontend.API) error {
	rc := rangecheck.New(api)
	rows := make([]rules.Market, markets)
	at := make([]frontend.Variable, markets) // 1 in the request's market
	for i, m := range c.Markets {
		rows[i] = rules.Market{
			Value: m.Value, QuotePerLotTick: m.QuotePerLotTick, T1: m.T1, T2: m.T2,
			Maintenance: m.Maintenance, Initial: m.Initial,
			LiquidationFee: m.LiquidationFee, KeeperShare: m.KeeperShare, CloseFactor: m.CloseFactor, Closeout: m.Closeout,
		}
		at[i] = api.IsZero(api.Sub(c.Index, i))
	}
	market := pickMarket(api, rows, at)
	hold := func(p portfolioInput) rules.Holding {
		return rules.Hold(api, rc, p.stand(api, rc, rows), pick(api, p.Sizes[:], at), market)
	}
	effect := rules.Risk{
		RiskKind: rules.RiskKind{Takeover: c.Takeover, Close: api.Sub(1, c.Takeover), Book: 0, Absorb: 0, Deleverage: 0},
		Subject:  hold(c.Subject), IsFund: 0, Carrier: hold(c.Carrier), Opposite: 0, Asked: c.Most, Limit: 0,
		Before: rules.Released{Lots: 0, Given: 0},
	}.Prove(api, rc)
	for _, pair := range [][2]frontend.Variable{
		{effect.Code, c.Code}, {effect.Done, c.Amount}, {effect.Released.Lots, c.Lots},
		{effect.ToSubject, c.ToSubject}, {effect.ToCounterparty, c.ToCounterparty}, {effect.ToFund, c.ToInsurance},
	} {
		api.AssertIsEqual(pair[0], pair[1])
	}
	return nil
}

// stand values an account.
//
// Spec: zkclear/rules/liquidation.py, stand.
func (p portfolioInput) stand(api frontend.API, rc frontend.Rangechecker, rows []rules.Market) rules.Standing {
	equity, maintenance, initial := p.Collateral, frontend.Variable(0), frontend.Variable(0)
	for i, row := range rows {
		exposure := rules.Expose(api, rc, num.SplitSign(api, rc, p.Sizes[i], 0, rules.SizeBits), row)
		equity = api.Add(equity, exposure.Value)
		maintenance = api.Add(maintenance, rules.Requirement(api, rc, exposure, row.Maintenance))
		initial = api.Add(initial, rules.Requirement(api, rc, exposure, row.Initial))
	}
	return rules.Standing{
		Equity: equity, Maintenance: maintenance, Initial: initial,
		Liquidatable: rules.Liquidatable(api, rc, equity, maintenance),
	}
}

// pick returns the value that stands where the flags say.
func pick(api frontend.API, values, at []frontend.Variable) frontend.Variable {
	var sum frontend.Variable = 0
	for i, value := range values {
		sum = api.Add(sum, api.Mul(at[i], value))
	}
	return sum
}

func pickMarket(api frontend.API, rows []rules.Market, at []frontend.Variable) rules.Market {
	field := func(get func(rules.Market) frontend.Variable) frontend.Variable {
		values := make([]frontend.Variable, len(rows))
		for i, row := range rows {
			values[i] = get(row)
		}
		return pick(api, values, at)
	}
	three := func(get func(rules.Market) [3]frontend.Variable) (out [3]frontend.Variable) {
		for k := range out {
			out[k] = field(func(m rules.Market) frontend.Variable { return get(m)[k] })
		}
		return out
	}
	return rules.Market{
		Value:           field(func(m rules.Market) frontend.Variable { return m.Value }),
		QuotePerLotTick: field(func(m rules.Market) frontend.Variable { return m.QuotePerLotTick }),
		T1:              field(func(m rules.Market) frontend.Variable { return m.T1 }),
		T2:              field(func(m rules.Market) frontend.Variable { return m.T2 }),
		Maintenance:     three(func(m rules.Market) [3]frontend.Variable { return m.Maintenance }),
		Initial:         three(func(m rules.Market) [3]frontend.Variable { return m.Initial }),
		LiquidationFee:  field(func(m rules.Market) frontend.Variable { return m.LiquidationFee }),
		KeeperShare:     field(func(m rules.Market) frontend.Variable { return m.KeeperShare }),
		CloseFactor:     field(func(m rules.Market) frontend.Variable { return m.CloseFactor }),
		Closeout:        field(func(m rules.Market) frontend.Variable { return m.Closeout }),
	}
}
