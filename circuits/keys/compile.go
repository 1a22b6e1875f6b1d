// Package keys compiles circuits, makes development keys for them, and keeps both in a cache folder
// named by what they are: a constraint system and its keys lie under its sha256.
package keys

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark/constraint"
	bn254cs "github.com/consensys/gnark/constraint/bn254"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/frontend/cs/r1cs"
)

// PublicInputs of a batch circuit: h, r, y.
const PublicInputs = 3

// Circuit names a shape and builds its empty circuit.
type Circuit struct {
	Shape string
	New   func() frontend.Circuit
}

// Hash is the sha256 of a serialised constraint system: the identity of a circuit.
type Hash [sha256.Size]byte

// String is the hash in hex, as folders are named.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Compiled is a constraint system and its identity.
type Compiled struct {
	Shape  string
	System *bn254cs.R1CS
	Hash   Hash
}

// Constraints is the number of R1CS constraints.
func (c *Compiled) Constraints() int { return c.System.GetNbConstraints() }

// Compile turns a circuit into its constraint system, and returns the serialised form beside it.
func Compile(circuit Circuit) (*Compiled, []byte, error) {
	system, err := frontend.Compile(ecc.BN254.ScalarField(), r1cs.NewBuilder, circuit.New())
	if err != nil {
		return nil, nil, fmt.Errorf("the circuit of shape %s does not compile: %w", circuit.Shape, err)
	}
	r1 := system.(*bn254cs.R1CS)
	if err := fitsVerifier(r1); err != nil {
		return nil, nil, fmt.Errorf("shape %s: %w", circuit.Shape, err)
	}
	var serialised bytes.Buffer
	if _, err := r1.WriteTo(&serialised); err != nil {
		return nil, nil, fmt.Errorf("the constraint system of shape %s cannot be written: %w", circuit.Shape, err)
	}
	compiled := &Compiled{Shape: circuit.Shape, System: r1, Hash: sha256.Sum256(serialised.Bytes())}
	return compiled, serialised.Bytes(), nil
}

// fitsVerifier refuses what the exported Solidity verifier cannot check: the exporter itself only warns.
func fitsVerifier(system *bn254cs.R1CS) error {
	commitments := len(system.CommitmentInfo.(constraint.Groth16Commitments))
	if commitments > 1 {
		return fmt.Errorf("the circuit has %d commitments; the Solidity verifier checks at most one", commitments)
	}
	if got := system.GetNbPublicVariables() - 1; got != PublicInputs { // one wire is the constant 1
		return fmt.Errorf("the circuit has %d public inputs; the contract gives %d (h, r, y)", got, PublicInputs)
	}
	return nil
}
