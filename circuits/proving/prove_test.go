package proving

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/internal/standin"
	"github.com/zkclear/zkclear/circuits/keys"
)

func standinKeys(t *testing.T) *keys.Keys {
	t.Helper()
	store, err := keys.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	system, err := store.Compiled(keys.Circuit{Shape: "standin", New: func() frontend.Circuit { return new(standin.Circuit) }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Setup(system, io.Discard); err != nil {
		t.Fatal(err)
	}
	loaded, err := store.Load(system)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func TestProve_VerifiesAndRefusesEveryChange(t *testing.T) {
	with := standinKeys(t)
	proof, _, err := Prove(with, standin.Honest(7))
	if err != nil {
		t.Fatal(err)
	}
	for i := range proof.Inputs {
		changed := *proof
		changed.Inputs[i].Add(&changed.Inputs[i], new(fr.Element).SetOne())
		if err := Verify(with.Verifying, &changed); !errors.Is(err, ErrProofInvalid) {
			t.Errorf("public input %d changed: %v", i, err)
		}
	}
	for word := range ProofSize / 32 {
		changed := *proof
		changed.Bytes[32*word+31] ^= 1
		if err := Verify(with.Verifying, &changed); !errors.Is(err, ErrProofInvalid) {
			t.Errorf("word %d of the proof changed: %v", word, err)
		}
	}
}

func TestProve_RefusesAFalseStatement(t *testing.T) {
	with := standinKeys(t)
	lie := standin.Honest(7)
	lie.Y = 8
	var unsatisfied *UnsatisfiedError
	if _, _, err := Prove(with, lie); !errors.As(err, &unsatisfied) {
		t.Fatalf("got %v", err)
	}
}

func TestCheck_TellsATrueStatementFromAFalseOne(t *testing.T) {
	with := standinKeys(t)
	if err := Check(with.System, standin.Honest(63)); err != nil {
		t.Fatal(err)
	}
	lie := standin.Honest(63)
	lie.H = 1
	var unsatisfied *UnsatisfiedError
	if err := Check(with.System, lie); !errors.As(err, &unsatisfied) {
		t.Fatalf("a false statement: %v", err)
	}
	wide := standin.Honest(5)
	wide.W = 1 << 16
	if err := Check(with.System, wide); !errors.As(err, &unsatisfied) {
		t.Fatalf("a value one beyond its range: %v", err)
	}
	var unsolvable *UnsolvableError
	if err := Check(with.System, standin.Honest(64)); !errors.As(err, &unsolvable) { // no such row in the table
		t.Fatalf("a look-up outside the table: %v", err)
	}
}

func TestProof_RoundTripsThroughJSON(t *testing.T) {
	with := standinKeys(t)
	proof, _, err := Prove(with, standin.Honest(3))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "proof.json")
	if err := proof.Write(path); err != nil {
		t.Fatal(err)
	}
	read, err := ReadProof(path)
	if err != nil {
		t.Fatal(err)
	}
	if *read != *proof {
		t.Fatal("the proof changed on its way through JSON")
	}
}

func TestProof_MalformedJSONIsRefusedByField(t *testing.T) {
	with := standinKeys(t)
	proof, _, err := Prove(with, standin.Honest(3))
	if err != nil {
		t.Fatal(err)
	}
	good, err := json.Marshal(proof)
	if err != nil {
		t.Fatal(err)
	}
	for field, value := range map[string]string{
		"proof": "0x00", "h": "0x" + strings.Repeat("f", 64), "r": "12", "y": "0x" + strings.Repeat("g", 64),
		"verifying_key_hash": "",
	} {
		var fields map[string]string
		if err := json.Unmarshal(good, &fields); err != nil {
			t.Fatal(err)
		}
		fields[field] = value
		text, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, new(Proof)); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s = %q: %v", field, value, err)
		}
	}
}

func TestReadWitness_BoundsItsSize(t *testing.T) {
	path := filepath.Join(t.TempDir(), "witness.bin")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(file.Truncate(MaxWitness+10), file.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadWitness(path); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Fatalf("got %v", err)
	}
}
