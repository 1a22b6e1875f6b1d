package rules_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/std/rangecheck"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/golden"
	"github.com/zkclear/zkclear/circuits/num"
	"github.com/zkclear/zkclear/circuits/rules"
)

// classCircuit closes an account of two markets with a claimed class.
type classCircuit struct {
	Collaterals      [2]frontend.Variable // Opening, closing.
	Sizes            [2][rows]size
	NotGrown         [rows]frontend.Variable
	Markets          [rows]rules.Market
	Healthy, Reduced frontend.Variable
	Withdrawn        frontend.Variable
}

func (c *classCircuit) Define(api frontend.API) error {
	rc := rangecheck.New(api)
	class := rules.NewClass(api, c.Healthy, c.Reduced)
	opening := rules.Balance{Collateral: c.Collaterals[0], Equity: c.Collaterals[0], Maintenance: 0}
	closing := rules.Balance{Collateral: c.Collaterals[1], Equity: c.Collaterals[1], Maintenance: 0}
	moved, grew := make([]frontend.Variable, rows), frontend.Variable(0)
	for i, m := range c.Markets {
		before, after := c.Sizes[0][i].open(api, rc), c.Sizes[1][i].open(api, rc)
		was, is := rules.Expose(api, rc, before, m), rules.Expose(api, rc, after, m)
		opening.Equity = api.Add(opening.Equity, was.Value)
		closing.Equity = api.Add(closing.Equity, is.Value)
		opening.Maintenance = api.Add(opening.Maintenance, rules.Requirement(api, rc, was, m.Maintenance))
		closing.Maintenance = api.Add(closing.Maintenance, rules.Requirement(api, rc, is, class.Rates(api, m)))
		rules.AssertGrowth(api, rc, c.NotGrown[i], before, after, is.Notional)
		moved[i], grew = api.Sub(after.Value, before.Value), api.Add(grew, api.Sub(1, c.NotGrown[i]))
	}
	rules.AssertClass(api, rc, class, opening, closing, moved, grew, c.Withdrawn)
	return nil
}

// claims returns the ways in which a prover may describe a vector's account: each class, with the claims of growth that
// are true.
func claims(in golden.Value) (ways [3]*classCircuit) {
	for class := range ways {
		c := &classCircuit{
			Collaterals: [2]frontend.Variable{mod(in.Int("opening", "collateral")), mod(in.Int("closing", "collateral"))},
			Sizes:       [2][rows]size{sizes(in.At("opening", "positions")), sizes(in.At("closing", "positions"))},
			Markets:     markets(in.At("markets")),
			Healthy:     bit(class == 1), Reduced: bit(class == 2), Withdrawn: in.Int("withdrawn"),
		}
		for i := range rows {
			before, after := signed(c.Sizes[0][i]), signed(c.Sizes[1][i])
			same := before.Sign()*after.Sign() >= 0 && after.CmpAbs(before) <= 0
			c.NotGrown[i] = bit(same)
			if same && after.Sign() == 0 { // a zero may carry the sign of what it was
				c.Sizes[1][i].Negative = c.Sizes[0][i].Negative
			}
		}
		ways[class] = c
	}
	return ways
}

func signed(s size) *big.Int {
	value := new(big.Int)
	switch magnitude := s.Magnitude.(type) {
	case *big.Int:
		value.Set(magnitude)
	case int:
		value.SetInt64(int64(magnitude))
	}
	if s.Negative == 1 {
		value.Neg(value)
	}
	return value
}

// TestAssertClass_C5_Vectors: the first class that the rule book finds is accepted, the ones before it are refused; where
// it finds none, all are.
func TestAssertClass_C5_Vectors(t *testing.T) {
	system := forge.Compile(t, &classCircuit{})
	outside := map[string]bool{"COLLATERAL_OUT_OF_RANGE": true, "FIELD_OUT_OF_RANGE": true}
	for _, c := range golden.Load(t, "closing", "closing_class") {
		if outside[c.Reject] {
			continue // bounds of the new leaf, which closeAccount proves
		}
		first := len(claims(c.In))
		if c.Reject == "" {
			first = int(c.Out.Int().Int64()) - 1
		}
		for class, claim := range claims(c.In) {
			switch {
			case class < first:
				t.Run(fmt.Sprintf("case %d, class %d", c.ID, class+1), func(t *testing.T) { forge.Refuses(t, system, claim) })
			case class == first:
				forge.Accepts(t, system, claim)
			}
		}
	}
}

// TestNewClass_C5_OneClaim: a class is one of three.
func TestNewClass_C5_OneClaim(t *testing.T) {
	system := forge.Compile(t, &newClassCircuit{})
	half := new(big.Int).ModInverse(big.NewInt(2), forge.Field())
	for _, c := range []struct {
		healthy, reduced frontend.Variable
		legal            bool
	}{{0, 0, true}, {1, 0, true}, {0, 1, true}, {1, 1, false}, {2, 0, false}, {2, mod(big.NewInt(-1)), false}, {mod(big.NewInt(-1)), 1, false},
		{1, mod(big.NewInt(-1)), false}, {half, half, false}} {
		assignment := &newClassCircuit{Healthy: c.healthy, Reduced: c.reduced}
		if c.legal {
			forge.Accepts(t, system, assignment)
		} else {
			forge.Refuses(t, system, assignment)
		}
	}
}

type newClassCircuit struct{ Healthy, Reduced frontend.Variable }

func (c *newClassCircuit) Define(api frontend.API) error {
	rules.NewClass(api, c.Healthy, c.Reduced)
	return nil
}

type emptyCircuit struct {
	Condition frontend.Variable
	Sizes     [8]frontend.Variable
}

func (c *emptyCircuit) Define(api frontend.API) error {
	rules.AssertNoPositions(api, c.Condition, c.Sizes[:])
	return nil
}

// TestAssertNoPositions_C9_NothingCancels: sizes of opposite signs must not add up to an empty account.
func TestAssertNoPositions_C9_NothingCancels(t *testing.T) {
	system := forge.Compile(t, &emptyCircuit{})
	zeros := func() [8]frontend.Variable { return [8]frontend.Variable{0, 0, 0, 0, 0, 0, 0, 0} }
	forge.Accepts(t, system, &emptyCircuit{Condition: 1, Sizes: zeros()})
	for i := range 8 {
		for j := range 8 {
			held := zeros()
			held[i] = 1
			if i != j {
				held[j] = mod(new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), 39)))
			}
			forge.Refuses(t, system, &emptyCircuit{Condition: 1, Sizes: held})
			forge.Accepts(t, system, &emptyCircuit{Condition: 0, Sizes: held})
		}
	}
}

type openInterestCircuit struct {
	Before, Ceiling, Signed, Magnitudes, After frontend.Variable
}

func (c *openInterestCircuit) Define(api frontend.API) error {
	after := rules.OpenInterestAfter(api, rangecheck.New(api), c.Before, c.Ceiling, c.Signed, c.Magnitudes)
	api.AssertIsEqual(after, c.After)
	return nil
}

func TestOpenInterestAfter_C8_Vectors(t *testing.T) {
	system := forge.Compile(t, &openInterestCircuit{})
	for _, c := range golden.Load(t, "closing", "open_interest_after") {
		before, ceiling := c.In.Int("market", "open_interest"), c.In.Int("market", "config", "max_open_interest")
		signed, magnitudes, change := new(big.Int), new(big.Int), new(big.Int)
		for i := range c.In.At("sizes").Len() {
			was, is := c.In.Int("sizes", i, 0), c.In.Int("sizes", i, 1)
			signed.Add(signed, new(big.Int).Sub(is, was))
			magnitudes.Add(magnitudes, new(big.Int).Sub(new(big.Int).Abs(is), new(big.Int).Abs(was)))
		}
		change.Rsh(change.Add(signed, magnitudes), 1)
		after := new(big.Int).Add(before, change)
		assignment := &openInterestCircuit{
			Before: before, Ceiling: ceiling, Signed: mod(signed), Magnitudes: mod(magnitudes), After: mod(after),
		}
		if c.Reject == "" {
			if after.Cmp(c.Out.Int()) != 0 {
				t.Errorf("case %d: open interest is %v", c.ID, after)
			}
			forge.Accepts(t, system, assignment)
		} else {
			forge.Refuses(t, system, assignment)
			forge.Refuses(t, system, assignment, forge.Answer(num.NotNegativeHint, big.NewInt(1)))
			forge.Refuses(t, system, assignment, forge.Answer(num.NotNegativeHint, big.NewInt(0)))
		}
	}
	forge.Refuses(t, system, &openInterestCircuit{
		Before: 0, Ceiling: 9, Signed: 0, Magnitudes: mod(big.NewInt(-2)), After: mod(big.NewInt(-1)),
	})
}
