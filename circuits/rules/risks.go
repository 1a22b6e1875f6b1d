package rules

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/num"
)

// Outcomes of a request.
const (
	Executed        = 1
	NothingToDo     = 2
	NotLiquidatable = 3
	TakerUnfit      = 4
	FundUnfit       = 5
)

// RiskKind says what a risk row proves; padding has no bit set.
type RiskKind struct {
	Takeover, Close          frontend.Variable // Outcomes of LIQUIDATE and CLOSE requests.
	Book, Absorb, Deleverage frontend.Variable // Risk entries.
}

// Bits returns the five bits.
func (k RiskKind) Bits() []frontend.Variable {
	return []frontend.Variable{k.Takeover, k.Close, k.Book, k.Absorb, k.Deleverage}
}

// Live returns 1 in a row in use.
func (k RiskKind) Live(api frontend.API) frontend.Variable {
	return api.Add(k.Takeover, k.Close, k.Book, k.Absorb, k.Deleverage)
}

// Released is what the rows of one deleverage have taken of a position so far.
type Released struct{ Lots, Given frontend.Variable }

// Risk is one risk operation: whose position, who would carry it, and what is asked.
//
// Spec: zkclear/rules/risks.py.
type Risk struct {
	RiskKind
	Subject  Holding           // Whose position it is.
	IsFund   frontend.Variable // 1 if the subject is account 0.
	Carrier  Holding           // Takeover: the taker. Else account 0.
	Opposite frontend.Variable // Deleverage: signed size of the counterparty.
	Asked    frontend.Variable // Takeover, close: at most so many lots. Book, deleverage: so many. Else anything.
	Limit    frontend.Variable // Book: the limit, ticks. Else anything.
	Before   Released          // Deleverage: by the rows before; else 0.
}

// Effect is what a risk operation does. The three cash amounts sum to 0.
type Effect struct {
	Code           frontend.Variable // Takeover, close: the outcome. Else 0.
	Done           frontend.Variable // Takeover, close: lots of the outcome. Else 0.
	Executed       frontend.Variable // 1 for an executed takeover or close.
	Acts           frontend.Variable // 1 if lots move in this row: not of the book, nor of padding.
	Moved          frontend.Variable // Lots that leave the subject for the counterparty, signed.
	ToSubject      frontend.Variable
	ToCounterparty frontend.Variable
	ToFund         frontend.Variable
	Released       Released
}

// fate is what the outcomes are made of.
type fate struct{ negative, deep, allowed, lots, amount, share, fit frontend.Variable }

// Prove proves that a risk operation may stand in a batch, and returns what it does.
//
// Spec:    zkclear/rules/risks.py, takeover_outcome, close_outcome, check_book, check_absorb, check_deleverage. Claims C6,
// C7, C9.
// Proves:  outcome and lots of a request are functions of the opening state; a risk entry's conditions hold; cash and
// lots follow the rule. Padding proves nothing and moves nothing.
// Assumes: the kind's bits are bits, at most one set; both holdings were looked up, of one market; asked < 2^40 and
// limit < 2^32 where they count; a deleverage's Before is that of the row before it.
func (r Risk) Prove(api frontend.API, rc frontend.Rangechecker) Effect {
	s, worthBits := r.Subject, NotionalBits+RateBits
	f := fate{
		negative: num.IsNegative(api, rc, s.Equity, EquityBits),
		deep:     s.isDeep(api, rc),
	}
	f.allowed = s.allowedLots(api, rc, f.deep)
	f.lots = r.lots(api, rc, f.allowed)

	released := api.Add(r.Before.Lots, f.lots)
	left := api.Sub(s.Size.Magnitude, released)
	rc.Check(left, SizeBits)
	freed := api.Sub(s.maintenanceOf(api, rc, s.Size.Magnitude), s.maintenanceOf(api, rc, left))
	given := s.give(api, rc, freed)
	worth := api.Mul(f.lots, s.Market.Value)
	feeCap := rateDown(api, rc, worth, s.Market.LiquidationFee, worthBits)
	f.amount = api.Select(r.Deleverage,
		api.Sub(given, r.Before.Given), num.Min(api, rc, feeCap, given, shareBits))
	f.share = rateDown(api, rc, f.amount, s.Market.KeeperShare, shareRateBits)
	f.fit = r.fit(api, rc, f, left)

	r.assertBook(api, rc, f, worth)
	r.assertAbsorb(api, f)
	r.assertDeleverage(api, rc, f)
	e := r.effect(api, f, worth)
	e.Released = Released{Lots: released, Given: given}
	return e
}

// lots returns the lots that the operation is about: of a request the least of what it asks, what is allowed, and what
// is a legal entry's value; of an entry what it says; of an absorption all.
//
// Spec: zkclear/rules/liquidation.py, takeover_lots, close_lots. Claims C7, C9.
func (r Risk) lots(api frontend.API, rc frontend.Rangechecker, allowed frontend.Variable) frontend.Variable {
	held := r.Subject.Size.Magnitude
	entry := api.Mul(api.Add(r.Book, r.Deleverage), r.Asked)
	requested := api.Mul(api.Add(r.Takeover, r.Close), r.Asked)
	most := num.Min(api, rc, requested, api.Select(r.Close, held, allowed), SizeBits+1)
	most = num.Min(api, rc, most, chunkLots(api, rc, r.Subject.Market.Value), EntryValueBits)
	return api.Add(most, entry, api.Mul(r.Absorb, held)) // most is 0 unless it is a request
}

// fit says whether the carrier could take the lots of a request; of a deleverage: whether account 0 could take what was
// left before the last lot, with the hole that goes with it.
//
// Spec:    zkclear/rules/liquidation.py, fits, fund_fits. Claims C7, C9.
// Proves:  exact in both directions.
func (r Risk) fit(api frontend.API, rc frontend.Rangechecker, f fate, left frontend.Variable) frontend.Variable {
	s := r.Subject
	load := api.Add(
		api.Mul(api.Add(r.Takeover, r.Close), f.lots), api.Mul(r.Deleverage, api.Add(left, 1)))
	hole := s.give(api, rc, s.maintenanceOf(api, rc, load))
	gain := api.Add(api.Mul(r.Takeover, f.share), api.Mul(r.Close, f.amount), api.Mul(r.Deleverage, hole))
	return r.Carrier.fits(api, rc, api.Mul(s.Direction, load), gain)
}

// assertBook proves the terms of a liquidation in the book.
//
// Spec:    zkclear/rules/risks.py, check_book. Claim C7.
// Proves:  the account is liquidatable or account 0; lots <= allowed, of account 0: all; at its limit it loses at most
// the discount, of account 0: nothing.
// Assumes: lots >= 1 and a limit below 2^32; then there is a position, and the caller ties the side to its direction.
func (r Risk) assertBook(api frontend.API, rc frontend.Rangechecker, f fate, worth frontend.Variable) {
	s, trader := r.Subject, api.Sub(1, r.IsFund)
	num.AssertZeroIf(api, r.Book, api.Mul(trader, api.Sub(1, s.Liquidatable)))
	most := api.Select(r.IsFund, s.Size.Magnitude, f.allowed)
	rc.Check(api.Mul(r.Book, api.Sub(most, f.lots)), SizeBits)

	// In padding and other rows the limit is anything: it counts only times the bit.
	traded := api.Mul(api.Mul(r.Book, r.Limit), api.Mul(s.Market.QuotePerLotTick, f.lots))
	loss := api.Mul(s.Direction, api.Sub(worth, traded))
	rc.Check(api.Mul(r.Book, api.Sub(api.Mul(trader, f.amount), loss)), shareBits+1)
}

// assertAbsorb proves the terms of an absorption.
//
// Spec:    zkclear/rules/risks.py, check_absorb. Claim C7.
// Proves:  the account is deep, holds the position and is not account 0.
func (r Risk) assertAbsorb(api frontend.API, f fate) {
	// Three bits: their sum is 0 only if each is.
	num.AssertZeroIf(api, r.Absorb, api.Add(api.Sub(1, f.deep), api.Sub(1, r.Subject.Held), r.IsFund))
}

// assertDeleverage proves the terms of a deleverage.
//
// Spec:    zkclear/rules/risks.py, check_deleverage. Claim C7.
// Proves:  equity < 0; lots <= what the counterparty holds on the other side; account 0 is unfit for what was left
// before the last lot, or it is account 0's position.
// Assumes: 1 <= lots < 2^40 by the entry's terms, and that what is left is at least 0.
func (r Risk) assertDeleverage(api frontend.API, rc frontend.Rangechecker, f fate) {
	num.AssertZeroIf(api, r.Deleverage, api.Sub(1, f.negative))
	num.AssertZeroIf(api, r.Deleverage, api.Mul(api.Sub(1, r.IsFund), f.fit))
	opposite := api.Neg(api.Mul(r.Subject.Direction, r.Opposite))
	rc.Check(api.Mul(r.Deleverage, api.Sub(opposite, f.lots)), SizeBits)
}

// effect returns outcome, lots and cash.
//
// Spec:    zkclear/rules/risks.py, takeover_outcome, close_outcome; zkclear/rules/liquidation.py, Move. Claims C6, C7, C9.
// Proves:  each outcome is the first that holds; nothing here is chosen.
func (r Risk) effect(api frontend.API, f fate, worth frontend.Variable) Effect {
	s := r.Subject
	held := s.Held
	called := api.Mul(held, s.Liquidatable)            // a position of a liquidatable account,
	solvent := api.Mul(called, api.Sub(1, f.negative)) // which has no hole,
	taken := api.Mul(solvent, f.fit)                   // and whose taker is fit
	calm := api.Sub(held, called)                      // a position of an account that is not liquidatable,
	closed := api.Mul(calm, f.fit)                     // which account 0 can carry
	// Each code stands beside a bit; of the bits of a sum exactly one is 1.
	takeoverCode := api.Add(
		api.Mul(NothingToDo, api.Add(api.Sub(1, held), api.Sub(called, solvent))),
		api.Mul(NotLiquidatable, calm),
		api.Mul(TakerUnfit, api.Sub(solvent, taken)),
		api.Mul(Executed, taken))
	closeCode := api.Add(
		api.Mul(NothingToDo, api.Sub(1, calm)),
		api.Mul(FundUnfit, api.Sub(calm, closed)),
		api.Mul(Executed, closed))

	executed := api.Mul(r.Takeover, taken)
	shared := api.Mul(executed, api.Sub(f.amount, f.share)) // to account 0
	executed = api.Add(executed, api.Mul(r.Close, closed))
	acts := api.Add(executed, r.Absorb, r.Deleverage)
	toSubject := api.Mul(acts, api.Sub(api.Mul(s.Direction, worth), f.amount))
	return Effect{
		Code:     api.Add(api.Mul(r.Takeover, takeoverCode), api.Mul(r.Close, closeCode)),
		Done:     api.Mul(executed, f.lots),
		Executed: executed, Acts: acts,
		Moved:     api.Mul(acts, api.Mul(s.Direction, f.lots)),
		ToSubject: toSubject, ToFund: shared,
		ToCounterparty: api.Neg(api.Add(toSubject, shared)),
	}
}
