package replay

import (
	"fmt"
	"math/big"
	"strconv"

	"github.com/consensys/gnark/frontend"
)

// Case is one line: a call of the rule book with its portfolios, and what it gave. Its fields are those of
// tests/vectors/liquidation.json; others are passed over.
type Case struct {
	Call string `json:"call"`
	In   struct {
		Account portfolio  `json:"account"`
		Taker   *portfolio `json:"taker"` // Of a LIQUIDATE.
		Fund    *portfolio `json:"fund"`  // Of a CLOSE.
		Markets []market   `json:"markets"`
		Index   number     `json:"index"`
		Most    number     `json:"most"`
	} `json:"in"`
	Out Outcome `json:"out"`
}

// Outcome is what the rule book gave.
type Outcome struct {
	Code   number    `json:"code"`
	Amount number    `json:"amount"`
	Lots   number    `json:"lots"`
	Cash   [3]number `json:"cash"` // To the account, to its counterparty, to account 0 beside.
}

// String names the outcome in one line.
func (o Outcome) String() string {
	return fmt.Sprintf("code %v, amount %v, lots %v, cash %v %v %v", o.Code, o.Amount, o.Lots, o.Cash[0], o.Cash[1], o.Cash[2])
}

type portfolio struct {
	Collateral number      `json:"collateral"`
	Positions  [][2]number `json:"positions"`
}

type market struct {
	Mark   number `json:"mark"`
	Config struct {
		QuotePerLotTick number    `json:"quote_per_lot_tick"`
		T1              number    `json:"t1"`
		T2              number    `json:"t2"`
		Maintenance     [3]number `json:"maintenance"`
		Initial         [3]number `json:"initial"`
		LiquidationFee  number    `json:"liquidation_fee"`
		KeeperShare     number    `json:"keeper_share"`
		CloseFactor     number    `json:"close_factor"`
		Closeout        number    `json:"closeout"`
	} `json:"config"`
}

// number is an integer as a decimal string.
type number struct{ big.Int }

// UnmarshalJSON reads "123".
func (n *number) UnmarshalJSON(raw []byte) error {
	text, err := strconv.Unquote(string(raw))
	if err != nil {
		return fmt.Errorf("%s is not a string: %w", raw, err)
	}
	if _, ok := n.SetString(text, 10); !ok {
		return fmt.Errorf("%q is not a decimal integer", text)
	}
	return nil
}

// wire returns the number as an input of the circuit.
func (n *number) wire() frontend.Variable { return new(big.Int).Set(&n.Int) }

func (c *Case) assign() (*caseCircuit, error) {
	carrier := c.In.Fund
	if c.Call == CallTakeover {
		carrier = c.In.Taker
	}
	switch {
	case c.Call != CallTakeover && c.Call != CallClose:
		return nil, fmt.Errorf("call is %q, it must be %s or %s", c.Call, CallTakeover, CallClose)
	case carrier == nil:
		return nil, fmt.Errorf("a case of %s names no account that would carry the position", c.Call)
	case len(c.In.Markets) > markets:
		return nil, fmt.Errorf("it has %d markets, at most %d fit", len(c.In.Markets), markets)
	}
	takeover := 0
	if c.Call == CallTakeover {
		takeover = 1
	}
	out := &c.Out
	assigned := &caseCircuit{
		Takeover: takeover, Index: c.In.Index.wire(), Most: c.In.Most.wire(),
		Code: out.Code.wire(), Amount: out.Amount.wire(), Lots: out.Lots.wire(),
		ToSubject: out.Cash[0].wire(), ToCounterparty: out.Cash[1].wire(), ToInsurance: out.Cash[2].wire(),
	}
	var err error
	if assigned.Subject, err = c.In.Account.assign(); err != nil {
		return nil, err
	}
	if assigned.Carrier, err = carrier.assign(); err != nil {
		return nil, err
	}
	for i := range assigned.Markets {
		var m market // zeros where none is listed
		if i < len(c.In.Markets) {
			m = c.In.Markets[i]
		}
		assigned.Markets[i] = m.assign()
	}
	return assigned, nil
}

func (p *portfolio) assign() (portfolioInput, error) {
	if len(p.Positions) > markets {
		return portfolioInput{}, fmt.Errorf("it has %d positions, at most %d fit", len(p.Positions), markets)
	}
	input := portfolioInput{Collateral: p.Collateral.wire()}
	for i := range input.Sizes {
		input.Sizes[i] = 0
		if i < len(p.Positions) {
			input.Sizes[i] = p.Positions[i][0].wire()
		}
	}
	return input, nil
}

func (m *market) assign() marketInput {
	c := &m.Config
	three := func(rates *[3]number) (out [3]frontend.Variable) {
		for i := range rates {
			out[i] = rates[i].wire()
		}
		return out
	}
	return marketInput{
		Value:           new(big.Int).Mul(&m.Mark.Int, &c.QuotePerLotTick.Int),
		QuotePerLotTick: c.QuotePerLotTick.wire(), T1: c.T1.wire(), T2: c.T2.wire(),
		Maintenance: three(&c.Maintenance), Initial: three(&c.Initial),
		LiquidationFee: c.LiquidationFee.wire(), KeeperShare: c.KeeperShare.wire(),
		CloseFactor: c.CloseFactor.wire(), Closeout: c.Closeout.wire(),
	}
}
