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

type paymentCircuit struct{ Size, Moved, Paid, Dust frontend.Variable }

func (c *paymentCircuit) Define(api frontend.API) error {
	paid, dust := rules.Payment(api, rangecheck.New(api), c.Size, c.Moved)
	api.AssertIsEqual(paid, c.Paid)
	api.AssertIsEqual(dust, c.Dust)
	return nil
}

func TestPayment_C6_Vectors(t *testing.T) {
	system := forge.Compile(t, &paymentCircuit{})
	for _, c := range golden.Load(t, "funding", "payment") {
		moved := new(big.Int).Sub(c.In.Int("index"), c.In.Int("settled"))
		paid, dust := c.Out.Int(0), c.Out.Int(1)
		assign := func(paid, dust *big.Int) *paymentCircuit {
			return &paymentCircuit{Size: mod(c.In.Int("size")), Moved: mod(moved), Paid: mod(paid), Dust: mod(dust)}
		}
		forge.Accepts(t, system, assign(paid, dust))
		// A unit more to the account, the dust a million less; and the other way round.
		for _, unit := range []int64{1, -1} {
			forgedPaid, forgedDust := plus(paid, unit), plus(dust, -unit*num.PPM)
			forge.Refuses(t, system, assign(forgedPaid, forgedDust),
				forge.Answer(num.DivFloorHint, forgedPaid, forgedDust))
		}
	}
}

// TestSettleAccount_C6_Vectors settles the two positions of an account.
func TestSettleAccount_C6_Vectors(t *testing.T) {
	system := forge.Compile(t, &paymentCircuit{})
	for _, c := range golden.Load(t, "funding", "settle_account") {
		before, dust := c.In.At("account"), new(big.Int)
		collateral := before.Int("collateral")
		for i := range rows {
			size := before.Int("positions", i, 0)
			moved := new(big.Int).Sub(c.In.Int("markets", i, "funding_index"), before.Int("positions", i, 1))
			exact := new(big.Int).Neg(new(big.Int).Mul(size, moved))
			paid, left := new(big.Int).DivMod(exact, big.NewInt(num.PPM), new(big.Int))
			forge.Accepts(t, system, &paymentCircuit{Size: mod(size), Moved: mod(moved), Paid: mod(paid), Dust: left})
			collateral, dust = collateral.Add(collateral, paid), dust.Add(dust, left)
		}
		if collateral.Cmp(c.Out.Int("account", "collateral")) != 0 || dust.Cmp(c.Out.Int("dust")) != 0 {
			t.Errorf("case %d: the circuit's payments end in %v and dust %v", c.ID, collateral, dust)
		}
	}
}

type stepCircuit struct{ Step, Value, Rate, Elapsed frontend.Variable }

func (c *stepCircuit) Define(api frontend.API) error {
	rules.StepWithin(api, rangecheck.New(api), c.Step, c.Value, c.Rate, c.Elapsed)
	return nil
}

func TestStepWithin_C6_Vectors(t *testing.T) {
	system := forge.Compile(t, &stepCircuit{})
	for _, c := range golden.Load(t, "funding", "step_limit") {
		value := new(big.Int).Mul(c.In.Int("mark"), c.In.Int("config", "quote_per_lot_tick"))
		limit := c.Out.Int()
		assign := func(step *big.Int) *stepCircuit {
			return &stepCircuit{
				Step: mod(step), Value: value, Rate: c.In.Int("config", "max_funding_rate"), Elapsed: c.In.Int("elapsed"),
			}
		}
		negative := new(big.Int).Neg(limit)
		forge.Accepts(t, system, assign(limit))
		forge.Accepts(t, system, assign(negative))
		forge.Refuses(t, system, assign(plus(limit, 1)))
		forge.Refuses(t, system, assign(plus(negative, -1)))
		// The sign told wrong: the magnitude is then negative, or the bound is passed by a field element near its end.
		forge.Refuses(t, system, assign(plus(limit, 1)), forge.Answer(num.NegativeHint, big.NewInt(1)))
		forge.Refuses(t, system, assign(plus(negative, -1)), forge.Answer(num.NegativeHint, big.NewInt(0)))
	}
}

type indexCircuit struct{ Shifted, Used frontend.Variable }

func (c *indexCircuit) Define(api frontend.API) error {
	rules.AssertIndex(api, rangecheck.New(api), c.Shifted, c.Used)
	return nil
}

func TestAssertIndex_C6_Bounds(t *testing.T) {
	system := forge.Compile(t, &indexCircuit{})
	top := num.Pow2(rules.IndexBits + 1) // 2^62 + 2^62
	for _, c := range []struct {
		shifted *big.Int
		used    int
		legal   bool
	}{
		{big.NewInt(0), 0, true}, {big.NewInt(1), 1, true}, {plus(top, -1), 1, true},
		{big.NewInt(0), 1, false}, {top, 1, false}, {big.NewInt(-1), 1, false}, {big.NewInt(-1), 0, false},
	} {
		assignment := &indexCircuit{Shifted: mod(c.shifted), Used: c.used}
		if c.legal {
			forge.Accepts(t, system, assignment)
		} else {
			forge.Refuses(t, system, assignment)
		}
	}
}
