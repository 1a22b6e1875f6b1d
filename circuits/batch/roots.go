package batch

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/bind"
	"github.com/zkclear/zkclear/circuits/rules"
	"github.com/zkclear/zkclear/circuits/tree"
)

// proveRoots makes the state roots before and after the batch.
//
// Spec:    docs/encoding.md, state root. Claims C1, C8, C11.
// Proves:  both roots commit to accounts, markets, time and dust; open interest follows the positions and its cap.
// Assumes: the two roots become words: the contract compares the first with its own and keeps the second.
func (p *proof) proveRoots() {
	api, header := p.api, p.circuit.Header
	before, after := make([]frontend.Variable, 0, 2*len(p.markets)), make([]frontend.Variable, 0, 2*len(p.markets))
	for m, market := range p.markets {
		openInterest := rules.OpenInterestAfter(api, p.rc,
			market.openInterest, p.circuit.Markets[m].MaxOpenInterest, p.closing.signed[m], p.closing.magnitudes[m])
		before = append(before, market.configHash, market.oldLive)
		after = append(after, p.newConfigHash(m), p.newLive(&p.circuit.Markets[m], market, openInterest))
	}
	p.oldRoot = p.stateRoot(p.closing.oldAccounts, before, header.OldTimestamp, header.OldDust)
	p.newRoot = p.stateRoot(p.closing.newAccounts, after, header.Timestamp, p.closing.dust)
}

func (p *proof) stateRoot(accounts frontend.Variable, markets []frontend.Variable, timestamp, dust frontend.Variable) frontend.Variable {
	return p.hasher.Sponge(tree.TagState, []frontend.Variable{
		accounts,
		p.hasher.Sponge(tree.TagMarket, markets),
		bind.Pack(p.api, p.rc,
			bind.Field{Value: timestamp, Bits: rules.SecondsBits, Proved: true},
			bind.Field{Value: dust, Bits: 64, Proved: true}),
	})
}
