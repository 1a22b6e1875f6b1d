package batch

import (
	"fmt"
	"math/big"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"

	"github.com/zkclear/zkclear/circuits/bind"
)

// words returns the words of the batch as the contract has them.
//
// Spec: zkclear/rules/words.py, batch_words.
func (a *assignment) words() ([]fr.Element, error) {
	w := a.witness
	oldRoot, err := element("old_root", w.GetOldRoot())
	if err != nil {
		return nil, err
	}
	newRoot, err := element("new_root", w.GetNewRoot())
	if err != nil {
		return nil, err
	}
	header, err := bind.Join([]*big.Int{
		new(big.Int).SetUint64(w.GetNumber()), new(big.Int).SetUint64(w.GetTimestampS()),
		big.NewInt(int64(len(w.GetEntries()))), big.NewInt(int64(len(w.GetFills()))),
		big.NewInt(int64(len(w.GetRequests()))), big.NewInt(int64(len(w.GetMarkets()))),
		new(big.Int).SetUint64(w.GetFirstRequest()),
	}, []int{64, 40, 16, 16, 16, 16, 64})
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	words := []fr.Element{toElement(new(big.Int).SetBytes(w.GetDomain())), toElement(header), oldRoot, newRoot}
	words = append(words, a.marketWords()...)
	for i := range a.shape.Orders {
		var word, signer fr.Element
		if i < len(w.GetEntries()) {
			word = toElement(new(big.Int).SetBytes(w.GetEntries()[i].GetWord()))
			signer = toElement(a.entryFields[i].signer)
		}
		words = append(words, word, signer)
	}
	words = append(words, a.fillWords()...)
	for i := range a.shape.Requests {
		var payload, outcome fr.Element
		if i < len(w.GetRequests()) {
			r := w.GetRequests()[i]
			payload = toElement(new(big.Int).SetBytes(r.GetPayload()))
			outcome = toElement(outcomeWord(r))
		}
		words = append(words, payload, outcome)
	}
	return words, nil
}

func (a *assignment) marketWords() []fr.Element {
	marks, steps := make([]*big.Int, a.shape.Markets), make([]*big.Int, a.shape.Markets)
	for i := range marks {
		marks[i], steps[i] = new(big.Int), new(big.Int)
		if i < len(a.witness.GetMarkets()) {
			m := a.witness.GetMarkets()[i]
			marks[i].SetUint64(m.GetMark())
			steps[i] = shifted(m.GetFundingStep(), stepOffsetBits)
		}
	}
	return append(groups(marks, bind.MarksPerWord, bind.MarkBits), groups(steps, bind.MarksPerWord, bind.MarkBits)...)
}

func (a *assignment) fillWords() []fr.Element {
	fields := make([]*big.Int, a.shape.Fills)
	for i := range fields {
		fields[i] = new(big.Int)
		if i < len(a.witness.GetFills()) {
			f := a.witness.GetFills()[i]
			fields[i].SetUint64(uint64(f.GetMaker())<<16 | uint64(f.GetTaker()))
			fields[i].Lsh(fields[i], 48).Add(fields[i], new(big.Int).SetUint64(f.GetLots()))
		}
	}
	return groups(fields, bind.FillsPerWord, bind.FillBits)
}

// groups puts fields side by side, size a word of bits each, the first in the high bits.
func groups(fields []*big.Int, size, bits int) []fr.Element {
	var words []fr.Element
	for start := 0; start < len(fields); start += size {
		word := new(big.Int)
		for i := range size {
			word.Lsh(word, uint(bits))
			if start+i < len(fields) {
				word.Add(word, fields[start+i])
			}
		}
		words = append(words, toElement(word))
	}
	return words
}

func toElement(value *big.Int) (e fr.Element) {
	e.SetBigInt(value)
	return e
}
