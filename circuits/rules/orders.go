package rules

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/num"
)

// Action is the 8-bit action of an entry, taken apart. Padding has no bit set.
type Action struct {
	Order, Withdraw, Cancel  frontend.Variable // Exactly one of these
	Book, Absorb, Deleverage frontend.Variable // six is 1 in a live row.
	Sell                     frontend.Variable // Bit 0 of an order, and of a liquidation in the book.
	Force                    [2]frontend.Variable
	ReduceOnly               frontend.Variable // Bit 3 of an order.

	both frontend.Variable // Force[0] * Force[1]
}

// ActionBits is what a prover gives of an action; an order is what has none of the first five.
type ActionBits struct {
	Withdraw, Cancel, Book, Absorb, Deleverage frontend.Variable
	Sell, Force0, Force1, ReduceOnly           frontend.Variable
}

// Codes of the actions beside orders, whose code is 0x40 and their four bits.
const (
	orderClass   = 0x40
	withdrawCode = 0x80
	cancelCode   = 0x82

	bookCode       = 0xc0 // Buys; a sale has bit 0.
	absorbCode     = 0xc2
	deleverageCode = 0xc3
)

// NewAction returns the action of a row, given its bits.
//
// Spec:    zkclear/rules/actions.py. Claim C2.
// Proves:  all parts are bits, and the six actions add up to live.
// Assumes: the caller asserts Spare = 0, so that only an order has its four bits.
func NewAction(api frontend.API, live frontend.Variable, b ActionBits) Action {
	a := Action{
		Order:    api.Sub(live, b.Withdraw, b.Cancel, b.Book, b.Absorb, b.Deleverage),
		Withdraw: b.Withdraw, Cancel: b.Cancel, Book: b.Book, Absorb: b.Absorb, Deleverage: b.Deleverage,
		Sell: b.Sell, Force: [2]frontend.Variable{b.Force0, b.Force1}, ReduceOnly: b.ReduceOnly,
		both: api.Mul(b.Force0, b.Force1),
	}
	for _, bit := range []frontend.Variable{
		a.Order, b.Withdraw, b.Cancel, b.Book, b.Absorb, b.Deleverage, b.Sell, b.Force0, b.Force1, b.ReduceOnly,
	} {
		api.AssertIsBoolean(bit)
	}
	return a
}

// Code returns the 8 bits as the entry word has them.
func (a Action) Code(api frontend.API) frontend.Variable {
	return api.Add(
		api.Mul(orderClass, a.Order), a.Sell, api.Mul(2, a.Force[0]), api.Mul(4, a.Force[1]), api.Mul(8, a.ReduceOnly),
		api.Mul(withdrawCode, a.Withdraw), api.Mul(cancelCode, a.Cancel),
		api.Mul(bookCode, a.Book), api.Mul(absorbCode, a.Absorb), api.Mul(deleverageCode, a.Deleverage),
	)
}

// Spare returns how many bits of an order a row has that is none. It must be 0. Of them, a liquidation in the book has
// its side.
func (a Action) Spare(api frontend.API) frontend.Variable {
	return api.Add(
		api.Mul(api.Sub(1, a.Order), api.Add(a.Force[0], a.Force[1], a.ReduceOnly)),
		api.Mul(api.Sub(1, a.Order, a.Book), a.Sell),
	)
}

// Risk returns 1 for a risk entry, which nobody signs.
func (a Action) Risk(api frontend.API) frontend.Variable {
	return api.Add(a.Book, a.Absorb, a.Deleverage)
}

// Closes returns 1 for a WITHDRAW and a CANCEL, which close their nonce for orders.
func (a Action) Closes(api frontend.API) frontend.Variable { return api.Add(a.Withdraw, a.Cancel) }

// FillOrKill returns 1 for FOK, time in force 2.
func (a Action) FillOrKill(api frontend.API) frontend.Variable { return api.Sub(a.Force[1], a.both) }

// Makes returns 1 for an order that may be the maker: GTC (0) or POST_ONLY (3). It assumes Spare = 0.
func (a Action) Makes(api frontend.API) frontend.Variable {
	return api.Sub(api.Add(a.Order, a.both, a.both), a.Force[0], a.Force[1])
}

// Takes returns 1 for what may be the taker: all orders but POST_ONLY (3), and a liquidation in the book. It assumes
// Spare = 0.
func (a Action) Takes(api frontend.API) frontend.Variable {
	return api.Sub(api.Add(a.Order, a.Book), a.both)
}

// Terms are the fields of an entry that its rules look at.
type Terms struct {
	Lots, Limit, Expiry frontend.Variable // Fields A, B and the expiry.
	Market              frontend.Variable // Its number.
	NonceHigh           frontend.Variable // Nonce / 1,024.
}

// AssertTerms proves that an entry's terms may stand in a batch of this time, and returns a WITHDRAW's amount, else 0.
//
// Spec:    zkclear/rules/orders.py, check_terms. Claims C2, C3.
// Proves:  expiry >= timestamp. Orders and liquidations in the book: market tradable, lots, limit >= 1,
// notional < 2^56. WITHDRAW: market 0, 1 <= amount < 2^62. CANCEL and ABSORB: A = B = 0. CANCEL, ABSORB, DELEVERAGE:
// market listed. CANCEL and risk entries: expiry 2^40 - 1. DELEVERAGE: lots >= 1. Risk entries: nonce < 1,024. Fields of other actions' orders: none.
// Assumes: lots < 2^40, limit < 2^32, expiry < 2^40, nonce < 2^56 were proved; the market was looked up by terms.Market. A padding
// row carries the batch's timestamp as its expiry.
func AssertTerms(
	api frontend.API, rc frontend.Rangechecker, live frontend.Variable, action Action, terms Terms, market Market,
	timestamp frontend.Variable,
) (amount frontend.Variable) {
	rc.Check(api.Sub(terms.Expiry, timestamp), SecondsBits)

	// 40 + 32 + 24 bits: no wrap before the check.
	trades := api.Add(action.Order, action.Book)
	notional := api.Mul(api.Mul(trades, terms.Lots), api.Mul(terms.Limit, market.QuotePerLotTick))
	rc.Check(notional, EntryValueBits)
	both := api.Add(api.Mul(terms.Lots, num.Pow2(TicksBits)), terms.Limit)
	amount = api.Mul(action.Withdraw, both)
	rc.Check(amount, QuoteBits)
	// One of these is what a live row has, and it is not 0; the others are 0.
	deleveraged := api.Mul(action.Deleverage, terms.Lots)
	api.AssertIsDifferent(api.Add(notional, amount, deleveraged, action.Cancel, action.Absorb, api.Sub(1, live)), 0)

	// Every summand is at least 0, so a sum of 0 means that each is 0.
	endless := api.Sub(num.Pow2(SecondsBits), 1)
	api.AssertIsEqual(api.Add(
		api.Mul(trades, api.Sub(1, market.Tradable)),
		api.Mul(api.Add(action.Cancel, action.Absorb, action.Deleverage), api.Sub(1, market.Listed)),
		api.Mul(api.Add(action.Cancel, action.Risk(api)), api.Sub(endless, terms.Expiry)),
		api.Mul(api.Add(action.Cancel, action.Absorb), both),
		api.Mul(action.Risk(api), terms.NonceHigh),
		api.Mul(action.Withdraw, terms.Market),
		action.Spare(api),
	), 0)
	return amount
}

// Authorise proves that the signer speaks for the account, where one is needed.
//
// Spec:    zkclear/rules/orders.py, authorise. Claim C2.
// Proves:  where signed, the signer is not 0; it is the owner or the agent, and of a WITHDRAW the owner. Elsewhere
// nothing: the caller gives such a row no signer's word.
// Assumes: signed is a bit; agent is 0 unless it is authorised at the batch's time (AgentInForce).
func Authorise(api frontend.API, signed, withdraw, signer, owner, agent frontend.Variable) {
	api.AssertIsDifferent(api.Add(1, api.Mul(signed, api.Sub(signer, 1))), 0)
	notAgent := api.Sub(signer, agent)
	// Of a WITHDRAW the second factor is 1, so the first must be 0.
	notAgent = api.Add(notAgent, api.Mul(withdraw, api.Sub(1, notAgent)))
	num.AssertZeroIf(api, signed, api.Mul(api.Sub(signer, owner), notAgent))
}

// AgentInForce returns the agent if the prover claims that it is authorised at the batch's time, else 0.
//
// Spec:    zkclear/rules/orders.py, authorise. Claim C2.
// Proves:  claimed only while timestamp <= until. Not claiming only takes rights away.
// Assumes: until, timestamp < 2^40.
func AgentInForce(
	api frontend.API, rc frontend.Rangechecker, claimed, agent, until, timestamp frontend.Variable,
) frontend.Variable {
	api.AssertIsBoolean(claimed)
	rc.Check(api.Mul(claimed, api.Sub(until, timestamp)), SecondsBits)
	return api.Mul(claimed, agent)
}

// Slot is one order slot.
type Slot struct{ Nonce, Filled frontend.Variable }

// SlotAfter returns the slot of an entry after a batch in which filled lots of it traded.
//
// Spec:    zkclear/rules/orders.py, slot_after. Claims C2, C3.
// Proves:  nonce >= stored (WITHDRAW and CANCEL: above it); a higher nonce starts at 0, an equal one continues; the new
// total is at most lots; FOK trades all its lots in this batch. A risk entry leaves its slot as it was, whatever its
// nonce, and trades at most its lots.
// Assumes: nonces < 2^56, stored.Filled and lots < 2^40, 0 <= filled < 2^59, and filled = 0 unless it trades.
func SlotAfter(
	api frontend.API, rc frontend.Rangechecker, action Action, stored Slot, nonce, lots, filled frontend.Variable,
) Slot {
	risk := action.Risk(api)
	newer := api.Mul(api.Sub(1, risk), api.Sub(nonce, stored.Nonce))
	rc.Check(api.Sub(newer, action.Closes(api)), NonceBits)
	continues := api.Sub(api.IsZero(newer), risk) // a bit: of a risk entry newer is 0
	start := api.Mul(continues, stored.Filled)
	total := api.Add(start, filled)
	rc.Check(api.Sub(lots, total), SizeBits)
	num.AssertZeroIf(api, action.FillOrKill(api), api.Sub(lots, filled))
	// A WITHDRAW or CANCEL has total 0 here: its nonce is newer and nothing filled it.
	after := api.Add(total, api.Mul(action.Closes(api), slotClosed))
	return Slot{Nonce: api.Add(stored.Nonce, newer), Filled: api.Select(risk, stored.Filled, after)}
}

// slotClosed is the filled count of a closed nonce: no order of at most 2^40 - 1 lots can fill there.
const slotClosed = uint64(1)<<SizeBits - 1
