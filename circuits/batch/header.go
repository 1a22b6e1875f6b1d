package batch

import "github.com/zkclear/zkclear/circuits/rules"

// dustBits is the width of the funding dust in the state: below 10^6.
const dustBits = 20

// openHeader proves the ranges of the header's fields, and that time does not run backwards.
//
// Spec:    zkclear/rules/transition.py, _check_header. Claim C1.
// Proves:  number and first request < 2^64, timestamps < 2^40, timestamp >= the last batch's.
// Assumes: the contract compares number and first request with its own; the old timestamp is inside the old root.
func (p *proof) openHeader() {
	header := p.circuit.Header
	p.rc.Check(header.Number, 64)
	p.rc.Check(header.FirstRequest, 64)
	p.rc.Check(header.Timestamp, rules.SecondsBits)
	p.rc.Check(header.OldTimestamp, rules.SecondsBits)
	p.rc.Check(header.OldDust, dustBits)
	p.elapsed = p.api.Sub(header.Timestamp, header.OldTimestamp)
	p.rc.Check(p.elapsed, rules.SecondsBits)
}
