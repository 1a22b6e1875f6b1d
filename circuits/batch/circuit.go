// Package batch is the circuit: one batch of zkclear, from its words to its new state root.
//
// Define reads as the list of docs/transition.md; each section is a file of its own. The gadgets are in rules, tree,
// net, num and bind.
package batch

import (
	"fmt"

	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/std/rangecheck"

	"github.com/zkclear/zkclear/circuits/net"
	"github.com/zkclear/zkclear/circuits/rules"
	"github.com/zkclear/zkclear/circuits/tree"
)

// Circuit is one batch of one shape. The order of the public fields is part of the verifying key.
type Circuit struct {
	H frontend.Variable `gnark:",public"` // Sponge of the words.
	R frontend.Variable `gnark:",public"` // The verifier's random point, from its own words and H.
	Y frontend.Variable `gnark:",public"` // The words as a polynomial, at R.

	Header   Header
	Markets  []MarketRow
	Accounts []AccountRow
	Requests []RequestRow
	Entries  []EntryRow
	Fills    []FillRow
	Risks    []RiskRow

	shape   Shape
	observe func(section string, api frontend.API) // Called behind each section, if set.
}

// Header is what a batch has once. Counts and roots are not here: the circuit computes them.
type Header struct {
	Domain       frontend.Variable // Chain, contract and circuit; bound and not looked at.
	Number       frontend.Variable
	Timestamp    frontend.Variable
	FirstRequest frontend.Variable
	OldTimestamp frontend.Variable // Of the state before.
	OldDust      frontend.Variable // Of the state before, 10^-6 quote.
}

// MarketRow is a market: its configuration, its live values before, its mark and step in this batch.
type MarketRow struct {
	Listed          frontend.Variable // 1 in a row in use; rows in use come first.
	QuotePerLotTick frontend.Variable
	LotAndTick      frontend.Variable // lot_e8 * 2^64 + tick_e8: hashed, and no rule looks at them.
	MaxOpenInterest frontend.Variable
	Status          frontend.Variable
	T1, T2          frontend.Variable
	Maintenance     [3]frontend.Variable
	Initial         [3]frontend.Variable
	ShiftedMakerFee frontend.Variable // Maker fee + 2^20.
	TakerFee        frontend.Variable
	LiquidationFee  frontend.Variable
	KeeperShare     frontend.Variable
	CloseFactor     frontend.Variable
	Closeout        frontend.Variable
	MaxFundingRate  frontend.Variable
	OldMark         frontend.Variable
	OldShiftedIndex frontend.Variable // Funding index + 2^62, or 0 in an unused row.
	OldOpenInterest frontend.Variable
	Mark            frontend.Variable
	ShiftedStep     frontend.Variable // Funding step + 2^55, or 0 in an unused row.
	Changed         frontend.Variable // 1 if a MARKET request of this batch lists the row or changes it.
	NextConfigHash  frontend.Variable // Then: the hash of the configuration behind this batch.
}

// AccountRow is an opened account: its stored leaf, its path, and the claims about its close.
type AccountRow struct {
	Live            frontend.Variable // 1 in a row in use; rows in use come first.
	New             frontend.Variable // 1 if an OPEN request of this batch makes it.
	Owner           frontend.Variable
	Agent           frontend.Variable // Stored.
	AgentUntil      frontend.Variable // Stored.
	Collateral      frontend.Variable // Stored, + 2^62.
	Magnitudes      []frontend.Variable
	Negatives       []frontend.Variable
	ShiftedIndexes  []frontend.Variable // Stored funding indexes, + 2^62.
	SlotsRoot       frontend.Variable   // Stored.
	NewSlotsRoot    frontend.Variable
	Path            []tree.Level
	HasEntries      frontend.Variable // 1 if an entry names it.
	HasAgentRequest frontend.Variable // 1 if an AGENT request names it.
	NewAgent        frontend.Variable
	NewAgentUntil   frontend.Variable
	HasWithdrawal   frontend.Variable // 1 if a WITHDRAW request names it.
	Requested       frontend.Variable // That request's amount.
	AgentInForce    frontend.Variable // Claim: the agent is authorised at the batch's time.
	NotGrown        []frontend.Variable
	Healthy         frontend.Variable // Claim: the closing class is healthy.
	Reduced         frontend.Variable // Claim: the closing class is reduced.
}

// RequestRow is a consumed request.
type RequestRow struct {
	rules.RequestFields
	Paid     frontend.Variable // WITHDRAW: amount of the outcome.
	Resolved frontend.Variable // CLOSE, LIQUIDATE: word of the outcome.
	Account  frontend.Variable // Row of its account.
}

// EntryRow is an entry and its slot.
type EntryRow struct {
	rules.ActionBits
	Live                      frontend.Variable // 1 in a row in use; rows in use come first.
	Account                   frontend.Variable // Row of its account.
	Market                    frontend.Variable
	Lots, Limit, Expiry       frontend.Variable
	Subject                   frontend.Variable // DELEVERAGE: id of the account whose position it takes over.
	NonceHigh                 frontend.Variable // Nonce / 1,024; the slot, its rest, is the path's index.
	Signer                    frontend.Variable
	StoredNonce, StoredFilled frontend.Variable
	Path                      []tree.Level
}

// FillRow is a fill.
type FillRow struct {
	Live         frontend.Variable // 1 in a row in use; rows in use come first.
	Maker, Taker frontend.Variable // Rows of the two entries.
	Lots         frontend.Variable
}

// RiskRow is a risk operation: a LIQUIDATE or CLOSE request or a risk entry, whose position it is about, and who takes it.
type RiskRow struct {
	Kind         rules.RiskKind    // Its sum is 1 in a row in use; rows in use come first, those of DELEVERAGE last.
	Source       frontend.Variable // Row of its request or entry.
	Subject      frontend.Variable // Row of the account whose position it is.
	Counterparty frontend.Variable // Row of the taker; of a DELEVERAGE the entry's account; else 0.
	Market       frontend.Variable
	Lots         frontend.Variable // What the request or the entry says.
	Limit        frontend.Variable // BOOK: the entry's limit.
}

// New returns an empty circuit of a shape, to compile.
func New(shape Shape) *Circuit {
	c := &Circuit{
		Markets:  make([]MarketRow, shape.Markets),
		Accounts: make([]AccountRow, shape.Accounts),
		Requests: make([]RequestRow, shape.Requests),
		Entries:  make([]EntryRow, shape.Orders),
		Fills:    make([]FillRow, shape.Fills),
		Risks:    make([]RiskRow, shape.Risks),
		shape:    shape,
	}
	for i := range c.Accounts {
		row := &c.Accounts[i]
		row.Magnitudes = make([]frontend.Variable, shape.Markets)
		row.Negatives = make([]frontend.Variable, shape.Markets)
		row.ShiftedIndexes = make([]frontend.Variable, shape.Markets)
		row.NotGrown = make([]frontend.Variable, shape.Markets)
		row.Path = make([]tree.Level, shape.AccountDepth)
	}
	for i := range c.Entries {
		c.Entries[i].Path = make([]tree.Level, SlotDepth)
	}
	return c
}

// Define proves one batch. Claims C1 to C9, C11.
func (c *Circuit) Define(api frontend.API) error {
	proof, err := newProof(api, c)
	if err != nil {
		return err
	}
	for _, section := range sections {
		section.prove(proof)
		if c.observe != nil {
			c.observe(section.name, api)
		}
	}
	return nil
}

// sections is the batch transition, in the order of docs/transition.md.
var sections = []struct {
	name  string
	prove func(*proof)
}{
	{"header", (*proof).openHeader},
	{"markets", (*proof).openMarkets},
	{"requests", (*proof).openRequests},
	{"open accounts", (*proof).openAccounts},
	{"orders", (*proof).proveEntries},
	{"risk", (*proof).proveRisks},
	{"fills", (*proof).proveFills},
	{"slots", (*proof).proveSlots},
	{"net", (*proof).proveNets},
	{"close accounts", (*proof).closeAccounts},
	{"state root", (*proof).proveRoots},
	{"bind", (*proof).bind},
}

// proof is what the sections hand on to each other.
type proof struct {
	api     frontend.API
	rc      frontend.Rangechecker
	hasher  *tree.Hasher
	sums    *net.Sums
	circuit *Circuit
	shape   Shape

	elapsed  frontend.Variable // Seconds since the last batch.
	markets  []market
	requests []request
	accounts []account
	entries  []entry
	risks    []risk
	fees     frontend.Variable // Fees for account 1.
	fund     frontend.Variable // For account 0: its part of discounts, and the fees of liquidations.
	closing  closing
	oldRoot  frontend.Variable // State root before.
	newRoot  frontend.Variable // State root after.
}

func newProof(api frontend.API, c *Circuit) (*proof, error) {
	hasher, err := tree.NewHasher(api)
	if err != nil {
		return nil, fmt.Errorf("batch: %w", err)
	}
	// The range checker comes first: its own commitment must be collected before the one of the sums is drawn.
	rc := rangecheck.New(api)
	return &proof{
		api: api, rc: rc, hasher: hasher, sums: net.NewSums(api, hasher), circuit: c, shape: c.shape,
	}, nil
}
