package testbatch

import (
	"cmp"
	"math/big"
	"slices"

	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
)

// Move is what a risk operation moves: lots from the subject to the counterparty at the mark, less a discount, of which
// the counterparty keeps a share and account 0 gets the rest.
type Move struct{ Lots, Discount, Share int64 }

// riskRow is a risk operation on its way into the witness.
type riskRow struct {
	witness               *zkclearv1.WitnessRisk
	subject, counterparty *row
	market                int
	rank                  uint64
	move                  *Move // Nil where nothing moves here.
}

// risks makes the risk rows of the batch and moves what they move.
func (c *clearing) risks() {
	var rows, last []riskRow
	for i, r := range c.batch.Requests {
		if r.Kind == KindClose || r.Kind == KindLiquidate {
			rows = append(rows, c.requestRisk(i, r))
		}
	}
	for i, e := range c.batch.Entries {
		switch {
		case e.book():
			rows = append(rows, c.riskRow(zkclearv1.RiskKind_RISK_KIND_BOOK, i, e.Account, 0, e.Market, e.Lots))
		case e.Action == Absorb:
			r := c.riskRow(zkclearv1.RiskKind_RISK_KIND_ABSORB, i, e.Account, 0, e.Market, 0)
			if c.known(r.market) {
				lots := abs(c.size(r.subject, r.market))
				discount := c.discount(r.subject, r.market, lots)
				r.witness.Lots, r.move = uint64(lots), &Move{lots, discount, discount}
			}
			rows = append(rows, r)
		case e.Action == Deleverage:
			r := c.riskRow(zkclearv1.RiskKind_RISK_KIND_DELEVERAGE, i, e.Subject, e.Account, e.Market, e.Lots)
			r.rank, r.move = e.Limit, &Move{Lots: int64(e.Lots)}
			last = append(last, r)
		}
	}
	slices.SortStableFunc(last, func(a, b riskRow) int {
		return cmp.Or(cmp.Compare(a.witness.SubjectRow, b.witness.SubjectRow),
			cmp.Compare(a.market, b.market), cmp.Compare(a.rank, b.rank))
	})
	c.shareHoles(last)
	for i, r := range append(rows, last...) {
		c.witness.Risks = append(c.witness.Risks, r.witness)
		if r.move == nil || !c.known(r.market) {
			continue
		}
		if c.batch.Bend != nil {
			c.batch.Bend(i, r.move)
		}
		c.apply(r)
	}
}

func (c *clearing) riskRow(kind zkclearv1.RiskKind, source int, subject, counterparty uint32, market, lots uint64) riskRow {
	subjectRow, s := c.row(subject)
	counterpartyRow, k := c.row(counterparty)
	return riskRow{
		witness: &zkclearv1.WitnessRisk{
			Kind: kind, Source: uint32(source), SubjectRow: subjectRow, CounterpartyRow: counterpartyRow,
			Market: uint32(market), Lots: lots,
		},
		subject: s, counterparty: k, market: int(market),
	}
}

// requestRisk does what the operator says that a LIQUIDATE or CLOSE came to.
func (c *clearing) requestRisk(i int, r Request) riskRow {
	kind := zkclearv1.RiskKind_RISK_KIND_CLOSE
	if r.Kind == KindLiquidate {
		kind = zkclearv1.RiskKind_RISK_KIND_TAKEOVER
	}
	made := c.riskRow(kind, i, r.Account, r.Taker, r.Market, r.Lots)
	if !c.known(made.market) {
		return made
	}
	lots := c.requested(made.subject, made.market, int64(r.Lots), r.Kind == KindLiquidate)
	if r.Code == 1 {
		lots = int64(r.Paid) // the operator's word
		discount := c.discount(made.subject, made.market, lots)
		made.move = &Move{lots, discount, discount}
		if r.Kind == KindLiquidate {
			made.move.Share = floorPPM(discount, int64(c.after.Markets[made.market].KeeperShare))
		}
	}
	made.witness.Lots = uint64(lots)
	return made
}

func (c *clearing) known(market int) bool { return market < len(c.batch.Marks) }

func (c *clearing) size(r *row, market int) int64 { return r.opening.Positions[market].Size }

// unit is the value of one lot.
func (c *clearing) unit(market int) *big.Int {
	m := c.after.Markets[market]
	return new(big.Int).SetUint64(m.Mark * m.QuotePerLotTick)
}

// requested returns the lots that a request is about.
func (c *clearing) requested(r *row, market int, most int64, liquidates bool) int64 {
	allowed := abs(c.size(r, market))
	if liquidates {
		m := c.after.Markets[market]
		equity, _, maintenance := c.margins(r.opening)
		deep := new(big.Int).Mul(equity, big.NewInt(1_000_000)).
			Cmp(new(big.Int).Mul(maintenance, new(big.Int).SetUint64(uint64(m.Closeout)))) < 0
		if !deep {
			allowed = (allowed*int64(m.CloseFactor) + 999_999) / 1_000_000
		}
	}
	chunk := new(big.Int).Div(big.NewInt(1<<56-1), c.unit(market))
	return min(most, allowed, chunk.Int64())
}

// give returns floor(equity * freed / maintenance).
func (c *clearing) give(r *row, market int, lots int64) int64 {
	equity, _, maintenance := c.margins(r.opening)
	if maintenance.Sign() == 0 {
		return 0
	}
	held := abs(c.size(r, market))
	freed := new(big.Int).Sub(c.maintenance(market, held), c.maintenance(market, held-lots))
	return freed.Mul(freed, equity).Div(freed, maintenance).Int64()
}

func (c *clearing) maintenance(market int, lots int64) *big.Int {
	m := c.after.Markets[market]
	return m.requirement(new(big.Int).Mul(c.unit(market), big.NewInt(lots)), m.Maintenance)
}

// discount returns what an account loses when so many lots of it are taken over.
func (c *clearing) discount(r *row, market int, lots int64) int64 {
	worth := new(big.Int).Mul(c.unit(market), big.NewInt(lots))
	fee := worth.Mul(worth, big.NewInt(int64(c.after.Markets[market].LiquidationFee)))
	return min(fee.Div(fee, big.NewInt(1_000_000)).Int64(), c.give(r, market, lots))
}

// shareHoles gives every row of a deleverage its part of the hole. Rows of one position stand together.
func (c *clearing) shareHoles(rows []riskRow) {
	before := int64(0)
	for i, r := range rows {
		if !c.known(r.market) {
			continue
		}
		if i == 0 || rows[i-1].subject != r.subject || rows[i-1].market != r.market {
			before = 0
		}
		hole := c.give(r.subject, r.market, before+r.move.Lots) - c.give(r.subject, r.market, before)
		r.move.Discount, r.move.Share = hole, hole
		before += r.move.Lots
	}
}

func (c *clearing) apply(r riskRow) {
	direction := int64(1)
	if c.size(r.subject, r.market) < 0 {
		direction = -1
	}
	lots := direction * r.move.Lots
	worth := new(big.Int).Mul(c.unit(r.market), big.NewInt(lots)).Int64()
	r.subject.now.Positions[r.market].Size -= lots
	r.counterparty.now.Positions[r.market].Size += lots
	r.subject.cash += worth - r.move.Discount
	r.counterparty.cash += r.move.Share - worth
	c.rows[0].cash += r.move.Discount - r.move.Share
}

func abs(x int64) int64 { return max(x, -x) }

func floorPPM(amount, rate int64) int64 {
	exact := new(big.Int).Mul(big.NewInt(amount), big.NewInt(rate))
	return exact.Div(exact, big.NewInt(1_000_000)).Int64()
}

// changes does what MARKET requests say; the witness names each row once.
func (c *clearing) changes() {
	hashes := make(map[uint64][]byte)
	for _, r := range c.batch.Requests {
		if r.Kind != KindMarket || int(r.Market) >= len(c.after.Markets) {
			continue
		}
		changed, m := *r.Config, &c.after.Markets[r.Market]
		changed.Mark, changed.Index, changed.OpenInterest = m.Mark, m.Index, m.OpenInterest
		*m = changed
		hashes[r.Market] = r.Hash.FillBytes(make([]byte, 32))
	}
	for market := range uint64(len(c.after.Markets)) {
		if hash, ok := hashes[market]; ok {
			c.witness.MarketChanges = append(c.witness.MarketChanges,
				&zkclearv1.WitnessMarketChange{Market: uint32(market), ConfigHash: hash})
		}
	}
}

// ChangeMarket returns a MARKET request and its outcome.
func ChangeMarket(market uint64, config Market) Request {
	hash := config.configHash()
	whole := hash.BigInt(new(big.Int))
	return Request{
		Kind: KindMarket, Market: market, Config: &config, Hash: whole,
		Code: 1, Paid: new(big.Int).Rsh(whole, hashLowBits).Uint64(),
	}
}
