// Package rules holds the gadgets of the rule book: each file is the twin of the module of the same name in
// zkclear/rules, and says in its comments what it proves and what its caller must have proved.
package rules

import "github.com/consensys/gnark/frontend"

// Widths in bits; signed values are below them in magnitude.
const (
	SizeBits         = 40  // A position or an order, lots.
	TicksBits        = 32  // A limit or a mark.
	PerLotTickBits   = 24  // Quote units of one lot at one tick.
	RateBits         = 20  // A rate in 10^-6.
	ThresholdBits    = 62  // A margin threshold, quote.
	QuoteBits        = 62  // A collateral or an amount, quote.
	IndexBits        = 62  // A funding index.
	StepBits         = 55  // A funding step.
	SecondsBits      = 40  // Unix time or a span of it.
	NonceBits        = 56  // A nonce.
	AddressBits      = 160 // An address.
	EntryValueBits   = 56  // Notional of an order, or of a position that grew.
	NotionalBits     = 96  // Notional of any position: 40 + 32 + 24 bits.
	WeightedBits     = 116 // Notional times a rate: 96 + 20 bits.
	EquityBits       = 101 // Equity or a sum of requirements: eight times 2^97, and collateral.
	IntermediateBits = 103 // A size times the difference of two funding indexes: 40 + 63 bits.
)

// LiveStatus is the status of a market that takes orders.
const LiveStatus = 1

// Market is what the gadgets need to know of a market row in this batch.
type Market struct {
	Listed          frontend.Variable    // 1 if the row is in use.
	Tradable        frontend.Variable    // 1 if the market takes orders.
	QuotePerLotTick frontend.Variable    // Quote units of one lot at one tick.
	Value           frontend.Variable    // Quote units of one lot at the mark, below 2^56.
	FundingIndex    frontend.Variable    // The index of this batch, signed.
	T1, T2          frontend.Variable    // Margin thresholds, T1 <= T2.
	Maintenance     [3]frontend.Variable // Maintenance rates, one a bracket.
	Initial         [3]frontend.Variable // Initial rates, one a bracket.
	MakerFee        frontend.Variable    // Signed rate.
	TakerFee        frontend.Variable    // Rate.
	LiquidationFee  frontend.Variable    // Rate: the largest discount.
	KeeperShare     frontend.Variable    // Rate: a taker's part of the discount.
	CloseFactor     frontend.Variable    // Rate: the part of a position that a batch may liquidate.
	Closeout        frontend.Variable    // Rate: the share of maintenance below which all of it goes.
}
