// Command groth16 writes a real verifying key, proof and verifier contract for the vectors of zkclear/crypto/groth16.py.
// Two circuits: the stand-in of the prover's tests, whose commitment hash is over the point alone, and one whose
// commitment also covers a public input. Keys are made anew at each run, so running it changes the vectors.
//
//	go run ./internal/vectors/groth16 ../tests/vectors/groth16
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/consensys/gnark-crypto/ecc"
	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
	"github.com/consensys/gnark/backend"
	"github.com/consensys/gnark/backend/groth16"
	groth16bn254 "github.com/consensys/gnark/backend/groth16/bn254"
	"github.com/consensys/gnark/backend/solidity"
	"github.com/consensys/gnark/frontend"
	"github.com/consensys/gnark/frontend/cs/r1cs"
	"github.com/consensys/gnark/std/multicommit"

	"github.com/zkclear/zkclear/circuits/internal/standin"
	"github.com/zkclear/zkclear/circuits/keys"
)

// covered has a commitment whose challenge also hashes the public input R.
type covered struct {
	H frontend.Variable `gnark:",public"`
	R frontend.Variable `gnark:",public"`
	Y frontend.Variable `gnark:",public"`
	X frontend.Variable
}

// Define states H = X², Y = X·R, and (X - c)·(X + c) = H - c² at the committed challenge c.
func (c *covered) Define(api frontend.API) error {
	api.AssertIsEqual(c.H, api.Mul(c.X, c.X))
	api.AssertIsEqual(c.Y, api.Mul(c.X, c.R))
	multicommit.WithCommitment(api, func(api frontend.API, challenge frontend.Variable) error {
		product := api.Mul(api.Sub(c.X, challenge), api.Add(c.X, challenge))
		api.AssertIsEqual(product, api.Sub(c.H, api.Mul(challenge, challenge)))
		return nil
	}, c.X, c.R)
	return nil
}

// sample is one file of the vectors' raw material.
type sample struct {
	Key    json.RawMessage `json:"verifying_key"`
	Proof  string          `json:"proof"`
	Inputs []string        `json:"inputs"`
}

func main() {
	if len(os.Args) != 2 {
		fail(errors.New("usage: groth16 FOLDER, where standin.json, covered.json and two .sol files are written"))
	}
	fail(write(os.Args[1], "standin", &standin.Circuit{}, standin.Honest(5)))
	fail(write(os.Args[1], "covered", &covered{}, &covered{H: 49, R: 11, Y: 77, X: 7}))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// write sets up the circuit, proves the assignment and writes what a verifier needs.
func write(folder, name string, circuit, assignment frontend.Circuit) error {
	ccs, err := frontend.Compile(ecc.BN254.ScalarField(), r1cs.NewBuilder, circuit)
	if err != nil {
		return fmt.Errorf("%s does not compile: %w", name, err)
	}
	pk, vk, err := groth16.Setup(ccs)
	if err != nil {
		return fmt.Errorf("%s has no set-up: %w", name, err)
	}
	witness, err := frontend.NewWitness(assignment, ecc.BN254.ScalarField())
	if err != nil {
		return fmt.Errorf("%s has no witness: %w", name, err)
	}
	proof, err := groth16.Prove(ccs, pk, witness, solidity.WithProverTargetSolidityVerifier(backend.GROTH16))
	if err != nil {
		return fmt.Errorf("%s has no proof: %w", name, err)
	}
	public, err := witness.Public()
	if err != nil {
		return fmt.Errorf("%s has no public witness: %w", name, err)
	}
	if err := groth16.Verify(proof, vk, public, solidity.WithVerifierTargetSolidityVerifier(backend.GROTH16)); err != nil {
		return fmt.Errorf("%s does not verify: %w", name, err)
	}
	return save(folder, name, vk.(*groth16bn254.VerifyingKey), proof.(*groth16bn254.Proof), public.Vector().(fr.Vector))
}

func save(folder, name string, vk *groth16bn254.VerifyingKey, proof *groth16bn254.Proof, inputs fr.Vector) error {
	key, err := keys.VerifyingKeyJSON(name, vk)
	if err != nil {
		return err
	}
	out := sample{Key: key, Proof: fmt.Sprintf("0x%x", proof.MarshalSolidity())}
	for i := range inputs {
		out.Inputs = append(out.Inputs, inputs[i].String())
	}
	text, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", name, err)
	}
	source, err := os.Create(filepath.Join(folder, name+".sol"))
	if err != nil {
		return err
	}
	defer source.Close()
	if err := keys.ExportSolidity(source, vk, "Verifier"); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, name+".json"), append(text, '\n'), 0o644)
}
