package batch

import (
	"fmt"

	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
	"github.com/zkclear/zkclear/circuits/rules"
)

func (a *assignment) risks() error {
	for i := range a.circuit.Risks {
		row := &a.circuit.Risks[i]
		*row = RiskRow{
			Kind:   rules.RiskKind{Takeover: 0, Close: 0, Book: 0, Absorb: 0, Deleverage: 0},
			Source: 0, Subject: 0, Counterparty: 0, Market: 0, Lots: 0, Limit: 0,
		}
		if i >= len(a.witness.GetRisks()) {
			continue
		}
		if err := a.assignRisk(row, a.witness.GetRisks()[i]); err != nil {
			return fmt.Errorf("risk row %d: %w", i, err)
		}
	}
	return nil
}

// isRequest says whether a risk row is about a request; else it is about an entry.
func isRequest(kind zkclearv1.RiskKind) bool {
	return kind == zkclearv1.RiskKind_RISK_KIND_TAKEOVER || kind == zkclearv1.RiskKind_RISK_KIND_CLOSE
}

func (a *assignment) assignRisk(given *RiskRow, r *zkclearv1.WitnessRisk) error {
	if r.GetKind() < zkclearv1.RiskKind_RISK_KIND_TAKEOVER || r.GetKind() > zkclearv1.RiskKind_RISK_KIND_DELEVERAGE {
		return fmt.Errorf("kind is %s, it must be that of a risk operation", r.GetKind())
	}
	sources := len(a.entryFields)
	if isRequest(r.GetKind()) {
		sources = len(a.requestFields)
	}
	accounts := len(a.witness.GetAccounts())
	for _, index := range []struct {
		name  string
		given uint32
		count int
	}{
		{"source", r.GetSource(), sources},
		{"subject_row", r.GetSubjectRow(), accounts},
		{"counterparty_row", r.GetCounterpartyRow(), accounts},
		{"market", r.GetMarket(), a.shape.Markets},
	} {
		if err := row(index.name, index.given, index.count); err != nil {
			return err
		}
	}
	if err := below("lots", r.GetLots(), rules.SizeBits); err != nil {
		return err
	}
	is := func(kind zkclearv1.RiskKind) int { return bit(r.GetKind() == kind) }
	given.Kind = rules.RiskKind{
		Takeover:   is(zkclearv1.RiskKind_RISK_KIND_TAKEOVER),
		Close:      is(zkclearv1.RiskKind_RISK_KIND_CLOSE),
		Book:       is(zkclearv1.RiskKind_RISK_KIND_BOOK),
		Absorb:     is(zkclearv1.RiskKind_RISK_KIND_ABSORB),
		Deleverage: is(zkclearv1.RiskKind_RISK_KIND_DELEVERAGE),
	}
	given.Source, given.Subject = r.GetSource(), r.GetSubjectRow()
	given.Counterparty, given.Market = r.GetCounterpartyRow(), r.GetMarket()
	switch r.GetKind() {
	case zkclearv1.RiskKind_RISK_KIND_TAKEOVER, zkclearv1.RiskKind_RISK_KIND_CLOSE:
		given.Lots = a.requestFields[r.GetSource()].lots
	case zkclearv1.RiskKind_RISK_KIND_BOOK:
		given.Lots, given.Limit = a.entryFields[r.GetSource()].lots, a.entryFields[r.GetSource()].limit
	case zkclearv1.RiskKind_RISK_KIND_DELEVERAGE:
		given.Lots = a.entryFields[r.GetSource()].lots
	}
	return nil
}

// moveRisks adds what risk operations move to the positions.
func (a *assignment) moveRisks(moved [][]int64) {
	for _, r := range a.witness.GetRisks() {
		request := isRequest(r.GetKind())
		switch {
		case r.GetKind() == zkclearv1.RiskKind_RISK_KIND_BOOK:
			continue // its fills move it
		case request && a.witness.GetRequests()[r.GetSource()].GetOutcome() != rules.Executed:
			continue
		}
		sizes, m := a.witness.GetAccounts()[r.GetSubjectRow()].GetSizes(), int(r.GetMarket())
		lots := int64(r.GetLots())
		if m < len(sizes) && sizes[m] < 0 {
			lots = -lots
		}
		moved[r.GetSubjectRow()][m] -= lots
		moved[r.GetCounterpartyRow()][m] += lots
	}
}
