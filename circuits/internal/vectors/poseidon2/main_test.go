package main

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark-crypto/ecc/bn254/fr/poseidon2"
)

const root = "../../../../"

// TestConstantsFileIsWhatThisPrints: the committed Python constants are gnark-crypto's.
func TestConstantsFileIsWhatThisPrints(t *testing.T) {
	committed, err := os.ReadFile(root + "zkclear/crypto/poseidon2_constants.py")
	if err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	print(&printed)
	if !bytes.Equal(committed, printed.Bytes()) {
		t.Fatal("zkclear/crypto/poseidon2_constants.py differs from gnark-crypto: run this command again")
	}
}

// TestPermutationVectorsAreGnarkCryptos: Python's vectors come out of an independent implementation too.
func TestPermutationVectorsAreGnarkCryptos(t *testing.T) {
	text, err := os.ReadFile(root + "tests/vectors/poseidon2.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			ID   int             `json:"id"`
			Call string          `json:"call"`
			In   json.RawMessage `json:"in"`
			Out  json.RawMessage `json:"out"`
		} `json:"cases"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	replayed := 0
	for _, c := range file.Cases {
		if c.Call != "permute" {
			continue
		}
		var in struct {
			State []string `json:"state"`
		}
		var want []string
		if err := json.Unmarshal(c.In, &in); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(c.Out, &want); err != nil {
			t.Fatal(err)
		}
		state := make([]fr.Element, width)
		for i := range state {
			if _, err := state[i].SetString(in.State[i]); err != nil {
				t.Fatal(err)
			}
		}
		if err := poseidon2.NewPermutation(width, full, partial).Permutation(state); err != nil {
			t.Fatal(err)
		}
		for i := range state {
			if state[i].String() != want[i] {
				t.Errorf("case %d lane %d: gnark-crypto gives %s, the vector %s", c.ID, i, state[i].String(), want[i])
			}
		}
		replayed++
	}
	if replayed < 10 {
		t.Fatalf("only %d permutations were replayed", replayed)
	}
}
