package bind_test

import (
	"math/big"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/std/rangecheck"

	"github.com/zkclear/zkclear/circuits/bind"
	"github.com/zkclear/zkclear/circuits/internal/forge"
	"github.com/zkclear/zkclear/circuits/internal/golden"
	"github.com/zkclear/zkclear/circuits/tree"
)

type bindCircuit struct {
	H     frontend.Variable `gnark:",public"`
	R     frontend.Variable `gnark:",public"`
	Y     frontend.Variable `gnark:",public"`
	Words []frontend.Variable
}

func (c *bindCircuit) Define(api frontend.API) error {
	hasher, err := tree.NewHasher(api)
	if err != nil {
		return err
	}
	bind.Bind(api, hasher, c.Words, c.H, c.R, c.Y)
	return nil
}

func assignment(words []fr.Element, h, r, y fr.Element) *bindCircuit {
	c := &bindCircuit{H: h, R: r, Y: y}
	for _, word := range words {
		c.Words = append(c.Words, word)
	}
	return c
}

func readWords(list []*big.Int) []fr.Element {
	words := make([]fr.Element, len(list))
	for i, n := range list {
		words[i].SetBigInt(n)
	}
	return words
}

func TestBind_C1_Vectors(t *testing.T) {
	for _, c := range golden.Load(t, "bind", "bind") {
		if c.Reject != "" {
			continue // words beyond the field, which an element cannot hold
		}
		words := readWords(c.In.Ints("words"))
		h, r, y := bind.Inputs(words)
		for name, got := range map[string]fr.Element{"h": h, "r": r, "y": y} {
			if want := c.Out.Int(name); got.BigInt(new(big.Int)).Cmp(want) != 0 {
				t.Errorf("case %d: %s is %v, not %v", c.ID, name, got, want)
			}
		}
		if len(words) == 0 {
			continue
		}
		system := forge.Compile(t, &bindCircuit{Words: make([]frontend.Variable, len(words))})
		forge.Accepts(t, system, assignment(words, h, r, y))
	}
}

// TestBind_C1_EveryWordAndInputCounts changes one bit of each word and of each public input.
func TestBind_C1_EveryWordAndInputCounts(t *testing.T) {
	words := readWords([]*big.Int{big.NewInt(5), big.NewInt(0), big.NewInt(1 << 60), big.NewInt(7)})
	system := forge.Compile(t, &bindCircuit{Words: make([]frontend.Variable, len(words))})
	h, r, y := bind.Inputs(words)
	for _, bit := range []uint{0, 1, 63, 64, 247} {
		flip := func(e fr.Element) fr.Element {
			n := e.BigInt(new(big.Int))
			n.Xor(n, new(big.Int).Lsh(big.NewInt(1), bit))
			e.SetBigInt(n)
			return e
		}
		for i := range words {
			changed := append([]fr.Element{}, words...)
			changed[i] = flip(changed[i])
			forge.Refuses(t, system, assignment(changed, h, r, y))
		}
		forge.Refuses(t, system, assignment(words, flip(h), r, y))
		forge.Refuses(t, system, assignment(words, h, flip(r), y))
		forge.Refuses(t, system, assignment(words, h, r, flip(y)))
	}
}

type packCircuit struct {
	High, Middle, Low frontend.Variable
	Word              frontend.Variable
}

func (c *packCircuit) Define(api frontend.API) error {
	word := bind.Pack(api, rangecheck.New(api),
		bind.Field{Value: c.High, Bits: 32}, bind.Field{Value: c.Middle, Bits: 8}, bind.Field{Value: c.Low, Bits: 40})
	api.AssertIsEqual(word, c.Word)
	return nil
}

func TestPack_C1_AWordHasOneDecoding(t *testing.T) {
	system := forge.Compile(t, &packCircuit{})
	word := new(big.Int).SetUint64(3<<48 | 7<<40 | 9) // below 2^64, so plain shifts do
	forge.Accepts(t, system, &packCircuit{High: 3, Middle: 7, Low: 9, Word: word})
	top := new(big.Int).Lsh(big.NewInt(1), 80)
	forge.Accepts(t, system, &packCircuit{
		High: uint64(1)<<32 - 1, Middle: 255, Low: uint64(1)<<40 - 1, Word: top.Sub(top, big.NewInt(1)),
	})
	forge.Refuses(t, system, &packCircuit{High: 3, Middle: 6, Low: uint64(1)<<40 + 9, Word: word})
	forge.Refuses(t, system, &packCircuit{High: 2, Middle: 256 + 7, Low: 9, Word: word})
	forge.Refuses(t, system, &packCircuit{High: 4, Middle: 7 - 256, Low: 9, Word: word})
	forge.Refuses(t, system, &packCircuit{
		High: uint64(1) << 32, Middle: 0, Low: 0, Word: new(big.Int).Lsh(big.NewInt(1), 80),
	})
}

func TestUnpack_C1_EntryWordVectors(t *testing.T) {
	names := []string{"account", "market", "action", "lots", "limit", "expiry", "nonce", "trigger"}
	for _, c := range golden.Load(t, "words", "entry_word") {
		fields := make([]*big.Int, len(names))
		for i, name := range names {
			fields[i] = c.In.Int("entry", name)
		}
		word, err := bind.Join(fields, bind.EntryWidths)
		if (err == nil) != (c.Reject == "") {
			t.Errorf("case %d: %q, but: %v", c.ID, c.Reject, err)
		}
		if err != nil {
			continue
		}
		if word.Cmp(c.Out.Int()) != 0 {
			t.Errorf("case %d: the word is %v", c.ID, word)
		}
		back, err := bind.Unpack(word, bind.EntryWidths)
		if err != nil {
			t.Fatal(err)
		}
		for i := range back {
			if back[i].Cmp(fields[i]) != 0 {
				t.Errorf("case %d: %s comes back as %v", c.ID, names[i], back[i])
			}
		}
	}
	if _, err := bind.Unpack(new(big.Int).Lsh(big.NewInt(1), bind.WordBits), bind.EntryWidths); err == nil {
		t.Error("a word of 249 bits was taken apart")
	}
}
