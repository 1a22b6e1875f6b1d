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

// Codes of the actions beside orders.
const (
	withdrawCode   = 0x80
	cancelCode     = 0x82
	bookCode       = 0xc0
	absorbCode     = 0xc2
	deleverageCode = 0xc3
)

// action is an action as a prover gives it.
type action struct {
	Live frontend.Variable
	rules.ActionBits
}

// newAction takes a code apart; ok says whether a prover can: other codes have no bits.
func newAction(code *big.Int) (a action, ok bool) {
	order, book := code.Int64()&^0xf == 0x40, code.Int64()&^1 == bookCode
	flag := func(index int) int { return bit(order && code.Bit(index) == 1) }
	known := order || book
	is := func(other int64) int {
		known = known || code.Int64() == other
		return bit(code.Int64() == other)
	}
	a = action{Live: 1, ActionBits: rules.ActionBits{
		Withdraw: is(withdrawCode), Cancel: is(cancelCode), Absorb: is(absorbCode), Deleverage: is(deleverageCode),
		Book: bit(book), Sell: bit((order || book) && code.Bit(0) == 1),
		Force0: flag(1), Force1: flag(2), ReduceOnly: flag(3),
	}}
	return a, known
}

// unused is the action of padding.
func unused() action {
	a, _ := newAction(new(big.Int))
	a.Live = 0
	return a
}

func (a action) open(api frontend.API) rules.Action {
	return rules.NewAction(api, a.Live, a.ActionBits)
}

type actionCircuit struct {
	Action             action
	Code, Makes, Takes frontend.Variable
}

func (c *actionCircuit) Define(api frontend.API) error {
	a := c.Action.open(api)
	api.AssertIsEqual(a.Spare(api), 0)
	api.AssertIsEqual(a.Code(api), c.Code)
	api.AssertIsEqual(a.Makes(api), c.Makes)
	api.AssertIsEqual(a.Takes(api), c.Takes)
	return nil
}

// TestAction_C2_EveryCodeHasOneMeaning runs all bits of a row against all codes.
func TestAction_C2_EveryCodeHasOneMeaning(t *testing.T) {
	system := forge.Compile(t, &actionCircuit{})
	for bits := range 1 << 10 {
		at := func(index int) int { return bits >> index & 1 }
		live, withdraw, cancel, book, absorb, deleverage := at(0), at(1), at(2), at(7), at(8), at(9)
		sell, force0, force1, reduceOnly := at(3), at(4), at(5), at(6)
		order := live - withdraw - cancel - book - absorb - deleverage
		legal := order == 0 || order == 1
		if order != 1 && (1-book)*sell+force0+force1+reduceOnly > 0 {
			legal = false
		}
		tif := force0 + 2*force1
		code := 0x40*order + sell + 2*tif + 8*reduceOnly + withdrawCode*withdraw + cancelCode*cancel +
			bookCode*book + absorbCode*absorb + deleverageCode*deleverage
		assignment := &actionCircuit{
			Action: action{live, rules.ActionBits{
				Withdraw: withdraw, Cancel: cancel, Book: book, Absorb: absorb, Deleverage: deleverage,
				Sell: sell, Force0: force0, Force1: force1, ReduceOnly: reduceOnly,
			}},
			Code:  mod(big.NewInt(int64(code))),
			Makes: order * bit(tif == 0 || tif == 3), Takes: order*bit(tif != 3) + book,
		}
		if !legal {
			forge.Refuses(t, system, assignment)
			continue
		}
		forge.Accepts(t, system, assignment)
		assignment.Makes = 1 - assignment.Makes.(int)
		forge.Refuses(t, system, assignment)
	}
}

// TestAction_P2_EveryPartIsABit gives one part the value 2. Live, which the caller proves, makes up for it where it must.
func TestAction_P2_EveryPartIsABit(t *testing.T) {
	system := forge.Compile(t, &actionCircuit{})
	for name, c := range map[string]actionCircuit{
		"order":       {Action: action{Live: 2}, Code: 0x80, Makes: 2, Takes: 2},
		"withdraw":    {Action: action{Live: 2, ActionBits: rules.ActionBits{Withdraw: 2}}, Code: 0x100},
		"cancel":      {Action: action{Live: 2, ActionBits: rules.ActionBits{Cancel: 2}}, Code: 0x104},
		"book":        {Action: action{Live: 2, ActionBits: rules.ActionBits{Book: 2}}, Code: 0x180, Takes: 2},
		"absorb":      {Action: action{Live: 2, ActionBits: rules.ActionBits{Absorb: 2}}, Code: 0x184},
		"deleverage":  {Action: action{Live: 2, ActionBits: rules.ActionBits{Deleverage: 2}}, Code: 0x186},
		"sell":        {Action: action{Live: 1, ActionBits: rules.ActionBits{Sell: 2}}, Code: 0x42, Makes: 1, Takes: 1},
		"force 0":     {Action: action{Live: 1, ActionBits: rules.ActionBits{Force0: 2}}, Code: 0x44, Makes: -1, Takes: 1},
		"force 1":     {Action: action{Live: 1, ActionBits: rules.ActionBits{Force1: 2}}, Code: 0x48, Makes: -1, Takes: 1},
		"reduce only": {Action: action{Live: 1, ActionBits: rules.ActionBits{ReduceOnly: 2}}, Code: 0x50, Makes: 1, Takes: 1},
	} {
		t.Run(name, func(t *testing.T) {
			for _, field := range []*frontend.Variable{
				&c.Action.Withdraw, &c.Action.Cancel, &c.Action.Book, &c.Action.Absorb, &c.Action.Deleverage,
				&c.Action.Sell, &c.Action.Force0, &c.Action.Force1, &c.Action.ReduceOnly, &c.Makes, &c.Takes,
			} {
				if *field == nil {
					*field = 0
				}
			}
			forge.Refuses(t, system, &c)
		})
	}
}

type termsCircuit struct {
	Action    action
	Terms     rules.Terms
	Market    rules.Market
	Timestamp frontend.Variable
	Amount    frontend.Variable
}

func (c *termsCircuit) Define(api frontend.API) error {
	rc := rangecheck.New(api)
	rc.Check(c.Terms.Lots, rules.SizeBits)
	rc.Check(c.Terms.Limit, rules.TicksBits)
	rc.Check(c.Terms.Expiry, rules.SecondsBits)
	amount := rules.AssertTerms(api, rc, c.Action.Live, c.Action.open(api), c.Terms, c.Market, c.Timestamp)
	api.AssertIsEqual(amount, c.Amount)
	return nil
}

func TestAssertTerms_C2_Vectors(t *testing.T) {
	system := forge.Compile(t, &termsCircuit{})
	replayed := 0
	for _, c := range golden.Load(t, "orders", "check_terms") {
		entry := c.In.At("entry")
		act, known := newAction(entry.Int("action"))
		// A code without meaning has no bits, and neither nonce nor trigger is a term: the words bound them.
		index := entry.Int("market")
		noTrigger := entry.Int("trigger").Sign() == 0 || act.Deleverage == 1
		if !known || !noTrigger || entry.Int("nonce").BitLen() > rules.NonceBits ||
			!index.IsInt64() || index.Int64() >= int64(c.In.At("markets").Len()) || index.Sign() < 0 {
			if c.Reject == "" {
				t.Errorf("case %d: a legal entry was not replayed", c.ID)
			}
			continue
		}
		replayed++
		if entry.Int("action").Int64() >= bookCode && (entry.Int("signer").Sign() != 0 ||
			entry.Int("action").Int64() == deleverageCode && (entry.Int("limit").Int64() >= 1024 || entry.Int("trigger").BitLen() > 24)) {
			continue // the signer's word of a risk entry is 0, its rank is counted, and its subject is an account's id
		}
		amount := new(big.Int)
		if act.Withdraw == 1 {
			amount.Add(amount.Lsh(entry.Int("lots"), 32), entry.Int("limit"))
		}
		assignment := &termsCircuit{
			Action: act, Market: market(c.In.At("markets", int(index.Int64()))), Timestamp: c.In.Int("timestamp"),
			Terms: rules.Terms{
				Lots: entry.Int("lots"), Limit: entry.Int("limit"), Expiry: entry.Int("expiry"), Market: index,
				NonceHigh: new(big.Int).Rsh(entry.Int("nonce"), 10),
			},
			Amount: amount,
		}
		if c.Reject == "" {
			forge.Accepts(t, system, assignment)
		} else {
			forge.Refuses(t, system, assignment)
		}
	}
	if replayed < 20 {
		t.Errorf("only %d vectors were replayed", replayed)
	}
}

// TestAssertTerms_C2_PaddingHasNoTerms: a row that is not in use may hold any numbers in range, and no amount.
func TestAssertTerms_C2_PaddingHasNoTerms(t *testing.T) {
	system := forge.Compile(t, &termsCircuit{})
	padding := func() *termsCircuit {
		return &termsCircuit{
			Action: unused(), Terms: rules.Terms{Lots: 5, Limit: 6, Expiry: 9, Market: 1, NonceHigh: 3},
			Market:    unlisted(),
			Timestamp: 9, Amount: 0,
		}
	}
	forge.Accepts(t, system, padding())
	for _, change := range []func(*termsCircuit){
		func(c *termsCircuit) { c.Terms.Expiry = 8 },
		func(c *termsCircuit) { c.Terms.Lots = mod(big.NewInt(-1)) },
		func(c *termsCircuit) { c.Action.Sell = 1 },
		func(c *termsCircuit) { c.Action.Cancel = 1 },
		func(c *termsCircuit) { c.Amount = 5<<32 + 6 },
	} {
		c := padding()
		change(c)
		forge.Refuses(t, system, c)
	}
}

type authoriseCircuit struct {
	Signer, Owner, Agent, Until, Timestamp, Withdraw, Live frontend.Variable
	Claimed                                                frontend.Variable
}

func (c *authoriseCircuit) Define(api frontend.API) error {
	agent := rules.AgentInForce(api, rangecheck.New(api), c.Claimed, c.Agent, c.Until, c.Timestamp)
	rules.Authorise(api, c.Live, c.Withdraw, c.Signer, c.Owner, agent)
	return nil
}

func TestAuthorise_C2_Vectors(t *testing.T) {
	system := forge.Compile(t, &authoriseCircuit{})
	for _, c := range golden.Load(t, "orders", "authorise") {
		// The prover may claim the agent or not: neither makes a wrong signer right.
		accepted := false
		for claimed := range 2 {
			assignment := &authoriseCircuit{
				Signer: c.In.Int("signer"), Owner: c.In.Int("account", "owner"), Agent: c.In.Int("account", "agent"),
				Until: c.In.Int("account", "agent_until"), Timestamp: c.In.Int("timestamp"),
				Withdraw: bit(c.In.Bool("owner_only")), Live: 1, Claimed: claimed,
			}
			if c.Reject != "" {
				forge.Refuses(t, system, assignment)
			} else {
				accepted = accepted || forge.Solve(system, assignment) == nil
			}
		}
		if c.Reject == "" && !accepted {
			t.Errorf("case %d: a signer whom the rule book accepts is refused", c.ID)
		}
	}
	forge.Refuses(t, system, &authoriseCircuit{
		Signer: 14, Owner: 5, Agent: 7, Until: 9, Timestamp: 8, Withdraw: 0, Live: 1, Claimed: 2,
	})
}

type slotCircuit struct {
	Action              action
	Stored, After       rules.Slot
	Nonce, Lots, Filled frontend.Variable
}

func (c *slotCircuit) Define(api frontend.API) error {
	after := rules.SlotAfter(api, rangecheck.New(api), c.Action.open(api), c.Stored, c.Nonce, c.Lots, c.Filled)
	api.AssertIsEqual(after.Nonce, c.After.Nonce)
	api.AssertIsEqual(after.Filled, c.After.Filled)
	return nil
}

func TestSlotAfter_C3_Vectors(t *testing.T) {
	system := forge.Compile(t, &slotCircuit{})
	for _, c := range golden.Load(t, "orders", "slot_after") {
		entry := c.In.At("entry")
		act, known := newAction(entry.Int("action"))
		if !known {
			t.Fatalf("case %d has no known action", c.ID)
		}
		assign := func(nonce, filled *big.Int) *slotCircuit {
			return &slotCircuit{
				Action: act, Stored: rules.Slot{Nonce: c.In.Int("stored", 0), Filled: c.In.Int("stored", 1)},
				After: rules.Slot{Nonce: nonce, Filled: filled}, Nonce: entry.Int("nonce"), Lots: entry.Int("lots"),
				Filled: c.In.Int("filled"),
			}
		}
		if c.Reject == "" {
			forge.Accepts(t, system, assign(c.Out.Int(0), c.Out.Int(1)))
			forge.Refuses(t, system, assign(c.Out.Int(0), plus(c.Out.Int(1), 1)))
			forge.Refuses(t, system, assign(plus(c.Out.Int(0), 1024), c.Out.Int(1)))
			continue
		}
		// Whatever the prover says is left in the slot: what would be stored with and without what was there before.
		filled := c.In.Int("filled")
		for _, after := range []*big.Int{filled, new(big.Int).Add(filled, c.In.Int("stored", 1)), big.NewInt(1<<40 - 1)} {
			forge.Refuses(t, system, assign(entry.Int("nonce"), after))
		}
	}
}

type growthCircuit struct {
	Before, After frontend.Variable
	Sizes         [2]size
	Claimed       frontend.Variable
	Notional      frontend.Variable
}

func (c *growthCircuit) Define(api frontend.API) error {
	rc := rangecheck.New(api)
	before, after := c.Sizes[0].open(api, rc), c.Sizes[1].open(api, rc)
	api.AssertIsEqual(before.Value, c.Before)
	api.AssertIsEqual(after.Value, c.After)
	rules.AssertGrowth(api, rc, c.Claimed, before, after, c.Notional)
	return nil
}

// TestAssertGrowth_C5_Vectors: the claim can be made exactly where it is true, with whatever sign a zero is given.
func TestAssertGrowth_C5_Vectors(t *testing.T) {
	system := forge.Compile(t, &growthCircuit{})
	signs := func(value *big.Int) []size {
		if value.Sign() == 0 {
			return []size{{0, 0}, {0, 1}}
		}
		return []size{newSize(value)}
	}
	for _, c := range golden.Load(t, "orders", "did_not_grow") {
		before, after, claimable := c.In.Int("before"), c.In.Int("after"), false
		for _, s := range signs(before) {
			for _, e := range signs(after) {
				assignment := &growthCircuit{
					Before: mod(before), After: mod(after), Sizes: [2]size{s, e}, Claimed: 1, Notional: num.Pow2(90),
				}
				if c.Out.Bool() {
					claimable = claimable || forge.Solve(system, assignment) == nil
				} else {
					forge.Refuses(t, system, assignment)
				}
			}
		}
		if c.Out.Bool() && !claimable {
			t.Errorf("case %d: from %v to %v, not claimable", c.ID, before, after)
		}
	}
	for notional, legal := range map[*big.Int]bool{
		num.Pow2(56): false, plus(num.Pow2(56), -1): true, num.Pow2(95): false,
	} {
		assignment := &growthCircuit{
			Before: 1, After: 2, Sizes: [2]size{{1, 0}, {2, 0}}, Claimed: 0, Notional: notional,
		}
		if legal {
			forge.Accepts(t, system, assignment)
		} else {
			forge.Refuses(t, system, assignment)
		}
	}
	forge.Refuses(t, system, &growthCircuit{Before: 1, After: 2, Sizes: [2]size{{1, 0}, {2, 0}}, Claimed: 2, Notional: 9})
}
