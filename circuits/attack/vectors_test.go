// Package attack runs the real circuit with assignments that no Witness message can express: rows that are
// padding and carry content, and public inputs of words that the batch does not have.
//
// Forgeries that a message can express are in tests/attack.
package attack

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/batch"
	"github.com/zkclear/zkclear/circuits/bind"
	"github.com/zkclear/zkclear/circuits/keys"
	"github.com/zkclear/zkclear/circuits/proving"
)

// scripted is one batch of tests/vectors/witness.json.
type scripted struct {
	name    string
	witness []byte
	words   []fr.Element
	inputs  [keys.PublicInputs]fr.Element
}

type vectorFile struct {
	Cases []struct {
		In  struct{ Batch string }
		Out struct {
			Witness string
			Words   []string
			H, R, Y string
		}
	}
}

var vectors = sync.OnceValues(func() ([]scripted, error) {
	text, err := os.ReadFile("../../tests/vectors/witness.json")
	if err != nil {
		return nil, err
	}
	var file vectorFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	var out []scripted
	for _, c := range file.Cases {
		read := scripted{name: c.In.Batch}
		if read.witness, err = hex.DecodeString(strings.TrimPrefix(c.Out.Witness, "0x")); err != nil {
			return nil, err
		}
		for _, word := range c.Out.Words {
			read.words = append(read.words, element(word))
		}
		read.inputs = [keys.PublicInputs]fr.Element{element(c.Out.H), element(c.Out.R), element(c.Out.Y)}
		out = append(out, read)
	}
	if len(out) == 0 {
		return nil, errors.New("witness.json has no case")
	}
	return out, nil
})

func element(decimal string) (e fr.Element) {
	value, ok := new(big.Int).SetString(decimal, 10)
	if !ok {
		panic("not a decimal number: " + decimal)
	}
	e.SetBigInt(value)
	return e
}

var tiny = sync.OnceValues(func() (*keys.Compiled, error) {
	shape, err := batch.ShapeByName("tiny")
	if err != nil {
		return nil, err
	}
	compiled, _, err := keys.Compile(keys.Circuit{Shape: shape.Name, New: func() frontend.Circuit { return batch.New(shape) }})
	return compiled, err
})

// all returns every scripted batch.
func all(t *testing.T) []scripted {
	t.Helper()
	read, err := vectors()
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// named returns one scripted batch.
func named(t *testing.T, name string) scripted {
	t.Helper()
	for _, s := range all(t) {
		if s.name == name {
			return s
		}
	}
	t.Fatalf("witness.json has no batch %q", name)
	panic("unreachable")
}

// assign fills the circuit with the batch.
func (s scripted) assign(t *testing.T) *batch.Circuit {
	t.Helper()
	shape, err := batch.ShapeByName("tiny")
	if err != nil {
		t.Fatal(err)
	}
	witness, err := proving.ParseWitness(s.witness)
	if err != nil {
		t.Fatal(err)
	}
	circuit, err := batch.Assign(shape, witness)
	if err != nil {
		t.Fatal(err)
	}
	return circuit
}

// expose puts the public inputs of words in the place of the honest ones.
func expose(circuit *batch.Circuit, words []fr.Element) {
	circuit.H, circuit.R, circuit.Y = inputs(words)
}

func inputs(words []fr.Element) (h, r, y frontend.Variable) {
	a, b, c := bind.Inputs(words)
	return a, b, c
}

// check asks the real constraint system.
func check(t *testing.T, circuit *batch.Circuit) error {
	t.Helper()
	compiled, err := tiny()
	if err != nil {
		t.Fatal(err)
	}
	return proving.Check(compiled.System, circuit)
}

// requireUnsatisfied fails the test unless a constraint refused the assignment.
func requireUnsatisfied(t *testing.T, err error) {
	t.Helper()
	var unsatisfied *proving.UnsatisfiedError
	if !errors.As(err, &unsatisfied) {
		t.Errorf("no constraint refused it: %v", err)
	}
}
