package keys

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254"
	groth16 "github.com/consensys/gnark/backend/groth16/bn254"
)

func verifyingKey(t *testing.T) *groth16.VerifyingKey {
	t.Helper()
	store := openStore(t)
	system := compiled(t, store)
	if _, err := store.Setup(system, io.Discard); err != nil {
		t.Fatal(err)
	}
	vk, err := store.LoadVerifying(system)
	if err != nil {
		t.Fatal(err)
	}
	return vk
}

func TestLint_RefusesEveryKnownUnsafeKey(t *testing.T) {
	honest := verifyingKey(t)
	_, _, _, generator := bn254.Generators()
	for name, change := range map[string]func(*groth16.VerifyingKey){
		"gamma equals delta":         func(vk *groth16.VerifyingKey) { vk.G2.Gamma = vk.G2.Delta },
		"delta is the generator":     func(vk *groth16.VerifyingKey) { vk.G2.Delta = generator },
		"alpha is infinity":          func(vk *groth16.VerifyingKey) { vk.G1.Alpha = bn254.G1Affine{} },
		"beta is infinity":           func(vk *groth16.VerifyingKey) { vk.G2.Beta = bn254.G2Affine{} },
		"K has 4 points":             func(vk *groth16.VerifyingKey) { vk.G1.K = vk.G1.K[:4] },
		"K[1] equals K[0]":           func(vk *groth16.VerifyingKey) { vk.G1.K[1] = vk.G1.K[0] },
		"K[2] is infinity":           func(vk *groth16.VerifyingKey) { vk.G1.K[2] = bn254.G1Affine{} },
		"K[3] is infinity or off":    func(vk *groth16.VerifyingKey) { vk.G1.K[3].X.SetOne() },
		"0 commitment keys":          func(vk *groth16.VerifyingKey) { vk.CommitmentKeys = nil },
		"secret is 1 or -1":          func(vk *groth16.VerifyingKey) { vk.CommitmentKeys[0].GSigmaNeg = vk.CommitmentKeys[0].G },
		"commitment g is infinity":   func(vk *groth16.VerifyingKey) { vk.CommitmentKeys[0].G = bn254.G2Affine{} },
		"gamma is infinity or outsi": func(vk *groth16.VerifyingKey) { vk.G2.Gamma.X.SetOne() },
	} {
		t.Run(name, func(t *testing.T) {
			var raw bytes.Buffer
			if _, err := honest.WriteRawTo(&raw); err != nil {
				t.Fatal(err)
			}
			changed := new(groth16.VerifyingKey)
			if _, err := changed.ReadFrom(&raw); err != nil {
				t.Fatal(err)
			}
			if err := Lint(changed); err != nil {
				t.Fatalf("the honest key: %v", err)
			}
			change(changed)
			if err := Lint(changed); err == nil || !strings.Contains(err.Error(), name) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

func TestVerifyingKeyJSON_HoldsEveryPointAsDecimals(t *testing.T) {
	vk := verifyingKey(t)
	text, err := VerifyingKeyJSON("standin", vk)
	if err != nil {
		t.Fatal(err)
	}
	var read verifyingKeyJSON
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if len(read.K) != 5 || len(read.Committed) != 1 || read.Commitment == nil || len(read.Hash) != 66 {
		t.Fatalf("incomplete: %s", text)
	}
	if read.Delta[1] != vk.G2.Delta.X.A1.String() || read.Alpha[1] != vk.G1.Alpha.Y.String() {
		t.Fatal("a coordinate is in the wrong place")
	}
}

func TestExportSolidity_NamesTheContract(t *testing.T) {
	vk := verifyingKey(t)
	var source bytes.Buffer
	if err := ExportSolidity(&source, vk, "VerifierTiny"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(source.String(), "\ncontract VerifierTiny ") {
		t.Fatal("the contract has another name")
	}
	if err := ExportSolidity(io.Discard, vk, "Verifier; selfdestruct"); err == nil {
		t.Fatal("a name that is no identifier was taken")
	}
}
