package rules_test

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"testing"

	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/std/rangecheck"

	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/num"
	"github.com/zkclear/zkclear/circuits/rules"
)

// carrier is an account and its size in the market of a risk operation.
type carrier struct {
	rules.Standing
	Size frontend.Variable
}

// riskCircuit proves one risk operation and compares what it does.
type riskCircuit struct {
	Kind                    rules.RiskKind
	Market                  rules.Market
	Subject, Carrier        carrier
	IsFund, Opposite        frontend.Variable
	Asked, Limit            frontend.Variable
	Before                  rules.Released
	Code, Done, Acts, Moved frontend.Variable
	Cash                    [3]frontend.Variable
	Given                   frontend.Variable
}

func (c *riskCircuit) Define(api frontend.API) error {
	rc := rangecheck.New(api)
	effect := rules.Risk{
		RiskKind: c.Kind,
		Subject:  rules.Hold(api, rc, c.Subject.Standing, c.Subject.Size, c.Market), IsFund: c.IsFund,
		Carrier:  rules.Hold(api, rc, c.Carrier.Standing, c.Carrier.Size, c.Market),
		Opposite: c.Opposite, Asked: c.Asked, Limit: c.Limit, Before: c.Before,
	}.Prove(api, rc)
	for _, pair := range [][2]frontend.Variable{
		{effect.Code, c.Code}, {effect.Done, c.Done}, {effect.Acts, c.Acts}, {effect.Moved, c.Moved},
		{effect.ToSubject, c.Cash[0]}, {effect.ToCounterparty, c.Cash[1]}, {effect.ToFund, c.Cash[2]},
		{effect.Released.Given, c.Given},
	} {
		api.AssertIsEqual(pair[0], pair[1])
	}
	return nil
}

// operation is a risk operation in small numbers, with the outcome that the rule book gives on paper.
type operation struct {
	kind                   string
	size, equity           int64 // Of the subject.
	fund                   bool  // The subject is account 0.
	carrierSize, carrier   int64 // Size and equity of the carrier.
	opposite, asked, limit int64
	before, beforeGiven    int64
	code, done, moved      int64
	cash                   [3]int64
	given                  int64
	carrierInitial         int64 // Beside its position in this market.
	carrierLiquidatable    bool
	value                  int64 // Of a lot; 100 if 0.
}

// paper is a market in which a lot is worth 100, must carry 10 and starts with 20.
func paper(value int64) rules.Market {
	m := unlisted()
	bound := num.Pow2(61)
	m.Value, m.QuotePerLotTick, m.T1, m.T2 = value, 1, bound, bound
	m.Maintenance = [3]frontend.Variable{100_000, 200_000, 300_000}
	m.Initial = [3]frontend.Variable{200_000, 300_000, 400_000}
	m.LiquidationFee, m.KeeperShare, m.CloseFactor, m.Closeout = 10_000, 500_000, 300_000, 500_000
	return m
}

func magnitude(x int64) int64 { return max(x, -x) }

func (o operation) assign() *riskCircuit {
	value := o.value
	if value == 0 {
		value = 100
	}
	is := func(kind string) int { return bit(o.kind == kind) }
	signed := func(x int64) *big.Int { return mod(big.NewInt(x)) }
	maintenance := magnitude(o.size) * value / 10
	acts := o.moved != 0
	return &riskCircuit{
		Kind: rules.RiskKind{
			Takeover: is("takeover"), Close: is("close"), Book: is("book"), Absorb: is("absorb"), Deleverage: is("deleverage"),
		},
		Market: paper(value),
		Subject: carrier{rules.Standing{
			Equity: signed(o.equity), Maintenance: maintenance, Initial: 2 * maintenance, Liquidatable: bit(o.equity < maintenance),
		}, signed(o.size)},
		Carrier: carrier{rules.Standing{
			Equity: signed(o.carrier), Maintenance: 0, Initial: magnitude(o.carrierSize)*value/5 + o.carrierInitial,
			Liquidatable: bit(o.carrierLiquidatable),
		}, signed(o.carrierSize)},
		IsFund: bit(o.fund), Opposite: signed(o.opposite), Asked: o.asked, Limit: o.limit,
		Before: rules.Released{Lots: o.before, Given: signed(o.beforeGiven)},
		Code:   o.code, Done: o.done, Acts: bit(acts), Moved: signed(o.moved),
		Cash:  [3]frontend.Variable{signed(o.cash[0]), signed(o.cash[1]), signed(o.cash[2])},
		Given: signed(o.given),
	}
}

// legal are operations at the edges of the rules. A long position of 10 lots: maintenance 100, initial 200; of which 3
// may go while equity is 50 or more. The fee of 3 lots is 3, the equity of 90 that goes with them 27.
func legal() map[string]operation {
	book := operation{kind: "book", size: 10, equity: 90, asked: 3, limit: 99, given: 27}
	absorb := operation{kind: "absorb", size: 10, equity: 49, moved: 10, cash: [3]int64{990, -990, 0}, given: 49}
	deleverage := operation{
		kind: "deleverage", size: 10, equity: -50, opposite: -4, asked: 4, carrier: 174, moved: 4,
		cash: [3]int64{420, -420, 0}, given: -20,
	}
	takeover := operation{
		kind: "takeover", size: 10, equity: 90, asked: 1 << 39, carrier: 59, code: 1, done: 3, moved: 3,
		cash: [3]int64{297, -299, 2}, given: 27,
	}
	closing := operation{
		kind: "close", size: 10, equity: 100, asked: 4, carrier: 76, code: 1, done: 4, moved: 4,
		cash: [3]int64{396, -396, 0}, given: 40,
	}
	with := func(o operation, change func(*operation)) operation {
		change(&o)
		return o
	}
	return map[string]operation{
		"padding":                 {size: 10, equity: 90, asked: 7, limit: 8},
		"book":                    book,
		"book, fewer":             with(book, func(o *operation) { o.asked, o.given = 1, 9 }),
		"book, short":             with(book, func(o *operation) { o.size, o.limit = -10, 101 }),
		"book, better than mark":  with(book, func(o *operation) { o.limit = 5_000 }),
		"book, all of a deep one": with(book, func(o *operation) { o.equity, o.asked, o.given = 49, 10, 49 }),
		"book, with a hole":       with(book, func(o *operation) { o.equity, o.limit, o.given = -50, 105, -15 }),
		"book, of account 0": with(book, func(o *operation) {
			o.fund, o.equity, o.asked, o.limit, o.given = true, 900, 10, 100, 900
		}),
		"absorb":                  absorb,
		"absorb, short":           with(absorb, func(o *operation) { o.size, o.moved, o.cash = -10, -10, [3]int64{-1010, 1010, 0} }),
		"absorb, with a hole":     with(absorb, func(o *operation) { o.equity, o.given, o.cash = -7, -7, [3]int64{1007, -1007, 0} }),
		"absorb, less than a fee": with(absorb, func(o *operation) { o.equity, o.given, o.cash = 6, 6, [3]int64{994, -994, 0} }),
		"deleverage":              deleverage,
		"deleverage, short": with(deleverage, func(o *operation) {
			o.size, o.opposite, o.moved, o.cash = -10, 4, -4, [3]int64{-380, 380, 0}
		}),
		"deleverage, behind another": with(deleverage, func(o *operation) {
			o.before, o.beforeGiven, o.asked, o.opposite, o.carrier = 4, -20, 6, -9, 24
			o.moved, o.cash, o.given = 6, [3]int64{630, -630, 0}, -50
		}),
		"deleverage, of account 0": with(deleverage, func(o *operation) { o.fund, o.carrier = true, 1_000 }),
		"takeover":                 takeover,
		"takeover, one lot": with(takeover, func(o *operation) {
			o.asked, o.carrier, o.done, o.moved, o.cash, o.given = 1, 20, 1, 1, [3]int64{99, -100, 1}, 9
		}),
		"takeover, taker one short": with(takeover, func(o *operation) {
			o.carrier, o.code, o.done, o.moved, o.cash = 58, 4, 0, 0, [3]int64{}
		}),
		"takeover, taker holds the other side": with(takeover, func(o *operation) { o.carrierSize, o.carrier = -3, -1 }),
		"takeover, taker needs margin elsewhere": with(takeover, func(o *operation) {
			o.carrierInitial, o.code, o.done, o.moved, o.cash = 1, 4, 0, 0, [3]int64{}
		}),
		"takeover, taker liquidatable": with(takeover, func(o *operation) {
			o.carrier, o.carrierLiquidatable, o.code, o.done, o.moved, o.cash = 1_000, true, 4, 0, 0, [3]int64{}
		}),
		"takeover, nothing held": with(takeover, func(o *operation) {
			o.size, o.equity, o.code, o.done, o.moved, o.cash, o.given = 0, -1, 2, 0, 0, [3]int64{}, 0
		}),
		"takeover, at maintenance": with(takeover, func(o *operation) {
			o.equity, o.code, o.done, o.moved, o.cash, o.given = 100, 3, 0, 0, [3]int64{}, 30
		}),
		"takeover, one below maintenance": with(takeover, func(o *operation) { o.equity, o.given = 99, 29 }),
		"takeover, nothing left": with(takeover, func(o *operation) {
			o.equity, o.carrier, o.done, o.moved, o.cash, o.given = 0, 200, 10, 10, [3]int64{1000, -1000, 0}, 0
		}),
		"takeover, a hole": with(takeover, func(o *operation) {
			o.equity, o.carrier, o.code, o.done, o.moved, o.cash, o.given = -1, 900, 2, 0, 0, [3]int64{}, -1
		}),
		"close": closing,
		"close, all": with(closing, func(o *operation) {
			o.asked, o.carrier, o.done, o.moved, o.cash, o.given = 99, 190, 10, 10, [3]int64{990, -990, 0}, 100
		}),
		"close, fund short": with(closing, func(o *operation) { o.carrier, o.code, o.done, o.moved, o.cash = 75, 5, 0, 0, [3]int64{} }),
		"close, liquidatable": with(closing, func(o *operation) {
			o.equity, o.code, o.done, o.moved, o.cash, o.given = 99, 2, 0, 0, [3]int64{}, 39
		}),
		"close, nothing held": with(closing, func(o *operation) {
			o.size, o.code, o.done, o.moved, o.cash, o.given = 0, 2, 0, 0, [3]int64{}, 0
		}),
		"close, unlisted market": with(closing, func(o *operation) {
			o.size, o.value, o.code, o.done, o.moved, o.cash, o.given = 0, -1, 2, 0, 0, [3]int64{}, 0
		}),
	}
}

func (o operation) build() *riskCircuit {
	if o.value >= 0 {
		return o.assign()
	}
	o.value = 0
	c := o.assign()
	c.Market = unlisted()
	return c
}

func TestRisk_C7_EdgesOfEveryOperation(t *testing.T) {
	system := forge.Compile(t, &riskCircuit{})
	for _, name := range slices.Sorted(maps.Keys(legal())) {
		t.Run(name, func(t *testing.T) {
			forge.Accepts(t, system, legal()[name].build())
			for part, get := range map[string]func(*riskCircuit) *frontend.Variable{
				"code":                func(c *riskCircuit) *frontend.Variable { return &c.Code },
				"done":                func(c *riskCircuit) *frontend.Variable { return &c.Done },
				"acts":                func(c *riskCircuit) *frontend.Variable { return &c.Acts },
				"moved":               func(c *riskCircuit) *frontend.Variable { return &c.Moved },
				"to the subject":      func(c *riskCircuit) *frontend.Variable { return &c.Cash[0] },
				"to the counterparty": func(c *riskCircuit) *frontend.Variable { return &c.Cash[1] },
				"to account 0":        func(c *riskCircuit) *frontend.Variable { return &c.Cash[2] },
			} {
				for _, more := range []int64{1, -1} {
					c := legal()[name].build()
					value := get(c)
					*value = addTo(*value, more)
					t.Run(fmt.Sprintf("%s by %d more", part, more), func(t *testing.T) { forge.Refuses(t, system, c) })
				}
			}
		})
	}
}

func addTo(value frontend.Variable, more int64) *big.Int {
	switch value := value.(type) {
	case int:
		return mod(big.NewInt(int64(value) + more))
	case int64:
		return mod(big.NewInt(value + more))
	case *big.Int:
		return mod(plus(value, more))
	default:
		panic("no number")
	}
}

// TestRisk_C7_OneBeyondTheEdge: a risk entry that the rules refuse has no proof, whatever it would move.
func TestRisk_C7_OneBeyondTheEdge(t *testing.T) {
	system := forge.Compile(t, &riskCircuit{})
	for name, c := range map[string]struct {
		of     string
		change func(*operation)
	}{
		"book, healthy":                 {"book", func(o *operation) { o.equity, o.given = 100, 30 }},
		"book, one lot too many":        {"book", func(o *operation) { o.asked, o.given = 4, 36 }},
		"book, one tick too low":        {"book", func(o *operation) { o.limit = 98 }},
		"book, one tick too high":       {"book, short", func(o *operation) { o.limit = 102 }},
		"book, long by a short's limit": {"book", func(o *operation) { o.limit = -1 }},
		"book, hole one tick too low":   {"book, with a hole", func(o *operation) { o.limit = 104 }},
		"book, account 0 below mark":    {"book, of account 0", func(o *operation) { o.limit = 99 }},
		"book, account 0 too many":      {"book, of account 0", func(o *operation) { o.asked, o.given = 11, 900 }},
		"book, account 0 is another":    {"book, of account 0", func(o *operation) { o.fund = false }},
		"absorb, not deep":              {"absorb", func(o *operation) { o.equity, o.given = 50, 50 }},
		"absorb, account 0":             {"absorb", func(o *operation) { o.fund = true }},
		"absorb, nothing held":          {"absorb", func(o *operation) { o.size, o.moved, o.given, o.cash, o.equity = 0, 0, 0, [3]int64{}, -1 }},
		"deleverage, equity 0":          {"deleverage", func(o *operation) { o.equity, o.carrier, o.given, o.cash = 0, 0, 0, [3]int64{400, -400, 0} }},
		"deleverage, account 0 fits":    {"deleverage", func(o *operation) { o.carrier = 175 }},
		"deleverage, behind, fits":      {"deleverage, behind another", func(o *operation) { o.carrier = 25 }},
		"deleverage, same side":         {"deleverage", func(o *operation) { o.opposite = 4 }},
		"deleverage, more than held":    {"deleverage", func(o *operation) { o.opposite = -3 }},
		"deleverage, flat counterparty": {"deleverage", func(o *operation) { o.opposite = 0 }},
		"deleverage, more than needed": {"deleverage, behind another", func(o *operation) {
			o.asked, o.moved, o.given, o.cash = 7, 7, -55, [3]int64{735, -735, 0}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			o := legal()[c.of]
			c.change(&o)
			built := o.build()
			if o.limit < 0 {
				built.Limit = mod(big.NewInt(o.limit))
			}
			forge.Refuses(t, system, built)
		})
	}
}

// TestFits_C7_ValueOfALegalEntry: the carrier's new position is worth less than 2^56, or it is no larger than before.
func TestFits_C7_ValueOfALegalEntry(t *testing.T) {
	system := forge.Compile(t, &riskCircuit{})
	rich := num.Pow2(90)
	for name, c := range map[string]struct {
		held int64
		code int64
	}{
		"one lot below 2^56":        {1<<16 - 6, 1},
		"2^56":                      {1<<16 - 5, 5},
		"2^56 short, shrinks":       {-1<<16 - 5, 1},
		"above 2^56 short, shrinks": {-1 << 20, 1},
		"above 2^56 long, grows":    {1 << 20, 5},
	} {
		t.Run(name, func(t *testing.T) {
			const value = 1 << 40
			o := operation{kind: "close", size: 5, equity: 1 << 50, asked: 5, carrierSize: c.held, value: value, code: c.code}
			fee := int64(5 * value / 100)
			o.given = 1 << 50
			if c.code == 1 {
				o.done, o.moved, o.cash = 5, 5, [3]int64{5*value - fee, fee - 5*value, 0}
			}
			assignment := o.assign()
			assignment.Carrier.Equity = rich
			forge.Accepts(t, system, assignment)
			assignment.Code = 6 - c.code
			forge.Refuses(t, system, assignment)
		})
	}
}

// TestChunkLots_C9_ValueOfALegalEntry: a request moves no more than an entry could.
func TestChunkLots_C9_ValueOfALegalEntry(t *testing.T) {
	system := forge.Compile(t, &riskCircuit{})
	const value, chunk = 5 << 38, 1 << 18 / 5 // maintenance 2^57, of which each lot frees 2^37
	o := operation{
		kind: "close", size: 1 << 20, equity: 1 << 60, asked: 1 << 39, value: value, code: 1, done: chunk, moved: chunk,
		given: chunk << 40,
	}
	worth := int64(chunk * value)
	o.cash = [3]int64{worth - worth/100, worth/100 - worth, 0}
	assignment := o.assign()
	assignment.Carrier.Equity = num.Pow2(90)
	forge.Accepts(t, system, assignment)
	assignment.Done = chunk + 1
	forge.Refuses(t, system, assignment)
}

// TestDeleverage_C7_NoMoreThanThePosition: where no margin is required, nothing but the count of lots refuses one too many.
func TestDeleverage_C7_NoMoreThanThePosition(t *testing.T) {
	system := forge.Compile(t, &riskCircuit{})
	for lots, legal := range map[int64]bool{10: true, 11: false} {
		o := operation{
			kind: "deleverage", size: 10, equity: -50, fund: true, opposite: -11, asked: lots, moved: lots,
			cash: [3]int64{100 * lots, -100 * lots, 0},
		}
		assignment := o.assign()
		assignment.Market.Maintenance = [3]frontend.Variable{0, 0, 0}
		assignment.Subject.Maintenance = 0
		if legal {
			forge.Accepts(t, system, assignment)
		} else {
			forge.Refuses(t, system, assignment)
		}
	}
}
