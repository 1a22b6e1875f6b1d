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

type legsCircuit struct {
	Lots                                             frontend.Variable
	QuotePerLotTick, MakerFee, TakerFee, Limit, Side frontend.Variable
	Legs                                             rules.Legs
}

func (c *legsCircuit) Define(api frontend.API) error {
	legs := rules.NewLegs(api, rangecheck.New(api), c.Lots, rules.Sides{
		Market:     rules.Market{QuotePerLotTick: c.QuotePerLotTick, MakerFee: c.MakerFee, TakerFee: c.TakerFee},
		MakerSells: c.Side, MakerLimit: c.Limit,
	})
	api.AssertIsEqual(legs.Maker, c.Legs.Maker)
	api.AssertIsEqual(legs.Taker, c.Legs.Taker)
	api.AssertIsEqual(legs.Fees, c.Legs.Fees)
	api.AssertIsEqual(api.Add(legs.Maker, legs.Taker, legs.Fees), 0)
	return nil
}

func TestNewLegs_C6_Vectors(t *testing.T) {
	system := forge.Compile(t, &legsCircuit{})
	for _, c := range golden.Load(t, "fills", "legs") {
		settings, order := c.In.At("config"), c.In.At("maker")
		assign := func() *legsCircuit {
			return &legsCircuit{
				Lots: c.In.Int("fill", 2), QuotePerLotTick: settings.Int("quote_per_lot_tick"),
				MakerFee: mod(settings.Int("maker_fee")), TakerFee: settings.Int("taker_fee"),
				Limit: order.Int("limit"), Side: order.Int("action").Bit(0),
				Legs: rules.Legs{
					Maker: mod(c.Out.Int("maker_cash")), Taker: mod(c.Out.Int("taker_cash")), Fees: mod(c.Out.Int("fees")),
				},
			}
		}
		forge.Accepts(t, system, assign())
		// The fee of one side a unit less: the three legs still sum to 0.
		forged := assign()
		forged.Legs.Maker = mod(plus(c.Out.Int("maker_cash"), 1))
		forged.Legs.Fees = mod(plus(c.Out.Int("fees"), -1))
		forge.Refuses(t, system, forged)
		forged = assign()
		forged.Legs.Taker = mod(plus(c.Out.Int("taker_cash"), 1))
		forged.Legs.Fees = mod(plus(c.Out.Int("fees"), -1))
		forge.Refuses(t, system, forged)
		forged = assign()
		forged.Side = 1 - order.Int("action").Bit(0)
		forge.Refuses(t, system, forged)
	}
}

// feeCircuit is the fee that NewLegs takes of a cost: one lot at one tick of that cost.
func TestFee_C4_Vectors(t *testing.T) {
	system := forge.Compile(t, &legsCircuit{})
	for _, c := range golden.Load(t, "fills", "fee") {
		cost, fee := c.In.Int("cost"), c.Out.Int()
		assign := func(fee *big.Int) *legsCircuit {
			return &legsCircuit{
				Lots: 1, QuotePerLotTick: 1, MakerFee: mod(c.In.Int("rate")), TakerFee: 0, Limit: cost, Side: 1,
				Legs: rules.Legs{
					Maker: mod(new(big.Int).Sub(cost, fee)), Taker: mod(new(big.Int).Neg(cost)), Fees: mod(fee),
				},
			}
		}
		forge.Accepts(t, system, assign(fee))
		for _, unit := range []int64{1, -1} {
			forge.Refuses(t, system, assign(plus(fee, unit)))
		}
	}
}

type fillCircuit struct {
	Live, MakerSells, MakerLimit, TakerLimit, MakerOwner, TakerOwner frontend.Variable
}

func (c *fillCircuit) Define(api frontend.API) error {
	rules.AssertFill(api, rangecheck.New(api), c.Live, rules.Sides{
		MakerSells: c.MakerSells, MakerLimit: c.MakerLimit, TakerLimit: c.TakerLimit,
		MakerOwner: c.MakerOwner, TakerOwner: c.TakerOwner,
	})
	return nil
}

// TestAssertFill_C3_Vectors replays what this gadget proves; market, sides and times in force are keys of the look-up,
// and are forged with the whole batch.
func TestAssertFill_C3_Vectors(t *testing.T) {
	system := forge.Compile(t, &fillCircuit{})
	elsewhere := map[string]bool{
		"MARKET_MISMATCH": true, "SAME_SIDE": true, "IOC_MAKES": true, "POST_ONLY_TAKES": true, "UNKNOWN_ACTION": true,
		"FIELD_OUT_OF_RANGE": true,
	}
	for _, c := range golden.Load(t, "fills", "check_fill") {
		if elsewhere[c.Reject] {
			continue
		}
		assignment := &fillCircuit{
			Live: 1, MakerSells: c.In.Int("maker", "action").Bit(0), MakerLimit: c.In.Int("maker", "limit"),
			TakerLimit: c.In.Int("taker", "limit"), MakerOwner: c.In.Int("maker_owner"), TakerOwner: c.In.Int("taker_owner"),
		}
		// One account has one owner: the accounts differ because the owners do.
		if c.Reject == "SAME_ACCOUNT" {
			assignment.TakerOwner = assignment.MakerOwner
		}
		if c.Reject == "" {
			forge.Accepts(t, system, assignment)
		} else {
			forge.Refuses(t, system, assignment)
			assignment.Live = 0
			forge.Accepts(t, system, assignment)
		}
	}
}

// TestNewLegs_C4_ForgedFeeIsRejected has the prover answer the division of both fees.
func TestNewLegs_C4_ForgedFeeIsRejected(t *testing.T) {
	system := forge.Compile(t, &legsCircuit{})
	for name, answer := range map[string][2]int64{
		"no fee":         {0, -300},
		"no fee, no s":   {0, 0},
		"a unit less":    {0, 999_700 - 1_000_000},
		"a unit more":    {2, 1_999_700},
		"slack too wide": {2, 999_700 + 1_000_000},
	} {
		t.Run(name, func(t *testing.T) {
			fee := answer[0]
			forge.Refuses(t, system, &legsCircuit{
				Lots: 1, QuotePerLotTick: 1, MakerFee: 300, TakerFee: 300, Limit: 1, Side: 1,
				Legs: rules.Legs{Maker: mod(big.NewInt(1 - fee)), Taker: mod(big.NewInt(-1 - fee)), Fees: mod(big.NewInt(2 * fee))},
			}, forge.Answer(num.DivCeilHint, forge.Ints(answer[:]...)...))
		})
	}
}
