package bind

import (
	"fmt"
	"math/big"

	"github.com/consensys/gnark/frontend"
)

// WordBits is the width of a word: everything but the two roots stays below 2^248.
const WordBits = 248

// How many fields share a word.
const (
	MarksPerWord = 4
	MarkBits     = 56
	FillsPerWord = 3
	FillBits     = 80
)

// Field is one field of a word. Proved says that the caller has shown 0 <= Value < 2^Bits; else Pack ranges it.
type Field struct {
	Value  frontend.Variable
	Bits   int
	Proved bool
}

// Pack returns the fields side by side, the first in the high bits.
//
// Spec:    zkclear/rules/words.py, pack. Claim C1.
// Proves:  the range of every field that is not Proved, so that a word has one decoding.
// Assumes: fields marked Proved are in their range.
func Pack(api frontend.API, rc frontend.Rangechecker, fields ...Field) frontend.Variable {
	var word frontend.Variable = 0
	total := 0
	for _, field := range fields {
		total += field.Bits
	}
	if total > 253 {
		panic(fmt.Sprintf("bind.Pack: %d bits do not fit below the field's modulus", total))
	}
	shift := total
	for _, field := range fields {
		shift -= field.Bits
		if !field.Proved {
			rc.Check(field.Value, field.Bits)
		}
		word = api.Add(word, api.Mul(field.Value, new(big.Int).Lsh(big.NewInt(1), uint(shift))))
	}
	return word
}

// Group returns values side by side, size a word of bits each, the first in the high bits, the last word padded.
//
// Spec:    zkclear/rules/words.py, mark_words, step_words, fill_words. Claim C1.
// Proves:  nothing by itself.
// Assumes: every value is below 2^bits.
func Group(api frontend.API, values []frontend.Variable, size, bits int) []frontend.Variable {
	var words []frontend.Variable
	for start := 0; start < len(values); start += size {
		var word frontend.Variable = 0
		for i := range size {
			if start+i < len(values) {
				shift := new(big.Int).Lsh(big.NewInt(1), uint(bits*(size-1-i)))
				word = api.Add(word, api.Mul(values[start+i], shift))
			}
		}
		words = append(words, word)
	}
	return words
}
