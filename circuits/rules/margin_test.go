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

// requirementCircuit takes the notional as a position of that many lots at a value of 1.
type requirementCircuit struct {
	Notional, T1, T2, Required frontend.Variable
	Rates                      [3]frontend.Variable
}

func (c *requirementCircuit) Define(api frontend.API) error {
	rc := rangecheck.New(api)
	exposure := rules.Expose(api, rc, num.Signed{Value: c.Notional, Magnitude: c.Notional},
		rules.Market{Value: 1, T1: c.T1, T2: c.T2})
	api.AssertIsEqual(rules.Requirement(api, rc, exposure, c.Rates), c.Required)
	return nil
}

func requirement(in golden.Value, required *big.Int) *requirementCircuit {
	return &requirementCircuit{
		Notional: in.Int("notional"), T1: in.Int("t1"), T2: in.Int("t2"), Required: mod(required),
		Rates: [3]frontend.Variable{in.Int("r1"), in.Int("r2"), in.Int("r3")},
	}
}

func TestRequirement_C4_Vectors(t *testing.T) {
	system := forge.Compile(t, &requirementCircuit{})
	for _, c := range golden.Load(t, "margin", "requirement") {
		forge.Accepts(t, system, requirement(c.In, c.Out.Int()))
		forge.Refuses(t, system, requirement(c.In, plus(c.Out.Int(), 1)))
		forge.Refuses(t, system, requirement(c.In, plus(c.Out.Int(), -1)))
	}
}

// TestRequirement_C4_ForgedBracketsAreRejected has the prover put a notional into other brackets than its own.
func TestRequirement_C4_ForgedBracketsAreRejected(t *testing.T) {
	system := forge.Compile(t, &requirementCircuit{})
	for name, c := range map[string]struct {
		notional, required int64
		above              int64 // The forged answer to both thresholds.
	}{
		"all in the first bracket": {notional: 1_000_000, required: 10_000, above: 0},
		"all in the last bracket":  {notional: 50, required: -20_990, above: 1},
	} {
		t.Run(name, func(t *testing.T) {
			assignment := &requirementCircuit{
				Notional: c.notional, T1: 100_000, T2: 500_000, Required: mod(big.NewInt(c.required)),
				Rates: [3]frontend.Variable{10_000, 20_000, 50_000},
			}
			forge.Refuses(t, system, assignment, forge.Answer(num.NotNegativeHint, big.NewInt(c.above)))
		})
	}
}

type marginsCircuit struct {
	Collateral                                 frontend.Variable
	Sizes                                      [rows]size
	Markets                                    [rows]rules.Market
	Equity, Maintenance, Initial, Withdrawable frontend.Variable
}

func (c *marginsCircuit) Define(api frontend.API) error {
	rc := rangecheck.New(api)
	equity, maintenance, initial := c.Collateral, frontend.Variable(0), frontend.Variable(0)
	for i, m := range c.Markets {
		exposure := rules.Expose(api, rc, c.Sizes[i].open(api, rc), m)
		equity = api.Add(equity, exposure.Value)
		maintenance = api.Add(maintenance, rules.Requirement(api, rc, exposure, m.Maintenance))
		initial = api.Add(initial, rules.Requirement(api, rc, exposure, m.Initial))
	}
	api.AssertIsEqual(equity, c.Equity)
	api.AssertIsEqual(maintenance, c.Maintenance)
	api.AssertIsEqual(initial, c.Initial)
	api.AssertIsEqual(rules.Withdrawable(api, rc, equity, initial), c.Withdrawable)
	return nil
}

func TestMargins_C5_Vectors(t *testing.T) {
	system := forge.Compile(t, &marginsCircuit{})
	for _, c := range golden.Load(t, "margin", "margins") {
		account := c.In.At("account")
		assign := func() *marginsCircuit {
			return &marginsCircuit{
				Collateral: mod(account.Int("collateral")), Sizes: sizes(account.At("positions")),
				Markets: markets(c.In.At("markets")), Equity: mod(c.Out.Int("equity")),
				Maintenance: c.Out.Int("maintenance"), Initial: c.Out.Int("initial"), Withdrawable: c.Out.Int("withdrawable"),
			}
		}
		forge.Accepts(t, system, assign())
		for _, change := range []func(*marginsCircuit){
			func(c *marginsCircuit) { c.Equity = 1 },
			func(m *marginsCircuit) { m.Maintenance = mod(plus(c.Out.Int("maintenance"), -1)) },
			func(m *marginsCircuit) { m.Initial = mod(plus(c.Out.Int("initial"), -1)) },
			func(m *marginsCircuit) { m.Withdrawable = plus(c.Out.Int("withdrawable"), 1) },
		} {
			forged := assign()
			change(forged)
			forge.Refuses(t, system, forged)
		}
	}
}

func TestWithdrawable_C9_NothingBelowTheMargin(t *testing.T) {
	system := forge.Compile(t, &withdrawableCircuit{})
	forge.Accepts(t, system, &withdrawableCircuit{Equity: 10, Initial: 11, Free: 0})
	forge.Accepts(t, system, &withdrawableCircuit{Equity: mod(big.NewInt(-10)), Initial: 0, Free: 0})
	forge.Refuses(t, system, &withdrawableCircuit{Equity: 10, Initial: 11, Free: mod(big.NewInt(-1))},
		forge.Answer(num.NotNegativeHint, big.NewInt(1)))
	forge.Refuses(t, system, &withdrawableCircuit{Equity: 12, Initial: 11, Free: 0},
		forge.Answer(num.NotNegativeHint, big.NewInt(0)))
}

type withdrawableCircuit struct{ Equity, Initial, Free frontend.Variable }

func (c *withdrawableCircuit) Define(api frontend.API) error {
	api.AssertIsEqual(rules.Withdrawable(api, rangecheck.New(api), c.Equity, c.Initial), c.Free)
	return nil
}
