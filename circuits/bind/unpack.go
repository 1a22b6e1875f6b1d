package bind

import (
	"fmt"
	"math/big"
)

// The layouts of the words that a witness carries whole, high bits first.
var (
	EntryWidths   = []int{32, 8, 8, 40, 32, 40, 56, 32} // account, market, action, A, B, expiry, nonce, C
	RequestWidths = []int{8, 32, 208}                   // kind, account, body
	AddressBody   = []int{160, 40, 8}                   // body of OPEN and AGENT
	AmountBody    = []int{64, 144}                      // body of DEPOSIT and WITHDRAW
	LotsBody      = []int{8, 40, 32, 128}               // body of CLOSE and LIQUIDATE: market, lots, taker
	ConfigBody    = []int{8, 200}                       // body of MARKET: market, low part of the hash
)

// Unpack splits a word into fields of the given widths, the first from the high bits.
//
// Spec: zkclear/rules/words.py, unpack.
func Unpack(word *big.Int, widths []int) ([]*big.Int, error) {
	total := 0
	for _, bits := range widths {
		total += bits
	}
	if word.Sign() < 0 || word.BitLen() > total {
		return nil, fmt.Errorf("word 0x%x has %d bits, at most %d fit", word, word.BitLen(), total)
	}
	fields := make([]*big.Int, len(widths))
	rest := new(big.Int).Set(word)
	for i := len(widths) - 1; i >= 0; i-- {
		size := new(big.Int).Lsh(big.NewInt(1), uint(widths[i]))
		fields[i] = new(big.Int)
		rest.DivMod(rest, size, fields[i])
	}
	return fields, nil
}

// Join puts fields side by side, the first in the high bits: the inverse of Unpack.
//
// Spec: zkclear/rules/words.py, pack.
func Join(fields []*big.Int, widths []int) (*big.Int, error) {
	if len(fields) != len(widths) {
		return nil, fmt.Errorf("%d fields for %d widths", len(fields), len(widths))
	}
	word := new(big.Int)
	for i, field := range fields {
		if field.Sign() < 0 || field.BitLen() > widths[i] {
			return nil, fmt.Errorf("field %d is %s, it must be at least 0 and below 2^%d", i, field, widths[i])
		}
		word.Lsh(word, uint(widths[i])).Or(word, field)
	}
	return word, nil
}
