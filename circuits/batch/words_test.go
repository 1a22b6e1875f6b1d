package batch

import (
	"math/big"
	"testing"

	"github.com/zkclear/zkclear/circuits/internal/golden"
	"github.com/zkclear/zkclear/circuits/internal/testbatch"
	"github.com/zkclear/zkclear/circuits/internal/zkclearv1"
)

// TestWords_C1_BatchVectors: the words that Assign computes, which every other test compares with the circuit's, are those
// of the rule book.
func TestWords_C1_BatchVectors(t *testing.T) {
	vectors, err := testbatch.LoadWords(golden.Path("words"))
	if err != nil {
		t.Fatal(err)
	}
	accepted := 0
	for _, v := range vectors {
		shape, err := ShapeByName(v.Shape)
		if err != nil {
			t.Fatal(err)
		}
		w := wordsWitness(v)
		if err := checkCapacity(shape, w); (err == nil) != (v.Reject == "") {
			t.Errorf("case %d: %q, but: %v", v.ID, v.Reject, err)
		}
		if v.Reject != "" {
			continue
		}
		accepted++
		a := &assignment{shape: shape, witness: w}
		if err := a.readEntries(); err != nil {
			t.Fatal(err)
		}
		words, err := a.words()
		if err != nil {
			t.Fatal(err)
		}
		if len(words) != len(v.Words) || len(words) != wordCount(shape) {
			t.Fatalf("case %d: %d words, the vector has %d", v.ID, len(words), len(v.Words))
		}
		for i := range words {
			if words[i].BigInt(new(big.Int)).Cmp(v.Words[i]) != 0 {
				t.Errorf("case %d: word %d is %v, not %v", v.ID, i, words[i], v.Words[i])
			}
		}
	}
	if accepted == 0 {
		t.Error("words.json has no batch")
	}
}

// wordsWitness carries what the words are made of, and as many account rows as rows may be named.
func wordsWitness(v testbatch.WordsVector) *zkclearv1.Witness {
	word := func(n *big.Int) []byte { return n.FillBytes(make([]byte, 32)) }
	w := &zkclearv1.Witness{
		Shape: v.Shape, Domain: word(v.Domain), Number: v.Batch.Number, TimestampS: v.Batch.Timestamp,
		FirstRequest: v.Batch.FirstRequest, OldRoot: word(v.OldRoot), NewRoot: word(v.NewRoot),
		Accounts: []*zkclearv1.WitnessAccount{{}, {}},
	}
	for i, mark := range v.Batch.Marks {
		w.Markets = append(w.Markets, &zkclearv1.WitnessMarket{Mark: mark, FundingStep: v.Batch.Steps[i]})
	}
	for _, e := range v.Batch.Entries {
		w.Entries = append(w.Entries, &zkclearv1.WitnessEntry{Word: e.Word(), Signer: e.Signer.FillBytes(make([]byte, 20))})
	}
	for _, f := range v.Batch.Fills {
		w.Fills = append(w.Fills, &zkclearv1.WitnessFill{Maker: f.Maker, Taker: f.Taker, Lots: f.Lots})
	}
	for _, r := range v.Batch.Requests {
		w.Requests = append(w.Requests, &zkclearv1.WitnessRequest{Payload: r.Payload(), Outcome: r.Code, Amount: r.Paid})
	}
	return w
}
