package attack

import (
	"math/big"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"

	"github.com/zkclear/zkclear/circuits/batch"
)

// Where the words of a tiny batch stand, and how the header word counts its rows (docs/encoding.md).
const (
	headerWord   = 1
	firstEntry   = 8
	firstFill    = 16
	firstRequest = 18
	fillBits     = 80

	entriesUnit  = 16 + 16 + 16 + 64
	fillsUnit    = 16 + 16 + 64
	requestsUnit = 16 + 64
)

// forgedRows is a batch whose rows and words were written over.
type forgedRows struct {
	batch string
	rows  func(*batch.Circuit)
	words func([]fr.Element)
}

func add(word *fr.Element, value *big.Int) {
	var delta fr.Element
	delta.SetBigInt(value)
	word.Add(word, &delta)
}

func subtract(word *fr.Element, value *big.Int) { add(word, new(big.Int).Neg(value)) }

// P4: a padding row with content, or content whose row says that it is padding. In each case the roots are those of the
// batch with the content, while calldata does not show it; or calldata shows it in a row that does not count.
func TestRows_P4_PaddingWithContent(t *testing.T) {
	const traded, asked = "partial fill, funding", "agent, forced withdrawal, deposit"
	hideFill := func(words []fr.Element) {
		words[firstFill].SetZero()
		subtract(&words[headerWord], shift(1, fillsUnit))
	}
	hideEntry := func(words []fr.Element) {
		words[firstEntry+2].SetZero()
		words[firstEntry+3].SetZero()
		subtract(&words[headerWord], shift(1, entriesUnit))
	}
	hideRequest := func(words []fr.Element) {
		words[firstRequest+4].SetZero()
		words[firstRequest+5].SetZero()
		subtract(&words[headerWord], shift(1, requestsUnit))
	}
	keep := func([]fr.Element) {}
	for name, forged := range map[string]forgedRows{
		"fill hidden in a padding row": {traded, func(c *batch.Circuit) { c.Fills[0].Live = 0 }, hideFill},
		"fill live but not counted":    {traded, func(*batch.Circuit) {}, hideFill},
		"fill counted but not live":    {traded, func(c *batch.Circuit) { c.Fills[0].Live = 0 }, keep},
		"fill shown in a row behind the count": {traded, func(c *batch.Circuit) {
			c.Fills[1] = c.Fills[0]
			c.Fills[1].Live = 0
		}, func(words []fr.Element) {
			fill := words[firstFill].BigInt(new(big.Int))
			add(&words[firstFill], fill.Rsh(fill, fillBits)) // the second of three in the word
		}},
		"fill live behind the count": {traded, func(c *batch.Circuit) { c.Fills[1] = c.Fills[0] }, keep},
		"fill with half a live flag": {traded, func(c *batch.Circuit) { c.Fills[0].Live = half() }, keep},
		"fill live with a gap before": {traded, func(c *batch.Circuit) {
			c.Fills[1], c.Fills[0].Live = c.Fills[0], 0
		}, keep},
		"entry hidden in a padding row": {traded, func(c *batch.Circuit) { c.Entries[1].Live = 0 }, hideEntry},
		"entry live but not counted":    {traded, func(*batch.Circuit) {}, hideEntry},
		"entry counted but not live":    {traded, func(c *batch.Circuit) { c.Entries[1].Live = 0 }, keep},
		"entry shown behind the count": {traded, func(c *batch.Circuit) {
			c.Entries[2] = c.Entries[1]
			c.Entries[2].Live = 0
		}, func(words []fr.Element) {
			words[firstEntry+4], words[firstEntry+5] = words[firstEntry+2], words[firstEntry+3]
		}},
		"entry twice, the second live behind the count": {traded, func(c *batch.Circuit) { c.Entries[2] = c.Entries[1] }, keep},
		"entry with half a live flag":                   {traded, func(c *batch.Circuit) { c.Entries[1].Live = half() }, keep},
		"request hidden in a padding row":               {asked, func(c *batch.Circuit) { c.Requests[2].Deposit = 0 }, hideRequest},
		"request live but not counted":                  {asked, func(*batch.Circuit) {}, hideRequest},
		"request of two kinds":                          {asked, func(c *batch.Circuit) { c.Requests[2].Open = 1 }, keep},
		"request of no kind":                            {asked, func(c *batch.Circuit) { c.Requests[2].Deposit = 0 }, keep},
		"deposit behind the count": {asked, func(c *batch.Circuit) {
			c.Requests[3] = c.Requests[2]
		}, keep},
		"account row not live":          {traded, func(c *batch.Circuit) { c.Accounts[2].Live = 0 }, keep},
		"account row with half a flag":  {traded, func(c *batch.Circuit) { c.Accounts[2].Live = half() }, keep},
		"account twice":                 {traded, func(c *batch.Circuit) { c.Accounts[4] = c.Accounts[3] }, keep},
		"market row not listed":         {traded, func(c *batch.Circuit) { c.Markets[1].Listed = 0 }, keep},
		"market listed that is not":     {traded, func(c *batch.Circuit) { c.Markets[2].Listed = 1 }, keep},
		"market row copied behind":      {traded, func(c *batch.Circuit) { c.Markets[2] = c.Markets[1] }, keep},
		"insurance fund's row not live": {traded, func(c *batch.Circuit) { c.Accounts[0].Live = 0 }, keep},
	} {
		t.Run(name, func(t *testing.T) {
			s := named(t, forged.batch)
			circuit := s.assign(t)
			words := append([]fr.Element(nil), s.words...)
			expose(circuit, words)
			if err := check(t, circuit); err != nil {
				t.Fatalf("the honest twin: %v", err)
			}
			forged.rows(circuit)
			forged.words(words)
			expose(circuit, words)
			requireUnsatisfied(t, check(t, circuit))
		})
	}
}

// half is 1/2 in the field: a flag that is neither 0 nor 1 and of which two make one.
func half() (e fr.Element) {
	e.SetUint64(2)
	e.Inverse(&e)
	return e
}
