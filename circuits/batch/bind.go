package batch

import (
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/bind"
	"github.com/zkclear/zkclear/circuits/rules"
)

// bind makes the words of the batch, ties the public inputs to them, and closes the sums.
//
// Spec:    zkclear/rules/words.py, batch_words. Claim C1.
// Proves:  h and y are those of the words; the counts in the header are those of the rows in use.
// Assumes: every field of every word was ranged in its section, or is a row's number.
func (p *proof) bind() {
	bind.Bind(p.api, p.hasher, p.words(), p.circuit.H, p.circuit.R, p.circuit.Y)
	p.sums.Close()
}

func (p *proof) words() []frontend.Variable {
	words := []frontend.Variable{p.circuit.Header.Domain, p.headerWord(), p.oldRoot, p.newRoot}
	marks, steps := make([]frontend.Variable, len(p.markets)), make([]frontend.Variable, len(p.markets))
	for i := range p.markets {
		marks[i], steps[i] = p.circuit.Markets[i].Mark, p.circuit.Markets[i].ShiftedStep
	}
	words = append(words, bind.Group(p.api, marks, bind.MarksPerWord, bind.MarkBits)...)
	words = append(words, bind.Group(p.api, steps, bind.MarksPerWord, bind.MarkBits)...)
	for _, e := range p.entries {
		words = append(words, e.word, e.signer)
	}
	words = append(words, p.fillWords()...)
	for _, r := range p.requests {
		account := p.api.Mul(r.Live, r.id)
		words = append(words, r.Payload(p.api, p.rc, account), r.Outcome(p.api, r.paid, r.resolved))
	}
	return words
}

func (p *proof) headerWord() frontend.Variable {
	api, header := p.api, p.circuit.Header
	count := func(length int, flag func(int) frontend.Variable) bind.Field {
		var total frontend.Variable = 0
		for i := range length {
			total = api.Add(total, flag(i))
		}
		return bind.Field{Value: total, Bits: 16, Proved: true}
	}
	return bind.Pack(api, p.rc,
		bind.Field{Value: header.Number, Bits: 64, Proved: true},
		bind.Field{Value: header.Timestamp, Bits: rules.SecondsBits, Proved: true},
		count(len(p.entries), func(i int) frontend.Variable { return p.entries[i].live }),
		count(len(p.circuit.Fills), func(i int) frontend.Variable { return p.circuit.Fills[i].Live }),
		count(len(p.requests), func(i int) frontend.Variable { return p.requests[i].Live }),
		count(len(p.markets), func(i int) frontend.Variable { return p.circuit.Markets[i].Listed }),
		bind.Field{Value: header.FirstRequest, Bits: 64, Proved: true})
}
