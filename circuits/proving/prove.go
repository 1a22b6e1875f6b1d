package proving

import (
	"errors"
	"fmt"
	"time"

	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/backend"
	groth16 "github.com/consensys/gnark/backend/groth16/bn254"
	"github.com/consensys/gnark/backend/solidity"
	"github.com/consensys/gnark/frontend"

	"github.com/zkclear/zkclear/circuits/keys"
)

// ErrProofInvalid is the verdict on a well-formed proof that does not verify.
var ErrProofInvalid = errors.New("the proof does not verify")

// Prove makes a proof and verifies it before handing it out.
//
// Prover, Verify and the exported contract share keccak256 as hash to the field: the options named
// after the Solidity verifier set it on either side.
func Prove(with *keys.Keys, assignment frontend.Circuit) (*Proof, time.Duration, error) {
	full, err := fullWitness(assignment)
	if err != nil {
		return nil, 0, err
	}
	start := time.Now()
	raw, err := groth16.Prove(with.System, with.Proving, full, solidity.WithProverTargetSolidityVerifier(backend.GROTH16))
	if err != nil {
		return nil, 0, solveError(err)
	}
	took := time.Since(start)
	proof := &Proof{Shape: with.Shape, VerifyingKeyHash: with.VerifyingKeyHash}
	marshalled := raw.MarshalSolidity()
	if len(marshalled) != ProofSize {
		return nil, 0, fmt.Errorf("the proof has %d bytes, not %d: the circuit lacks its commitment", len(marshalled), ProofSize)
	}
	copy(proof.Bytes[:], marshalled)
	copy(proof.Inputs[:], full.Vector().(fr.Vector)[:keys.PublicInputs]) // public inputs come first
	return proof, took, Verify(with.Verifying, proof)
}

// Verify checks a proof against its public inputs, as the exported contract does.
func Verify(vk *groth16.VerifyingKey, proof *Proof) error {
	points, err := proof.points()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrProofInvalid, err)
	}
	inputs := fr.Vector(append([]fr.Element(nil), proof.Inputs[:]...)) // gnark appends to what it is given
	if err := groth16.Verify(points, vk, inputs, solidity.WithVerifierTargetSolidityVerifier(backend.GROTH16)); err != nil {
		return fmt.Errorf("%w: %w", ErrProofInvalid, err)
	}
	return nil
}
